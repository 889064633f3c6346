//go:build (!amd64 && !arm64) || purego

package kernels

var gemmS8DenseAsm []variant[gemmS8DenseImpl]
