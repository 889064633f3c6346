package viz

import (
	"bytes"
	"fmt"
	"slices"
	"text/tabwriter"
)

// writeTable writes a table of figures behind a line that opens it. Rows have their number as name, by which a script finds
// what to show under the pointer, and a title if there are any: what to call the mark that stands for the row. Columns of
// numbers come last.
func writeTable(b *bytes.Buffer, summary string, heads []figureHead, rows [][]string, titles []string) {
	first := 1 + slices.IndexFunc(heads, func(h figureHead) bool { return h.number })
	fmt.Fprintf(b, "<details><summary>%s</summary>\n<div class=\"sb-scroll\"><table class=\"sb-figures sb-from%d\">\n<thead><tr>", esc(summary), first)
	for _, h := range heads {
		fmt.Fprintf(b, "<th scope=\"col\"%s>%s</th>", h.class(), esc(h.name))
	}
	b.WriteString("</tr></thead>\n<tbody>\n")
	for i, r := range rows {
		fmt.Fprintf(b, "<tr data-row=\"%d\"", i)
		if titles != nil {
			fmt.Fprintf(b, " data-title=\"%s\"", esc(titles[i]))
		}
		b.WriteByte('>')
		for _, s := range r {
			fmt.Fprintf(b, "<td>%s</td>", esc(s))
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody></table></div></details>\n")
}

// writeTextTable writes the same as plain text, the figures flush right.
func writeTextTable(b *bytes.Buffer, heads []figureHead, rows [][]string) {
	wide := make([]int, len(heads))
	for j, h := range heads {
		wide[j] = len([]rune(oneLine(h.name)))
		for _, r := range rows {
			wide[j] = max(wide[j], len([]rune(oneLine(r[j]))))
		}
	}
	tw := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	line := func(cells func(j int) string) {
		for j, h := range heads {
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
	line(func(j int) string { return heads[j].name })
	for _, r := range rows {
		line(func(j int) string { return r[j] })
	}
	tw.Flush() // a bytes.Buffer does not fail
}
