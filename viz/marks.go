package viz

import (
	"bytes"
	"cmp"
	"container/heap"
	"fmt"
	"slices"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// maxLanes bounds how many crossing entities are underlined at one place. Beyond it
// an entity still has its <mark>, but no line leads up to it; without a bound, n
// spans that all cross would cost n² elements.
const maxLanes = 6

// A marker writes what stands around the text of entities, each named by its index.
type marker interface {
	open(b *bytes.Buffer, i int, crosses bool) // crosses: it is the last piece of one that crosses another
	close(b *bytes.Buffer, i int)
	class(i int) string // of the pieces that lead up to it
}

// writeMarks writes text with one <mark> for each entity.
//
// Elements nest but cannot cross, so entities are first taken in order of start,
// the longer one first. An entity that lies within those around it becomes a <mark>
// around its text, nested if need be. One that crosses an earlier entity is cut
// where any other begins or ends: its last piece is its <mark>, which carries the
// whole entity's offsets, and the pieces before are spans that continue its
// underline. So the text is there once, and every entity has one <mark>.
func writeMarks(b *bytes.Buffer, text string, entities []annot.Entity, m marker) {
	order := make([]int, len(entities))
	cuts := make([]int, 0, 2*len(entities)+2)
	for i, e := range entities {
		order[i] = i
		cuts = append(cuts, e.Start, e.End)
	}
	slices.SortStableFunc(order, func(i, j int) int {
		x, y := entities[i], entities[j]
		return cmp.Or(cmp.Compare(x.Start, y.Start), cmp.Compare(y.End, x.End))
	})
	cuts = append(cuts, 0, len(text))
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)

	var (
		open  []int    // the entities around the current place, outermost first
		ends  crossers // crossing entities that have begun, the nearest end first
		lanes []int    // those of them that are underlined
	)
	for c := 0; c+1 < len(cuts); c++ {
		from, to := cuts[c], cuts[c+1]
		for len(open) > 0 && entities[open[len(open)-1]].End == from {
			m.close(b, open[len(open)-1])
			open = open[:len(open)-1]
		}
		for len(order) > 0 && entities[order[0]].Start == from {
			i := order[0]
			order = order[1:]
			if len(open) > 0 && entities[i].End > entities[open[len(open)-1]].End {
				heap.Push(&ends, crosser{entities[i].End, i})
				if len(lanes) < maxLanes {
					lanes = append(lanes, i)
				}
				continue
			}
			m.open(b, i, false)
			open = append(open, i)
		}
		closers := ""
		lanes = slices.DeleteFunc(lanes, func(i int) bool { return entities[i].End == to })
		for _, i := range lanes {
			fmt.Fprintf(b, "<span class=\"sb-part %s\">", m.class(i))
			closers += "</span>"
		}
		var last []int
		for len(ends) > 0 && ends[0].end == to {
			last = append(last, heap.Pop(&ends).(crosser).index)
			m.open(b, last[len(last)-1], true)
		}
		htmlEscaper.WriteString(b, text[from:to])
		for _, i := range slices.Backward(last) {
			m.close(b, i)
		}
		b.WriteString(closers)
	}
	for _, i := range slices.Backward(open) {
		m.close(b, i)
	}
}

// A crosser is an entity that crosses an earlier one.
type crosser struct{ end, index int }

// crossers is a heap of them, by end.
type crossers []crosser

func (h crossers) Len() int { return len(h) }
func (h crossers) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(h[i].end, h[j].end), cmp.Compare(h[i].index, h[j].index)) < 0
}
func (h crossers) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *crossers) Push(x any)   { *h = append(*h, x.(crosser)) }
func (h *crossers) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}
