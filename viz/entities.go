package viz

import (
	"bytes"
	"fmt"
	"io"
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
// A text that is not UTF-8, or an entity that does not fit its text, is an error of
// the methods, not of Entities. The options are WithTitle, WithLimit and WithColors.
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

// shown returns the documents to show and their legend.
func (v *EntityView) shown() ([]annot.Document, []legendEntry, error) {
	if v.err != nil {
		return nil, nil, v.err
	}
	docs := v.docs[:min(v.limit, len(v.docs))]
	counts := make(map[string]int)
	for i := range docs {
		if err := checkDocument(i, &docs[i]); err != nil {
			return nil, nil, err
		}
		for _, e := range docs[i].Entities {
			counts[e.Type]++
		}
	}
	return docs, newLegend(counts, v.colors), nil
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
	f := &fragment{title: v.title, filters: len(legend)}
	if f.title == "" {
		f.title = "Entities"
	}
	entry := make(map[string]int, len(legend))
	for i, l := range legend {
		entry[l.label] = i
		f.swatches = append(f.swatches, l.swatch)
	}
	var b bytes.Buffer
	openView(&b, "entities", v.title)
	writeLegend(&b, legend)
	for i := range docs {
		d := &docs[i]
		fmt.Fprintf(&b, "<div class=\"sb-doc\" data-doc=\"%d\">\n", i)
		if d.Title != "" || d.ID != "" {
			b.WriteString("<p class=\"sb-head\">")
			if d.Title != "" {
				fmt.Fprintf(&b, "<span class=\"sb-doctitle\">%s</span> ", esc(d.Title))
			}
			if d.ID != "" {
				fmt.Fprintf(&b, "<span class=\"sb-id\">%s</span>", esc(d.ID))
			}
			b.WriteString("</p>\n")
		}
		b.WriteString("<div class=\"sb-text\" dir=\"auto\">")
		writeMarks(&b, d, entry, legend)
		b.WriteString("</div>\n</div>\n")
	}
	if note := v.note(len(docs), len(legend)); note != "" {
		fmt.Fprintf(&b, "<p class=\"sb-note\">%s</p>\n", note)
	}
	b.WriteString("</div>\n")
	f.body = b.Bytes()
	return f, nil
}

// note says what is not there to see.
func (v *EntityView) note(docs, types int) string {
	switch {
	case len(v.docs) == 0:
		return "No documents."
	case docs < len(v.docs):
		return fmt.Sprintf("%s of %s; %s more not shown.", group(docs), count(len(v.docs), "document"), group(len(v.docs)-docs))
	case types == 0:
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
