package viz

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

const defaultSentences = 10 // drawn as arcs

// An ArcView shows what the sentences of a document say of their entities.
type ArcView struct {
	doc annot.Document
	config
	err error
}

// Arcs draws the relations and events of a document over its sentences, as brat does: each entity has its type above it,
// a relation is an arc between two of them, with an arrow where it is directed, and an event has arcs from the word that tells of it to what
// it happens to (Theme) and what brings it about (Cause). Arcs that meet are stacked, the wider above; a long sentence has several lines, and an
// arc that leaves one goes on in the next. An event that the sentence denies is marked "not". The table below lists everything with its score.
//
// Only sentences with a relation or an event are drawn, the first ten unless WithLimit says otherwise; WithSentence picks one,
// whatever it holds. Sentences are those of [annot.Document.Sentences], joined where a relation or an event reaches over a border.
// Offsets that do not fit the text are an error of the methods. The options are WithTitle, WithLimit, WithSentence,
// WithColors (of entities, relations and roles) and WithSize, whose height is not used.
func Arcs(doc annot.Document, options ...Option) *ArcView {
	v := &ArcView{doc: doc}
	v.config, v.err = newConfig("Arcs", defaultSentences, options)
	return v
}

// Render writes the view as a fragment of HTML.
func (v *ArcView) Render(w io.Writer) error { return render(w, v) }

// WritePage writes the view as a complete page.
func (v *ArcView) WritePage(w io.Writer) error { return writePage(w, v) }

// Show displays the view in a notebook, or as plain text where there is none.
func (v *ArcView) Show() error { return show(v) }

// An arcDrawing is what of a document is drawn.
type arcDrawing struct {
	sentences []arcSentence
	more      int // sentences with arcs that are not drawn
	legend    []legendEntry
	entry     map[string]int
	kinds     []linkKind // of relations and roles
}

func (v *ArcView) drawing() (*arcDrawing, error) {
	if v.err != nil {
		return nil, v.err
	}
	all, err := arcSentences(v.doc)
	if err != nil {
		return nil, err
	}
	d := &arcDrawing{entry: make(map[string]int)}
	if v.sentence != nil {
		for _, s := range all {
			if s.first <= *v.sentence && *v.sentence <= s.last {
				d.sentences = []arcSentence{s}
			}
		}
		if d.sentences == nil {
			return nil, fmt.Errorf("viz: WithSentence(%d) of a document of %s (they count from 0)", *v.sentence, count(len(v.doc.Sentences()), "sentence"))
		}
	} else {
		for _, s := range all {
			switch {
			case len(s.arcs) == 0 && len(s.events) == 0:
			case len(d.sentences) < v.limit:
				d.sentences = append(d.sentences, s)
			default:
				d.more++
			}
		}
	}
	counts := make(map[string]int)
	var links []annot.Edge
	for _, s := range d.sentences {
		for _, m := range s.marks {
			if !m.trigger {
				counts[m.typ]++
			}
		}
		for _, a := range s.arcs {
			links = append(links, annot.Edge{Type: a.typ, Meaning: a.meaning, Directed: a.directed})
		}
	}
	d.legend = newLegend(counts, v.colors)
	for i, l := range d.legend {
		d.entry[l.label] = i
	}
	d.kinds = newLinkKinds(links, v.colors)
	if d.kinds == nil && len(links) > 0 {
		d.kinds = []linkKind{{count: len(links), directed: links[0].Directed, color: plainLine}}
	}
	return d, nil
}

func (v *ArcView) fragment() (*fragment, error) {
	d, err := v.drawing()
	if err != nil {
		return nil, err
	}
	f := &fragment{title: cmp.Or(v.title, "Relations of a document"), filters: len(d.legend) + len(d.kinds), links: true}
	for _, l := range d.legend {
		f.swatches = append(f.swatches, l.swatch)
	}
	var b bytes.Buffer
	openView(&b, "arcs", v.title)
	writeHead(&b, &v.doc, "")
	writeLegend(&b, d.legend)
	writeLinkLegend(&b, d.kinds, len(d.legend))
	if len(d.sentences) == 0 {
		fmt.Fprintf(&b, "<p class=\"sb-note\">%s</p>\n</div>\n", d.note())
		f.body = b.Bytes()
		return f, nil
	}
	d.picture(v.doc, v.width).writeTo(&b)
	if d.more > 0 {
		b.WriteString("<p class=\"sb-caption\">" + d.note() + "</p>\n")
	}
	d.writeTable(&b, v.doc)
	b.WriteString("</div>\n")
	if err := writeFigureScript(&b, "", nil); err != nil {
		return nil, err
	}
	f.body = b.Bytes()
	return f, nil
}

func (d *arcDrawing) note() string {
	switch {
	case len(d.sentences) == 0:
		return "No relation and no event was found."
	case d.more > 0:
		return fmt.Sprintf("%s with relations or events %s not drawn.", count(d.more, "more sentence"), isAre(d.more))
	}
	return ""
}

// WriteText writes each sentence with its entities in brackets, and below it a line for each relation and event.
func (v *ArcView) WriteText(w io.Writer) error {
	d, err := v.drawing()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if v.title != "" {
		fmt.Fprintf(&b, "%s\n\n", oneLine(v.title))
	}
	for _, s := range d.sentences {
		part := annot.Document{Text: oneLineKept(v.doc.Text[s.Start:s.End])}
		for _, m := range s.marks {
			if !m.trigger {
				part.Entities = append(part.Entities, annot.Entity{Type: m.typ, Start: m.Start - s.Start, End: m.End - s.Start})
			}
		}
		writeBrackets(&b, &part)
		for _, r := range s.rows() {
			fmt.Fprintf(&b, "  %s: %s%s\n", oneLine(r.label), oneLine(r.from+r.sign+r.to), r.scoreText())
		}
	}
	if note := d.note(); note != "" {
		fmt.Fprintf(&b, "%s\n", note)
	}
	_, err = w.Write(b.Bytes())
	return err
}

// oneLineKept is oneLine for text whose offsets must stay.
func oneLineKept(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == '\t' {
			return ' '
		}
		return r
	}, s)
}
