package viz

import (
	"bytes"
	"fmt"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

const (
	maxQuotes = 5   // sentences written for each edge
	maxRows   = 300 // edges with sentences in one page, which must stay small
)

// writeEdgeTable writes the edges that come first, with the sentences behind them. It is what scripts show parts of, and what is
// read where there are none.
func writeEdgeTable(b *bytes.Buffer, d *drawnGraph) {
	if len(d.Edges) == 0 {
		return
	}
	columns := "<th>Names</th>"
	if d.kinds != nil {
		columns += "<th>Relation</th><th class=\"sb-num\">Score</th>"
	}
	which := count(len(d.Edges), "link")
	if n := len(d.Edges); n > maxRows {
		which = fmt.Sprintf("the %s most frequent of %s", group(maxRows), count(n, "link"))
	}
	fmt.Fprintf(b, "<details><summary>The sentences behind %s</summary>\n<div class=\"sb-scroll\"><table>\n<thead><tr>%s<th class=\"sb-num\">Sentences</th><th>Evidence</th></tr></thead>\n<tbody>\n", which, columns)
	for i, e := range d.Edges[:min(len(d.Edges), maxRows)] {
		s, t := d.Nodes[e.Source], d.Nodes[e.Target]
		ns, nt := d.entry[s.Type], d.entry[t.Type]
		classes, title := fmt.Sprintf("sb-l%d sb-l%d", ns, nt), s.Name+linkSign(e)+t.Name
		if d.kinds != nil {
			classes += fmt.Sprintf(" sb-l%d", len(d.legend)+d.kind[i])
			title += ", " + linkLabel(e.Type, e.Meaning)
		}
		title += ", " + count(e.Count, "sentence")
		fmt.Fprintf(b, "<tr class=\"sb-row %s\" data-row=\"%d\" data-title=\"%s\"><td>", classes, i, esc(title))
		for k, n := range []annot.Node{s, t} {
			if k == 1 {
				b.WriteString("<br>")
			}
			fmt.Fprintf(b, "<span class=\"sb-dot %s\"></span>%s", d.legend[d.entry[n.Type]].class(), esc(n.Name))
		}
		b.WriteString("</td>")
		if d.kinds != nil {
			writeLinkCells(b, d.Graph, e, d.kinds)
		}
		fmt.Fprintf(b, "<td class=\"sb-num\">%s</td><td>", group(e.Count))
		writeQuotes(b, e, d.legend[ns].class(), d.legend[nt].class())
		b.WriteString("</td></tr>\n")
	}
	b.WriteString("</tbody></table></div></details>\n")
}

// writeQuotes writes the sentences behind an edge, the first of which is shown under the pointer.
func writeQuotes(b *bytes.Buffer, e annot.Edge, source, target string) {
	for j, q := range e.Evidence[:min(len(e.Evidence), maxQuotes)] {
		tip := ""
		if j == 0 {
			tip = " data-tip"
		}
		fmt.Fprintf(b, "<span class=\"sb-quote\"%s>", tip)
		writeQuote(b, q, source, target)
		if q.DocID != "" {
			b.WriteByte(' ')
			writeID(b, q.DocID)
		}
		b.WriteString("</span>")
	}
	switch left := e.Count - min(len(e.Evidence), maxQuotes); {
	case len(e.Evidence) == 0:
		b.WriteString("<span class=\"sb-quote sb-dim\" data-tip>The graph was made without sentences.</span>")
	case left > 0:
		fmt.Fprintf(b, "<span class=\"sb-quote sb-dim\">and %s more</span>", group(left))
	}
}

// writeQuote writes a sentence with its two mentions highlighted.
func writeQuote(b *bytes.Buffer, q annot.Evidence, source, target string) {
	first, second := q.Source, q.Target
	if second.Start < first.Start {
		first, second, source, target = second, first, target, source
	}
	text := func(from, to int) string { return esc(q.Sentence[from:to]) }
	fmt.Fprintf(b, "%s<b class=\"sb-hit %s\">%s</b>%s<b class=\"sb-hit %s\">%s</b>%s",
		text(0, first.Start), source, text(first.Start, first.End), text(first.End, second.Start),
		target, text(second.Start, second.End), text(second.End, len(q.Sentence)))
}
