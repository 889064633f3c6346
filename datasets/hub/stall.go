package hub

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// slowest is the rate below which a transfer counts as stalled, in bytes a second.
// A time limit on single reads would let a server drip bytes for ever.
const slowest = 100

// A watch ends a context when too little is read in any window of time: neither
// connection nor answer, nothing of the body, or a drip.
type watch struct {
	read   atomic.Int64
	busy   atomic.Bool // the reader is elsewhere, such as writing to a slow disk
	cancel context.CancelCauseFunc
	stop   chan struct{}
}

func newWatch(ctx context.Context, window time.Duration) (context.Context, *watch) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &watch{cancel: cancel, stop: make(chan struct{})}
	least := max(1, int64(window.Seconds()*slowest))
	go func() {
		t := time.NewTicker(window)
		defer t.Stop()
		var before int64
		for {
			select {
			case <-w.stop:
				return
			case <-ctx.Done():
				return
			case <-t.C:
			}
			n := w.read.Load()
			if n-before < least && !w.busy.Load() {
				cancel(fmt.Errorf("%w: %d bytes in %v", ErrStalled, n-before, window))
				return
			}
			before = n
		}
	}()
	return ctx, w
}

// close ends the watch and its context.
func (w *watch) close() {
	close(w.stop)
	w.cancel(context.Canceled)
}

// reader counts what is read from r.
func (w *watch) reader(r io.Reader) io.Reader { return &watched{r, w} }

type watched struct {
	r io.Reader
	w *watch
}

// Read reads and counts.
func (r *watched) Read(b []byte) (int, error) {
	r.w.busy.Store(false)
	n, err := r.r.Read(b)
	r.w.busy.Store(true)
	r.w.read.Add(int64(n))
	return n, err
}
