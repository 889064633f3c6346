package datasets

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

//go:embed assets/table.css
var tableCSS string

const (
	htmlPage  = 10        // rows of a page
	htmlPages = 20        // pages of a table
	htmlBytes = 256 << 10 // a table begins no page beyond
	cellShort = 20        // characters of a cell that stay on one line
	cellText  = 120       // characters of a cell; what follows unfolds
	cellMost  = 4000      // characters of a cell in all
)

// WriteHTML writes the first rows as a table in pages of ten, a fragment of HTML that may stand in any page and needs nothing else. It
// holds 200 rows at most, and fewer where texts are long: see [Dataset.Slice] and [Dataset.Page] for others. Texts unfold when they are
// clicked. Where style sheets are taken away, as some viewers of notebooks do, all pages show below each other.
func (d *Dataset) WriteHTML(w io.Writer) error {
	h := &htmlTable{title: d.name, about: fmt.Sprintf("%s × %s", counted(d.NumRows(), "row"), counted(len(d.features), "column"))}
	h.column("", "", true)
	for k, f := range d.features {
		h.column(f.Name, f.Feature.String(), isNumeric(d.table.Schema().Field(k).Type) && f.Type != "ClassLabel")
	}
	h.header()
	shown := 0
	for ; shown < d.NumRows() && h.room(shown); shown++ {
		h.row(shown)
		h.cell(0, strconv.Itoa(d.first+shown))
		for k, f := range d.features {
			switch a, i := d.cols[k].at(shown); {
			case isNull(a, i):
				h.null()
			case f.Type == "ClassLabel":
				v, _ := intAt(a, i)
				h.label(labelName(f.Names, v), v)
			default:
				h.cell(k+1, cellAt(a, i, f.Feature))
			}
		}
		h.end()
	}
	if rest := d.NumRows() - shown; rest > 0 {
		h.note = fmt.Sprintf("The first %d rows; Slice and Page show the %s after them.", shown, grouped(rest))
	}
	return h.write(w, "WriteHTML")
}

// WriteHTML writes the description as a table, a fragment of HTML as that of [Dataset.WriteHTML].
func (d *Description) WriteHTML(w io.Writer) error {
	grid := d.grid()
	h := &htmlTable{title: d.Name, about: fmt.Sprintf("%s × %s", counted(d.Rows, "row"), counted(len(d.Columns), "column"))}
	for k, name := range grid[0] {
		h.column(name, "", k > 1 && k < len(grid[0])-1)
	}
	h.header()
	for i, row := range grid[1:] {
		h.row(i)
		for k, text := range row {
			h.cell(k, text)
		}
		h.end()
	}
	return h.write(w, "WriteHTML")
}

// labelName returns what a number of a ClassLabel stands for.
func labelName(names []string, v int64) string {
	if v < 0 || v >= int64(len(names)) {
		return "?"
	}
	return names[v]
}

// cellAt returns a value as text, labels in lists by their names.
func cellAt(a arrow.Array, i int, f Feature) string {
	l, ok := a.(array.ListLike)
	if !ok || f.Elem == nil || f.Elem.Type != "ClassLabel" {
		return shownAt(a, i)
	}
	var names []string
	from, to := l.ValueOffsets(i)
	for j := int(from); j < int(to); j++ {
		if v, ok := intAt(l.ListValues(), j); ok && !isNull(l.ListValues(), j) {
			names = append(names, labelName(f.Elem.Names, v))
		} else {
			names = append(names, "null")
		}
	}
	return strings.Join(names, " ")
}

func isNumeric(t arrow.DataType) bool {
	return arrow.IsInteger(t.ID()) || arrow.IsFloating(t.ID()) || arrow.IsDecimal(t.ID())
}

// A htmlTable is written row by row.
type htmlTable struct {
	title, about, note string
	names, types       []string
	numeric            []bool
	b                  bytes.Buffer
	pages              int
}

func (h *htmlTable) column(name, typ string, numeric bool) {
	h.names, h.types, h.numeric = append(h.names, name), append(h.types, typ), append(h.numeric, numeric)
}

