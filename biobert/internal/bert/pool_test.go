package bert

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

func TestPoolRunsEveryPartOnce(t *testing.T) {
	for _, size := range []int{1, 2, 3, 8} {
		p := newPool(size)
		for phase := range 2000 {
			n := phase % 17
			var seen [17]atomic.Int32
			p.run(n, func(_, i int) { seen[i].Add(1) })
			for i := range n {
				if c := seen[i].Load(); c != 1 {
					t.Fatalf("size %d, phase %d: part %d ran %d times", size, phase, i, c)
				}
			}
			if phase%500 == 499 { // long enough for the workers to park
				time.Sleep(5 * time.Millisecond)
			}
		}
		p.close()
	}
}

// The results of one phase must be visible in the next, on every goroutine.
func TestPoolPhasesAreOrdered(t *testing.T) {
	p := newPool(4)
	defer p.close()
	v := make([]int, 64)
	for phase := range 5000 {
		p.run(len(v), func(_, i int) { v[i] = phase })
		p.run(len(v), func(_, i int) {
			if got := v[(i+13)%len(v)]; got != phase {
				t.Errorf("phase %d saw %d", phase, got)
			}
		})
	}
}

func TestPoolCloseEndsWorkers(t *testing.T) {
	before := runtime.NumGoroutine()
	p := newPool(8)
	p.run(8, func(_, _ int) {})
	p.close()
	for range 200 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

func BenchmarkPool(b *testing.B) {
	p := newPool(2)
	defer p.close()
	for b.Loop() {
		p.run(2, func(_, _ int) {})
	}
}
