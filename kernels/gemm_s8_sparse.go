package kernels

import "github.com/sparsebio/sparsebio/kernels/internal/race"

// TilesS8 holds the quantized activations of some tokens in the arrangement
// that the sparse products of this CPU read. One arrangement serves every
// matrix with the same number of inputs, and any number of goroutines at a
// time. The zero value is empty and ready for Prepare, which reuses its memory.
type TilesS8 struct {
	arrangedS8
	impl  *gemmS8SparseImpl
	tiles int
}

// gemmS8SparseImpl is one variant.
type gemmS8SparseImpl struct {
	// prepare arranges x in t.buf; t.rows, t.k, t.scale and t.zero are set.
	prepare func(t *TilesS8, x MatU8)
	// quantize arranges in t.buf what QuantizeU8 makes of x, and sets t.scale and
	// t.zero; if act is not nil it is called with each row first. t.rows and t.k
	// are set and not 0. It is nil if the variant prepares several rows at a time.
	quantize func(t *TilesS8, x MatF32, act func(row []float32))
	// gemm computes blocks b0 to b1 of w for all tokens of t.
	gemm func(dst MatF32, t *TilesS8, w *SparseS8, bias []float32, b0, b1 int)
	// form makes the form of w that gemm reads; nil if that is the packed one.
	form func(w *SparseS8)
}

// gemmS8SparseVariants holds every variant, best first and the reference last.
var gemmS8SparseVariants = append(gemmS8SparseAsm, variant[*gemmS8SparseImpl]{"ref", &gemmS8SparseImpl{prepare: prepareS8Ref, gemm: gemmS8SparseRef}})

var gemmS8SparseBest = choose("gemm_s8_sparse", gemmS8SparseVariants)

// Prepare copies the activations x [tokens, K] into t, arranged for
// GemmS8Sparse, in about two bytes each. Afterwards x may change. It panics if
// x has no columns or more than 65536.
func (t *TilesS8) Prepare(x MatU8) { t.prepare(x, gemmS8SparseBest) }

// Rows returns the number of tokens in t.
func (t *TilesS8) Rows() int { return t.rows }

// K returns the number of inputs of each token in t.
func (t *TilesS8) K() int { return t.k }

func (t *TilesS8) prepare(x MatU8, impl *gemmS8SparseImpl) {
	t.take(x)
	t.impl = impl
	if x.Rows > 0 {
		impl.prepare(t, x)
		race.Write(t.buf)
	}
}

// quantize is QuantizeU8 and prepare in one, for variants that have quantize.
// It calls act, if not nil, with each row of x first.
func (t *TilesS8) quantize(x MatF32, act func(row []float32), impl *gemmS8SparseImpl) {
	x.check()
	t.resize(x.Rows, x.Cols)
	t.impl = impl
	if x.Rows == 0 {
		return
	}
	impl.quantize(t, x, act)
	if race.Enabled {
		for i := range x.Rows {
			race.Read(x.Row(i))
		}
	}
	race.Write(t.buf)
}

// GemmS8Sparse multiplies the quantized activations x [tokens, K] with the
// weights w [N, K] and stores the outputs of blocks b0 to b1 (b1 excluded) of
// w, which are columns 64*b0 to min(64*b1, N), in dst [tokens, N]:
//
//	sum = Σ (x[t][k] - zero[t]) * w[n][k]     in int32, exact
//	dst[t][n] = float32(sum)*(scale[t]*scale[n]) + bias[n]
//
// where zero[t] and scale[t] are of x, scale[n] is of w, and each operation is
// rounded to float32. A nil bias is zero. All variants give the same bits, and
// an output does not depend on the range or on the other tokens.
//
// Calls that write different columns or different matrices may run at a time.
// So threads can share the work by blocks, with x prepared once; or by tokens,
// each preparing its own from MatU8 rows and writing a Sub of dst.
//
// It panics if shapes do not match or the range is not within 0 to w.Blocks().
// dst must not overlap the other arguments.
func GemmS8Sparse(dst MatF32, x *TilesS8, w *SparseS8, bias []float32, b0, b1 int) {
	if x.begin(dst, w.n, w.k, bias, b0, b1) {
		x.impl.gemm(dst, x, w, bias, b0, b1)
	}
}

// Prepare does now what the first product with w would do once: some variants
// read the weights in another form, which takes about 3 ns a weight to make and
// 3 to 6 bytes for each nonzero to keep. A call is never needed.
func (w *SparseS8) Prepare() {
	if gemmS8SparseBest.form != nil {
		gemmS8SparseBest.form(w)
	}
}
