package corpus

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// A Standoff is a document of a format that keeps annotations apart from the text, as BioC, PubTator and brat
// do. Beside what the library shares it has what only such files say: names of
// annotations, identifiers in databases, parts, remarks. The writers of these formats put them back.
//
// The trigger of an event is not among the entities, unless a relation or event names it, too. An argument that is an event is given as the entity of
// its trigger. The notes are in the order of what they belong to, and as many, or nil.
type Standoff struct {
	annot.Document
	EntityNotes   []EntityNote
	RelationNotes []RelationNote
	EventNotes    []EventNote
	Passages      []Passage         // of the text, in order; nil in formats that have none
	Extras        []Extra           // what has no place in Document
	Attributes    map[string]string // of the whole: infons of BioC
}

// An EntityNote is what a file says about an entity beyond annot.Entity.
type EntityNote struct {
	ID         string            // in the file: "T1"
	Parts      []annot.Span      // if it has several: in order, the first where the entity starts and the last where it ends
	Concepts   []string          // identifiers as the file writes them: "MESH:D003643"
	Attributes map[string]string // other infons, attributes ("" for those without a value), notes, columns
}

// A RelationNote is what a file says about a relation beyond annot.Relation.
type RelationNote struct {
	ID         string
	Roles      [2]string         // of source and target: "Arg1", "Arg2"
	Concepts   [2]string         // the two that are related, in formats that relate concepts, not mentions
	Attributes map[string]string // as in EntityNote
}

// An EventNote is what a file says about an event beyond annot.Event.
type EventNote struct {
	ID         string
	Trigger    string            // the identifier of its trigger; events may share one
	Arguments  []int             // for each argument the event in Document.Events that it is, or -1 for an entity
	Attributes map[string]string // as in EntityNote, those of the trigger included
}

// A Passage is a piece of a text, such as its title.
type Passage struct {
	Type       string // "title", "abstract", "paragraph" ...
	Span       annot.Span
	Attributes map[string]string // other infons
}

// An Extra is something a file says that has no place in a text: a concept of a whole document, a relation of more
// than two, one of things that the text does not mention.
type Extra struct {
	Kind       string // "annotation", "relation", "equivalence", "note"
	ID, Type   string
	Text       string
	Concepts   []string
	Arguments  []ExtraArgument
	Attributes map[string]string
}

// An ExtraArgument is an identifier in the file, or of a concept, in a role.
type ExtraArgument struct{ Role, Ref string }

// A Writable is what the writers take: documents, with or without what Standoff adds.
type Writable interface{ annot.Document | Standoff }

func asStandoff[D Writable](d D) Standoff {
	switch d := any(d).(type) {
	case Standoff:
		return d
	case annot.Document:
		return Standoff{Document: d}
	}
	panic("corpus: a Writable is one of two types")
}

// Documents returns the documents without what Standoff adds. They share their slices.
func Documents(docs []Standoff) []annot.Document {
	out := make([]annot.Document, len(docs))
	for i := range docs {
		out[i] = docs[i].Document
	}
	return out
}

// A draft is a Standoff in the making: annotations in the order of the file, which refer to each other by
// name, possibly before what they name.
type draft struct {
	Standoff
	marks     []mark
	index     map[string]int // key of a mark -> marks
	relations []draftRelation
	events    []draftEvent
	eventAt   map[string]int // key of an event -> events
}

// A mark is a piece of text with a type: an entity, or the trigger of events.
type mark struct {
	annot.Entity
	note    EntityNote
	trigger bool // of an event
	named   bool // by a relation, or as an argument
}

type draftRelation struct {
	annot.Relation // but for its ends and evidence
	note           RelationNote
	ends           [2]string // keys of marks or events
	line           int
}

type draftEvent struct {
	typ     string
	trigger string // key of a mark
	roles   []string
	refs    []string // keys of marks or events
	negated bool
	note    EventNote
	line    int
}

