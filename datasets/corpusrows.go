package datasets

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sparsebio/sparsebio/datasets/annot"
	"github.com/sparsebio/sparsebio/datasets/corpus"
)

// The rows that Load makes of corpora. Every span is there twice: start and end count bytes of UTF-8, char_start and
// char_end characters (code points), as Python's strings do.

// A sentenceRow is a sentence of CoNLL. Text is the tokens with a blank between them.
type sentenceRow struct {
	Document *string    `json:"document"`
	Tokens   []string   `json:"tokens"`
	NERTags  []string   `json:"ner_tags"`
	Text     string     `json:"text"`
	Entities []spanCell `json:"entities"`
}

// A spanCell is a typed piece of a text.
type spanCell struct {
	Type      string `json:"type"`
	Text      string `json:"text"`
	Start     int64  `json:"start"`
	End       int64  `json:"end"`
	CharStart int64  `json:"char_start"`
	CharEnd   int64  `json:"char_end"`
}

// A geneRow is a sentence of BC2GM.
type geneRow struct {
	ID           string     `json:"id"`
	Text         string     `json:"text"`
	Entities     []spanCell `json:"entities"`
	Alternatives []spanCell `json:"alternatives"`
}

// A pairRow is a marked pair of BLUE or SciBERT. The type of a mark is its sign.
type pairRow struct {
	Index    *string    `json:"index"`
	Document *string    `json:"document"`
	Sentence string     `json:"sentence"`
	Label    string     `json:"label"`
	Marks    []spanCell `json:"marks"`
}

// A documentRow is a document of BioC, PubTator or brat: all that a corpus.Standoff has.
type documentRow struct {
	ID         *string         `json:"id"`
	Title      *string         `json:"title"`
	Text       string          `json:"text"`
	Entities   []entityCell    `json:"entities"`
	Relations  []relationCell  `json:"relations"`
	Events     []eventCell     `json:"events"`
	Passages   []passageCell   `json:"passages"`
	Extras     []extraCell     `json:"extras"`
	Attributes []attributeCell `json:"attributes"`
}

type entityCell struct {
	ID         *string         `json:"id"`
	Type       string          `json:"type"`
	Text       string          `json:"text"`
	Start      int64           `json:"start"`
	End        int64           `json:"end"`
	CharStart  int64           `json:"char_start"`
	CharEnd    int64           `json:"char_end"`
	Score      float64         `json:"score"`
	Parts      []partCell      `json:"parts"`
	Concepts   []string        `json:"concepts"`
	Attributes []attributeCell `json:"attributes"`
}

type partCell struct {
	Start     int64 `json:"start"`
	End       int64 `json:"end"`
	CharStart int64 `json:"char_start"`
	CharEnd   int64 `json:"char_end"`
}

type attributeCell struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// A relationCell joins two of the entities of its document, which it names by their position.
type relationCell struct {
	ID            *string         `json:"id"`
	Type          string          `json:"type"`
	Meaning       *string         `json:"meaning"`
	Source        int64           `json:"source"`
	Target        int64           `json:"target"`
	SourceRole    *string         `json:"source_role"`
	TargetRole    *string         `json:"target_role"`
	SourceConcept *string         `json:"source_concept"`
	TargetConcept *string         `json:"target_concept"`
	Directed      bool            `json:"directed"`
	Score         float64         `json:"score"`
	Sentence      *partCell       `json:"sentence"`
	Attributes    []attributeCell `json:"attributes"`
}

// An eventCell has arguments that name entities or other events of its document by their position.
type eventCell struct {
	ID         *string         `json:"id"`
	Type       string          `json:"type"`
	Trigger    *string         `json:"trigger"`
	Text       string          `json:"text"`
	Start      int64           `json:"start"`
	End        int64           `json:"end"`
	CharStart  int64           `json:"char_start"`
	CharEnd    int64           `json:"char_end"`
	Negated    bool            `json:"negated"`
	Arguments  []argumentCell  `json:"arguments"`
	Sentence   *partCell       `json:"sentence"`
	Attributes []attributeCell `json:"attributes"`
}

