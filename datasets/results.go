package datasets

import (
	"fmt"
	"maps"
	"unicode/utf8"

	"github.com/sparsebio/sparsebio/biobert/report"
	"github.com/sparsebio/sparsebio/datasets/annot"
)

// WithCharOffsets has Entities, Relations and Events count offsets in characters (Unicode code points), as
// Python's strings do. Without it they count bytes of UTF-8, as Go's strings do.
func WithCharOffsets() Option {
	return func(o *options) error { o.chars = true; return nil }
}

// WithProvenance puts a record of where results came from into the tables of Entities, Relations and
// Events; see [Dataset.WithProvenance]. Among its options the tables note their unit of offsets: "offsets"
// is "bytes" or "characters".
func WithProvenance(p report.Provenance) Option {
	return func(o *options) error { o.provenance = &p; return nil }
}

// resultOptions are those of a table of results called name.
func resultOptions(name string, opts []Option) (*options, error) {
	o, err := newOptions(opts)
	if err == nil && (o.split != "" || o.columns != nil || o.format != "" || o.limit >= 0) {
		err = fmt.Errorf("datasets: %s takes the options WithCharOffsets, WithProvenance and WithAllocator only", name)
	}
	return o, err
}

// newResults makes a table of results of rows.
func newResults[T any](name string, rows []T, o *options) (*Dataset, error) {
	d, err := From(name, rows, WithAllocator(o.mem))
	if err != nil || o.provenance == nil {
		return d, err
	}
	defer d.Release()
	p := *o.provenance
	p.Options = maps.Clone(p.Options)
	if p.Options == nil {
		p.Options = make(map[string]string)
	}
	p.Options["offsets"] = "bytes"
	if o.chars {
		p.Options["offsets"] = "characters"
	}
	return d.WithProvenance(p)
}

// A placer checks the spans of one document and counts them in the unit that is asked for.
type placer struct {
	ruler
	doc        int
	id         string
	characters bool
}

func newPlacer(i int, d annot.Document, o *options) (*placer, error) {
	p := &placer{ruler: ruler{text: d.Text}, doc: i, id: d.ID, characters: o.chars}
	for _, s := range []string{d.Text, d.ID} {
		if !utf8.ValidString(s) {
			return nil, fmt.Errorf("datasets: %v is not valid UTF-8", p)
		}
	}
	return p, nil
}

func (p *placer) String() string {
	if p.id == "" {
		return fmt.Sprintf("document %d", p.doc)
	}
	return fmt.Sprintf("document %d (%.40q)", p.doc, p.id)
}

// place returns the span s of what, and its text.
func (p *placer) place(s annot.Span, what string) (start, end int64, text string, err error) {
	if s.Start < 0 || s.Start > s.End || s.End > len(p.text) {
		return 0, 0, "", fmt.Errorf("datasets: %v: %s has bytes %d to %d of a text of %d", p, what, s.Start, s.End, len(p.text))
	}
	for _, at := range []int{s.Start, s.End} {
		if at < len(p.text) && !utf8.RuneStart(p.text[at]) {
			return 0, 0, "", fmt.Errorf("datasets: %v: %s has bytes %d to %d, which cut a character (are the offsets counted in characters?)", p, what, s.Start, s.End)
		}
	}
	text = p.text[s.Start:s.End]
	if !p.characters {
		return int64(s.Start), int64(s.End), text, nil
	}
	return p.chars(s.Start), p.chars(s.End), text, nil
}

// A placed is an entity as columns have it.
type placed struct {
	typ, text  string
	start, end int64
	score      float64
}

func (p *placer) entity(e annot.Entity, what string) (placed, error) {
	start, end, text, err := p.place(e.Span(), what)
	if err != nil {
		return placed{}, err
	}
	if e.Text != "" {
		text = e.Text
	}
	return placed{e.Type, text, start, end, e.Score}, p.valid(what, e.Type, text)
}

// valid refuses what an Arrow table cannot hold.
func (p *placer) valid(what string, texts ...string) error {
	for _, s := range texts {
		if !utf8.ValidString(s) {
			return fmt.Errorf("datasets: %v: %s has %.40q, which is not valid UTF-8", p, what, s)
		}
	}
	return nil
}

// A sentence is the evidence of a relation or event as columns have it: null if there is none.
type sentence struct {
	text       *string
	start, end *int64
}

func (p *placer) sentence(text string, s annot.Span, what string) (sentence, error) {
	if text == "" && s == (annot.Span{}) {
		return sentence{}, nil
	}
	start, end, inText, err := p.place(s, "the sentence of "+what)
	if err != nil {
		return sentence{}, err
	}
	if text == "" {
		text = inText
	}
	return sentence{&text, &start, &end}, p.valid(what, text)
}

// orNull returns nil, which becomes a null, for a text that is missing.
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
