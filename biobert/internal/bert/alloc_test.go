//go:build !race

package bert

import (
	"cmp"
	"testing"
)

// The race detector makes sync.Pool forget, so this test is not for it.
func TestForwardDoesNotAllocate(t *testing.T) {
	for _, name := range []string{"tiny-pruned90", "tiny-relation", "tiny-qa"} {
		var b Batch
		for _, c := range readHeadCases(t, testdata+name+".golden.json") {
			b.AddPair(cmp.Or(c.Second, len(c.IDs)), c.IDs)
		}
		forwardDoesNotAllocate(t, name, &b)
	}
}

func forwardDoesNotAllocate(t *testing.T, name string, b *Batch) {
	for _, e := range Engines {
		m := loadModel(t, testdata+name, e)
		for _, threads := range []int{1, 2} {
			s := NewState(threads)
			defer s.Close()
			for range 20 { // every goroutine has met every part
				m.Forward(s, b)
			}
			if n := testing.AllocsPerRun(50, func() { m.Forward(s, b) }); n >= 1 {
				t.Errorf("%s, engine %s, %d threads: %v allocations a pass", name, e, threads, n)
			}
		}
	}
}
