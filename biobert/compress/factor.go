package compress

import (
	"context"
	"errors"
	"math"

	"github.com/sparsebio/sparsebio/kernels"
)

// factorBlock is how many columns are factorized at a time.
const factorBlock = 64

var errNotPositive = errors.New("the matrix is not positive definite")

// cholesky replaces the lower triangle of a symmetric matrix by L, a = L Lᵀ, block after block from the left; what lies above the diagonal is undefined
// afterwards. The products between blocks are in float32, which suits matrices whose diagonal was raised.
func cholesky(ctx context.Context, threads int, a kernels.MatF32) error {
	n := a.Rows
	for lo := 0; lo < n; lo += factorBlock {
		hi := min(lo+factorBlock, n)
		inverse, err := choleskyBlock(a.Sub(lo, hi, lo, hi))
		if err != nil {
			return err
		}
		if hi == n {
			break
		}
		below := a.Sub(hi, n, lo, hi)
		panel := kernels.NewMatF32(n-hi, hi-lo)
		kernels.GemmF32(panel, below, packed(inverse), nil, 0, hi-lo)
		for i := range panel.Rows {
			copy(below.Row(i), panel.Row(i))
		}
		w := packed(panel)
		const rows = 96
		err = each(ctx, threads, (panel.Rows+rows-1)/rows, func(i int) {
			r0, r1 := i*rows, min((i+1)*rows, panel.Rows)
			p := kernels.NewMatF32(r1-r0, panel.Rows)
			kernels.GemmF32(p, panel.Sub(r0, r1, 0, panel.Cols), w, nil, 0, r1)
			for r := r0; r < r1; r++ {
				out := a.Row(hi + r)[hi : hi+r+1]
				for j, v := range p.Row(r - r0)[:r+1] {
					out[j] -= v
				}
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// choleskyBlock is cholesky for a small matrix, in float64. It returns the inverse of L.
func choleskyBlock(a kernels.MatF32) (kernels.MatF32, error) {
	n := a.Rows
	l := make([]float64, n*n)
	for i := range n {
		for j := range i + 1 {
			v := float64(a.Row(i)[j])
			for p := range j {
				v -= l[i*n+p] * l[j*n+p]
			}
			if i > j {
				l[i*n+j] = v / l[j*n+j]
				continue
			}
			if !(v > 0) {
				return kernels.MatF32{}, errNotPositive
			}
			l[i*n+i] = math.Sqrt(v)
		}
	}
	inv := make([]float64, n*n)
	for j := range n {
		inv[j*n+j] = 1 / l[j*n+j]
		for i := j + 1; i < n; i++ {
			var v float64
			for p := j; p < i; p++ {
				v -= l[i*n+p] * inv[p*n+j]
			}
			inv[i*n+j] = v / l[i*n+i]
		}
	}
	out := kernels.NewMatF32(n, n)
	for i := range n {
		for j := range i + 1 {
			a.Row(i)[j] = float32(l[i*n+j])
			out.Row(i)[j] = float32(inv[i*n+j])
		}
	}
	return out, nil
}

// inverseFactor returns the transpose of the inverse of L, an upper triangular matrix, of the L that cholesky leaves.
func inverseFactor(ctx context.Context, threads int, l kernels.MatF32) (kernels.MatF32, error) {
	n := l.Rows
	t := kernels.NewMatF32(n, n)
	for lo := 0; lo < n; lo += factorBlock {
		hi := min(lo+factorBlock, n)
		inverse := invertLower(l.Sub(lo, hi, lo, hi))
		for i := range hi - lo {
			for j := range i + 1 {
				t.Row(lo + j)[lo+i] = inverse.Row(i)[j]
			}
		}
		// Column block lo of t: what the columns before it make of the row block lo of L, times its inverse.
		last := packed(inverse)
		const rows = 96
		err := each(ctx, threads, (lo+rows-1)/rows, func(i int) {
			r0, r1 := i*rows, min((i+1)*rows, lo)
			s := kernels.NewMatF32(r1-r0, hi-lo)
			kernels.GemmF32(s, t.Sub(r0, r1, r0, lo), packed(l.Sub(lo, hi, r0, lo)), nil, 0, hi-lo)
			out := t.Sub(r0, r1, lo, hi)
			kernels.GemmF32(out, s, last, nil, 0, hi-lo)
			for r := range out.Rows {
				row := out.Row(r)
				for j := range row {
					row[j] = -row[j]
				}
			}
		})
		if err != nil {
			return t, err
		}
	}
	return t, nil
}

// invertLower returns the inverse of a small lower triangular matrix.
func invertLower(l kernels.MatF32) kernels.MatF32 {
	n := l.Rows
	inv := make([]float64, n*n)
	out := kernels.NewMatF32(n, n)
	for j := range n {
		inv[j*n+j] = 1 / float64(l.Row(j)[j])
		for i := j + 1; i < n; i++ {
			var v float64
			for p := j; p < i; p++ {
				v -= float64(l.Row(i)[p]) * inv[p*n+j]
			}
			inv[i*n+j] = v / float64(l.Row(i)[i])
		}
		for i := j; i < n; i++ {
			out.Row(i)[j] = float32(inv[i*n+j])
		}
	}
	return out
}

// invert returns the inverse of a symmetric positive definite matrix, whose lower triangle is overwritten.
func invert(ctx context.Context, threads int, a kernels.MatF32) (kernels.MatF32, error) {
	n := a.Rows
	if err := cholesky(ctx, threads, a); err != nil {
		return a, err
	}
	t, err := inverseFactor(ctx, threads, a)
	if err != nil {
		return a, err
	}
	inv := kernels.NewMatF32(n, n)
	const rows = 96
	err = each(ctx, threads, (n+rows-1)/rows, func(i int) {
		// Both factors are upper triangular: of a product of rows r and j only what comes after both counts.
		lo, hi := i*rows, min((i+1)*rows, n)
		kernels.GemmF32(inv.Sub(lo, hi, lo, n), t.Sub(lo, hi, lo, n), packed(t.Sub(lo, n, lo, n)), nil, 0, n-lo)
	})
	if err != nil {
		return a, err
	}
	for i := range n {
		for j := range i {
			inv.Data[i*n+j] = inv.Data[j*n+i]
		}
	}
	return inv, nil
}
