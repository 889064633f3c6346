package datasets

import (
	"fmt"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// An entityRow is a row of the table that Entities makes.
type entityRow struct {
	Doc   int     `json:"doc"`
	DocID *string `json:"doc_id"`
	Type  string  `json:"type"`
	Text  string  `json:"text"`
	Start int64   `json:"start"`
	End   int64   `json:"end"`
	Score float64 `json:"score"`
}

// Entities makes a table of the entities of documents, one a row, in order:
//
//	doc     int64    number of the document, from 0
//	doc_id  string   its ID, null if it has none
//	type    string   as the model names it
//	text    string   as it stands in the document
//	start   int64    offset of its first byte in the text of the document
//	end     int64    offset after its last byte
//	score   float64  from 0 to 1
//
// The options are WithProvenance, which makes a result file say where it came from, WithCharOffsets and
// WithAllocator. An offset that does not fit the text of its document is an error that names both.
func Entities(docs []annot.Document, opts ...Option) (*Dataset, error) {
	o, err := resultOptions("Entities", opts)
	if err != nil {
		return nil, err
	}
	var rows []entityRow
	for i, d := range docs {
		p, err := newPlacer(i, d, o)
		if err != nil {
			return nil, err
		}
		for j, e := range d.Entities {
			at, err := p.entity(e, fmt.Sprint("entity ", j))
			if err != nil {
				return nil, err
			}
			rows = append(rows, entityRow{i, orNull(d.ID), at.typ, at.text, at.start, at.end, at.score})
		}
	}
	return newResults("entities", rows, o)
}