func (h *htmlTable) header() {
	h.b.WriteString("<table>\n<thead><tr>")
	for k, name := range h.names {
		fmt.Fprintf(&h.b, "<th%s>%s", h.class(k), escapeHTML(name))
		if h.types[k] != "" {
			fmt.Fprintf(&h.b, "<br><small>%s</small>", escapeHTML(shorten(h.types[k], 40)))
		}
		h.b.WriteString("</th>")
	}
	h.b.WriteString("</tr></thead>\n")
}

func (h *htmlTable) class(k int) string {
	if h.numeric[k] {
		return ` class="sb-num"`
	}
	return ""
}

// room reports whether row i is to be written.
func (h *htmlTable) room(i int) bool {
	return i%htmlPage > 0 || i == 0 || i < htmlPage*htmlPages && h.b.Len() < htmlBytes
}

// row begins row i.
func (h *htmlTable) row(i int) {
	switch {
	case i == 0:
		fmt.Fprintf(&h.b, "<tbody class=\"sb-p%d\">\n", h.pages)
	case i%htmlPage == 0:
		h.pages++
		fmt.Fprintf(&h.b, "</tbody>\n<tbody class=\"sb-p%d\">\n", h.pages)
	}
	h.b.WriteString("<tr>")
}

func (h *htmlTable) end() { h.b.WriteString("</tr>\n") }

func (h *htmlTable) cell(k int, text string) {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if n := utf8.RuneCountInString(text); n <= cellText {
		class := h.class(k)
		if n <= cellShort && class == "" {
			class = ` class="sb-short"`
		}
		fmt.Fprintf(&h.b, "<td%s>%s</td>", class, escapeHTML(text))
		return
	}
	r := []rune(text[:min(len(text), utf8.UTFMax*cellMost)])
	short := strings.TrimSpace(string(r[:cellText])) + "…"
	if len(r) > cellMost {
		r = append(r[:cellMost], '…')
	}
	fmt.Fprintf(&h.b, "<td><details><summary>%s</summary>%s</details></td>", escapeHTML(short), escapeHTML(strings.ToValidUTF8(string(r), "\uFFFD")))
}

func (h *htmlTable) null() { h.b.WriteString("<td><i>null</i></td>") }

func (h *htmlTable) label(name string, v int64) {
	fmt.Fprintf(&h.b, "<td>%s <i>%d</i></td>", escapeHTML(name), v)
}

// write ends the table. A form keeps the choice of a page apart from that of other tables.
func (h *htmlTable) write(w io.Writer, caller string) error {
	if !bytes.HasSuffix(h.b.Bytes(), []byte("</thead>\n")) {
		h.b.WriteString("</tbody>\n")
	}
	var b bytes.Buffer
	b.WriteString("<style>\n" + tableCSS)
	if h.pages > 0 {
		for p := range h.pages + 1 {
			fmt.Fprintf(&b, ".sb-table:has(.sb-r%d:checked) tbody:not(.sb-p%[1]d){display:none}\n", p)
		}
	}
	fmt.Fprintf(&b, "</style>\n<form class=\"sb-table tex2jax_ignore mathjax_ignore\">\n<p class=\"sb-title\">%s <small>%s</small></p>\n<div class=\"sb-scroll\">", escapeHTML(h.title), escapeHTML(h.about))
	b.Write(h.b.Bytes())
	b.WriteString("</table></div>\n")
	if h.pages > 0 {
		b.WriteString("<div class=\"sb-pages\">")
		for p := range h.pages + 1 {
			checked := ""
			if p == 0 {
				checked = " checked"
			}
			fmt.Fprintf(&b, "<label><input type=\"radio\" name=\"page\" class=\"sb-r%d\"%s><span>%d</span></label>", p, checked, p+1)
		}
		b.WriteString("</div>\n")
	}
	if h.note != "" {
		fmt.Fprintf(&b, "<p class=\"sb-note\">%s</p>\n", escapeHTML(h.note))
	}
	b.WriteString("</form>\n")
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("datasets: %s: %w", caller, err)
	}
	return nil
}

var htmlEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;", "\x00", "\uFFFD")

func escapeHTML(s string) string { return htmlEscaper.Replace(strings.ToValidUTF8(s, "\uFFFD")) }

// counted writes "1 row" or "12,345 rows".
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return grouped(n) + " " + noun + "s"
}

// grouped writes n with a comma between thousands.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
