package report

import (
	"math"
	"slices"
)

// A Spread says between which figures the repetitions of a measurement lie.
type Spread struct {
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Count int     `json:"count"` // repetitions
	Of    string  `json:"of"`    // what was repeated, in the plural: "passes", "parts", "calls"
	Kind  string  `json:"kind"`  // Range or Confidence95
}

// The kinds of a Spread.
const (
	Range        = "range"                    // from the least to the most
	Confidence95 = "95 % confidence interval" // of the median
)

// confidenceFrom is the number of repetitions from which on their extremes enclose the median with a probability
// of 95 %: it lies outside with 2 * 0.5^n.
const confidenceFrom = 6

// NewSpread returns the spread of the figures that repetitions gave: of six and more the 95 % confidence interval of the
// median by order statistics, which assumes nothing of how they are distributed, and of fewer the range. It returns nil for less than two.
// The figures must be numbers.
func NewSpread(figures []float64, of string) *Spread {
	n := len(figures)
	if n < 2 {
		return nil
	}
	s := slices.Sorted(slices.Values(figures))
	out := &Spread{Low: s[0], High: s[n-1], Count: n, Of: of, Kind: Range}
	if n >= confidenceFrom {
		k := medianRank(n)
		out.Low, out.High, out.Kind = s[k-1], s[n-k], Confidence95
	}
	return out
}

// medianRank returns the largest k for which the median of n figures lies between the kth from below and the kth from
// above with a probability of at least 95 %, if they are independent: the number of those below it has a binomial distribution.
func medianRank(n int) int {
	if n > 1000 { // where 0.5^n is no more
		return max(int((float64(n)-1.96*math.Sqrt(float64(n)))/2), 1)
	}
	p := math.Ldexp(1, -n) // of i below
	below := 0.0
	for i := range n {
		if below += p; below > 0.025 {
			return max(i, 1)
		}
		p *= float64(n-i) / float64(i+1)
	}
	return 1
}

// Include widens s so that x lies in it, and returns s. It does nothing to nil.
func (s *Spread) Include(x float64) *Spread {
	if s != nil {
		s.Low, s.High = min(s.Low, x), max(s.High, x)
	}
	return s
}
