package viz

import (
	"bytes"
	"fmt"
	"text/tabwriter"
)

// writeTable writes a table of figures behind a line that opens it. A row may have a name, by which the script finds
// what to show under the pointer; else it is its number.
func writeTable(b *bytes.Buffer, summary string, heads []figureHead, rows [][]string, names []string) {
	fmt.Fprintf(b, "<details><summary>%s</summary>\n<div class=\"sb-scroll\"><table>\n<thead><tr>", esc(summary))
	for _, h := range heads {
		fmt.Fprintf(b, "<th scope=\"col\"%s>%s</th>", h.class(), esc(h.name))
	}
	b.WriteString("</tr></thead>\n<tbody>\n")
	for i, r := range rows {
		name := fmt.Sprint(i)
		if names != nil {
			name = names[i]
		}
		fmt.Fprintf(b, "<tr data-row=\"%s\">", esc(name))
		for j, s := range r {
			fmt.Fprintf(b, "<td%s data-tip=\"%s\">%s</td>", heads[j].class(), esc(heads[j].name), esc(s))
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