// addMark adds a piece of text, whose parts are in order and not empty. Its key is new, or "" if nothing refers to it.
func (d *draft) addMark(key, typ string, parts []annot.Span, score float64, note EntityNote) error {
	if typ == "" {
		return fmt.Errorf("annotation %q has no type", note.ID)
	}
	if key != "" {
		if _, twice := d.index[key]; twice {
			return fmt.Errorf("annotation %q occurs twice", note.ID)
		}
		d.setKey(key, len(d.marks))
	}
	start, end := parts[0].Start, parts[len(parts)-1].End
	if len(parts) > 1 {
		note.Parts = parts
	}
	d.marks = append(d.marks, mark{annot.Entity{Type: typ, Start: start, End: end, Text: d.Text[start:end], Score: score}, note, false, false})
	return nil
}

func (d *draft) setKey(key string, mark int) {
	if d.index == nil {
		d.index = map[string]int{}
	}
	d.index[key] = mark
}

func (d *draft) addEvent(key string, e draftEvent) error {
	if _, twice := d.eventAt[key]; twice {
		return fmt.Errorf("event %q occurs twice", e.note.ID)
	}
	if d.eventAt == nil {
		d.eventAt = map[string]int{}
	}
	d.eventAt[key] = len(d.events)
	d.events = append(d.events, e)
	return nil
}

// resolve returns what a key names; for an event its trigger and its place in events, else -1.
func (d *draft) resolve(key string) (annot.Entity, int, bool) {
	if i, ok := d.index[key]; ok {
		return d.marks[i].Entity, -1, true
	}
	i, ok := d.eventAt[key]
	if !ok {
		return annot.Entity{}, -1, false
	}
	e := d.marks[d.index[d.events[i].trigger]].Entity
	e.Type, e.Score = d.events[i].typ, 1
	return e, i, true
}

// finish sorts and joins what was added. Errors have the line of what they are about.
func (d *draft) finish() (Standoff, error) {
	for _, e := range d.events {
		i, ok := d.index[e.trigger]
		if !ok {
			return Standoff{}, &ParseError{Line: e.line, Err: fmt.Errorf("event %s: there is no annotation %q for its trigger", e.note.ID, e.trigger)}
		}
		d.marks[i].trigger = true
		for _, ref := range e.refs {
			if i, ok := d.index[ref]; ok {
				d.marks[i].named = true
			}
		}
	}
	for _, r := range d.relations {
		for _, ref := range r.ends {
			i, ok := d.index[ref]
			if e, event := d.eventAt[ref]; event && !ok {
				i, ok = d.index[d.events[e].trigger]
			}
			if ok {
				d.marks[i].named = true
			}
		}
	}
	var entities []mark
	for _, m := range d.marks {
		if !m.trigger || m.named {
			entities = append(entities, m)
		}
	}
	slices.SortStableFunc(entities, func(a, b mark) int { return byPosition(a.Entity, b.Entity) })
	for _, m := range entities {
		d.Entities = append(d.Entities, m.Entity)
		d.EntityNotes = append(d.EntityNotes, m.note)
	}
	sentences := d.Document.Sentences()
	if err := d.finishEvents(sentences); err != nil {
		return Standoff{}, err
	}
	if err := d.finishRelations(sentences); err != nil {
		return Standoff{}, err
	}
	return d.Standoff, nil
}

