package report

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestNewSpread(t *testing.T) {
	upTo := func(n int) (v []float64) {
		for i := range n {
			v = append(v, float64((i*7)%n+1)) // 1 to n in some order
		}
		return v
	}
	for _, c := range []struct {
		n         int
		low, high float64
		kind      string
	}{
		{2, 1, 2, Range}, {3, 1, 3, Range}, {5, 1, 5, Range},
		// Ranks as tables of the sign test have them.
		{6, 1, 6, Confidence95}, {8, 1, 8, Confidence95}, {9, 2, 8, Confidence95}, {12, 3, 10, Confidence95}, {20, 6, 15, Confidence95}, {100, 40, 61, Confidence95},
		{1000, 469, 532, Confidence95}, {10001, 4902, 5100, Confidence95},
	} {
		if got, want := *NewSpread(upTo(c.n), "calls"), (Spread{c.low, c.high, c.n, "calls", c.kind}); got != want {
			t.Errorf("%d figures: %+v, want %+v", c.n, got, want)
		}
	}
	if NewSpread(nil, "calls") != nil || NewSpread([]float64{1}, "calls") != nil {
		t.Error("a single figure has a spread")
	}
	if got := *NewSpread([]float64{3, 2}, "passes").Include(5).Include(1); got.Low != 1 || got.High != 5 {
		t.Errorf("got %+v", got)
	}
	if (*Spread)(nil).Include(1) != nil {
		t.Error("no spread became one")
	}
}

// The interval holds the median of what the figures are drawn from, as often as it says.
func TestSpreadCovers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{6, 15, 40} {
		covered := 0
		const rounds = 4000
		v := make([]float64, n)
		for range rounds {
			for i := range v {
				v[i] = r.ExpFloat64()
			}
			if s := NewSpread(slices.Clone(v), "calls"); s.Low <= 0.6931471805599453 && 0.6931471805599453 <= s.High {
				covered++
			}
		}
		if share := float64(covered) / rounds; share < 0.943 || share > 0.985 {
			t.Errorf("%d figures: the interval holds the median in %.1f %% of cases", n, 100*share)
		}
	}
}
