package datasets

import (
	"fmt"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// A relationRow is a row of the table that Relations makes.
type relationRow struct {
	Doc           int     `json:"doc"`
	DocID         *string `json:"doc_id"`
	Type          string  `json:"type"`
	Meaning       *string `json:"meaning"`
	SourceText    string  `json:"source_text"`
	SourceType    string  `json:"source_type"`
	SourceStart   int64   `json:"source_start"`
	SourceEnd     int64   `json:"source_end"`
	SourceScore   float64 `json:"source_score"`
	TargetText    string  `json:"target_text"`
	TargetType    string  `json:"target_type"`
	TargetStart   int64   `json:"target_start"`
	TargetEnd     int64   `json:"target_end"`
	TargetScore   float64 `json:"target_score"`
	Directed      bool    `json:"directed"`
	Score         float64 `json:"score"`
	Sentence      *string `json:"sentence"`
	SentenceStart *int64  `json:"sentence_start"`
	SentenceEnd   *int64  `json:"sentence_end"`
}

// Relations makes a table of the relations of documents, one a row, in order:
//
//	doc, doc_id                     as in the table of Entities
//	type            string          as the model names it: "CPR:4"
//	meaning         string          the type in words: "inhibitor"; null if it has none
//	source_text, source_type        the first entity
//	source_start, source_end        its offsets in the text of the document
//	source_score    float64         its own, from 0 to 1
//	target_text ... target_score    the same of the second entity
//	directed        bool            whether the order of the two matters
//	score           float64         of the relation, from 0 to 1
//	sentence        string          the evidence; null, as its offsets are, if there is none
//	sentence_start, sentence_end    its offsets in the text of the document
//
// Options and errors are those of [Entities].
func Relations(docs []annot.Document, opts ...Option) (*Dataset, error) {
	o, err := resultOptions("Relations", opts)
	if err != nil {
		return nil, err
	}
	var rows []relationRow
	for i, d := range docs {
		p, err := newPlacer(i, d, o)
		if err != nil {
			return nil, err
		}
		for j, r := range d.Relations {
			what := fmt.Sprint("relation ", j)
			s, err := p.entity(r.Source, "the source of "+what)
			if err != nil {
				return nil, err
			}
			t, err := p.entity(r.Target, "the target of "+what)
			if err != nil {
				return nil, err
			}
			in, err := p.sentence(r.Sentence, r.Span, what)
			if err == nil {
				err = p.valid(what, r.Type, r.Meaning)
			}
			if err != nil {
				return nil, err
			}
			rows = append(rows, relationRow{
				i, orNull(d.ID), r.Type, orNull(r.Meaning),
				s.text, s.typ, s.start, s.end, s.score, t.text, t.typ, t.start, t.end, t.score,
				r.Directed, r.Score, in.text, in.start, in.end,
			})
		}
	}
	return newResults("relations", rows, o)
}
