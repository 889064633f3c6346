package datasets

import (
	"cmp"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/sparsebio/sparsebio/datasets/annot"
	"github.com/sparsebio/sparsebio/datasets/corpus"
)

// Standoffs yields the rows as documents with what is annotated in them: the column text, and of id, title, entities,
// relations, events, passages, extras and attributes those that there are, as [Load] makes them of corpora. A document without an id has none. It is what
// the writers of package corpus take, and its Document what package viz draws. The first error ends the
// sequence: a missing column text, a column of another type, positions that no entity has, offsets outside the text.
//
// The sentences of CoNLL and BC2GM files are documents, too, each with the id of its document if it has none of its
// own. Their entities have a score of 1.
func Standoffs(src RowSource) iter.Seq2[corpus.Standoff, error] {
	return func(yield func(corpus.Standoff, error) bool) {
		if names := src.Features().Names(); !slices.Contains(names, "text") {
			yield(corpus.Standoff{}, fmt.Errorf("datasets: data set %q: %w", src.Name(), noColumnAmong("text", names)))
			return
		}
		rows := readRows[documentRow](src, false)
		if hasPlainSpans(src.Features()) {
			rows = taggedRows(src)
		}
		i := 0
		for row, err := range rows {
			var s corpus.Standoff
			if err == nil {
				if s, err = row.standoff(); err != nil {
					err = fmt.Errorf("datasets: row %d of data set %q: %w", i, src.Name(), err)
				}
			}
			if !yield(s, err) || err != nil {
				return
			}
			i++
		}
	}
}

// hasPlainSpans reports whether the entities are those of sentences, which have a type and a place and no more.
func hasPlainSpans(fs Features) bool {
	f, ok := fs.Lookup("entities")
	if !ok || f.Elem == nil || f.Elem.Type != "Struct" {
		return false
	}
	_, scored := f.Elem.Fields.Lookup("score")
	return !scored
}