func (d *draft) finishEvents(sentences []annot.Span) error {
	order := make([]int, len(d.events)) // of the events by position
	for i := range order {
		order[i] = i
	}
	start := func(i int) int { return d.marks[d.index[d.events[i].trigger]].Start }
	slices.SortStableFunc(order, func(a, b int) int { return start(a) - start(b) })
	rank := make([]int, len(order))
	for i, o := range order {
		rank[o] = i
	}
	for _, o := range order {
		e := d.events[o]
		trigger := d.marks[d.index[e.trigger]]
		out := annot.Event{Type: e.typ, Trigger: trigger.Span(), Text: trigger.Text, Negated: e.negated}
		out.Span = evidence(sentences, out.Trigger, out.Trigger)
		for i, ref := range e.refs {
			arg, event, ok := d.resolve(ref)
			if !ok {
				return &ParseError{Line: e.line, Err: fmt.Errorf("event %s: there is no annotation or event %q", e.note.ID, ref)}
			}
			out.Arguments = append(out.Arguments, annot.Argument{Role: e.roles[i], Entity: arg})
			s := evidence(sentences, arg.Span(), arg.Span())
			out.Span = annot.Span{Start: min(out.Span.Start, s.Start), End: max(out.Span.End, s.End)}
			if event >= 0 {
				event = rank[event]
			}
			e.note.Arguments = append(e.note.Arguments, event)
		}
		out.Sentence = d.Text[out.Span.Start:out.Span.End]
		e.note.Trigger = trigger.note.ID
		if trigger.Score != 1 {
			setDefault(&e.note.Attributes, infonScore, strconv.FormatFloat(trigger.Score, 'g', -1, 64))
		}
		for k, v := range trigger.note.Attributes {
			setDefault(&e.note.Attributes, k, v)
		}
		d.Events, d.EventNotes = append(d.Events, out), append(d.EventNotes, e.note)
	}
	return nil
}

func (d *draft) finishRelations(sentences []annot.Span) error {
	for i := range d.relations {
		r := &d.relations[i]
		for k, ref := range r.ends {
			e, event, ok := d.resolve(ref)
			if event >= 0 { // the entity of its trigger
				e = d.marks[d.index[d.events[event].trigger]].Entity
			}
			if !ok {
				return &ParseError{Line: r.line, Err: fmt.Errorf("relation %s: there is no annotation or event %q", r.note.ID, ref)}
			}
			if k == 0 {
				r.Source = e
			} else {
				r.Target = e
			}
		}
		r.Span = evidence(sentences, r.Source.Span(), r.Target.Span())
		r.Sentence = d.Text[r.Span.Start:r.Span.End]
	}
	slices.SortStableFunc(d.relations, func(a, b draftRelation) int { return relationsByPosition(a.Relation, b.Relation) })
	for _, r := range d.relations {
		d.Relations, d.RelationNotes = append(d.Relations, r.Relation), append(d.RelationNotes, r.note)
	}
	return nil
}

// setDefault sets m[k], unless it is set.
func setDefault(m *map[string]string, k, v string) {
	if *m == nil {
		*m = map[string]string{}
	}
	if _, ok := (*m)[k]; !ok {
		(*m)[k] = v
	}
}

// sameText reports whether a file's copy of a piece of text is that piece, any white space being equal to any
// other, since most formats cannot hold all of it.
func sameText(a, b string) bool {
	if a == b {
		return true
	}
	space := func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		return r
	}
	return strings.Map(space, a) == strings.Map(space, b)
}

// checkText compares the text at the offsets of an annotation with the text that the annotation gives. first is the
// number that the file gives for where it starts, counted from base, which is a byte of text.
func checkText(text string, at annot.Span, copied string, base, first int) error {
	have := text[at.Start:at.End]
	if sameText(have, copied) {
		return nil
	}
	hint := ""
	if i := base + first; i >= 0 && i+len(copied) <= len(text) && text[i:i+len(copied)] == copied {
		hint = " (the offsets seem to count bytes; they must count characters)"
	}
	return fmt.Errorf("it is %s, but its offsets are those of %s%s", excerpt(copied), excerpt(have), hint)
}

// oneLine returns s with a blank for each character that ends a line or a column, so that offsets stay.
func oneLine(s string) string { return blanks.Replace(s) }

var blanks = strings.NewReplacer("\n", " ", "\r", " ", "\t", " ")

// A charCounter counts characters of a text up to bytes of it.
type charCounter struct {
	text       string
	byte, char int // the last answer
}

