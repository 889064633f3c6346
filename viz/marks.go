package viz

import (
	"bytes"
	"cmp"
	"container/heap"
	"fmt"
	"slices"
	"strconv"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// maxLanes bounds how many crossing entities are underlined at one place. Beyond it
// an entity still has its <mark>, but no line leads up to it; without a bound, n
// spans that all cross would cost n² elements.
const maxLanes = 6

// writeMarks writes the text of doc with one <mark> for each entity.
//
// Elements nest but cannot cross, so entities are first taken in order of start,
// the longer one first. An entity that lies within those around it becomes a <mark>
// around its text, nested if need be. One that crosses an earlier entity is cut
// where any other begins or ends: its last piece is its <mark>, which carries the
// whole entity's offsets, and the pieces before are spans that continue its
// underline. So the text is there once, and every entity has one <mark>.
func writeMarks(b *bytes.Buffer, doc *annot.Document, entry map[string]int, legend []legendEntry) {
	order := make([]int, len(doc.Entities))
	cuts := make([]int, 0, 2*len(doc.Entities)+2)
	for i, e := range doc.Entities {
		order[i] = i
		cuts = append(cuts, e.Start, e.End)
	}
	slices.SortStableFunc(order, func(i, j int) int {
		x, y := doc.Entities[i], doc.Entities[j]
		return cmp.Or(cmp.Compare(x.Start, y.Start), cmp.Compare(y.End, x.End))
	})
	cuts = append(cuts, 0, len(doc.Text))
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)

	var (
		open  []int    // ends of the marks around the current place, outermost first
		ends  crossers // crossing entities that have begun, the nearest end first
		lanes []int    // those of them that are underlined
	)
	for c := 0; c+1 < len(cuts); c++ {
		from, to := cuts[c], cuts[c+1]
		for len(open) > 0 && open[len(open)-1] == from {
			b.WriteString("</mark>")
			open = open[:len(open)-1]
		}
		for len(order) > 0 && doc.Entities[order[0]].Start == from {
			i := order[0]
			order = order[1:]
			e := &doc.Entities[i]
			if len(open) > 0 && e.End > open[len(open)-1] {
				heap.Push(&ends, crosser{e.End, i})
				if len(lanes) < maxLanes {
					lanes = append(lanes, i)
				}
				continue
			}
			openMark(b, e, "", entry, legend)
			open = append(open, e.End)
		}
		closers := ""
		lanes = slices.DeleteFunc(lanes, func(i int) bool { return doc.Entities[i].End == to })
		for _, i := range lanes {
			n := entry[doc.Entities[i].Type]
			fmt.Fprintf(b, "<span class=\"sb-part sb-l%d %s\">", n, legend[n].class())
			closers += "</span>"
		}
		marks := 0
		for len(ends) > 0 && ends[0].end == to {
			openMark(b, &doc.Entities[heap.Pop(&ends).(crosser).index], "sb-cross ", entry, legend)
			marks++
		}
		htmlEscaper.WriteString(b, doc.Text[from:to])
		for range marks {
			b.WriteString("</mark>")
		}
		b.WriteString(closers)
	}
	for range open {
		b.WriteString("</mark>")
	}
}

func openMark(b *bytes.Buffer, e *annot.Entity, class string, entry map[string]int, legend []legendEntry) {
	n := entry[e.Type]
	label := esc(e.Type)
	fmt.Fprintf(b, "<mark data-type=\"%s\" data-start=\"%d\" data-end=\"%d\"", label, e.Start, e.End)
	title := label
	if e.Score != 0 {
		fmt.Fprintf(b, " data-score=\"%s\"", strconv.FormatFloat(e.Score, 'g', 4, 64))
		title += fmt.Sprintf(" · score %.3f", e.Score)
	}
	fmt.Fprintf(b, " title=\"%s · bytes %d–%d\" class=\"%ssb-l%d %s\">", title, e.Start, e.End, class, n, legend[n].class())
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
