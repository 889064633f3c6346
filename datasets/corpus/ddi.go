package corpus

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// A DDIDocument is a document of the DDI corpus (DDIExtraction 2013): sentences with drugs and their
// interactions.
//
// The text is the sentences one after the other, with a blank between two unless the first ends in one. Entities
// of type drug, brand, group and drug_n are as in the sentences; one in several parts reaches from its
// first to its last byte. Relations are the interactions, of type "DDI-advise", "DDI-effect", "DDI-int" and
// "DDI-mechanism", from the drug that comes first to the other; their sentence is the corpus' own. All scores are 1.
type DDIDocument struct {
	annot.Document
	Sentences []DDISentence
}

// A DDISentence is a sentence of a document, as the corpus cuts it.
type DDISentence struct {
	ID       string     // "DDI-DrugBank.d519.s3"
	Span     annot.Span // in the text of the document
	Entities []DDIEntity
	Pairs    []DDIPair
}

// A DDIEntity is a drug. Its parts are spans of the document's text.
type DDIEntity struct {
	ID    string
	Type  string       // "drug", "brand", "group" or "drug_n"
	Text  string       // as the file has it
	Parts []annot.Span // at least one, in order; 38 entities of the train set have several
}

// Span reaches from the first byte of e to the last.
func (e DDIEntity) Span() annot.Span {
	return annot.Span{Start: e.Parts[0].Start, End: e.Parts[len(e.Parts)-1].End}
}

// A DDIPair is two drugs of a sentence and whether they interact.
type DDIPair struct {
	ID     string
	Source int    // in Entities of the sentence
	Target int    // in Entities of the sentence
	Label  string // "DDI-false", "DDI-advise" ...; "DDI-None" for the interaction of the train set that has no type
}

const (
	ddiFalse = "DDI-false"
	ddiNone  = "DDI-None" // as in BLUE's files
)

// maxXML is the longest document that ReadDDI takes, in bytes; the longest of the corpus has 270 KB.
const maxXML = 4 << 20

// ReadDDI reads a document of the DDI corpus from XML. Its offsets count characters of a sentence, the last
// included. Errors are [*ParseError].
func ReadDDI(r io.Reader) (DDIDocument, error) {
	p := ddiParser{limit: &capped{r, maxXML}}
	p.xml = xml.NewDecoder(p.limit)
	if err := p.read(); err != nil {
		line, _ := p.xml.InputPos()
		var syntax *xml.SyntaxError
		switch {
		case p.limit.left <= 0:
			err = fmt.Errorf("more than %d bytes", maxXML)
		case errors.As(err, &syntax):
			line, err = syntax.Line, errors.New(syntax.Msg)
		}
		return DDIDocument{}, &ParseError{Line: line, Err: err}
	}
	return p.document(), nil
}

type ddiParser struct {
	limit    *capped
	xml      *xml.Decoder
	doc      DDIDocument
	text     strings.Builder
	chars    []int          // see charOffsets, of the last sentence
	source   string         // the last sentence
	index    map[string]int // identifier of an entity of the last sentence
	sentence *DDISentence
}

func (p *ddiParser) read() error {
	root := false
	for depth := 0; ; {
		tok, err := p.xml.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		switch t := tok.(type) {
		case xml.StartElement:
			depth++
			if depth == 1 {
				if t.Name.Local != "document" || root {
					return fmt.Errorf("element %s (want one document)", excerpt(t.Name.Local))
				}
				root = true
				p.doc.ID = attribute(t, "id")
				continue
			}
			if err := p.element(t); err != nil {
				return err
			}
		case xml.EndElement:
			depth--
			if t.Name.Local == "sentence" {
				p.sentence = nil
			}
		}
	}
	if !root {
		return fmt.Errorf("%w (want the XML of a document)", ErrEmpty)
	}
	return nil
}

func (p *ddiParser) element(t xml.StartElement) error {
	switch name := t.Name.Local; name {
	case "sentence":
		if p.sentence != nil {
			return errors.New("a sentence within a sentence")
		}
		p.begin(attribute(t, "id"), attribute(t, "text"))
		return nil
	case "entity", "pair":
		if p.sentence == nil {
			return fmt.Errorf("%s %q outside of a sentence", name, attribute(t, "id"))
		}
		if name == "pair" {
			return p.pair(t)
		}
		return p.entity(t)
	}
	return nil // what else there is, such as annotations of negation, is not ours
}

