package viz

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// writeBrackets writes the text of d, a line of its own, with entities in brackets.
func writeBrackets(b *bytes.Buffer, d *annot.Document) {
	entities := slices.Clone(d.Entities)
	sortEntities(entities)
	var open, crossing []annot.Entity
	at := 0
	advance := func(to int) {
		for len(open) > 0 && open[len(open)-1].End <= to {
			e := open[len(open)-1]
			open = open[:len(open)-1]
			writePlain(b, d.Text[at:e.End])
			fmt.Fprintf(b, "|%s]", oneLine(e.Type))
			at = e.End
		}
		writePlain(b, d.Text[at:to])
		at = to
	}
	for _, e := range entities {
		advance(e.Start)
		if len(open) > 0 && e.End > open[len(open)-1].End {
			crossing = append(crossing, e)
			continue
		}
		b.WriteByte('[')
		open = append(open, e)
	}
	advance(len(d.Text))
	b.WriteByte('\n')
	for _, e := range crossing {
		fmt.Fprintf(b, "  also [%s|%s] at bytes %d to %d\n", oneLine(d.Text[e.Start:e.End]), oneLine(e.Type), e.Start, e.End)
	}
}

// sortEntities sorts by start, the longer one first.
func sortEntities(entities []annot.Entity) {
	slices.SortStableFunc(entities, func(x, y annot.Entity) int {
		return cmp.Or(cmp.Compare(x.Start, y.Start), cmp.Compare(y.End, x.End))
	})
}

// writePlain writes text without the control characters that a terminal obeys.
func writePlain(b *bytes.Buffer, text string) {
	b.WriteString(strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return '\uFFFD'
		}
		return r
	}, text))
}