type argumentCell struct {
	Role   string `json:"role"`
	Entity *int64 `json:"entity"`
	Event  *int64 `json:"event"`
}

type passageCell struct {
	Type       string          `json:"type"`
	Start      int64           `json:"start"`
	End        int64           `json:"end"`
	CharStart  int64           `json:"char_start"`
	CharEnd    int64           `json:"char_end"`
	Attributes []attributeCell `json:"attributes"`
}

type extraCell struct {
	Kind       string          `json:"kind"`
	ID         *string         `json:"id"`
	Type       *string         `json:"type"`
	Text       *string         `json:"text"`
	Concepts   []string        `json:"concepts"`
	Arguments  []refCell       `json:"arguments"`
	Attributes []attributeCell `json:"attributes"`
}

type refCell struct {
	Role string `json:"role"`
	Ref  string `json:"ref"`
}

// A chemProtRow is an abstract of ChemProt. Relations are those of the gold standard, annotated all lines of the
// relations file.
type chemProtRow struct {
	ID        *string         `json:"id"`
	Title     *string         `json:"title"`
	Text      string          `json:"text"`
	Entities  []entityCell    `json:"entities"`
	Relations []relationCell  `json:"relations"`
	Annotated []annotatedCell `json:"annotated"`
}

type annotatedCell struct {
	Group     string `json:"group"`
	Name      string `json:"name"`
	Evaluated bool   `json:"evaluated"`
	Source    int64  `json:"source"`
	Target    int64  `json:"target"`
}

// A drugRow is a document of DDI. Relations are the interactions, pairs all pairs of drugs in a sentence; their
// sentence is a position in sentences.
type drugRow struct {
	ID        *string        `json:"id"`
	Text      string         `json:"text"`
	Sentences []sentenceCell `json:"sentences"`
	Entities  []entityCell   `json:"entities"`
	Relations []relationCell `json:"relations"`
	Pairs     []drugPairCell `json:"pairs"`
}

type sentenceCell struct {
	ID        string `json:"id"`
	Start     int64  `json:"start"`
	End       int64  `json:"end"`
	CharStart int64  `json:"char_start"`
	CharEnd   int64  `json:"char_end"`
}

type drugPairCell struct {
	ID       string `json:"id"`
	Sentence int64  `json:"sentence"`
	Source   int64  `json:"source"`
	Target   int64  `json:"target"`
	Label    string `json:"label"`
}

// A citationRow is an article of PubMed. Sections lie in the abstract.
type citationRow struct {
	ID        string        `json:"id"`
	Title     string        `json:"title"`
	Abstract  string        `json:"abstract"`
	Sections  []sectionCell `json:"sections"`
	Journal   *string       `json:"journal"`
	ISO       *string       `json:"iso"`
	Year      *int64        `json:"year"`
	Authors   []string      `json:"authors"`
	DOI       *string       `json:"doi"`
	Languages []string      `json:"languages"`
	Types     []string      `json:"types"`
	Keywords  []string      `json:"keywords"`
	MeSH      []meshCell    `json:"mesh"`
	Deleted   bool          `json:"deleted"`
}

type sectionCell struct {
	Label     *string `json:"label"`
	Category  *string `json:"category"`
	Start     int64   `json:"start"`
	End       int64   `json:"end"`
	CharStart int64   `json:"char_start"`
	CharEnd   int64   `json:"char_end"`
}

type meshCell struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Major      bool     `json:"major"`
	Qualifiers []string `json:"qualifiers"`
}

// A paperRow is a paper of arXiv.
type paperRow struct {
	ID         string         `json:"id"`
	Title      string         `json:"title"`
	Abstract   string         `json:"abstract"`
	Categories []string       `json:"categories"`
	Authors    *string        `json:"authors"`
	DOI        *string        `json:"doi"`
	Journal    *string        `json:"journal"`
	License    *string        `json:"license"`
	Updated    *string        `json:"updated"`
	Published  *string        `json:"published"`
	Versions   []versionCells `json:"versions"`
}

