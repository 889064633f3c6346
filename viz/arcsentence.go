package viz

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// An arcSentence is a part of a document with what is drawn over it.
type arcSentence struct {
	annot.Span
	text        string
	first, last int       // sentences of the document that it is made of
	marks       []arcMark // sorted by start, then by descending end
	arcs        []arc
	events      []arcEvent
}

// An arcMark is an entity, or the word that tells of an event.
type arcMark struct {
	annot.Span
	typ              string
	trigger, negated bool
}

// An arc goes from one mark of a sentence to another.
type arc struct {
	from, to     int
	typ, meaning string
	directed     bool
	score        float64
	event        int // of the sentence, or -1 for a relation
}

// An arcEvent is an event without its arguments.
type arcEvent struct {
	typ     string
	negated bool
	mark    int
	text    string
}

// arcSentences parts doc into sentences, joined where a relation or an event reaches over a border.
func arcSentences(doc annot.Document) ([]arcSentence, error) {
	if err := doc.Check(); err != nil {
		return nil, fmt.Errorf("viz: document %q: %w", doc.ID, err)
	}
	fits := func(what string, i int, s annot.Span) error {
		if s.Start < 0 || s.Start >= s.End || s.End > len(doc.Text) || !runeStart(doc.Text, s.Start) || !runeStart(doc.Text, s.End) {
			return fmt.Errorf("viz: document %q: %s %d has bytes %d to %d of a text of %d", doc.ID, what, i, s.Start, s.End, len(doc.Text))
		}
		return nil
	}
	var extents []annot.Span // of relations and events
	for i, r := range doc.Relations {
		if err := cmp.Or(fits("the source of relation", i, r.Source.Span()), fits("the target of relation", i, r.Target.Span())); err != nil {
			return nil, err
		}
		extents = append(extents, cover(r.Source.Span(), r.Target.Span()))
	}
	for i, e := range doc.Events {
		if err := fits("the trigger of event", i, e.Trigger); err != nil {
			return nil, err
		}
		extent := e.Trigger
		for _, a := range e.Arguments {
			if err := fits("an argument of event", i, a.Entity.Span()); err != nil {
				return nil, err
			}
			extent = cover(extent, a.Entity.Span())
		}
		extents = append(extents, extent)
	}
	all := joinSentences(doc, extents)
	at := func(s annot.Span) *arcSentence {
		i := sort.Search(len(all), func(i int) bool { return all[i].End > s.Start })
		i = min(i, len(all)-1)
		return &all[i]
	}
	for _, e := range doc.Entities {
		at(e.Span()).add(arcMark{Span: e.Span(), typ: e.Type})
	}
	for _, r := range doc.Relations {
		s := at(r.Source.Span())
		s.add(arcMark{Span: r.Source.Span(), typ: r.Source.Type})
		s.add(arcMark{Span: r.Target.Span(), typ: r.Target.Type})
	}
	trigger := func(e annot.Event) arcMark {
		return arcMark{Span: e.Trigger, typ: e.Type, trigger: true, negated: e.Negated}
	}
	for _, e := range doc.Events {
		at(e.Trigger).add(trigger(e))
	}
	for _, e := range doc.Events {
		s := at(e.Trigger)
		for _, a := range e.Arguments {
			if s.find(a.Entity.Span(), a.Entity.Type) < 0 {
				s.add(arcMark{Span: a.Entity.Span(), typ: a.Entity.Type})
			}
		}
	}
	for i := range all {
		all[i].text = doc.Text[all[i].Start:all[i].End]
		slices.SortStableFunc(all[i].marks, func(a, b arcMark) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End)) })
	}
	for _, r := range doc.Relations {
		s := at(r.Source.Span())
		s.arcs = append(s.arcs, arc{s.find(r.Source.Span(), r.Source.Type), s.find(r.Target.Span(), r.Target.Type), r.Type, r.Meaning, r.Directed, r.Score, -1})
	}
	for _, e := range doc.Events {
		s := at(e.Trigger)
		from := slices.Index(s.marks, trigger(e))
		s.events = append(s.events, arcEvent{e.Type, e.Negated, from, doc.Text[e.Trigger.Start:e.Trigger.End]})
		for _, a := range e.Arguments {
			next := arc{from, s.find(a.Entity.Span(), a.Entity.Type), a.Role, "", true, 0, len(s.events) - 1}
			// Events of one word that share a part share its arc.
			if !slices.ContainsFunc(s.arcs, same(next)) {
				s.arcs = append(s.arcs, next)
			}
		}
	}
	return all, nil
}

// same returns a function that reports whether an arc of an event looks like a.
func same(a arc) func(arc) bool {
	return func(b arc) bool { return b.event >= 0 && b.from == a.from && b.to == a.to && b.typ == a.typ }
}

func cover(a, b annot.Span) annot.Span {
	return annot.Span{Start: min(a.Start, b.Start), End: max(a.End, b.End)}
}

func joinSentences(doc annot.Document, extents []annot.Span) []arcSentence {
	slices.SortFunc(extents, func(a, b annot.Span) int { return cmp.Compare(a.Start, b.Start) })
	var all []arcSentence
	reach := 0 // end of the extents that start before the end of the last sentence
	for i, s := range doc.Sentences() {
		if n := len(all); n > 0 && reach > s.Start {
			all[n-1].End, all[n-1].last = s.End, i
		} else {
			all = append(all, arcSentence{Span: s, first: i, last: i})
		}
		for len(extents) > 0 && extents[0].Start < s.End {
			reach = max(reach, extents[0].End)
			extents = extents[1:]
		}
	}
	if len(all) == 0 && doc.Text != "" { // white space alone, which something marks
		all = []arcSentence{{Span: annot.Span{End: len(doc.Text)}}}
	}
	return all
}

// add adds a mark once, and makes room for one that lies outside of the sentence.
func (s *arcSentence) add(m arcMark) {
	s.Start, s.End = min(s.Start, m.Start), max(s.End, m.End)
	if !slices.Contains(s.marks, m) {
		s.marks = append(s.marks, m)
	}
}

// find returns the mark that has a place and a type, which may be another event, or -1.
func (s *arcSentence) find(at annot.Span, typ string) int {
	return slices.IndexFunc(s.marks, func(m arcMark) bool { return m.Span == at && m.typ == typ })
}

// An arcRow is a row of the table: a relation, an argument of an event, or an event without arguments.
type arcRow struct {
	from, sign, to, label string
	score                 float64
	arc                   int // or -1
	mark                  int // of an event without arguments
}

func (r arcRow) scoreText() string {
	if r.score == 0 {
		return ""
	}
	return fmt.Sprintf(", %.2f", r.score)
}

// inWords writes a type as words: Positive_regulation.
func inWords(typ string) string { return strings.ReplaceAll(typ, "_", " ") }

func (e arcEvent) name() string {
	if e.negated {
		return "not " + inWords(e.typ)
	}
	return inWords(e.typ)
}
