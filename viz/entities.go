package viz

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// An EntityView shows documents with the entities in them highlighted.
type EntityView struct {
	docs []annot.Document
	config
	err error
}

// Entities shows documents with their entities highlighted.
//
// Each entity is one element
//
//	<mark data-type="protein" data-start="12" data-end="17" data-score="0.98" title="…">
//
// with offsets in bytes of the document's text; data-score is left out where the
// score is 0. The type is written behind the mention by the style sheet, so copied
// text is the text of the document. Nested entities are nested marks. Of two that
// cross, the later one is underlined, and its mark holds the last piece of it.
//
// The pointer on a mention, or the keyboard's or a finger's focus, shows its type, score and place. More than ten documents come in
// pages, which no script turns; on paper, and where styles are stripped, all are there.
//
// The documents need no model: literals do, and [ReadDisplaCy] reads displaCy's.
//
// A text that is not UTF-8, or an entity that does not fit its text, is an error of
// the methods, not of Entities. The options are WithTitle, WithLimit, WithColors, WithTypes, WithConfidence, WithModel,
// WithTemplate and WithPageSize.
func Entities(docs []annot.Document, options ...Option) *EntityView {
	v := &EntityView{docs: docs}
	v.config, v.err = newConfig("Entities", len(docs), options)
	return v
}

// Render writes the view as a fragment of HTML.
func (v *EntityView) Render(w io.Writer) error { return render(w, v) }

// WritePage writes the view as a complete page.
func (v *EntityView) WritePage(w io.Writer) error { return writePage(w, v) }

// Show displays the view in a notebook, or as plain text where there is none.
func (v *EntityView) Show() error { return show(v) }

// shown returns the documents to show, with the entities that are wanted, and their legend.
func (v *EntityView) shown() ([]annot.Document, []legendEntry, error) {
	if v.err != nil {
		return nil, nil, v.err
	}
	docs := slices.Clone(v.docs[:min(v.limit, len(v.docs))])
	counts := make(map[string]int)
	for i := range docs {
		if err := checkDocument(i, &docs[i]); err != nil {
			return nil, nil, err
		}
		docs[i].Entities = v.wanted(docs[i].Entities)
		for _, e := range docs[i].Entities {
			counts[e.Type]++
		}
	}
	return docs, newLegend(counts, v.colors), nil
}

// wanted returns the entities of the types that are wanted.
func (c *config) wanted(entities []annot.Entity) []annot.Entity {
	if c.types == nil {
		return entities
	}
	var out []annot.Entity
	for _, e := range entities {
		if c.keeps(e.Type) {
			out = append(out, e)
		}
	}
	return out
}

func checkDocument(n int, d *annot.Document) error {
	name := fmt.Sprintf("document %d", n)
	if d.ID != "" {
		name = fmt.Sprintf("document %q", d.ID)
	}
	if !utf8.ValidString(d.Text) {
		return fmt.Errorf("viz: %s is not valid UTF-8 (convert it, for example with strings.ToValidUTF8)", name)
	}
	for i, e := range d.Entities {
		switch {
		case e.Start < 0 || e.End > len(d.Text) || e.Start >= e.End:
			return fmt.Errorf("viz: %s: entity %d has bytes %d to %d of a text of %d", name, i, e.Start, e.End, len(d.Text))
		case !runeStart(d.Text, e.Start) || !runeStart(d.Text, e.End):
			return fmt.Errorf("viz: %s: entity %d, bytes %d to %d, cuts a character in two (are the offsets in characters?)", name, i, e.Start, e.End)
		case e.Text != "" && e.Text != d.Text[e.Start:e.End]:
			return fmt.Errorf("viz: %s: entity %d is %q, but bytes %d to %d are %q (are the offsets in characters?)", name, i, e.Text, e.Start, e.End, shorten(d.Text[e.Start:e.End], 60))
		}
	}
	return nil
}

// runeStart reports whether a character of s begins at i, or s ends there.
func runeStart(s string, i int) bool { return i == len(s) || utf8.RuneStart(s[i]) }

