package biobert

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// The decoded labels are the most probable of all sequences that IOB2 allows, by comparison with all there are.
func TestIOBDecode(t *testing.T) {
	labels := []string{"O", "B-x", "I-x", "I-y", "B-y"}
	tags := newIOB(labels)
	rng := rand.New(rand.NewPCG(1, 2))
	changed := 0
	for range 300 {
		n := 1 + rng.IntN(5)
		units, rows := make([]unit, n), make([][]float64, n)
		for i := range units {
			units[i].from = i
			for range labels {
				rows[i] = append(rows[i], rng.Float64())
			}
			if rng.IntN(9) == 0 {
				rows[i][rng.IntN(len(labels))] = 0
			}
			units[i].label, units[i].score = best(rows[i])
		}
		before := slices.Clone(units)
		tags.decode(units, func(u unit) []float64 { return rows[u.from] })
		var want []int
		most := math.Inf(-1)
		seq := make([]int, n)
		for code := range int(math.Pow(float64(len(labels)), float64(n))) {
			sum, last, legal := 0.0, -1, true
			for i := range seq {
				seq[i] = code % len(labels)
				code /= len(labels)
				sum += math.Log(max(rows[i][seq[i]], 1e-30))
				legal = legal && tags.may(last, seq[i])
				last = seq[i]
			}
			if legal && sum > most {
				most, want = sum, slices.Clone(seq)
			}
		}
		for i, u := range units {
			if u.label != want[i] || u.score != rows[i][u.label] {
				t.Fatalf("rows %v: unit %d is %s with %v, want %v", rows, i, labels[u.label], u.score, want)
			}
		}
		if !slices.Equal(before, units) {
			changed++
		}
	}
	if changed < 100 {
		t.Errorf("%d of 300 sequences were not allowed", changed)
	}
}

func TestNewIOB(t *testing.T) {
	for _, c := range []struct {
		labels []string
		want   bool
	}{
		{[]string{"O", "B-a", "I-a"}, true}, {[]string{"B-a"}, true}, {[]string{"O", "I-a"}, false},
		{[]string{"O", "protein"}, false}, {[]string{"O", "B-a", "I-a", "E-a"}, false},
	} {
		if got := newIOB(c.labels) != nil; got != c.want {
			t.Errorf("%q: %v", c.labels, got)
		}
	}
}
