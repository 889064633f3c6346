//go:build (!amd64 && !arm64) || purego

package kernels

var quantizeU8Asm []variant[quantizeU8Impl]
