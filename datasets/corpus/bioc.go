package corpus

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// maxBioC is the longest document that the readers of BioC take, in bytes of the file; full texts have some megabytes.
const maxBioC = 16 << 20

// maxOffset is the largest offset or length that is believed.
const maxOffset = 1 << 30

// What BioC (Comeau et al., BioC: a minimalist approach to interoperability for biomedical text processing,
// Database 2013, bat064) has of a document, in JSON and in XML.
type (
	biocDocument struct {
		ID          biocText         `json:"id"`
		Infons      biocInfons       `json:"infons"`
		Passages    []biocPassage    `json:"passages"`
		Annotations []biocAnnotation `json:"annotations"`
		Relations   []biocRelation   `json:"relations"`
		line        int
	}
	// A biocPassage is a passage, or a sentence of one.
	biocPassage struct {
		Offset      int              `json:"offset"`
		Infons      biocInfons       `json:"infons"`
		Text        string           `json:"text"`
		Sentences   []biocPassage    `json:"sentences"`
		Annotations []biocAnnotation `json:"annotations"`
		Relations   []biocRelation   `json:"relations"`
		line        int
	}
	biocAnnotation struct {
		ID        biocText       `json:"id"`
		Infons    biocInfons     `json:"infons"`
		Text      string         `json:"text"`
		Locations []biocLocation `json:"locations"`
		line      int
	}
	biocLocation struct {
		Offset int `json:"offset"`
		Length int `json:"length"`
	}
	biocRelation struct {
		ID     biocText   `json:"id"`
		Infons biocInfons `json:"infons"`
		Nodes  []biocNode `json:"nodes"`
		line   int
	}
	biocNode struct {
		RefID biocText `json:"refid"`
		Role  biocText `json:"role"`
	}
	biocText   string
	biocInfons map[string]string
)

// Infons that say what annot has a place for.
const (
	infonType     = "type"
	infonConcept  = "identifier"
	infonScore    = "score"
	infonMeaning  = "meaning"
	infonDirected = "directed"
	infonNegated  = "negated"
	infonTrue     = "true"
	roleTrigger   = "Trigger"
)

// A biocSegment is a piece of text with an offset of its own.
type biocSegment struct {
	offset, chars int // in the file, in characters
	start         int // in the text, in characters
}

type biocReader struct {
	d        draft
	text     strings.Builder
	count    int // characters of text
	segments []biocSegment
	chars    []int
	names    map[string][]string // identifier -> keys of annotations and events with it
	concepts []conceptRelation
}

// standoff puts a document together. line is what errors have that know no better.
func (b *biocDocument) standoff() (Standoff, error) {
	r := biocReader{names: map[string][]string{}}
	s, err := r.read(b)
	if err == nil {
		return s, nil
	}
	var p *ParseError
	if !errors.As(err, &p) {
		p = &ParseError{Line: b.line, Err: err}
	}
	if p.Line == 0 {
		p.Line = b.line
	}
	p.Err = fmt.Errorf("document %q: %w", string(b.ID), p.Err)
	return Standoff{}, p
}

func (r *biocReader) read(b *biocDocument) (Standoff, error) {
	r.d.ID = string(b.ID)
	r.d.Attributes = maps.Clone(b.Infons)
	for i := range b.Passages {
		if err := r.addText(b.Passages, i); err != nil {
			return Standoff{}, err
		}
	}
	r.d.Text = r.text.String()
	r.chars = charOffsets(nil, r.d.Text)
	if !utf8.ValidString(r.d.Text) {
		return Standoff{}, errors.New("invalid UTF-8 in the text")
	}
	// All annotations come before the relations, which may refer to any of them.
	err := r.eachScope(b, func(scope string, annotations []biocAnnotation, _ []biocRelation) error {
		for _, a := range annotations {
			if err := r.annotation(scope, a); err != nil {
				return &ParseError{Line: a.line, Err: fmt.Errorf("annotation %q: %w", string(a.ID), err)}
			}
		}
		return nil
	})
	if err != nil {
		return Standoff{}, err
	}
	var rest []biocScoped
	err = r.eachScope(b, func(scope string, _ []biocAnnotation, relations []biocRelation) error {
		for _, rel := range relations {
			if !slices.ContainsFunc(rel.Nodes, isTrigger) {
				rest = append(rest, biocScoped{scope, rel})
				continue
			}
			key := scope + "/" + string(rel.ID)
			r.names[string(rel.ID)] = append(r.names[string(rel.ID)], key)
			if err := r.d.addEvent(key, draftEvent{line: rel.line}); err != nil {
				return &ParseError{Line: rel.line, Err: fmt.Errorf("relation %q occurs twice", string(rel.ID))}
			}
			rest = append(rest, biocScoped{scope, rel})
		}
		return nil
	})
	if err != nil {
		return Standoff{}, err
	}
	for _, rel := range rest {
		if err := r.relation(rel.scope, rel.biocRelation); err != nil {
			return Standoff{}, &ParseError{Line: rel.line, Err: fmt.Errorf("relation %q: %w", string(rel.ID), err)}
		}
	}
	r.d.relateConcepts(r.concepts)
	return r.d.finish()
}

