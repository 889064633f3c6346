package datasets

import (
	"fmt"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// An eventRow is a row of the table that Events makes.
type eventRow struct {
	Doc           int      `json:"doc"`
	DocID         *string  `json:"doc_id"`
	Event         int      `json:"event"`
	Type          string   `json:"type"`
	Negated       bool     `json:"negated"`
	TriggerText   string   `json:"trigger_text"`
	TriggerStart  int64    `json:"trigger_start"`
	TriggerEnd    int64    `json:"trigger_end"`
	Role          *string  `json:"role"`
	ArgumentText  *string  `json:"argument_text"`
	ArgumentType  *string  `json:"argument_type"`
	ArgumentStart *int64   `json:"argument_start"`
	ArgumentEnd   *int64   `json:"argument_end"`
	ArgumentScore *float64 `json:"argument_score"`
	Sentence      *string  `json:"sentence"`
	SentenceStart *int64   `json:"sentence_start"`
	SentenceEnd   *int64   `json:"sentence_end"`
}

// Events makes a table of the events of documents. Since an event may have any number of arguments and a
// cell of CSV holds one thing, every argument is a row, and the rows of one event share doc and event; an
// event without arguments is one row without any:
//
//	doc, doc_id                        as in the table of Entities
//	event           int64              number of the event in the document, from 0
//	type            string             "Phosphorylation"
//	negated         bool               the text says that it does not happen
//	trigger_text                       the word that says it
//	trigger_start, trigger_end         its offsets in the text of the document
//	role            string             "Theme" or "Cause"; null without an argument, as are those below
//	argument_text, argument_type       the entity in that role
//	argument_start, argument_end       its offsets in the text of the document
//	argument_score  float64            its own, from 0 to 1
//	sentence, sentence_start, sentence_end   as in the table of Relations
//
// Options and errors are those of [Entities].
func Events(docs []annot.Document, opts ...Option) (*Dataset, error) {
	o, err := resultOptions("Events", opts)
	if err != nil {
		return nil, err
	}
	var rows []eventRow
	for i, d := range docs {
		p, err := newPlacer(i, d, o)
		if err != nil {
			return nil, err
		}
		for j, e := range d.Events {
			what := fmt.Sprint("event ", j)
			trigger, err := p.entity(annot.Entity{Type: e.Type, Start: e.Trigger.Start, End: e.Trigger.End, Text: e.Text}, "the trigger of "+what)
			if err != nil {
				return nil, err
			}
			in, err := p.sentence(e.Sentence, e.Span, what)
			if err != nil {
				return nil, err
			}
			row := eventRow{
				Doc: i, DocID: orNull(d.ID), Event: j, Type: e.Type, Negated: e.Negated,
				TriggerText: trigger.text, TriggerStart: trigger.start, TriggerEnd: trigger.end,
				Sentence: in.text, SentenceStart: in.start, SentenceEnd: in.end,
			}
			if len(e.Arguments) == 0 {
				rows = append(rows, row)
			}
			for k, arg := range e.Arguments {
				a, err := p.entity(arg.Entity, fmt.Sprintf("argument %d of %s", k, what))
				if err == nil {
					err = p.valid(what, arg.Role)
				}
				if err != nil {
					return nil, err
				}
				row.Role, row.ArgumentText, row.ArgumentType = &arg.Role, &a.text, &a.typ
				row.ArgumentStart, row.ArgumentEnd, row.ArgumentScore = &a.start, &a.end, &a.score
				rows = append(rows, row)
			}
		}
	}
	return newResults("events", rows, o)
}