// taggedRows reads sentences as documents.
func taggedRows(src RowSource) iter.Seq2[documentRow, error] {
	type taggedRow struct {
		ID       *string    `json:"id"`
		Document *string    `json:"document"`
		Text     string     `json:"text"`
		Entities []spanCell `json:"entities"`
	}
	return func(yield func(documentRow, error) bool) {
		for row, err := range readRows[taggedRow](src, false) {
			out := documentRow{ID: cmp.Or(row.ID, row.Document), Text: row.Text}
			for _, c := range row.Entities {
				out.Entities = append(out.Entities, entityCell{Type: c.Type, Text: c.Text, Start: c.Start, End: c.End, Score: 1})
			}
			if !yield(out, err) {
				return
			}
		}
	}
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func attributeMap(cells []attributeCell) map[string]string {
	if len(cells) == 0 {
		return nil
	}
	m := make(map[string]string, len(cells))
	for _, c := range cells {
		m[c.Name] = c.Value
	}
	return m
}

func (p *partCell) sentence(text string) (annot.Span, string, error) {
	if p == nil {
		return annot.Span{}, "", nil
	}
	s := annot.Span{Start: int(p.Start), End: int(p.End)}
	if s.Start < 0 || s.Start > s.End || s.End > len(text) {
		return s, "", fmt.Errorf("a sentence has bytes %d to %d of a text of %d", s.Start, s.End, len(text))
	}
	return s, text[s.Start:s.End], nil
}

// standoff undoes rowOfStandoff.
func (row *documentRow) standoff() (corpus.Standoff, error) {
	s := corpus.Standoff{Document: annot.Document{ID: orEmpty(row.ID), Title: orEmpty(row.Title), Text: row.Text}, Attributes: attributeMap(row.Attributes)}
	for _, c := range row.Entities {
		s.Entities = append(s.Entities, annot.Entity{Type: c.Type, Start: int(c.Start), End: int(c.End), Text: c.Text, Score: c.Score})
		note := corpus.EntityNote{ID: orEmpty(c.ID), Concepts: c.Concepts, Attributes: attributeMap(c.Attributes)}
		for _, p := range c.Parts {
			note.Parts = append(note.Parts, annot.Span{Start: int(p.Start), End: int(p.End)})
		}
		s.EntityNotes = append(s.EntityNotes, note)
	}
	if err := s.Check(); err != nil {
		return s, err
	}
	entity := func(what string, at int64) (annot.Entity, error) {
		if at < 0 || at >= int64(len(s.Entities)) {
			return annot.Entity{}, fmt.Errorf("%s names entity %d of %d", what, at, len(s.Entities))
		}
		return s.Entities[at], nil
	}
	for i, c := range row.Relations {
		r := annot.Relation{Type: c.Type, Meaning: orEmpty(c.Meaning), Directed: c.Directed, Score: c.Score}
		var err error
		if r.Source, err = entity(fmt.Sprint("relation ", i), c.Source); err == nil {
			r.Target, err = entity(fmt.Sprint("relation ", i), c.Target)
		}
		if err == nil {
			r.Span, r.Sentence, err = c.Sentence.sentence(row.Text)
		}
		if err != nil {
			return s, err
		}
		s.Relations = append(s.Relations, r)
		s.RelationNotes = append(s.RelationNotes, corpus.RelationNote{ID: orEmpty(c.ID), Roles: [2]string{orEmpty(c.SourceRole), orEmpty(c.TargetRole)},
			Concepts: [2]string{orEmpty(c.SourceConcept), orEmpty(c.TargetConcept)}, Attributes: attributeMap(c.Attributes)})
	}
	for _, c := range row.Events {
		e := annot.Event{Type: c.Type, Trigger: annot.Span{Start: int(c.Start), End: int(c.End)}, Text: c.Text, Negated: c.Negated}
		var err error
		if e.Span, e.Sentence, err = c.Sentence.sentence(row.Text); err != nil {
			return s, err
		}
		note := corpus.EventNote{ID: orEmpty(c.ID), Trigger: orEmpty(c.Trigger), Attributes: attributeMap(c.Attributes)}
		for j, a := range c.Arguments {
			arg, event := annot.Argument{Role: a.Role}, -1
			switch what := fmt.Sprintf("argument %d of event %q", j, orEmpty(c.ID)); {
			case a.Event != nil && (*a.Event < 0 || *a.Event >= int64(len(row.Events))):
				return s, fmt.Errorf("%s names event %d of %d", what, *a.Event, len(row.Events))
			case a.Event != nil:
				event = int(*a.Event)
				t := row.Events[event]
				arg.Entity = annot.Entity{Type: t.Type, Start: int(t.Start), End: int(t.End), Text: t.Text, Score: 1}
			case a.Entity != nil:
				if arg.Entity, err = entity(what, *a.Entity); err != nil {
					return s, err
				}
			default:
				return s, fmt.Errorf("%s names neither an entity nor an event", what)
			}
			e.Arguments, note.Arguments = append(e.Arguments, arg), append(note.Arguments, event)
		}
		s.Events, s.EventNotes = append(s.Events, e), append(s.EventNotes, note)
	}
	for _, c := range row.Passages {
		s.Passages = append(s.Passages, corpus.Passage{Type: c.Type, Span: annot.Span{Start: int(c.Start), End: int(c.End)}, Attributes: attributeMap(c.Attributes)})
	}
	for _, c := range row.Extras {
		x := corpus.Extra{Kind: c.Kind, ID: orEmpty(c.ID), Type: orEmpty(c.Type), Text: orEmpty(c.Text), Concepts: c.Concepts, Attributes: attributeMap(c.Attributes)}
		for _, a := range c.Arguments {
			x.Arguments = append(x.Arguments, corpus.ExtraArgument{Role: a.Role, Ref: a.Ref})
		}
		s.Extras = append(s.Extras, x)
	}
	return s, nil
}

// corpusWriters write documents to files with these endings.
var corpusWriters = map[string]func(io.Writer, []corpus.Standoff) error{
	".pubtator": corpus.WritePubTator[corpus.Standoff], ".bioc.json": corpus.WriteBioCJSON[corpus.Standoff], ".bioc.xml": corpus.WriteBioCXML[corpus.Standoff],
}

// WriteBrat writes the rows as a folder in brat's standoff format, a text and a file of annotations each, from
// columns as [Standoffs] reads them. Files that are there and differ are never replaced; see corpus.WriteBratFiles.
func (d *Dataset) WriteBrat(dir string) error {
	docs, err := d.standoffs()
	if err != nil {
		return err
	}
	if err := corpus.WriteBratFiles(dir, docs); err != nil {
		return writeError(dir, err)
	}
	return nil
}

func (d *Dataset) standoffs() ([]corpus.Standoff, error) {
	docs := make([]corpus.Standoff, 0, d.NumRows())
	for s, err := range Standoffs(d) {
		if err != nil {
			return nil, err
		}
		docs = append(docs, s)
	}
	return docs, nil
}

// writeCoNLL writes sentences of tokens and ner_tags, or else documents.
func (d *Dataset) writeCoNLL(w io.Writer) error {
	if _, ok := d.index["tokens"]; !ok {
		docs, err := d.standoffs()
		if err != nil {
			return err
		}
		return corpus.WriteCoNLL(w, docs)
	}
	var sentences []corpus.Sentence
	var labels []string // of tags that are a ClassLabel
	if names, err := d.ClassNames("ner_tags"); err == nil {
		labels = names
	}
	k, err := d.column("ner_tags")
	if err != nil {
		return err
	}
	for i, row := range d.All() {
		var s corpus.Sentence
		if s.Tokens, err = row.Strings("tokens"); err != nil {
			return err
		}
		if labels == nil {
			if s.Tags, err = row.Strings("ner_tags"); err != nil {
				return err
			}
		} else {
			a, at := d.cols[k].at(i)
			tags, _ := valueAt(a, at).([]any)
			for _, v := range tags {
				n, ok := v.(int64)
				if !ok || n < 0 || n >= int64(len(labels)) {
					return fmt.Errorf("datasets: row %d of data set %q: column %q: %v is none of the labels 0 to %d", i, d.name, "ner_tags", v, len(labels)-1)
				}
				s.Tags = append(s.Tags, labels[n])
			}
		}
		if _, ok := d.index["document"]; ok {
			if s.Document, err = row.String("document"); err != nil {
				return err
			}
		}
		sentences = append(sentences, s)
	}
	return corpus.WriteSentences(w, sentences)
}
