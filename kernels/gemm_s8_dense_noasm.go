//go:build !amd64 || purego

package kernels

var gemmS8DenseAsm []variant[gemmS8DenseImpl]