type biocScoped struct {
	scope string
	biocRelation
}

func isTrigger(n biocNode) bool { return strings.EqualFold(string(n.Role), roleTrigger) }

// eachScope calls f for what may hold annotations: the document, its passages, their sentences. The scope of a passage begins
// with that of its document and so on.
func (r *biocReader) eachScope(b *biocDocument, f func(scope string, annotations []biocAnnotation, relations []biocRelation) error) error {
	if err := f("", b.Annotations, b.Relations); err != nil {
		return err
	}
	for i, p := range b.Passages {
		scope := "/" + strconv.Itoa(i)
		if err := f(scope, p.Annotations, p.Relations); err != nil {
			return err
		}
		for j, s := range p.Sentences {
			if err := f(scope+"/"+strconv.Itoa(j), s.Annotations, s.Relations); err != nil {
				return err
			}
		}
	}
	return nil
}

// addText adds passage i.
func (r *biocReader) addText(passages []biocPassage, i int) error {
	p := passages[i]
	pieces := []biocPassage{p}
	if p.Text == "" && len(p.Sentences) > 0 {
		pieces = p.Sentences
	}
	var start int
	for k, s := range pieces {
		before := 0 // where the last segment ended in the file
		if n := len(r.segments); n > 0 {
			before = r.segments[n-1].offset + r.segments[n-1].chars
		}
		if s.Offset < before || s.Offset > maxOffset {
			return &ParseError{Line: s.line, Err: fmt.Errorf("a passage or sentence at offset %d (want %d or more, where the one before ends)", s.Offset, before)}
		}
		separator := ""
		switch last, _ := utf8.DecodeLastRuneInString(r.text.String()); {
		case s.Text == "" || r.count == 0:
		case k > 0 && !unicode.IsSpace(last):
			separator = " "
		case k > 0:
		case s.Offset-before != 2 && i == 1 && (len(passages) == 2 || strings.EqualFold(p.Infons[infonType], "abstract")):
			separator = " "
		default:
			separator = "\n\n"
		}
		r.text.WriteString(separator)
		r.count += len(separator)
		if k == 0 {
			start = r.text.Len()
		}
		n := utf8.RuneCountInString(s.Text)
		r.segments = append(r.segments, biocSegment{s.Offset, n, r.count})
		r.text.WriteString(s.Text)
		r.count += n
	}
	out := Passage{Type: p.Infons[infonType], Span: annot.Span{Start: start, End: r.text.Len()}, Attributes: without(p.Infons, infonType)}
	if isTitle(out) && i == 0 {
		r.d.Title = r.text.String()[start:]
	}
	r.d.Passages = append(r.d.Passages, out)
	return nil
}

// isTitle reports whether a passage is the title of its document, as PubTator's files have it, or PMC's.
func isTitle(p Passage) bool {
	return strings.EqualFold(p.Type, "title") || strings.EqualFold(p.Attributes["section_type"], "TITLE")
}

// without returns a copy of m but for some keys, nil if that is empty.
func without(m map[string]string, keys ...string) map[string]string {
	var out map[string]string
	for k, v := range m {
		if !slices.Contains(keys, k) {
			setDefault(&out, k, v)
		}
	}
	return out
}

// place returns where a character of the file is in the text, in characters.
func (r *biocReader) place(offset int) (int, error) {
	i := segmentAt(r.segments, offset)
	if i < 0 || offset < 0 {
		return 0, fmt.Errorf("there is no text at offset %d", offset)
	}
	s := r.segments[i]
	if offset >= s.offset+s.chars {
		return 0, fmt.Errorf("there is no text at offset %d (the passage before ends at %d)", offset, s.offset+s.chars)
	}
	return s.start + offset - s.offset, nil
}

// segmentAt returns the last segment that is not empty and begins at an offset or before it, or -1.
func segmentAt(segments []biocSegment, offset int) int {
	i, _ := slices.BinarySearchFunc(segments, offset+1, func(s biocSegment, o int) int { return cmp.Compare(s.offset, o) })
	for i--; i >= 0 && segments[i].chars == 0; i-- {
	}
	return i
}

