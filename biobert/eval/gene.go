package eval

import (
	"unicode"
	"unicode/utf8"

	"github.com/sparsebio/sparsebio/datasets/annot"
	"github.com/sparsebio/sparsebio/datasets/corpus"
)

// GeneF1 is the official score of BC2GM, that of the task's own alt_eval.perl: a gene is found if a predicted span is
// its span, or that of an alternative that overlaps it; a predicted span is wrong if it is neither a gene nor an
// alternative. pred holds the spans of one sentence after the other. Blanks at the borders of a span do not
// count, since the corpus does not count them.
//
// A predicted span may so find two genes, or one that another has found already, which costs nothing. Therefore Predicted
// is not how many spans there are, but, as in the script, the genes found and the wrong spans. It panics
// if the two differ in length.
func GeneF1(gold []corpus.GeneSentence, pred [][]annot.Span) Scores {
	if len(gold) != len(pred) {
		panic(errTexts)
	}
	t := newTally()
	for i, s := range gold {
		t.unit()
		predicted := map[annot.Span]bool{}
		for _, p := range pred[i] {
			predicted[solid(s.Text, p)] = true
		}
		right := map[annot.Span]bool{}
		var hits []annot.Span // alternatives that were predicted
		for _, a := range s.Alternatives {
			right[a.Span] = true
			if predicted[a.Span] {
				hits = append(hits, a.Span)
			}
		}
		found := 0
		for _, g := range s.Genes {
			right[g.Span] = true
			ok := predicted[g.Span]
			for _, a := range hits {
				ok = ok || a.Start < g.End && g.Start < a.End
			}
			if ok {
				found++
			}
		}
		wrong := 0
		for _, p := range pred[i] {
			if !right[solid(s.Text, p)] {
				wrong++
			}
		}
		if len(s.Genes)+wrong > 0 {
			t.add("GENE", found, found+wrong, len(s.Genes))
		}
	}
	return t.scores()
}

// solid returns s without the blanks at its borders.
func solid(text string, s annot.Span) annot.Span {
	if s.Start < 0 || s.End > len(text) {
		return s
	}
	for s.Start < s.End {
		r, n := utf8.DecodeRuneInString(text[s.Start:s.End])
		if !unicode.IsSpace(r) {
			break
		}
		s.Start += n
	}
	for s.Start < s.End {
		r, n := utf8.DecodeLastRuneInString(text[s.Start:s.End])
		if !unicode.IsSpace(r) {
			break
		}
		s.End -= n
	}
	return s
}
