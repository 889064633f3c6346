package compress

import (
	"context"
	"slices"

	"github.com/sparsebio/sparsebio/kernels"
)

// columnBlock is how many columns SparseGPT chooses a mask for at a time: Bs of its paper.
const columnBlock = 128

// inverseFactor returns what SparseGPT needs of the Hessian H of the inputs, raised by damp times the mean of its diagonal: the upper triangular U
// of H⁻¹ = Uᵀ U. With J, which puts rows into the opposite order, and J H J = L Lᵀ that is J L⁻¹ J, so H⁻¹ is never needed. The matrix returned is
// T = L⁻ᵀ, where U[i][j] = T[k-1-j][k-1-i].
func (p *pruner) inverseFactor(ctx context.Context, damp float64) (kernels.MatF32, error) {
	h := p.inputs.symmetric(false)
	k := p.inputs.k
	var mean float64
	for i := range k {
		d := &h.Data[i*k+i]
		if *d == 0 {
			*d = 1
		}
		mean += float64(*d) / float64(k)
	}
	for i := range k {
		h.Data[i*k+i] += float32(damp * mean)
	}
	slices.Reverse(h.Data) // rows and columns
	if err := cholesky(ctx, p.threads, h); err != nil {
		return h, err
	}
	return inverseFactor(ctx, p.threads, h)
}

// sparseGPT is algorithm 1 of arXiv 2301.00774, without its quantization.
func (p *pruner) sparseGPT(ctx context.Context, w kernels.MatF32) error {
	n, k := w.Rows, w.Cols
	for j := range k {
		if p.inputs.norm(j) == 0 { // an input that is always zero
			for i := range n {
				w.Row(i)[j] = 0
			}
		}
	}
	const rows = 32
	parts := (n + rows - 1) / rows
	for lo := 0; lo < k; lo += columnBlock {
		hi := min(lo+columnBlock, k)
		b := hi - lo
		u := make([]float32, b*b)
		for i := range b {
			for j := i; j < b; j++ {
				u[i*b+j] = p.factor.Row(k - 1 - lo - j)[k-1-lo-i]
			}
		}
		scores := make([]float32, n*b)
		err := each(ctx, p.threads, parts, func(part int) {
			for i := part * rows; i < min((part+1)*rows, n); i++ {
				for j, v := range w.Row(i)[lo:hi] {
					s := v / u[j*b+j]
					scores[i*b+j] = s * s
				}
			}
		})
		if err != nil {
			return err
		}
		removed := make([]bool, n*b)
		scores = grouped(scores, p.block)
		lowest(scores, p.removed(len(scores)), nil, func(i int) {
			for j := i * p.block; j < (i+1)*p.block; j++ {
				removed[j] = true
			}
		})
		errs := kernels.NewMatF32(n, b)
		err = each(ctx, p.threads, parts, func(part int) {
			for i := part * rows; i < min((part+1)*rows, n); i++ {
				row := w.Row(i)[lo:hi]
				for j := range row {
					if !removed[i*b+j] {
						continue
					}
					e := row[j] / u[j*b+j]
					errs.Row(i)[j] = e
					for x, f := range u[j*b+j : j*b+b] {
						row[j+x] -= e * f
					}
					row[j] = 0
				}
			}
		})
		if err != nil {
			return err
		}
		if hi == k {
			break
		}
		right := kernels.PackF32Func(k-hi, b, func(j int, dst []float32) {
			t := p.factor.Row(k - 1 - hi - j)[k-hi : k-lo]
			for x := range dst {
				dst[x] = t[b-1-x]
			}
		})
		change := kernels.NewMatF32(n, k-hi)
		if err := product(ctx, p.threads, change, errs, right); err != nil {
			return err
		}
		for i := range n {
			row := w.Row(i)[hi:]
			for j, v := range change.Row(i) {
				row[j] -= v
			}
		}
	}
	return nil
}