type versionCells struct {
	Version string `json:"version"`
	Created string `json:"created"`
}

// A ruler counts the characters before bytes of a text. It counts on from the place before, since spans come in order, more or less.
type ruler struct {
	text      string
	at, count int
}

func (r *ruler) chars(at int) int64 {
	if at >= r.at {
		r.count += utf8.RuneCountInString(r.text[r.at:at])
	} else {
		r.count -= utf8.RuneCountInString(r.text[at:r.at])
	}
	r.at = at
	return int64(r.count)
}

func (r *ruler) part(s annot.Span) partCell {
	return partCell{int64(s.Start), int64(s.End), r.chars(s.Start), r.chars(s.End)}
}

func (r *ruler) span(typ, text string, s annot.Span) spanCell {
	p := r.part(s)
	return spanCell{typ, text, p.Start, p.End, p.CharStart, p.CharEnd}
}

// evidence is null for a relation or event without a sentence.
func (r *ruler) evidence(s annot.Span) *partCell {
	if s == (annot.Span{}) {
		return nil
	}
	p := r.part(s)
	return &p
}

func attributeCells(m map[string]string) []attributeCell {
	var out []attributeCell
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, attributeCell{k, m[k]})
	}
	return out
}

// each yields what a function from one value to a row makes of values.
func each[T, R any](values []T, err error, row func(T) R) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		if err != nil {
			var none R
			yield(none, err)
			return
		}
		for _, v := range values {
			if !yield(row(v), nil) {
				return
			}
		}
	}
}

func rowOfSentence(s corpus.Sentence) sentenceRow {
	out := sentenceRow{Document: orNull(s.Document), Tokens: s.Tokens, NERTags: s.Tags, Text: strings.Join(s.Tokens, " ")}
	r := ruler{text: out.Text}
	at, open := 0, false
	var e annot.Entity
	end := func() {
		if open {
			out.Entities = append(out.Entities, r.span(e.Type, out.Text[e.Start:e.End], e.Span()))
		}
		open = false
	}
	for i, t := range s.Tokens {
		tag := s.Tags[i]
		typ := strings.TrimPrefix(tag[1:], "-")
		switch {
		case tag == "O":
			end()
		case tag[0] == 'B' || !open || typ != e.Type: // an I that begins is an entity of IOB1
			end()
			e, open = annot.Entity{Type: typ, Start: at}, true
		}
		e.End = at + len(t)
		at += len(t) + 1
	}
	end()
	return out
}

func rowOfGenes(s corpus.GeneSentence) geneRow {
	r := ruler{text: s.Text}
	cells := func(genes []corpus.Gene) []spanCell {
		var out []spanCell
		for _, g := range genes {
			out = append(out, r.span("GENE", g.Name, g.Span))
		}
		return out
	}
	return geneRow{s.ID, s.Text, cells(s.Genes), cells(s.Alternatives)}
}

func rowOfPair(p corpus.Pair) pairRow {
	r := ruler{text: p.Text}
	out := pairRow{Index: orNull(p.ID), Sentence: p.Text, Label: p.Label}
	if p.ID != "" {
		out.Document = orNull(p.Document())
	}
	for _, m := range p.Marks() {
		out.Marks = append(out.Marks, r.span(m.Sign, p.Text[m.Start:m.End], m.Span))
	}
	return out
}

// An entityKey finds the entity that a relation or an argument names.
type entityKey struct {
	typ  string
	span annot.Span
}

// positions returns where entities are among those of a document, the first of equals.
func positions(entities []annot.Entity) map[entityKey]int64 {
	at := make(map[entityKey]int64, len(entities))
	for i, e := range slices.Backward(entities) {
		at[entityKey{e.Type, e.Span()}] = int64(i)
	}
	return at
}

