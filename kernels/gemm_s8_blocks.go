package kernels

import "github.com/sparsebio/sparsebio/kernels/internal/race"

// QuadsS8 holds the quantized activations of some tokens in the arrangement that
// products with BlocksS8 read on this CPU. One arrangement serves every matrix
// with the same number of inputs, and any number of goroutines at a time. The
// zero value is empty and ready for Prepare, which reuses its memory.
type QuadsS8 struct {
	arrangedS8
	impl *gemmS8BlocksImpl
}

// gemmS8BlocksImpl is one variant.
type gemmS8BlocksImpl struct {
	// prepare arranges x in t.buf; t.rows, t.k, t.scale and t.zero are set.
	prepare func(t *QuadsS8, x MatU8)
	// gemm computes blocks b0 to b1 of w for all tokens of t.
	gemm func(dst MatF32, t *QuadsS8, w *BlocksS8, bias []float32, b0, b1 int)
}

// gemmS8BlocksVariants holds every variant, best first and the reference last.
var gemmS8BlocksVariants = append(gemmS8BlocksAsm, variant[*gemmS8BlocksImpl]{"ref", &gemmS8BlocksImpl{prepareBlocksRef, gemmS8BlocksRef}})

var gemmS8BlocksBest = choose("gemm_s8_blocks", gemmS8BlocksVariants)

// Prepare copies the activations x [tokens, K] into t, arranged for
// GemmS8Blocks, in one byte each. Afterwards x may change. It panics if x has no
// columns or more than 65536.
func (t *QuadsS8) Prepare(x MatU8) { t.prepare(x, gemmS8BlocksBest) }

// Rows returns the number of tokens in t.
func (t *QuadsS8) Rows() int { return t.rows }

// K returns the number of inputs of each token in t.
func (t *QuadsS8) K() int { return t.k }

func (t *QuadsS8) prepare(x MatU8, impl *gemmS8BlocksImpl) {
	t.take(x)
	t.impl = impl
	if x.Rows > 0 {
		impl.prepare(t, x)
		race.Write(t.buf)
	}
}

// GemmS8Blocks multiplies the quantized activations x [tokens, K] with the
// weights w [N, K] and stores the outputs of blocks b0 to b1 (b1 excluded) of
// w, which are columns 64*b0 to min(64*b1, N), in dst [tokens, N]. It computes
// what GemmS8Sparse does, to the same bits:
//
//	sum = Σ (x[t][k] - zero[t]) * w[n][k]     in int32, exact
//	dst[t][n] = float32(sum)*(scale[t]*scale[n]) + bias[n]
//
// A nil bias is zero. An output does not depend on the range or on the other
// tokens.
//
// Calls that write different columns or different matrices may run at a time.
// So threads can share the work by blocks, with x prepared once; or by tokens,
// each preparing its own from MatU8 rows and writing a Sub of dst. It is fastest
// with 64 tokens or more at a time.
//
// It panics if shapes do not match or the range is not within 0 to w.Blocks().
// dst must not overlap the other arguments.
func GemmS8Blocks(dst MatF32, x *QuadsS8, w *BlocksS8, bias []float32, b0, b1 int) {
	if x.begin(dst, w.n, w.k, bias, b0, b1) {
		x.impl.gemm(dst, x, w, bias, b0, b1)
	}
}
