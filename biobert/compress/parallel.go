package compress

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/sparsebio/sparsebio/kernels"
)

// each calls f for 0 to n-1 from several goroutines and returns when all calls have. It begins none once ctx has ended, and returns its error then.
func each(ctx context.Context, threads, n int, f func(i int)) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(threads, n) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(n) && ctx.Err() == nil; i = next.Add(1) - 1 {
				f(int(i))
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

// product writes x [m, k] times the transpose of w [n, k] to dst [m, n]. Goroutines share the columns of dst.
func product(ctx context.Context, threads int, dst, x kernels.MatF32, w *kernels.DenseF32) error {
	const columns = 64
	return each(ctx, threads, (w.N+columns-1)/columns, func(i int) {
		kernels.GemmF32(dst, x, w, nil, i*columns, min((i+1)*columns, w.N))
	})
}

// packed packs the n x k matrix m for product.
func packed(m kernels.MatF32) *kernels.DenseF32 {
	return kernels.PackF32Func(m.Rows, m.Cols, func(i int, dst []float32) { copy(dst, m.Row(i)) })
}
