package bert

import (
	"github.com/sparsebio/sparsebio/kernels"
)

// A linear computes y = x W^T + bias with weights in one of the engine's forms.
type linear struct {
	n, k   int
	zeros  float64 // number of weights that are zero
	dense  *kernels.DenseF32
	sparse *kernels.SparseS8
	bias   []float32 // [n]
}

func denseLinear(w, bias []float32, n, k int) linear {
	return linear{n: n, k: k, zeros: float64(countZeros(w)), dense: kernels.PackF32(w, n, k), bias: bias}
}

func sparseLinear(s *kernels.SparseS8, bias []float32) linear {
	n, k := s.N(), s.K()
	return linear{n: n, k: k, zeros: float64(n)*float64(k) - float64(s.NNZ()), sparse: s, bias: bias}
}

func (l *linear) bytes() int {
	if l.sparse != nil {
		return l.sparse.Bytes()
	}
	return 4 * l.n * l.k
}

// apply writes the product of x [rows, k] to dst [rows, n] and then applies act, which may
// be nil, to it.
func (l *linear) apply(s *State, dst, x kernels.MatF32, act func([]float32)) {
	if l.sparse != nil {
		l.applySparse(s, dst, x, act)
		return
	}
	// Whole panels of outputs go to each goroutine, so that every weight is read by one.
	s.split(l.n, 32, func(lo, hi int) {
		kernels.GemmF32(dst, x, l.dense, l.bias, lo, hi)
		activate(dst, lo, hi, act)
	})
}

// activate applies act to columns lo to hi of every row.
func activate(m kernels.MatF32, lo, hi int, act func([]float32)) {
	if act == nil {
		return
	}
	for i := range m.Rows {
		act(m.Row(i)[lo:hi])
	}
}

// A quantized holds one goroutine's share of the tokens in 8 bits.
type quantized struct {
	rows  kernels.MatU8
	tiles kernels.TilesS8
}

// set quantizes x.
func (q *quantized) set(x kernels.MatF32) {
	if cap(q.rows.Data) < x.Rows*x.Cols {
		q.rows.Data = make([]uint8, x.Rows*x.Cols)
	}
	if cap(q.rows.Scale) < x.Rows {
		q.rows.Scale, q.rows.Zero = make([]float32, x.Rows), make([]int32, x.Rows)
	}
	q.rows = kernels.MatU8{
		Data: q.rows.Data[:x.Rows*x.Cols], Rows: x.Rows, Cols: x.Cols, Stride: x.Cols,
		Scale: q.rows.Scale[:x.Rows], Zero: q.rows.Zero[:x.Rows],
	}
	kernels.QuantizeU8(q.rows, x)
	q.tiles.Prepare(q.rows)
}

// tileTokens is the number of tokens that the sparse kernels take at a time at most.
const tileTokens = 24

// applySparse quantizes x, each row with a scale of its own, and multiplies. Goroutines share first the
// tokens and then the outputs, in blocks of 64.
func (l *linear) applySparse(s *State, dst, x kernels.MatF32, act func([]float32)) {
	type share struct{ lo, hi int }
	shares := make([]share, s.pool.size)
	s.parts(x.Rows, tileTokens, func(p, lo, hi int) {
		shares[p] = share{lo, hi}
		s.quant[p].set(x.Sub(lo, hi, 0, x.Cols))
	})
	s.split(l.sparse.Blocks(), 1, func(b0, b1 int) {
		for p, sh := range shares {
			if sh.lo < sh.hi {
				kernels.GemmS8Sparse(dst.Sub(sh.lo, sh.hi, 0, dst.Cols), &s.quant[p].tiles, l.sparse, l.bias, b0, b1)
			}
		}
		activate(dst, 64*b0, min(64*b1, l.n), act)
	})
}