func (r *biocReader) annotation(scope string, a biocAnnotation) error {
	typ := a.Infons[infonType]
	n := EntityNote{ID: string(a.ID), Attributes: without(a.Infons, infonType, infonConcept)}
	if c := a.Infons[infonConcept]; c != "" && c != "-" {
		n.Concepts = []string{c}
	}
	score := takeScore(&n.Attributes)
	locations := slices.DeleteFunc(slices.Clone(a.Locations), func(l biocLocation) bool { return l.Length == 0 })
	if len(locations) == 0 {
		if n.Attributes != nil || score != 1 {
			n.Attributes = without(a.Infons, infonType, infonConcept)
		}
		r.d.Extras = append(r.d.Extras, Extra{Kind: "annotation", ID: n.ID, Type: typ, Text: a.Text, Concepts: n.Concepts, Attributes: n.Attributes})
		return nil
	}
	slices.SortStableFunc(locations, func(a, b biocLocation) int { return cmp.Compare(a.Offset, b.Offset) })
	var parts []annot.Span
	for _, l := range locations {
		if l.Length < 0 || l.Offset < 0 || l.Length > maxOffset || l.Offset > maxOffset {
			return fmt.Errorf("offset %d, length %d", l.Offset, l.Length)
		}
		first, err := r.place(l.Offset)
		last := 0
		if err == nil {
			last, err = r.place(l.Offset + l.Length - 1)
		}
		if err != nil {
			return err
		}
		span := annot.Span{Start: r.chars[first], End: r.chars[last+1]}
		if k := len(parts); k > 0 && span.Start < parts[k-1].End {
			return errors.New("its locations overlap")
		}
		parts = append(parts, span)
	}
	if len(parts) == 1 && a.Text != "" {
		l := locations[0]
		s := r.segments[segmentAt(r.segments, l.Offset)]
		if err := checkText(r.d.Text, parts[0], a.Text, r.chars[s.start]-s.offset, l.Offset); err != nil {
			return err
		}
	}
	key := ""
	if n.ID != "" {
		key = scope + "/" + n.ID
		r.names[n.ID] = append(r.names[n.ID], key)
	}
	return r.d.addMark(key, typ, parts, score, n)
}

// takeScore removes the score from infons, if it is one.
func takeScore(infons *map[string]string) float64 {
	v, ok := (*infons)[infonScore]
	if !ok {
		return 1
	}
	score, err := strconv.ParseFloat(v, 64)
	if err != nil || !(score >= 0 && score <= 1) {
		return 1
	}
	*infons = without(*infons, infonScore)
	return score
}

// find returns the key of what a relation refers to: what its scope has under this name, or one that has it, or the document
// as a whole if that is one thing. "" says that nothing has the name.
func (r *biocReader) find(scope, id string) (string, error) {
	keys := r.names[id]
	for {
		key := scope + "/" + id
		_, isMark := r.d.index[key]
		if _, isEvent := r.d.eventAt[key]; isMark || isEvent {
			return key, nil
		}
		if scope == "" {
			break
		}
		scope = scope[:strings.LastIndexByte(scope, '/')]
	}
	switch len(keys) {
	case 0:
		return "", nil
	case 1:
		return keys[0], nil
	}
	return "", fmt.Errorf("several passages have a %q", id)
}

func (r *biocReader) relation(scope string, rel biocRelation) error {
	typ := cmp.Or(rel.Infons[infonType], rel.Infons["relation"])
	keys := make([]string, len(rel.Nodes))
	known := true
	for i, n := range rel.Nodes {
		var err error
		if keys[i], err = r.find(scope, string(n.RefID)); err != nil {
			return err
		}
		known = known && keys[i] != ""
	}
	if slices.ContainsFunc(rel.Nodes, isTrigger) {
		return r.event(scope, typ, rel, keys)
	}
	attributes := without(rel.Infons, infonType)
	if typ != rel.Infons[infonType] {
		attributes = without(attributes, "relation")
	}
	n := RelationNote{ID: string(rel.ID), Attributes: attributes}
	out := annot.Relation{Type: typ}
	related := func() {
		out.Score = takeScore(&n.Attributes)
		out.Meaning, out.Directed = n.Attributes[infonMeaning], n.Attributes[infonDirected] == infonTrue
		n.Attributes = without(n.Attributes, infonMeaning)
		if out.Directed {
			n.Attributes = without(n.Attributes, infonDirected)
		}
	}
	if a, b, named := relatedConcepts(rel.Infons); named {
		n.Concepts = [2]string{a, b}
		n.Attributes = without(n.Attributes, "entity1", "entity2")
	}
	switch {
	case typ != "" && known && len(keys) == 2 && keys[0] != keys[1]:
		related()
		n.Roles = [2]string{string(rel.Nodes[0].Role), string(rel.Nodes[1].Role)}
		r.d.relations = append(r.d.relations, draftRelation{out, n, [2]string(keys), rel.line})
	case typ != "" && n.Concepts[0] != "" && n.Concepts[1] != "":
		related()
		r.concepts = append(r.concepts, conceptRelation{out, n})
	default:
		x := Extra{Kind: "relation", ID: n.ID, Type: typ, Attributes: attributes}
		for _, node := range rel.Nodes {
			x.Arguments = append(x.Arguments, ExtraArgument{string(node.Role), string(node.RefID)})
		}
		r.d.Extras = append(r.d.Extras, x)
	}
	return nil
}

