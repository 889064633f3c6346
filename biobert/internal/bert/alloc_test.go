//go:build !race

package bert

import "testing"

// The race detector makes sync.Pool forget, so this test is not for it.
func TestForwardDoesNotAllocate(t *testing.T) {
	for _, e := range Engines {
		m := loadModel(t, testdata+"tiny-pruned90", e)
		var b Batch
		for _, c := range readCases(t, testdata+"tiny-pruned90.golden.json") {
			b.Add(c.IDs)
		}
		for _, threads := range []int{1, 2} {
			s := NewState(threads)
			defer s.Close()
			for range 20 { // every goroutine has met every part
				m.Forward(s, &b)
			}
			if n := testing.AllocsPerRun(50, func() { m.Forward(s, &b) }); n >= 1 {
				t.Errorf("engine %s, %d threads: %v allocations a pass", e, threads, n)
			}
		}
	}
}