func attribute(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (p *ddiParser) begin(id, text string) {
	if r, _ := utf8.DecodeLastRuneInString(p.text.String()); p.text.Len() > 0 && !unicode.IsSpace(r) {
		p.text.WriteByte(' ')
	}
	start := p.text.Len()
	p.text.WriteString(text)
	p.source, p.chars = text, charOffsets(p.chars[:0], text)
	p.index = map[string]int{}
	p.doc.Sentences = append(p.doc.Sentences, DDISentence{ID: id, Span: annot.Span{Start: start, End: p.text.Len()}})
	p.sentence = &p.doc.Sentences[len(p.doc.Sentences)-1]
}

func (p *ddiParser) entity(t xml.StartElement) error {
	e := DDIEntity{ID: attribute(t, "id"), Type: attribute(t, "type"), Text: attribute(t, "text")}
	fail := func(format string, args ...any) error {
		return fmt.Errorf("entity %q: %w", e.ID, fmt.Errorf(format, args...))
	}
	if _, ok := p.index[e.ID]; ok || e.ID == "" || e.Type == "" {
		return fail("it occurs twice in its sentence, or has no identifier or type")
	}
	offsets := attribute(t, "charOffset")
	for part := range strings.SplitSeq(offsets, ";") {
		a, b, ok := strings.Cut(part, "-")
		first, err1 := strconv.Atoi(a)
		last, err2 := strconv.Atoi(b)
		if !ok || err1 != nil || err2 != nil || last >= len(p.chars) {
			return fail("charOffset %q in a sentence of %d characters (want first-last, or several of these with semicolons)", offsets, len(p.chars)-1)
		}
		span, err := charSpan(p.chars, first, last+1)
		if err != nil {
			return fail("charOffset %q: %w", offsets, err)
		}
		if n := len(e.Parts); n > 0 && p.sentence.Span.Start+span.Start < e.Parts[n-1].End {
			return fail("charOffset %q: the parts are not in order", offsets)
		}
		e.Parts = append(e.Parts, annot.Span{Start: p.sentence.Span.Start + span.Start, End: p.sentence.Span.Start + span.End})
	}
	if s := e.Span(); len(e.Parts) == 1 && p.source[s.Start-p.sentence.Span.Start:s.End-p.sentence.Span.Start] != e.Text {
		return fail("it is %s, but its offsets are those of %s", excerpt(e.Text), excerpt(p.source[s.Start-p.sentence.Span.Start:s.End-p.sentence.Span.Start]))
	}
	p.index[e.ID] = len(p.sentence.Entities)
	p.sentence.Entities = append(p.sentence.Entities, e)
	return nil
}

func (p *ddiParser) pair(t xml.StartElement) error {
	pair := DDIPair{ID: attribute(t, "id")}
	var ok1, ok2 bool
	e1, e2 := attribute(t, "e1"), attribute(t, "e2")
	pair.Source, ok1 = p.index[e1]
	pair.Target, ok2 = p.index[e2]
	if !ok1 || !ok2 {
		return fmt.Errorf("pair %q: its sentence has no entity %q or %q before it", pair.ID, e1, e2)
	}
	switch interacts, typ := attribute(t, "ddi"), attribute(t, "type"); {
	case interacts == "false":
		pair.Label = ddiFalse
	case interacts != "true":
		return fmt.Errorf("pair %q: ddi is %q (want true or false)", pair.ID, interacts)
	case typ == "":
		pair.Label = ddiNone
	default:
		pair.Label = "DDI-" + typ
	}
	p.sentence.Pairs = append(p.sentence.Pairs, pair)
	return nil
}

// document fills in what follows from the sentences.
func (p *ddiParser) document() DDIDocument {
	d := &p.doc
	d.Text = p.text.String()
	for _, s := range d.Sentences {
		found := make([]annot.Entity, len(s.Entities))
		for i, e := range s.Entities {
			span := e.Span()
			found[i] = annot.Entity{Type: e.Type, Start: span.Start, End: span.End, Text: d.Text[span.Start:span.End], Score: 1}
		}
		d.Entities = append(d.Entities, found...)
		for _, pair := range s.Pairs {
			if pair.Label == ddiFalse || pair.Label == ddiNone {
				continue
			}
			a, b := found[pair.Source], found[pair.Target]
			if byPosition(a, b) > 0 {
				a, b = b, a
			}
			d.Relations = append(d.Relations, annot.Relation{
				Type: pair.Label, Source: a, Target: b, Score: 1, Span: s.Span, Sentence: d.Text[s.Span.Start:s.Span.End],
			})
		}
	}
	slices.SortStableFunc(d.Entities, byPosition)
	slices.SortStableFunc(d.Relations, relationsByPosition)
	return *d
}