func (r *ruler) entity(e annot.Entity, note corpus.EntityNote) entityCell {
	s := r.part(e.Span())
	out := entityCell{ID: orNull(note.ID), Type: e.Type, Text: e.Text, Start: s.Start, End: s.End, CharStart: s.CharStart, CharEnd: s.CharEnd,
		Score: e.Score, Concepts: note.Concepts, Attributes: attributeCells(note.Attributes)}
	for _, p := range note.Parts {
		out.Parts = append(out.Parts, r.part(p))
	}
	return out
}

func (r *ruler) relations(d annot.Document, notes []corpus.RelationNote) []relationCell {
	at := positions(d.Entities)
	var out []relationCell
	for i, rel := range d.Relations {
		c := relationCell{Type: rel.Type, Meaning: orNull(rel.Meaning), Source: at[entityKey{rel.Source.Type, rel.Source.Span()}], Target: at[entityKey{rel.Target.Type, rel.Target.Span()}],
			Directed: rel.Directed, Score: rel.Score, Sentence: r.evidence(rel.Span)}
		if notes != nil {
			n := notes[i]
			c.ID, c.SourceRole, c.TargetRole = orNull(n.ID), orNull(n.Roles[0]), orNull(n.Roles[1])
			c.SourceConcept, c.TargetConcept, c.Attributes = orNull(n.Concepts[0]), orNull(n.Concepts[1]), attributeCells(n.Attributes)
		}
		out = append(out, c)
	}
	return out
}

func rowOfStandoff(s corpus.Standoff) documentRow {
	r := &ruler{text: s.Text}
	out := documentRow{ID: orNull(s.ID), Title: orNull(s.Title), Text: s.Text, Attributes: attributeCells(s.Attributes)}
	for i, e := range s.Entities {
		var note corpus.EntityNote
		if s.EntityNotes != nil {
			note = s.EntityNotes[i]
		}
		out.Entities = append(out.Entities, r.entity(e, note))
	}
	out.Relations = r.relations(s.Document, s.RelationNotes)
	at := positions(s.Entities)
	for i, e := range s.Events {
		t := r.part(e.Trigger)
		c := eventCell{Type: e.Type, Text: e.Text, Start: t.Start, End: t.End, CharStart: t.CharStart, CharEnd: t.CharEnd, Negated: e.Negated, Sentence: r.evidence(e.Span)}
		var note corpus.EventNote
		if s.EventNotes != nil {
			note = s.EventNotes[i]
			c.ID, c.Trigger, c.Attributes = orNull(note.ID), orNull(note.Trigger), attributeCells(note.Attributes)
		}
		for j, a := range e.Arguments {
			arg := argumentCell{Role: a.Role}
			if j < len(note.Arguments) && note.Arguments[j] >= 0 {
				k := int64(note.Arguments[j])
				arg.Event = &k
			} else if k, ok := at[entityKey{a.Entity.Type, a.Entity.Span()}]; ok {
				arg.Entity = &k
			}
			c.Arguments = append(c.Arguments, arg)
		}
		out.Events = append(out.Events, c)
	}
	for _, p := range s.Passages {
		c := r.part(p.Span)
		out.Passages = append(out.Passages, passageCell{p.Type, c.Start, c.End, c.CharStart, c.CharEnd, attributeCells(p.Attributes)})
	}
	for _, x := range s.Extras {
		c := extraCell{Kind: x.Kind, ID: orNull(x.ID), Type: orNull(x.Type), Text: orNull(x.Text), Concepts: x.Concepts, Attributes: attributeCells(x.Attributes)}
		for _, a := range x.Arguments {
			c.Arguments = append(c.Arguments, refCell{a.Role, a.Ref})
		}
		out.Extras = append(out.Extras, c)
	}
	return out
}

