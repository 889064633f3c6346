package corpus

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// UnmarshalJSON takes strings and what else stands where one should be: numbers as they are written, nothing for null.
func (t *biocText) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, (*string)(t))
	}
	if string(b) != "null" {
		*t = biocText(b)
	}
	return nil
}

// UnmarshalJSON takes infons whose values are not strings as their JSON.
func (m *biocInfons) UnmarshalJSON(b []byte) error {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(b, &values); err != nil {
		return err
	}
	for k, v := range values {
		var s biocText
		if err := s.UnmarshalJSON(v); err != nil {
			return err
		}
		if string(v) != "null" {
			setDefault((*map[string]string)(m), k, string(s))
		}
	}
	return nil
}

// ReadBioCJSON reads BioC in JSON: a collection, several of them in a list (as PMC gives), an export of PubTator, or documents one
// after the other. It is read one document at a time.
//
// The text is the texts of the passages, or of the sentences of those that have none: a blank between title and abstract, an empty line between others,
// a blank between sentences unless one ends in white space. Offsets in the file count characters (code points); they need not begin at 0
// and may leave out some between passages. An annotation with several locations has Parts and reaches from the first
// to the last; one without any is an Extra. Title is the first passage if it is of type "title". The infons "type" and "identifier" are types and
// Concepts, "score" is a score if it lies between 0 and 1, and is 1 if there is none; others are Attributes, and those that are not
// strings are their JSON.
//
// A relation of two annotations is a Relation from the first node to the second, Directed if an infon "directed" is "true"; the infon
// "meaning" is its meaning. One with a node of role "Trigger" is an Event, Negated if an infon "negated" is "true"; its other nodes, annotations
// or events, are the arguments. One of two concepts in infons (entity1 and entity2 of BioRED, Chemical and Disease of BC5CDR) joins mentions
// as [ReadPubTator] says. Others are Extras. Names are looked up in the sentence, its passage and its document.
// What is said of a collection (source, date, key, infons), and where sentences end, is left out.
//
// Errors are [*ParseError]; what is wrong in a document has the line where it begins.
func ReadBioCJSON(r io.Reader) ([]Standoff, error) {
	b := biocJSON{s: newJSONStream(r, maxBioC)}
	for {
		err := b.top()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	if len(b.docs) == 0 {
		return nil, empty("a collection of BioC with documents")
	}
	return b.docs, nil
}

type biocJSON struct {
	s    *jsonStream
	docs []Standoff
}

// top reads a value of the file, or of the list that the file is.
func (b *biocJSON) top() error {
	line := 0
	tok, err := b.token(&line)
	switch {
	case err != nil:
		return err
	case tok == json.Delim('['):
		for b.s.More() {
			if err := b.object(); err != nil {
				return err
			}
		}
		_, err := b.token(&line)
		return unexpected(err)
	case tok == json.Delim('{'):
		return b.fields(line)
	}
	return &ParseError{Line: line, Err: fmt.Errorf("%.40v is no collection of BioC", tok)}
}

// token returns the next token and its line.
func (b *biocJSON) token(line *int) (json.Token, error) {
	b.s.next()
	tok, err := b.s.Token()
	if err != nil {
		return nil, b.s.fail(err)
	}
	*line = b.s.line()
	return tok, nil
}

// unexpected makes an error of the end of a file.
func unexpected(err error) error {
	if err == io.EOF {
		return &ParseError{Err: io.ErrUnexpectedEOF}
	}
	return err
}

func (b *biocJSON) object() error {
	line := 0
	tok, err := b.token(&line)
	if err != nil {
		return unexpected(err)
	}
	if tok != json.Delim('{') {
		return &ParseError{Line: line, Err: fmt.Errorf("%.40v is no collection of BioC", tok)}
	}
	return b.fields(line)
}

// fields reads a collection, or a document, whose brace is open.
func (b *biocJSON) fields(start int) error {
	var document map[string]json.RawMessage
	line, collection, size := 0, false, 0
	for b.s.More() {
		tok, err := b.token(&line)
		if err != nil {
			return unexpected(err)
		}
		key, _ := tok.(string)
		if key == "documents" || key == "PubTator3" {
			collection = true
			if tok, err = b.token(&line); err != nil {
				return unexpected(err)
			}
			if tok != json.Delim('[') {
				return &ParseError{Line: line, Err: fmt.Errorf("%q is no list", key)}
			}
			for b.s.More() {
				raw, line, err := b.s.value()
				if err == nil {
					err = b.document(raw, line)
				}
				if err != nil {
					return unexpected(err)
				}
			}
			if _, err = b.token(&line); err != nil {
				return unexpected(err)
			}
			continue
		}
		raw, line, err := b.s.value()
		if err != nil {
			return unexpected(err)
		}
		if size += len(raw); size > maxBioC {
			return &ParseError{Line: line, Err: fmt.Errorf("a document of more than %d bytes", maxBioC)}
		}
		if document == nil {
			document = map[string]json.RawMessage{}
		}
		document[key] = raw
	}
	if _, err := b.token(&line); err != nil {
		return unexpected(err)
	}
	if _, ok := document["passages"]; ok {
		raw, err := json.Marshal(document)
		if err != nil {
			return &ParseError{Line: start, Err: err}
		}
		return atLine(b.document(raw, start), start)
	}
	if !collection {
		return &ParseError{Line: start, Err: errors.New(`an object without "documents" or "passages"`)}
	}
	return nil
}

// atLine gives an error a line.
func atLine(err error, line int) error {
	var p *ParseError
	if errors.As(err, &p) {
		p.Line = line
	}
	return err
}

func (b *biocJSON) document(raw json.RawMessage, line int) error {
	d := biocDocument{line: line}
	if err := decode(raw, line, &d); err != nil {
		return err
	}
	s, err := d.standoff()
	if err != nil {
		return err
	}
	b.docs = append(b.docs, s)
	return nil
}

// WriteBioCJSON writes documents as one collection of BioC in JSON. What ReadBioCJSON reads of it is the same, but for a
// Title that the text does not begin with: it becomes the first passage, and offsets count from it; and for a line break or tab after
// the title, which becomes a blank; and for several Concepts of a mention, which become one with semicolons between, as corpora have them. Scores that are not 1, meanings, directions and negations are infons. An entity that relations or events
// name, but Entities does not hold, is written with them. Passages must hold all of a text but white space between them.
//
// Texts, types and identifiers must be UTF-8. Python's bioc reads what is written.
func WriteBioCJSON[D Writable](w io.Writer, docs []D) error {
	b := bufio.NewWriter(w)
	b.WriteString(`{"source":"","date":"","key":"","infons":{},"documents":[`)
	first := true
	err := writeBioC(docs, func(d biocDocument) error {
		d.fill()
		var one bytes.Buffer
		e := json.NewEncoder(&one)
		e.SetEscapeHTML(false)
		if err := e.Encode(d); err != nil {
			return err
		}
		if !first {
			b.WriteString(",")
		}
		first = false
		_, err := b.WriteString("\n" + strings.TrimSuffix(one.String(), "\n"))
		return err
	})
	if err != nil {
		return err
	}
	b.WriteString("\n]}\n")
	return b.Flush()
}

// fill makes empty lists of missing ones, which readers expect.
func (d *biocDocument) fill() {
	d.Passages, d.Annotations, d.Relations = list(d.Passages), list(d.Annotations), list(d.Relations)
	for i := range d.Passages {
		p := &d.Passages[i]
		p.Sentences, p.Annotations, p.Relations = list(p.Sentences), list(p.Annotations), list(p.Relations)
		for k := range p.Annotations {
			p.Annotations[k].Locations = list(p.Annotations[k].Locations)
		}
	}
	for i := range d.Annotations {
		d.Annotations[i].Locations = list(d.Annotations[i].Locations)
	}
	for i := range d.Relations {
		d.Relations[i].Nodes = list(d.Relations[i].Nodes)
	}
}

func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}
