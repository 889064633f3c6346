package viz

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"text/tabwriter"
	"unicode/utf8"
)

// A figureTable holds the figures behind a chart, which names rows by their number.
type figureTable struct {
	summary string // of the line that opens it; "The figures" if empty
	heads   []figureHead
	rows    [][]string
	titles  []string // of rows: what to call the mark that stands for each; nil if nothing does
}

// A figureHead is a column of the table of figures.
type figureHead struct {
	name   string
	number bool
}

func (h figureHead) class() string {
	if h.number {
		return ` class="sb-num"`
	}
	return ""
}

// writeHTML writes the table behind a line that opens it. Its script shows a row under the pointer.
func (t figureTable) writeHTML(b *bytes.Buffer) {
	class := "sb-figures"
	first := 1 + slices.IndexFunc(t.heads, func(h figureHead) bool { return h.number })
	last := 1 + slices.IndexFunc(t.heads[max(first, 1)-1:], func(h figureHead) bool { return !h.number })
	short := first >= 2 && first <= 4 && last == 0 // the style sheet knows where columns of numbers begin
	if short {
		class += fmt.Sprintf(" sb-from%d", first)
	}
	fmt.Fprintf(b, "<details><summary>%s</summary>\n<div class=\"sb-scroll\"><table class=\"%s\">\n<thead><tr>", esc(cmp.Or(t.summary, "The figures")), class)
	for _, h := range t.heads {
		fmt.Fprintf(b, "<th scope=\"col\"%s>%s</th>", h.class(), esc(h.name))
	}
	b.WriteString("</tr></thead>\n<tbody>\n")
	for i, r := range t.rows {
		fmt.Fprintf(b, "<tr data-row=\"%d\"", i)
		if t.titles != nil {
			fmt.Fprintf(b, " data-title=\"%s\"", esc(t.titles[i]))
		}
		b.WriteByte('>')
		for j, s := range r {
			class := ""
			if !short {
				class = t.heads[j].class()
			}
			fmt.Fprintf(b, "<td%s>%s</td>", class, esc(s))
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody></table></div></details>\n")
}

// writeText writes the first rows as plain text, the figures flush right, and says how many more there are.
func (t figureTable) writeText(b *bytes.Buffer, rows int) {
	some := t.rows[:min(len(t.rows), rows)]
	wide := make([]int, len(t.heads))
	for j, h := range t.heads {
		wide[j] = utf8.RuneCountInString(oneLine(h.name))
		for _, r := range some {
			wide[j] = max(wide[j], utf8.RuneCountInString(oneLine(r[j])))
		}
	}
	tw := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	line := func(cells func(j int) string) {
		for j, h := range t.heads {
			if j > 0 {
				fmt.Fprint(tw, "\t")
			}
			s := oneLine(cells(j))
			if h.number {
				s = fmt.Sprintf("%*s", wide[j], s)
			}
			fmt.Fprint(tw, s)
		}
		fmt.Fprintln(tw)
	}
	line(func(j int) string { return t.heads[j].name })
	for _, r := range some {
		line(func(j int) string { return r[j] })
	}
	tw.Flush() // a bytes.Buffer does not fail
	if more := len(t.rows) - len(some); more > 0 {
		fmt.Fprintf(b, "… and %s\n", count(more, "row"))
	}
}