func rowOfChemProt(d corpus.ChemProtDocument) chemProtRow {
	r := &ruler{text: d.Text}
	out := chemProtRow{ID: orNull(d.ID), Title: orNull(d.Title), Text: d.Text}
	for i, e := range d.Entities {
		out.Entities = append(out.Entities, r.entity(e, corpus.EntityNote{ID: d.EntityIDs[i]}))
	}
	out.Relations = r.relations(d.Document, nil)
	for _, a := range d.Annotated {
		out.Annotated = append(out.Annotated, annotatedCell{a.Group, a.Name, a.Evaluated, int64(a.Source), int64(a.Target)})
	}
	return out
}

func rowOfDrugs(d corpus.DDIDocument) drugRow {
	r := &ruler{text: d.Text}
	out := drugRow{ID: orNull(d.ID), Text: d.Text}
	type drug struct {
		annot.Entity
		note corpus.EntityNote
		at   int // its number in the order of the sentences
	}
	var drugs []drug
	for i, s := range d.Sentences {
		c := r.part(s.Span)
		out.Sentences = append(out.Sentences, sentenceCell{s.ID, c.Start, c.End, c.CharStart, c.CharEnd})
		first := int64(len(drugs))
		for _, e := range s.Entities {
			note := corpus.EntityNote{ID: e.ID}
			if len(e.Parts) > 1 {
				note.Parts = e.Parts
			}
			drugs = append(drugs, drug{annot.Entity{Type: e.Type, Start: e.Span().Start, End: e.Span().End, Text: e.Text, Score: 1}, note, len(drugs)})
		}
		for _, p := range s.Pairs {
			out.Pairs = append(out.Pairs, drugPairCell{p.ID, int64(i), first + int64(p.Source), first + int64(p.Target), p.Label})
		}
	}
	slices.SortStableFunc(drugs, func(a, b drug) int { return cmp.Or(a.Start-b.Start, b.End-a.End) })
	sorted := d.Document
	sorted.Entities = nil
	rank := make([]int64, len(drugs))
	for k, e := range drugs {
		rank[e.at] = int64(k)
		sorted.Entities = append(sorted.Entities, e.Entity)
		out.Entities = append(out.Entities, r.entity(e.Entity, e.note))
	}
	for i := range out.Pairs {
		p := &out.Pairs[i]
		p.Source, p.Target = rank[p.Source], rank[p.Target]
	}
	out.Relations = r.relations(sorted, nil)
	return out
}

func rowOfCitation(a corpus.PubMedArticle) citationRow {
	out := citationRow{ID: a.PMID, Title: a.Title, Abstract: a.Abstract, Journal: orNull(a.Journal), ISO: orNull(a.ISO), Authors: a.Authors,
		DOI: orNull(a.DOI), Languages: a.Languages, Types: a.Types, Keywords: a.Keywords, Deleted: a.Deleted}
	if a.Year != 0 {
		y := int64(a.Year)
		out.Year = &y
	}
	r := &ruler{text: a.Abstract}
	at := 0
	for _, s := range a.Sections {
		i := strings.Index(a.Abstract[at:], s.Text)
		if i < 0 { // not part of the abstract
			continue
		}
		p := r.part(annot.Span{Start: at + i, End: at + i + len(s.Text)})
		at = int(p.End)
		out.Sections = append(out.Sections, sectionCell{orNull(s.Label), orNull(s.Category), p.Start, p.End, p.CharStart, p.CharEnd})
	}
	for _, m := range a.MeSH {
		out.MeSH = append(out.MeSH, meshCell{m.ID, m.Name, m.Major, m.Qualifiers})
	}
	return out
}

func rowOfPaper(p corpus.ArXivPaper) paperRow {
	out := paperRow{ID: p.ID, Title: p.Title, Abstract: p.Abstract, Categories: p.Categories, Authors: orNull(p.Authors), DOI: orNull(p.DOI),
		Journal: orNull(p.Journal), License: orNull(p.License), Updated: orNull(p.Updated), Published: orNull(p.Published)}
	for _, v := range p.Versions {
		out.Versions = append(out.Versions, versionCells{v.Version, v.Created})
	}
	return out
}
