//go:build !amd64 || purego

package kernels

var gemmS8BlocksAsm []variant[*gemmS8BlocksImpl]