// relatedConcepts returns what a relation relates that has no nodes for it, as in BioRED, in BC5CDR and in what PubTator exports.
func relatedConcepts(infons map[string]string) (a, b string, ok bool) {
	for _, keys := range [][2]string{{"entity1", "entity2"}, {"Chemical", "Disease"}} {
		if infons[keys[0]] != "" && infons[keys[1]] != "" {
			return infons[keys[0]], infons[keys[1]], true
		}
	}
	var roles [2]struct {
		Identifier biocText `json:"identifier"`
	}
	for i, key := range []string{"role1", "role2"} {
		if json.Unmarshal([]byte(infons[key]), &roles[i]) != nil || roles[i].Identifier == "" {
			return "", "", false
		}
	}
	return string(roles[0].Identifier), string(roles[1].Identifier), true
}

// event fills in the event that the key of rel stands for.
func (r *biocReader) event(scope, typ string, rel biocRelation, keys []string) error {
	e := &r.d.events[r.d.eventAt[scope+"/"+string(rel.ID)]]
	e.note = EventNote{ID: string(rel.ID), Attributes: without(rel.Infons, infonType)}
	if e.note.Attributes[infonNegated] == infonTrue {
		e.negated = true
		e.note.Attributes = without(e.note.Attributes, infonNegated)
	}
	for i, n := range rel.Nodes {
		at, isMark := r.d.index[keys[i]]
		switch {
		case keys[i] == "":
			return fmt.Errorf("there is no annotation or event %q", string(n.RefID))
		case isTrigger(n) && (!isMark || e.trigger != ""):
			return errors.New("it has two triggers, or one that is no annotation")
		case isTrigger(n):
			e.trigger, e.typ = keys[i], cmp.Or(typ, r.d.marks[at].Type)
		default:
			e.roles, e.refs = append(e.roles, string(n.Role)), append(e.refs, keys[i])
		}
	}
	return nil
}

