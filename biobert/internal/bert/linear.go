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

// activate applies act to columns lo to hi of every row.
func activate(m kernels.MatF32, lo, hi int, act func([]float32)) {
	if act == nil {
		return
	}
	for i := range m.Rows {
		act(m.Row(i)[lo:hi])
	}
}

// A quantized holds tokens in 8 bits.
type quantized struct {
	rows  kernels.MatU8
	tiles kernels.TilesS8
}

// set applies act, which may be nil, to x and quantizes the result, row by row: a row fits the first-level cache.
func (q *quantized) set(x kernels.MatF32, act func([]float32)) {
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
	if act == nil {
		kernels.QuantizeU8(q.rows, x)
	} else {
		for i := range x.Rows {
			act(x.Row(i))
			row := q.rows
			row.Data, row.Rows, row.Scale, row.Zero = row.Data[i*x.Cols:], 1, row.Scale[i:], row.Zero[i:]
			kernels.QuantizeU8(row, x.Sub(i, i+1, 0, x.Cols))
		}
	}
	q.tiles.Prepare(q.rows)
}

// multiply applies act, which may be nil, to x [rows, k], quantizes it, each row with a scale of its own,
// and writes its product with the sparse weights of l to dst [rows, n].
func (l *linear) multiply(w *worker, dst, x kernels.MatF32, act func([]float32)) {
	w.quant.set(x, act)
	kernels.GemmS8Sparse(dst, &w.quant.tiles, l.sparse, l.bias, 0, l.sparse.Blocks())
}
