//go:build amd64 && !purego

package kernels

//go:noescape
func dequantizeS8AVX512F(dst []float32, src []byte, scale float32)

//go:noescape
func dequantizeS8AVX2(dst []float32, src []byte, scale float32)

func dequantizeS8Asm() []variant[dequantizeS8Func] {
	return []variant[dequantizeS8Func]{{"avx512f", dequantizeS8AVX512F}, {"avx2", dequantizeS8AVX2}}
}
