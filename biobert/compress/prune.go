package compress

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/sparsebio/sparsebio/kernels"
)

// A Method says how the weights to remove are chosen, and what becomes of the others.
type Method string

// The methods; see the package comment.
const (
	Magnitude Method = "magnitude"
	Wanda     Method = "wanda"
	SparseGPT Method = "sparsegpt"
	ADMM      Method = "admm"
)

// Methods lists all methods.
var Methods = []Method{Magnitude, Wanda, SparseGPT, ADMM}

func methodNames() string {
	var names []string
	for _, m := range Methods {
		names = append(names, string(m))
	}
	return strings.Join(names, ", ")
}

// dense says whether a method needs the inputs that the matrix has in the dense model.
func (m Method) dense() bool { return m == ADMM }

// A matrix is one that is pruned, [outputs, inputs], with its bias, [outputs].
type matrix struct {
	w    kernels.MatF32
	bias []float32
}

// A pruner prunes the matrices that have the same inputs.
type pruner struct {
	method   Method
	sparsity float64
	block    int
	threads  int
	inputs   *gram
	factor   kernels.MatF32 // of sparsegpt
	solver   *solver        // of admm
}

// prepare makes what all matrices with these inputs need.
func (p *pruner) prepare(ctx context.Context) (err error) {
	switch p.method {
	case SparseGPT:
		p.factor, err = damped(func(damp float64) (kernels.MatF32, error) { return p.inverseFactor(ctx, damp) })
	case ADMM:
		p.solver, err = newSolver(ctx, p.threads, p.inputs)
	}
	return err
}

// damping is what is added to the diagonal of a Hessian, in units of its mean.
const damping = 0.01

// damped calls factorize with more and more damping until the matrix is positive definite.
func damped(factorize func(damp float64) (kernels.MatF32, error)) (kernels.MatF32, error) {
	for damp := damping; ; damp *= 10 {
		m, err := factorize(damp)
		if !errors.Is(err, errNotPositive) || damp >= 10 {
			return m, err
		}
	}
}

// prune removes weights of m, and may change the others and the bias.
func (p *pruner) prune(ctx context.Context, m matrix) error {
	switch p.method {
	case Magnitude:
		p.magnitude(m.w)
		return ctx.Err()
	case Wanda:
		return p.wanda(ctx, m.w)
	case SparseGPT:
		return p.sparseGPT(ctx, m.w)
	case ADMM:
		return p.admm(ctx, m)
	}
	return fmt.Errorf("method %q", p.method)
}

// removed returns how many of n groups are removed.
func (p *pruner) removed(n int) int { return int(math.Round(p.sparsity * float64(n))) }

// magnitude removes the weights of the least magnitude; of blocks those whose sum of squares is least.
func (p *pruner) magnitude(w kernels.MatF32) {
	scores := make([]float32, len(w.Data))
	for i, v := range w.Data {
		scores[i] = v * v
		if p.block == 1 {
			scores[i] = float32(math.Abs(float64(v))) // squares of the smallest would be equal
		}
	}
	scores = grouped(scores, p.block)
	lowest(scores, p.removed(len(scores)), nil, func(i int) { clear(w.Data[i*p.block : (i+1)*p.block]) })
}

// wanda removes in each row the weights whose product with the norm of their input is least.
func (p *pruner) wanda(ctx context.Context, w kernels.MatF32) error {
	norm := make([]float64, w.Cols)
	for j := range norm {
		norm[j] = math.Sqrt(p.inputs.norm(j))
	}
	const rows = 64
	return each(ctx, p.threads, (w.Rows+rows-1)/rows, func(part int) {
		scores, scratch := make([]float32, w.Cols), make([]float32, w.Cols)
		for i := part * rows; i < min((part+1)*rows, w.Rows); i++ {
			row := w.Row(i)
			for j, v := range row {
				s := math.Abs(float64(v)) * norm[j]
				if p.block > 1 {
					s *= s
				}
				scores[j] = float32(s)
			}
			g := grouped(scores, p.block)
			lowest(g, p.removed(len(g)), scratch, func(j int) { clear(row[j*p.block : (j+1)*p.block]) })
		}
	})
}

// sameInputs are the matrices of a layer in the order in which they are pruned, those with the same inputs together.
var sameInputs = [][]int{{query, key, value}, {output}, {up}, {down}}

// relativeError returns how far the outputs of a changed matrix are from what they were, as a share of these without their bias: the square root of
// the ratio of the sums of squares over the calibration texts.
func relativeError(ctx context.Context, threads int, g *gram, was, is matrix) (float64, error) {
	n, k := was.w.Rows, was.w.Cols
	diff := kernels.NewMatF32(n, k)
	for i := range n {
		a, b := was.w.Row(i), is.w.Row(i)
		for j := range a {
			diff.Row(i)[j] = b[j] - a[j]
		}
	}
	h := packed(g.symmetric(false))
	sum := func(w kernels.MatF32, bias func(i int) float64) (float64, error) {
		wh := kernels.NewMatF32(n, k)
		if err := product(ctx, threads, wh, w, h); err != nil {
			return 0, err
		}
		var total float64
		for i := range n {
			var squares, mean float64
			for j, v := range w.Row(i) {
				squares += float64(v) * float64(wh.Row(i)[j])
				mean += float64(v) * g.x[j] / float64(g.tokens)
			}
			b := bias(i)
			total += max(squares+2*b*mean+b*b, 0)
		}
		return total, nil
	}
	e, err := sum(diff, func(i int) float64 { return float64(is.bias[i]) - float64(was.bias[i]) })
	if err != nil {
		return 0, err
	}
	all, err := sum(was.w, func(int) float64 { return 0 })
	if err != nil || all == 0 {
		return 0, err
	}
	return math.Sqrt(e / all), nil
}

// zeros counts the weights that are zero.
func zeros(w kernels.MatF32) int {
	n := 0
	for _, v := range w.Data {
		if v == 0 {
			n++
		}
	}
	return n
}

// clone returns a copy of m.
func (m matrix) clone() matrix {
	c := m
	c.w.Data, c.bias = slices.Clone(m.w.Data), slices.Clone(m.bias)
	return c
}
