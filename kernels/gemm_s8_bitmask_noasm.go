//go:build !amd64 || purego

package kernels

var gemmS8BitmaskAsm []variant[gemmS8BitmaskFunc]
