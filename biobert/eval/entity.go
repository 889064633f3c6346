package eval

import "strings"

// Panics of this package; different lengths are a mistake of the caller, not of the data.
const (
	errSentences = "eval: gold and prediction have different numbers of sentences"
	errWords     = "eval: gold and prediction have different numbers of words in a sentence"
)

// StrictF1 scores the entities of pred against those of gold, both one tag a word: "O",
// "B-type" or "I-type". An entity is a B- tag with the I- tags of the same type that
// follow; other I- tags count for nothing. The figures are those of seqeval with
// mode="strict", scheme=IOB2. It panics if the two differ in shape.
func StrictF1(gold, pred [][]string) Scores { return entityF1(gold, pred, true) }

// CoNLLF1 is [StrictF1], but an I- tag after O, or after another type, begins an
// entity. The figures are those of the CoNLL evaluation script and of seqeval
// without a mode.
func CoNLLF1(gold, pred [][]string) Scores { return entityF1(gold, pred, false) }

func entityF1(gold, pred [][]string, strict bool) Scores {
	checkShape(gold, pred)
	t := newTally()
	var g, p []entity
	for i := range gold {
		t.unit()
		g, p = appendEntities(g[:0], gold[i], strict), appendEntities(p[:0], pred[i], strict)
		for _, e := range g {
			t.add(e.typ, 0, 0, 1)
		}
		k := 0 // both lists are sorted by start, and no two entities share one
		for _, e := range p {
			for k < len(g) && g[k].start < e.start {
				k++
			}
			if k < len(g) && g[k] == e {
				t.add(e.typ, 1, 1, 0)
			} else {
				t.add(e.typ, 0, 1, 0)
			}
		}
	}
	return t.scores()
}

// Agreement returns the share of words, from 0 to 1, that have the same tag in a and b:
// the accuracy if one of them is the gold standard. Without words it is 0. It
// panics if the two differ in shape.
func Agreement(a, b [][]string) float64 {
	checkShape(a, b)
	same, n := 0, 0
	for i := range a {
		n += len(a[i])
		for j, tag := range a[i] {
			if tag == b[i][j] {
				same++
			}
		}
	}
	return quotient(same, n)
}

func checkShape(a, b [][]string) {
	if len(a) != len(b) {
		panic(errSentences)
	}
	for i := range a {
		if len(a[i]) != len(b[i]) {
			panic(errWords)
		}
	}
}

// An entity is the words from start to end, half open.
type entity struct {
	start, end int
	typ        string
}

// appendEntities appends the entities of one sentence to dst, sorted by start.
func appendEntities(dst []entity, tags []string, strict bool) []entity {
	open := false // the last entity of dst ends at the previous word and may go on
	for i, tag := range tags {
		prefix, typ := splitTag(tag)
		switch {
		case prefix == 'I' && open && dst[len(dst)-1].typ == typ:
			dst[len(dst)-1].end = i + 1
		case prefix == 'B' || prefix == 'I' && !strict:
			dst = append(dst, entity{i, i + 1, typ})
			open = true
		default:
			open = false
		}
	}
	return dst
}

// splitTag cuts a tag into its prefix, 'B', 'I' or 'O', and its type. As in seqeval, a tag
// without a type ("B", "I") has the type "_".
func splitTag(tag string) (prefix byte, typ string) {
	if tag == "" || tag[0] != 'B' && tag[0] != 'I' {
		return 'O', ""
	}
	if typ = strings.TrimPrefix(tag[1:], "-"); typ == "" {
		typ = "_"
	}
	return tag[0], typ
}
