//go:build (!amd64 && !arm64) || purego

package kernels

var gemmS8BlocksAsm []variant[*gemmS8BlocksImpl]