// at returns how many characters come before byte i.
func (c *charCounter) at(i int) int {
	if i < c.byte {
		c.char -= utf8.RuneCountInString(c.text[i:c.byte])
	} else {
		c.char += utf8.RuneCountInString(c.text[c.byte:i])
	}
	c.byte = i
	return c.char
}

// checkWritable refuses documents whose offsets or bytes no file can hold; i is the number of the document.
func checkWritable(i int, d Standoff) error {
	fail := func(err error) error {
		return fmt.Errorf("corpus: document %d (%q): %w", i, d.ID, err)
	}
	if !utf8.ValidString(d.Text) || !utf8.ValidString(d.Title) || !utf8.ValidString(d.ID) {
		return fail(fmt.Errorf("the text, title or identifier is not UTF-8"))
	}
	all := annot.Document{Text: d.Text, Entities: slices.Clone(d.Entities)}
	for _, r := range d.Relations {
		all.Entities = append(all.Entities, r.Source, r.Target)
	}
	for _, e := range d.Events {
		all.Entities = append(all.Entities, annot.Entity{Type: e.Type, Text: e.Text, Start: e.Trigger.Start, End: e.Trigger.End})
		for _, a := range e.Arguments {
			all.Entities = append(all.Entities, a.Entity)
		}
	}
	if err := all.Check(); err != nil {
		return fail(err)
	}
	for _, e := range all.Entities {
		if e.Type == "" || !utf8.ValidString(e.Type) {
			return fail(fmt.Errorf("the entity at byte %d has no type, or one that is not UTF-8: %q", e.Start, e.Type))
		}
	}
	for _, r := range d.Relations {
		if r.Type == "" || !utf8.ValidString(r.Type) {
			return fail(fmt.Errorf("a relation has no type, or one that is not UTF-8: %q", r.Type))
		}
	}
	for _, n := range []struct {
		what        string
		notes, want int
	}{{"entities", len(d.EntityNotes), len(d.Entities)}, {"relations", len(d.RelationNotes), len(d.Relations)}, {"events", len(d.EventNotes), len(d.Events)}} {
		if n.notes != 0 && n.notes != n.want {
			return fail(fmt.Errorf("%d notes of %d %s", n.notes, n.want, n.what))
		}
	}
	for k, n := range d.EntityNotes {
		last := d.Entities[k].Start
		for _, p := range n.Parts {
			if p.Start < last || p.End > d.Entities[k].End {
				return fail(fmt.Errorf("the parts of the entity at byte %d are not in order, or not in it", d.Entities[k].Start))
			}
			last = p.End
		}
		all.Entities = all.Entities[:0]
		for _, p := range n.Parts {
			all.Entities = append(all.Entities, annot.Entity{Text: d.Entities[k].Text, Start: p.Start, End: p.End})
		}
		if err := all.Check(); err != nil {
			return fail(err)
		}
	}
	for k, n := range d.EventNotes {
		for _, a := range n.Arguments {
			if len(n.Arguments) != len(d.Events[k].Arguments) || a < -1 || a >= len(d.Events) {
				return fail(fmt.Errorf("the note of event %d does not fit its arguments", k))
			}
		}
	}
	return nil
}

// note returns the note of one of several things, or none.
func note[N any](notes []N, i int) N {
	if i < len(notes) {
		return notes[i]
	}
	var none N
	return none
}

// titleAndRest cuts a text into its title and what follows, in formats that keep them apart. A text that does not begin with the
// title and a blank or line break follows it as a whole; start is the byte of the text that rest begins with.
func titleAndRest(d annot.Document) (title, rest string, start int) {
	after, ok := strings.CutPrefix(d.Text, d.Title)
	switch {
	case d.Title == "" || !ok:
		return d.Title, d.Text, 0
	case after == "":
		return d.Title, "", len(d.Text)
	case len(after) > 1 && strings.IndexByte(" \n\r\t", after[0]) >= 0:
		return d.Title, after[1:], len(d.Title) + 1
	}
	return d.Title, d.Text, 0
}
