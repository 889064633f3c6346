package eval

import (
	"github.com/sparsebio/sparsebio/datasets/annot"
)

// Panics of the functions that compare texts one by one.
const (
	errTexts = "eval: gold and prediction have different numbers of texts"
	errRows  = "eval: gold and prediction have different numbers of rows"
)

// SpanF1 scores entities found in running text: one counts if its type and both its borders are right, to the byte.
// gold and pred hold the entities of one text after the other. Entities may overlap; one
// that is there twice counts once. It panics if the two differ in length.
func SpanF1(gold, pred [][]annot.Entity) Scores {
	if len(gold) != len(pred) {
		panic(errTexts)
	}
	type key struct {
		start, end int
		typ        string
	}
	keys := func(es []annot.Entity) []key {
		out := make([]key, len(es))
		for i, e := range es {
			out[i] = key{e.Start, e.End, e.Type}
		}
		return out
	}
	t := newTally()
	for i := range gold {
		compareSets(t, keys(gold[i]), keys(pred[i]), func(k key) string { return k.typ })
	}
	return t.scores()
}

// RelationF1 scores relations from end to end: one counts if its type, and of both its entities the type and both
// borders, are right. Which of the two entities is the source does not count, nor do meaning, score and
// sentence. gold and pred hold the relations of one text after the other; one that is there twice counts once. The
// scores are by type of relation. It panics if the two differ in length.
func RelationF1(gold, pred [][]annot.Relation) Scores {
	if len(gold) != len(pred) {
		panic(errTexts)
	}
	type entity struct {
		start, end int
		typ        string
	}
	type key struct {
		typ  string
		a, b entity
	}
	keys := func(rs []annot.Relation) []key {
		out := make([]key, len(rs))
		for i, r := range rs {
			a, b := entity{r.Source.Start, r.Source.End, r.Source.Type}, entity{r.Target.Start, r.Target.End, r.Target.Type}
			if b.start < a.start || b.start == a.start && (b.end < a.end || b.end == a.end && b.typ < a.typ) {
				a, b = b, a
			}
			out[i] = key{r.Type, a, b}
		}
		return out
	}
	t := newTally()
	for i := range gold {
		compareSets(t, keys(gold[i]), keys(pred[i]), func(k key) string { return k.typ })
	}
	return t.scores()
}

// compareSets counts a unit: what gold and pred have, and have in common.
func compareSets[K comparable](t *tally, gold, pred []K, typ func(K) string) {
	t.unit()
	in := make(map[K]bool, len(gold)) // whether it was found
	for _, k := range gold {
		if _, ok := in[k]; !ok {
			in[k] = false
			t.add(typ(k), 0, 0, 1)
		}
	}
	wrong := map[K]bool{}
	for _, k := range pred {
		found, ok := in[k]
		switch {
		case ok && !found:
			in[k] = true
			t.add(typ(k), 1, 1, 0)
		case !ok && !wrong[k]:
			wrong[k] = true
			t.add(typ(k), 0, 1, 0)
		}
	}
}
