package events

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// A Class says which part the entities of a type may play.
type Class uint8

// The classes of entities.
const (
	None     Class = iota // takes no part: cells, and types that are not known
	Protein               // proteins, and genes where they stand for their products
	DNA                   // genes, promoters and other regions
	RNA                   // transcripts
	Chemical              // chemicals and drugs
)

// classes has the types of the models that come with the library, in small letters.
var classes = map[string]Class{
	"protein": Protein, "gene": Protein, "gene-y": Protein, "gene-n": Protein, "gene_or_gene_product": Protein,
	"dna": DNA, "rna": RNA,
	"chemical": Chemical, "drug": Chemical, "brand": Chemical, "group": Chemical, "drug_n": Chemical, "simple_chemical": Chemical,
}

// An Option changes what Extract finds.
type Option func(*config)

type config struct {
	classes map[string]Class
	types   []string
}

// WithClass says which part entities of a type play, case aside. By default proteins, genes, DNA, RNA,
// chemicals and drugs have theirs, under the names of the models that come with the library, and
// all other types have None.
func WithClass(entityType string, class Class) Option {
	return func(c *config) { c.classes[strings.ToLower(entityType)] = class }
}

// WithTypes keeps only events of these types; without it all are kept.
func WithTypes(types ...string) Option {
	return func(c *config) { c.types = append(c.types, types...) }
}

func newConfig(options []Option) *config {
	c := &config{classes: make(map[string]Class)}
	for _, o := range options {
		o(c)
	}
	return c
}

func (c *config) class(entityType string) Class {
	t := strings.ToLower(entityType)
	if class, ok := c.classes[t]; ok {
		return class
	}
	return classes[t]
}

// Extract returns the documents with the events that their sentences tell of the entities, in place
// of those they had. The documents themselves are left as they are; the results share their entities and relations. Entities whose
// offsets do not fit the text take no part. It does not fail, and equal input gives equal output.
func Extract(docs []annot.Document, options ...Option) []annot.Document {
	c := newConfig(options)
	out := slices.Clone(docs)
	for i := range out {
		out[i].Events = c.document(docs[i])
	}
	return out
}

// Document returns the events of one document, sorted by the start of the trigger and then by type and arguments.
func Document(doc annot.Document, options ...Option) []annot.Event {
	return newConfig(options).document(doc)
}

func (c *config) document(doc annot.Document) []annot.Event {
	var entities []annot.Entity
	for _, e := range doc.Entities {
		if (annot.Document{Text: doc.Text, Entities: []annot.Entity{e}}).Check() == nil {
			entities = append(entities, e)
		}
	}
	slices.SortStableFunc(entities, func(a, b annot.Entity) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End))
	})
	relations := slices.Clone(doc.Relations)
	slices.SortStableFunc(relations, func(a, b annot.Relation) int { return cmp.Compare(a.Source.Start, b.Source.Start) })
	var events []annot.Event
	next := 0
	for _, sentence := range doc.Sentences() {
		var mentions []int
		mentions, next = outermost(entities, next, sentence)
		of := 0
		for of < len(relations) && relations[of].Source.Start < sentence.End {
			of++
		}
		told := relations[:of]
		relations = relations[of:]
		if !slices.ContainsFunc(mentions, func(i int) bool { return c.class(entities[i].Type) != None }) {
			continue
		}
		r := &reader{config: c, doc: doc, entities: entities, relations: told, sentence: sentence}
		for _, seq := range tokenize(doc.Text, sentence, entities, mentions) {
			p := &parser{reader: r, tokens: smooth(seq)}
			r.triggers = append(r.triggers, p.tokens...)
			p.clauses()
		}
		r.complete()
		events = append(events, r.events...)
	}
	slices.SortStableFunc(events, compareEvents)
	return slices.CompactFunc(events, func(a, b annot.Event) bool { return compareEvents(a, b) == 0 })
}

