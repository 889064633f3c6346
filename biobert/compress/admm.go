package compress

import (
	"context"
	"math"

	"github.com/sparsebio/sparsebio/kernels"
)

// The schedule of ADMM: over rampSteps the sparsity rises to the one asked for as in gradual pruning, sparsity * (1 - (1-t)³), then the mask may still
// move. rho is the penalty, in units of the diagonal of the Hessian, which is 1.
const (
	admmSteps = 20
	rampSteps = 15
	rho       = 1
)

// refineSteps bounds the conjugate gradients that end ADMM, refineTo is the share of the residual at which they stop.
const (
	refineSteps = 15
	refineTo    = 1e-2
)

// leastVariance is what an input varies at least, as a share of the mean of all inputs of a matrix, so that none gets a large weight; leastOfSquare likewise, as a share of
// the mean of its own square, below which float32 shows no more than its rounding.
const (
	leastVariance = 1e-3
	leastOfSquare = 1e-4
)

// A solver holds what the matrices with the same inputs x have in common when their outputs are to be those of the dense model, for inputs d: the covariance
// of x, H, that of x and d, both with x in units of its standard deviation, and the means.
type solver struct {
	scale    []float32         // [k], standard deviations of x
	h        *kernels.DenseF32 // [k, k], H, raised by ridge on its diagonal, which was 1
	inverse  *kernels.DenseF32 // [k, k], (H + rho I)⁻¹
	cross    *kernels.DenseF32 // [k, k], of x and d, which is in units of its own
	ridge    float32
	x, dense []float64 // [k], means
	steps    int       // of conjugate gradients, at most
	to       float64   // the share of the residual at which they stop
}

func newSolver(ctx context.Context, threads int, g *gram) (*solver, error) {
	k := g.k
	s := &solver{scale: make([]float32, k), x: make([]float64, k), dense: make([]float64, k), ridge: damping, steps: refineSteps, to: refineTo}
	h, cross := g.symmetric(true), g.crossed()
	var mean float32
	for j := range k {
		s.x[j], s.dense[j] = g.x[j]/float64(g.tokens), g.dense[j]/float64(g.tokens)
		mean += h.Row(j)[j] / float32(k)
	}
	for j := range k { // an input may be constant, or nearly so, in these texts
		s.scale[j] = float32(math.Sqrt(max(float64(h.Row(j)[j]), float64(leastVariance*mean), leastOfSquare*g.norm(j)/float64(g.tokens), 1e-30)))
	}
	for i := range k {
		for j := range k {
			h.Row(i)[j] /= s.scale[i] * s.scale[j]
			cross.Row(i)[j] /= s.scale[i]
		}
		h.Row(i)[i] += s.ridge
	}
	s.h, s.cross = packed(h), packed(cross)
	for i := range k {
		h.Row(i)[i] += rho
	}
	inverse, err := invert(ctx, threads, h)
	if err != nil {
		return nil, err
	}
	s.inverse = packed(inverse)
	return s, nil
}

// admm minimizes the squared distance between the outputs of m and those of the dense model, and ridge times that between the weights, over the matrices
// that have enough zeros. V are the weights in units of the inputs: V = W * scale.
//
//	Z = V + U without its smallest elements
//	U = U + V - Z
//	V = (target + rho (Z - U)) (H + rho I)⁻¹
func (p *pruner) admm(ctx context.Context, m matrix) error {
	s, n, k := p.solver, m.w.Rows, m.w.Cols
	dense := m.clone().w
	target, err := s.target(ctx, p.threads, dense)
	if err != nil {
		return err
	}
	v, u, z := kernels.NewMatF32(n, k), kernels.NewMatF32(n, k), kernels.NewMatF32(n, k)
	for i := range n {
		for j, w := range dense.Row(i) {
			v.Row(i)[j] = w * s.scale[j]
		}
	}
	scores, scratch := make([]float32, n*k), make([]float32, n*k)
	for step := range admmSteps {
		left := 1 - min(float64(step+1)/rampSteps, 1)
		sparsity := p.sparsity * (1 - left*left*left)
		for i, x := range v.Data {
			x += u.Data[i]
			z.Data[i] = x
			scores[i] = x * x
		}
		groups := grouped(scores, p.block)
		lowest(groups, int(math.Round(sparsity*float64(len(groups)))), scratch, func(i int) { clear(z.Data[i*p.block : (i+1)*p.block]) })
		if step == admmSteps-1 {
			break
		}
		right := scores // not needed any more
		for i, x := range z.Data {
			u.Data[i] += v.Data[i] - x
			right[i] = target.Data[i] + rho*(x-u.Data[i])
		}
		if err := product(ctx, p.threads, v, kernels.MatF32{Data: right, Rows: n, Cols: k, Stride: k}, s.inverse); err != nil {
			return err
		}
	}
	for i := range n {
		for j, x := range z.Row(i) {
			m.w.Row(i)[j] = x / s.scale[j]
		}
	}
	return s.solve(ctx, p.threads, m, dense)
}

