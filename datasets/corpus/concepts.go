package corpus

import (
	"cmp"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// A conceptRelation relates two concepts, those of its note, wherever they are mentioned.
type conceptRelation struct {
	annot.Relation // but for its ends and evidence
	note           RelationNote
}

// relateConcepts adds relations between the mentions that begin closest to each other, and an Extra where a concept
// has no mention.
func (d *draft) relateConcepts(relations []conceptRelation) {
	if len(relations) == 0 {
		return
	}
	order := make([]int, len(d.marks)) // of the marks by position
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(byPosition(d.marks[a].Entity, d.marks[b].Entity), a-b)
	})
	mentions := map[string][]int{} // of a concept: places in order
	starts := make([]int, len(order))
	for i, o := range order {
		starts[i] = d.marks[o].Start
		for c := range concepts(d.marks[o].note.Concepts) {
			if at := mentions[c]; len(at) == 0 || at[len(at)-1] != i {
				mentions[c] = append(at, i)
			}
		}
	}
	known := map[[2]string][2]int{}
	for _, r := range relations {
		pair := r.note.Concepts
		best, ok := known[pair]
		if !ok {
			best = closest(starts, mentions[pair[0]], mentions[pair[1]])
			known[pair] = best
		}
		if best[0] < 0 {
			if r.Score != 1 {
				setDefault(&r.note.Attributes, infonScore, strconv.FormatFloat(r.Score, 'g', -1, 64))
			}
			if r.Meaning != "" {
				setDefault(&r.note.Attributes, infonMeaning, r.Meaning)
			}
			if r.Directed {
				setDefault(&r.note.Attributes, infonDirected, infonTrue)
			}
			d.Extras = append(d.Extras, Extra{
				Kind: "relation", ID: r.note.ID, Type: r.Type, Attributes: r.note.Attributes,
				Arguments: []ExtraArgument{{"", pair[0]}, {"", pair[1]}},
			})
			continue
		}
		out := draftRelation{Relation: r.Relation, note: r.note}
		for side, i := range best {
			out.ends[side] = "#" + strconv.Itoa(order[i])
			d.setKey(out.ends[side], order[i])
		}
		d.relations = append(d.relations, out)
	}
}

// concepts yields columns of identifiers and the identifiers in them.
func concepts(columns []string) iter.Seq[string] {
	separator := func(r rune) bool { return strings.ContainsRune("|,;+", r) }
	return func(yield func(string) bool) {
		for _, c := range columns {
			if !yield(c) {
				return
			}
			if strings.IndexFunc(c, separator) < 0 {
				continue
			}
			for id := range strings.FieldsFuncSeq(c, separator) {
				if id != c && !yield(id) {
					return
				}
			}
		}
	}
}

// closest returns the two different mentions, one of a and one of b, that begin closest to each other, or -1. Mentions are
// places in starts, which is in order, as a and b are.
func closest(starts, a, b []int) [2]int {
	best, least := [2]int{-1, -1}, -1
	try := func(i, j int) {
		dist := starts[i] - starts[j]
		if dist = max(dist, -dist); i != j && (least < 0 || dist < least) {
			best, least = [2]int{i, j}, dist
		}
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		try(a[i], b[j])
		if a[i] == b[j] { // a mention of both: its neighbours are the candidates
			if i+1 < len(a) {
				try(a[i+1], b[j])
			}
			if j+1 < len(b) {
				try(a[i], b[j+1])
			}
		}
		if a[i] <= b[j] {
			i++
		} else {
			j++
		}
	}
	return best
}