func compareEvents(a, b annot.Event) int {
	return cmp.Or(cmp.Compare(a.Trigger.Start, b.Trigger.Start), cmp.Compare(a.Trigger.End, b.Trigger.End), cmp.Compare(a.Type, b.Type),
		slices.CompareFunc(a.Arguments, b.Arguments, func(x, y annot.Argument) int {
			return cmp.Or(cmp.Compare(x.Entity.Start, y.Entity.Start), cmp.Compare(x.Entity.End, y.Entity.End), cmp.Compare(x.Entity.Type, y.Entity.Type), cmp.Compare(y.Role, x.Role))
		}))
}

// A reader collects the events of a sentence.
type reader struct {
	*config
	doc       annot.Document
	entities  []annot.Entity   // of the document, sorted
	relations []annot.Relation // of the sentence
	sentence  annot.Span
	triggers  []token
	events    []annot.Event
}

func (r *reader) classOf(entity int) Class { return r.class(r.entities[entity].Type) }

// takesTheme reports whether events of a type happen to entities of a class.
func takesTheme(event string, c Class) bool {
	switch event {
	case Regulation, PositiveRegulation, NegativeRegulation, Binding:
		return c != None
	case GeneExpression, Transcription:
		return c == Protein || c == DNA || c == RNA
	case ProteinCatabolism, Localization:
		return c == Protein || c == RNA
	case Methylation, Demethylation:
		return c == Protein || c == DNA
	}
	return c == Protein
}

// takesCause reports whether entities of a class bring about events of a type.
func takesCause(event string, c Class) bool {
	switch event {
	case Regulation, PositiveRegulation, NegativeRegulation:
		return c != None
	case GeneExpression, Transcription, ProteinCatabolism, Localization, Binding:
		return false
	}
	return c == Protein
}

// emit adds an event for each theme and cause.
func (p *parser) emit(at int, e *entry, themes, causes []argument, negated bool) {
	r := p.reader
	fitting := causes[:0:0]
	for _, c := range causes {
		if takesCause(e.event, r.classOf(c.entity)) {
			fitting = append(fitting, c)
		}
	}
	for _, t := range themes {
		if !takesTheme(e.event, r.classOf(t.entity)) {
			continue
		}
		alone := true
		for _, c := range fitting {
			if c.entity != t.entity {
				r.event(p.tokens[at], e.event, negated || t.negated || c.negated, role{annot.Theme, t.entity}, role{annot.Cause, c.entity})
				alone = false
			}
		}
		if alone {
			r.event(p.tokens[at], e.event, negated || t.negated, role{annot.Theme, t.entity})
		}
	}
}

// bind adds a binding of each of one side to each of the other. Without another side, those of a symmetric
// trigger bind each other.
func (p *parser) bind(at int, e *entry, one, other []argument, negated bool) {
	r := p.reader
	fits := func(args []argument) []argument {
		return slices.DeleteFunc(slices.Clone(args), func(a argument) bool { return !takesTheme(Binding, r.classOf(a.entity)) })
	}
	one, other = fits(one), fits(other)
	t := p.tokens[at]
	pair := func(a, b argument) {
		if a.entity != b.entity {
			r.event(t, Binding, negated || a.negated || b.negated, role{annot.Theme, a.entity}, role{annot.Theme, b.entity})
		}
	}
	switch {
	case len(one) > 0 && len(other) > 0:
		for _, a := range one {
			for _, b := range other {
				pair(a, b)
			}
		}
	case len(one) > 1 && e.frame&symmetric != 0:
		for i, a := range one {
			for _, b := range one[i+1:] {
				pair(a, b)
			}
		}
	case e.frame&paired == 0:
		for _, a := range append(one, other...) {
			r.event(t, Binding, negated || a.negated, role{annot.Theme, a.entity})
		}
	}
}

type role struct {
	name   string
	entity int
}

func (r *reader) event(t token, typ string, negated bool, args ...role) {
	if len(r.types) > 0 && !slices.Contains(r.types, typ) {
		return
	}
	e := annot.Event{Type: typ, Trigger: t.at, Text: r.doc.Text[t.at.Start:t.at.End], Negated: negated,
		Span: r.sentence, Sentence: r.doc.Text[r.sentence.Start:r.sentence.End]}
	for _, a := range args {
		e.Arguments = append(e.Arguments, annot.Argument{Role: a.name, Entity: r.entities[a.entity]})
	}
	r.events = append(r.events, e)
}