func (v *EntityView) fragment() (*fragment, error) {
	docs, legend, err := v.shown()
	if err != nil {
		return nil, err
	}
	f := &fragment{title: v.title, filters: len(legend), text: true}
	if f.title == "" {
		f.title = "Entities"
	}
	entry := make(map[string]int, len(legend))
	for i, l := range legend {
		entry[l.label] = i
		f.swatches = append(f.swatches, l.swatch)
	}
	m := &entityMarks{entry: entry, legend: legend, model: v.model, template: v.template}
	if v.confidence {
		m.levels, m.level = confidenceLegend(docs)
		f.filters += len(m.levels)
		f.levels = true
		if len(m.levels) > 0 {
			f.swatches = append(f.swatches, m.levels[0].swatch)
		}
	}
	f.pages = v.pages(len(docs))
	var b bytes.Buffer
	openView(&b, "entities", v.title)
	writeLegend(&b, legend)
	writeConfidenceLegend(&b, m)
	writePages(&b, &v.config, len(docs), "document", func(i int) {
		d := &docs[i]
		m.entities = d.Entities
		fmt.Fprintf(&b, "<div class=\"sb-doc\" data-doc=\"%d\">\n", i)
		writeHead(&b, d, "")
		b.WriteString("<div class=\"sb-text\" dir=\"auto\">")
		writeMarks(&b, d.Text, d.Entities, m)
		b.WriteString("</div>\n</div>\n")
		writeBare(&b, d)
	})
	if note := v.note(len(docs), len(legend)); note != "" {
		fmt.Fprintf(&b, "<p class=\"sb-note\">%s</p>\n", note)
	}
	b.WriteString("</div>\n")
	f.body = b.Bytes()
	return f, nil
}

// writeHead writes the title and the name of a document, and a remark, as far as there are any.
func writeHead(b *bytes.Buffer, d *annot.Document, remark string) {
	if d.Title == "" && d.ID == "" && remark == "" {
		return
	}
	b.WriteString("<p class=\"sb-head\">")
	if d.Title != "" {
		fmt.Fprintf(b, "<span class=\"sb-doctitle\">%s</span> ", esc(d.Title))
	}
	if d.ID != "" {
		writeID(b, d.ID)
	}
	if remark != "" {
		fmt.Fprintf(b, "<span class=\"sb-remark\">%s</span>", esc(remark))
	}
	b.WriteString("</p>\n")
}

func writeID(b *bytes.Buffer, id string) {
	fmt.Fprintf(b, "<span class=\"sb-id%s\">%s</span>", longClass(id), esc(id))
}

// longClass names, after a space, the class of what is too long for one line.
func longClass(s string) string {
	if len(s) > 60 {
		return " sb-long"
	}
	return ""
}

// writeBare lists the names of each type for readers whose page has lost its styles, and so the types behind the
// mentions: the style sheet hides it.
func writeBare(b *bytes.Buffer, d *annot.Document) {
	var types []string
	names := make(map[string][]string)
	seen := make(map[[2]string]bool)
	for _, e := range d.Entities {
		if names[e.Type] == nil {
			types = append(types, e.Type)
		}
		name := oneLine(d.Text[e.Start:e.End])
		if k := [2]string{e.Type, name}; !seen[k] {
			seen[k] = true
			names[e.Type] = append(names[e.Type], name)
		}
	}
	if len(types) == 0 {
		return
	}
	b.WriteString("<p class=\"sb-bare\">")
	for i, t := range types {
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(b, "%s: %s", esc(t), esc(strings.Join(names[t], ", ")))
	}
	b.WriteString("</p>\n")
}

// note says what is not there to see.
func (v *EntityView) note(docs, types int) string {
	switch {
	case len(v.docs) == 0:
		return "No documents."
	case docs < len(v.docs):
		return fmt.Sprintf("%s of %s; %s more not shown.", group(docs), count(len(v.docs), "document"), group(len(v.docs)-docs))
	case types == 0:
		if there := typesIn(v.docs); v.types != nil && len(there) > 0 {
			return fmt.Sprintf("No entities of the types asked for; there are %s.", listed(there))
		}
		return "No entities were found."
	}
	return ""
}

// WriteText writes the documents with each entity in brackets, followed by its type:
// "[NF-κB|protein] binds". Of two entities that cross, the later one is left out of
// the text and listed below it.
func (v *EntityView) WriteText(w io.Writer) error {
	docs, legend, err := v.shown()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if v.title != "" {
		fmt.Fprintf(&b, "%s\n\n", oneLine(v.title))
	}
	for i := range docs {
		d := &docs[i]
		if d.Title != "" || d.ID != "" {
			fmt.Fprintf(&b, "%s\n", oneLine(d.Title+" "+d.ID))
		}
		writeBrackets(&b, d)
		b.WriteString("\n")
	}
	if len(legend) > 0 {
		fmt.Fprintf(&b, "%s\n", legendText(legend))
	}
	if note := v.note(len(docs), len(legend)); note != "" {
		fmt.Fprintf(&b, "%s\n", note)
	}
	_, err = w.Write(b.Bytes())
	return err
}

// typesIn returns the types of the entities in docs, sorted.
func typesIn(docs []annot.Document) []string {
	there := make(map[string]bool)
	for _, d := range docs {
		for _, e := range d.Entities {
			there[oneLine(e.Type)] = true
		}
	}
	return slices.Sorted(maps.Keys(there))
}

// listed writes the first few of names with commas between them.
func listed(names []string) string {
	if more := len(names) - 10; more > 1 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:10], ", "), more)
	}
	return strings.Join(names, ", ")
}
