package viz

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// difference says in one line what is not correct.
func (v *CompareView) difference(c *comparedText, m annot.Match) string {
	mention := func(d *annot.Document, i int) string {
		e := d.Entities[i]
		return fmt.Sprintf("%s %q at bytes %d to %d", oneLine(e.Type), shorten(oneLine(d.Text[e.Start:e.End]), 60), e.Start, e.End)
	}
	var sides []string
	if m.Gold >= 0 {
		sides = append(sides, mention(&c.gold, m.Gold))
	}
	if m.Predicted >= 0 {
		sides = append(sides, mention(&c.predicted, m.Predicted))
	}
	return fmt.Sprintf("%s %s: %s", outcomeSigns[m.Outcome], v.outcomeName(m.Outcome), strings.Join(sides, "; "+v.names()[1]+" "))
}

// writeBareDifferences lists the differences for readers whose page has lost its styles.
func (v *CompareView) writeBareDifferences(b *bytes.Buffer, c *comparedText) {
	for _, m := range c.matches {
		if m.Outcome != annot.Correct {
			fmt.Fprintf(b, "<p class=\"sb-bare\">%s</p>\n", esc(v.difference(c, m)))
		}
	}
}

// WriteText writes the scores, a table of the types, and the differences of each text that has any.
func (v *CompareView) WriteText(w io.Writer) error {
	all, err := v.compared()
	if err != nil {
		return err
	}
	total, types := scoreTypes(all)
	var b bytes.Buffer
	if v.title != "" {
		fmt.Fprintf(&b, "%s\n\n", oneLine(v.title))
	}
	names, scores := v.tiles(total)
	names[0] = capital(names[0])
	for i, name := range names {
		fmt.Fprintf(&b, "%s %.1f %%, ", name, 100*scores[i])
	}
	b.Truncate(b.Len() - 2)
	fmt.Fprintf(&b, ". %s\n\n", v.explanation(total))
	if len(types) > 0 {
		t := figureTable{heads: v.typeHeads(), rows: v.typeRows(types, total)}
		t.writeText(&b, len(t.rows))
	}
	shown := all[:min(v.limit, len(all))]
	for i := range shown {
		c := &shown[i]
		if c.counts.differences() == 0 {
			continue
		}
		name := oneLine(c.gold.Title + " " + c.gold.ID)
		if name == "" {
			name = fmt.Sprintf("document %d", i)
		}
		fmt.Fprintf(&b, "\n%s\n", name)
		for _, m := range c.matches {
			if m.Outcome != annot.Correct {
				fmt.Fprintf(&b, "  %s\n", v.difference(c, m))
			}
		}
	}
	if note := v.note(len(shown), total); note != "" {
		fmt.Fprintf(&b, "\n%s\n", note)
	}
	_, err = w.Write(b.Bytes())
	return err
}
