package viz

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// A displacyDoc is what displaCy draws with manual=True.
type displacyDoc struct {
	Text   *string        `json:"text"`
	Title  *string        `json:"title"`
	Ents   []displacySpan `json:"ents"`
	Spans  []displacySpan `json:"spans"`
	Tokens []string       `json:"tokens"`
}

type displacySpan struct {
	Start      *int   `json:"start"`
	End        *int   `json:"end"`
	StartToken *int   `json:"start_token"`
	EndToken   *int   `json:"end_token"`
	Label      string `json:"label"`
}

// ReadDisplaCy reads the JSON that spaCy's displaCy draws without a model: for style "ent"
//
//	{"text": "NF-κB binds.", "ents": [{"start": 0, "end": 5, "label": "protein"}], "title": null}
//
// and for style "span" one with "spans", which have a start and an end too or else a start_token and an end_token of
// "tokens". There may be one such object, a list of them, or several after each other, one a line for example.
//
// displaCy counts characters (Unicode code points); the entities returned count bytes. They are sorted as
// [annot.Document] wants them and have no score. Links to knowledge bases (kb_id, kb_url) are left out.
func ReadDisplaCy(r io.Reader) ([]annot.Document, error) {
	dec := json.NewDecoder(r)
	var docs []annot.Document
	for {
		var raw json.RawMessage
		if err := dec.Decode(&raw); errors.Is(err, io.EOF) {
			return docs, nil
		} else if err != nil {
			return nil, fmt.Errorf("viz: displaCy document %d: %w", len(docs), err)
		}
		list := []json.RawMessage{raw}
		if raw[0] == '[' {
			if err := json.Unmarshal(raw, &list); err != nil {
				return nil, fmt.Errorf("viz: displaCy document %d: %w", len(docs), err)
			}
		}
		for _, one := range list {
			var d displacyDoc
			err := json.Unmarshal(one, &d)
			if err == nil {
				var doc annot.Document
				if doc, err = d.document(); err == nil {
					docs = append(docs, doc)
					continue
				}
			}
			return nil, fmt.Errorf("viz: displaCy document %d: %w", len(docs), err)
		}
	}
}

func (d *displacyDoc) document() (annot.Document, error) {
	if d.Text == nil {
		return annot.Document{}, errors.New(`no "text"`)
	}
	doc := annot.Document{Text: *d.Text}
	if d.Title != nil {
		doc.Title = *d.Title
	}
	at := characterOffsets(doc.Text)
	tokens, err := findTokens(doc.Text, d.Tokens)
	if err != nil {
		return annot.Document{}, err
	}
	for i, s := range slices.Concat(d.Ents, d.Spans) {
		name := fmt.Sprintf("ent %d", i)
		if i >= len(d.Ents) {
			name = fmt.Sprintf("span %d", i-len(d.Ents))
		}
		e := annot.Entity{Type: s.Label}
		switch {
		case s.Start != nil && s.End != nil:
			if *s.Start < 0 || *s.Start >= *s.End || *s.End >= len(at) {
				return doc, fmt.Errorf("%s has characters %d to %d of a text of %d", name, *s.Start, *s.End, len(at)-1)
			}
			e.Start, e.End = at[*s.Start], at[*s.End]
		case s.StartToken != nil && s.EndToken != nil:
			if *s.StartToken < 0 || *s.StartToken >= *s.EndToken || *s.EndToken > len(tokens) {
				return doc, fmt.Errorf("%s has tokens %d to %d of %d", name, *s.StartToken, *s.EndToken, len(tokens))
			}
			e.Start, e.End = tokens[*s.StartToken].Start, tokens[*s.EndToken-1].End
		default:
			return doc, fmt.Errorf(`%s has neither "start" and "end" nor "start_token" and "end_token"`, name)
		}
		e.Text = doc.Text[e.Start:e.End]
		doc.Entities = append(doc.Entities, e)
	}
	sortEntities(doc.Entities)
	return doc, nil
}

// characterOffsets returns where in s each character begins, and its length.
func characterOffsets(s string) []int {
	at := make([]int, 0, utf8.RuneCountInString(s)+1)
	for i := range s {
		at = append(at, i)
	}
	return append(at, len(s))
}

// findTokens returns where in text the tokens stand, one after the other.
func findTokens(text string, tokens []string) ([]annot.Span, error) {
	spans := make([]annot.Span, len(tokens))
	from := 0
	for i, t := range tokens {
		n := strings.Index(text[from:], t)
		if n < 0 || t == "" {
			return nil, fmt.Errorf("token %d, %.40q, is not in the text after character %d", i, t, utf8.RuneCountInString(text[:from]))
		}
		spans[i] = annot.Span{Start: from + n, End: from + n + len(t)}
		from = spans[i].End
	}
	return spans, nil
}