// target returns what the products of the weights, in units of the inputs, with H are to be, [n, k].
func (s *solver) target(ctx context.Context, threads int, dense kernels.MatF32) (kernels.MatF32, error) {
	t := kernels.NewMatF32(dense.Rows, dense.Cols)
	err := product(ctx, threads, t, dense, s.cross)
	for i := range dense.Rows {
		for j, w := range dense.Row(i) {
			t.Row(i)[j] += s.ridge * w * s.scale[j]
		}
	}
	return t, err
}

// solve gives the weights of m that are not zero the values that suit best, and m the bias that goes with them. dense are the weights of the dense
// model.
func (s *solver) solve(ctx context.Context, threads int, m matrix, dense kernels.MatF32) error {
	target, err := s.target(ctx, threads, dense)
	if err != nil {
		return err
	}
	n, k := m.w.Rows, m.w.Cols
	z := kernels.NewMatF32(n, k)
	for i := range n {
		for j, w := range m.w.Row(i) {
			z.Row(i)[j] = w * s.scale[j]
		}
	}
	if err := s.refine(ctx, threads, z, target); err != nil {
		return err
	}
	for i := range n {
		var change float64
		row := m.w.Row(i)
		for j, x := range z.Row(i) {
			row[j] = x / s.scale[j]
			change += float64(dense.Row(i)[j])*s.dense[j] - float64(row[j])*s.x[j]
		}
		m.bias[i] += float32(change)
	}
	return nil
}

// refine solves for the elements of z that are not zero, those of each row by conjugate gradients: z H = target there.
func (s *solver) refine(ctx context.Context, threads int, z, target kernels.MatF32) error {
	n, k := z.Rows, z.Cols
	kept := make([]bool, n*k)
	for i, x := range z.Data {
		kept[i] = x != 0
	}
	hp, r, p := kernels.NewMatF32(n, k), kernels.NewMatF32(n, k), kernels.NewMatF32(n, k)
	if err := product(ctx, threads, hp, z, s.h); err != nil {
		return err
	}
	first, last := make([]float64, n), make([]float64, n) // squares of the residual
	for i := range r.Data {
		if kept[i] {
			r.Data[i] = target.Data[i] - hp.Data[i]
			p.Data[i] = r.Data[i]
		}
	}
	for i := range n {
		last[i] = dot(r.Row(i), r.Row(i))
		first[i] = last[i]
	}
	for range s.steps {
		if err := product(ctx, threads, hp, p, s.h); err != nil {
			return err
		}
		running := false
		for i := range n {
			if last[i] <= s.to*s.to*first[i] {
				clear(p.Row(i))
				continue
			}
			running = true
			pi, ri, hi, zi := p.Row(i), r.Row(i), hp.Row(i), z.Row(i)
			alpha := float32(last[i] / dot(pi, hi))
			for j := range pi {
				if kept[i*k+j] {
					zi[j] += alpha * pi[j]
					ri[j] -= alpha * hi[j]
				}
			}
			next := dot(ri, ri)
			beta := float32(next / last[i])
			last[i] = next
			for j := range pi {
				pi[j] = ri[j] + beta*pi[j]
			}
		}
		if !running {
			break
		}
	}
	return nil
}

func dot(a, b []float32) float64 {
	var s float64
	for i, x := range a {
		s += float64(x) * float64(b[i])
	}
	return s
}
