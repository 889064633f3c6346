//go:build amd64 && !purego

package kernels

var quantizeU8Asm []variant[quantizeU8Impl]