// newBioC makes of a document what a file holds.
func newBioC(s Standoff) (biocDocument, error) {
	d := biocDocument{ID: biocText(s.ID), Infons: infonsOf(s.Attributes)}
	text, passages, shift := biocPassages(s)
	count := charCounter{text: text}
	for i, p := range passages {
		last := 0
		if i > 0 {
			last = passages[i-1].Span.End
		}
		if p.Span.Start < last || p.Span.End < p.Span.Start || p.Span.End > len(text) || strings.TrimSpace(text[last:p.Span.Start]) != "" {
			return biocDocument{}, fmt.Errorf("passage %d, from byte %d to %d, does not fit the text or the one before", i, p.Span.Start, p.Span.End)
		}
		out := biocPassage{Offset: count.at(p.Span.Start), Infons: infonsOf(p.Attributes), Text: text[p.Span.Start:p.Span.End]}
		set(&out.Infons, infonType, p.Type)
		d.Passages = append(d.Passages, out)
	}
	if n := len(passages); strings.TrimSpace(text[passages[n-1].Span.End:]) != "" {
		return biocDocument{}, errors.New("the text goes on after its last passage")
	}
	p := newPlan(s, func(byte, string) bool { return true })
	at := 0
	for _, m := range p.marks {
		a := biocAnnotation{ID: biocText(m.name), Infons: infonsOf(m.note.Attributes), Text: s.Text[m.Start:m.End]}
		set(&a.Infons, infonType, m.Type)
		set(&a.Infons, infonConcept, strings.Join(m.note.Concepts, ";"))
		if m.Score != 1 {
			set(&a.Infons, infonScore, strconv.FormatFloat(m.Score, 'g', -1, 64))
		}
		parts := m.note.Parts
		if len(parts) == 0 {
			parts = []annot.Span{m.Span()}
		}
		for _, part := range parts {
			from, to := count.at(part.Start+shift), count.at(part.End+shift)
			a.Locations = append(a.Locations, biocLocation{from, to - from})
		}
		for at > 0 && passages[at].Span.Start > m.Start+shift { // triggers come after entities
			at--
		}
		for at+1 < len(passages) && passages[at+1].Span.Start <= m.Start+shift {
			at++
		}
		d.Passages[at].Annotations = append(d.Passages[at].Annotations, a)
	}
	for i, r := range s.Relations {
		n := note(s.RelationNotes, i)
		out := biocRelation{ID: biocText(p.names[i]), Infons: infonsOf(n.Attributes)}
		set(&out.Infons, infonType, r.Type)
		set(&out.Infons, infonMeaning, r.Meaning)
		set(&out.Infons, "entity1", n.Concepts[0])
		set(&out.Infons, "entity2", n.Concepts[1])
		if r.Score != 1 {
			set(&out.Infons, infonScore, strconv.FormatFloat(r.Score, 'g', -1, 64))
		}
		roles := n.Roles
		if r.Directed {
			set(&out.Infons, infonDirected, infonTrue)
		}
		if roles == [2]string{} && r.Directed {
			roles = [2]string{"source", "target"}
		}
		for side, ref := range p.relations[i] {
			out.Nodes = append(out.Nodes, biocNode{biocText(ref), biocText(roles[side])})
		}
		d.Relations = append(d.Relations, out)
	}
	for i, e := range s.Events {
		out := biocRelation{ID: biocText(p.events[i].name), Infons: infonsOf(note(s.EventNotes, i).Attributes)}
		set(&out.Infons, infonType, e.Type)
		if e.Negated {
			set(&out.Infons, infonNegated, infonTrue)
		}
		out.Nodes = []biocNode{{biocText(p.events[i].trigger), roleTrigger}}
		for k, ref := range p.events[i].arguments {
			out.Nodes = append(out.Nodes, biocNode{biocText(ref), biocText(e.Arguments[k].Role)})
		}
		d.Relations = append(d.Relations, out)
	}
	for _, x := range s.Extras {
		infons := infonsOf(x.Attributes)
		set(&infons, infonType, x.Type)
		set(&infons, infonConcept, strings.Join(x.Concepts, ";"))
		switch x.Kind {
		case "annotation":
			d.Annotations = append(d.Annotations, biocAnnotation{ID: biocText(x.ID), Infons: infons, Text: x.Text})
		default:
			if x.Kind != "relation" {
				set(&infons, "kind", x.Kind)
			}
			out := biocRelation{ID: biocText(x.ID), Infons: infons}
			for _, a := range x.Arguments {
				out.Nodes = append(out.Nodes, biocNode{biocText(a.Ref), biocText(a.Role)})
			}
			d.Relations = append(d.Relations, out)
		}
	}
	return d, nil
}

// biocPassages returns the text with its passages; that of the document begins at byte shift of it.
func biocPassages(s Standoff) (text string, passages []Passage, shift int) {
	if len(s.Passages) > 0 {
		return s.Text, s.Passages, 0
	}
	title, rest, start := titleAndRest(s.Document)
	switch {
	case title == "":
		return s.Text, []Passage{{Span: annot.Span{End: len(s.Text)}}}, 0
	case start == 0 && rest != "":
		shift, text = len(title)+1, title+" "+s.Text
	default:
		text = s.Text
	}
	if text == "" {
		text = title
	}
	passages = []Passage{{Type: "title", Span: annot.Span{End: len(title)}}}
	if rest != "" {
		passages = append(passages, Passage{Type: "abstract", Span: annot.Span{Start: len(title) + 1, End: len(text)}})
	}
	return text, passages, shift
}

func infonsOf(m map[string]string) biocInfons {
	out := biocInfons{}
	maps.Copy(out, m)
	return out
}

// set sets an infon that is not empty.
func set(m *biocInfons, k, v string) {
	if v != "" {
		(*m)[k] = v
	}
}

// writeBioC writes documents one after the other.
func writeBioC[D Writable](docs []D, write func(biocDocument) error) error {
	for i, d := range docs {
		s := asStandoff(d)
		if err := checkWritable(i, s); err != nil {
			return err
		}
		b, err := newBioC(s)
		if err == nil {
			err = write(b)
		}
		if err != nil {
			return fmt.Errorf("corpus: BioC: document %d (%q): %w", i, s.ID, err)
		}
	}
	return nil
}
