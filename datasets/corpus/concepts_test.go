package corpus

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// The pair that begins closest is found as by trying all.
func TestClosest(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		starts := make([]int, 1+rng.IntN(8))
		var a, b []int
		at := 0
		for i := range starts {
			at += rng.IntN(4)
			starts[i] = at
			if rng.IntN(2) == 0 {
				a = append(a, i)
			}
			if rng.IntN(2) == 0 {
				b = append(b, i)
			}
		}
		least := -1
		for _, i := range a {
			for _, j := range b {
				if d := max(starts[i]-starts[j], starts[j]-starts[i]); i != j && (least < 0 || d < least) {
					least = d
				}
			}
		}
		got := closest(starts, a, b)
		dist := -1
		if got[0] >= 0 {
			dist = max(starts[got[0]]-starts[got[1]], starts[got[1]]-starts[got[0]])
		}
		if dist != least {
			t.Fatalf("%v and %v of %v: %v, distance %d, want %d", a, b, starts, got, dist, least)
		}
	}
}

func TestConcepts(t *testing.T) {
	for in, want := range map[string]string{"": "", "D1": "D1", "D1|D2": "D1|D2 D1 D2", "1,2;3+4": "1,2;3+4 1 2 3 4", "D1|": "D1| D1"} {
		if got := strings.Join(slices.Collect(concepts([]string{in})), " "); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
