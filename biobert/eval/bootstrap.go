package eval

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Resamples is how many corpora Bootstrap draws.
const Resamples = 1000

const (
	errUnits = "eval: drawing corpora needs a name for each unit that was scored"
	errTally = "eval: corpora cannot be drawn from scores that no function of this package made"
)

// Bootstrap returns s with 95 % confidence intervals: how far the figures would move if the corpus were another one of
// the same size and kind. It draws [Resamples] corpora from the units of this one, with replacement, scores each, and
// takes the 2.5 and 97.5 percentiles (the percentile bootstrap of Efron). Two models on the same corpus may
// well differ reliably although their intervals overlap: see [Scores.Against].
//
// Where all corpora have the same figure, as with a type in which nothing is wrong, or nothing right, they cannot say how far it
// would move. Its interval is then that of Wilson (1927), which counts mentions as if they were independent of one another:
// five of five leave a recall of 57 to 100 %. For F1 it is that of the share of correct ones in all that gold or prediction has,
// from which F1 follows; for a macro average, the means of the bounds of the types.
//
// units names, for each thing that was scored in turn, sentence, text or row, what it belongs to, usually its
// document: what has one name is drawn together, since sentences of one abstract resemble one another.
// nil draws each by itself. The result depends on s, units and seed alone, not on the machine. It
// panics if the number of names is another than that of the things scored.
func (s Scores) Bootstrap(units []string, seed uint64) Scores {
	t := s.tally
	switch {
	case t == nil:
		panic(errTally)
	case units != nil && len(units) != t.units:
		panic(errUnits)
	case t.units == 0:
		return s
	}
	// Each resample gives precision, recall and F1 of all types, of micro and of macro.
	k := len(t.index)
	values := make([][]float64, 3*(k+2))
	for i := range values {
		values[i] = make([]float64, Resamples)
	}
	t.draw(units, seed, func(n int, sum []int) {
		var micro [3]int
		var macro [3]float64
		for typ := range k {
			c := sum[3*typ : 3*typ+3]
			p, r, f := quotients(c[0], c[1], c[2])
			for i, v := range []float64{p, r, f} {
				values[3*typ+i][n] = v
				macro[i] += v / float64(k)
				micro[i] += c[i]
			}
		}
		p, r, f := quotients(micro[0], micro[1], micro[2])
		for i, v := range []float64{p, r, f} {
			values[3*k+i][n] = v
			values[3*k+3+i][n] = macro[i]
		}
	})
	// bounds falls back on counts where the percentiles are one point.
	bounds := func(i, hits, of int) (Interval, bool) {
		slices.Sort(values[i])
		if in := (Interval{percentile(values[i], 0.025), percentile(values[i], 0.975)}); in[0] < in[1] {
			return in, true
		}
		return wilson(hits, of), false
	}
	fill := func(s *Score, at int) {
		p, _ := bounds(3*at, s.Correct, s.Predicted)
		r, _ := bounds(3*at+1, s.Correct, s.Support)
		f, drawn := bounds(3*at+2, 0, 0)
		if !drawn {
			f = wilsonF1(*s)
		}
		s.PrecisionCI, s.RecallCI, s.F1CI = &p, &r, &f
	}
	s.Types = slices.Clone(s.Types)
	for i := range s.Types {
		fill(&s.Types[i], t.index[s.Types[i].Type])
	}
	fill(&s.Micro, k)
	mean := func(of func(Score) *Interval) *Interval {
		var m Interval
		for _, t := range s.Types {
			for i, b := range of(t) {
				m[i] += b / float64(k)
			}
		}
		return &m
	}
	for i, m := range []struct {
		ci **Interval
		of func(Score) *Interval
	}{
		{&s.Macro.PrecisionCI, func(s Score) *Interval { return s.PrecisionCI }},
		{&s.Macro.RecallCI, func(s Score) *Interval { return s.RecallCI }},
		{&s.Macro.F1CI, func(s Score) *Interval { return s.F1CI }},
	} {
		if in, drawn := bounds(3*(k+1)+i, 0, 0); drawn {
			*m.ci = &in
		} else {
			*m.ci = mean(m.of)
		}
	}
	return s
}

// draw calls each with the counts of every corpus that is drawn, three a type. sum is valid until each returns.
func (t *tally) draw(units []string, seed uint64, each func(n int, sum []int)) {
	rows, groups := t.rows(units)
	rng := rand.New(rand.NewPCG(seed, 0))
	sum := make([]int, 3*len(t.index))
	for n := range Resamples {
		clear(sum)
		for range groups {
			if i := rng.IntN(groups); i < len(rows) {
				for _, c := range rows[i] {
					sum[c.at] += int(c.n)
				}
			}
		}
		each(n, sum)
	}
}

// wilson is the 95 % score interval of Wilson (1927) for a share of which hits of n are seen. With n = 0 it is all there is.
func wilson(hits, n int) Interval {
	if n == 0 {
		return Interval{0, 1}
	}
	const z = 1.959963984540054
	p, m := float64(hits)/float64(n), float64(n)
	middle, half := p+z*z/(2*m), z*math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return Interval{max(0, (middle-half)/(1+z*z/m)), min(1, (middle+half)/(1+z*z/m))}
}

// wilsonF1 is the interval of F1 that follows from that of the share of correct ones in all that gold or prediction has.
func wilsonF1(s Score) Interval {
	in := wilson(s.Correct, s.Predicted+s.Support-s.Correct)
	for i, share := range in {
		in[i] = 2 * share / (1 + share)
	}
	return in
}

// A count is one of the three of a type, correct, predicted and support: at is three times the type, and which.
type count struct{ at, n int32 }

// rows returns the counts other than 0 of every group of units that has any, and how many groups there are with
// those that have none. Most types occur in few groups.
func (t *tally) rows(units []string) (rows [][]count, groups int) {
	row := make([]int, t.units) // of each unit: its group
	if units == nil {
		for i := range row {
			row[i] = i
		}
		groups = t.units
	} else {
		index := map[string]int{}
		for i, name := range units {
			g, ok := index[name]
			if !ok {
				g = len(index)
				index[name] = g
			}
			row[i] = g
		}
		groups = len(index)
	}
	all := make([][]count, groups)
	for _, c := range t.cells {
		r := &all[row[c.unit]]
		for i, n := range []int{c.correct, c.predicted, c.support} {
			if n == 0 {
				continue
			}
			at := int32(3*c.typ + i)
			if k := slices.IndexFunc(*r, func(c count) bool { return c.at == at }); k >= 0 {
				(*r)[k].n += int32(n)
			} else {
				*r = append(*r, count{at, int32(n)})
			}
		}
	}
	return slices.DeleteFunc(all, func(r []count) bool { return r == nil }), groups
}

// percentile interpolates linearly between sorted values, as numpy does.
func percentile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 == len(sorted) {
		return sorted[i]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}
