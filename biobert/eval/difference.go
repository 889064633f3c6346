package eval

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
)

const errPair = "eval: Against compares scores of one corpus, and these have different numbers of units"

// A Difference is by how much the F1 of one model is above that of another on the same corpus.
type Difference struct {
	Type string   `json:"type"`  // "micro" and "macro" for all types together
	F1   float64  `json:"f1"`    // the one's minus the other's, from -1 to 1
	F1CI Interval `json:"f1_ci"` // 95 % confidence interval, from -1 to 1
	P    float64  `json:"p"`     // two-sided: how often so large a difference would appear if there were none
}

// Differences are those of a corpus.
type Differences struct {
	Micro Difference   `json:"micro"`
	Macro Difference   `json:"macro"`
	Types []Difference `json:"types"` // sorted by type; each type that either of the two has
}

// Against returns by how much s is better than other, the scores of another model on the same corpus, and how sure that is: the
// paired bootstrap. It draws [Resamples] corpora as [Scores.Bootstrap] does, scores both models on each, and takes the percentiles of the
// differences. What is hard for both moves both alike and drops out, so this tells models apart whose own intervals overlap.
//
// P is twice the share of corpora in which the difference lies on the other side of zero or on it, one corpus added, at most 1 (Efron and
// Tibshirani 1993, chapter 15; Koehn 2004 for models of language). It is never below 2 in [Resamples]+1, nor below what a sign test could
// give for so many documents, 2 in 2 to the power of their number: 1 for a single one. Like the interval, it
// speaks of texts such as these, and is too sure of itself where there are few of them, say below thirty documents.
//
// Where all corpora have the same difference, as between models that answer alike, the interval is that of Newcombe (1998, the tenth of his
// methods) from Wilson's of the two by themselves, which is wide: five mentions that both have found do not prove that both always will.
//
// units and seed are those of Bootstrap. The result does not depend on the machine, and for other.Against(s) it is the same with
// the signs turned. It panics if the two were not scored on the same number of units.
func (s Scores) Against(other Scores, units []string, seed uint64) Differences {
	a, b := s.tally, other.tally
	switch {
	case a == nil || b == nil:
		panic(errTally)
	case a.units != b.units:
		panic(errPair)
	case units != nil && len(units) != a.units:
		panic(errUnits)
	}
	// One tally holds both: the types of other follow those of s.
	names := slices.Compact(slices.Sorted(func(yield func(string) bool) {
		for _, t := range []*tally{a, b} {
			for name := range maps.Keys(t.index) {
				if !yield(name) {
					return
				}
			}
		}
	}))
	k := len(names)
	both := &tally{units: a.units, index: map[string]int{}}
	for side, t := range []*tally{a, b} {
		at := make([]int, len(t.index))
		for i, name := range names {
			both.index[fmt.Sprint(side, name)] = side*k + i
			if old, ok := t.index[name]; ok {
				at[old] = side*k + i
			}
		}
		for _, c := range t.cells {
			c.typ = at[c.typ]
			both.cells = append(both.cells, c)
		}
	}
	have := [2]int{len(a.index), len(b.index)}
	values := make([][]float64, k+2)
	for i := range values {
		values[i] = make([]float64, Resamples)
	}
	both.draw(units, seed, func(n int, sum []int) {
		for side, sign := range []float64{1, -1} {
			var micro [3]int
			macro := 0.0
			for typ := range k {
				c := sum[3*(side*k+typ) : 3*(side*k+typ)+3]
				_, _, f := quotients(c[0], c[1], c[2])
				values[typ][n] += sign * f
				macro += f / float64(max(have[side], 1))
				for i, v := range c {
					micro[i] += v
				}
			}
			_, _, f := quotients(micro[0], micro[1], micro[2])
			values[k][n] += sign * f
			values[k+1][n] += sign * macro
		}
	})
	least := max(2.0/(Resamples+1), math.Pow(2, 1-float64(groups(a.units, units))))
	// x and y are the two by themselves, within the intervals xs and ys.
	difference := func(typ string, x, y Score, xs, ys Interval, at int) Difference {
		v := values[at]
		slices.Sort(v)
		d := Difference{Type: typ, F1: x.F1 - y.F1, F1CI: Interval{percentile(v, 0.025), percentile(v, 0.975)}}
		if d.F1CI[0] == d.F1CI[1] {
			d.F1CI = Interval{
				max(-1, d.F1-math.Hypot(x.F1-xs[0], ys[1]-y.F1)),
				min(1, d.F1+math.Hypot(xs[1]-x.F1, y.F1-ys[0])),
			}
		}
		below, above := 0, 0
		for _, x := range v {
			if x <= 0 {
				below++
			}
			if x >= 0 {
				above++
			}
		}
		d.P = min(1, max(least, 2*float64(min(below, above)+1)/(Resamples+1)))
		return d
	}
	of := func(s Scores, typ string) Score {
		if i := slices.IndexFunc(s.Types, func(t Score) bool { return t.Type == typ }); i >= 0 {
			return s.Types[i]
		}
		return Score{}
	}
	var out Differences
	var xm, ym Interval // means over the types of the two
	for i, name := range names {
		x, y := of(s, name), of(other, name)
		xs, ys := wilsonF1(x), wilsonF1(y)
		out.Types = append(out.Types, difference(name, x, y, xs, ys, i))
		for side, m := range []*Interval{&xm, &ym} {
			if _, ok := []*tally{a, b}[side].index[name]; !ok {
				continue
			}
			for k, bound := range []Interval{xs, ys}[side] {
				m[k] += bound / float64(have[side])
			}
		}
	}
	out.Micro = difference("micro", s.Micro, other.Micro, wilsonF1(s.Micro), wilsonF1(other.Micro), k)
	out.Macro = difference("macro", s.Macro, other.Macro, xm, ym, k+1)
	return out
}

// groups counts the names of units, or the n units themselves if they have none.
func groups(n int, units []string) int {
	if units == nil {
		return n
	}
	seen := map[string]bool{}
	for _, name := range units {
		seen[name] = true
	}
	return len(seen)
}

// String returns a table in points, hundredths of F1, one line a type, the averages last; the macro average only if there are
// several types.
func (d Differences) String() string {
	rows := append(d.Types[:len(d.Types):len(d.Types)], d.Micro)
	if len(d.Types) > 1 {
		rows = append(rows, d.Macro)
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "type\tdifference\t95 % interval\tp")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%+.2f\t%+.2f to %+.2f\t%.3f\n", r.Type, 100*r.F1, 100*r.F1CI[0], 100*r.F1CI[1], r.P)
	}
	w.Flush() // a strings.Builder does not fail
	return b.String()
}
