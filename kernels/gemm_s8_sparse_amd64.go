//go:build amd64 && !purego

package kernels

import (
	"sync"
	"unsafe"
)

//go:generate go -C _asm/sparse run . -out ../..

var gemmS8SparseAsm = []variant[*gemmS8SparseImpl]{
	{"avx512vbmi", &gemmS8SparseImpl{prepare: prepareS8AVX512VBMI, quantize: quantizeS8AVX512VBMI, gemm: gemmS8SparseAVX512VBMI}},
	{"avx512vnni", quartetVariant(dotAVX512VNNI)},
	{"avxvnni", quartetVariant(dotAVXVNNI)},
	{"avx2", quartetVariant(dotAVX2)},
}

// sparseSums is room for the sums of a few blocks and one tile of tokens.
type sparseSums struct{ data []byte }

var sparseSumsPool = sync.Pool{New: func() any {
	return &sparseSums{alignedBytes(4 * max(sparseBlock*vbmiBlocks*vbmiTokens, listRows*listTokens))}
}}

// at returns a pointer to element i of s.
func at[T any](s []T, i int) unsafe.Pointer { return unsafe.Pointer(&s[i]) }

// gemmEmpty computes the product with a matrix that has no weights.
func gemmEmpty(dst MatF32, t *TilesS8, w *SparseS8, bias []float32, b0, b1 int) {
	gemmS8SparseRef(dst, t, w, bias, b0, b1)
}
