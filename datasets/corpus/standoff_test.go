package corpus

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// A spec is a document made by hand: pieces of text with a type, and relations and events among them by number.
type spec struct {
	id, title, text string
	marks           []annot.Entity
	relations       []specRelation
	events          []specEvent
}

type specRelation struct {
	typ            string
	source, target int // marks
	directed       bool
	meaning        string
	score          float64
}

type specEvent struct {
	trigger int
	args    []int // marks, or -1-i for event i
	negated bool
}

// build makes the document that a reader should make.
func (s spec) build(t *testing.T) Standoff {
	t.Helper()
	d := draft{Standoff: Standoff{Document: annot.Document{ID: s.id, Title: s.title, Text: s.text}}}
	name := func(i int) string {
		if i < 0 {
			return fmt.Sprint("E", -i)
		}
		return fmt.Sprint("T", i+1)
	}
	for i, m := range s.marks {
		if err := d.addMark(name(i), m.Type, []annot.Span{m.Span()}, m.Score, EntityNote{ID: name(i)}); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range s.relations {
		d.relations = append(d.relations, draftRelation{
			Relation: annot.Relation{Type: r.typ, Directed: r.directed, Meaning: r.meaning, Score: r.score},
			ends:     [2]string{name(r.source), name(r.target)},
		})
	}
	for i, e := range s.events {
		out := draftEvent{typ: s.marks[e.trigger].Type, trigger: name(e.trigger), negated: e.negated, note: EventNote{ID: name(-1 - i)}}
		for _, a := range e.args {
			out.roles, out.refs = append(out.roles, annot.Theme), append(out.refs, name(a))
		}
		if err := d.addEvent(name(-1-i), out); err != nil {
			t.Fatal(err)
		}
	}
	out, err := d.finish()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// randomSpec makes a document with what breaks offsets: Greek, combining and wide characters, emoji, line breaks and tabs.
func randomSpec(rng *rand.Rand) spec {
	words := []string{"p53", "NF-κB", "cafe\u0301", "🧬🧫", "α", "TNF", "binds.", "The", "𝛽-actin", "(IL-2)", "ﬁ", "|t|", "\"q\"", "<b>&amp;", "\\n"}
	seps := []string{" ", " ", " ", "\n", "\t", "\n\n", "\r\n", "\u00a0", "  ", ""}
	var b strings.Builder
	var starts, ends []int
	for range 2 + rng.IntN(30) {
		starts = append(starts, b.Len())
		b.WriteString(words[rng.IntN(len(words))])
		ends = append(ends, b.Len())
		b.WriteString(seps[rng.IntN(len(seps))])
	}
	s := spec{id: fmt.Sprint(100 + rng.IntN(900)), text: b.String()}
	if cut := rng.IntN(len(ends)); rng.IntN(3) > 0 && s.text[:ends[cut]] == strings.TrimRight(s.text[:ends[cut]], "\r\n\t ") {
		s.title = s.text[:ends[cut]]
	}
	types := []string{"protein", "cell_type", "GENE-Y", "Zelle-β"}
	seen := map[entityKey]bool{}
	for range rng.IntN(8) {
		i := rng.IntN(len(starts))
		j := min(i+rng.IntN(3), len(ends)-1)
		e := annot.Entity{Type: types[rng.IntN(len(types))], Start: starts[i], End: ends[j], Score: 1}
		if !seen[keyOf(e)] {
			seen[keyOf(e)] = true
			s.marks = append(s.marks, e)
		}
	}
	related := map[specRelation]bool{}
	for range rng.IntN(5) {
		if len(s.marks) < 2 {
			break
		}
		r := specRelation{typ: []string{"CPR:4", "binds"}[rng.IntN(2)], source: rng.IntN(len(s.marks)), target: rng.IntN(len(s.marks)), score: 1}
		if r.source != r.target && !related[r] {
			related[r] = true
			s.relations = append(s.relations, r)
		}
	}
	return s
}

// plain returns the document without what only comes from a file.
func plain(d Standoff) annot.Document {
	if len(d.Entities) == 0 {
		d.Entities = nil
	}
	if len(d.Relations) == 0 {
		d.Relations = nil
	}
	return d.Document
}

// sameDocument compares what a reader made with what it should have made.
func sameDocument(t *testing.T, what string, got, want Standoff) {
	t.Helper()
	g, w := plain(got), plain(want)
	// Relations between the same places may come in any order.
	if len(g.Relations) == len(w.Relations) {
		count := map[string]int{}
		for i := range g.Relations {
			count[fmt.Sprintf("%+v", g.Relations[i])]++
			count[fmt.Sprintf("%+v", w.Relations[i])]--
		}
		same := true
		for _, n := range count {
			same = same && n == 0
		}
		if same {
			g.Relations, w.Relations = nil, nil
		}
	}
	if !reflect.DeepEqual(g, w) {
		t.Fatalf("%s: got\n%+v, want\n%+v", what, g, w)
	}
}

// checkStandoff checks what holds for every document that a reader returns.
func checkStandoff(t *testing.T, d Standoff) {
	t.Helper()
	checkDocument(t, d.Document)
	if err := checkWritable(0, d); err != nil && utf8.ValidString(d.Text) {
		t.Fatalf("%v: %+v", err, d)
	}
	if len(d.EntityNotes) != len(d.Entities) || len(d.RelationNotes) != len(d.Relations) || len(d.EventNotes) != len(d.Events) {
		t.Fatalf("notes do not fit: %+v", d)
	}
	for i, n := range d.EntityNotes {
		if k := len(n.Parts); k == 1 || k > 1 && (n.Parts[0].Start != d.Entities[i].Start || n.Parts[k-1].End != d.Entities[i].End) {
			t.Fatalf("parts %v of %+v", n.Parts, d.Entities[i])
		}
	}
}

func TestDraft(t *testing.T) {
	text := "Kinase A phosphorylates BRCA2. Loss of CUL3 blocks it."
	at := func(s string) annot.Entity {
		i := strings.Index(text, s)
		return annot.Entity{Type: "protein", Start: i, End: i + len(s), Text: s, Score: 1}
	}
	s := spec{id: "1", text: text, marks: []annot.Entity{at("Loss"), at("BRCA2"), at("phosphorylates"), at("CUL3"), at("Kinase A")}}
	s.marks[0].Type, s.marks[2].Type = "Negative_regulation", "Phosphorylation"
	s.events = []specEvent{{0, []int{-2, 3}, true}, {2, []int{1}, false}}
	s.relations = []specRelation{{"binds", 1, 4, true, "", 1}, {"binds", 4, 1, true, "", 1}}
	d := s.build(t)
	checkStandoff(t, d)
	phosphorylation := at("phosphorylates")
	phosphorylation.Type = "Phosphorylation"
	first, second := annot.Span{Start: 0, End: 30}, annot.Span{Start: 0, End: len(text)}
	want := annot.Document{
		ID: "1", Text: text, Entities: []annot.Entity{at("Kinase A"), at("BRCA2"), at("CUL3")},
		Relations: []annot.Relation{
			{Type: "binds", Source: at("Kinase A"), Target: at("BRCA2"), Directed: true, Score: 1, Span: first, Sentence: text[:30]},
			{Type: "binds", Source: at("BRCA2"), Target: at("Kinase A"), Directed: true, Score: 1, Span: first, Sentence: text[:30]},
		},
		Events: []annot.Event{
			{Type: "Phosphorylation", Trigger: phosphorylation.Span(), Text: "phosphorylates", Arguments: []annot.Argument{{Role: annot.Theme, Entity: at("BRCA2")}}, Span: first, Sentence: text[:30]},
			{
				Type: "Negative_regulation", Trigger: at("Loss").Span(), Text: "Loss", Negated: true, Span: second, Sentence: text,
				Arguments: []annot.Argument{{Role: annot.Theme, Entity: phosphorylation}, {Role: annot.Theme, Entity: at("CUL3")}},
			},
		},
	}
	if !reflect.DeepEqual(d.Document, want) {
		t.Errorf("got\n%+v, want\n%+v", d.Document, want)
	}
	if n := d.EventNotes; !reflect.DeepEqual(n[1].Arguments, []int{0, -1}) || n[0].ID != "E2" || n[1].Trigger != "T1" {
		t.Errorf("event notes %+v", n)
	}
	if docs := Documents([]Standoff{d}); len(docs) != 1 || !reflect.DeepEqual(docs[0], want) {
		t.Errorf("Documents: %+v", docs)
	}
}

func TestCheckWritable(t *testing.T) {
	e := annot.Entity{Type: "x", Start: 0, End: 2, Text: "α"}
	ok := annot.Document{Text: "αβ", Entities: []annot.Entity{e}}
	for _, tt := range []struct {
		want   string
		change func(d *Standoff)
	}{
		{"", func(*Standoff) {}},
		{"not UTF-8", func(d *Standoff) { d.Text += "\xff" }},
		{"not UTF-8", func(d *Standoff) { d.ID = "\xff" }},
		{"cut a character", func(d *Standoff) { d.Entities = []annot.Entity{{Type: "x", Start: 0, End: 1}} }},
		{"no type", func(d *Standoff) { d.Entities = []annot.Entity{{Start: 0, End: 2}} }},
		{"bytes 0 to 9", func(d *Standoff) {
			d.Relations = []annot.Relation{{Type: "r", Source: e, Target: annot.Entity{Type: "x", Start: 0, End: 9}}}
		}},
		{"a relation has no type", func(d *Standoff) { d.Relations = []annot.Relation{{Source: e, Target: e}} }},
		{"bytes 0 to 0", func(d *Standoff) { d.Events = []annot.Event{{Type: "e"}} }},
		{"2 notes of 1 entities", func(d *Standoff) { d.EntityNotes = make([]EntityNote, 2) }},
		{"not in order", func(d *Standoff) { d.EntityNotes = []EntityNote{{Parts: []annot.Span{{Start: 0, End: 4}}}} }},
		{"cut a character", func(d *Standoff) { d.EntityNotes = []EntityNote{{Parts: []annot.Span{{Start: 0, End: 1}}}} }},
		{"the note of event 0", func(d *Standoff) {
			d.Events = []annot.Event{{Type: "e", Trigger: e.Span(), Arguments: []annot.Argument{{Entity: e}}}}
			d.EventNotes = []EventNote{{Arguments: []int{1}}}
		}},
	} {
		d := Standoff{Document: ok}
		tt.change(&d)
		err := checkWritable(3, d)
		if (err == nil) != (tt.want == "") || err != nil && (!strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "corpus: document 3 (")) {
			t.Errorf("error %v, want %q", err, tt.want)
		}
	}
}
