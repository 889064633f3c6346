package compress

import (
	"context"

	"github.com/sparsebio/sparsebio/kernels"
)

// A gram holds what a method needs to know about the inputs x of a matrix, k numbers a token: the sums of their products, twice the Hessian
// of the squared error of an output. dense are the inputs that the matrix has in the dense model.
type gram struct {
	k      int
	tokens int
	xx     []float64 // [k, k], sum x_i x_j; only the lower triangle, j <= i, is filled
	dx     []float64 // [k, k], sum dense_i x_j; nil if dense is not asked for
	x      []float64 // [k], sum x_i
	dense  []float64 // [k], sum dense_i
}

func newGram(k int, dense bool) *gram {
	g := &gram{k: k, xx: make([]float64, k*k), x: make([]float64, k)}
	if dense {
		g.dx, g.dense = make([]float64, k*k), make([]float64, k)
	}
	return g
}

// gramTokens is how many tokens are multiplied in float32 before they are added up in float64.
const gramTokens = 512

// add adds the inputs of some tokens. dense has the shape of x, and is not looked at if g does without.
func (g *gram) add(ctx context.Context, threads int, x, dense kernels.MatF32) error {
	for lo := 0; lo < x.Rows; lo += gramTokens {
		hi := min(lo+gramTokens, x.Rows)
		g.tokens += hi - lo
		part := x.Sub(lo, hi, 0, g.k)
		xt, err := g.transpose(ctx, threads, part, g.x)
		if err != nil {
			return err
		}
		w := packed(xt)
		if err := g.multiply(ctx, threads, g.xx, xt, w, true); err != nil {
			return err
		}
		if g.dx == nil {
			continue
		}
		dt, err := g.transpose(ctx, threads, dense.Sub(lo, hi, 0, g.k), g.dense)
		if err != nil {
			return err
		}
		if err := g.multiply(ctx, threads, g.dx, dt, w, false); err != nil {
			return err
		}
	}
	return nil
}

// transpose returns the transpose of x, and adds its columns to sum.
func (g *gram) transpose(ctx context.Context, threads int, x kernels.MatF32, sum []float64) (kernels.MatF32, error) {
	const columns = 64
	xt := kernels.NewMatF32(g.k, x.Rows)
	err := each(ctx, threads, (g.k+columns-1)/columns, func(c int) {
		lo, hi := c*columns, min((c+1)*columns, g.k)
		for t := range x.Rows {
			for j, v := range x.Row(t)[lo:hi] {
				xt.Data[(lo+j)*xt.Stride+t] = v
				sum[lo+j] += float64(v)
			}
		}
	})
	return xt, err
}

// multiply adds the products of the rows of a and of w to dst; with lower only those of which the row of w does not come after that of a.
func (g *gram) multiply(ctx context.Context, threads int, dst []float64, a kernels.MatF32, w *kernels.DenseF32, lower bool) error {
	const rows = 96
	return each(ctx, threads, (g.k+rows-1)/rows, func(i int) {
		lo, hi := i*rows, min((i+1)*rows, g.k)
		to := g.k
		if lower {
			to = hi
		}
		p := kernels.NewMatF32(hi-lo, g.k)
		kernels.GemmF32(p, a.Sub(lo, hi, 0, a.Cols), w, nil, 0, to)
		for r := lo; r < hi; r++ {
			out := dst[r*g.k : r*g.k+to]
			for j, v := range p.Row(r - lo)[:to] {
				out[j] += float64(v)
			}
		}
	})
}

// norm returns the square of the norm of input i.
func (g *gram) norm(i int) float64 { return g.xx[i*g.k+i] }

// symmetric returns the sums of products as a whole matrix, divided by the number of tokens; centred, those of the differences from the mean.
func (g *gram) symmetric(centred bool) kernels.MatF32 {
	h := kernels.NewMatF32(g.k, g.k)
	n := float64(g.tokens)
	for i := range g.k {
		for j, v := range g.xx[i*g.k : i*g.k+i+1] {
			if v /= n; centred {
				v -= g.x[i] / n * (g.x[j] / n)
			}
			h.Data[i*g.k+j], h.Data[j*g.k+i] = float32(v), float32(v)
		}
	}
	return h
}

// crossed returns the sums of products of x, its rows, and of dense, its columns, as symmetric does: centred.
func (g *gram) crossed() kernels.MatF32 {
	c := kernels.NewMatF32(g.k, g.k)
	n := float64(g.tokens)
	for i := range g.k {
		for j, v := range g.dx[i*g.k : (i+1)*g.k] {
			c.Data[j*g.k+i] = float32(v/n - g.dense[i]/n*(g.x[j]/n))
		}
	}
	return c
}
