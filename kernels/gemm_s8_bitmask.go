package kernels

import "github.com/sparsebio/sparsebio/kernels/internal/race"

// bitmaskGrain is the number of outputs in which products with a BitmaskS8
// share work.
const bitmaskGrain = 64

// gemmS8BitmaskFunc computes outputs n0 to n1 for all rows of x, of which there
// is at least one.
type gemmS8BitmaskFunc func(dst MatF32, x MatU8, w *BitmaskS8, bias []float32, n0, n1 int)

// gemmS8BitmaskVariants holds every variant, best first and the reference last.
var gemmS8BitmaskVariants = append(gemmS8BitmaskAsm, variant[gemmS8BitmaskFunc]{"ref", gemmS8BitmaskRef})

var gemmS8BitmaskBest = choose("gemm_s8_bitmask", gemmS8BitmaskVariants)

// GemmS8Bitmask multiplies the quantized activations x [tokens, K] with the
// weights w [N, K] and stores outputs n0 to n1 (n1 excluded) in these columns
// of dst [tokens, N]. It computes what GemmS8Sparse does, to the same bits:
//
//	sum = Σ (x[t][k] - zero[t]) * w[n][k]     in int32, exact
//	dst[t][n] = float32(sum)*(scale[t]*scale[n]) + bias[n]
//
// A nil bias is zero. n0 is a multiple of 64 and n1 another or N.
//
// It expands the weights in each call and uses them for all tokens, so many
// tokens at a time pay. It is made for the matrix instructions of AMX; without
// them it is never faster than a dense product.
//
// Calls that write different columns or different matrices may run at a time.
// Goroutines that share the work should each take a range of outputs: if each
// takes some tokens, all of them expand all weights.
//
// It panics if shapes do not match or the range is not as said. dst must not
// overlap the other arguments.
func GemmS8Bitmask(dst MatF32, x MatU8, w *BitmaskS8, bias []float32, n0, n1 int) {
	gemmS8Bitmask(dst, x, w, bias, n0, n1, gemmS8BitmaskBest)
}

func gemmS8Bitmask(dst MatF32, x MatU8, w *BitmaskS8, bias []float32, n0, n1 int, f gemmS8BitmaskFunc) {
	dst.check()
	x.check()
	switch {
	case x.Cols != w.k:
		panic("kernels: activations and weights differ in K")
	case dst.Rows != x.Rows || dst.Cols != w.n:
		panic("kernels: product of another shape")
	case bias != nil && len(bias) != w.n:
		panic("kernels: bias of another length")
	case n0 < 0 || n1 < n0 || n1 > w.n || n0%bitmaskGrain != 0 || n1%bitmaskGrain != 0 && n1 != w.n:
		panic("kernels: range of outputs out of bounds or not in 64s")
	}
	if n0 == n1 || x.Rows == 0 {
		return
	}
	if race.Enabled {
		race.Read(x.Scale[:x.Rows])
		race.Read(x.Zero[:x.Rows])
		race.Read(bias)
		for i := range x.Rows {
			race.Read(x.Data[i*x.Stride : i*x.Stride+x.Cols])
			race.Write(dst.Row(i)[n0:n1])
		}
	}
	f(dst, x, w, bias, n0, n1)
}
