//go:build !amd64 || purego

package kernels

func dequantizeS8Asm() []variant[dequantizeS8Func] { return nil }
