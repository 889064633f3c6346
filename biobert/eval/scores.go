package eval

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// A Score is precision, recall and F1 of one type of entity or relation, from 0 to 1. A quotient whose
// divisor is 0 is 0.
type Score struct {
	Type      string  `json:"type"` // "micro" and "macro" for all types together
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
	Correct   int     `json:"correct"`   // that are in gold and prediction
	Predicted int     `json:"predicted"` // in the prediction
	Support   int     `json:"support"`   // in the gold standard

	// 95 % confidence intervals, if Scores.Bootstrap made them.
	PrecisionCI *Interval `json:"precision_ci,omitempty"`
	RecallCI    *Interval `json:"recall_ci,omitempty"`
	F1CI        *Interval `json:"f1_ci,omitempty"`
}

// An Interval is a lower and an upper bound, from 0 to 1.
type Interval [2]float64

// Scores are the scores of a corpus.
type Scores struct {
	Micro Score   `json:"micro"` // over what there is of all types together
	Macro Score   `json:"macro"` // means of the types' precision, recall and F1; its counts are those of Micro
	Types []Score `json:"types"` // sorted by type; each type that gold or prediction has

	tally *tally
}

// fill computes the quotients from the counts.
func (s *Score) fill() {
	s.Precision, s.Recall, s.F1 = quotients(s.Correct, s.Predicted, s.Support)
}

func quotients(correct, predicted, support int) (p, r, f1 float64) {
	p, r = quotient(correct, predicted), quotient(correct, support)
	if correct > 0 {
		f1 = 2 * p * r / (p + r)
	}
	return p, r, f1
}

func quotient(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// String returns a table in percent, one line a type, the averages last; the macro average only if there are several
// types. With confidence intervals, that of F1 follows it.
func (s Scores) String() string {
	rows := append(s.Types[:len(s.Types):len(s.Types)], s.Micro)
	if len(s.Types) > 1 {
		rows = append(rows, s.Macro)
	}
	interval := s.Micro.F1CI != nil
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "type\tprecision\trecall\tF1\t")
	if interval {
		fmt.Fprint(w, "95 % interval\t")
	}
	fmt.Fprintln(w, "support")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%.2f\t%.2f\t%.2f\t", r.Type, 100*r.Precision, 100*r.Recall, 100*r.F1)
		if r.F1CI != nil {
			fmt.Fprintf(w, "%.2f to %.2f\t", 100*r.F1CI[0], 100*r.F1CI[1])
		}
		fmt.Fprintf(w, "%d\n", r.Support)
	}
	w.Flush() // a strings.Builder does not fail
	return b.String()
}

// A tally counts by type, unit by unit: what is drawn again together by Bootstrap.
type tally struct {
	index map[string]int // type -> number, in the order of appearance
	cells []cell
	units int
}

// A cell holds the counts of one type in one unit.
type cell struct {
	unit, typ                   int
	correct, predicted, support int
}

func newTally() *tally { return &tally{index: map[string]int{}} }

// unit begins the next unit.
func (t *tally) unit() { t.units++ }

// class makes the type known, so that it is scored even if nothing is of it.
func (t *tally) class(typ string) int {
	i, ok := t.index[typ]
	if !ok {
		i = len(t.index)
		t.index[typ] = i
	}
	return i
}

// add counts in the unit that was begun last.
func (t *tally) add(typ string, correct, predicted, support int) {
	t.cells = append(t.cells, cell{t.units - 1, t.class(typ), correct, predicted, support})
}

func (t *tally) scores() Scores {
	byType := make([]Score, len(t.index))
	for _, c := range t.cells {
		s := &byType[c.typ]
		s.Correct += c.correct
		s.Predicted += c.predicted
		s.Support += c.support
	}
	out := Scores{Micro: Score{Type: "micro"}, tally: t}
	for _, typ := range slices.Sorted(maps.Keys(t.index)) {
		s := byType[t.index[typ]]
		s.Type = typ
		s.fill()
		out.Types = append(out.Types, s)
		out.Micro.Correct += s.Correct
		out.Micro.Predicted += s.Predicted
		out.Micro.Support += s.Support
	}
	out.Micro.fill()
	out.Macro = out.Micro
	out.Macro.Type = "macro"
	out.Macro.Precision, out.Macro.Recall, out.Macro.F1 = 0, 0, 0
	n := float64(max(len(out.Types), 1))
	for _, s := range out.Types {
		out.Macro.Precision += s.Precision / n
		out.Macro.Recall += s.Recall / n
		out.Macro.F1 += s.F1 / n
	}
	return out
}
