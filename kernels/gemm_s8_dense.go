package kernels

import (
	"github.com/sparsebio/sparsebio/kernels/internal/race"
)

// GemmS8Dense multiplies the quantized activations x [tokens, K] with the
// weights w [N, K] and stores the outputs n0 to n1 (n1 excluded, n0 a multiple
// of 64) in those columns of dst [tokens, N]:
//
//	sum = Σ (x[t][k] - zero[t]) * w[n][k]     in int32, exact
//	dst[t][n] = float32(sum)*(scale[t]*scale[n]) + bias[n]
//
// where zero[t] and scale[t] are of x, scale[n] is of w, and each operation is
// rounded to float32. A nil bias is zero. The largest sum, of 65536 products of
// 255 and -128, fits int32. All variants give the same bits, which are those of
// GemmS8Sparse with the same weights, and an output does not depend on the
// range or on the other tokens.
//
// Calls that write different columns, rows or matrices may run at a time, so
// threads can share the work by ranges of outputs, or by rows of x and dst.
//
// It panics if shapes do not match or the range is not one of outputs. dst must
// not overlap the other arguments.
func GemmS8Dense(dst MatF32, x MatU8, w *DenseS8, bias []float32, n0, n1 int) {
	gemmS8Dense(dst, x, w, bias, n0, n1, gemmS8DenseBest)
}

// gemmS8DenseImpl computes what GemmS8Dense does without its checks; there is
// at least one token and one output.
type gemmS8DenseImpl func(dst MatF32, x MatU8, w *DenseS8, bias []float32, n0, n1 int)

// gemmS8DenseVariants holds every variant, best first and the reference last.
var gemmS8DenseVariants = append(gemmS8DenseAsm, variant[gemmS8DenseImpl]{"ref", gemmS8DenseRef})

var gemmS8DenseBest = choose("gemm_s8_dense", gemmS8DenseVariants)

// denseS8Range is what the first output of a range is a multiple of.
const denseS8Range = 64

func gemmS8Dense(dst MatF32, x MatU8, w *DenseS8, bias []float32, n0, n1 int, run gemmS8DenseImpl) {
	dst.check()
	x.check()
	switch {
	case x.Rows > 0 && x.Cols != w.k:
		panic("kernels: activations and weights differ in K")
	case dst.Rows != x.Rows || dst.Cols != w.n:
		panic("kernels: product of another shape")
	case bias != nil && len(bias) != w.n:
		panic("kernels: bias of another length")
	case n0 < 0 || n0%denseS8Range != 0 || n1 < n0 || n1 > w.n:
		panic("kernels: bad range of outputs")
	}
	if n0 == n1 || x.Rows == 0 {
		return
	}
	if race.Enabled {
		if bias != nil {
			race.Read(bias[n0:n1])
		}
		race.Read(x.Scale[:x.Rows])
		race.Read(x.Zero[:x.Rows])
		for i := range x.Rows {
			race.Read(x.Data[i*x.Stride : i*x.Stride+x.Cols])
			race.Write(dst.Row(i)[n0:n1])
		}
	}
	run(dst, x, w, bias, n0, n1)
}
