package viz

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// A View can be shown in a notebook and written as HTML or plain text. The views of
// this package are the only ones.
type View interface {
	// Render writes the view as a fragment of HTML that may stand in any page. A
	// chart comes alive in a page that holds the script ([Init]).
	// On an error nothing has been written, unless w failed.
	Render(w io.Writer) error
	// WritePage writes the view as a complete page that needs nothing else.
	WritePage(w io.Writer) error
	// WriteText writes the view as plain text.
	WriteText(w io.Writer) error
	// Show displays the view in a GoNB notebook, and waits until the notebook has it.
	// Outside a notebook it writes plain text to standard output.
	Show() error

	fragment() (*fragment, error)
}

// A fragment is a view as HTML, apart from the styles, which a page needs once.
type fragment struct {
	body     []byte
	title    string
	swatches []swatch // the colours in use
	filters  int      // how many types the legend can hide
	pages    int      // of documents
	levels   bool     // colours say how sure the model is
	chart    bool     // the script is needed
	links    bool     // it is a figure of names and links
	text     bool     // it has documents
	compare  bool     // on two sides
	speed    bool     // it is of measurements
	corpus   bool     // it counts what is in texts
	heat     bool     // it is a heat map
	figure   bool     // its picture becomes a part of the page
}

//go:embed assets/style.css
var styleCSS string

//go:embed assets/links.css
var linksCSS string

//go:embed assets/text.css
var textCSS string

//go:embed assets/compare.css
var compareCSS string

//go:embed assets/corpus.css
var corpusCSS string

// styles returns the style sheet for fragments.
func styles(fs ...*fragment) string {
	var b strings.Builder
	b.WriteString(styleCSS)
	if slices.ContainsFunc(fs, func(f *fragment) bool { return f.links }) {
		b.WriteString(linksCSS)
	}
	if slices.ContainsFunc(fs, func(f *fragment) bool { return f.links || f.figure }) {
		b.WriteString(figureCSS)
	}
	if slices.ContainsFunc(fs, func(f *fragment) bool { return f.text }) {
		b.WriteString(textCSS)
	}
	if slices.ContainsFunc(fs, func(f *fragment) bool { return f.compare }) {
		b.WriteString(compareCSS)
	}
	if slices.ContainsFunc(fs, func(f *fragment) bool { return f.speed }) {
		b.WriteString(speedCSS)
	}
	if slices.ContainsFunc(fs, func(f *fragment) bool { return f.corpus }) {
		b.WriteString(corpusCSS)
	}
	if slices.ContainsFunc(fs, func(f *fragment) bool { return f.heat }) {
		b.WriteString(heatCSS())
	}
	seen := make(map[string]bool)
	filters, pages := 0, 0
	for _, f := range fs {
		filters, pages = max(filters, f.filters), max(pages, f.pages)
		for _, s := range f.swatches {
			if !seen[s.class()] {
				seen[s.class()] = true
				b.WriteString(s.css())
			}
			if f.levels && !seen[s.class()+" levels"] {
				seen[s.class()+" levels"] = true
				b.WriteString(s.confidenceCSS())
			}
		}
	}
	if pages > 1 {
		b.WriteString(pagesCSS(pages))
	}
	for i := range filters {
		off := fmt.Sprintf(".sb-view:has(.sb-f%d:not(:checked)) .sb-l%d", i, i)
		fmt.Fprintf(&b, "%[1]s{background:none;border-color:transparent;box-shadow:none;outline:0;padding:0;margin:0}%[1]s::after{content:none}%[1]s.sb-row{display:none}\n", off)
	}
	return b.String()
}

// html is the fragment with its styles.
func (f *fragment) html() []byte {
	return slices.Concat([]byte("<style>\n"+styles(f)+"</style>\n"), f.body)
}

func render(w io.Writer, v View) error {
	f, err := v.fragment()
	if err != nil {
		return err
	}
	_, err = w.Write(f.html())
	return err
}

// Page writes a complete page with views below each other. Nothing in it is loaded
// from elsewhere. On an error nothing has been written, unless w failed.
func Page(w io.Writer, title string, views ...View) error {
	var fs []*fragment
	var errs []error
	chart := false
	for _, v := range views {
		f, err := v.fragment()
		if err != nil {
			errs = append(errs, err)
			continue
		}
		fs = append(fs, f)
		chart = chart || f.chart
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>%s</title>\n<style>\n%s%s</style>\n", esc(title), pageCSS, styles(fs...))
	if chart {
		b.WriteString(libraryScript())
	}
	b.WriteString("</head>\n<body>\n")
	for _, f := range fs {
		b.Write(f.body)
	}
	b.WriteString("</body>\n</html>\n")
	_, err := w.Write(b.Bytes())
	return err
}

const pageCSS = `body{margin:0;padding:2rem 1rem;background:#f3f5f7}
body>.sb-view{margin:0 auto 1.5rem}
@media (prefers-color-scheme:dark){body{background:#0c0f12}}
@media print{body{padding:0;background:none}}
`

func writePage(w io.Writer, v View) error {
	f, err := v.fragment()
	if err != nil {
		return err
	}
	return Page(w, f.title, v)
}

// openView begins a view. The classes keep MathJax, versions 2 and 3, away from the
// dollar signs of abstracts.
func openView(b *bytes.Buffer, kind, title string) {
	fmt.Fprintf(b, "<div class=\"sb-view sb-%s tex2jax_ignore mathjax_ignore\">\n", kind)
	if title != "" {
		fmt.Fprintf(b, "<p class=\"sb-title\">%s</p>\n", esc(title))
	}
}

// A legendEntry is an entity type with its number of mentions or nodes.
type legendEntry struct {
	label string
	count int
	swatch
}

// writeLegend lists the types, each with a box that hides it. The boxes work by
// style sheet: entry i governs what has the class sb-l<i>.
func writeLegend(b *bytes.Buffer, legend []legendEntry) {
	if len(legend) == 0 {
		return
	}
	b.WriteString("<div class=\"sb-legend\">")
	for i, l := range legend {
		writeBox(b, l, l.class(), i)
	}
	b.WriteString("</div>\n")
}

// writeBox writes box i of a legend.
func writeBox(b *bytes.Buffer, l legendEntry, class string, i int) {
	fmt.Fprintf(b, "<label class=\"%s\"><input type=\"checkbox\" class=\"sb-f%d\" checked>%s <b>%s</b></label>", class, i, esc(l.label), group(l.count))
}

// newLegend sorts the types by descending count, then by name.
func newLegend(counts map[string]int, colors map[string]color) []legendEntry {
	legend := make([]legendEntry, 0, len(counts))
	bases := baseColors(slices.Collect(maps.Keys(counts)), colors)
	for label, n := range counts {
		legend = append(legend, legendEntry{label, n, newSwatch(bases[label])})
	}
	slices.SortFunc(legend, func(a, b legendEntry) int {
		if a.count != b.count {
			return b.count - a.count
		}
		return strings.Compare(a.label, b.label)
	})
	return legend
}

// legendText is the legend as plain text.
func legendText(legend []legendEntry) string {
	parts := make([]string, len(legend))
	for i, l := range legend {
		parts[i] = fmt.Sprintf("%s %s", oneLine(l.label), group(l.count))
	}
	return strings.Join(parts, ", ")
}
