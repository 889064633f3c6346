package eval

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// A Score is precision, recall and F1 of one entity type, from 0 to 1. A quotient whose
// divisor is 0 is 0.
type Score struct {
	Type      string  `json:"type"` // entity type, or "micro" for all types together
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
	Correct   int     `json:"correct"`   // entities that are in gold and prediction
	Predicted int     `json:"predicted"` // entities in the prediction
	Support   int     `json:"support"`   // entities in the gold standard
}

// Scores are the scores of a corpus.
type Scores struct {
	Micro Score   `json:"micro"` // over the entities of all types
	Types []Score `json:"types"` // sorted by type; each type that gold or prediction has
}

// fill computes the quotients from the counts.
func (s *Score) fill() {
	s.Precision = quotient(s.Correct, s.Predicted)
	s.Recall = quotient(s.Correct, s.Support)
	s.F1 = 0
	if s.Correct > 0 {
		s.F1 = 2 * s.Precision * s.Recall / (s.Precision + s.Recall)
	}
}

func quotient(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// String returns a table in percent, one line a type, the micro average last.
func (s Scores) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "type\tprecision\trecall\tF1\tsupport")
	for _, r := range append(s.Types[:len(s.Types):len(s.Types)], s.Micro) {
		fmt.Fprintf(w, "%s\t%.2f\t%.2f\t%.2f\t%d\n", r.Type, 100*r.Precision, 100*r.Recall, 100*r.F1, r.Support)
	}
	w.Flush() // a strings.Builder does not fail
	return b.String()
}
