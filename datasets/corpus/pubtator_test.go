package corpus

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

const pubTatorOK = "7|t|β-Fakol lowers Quux.\n" +
	"7|a|Quux and NAT2 fell. Fakol | plain\n" +
	"7\t0\t7\tβ-Fakol\tChemical\tMESH:D1\n" +
	"7\t15\t19\tQuux\tGene\t10,11\tquux1|quux2\n" +
	"7\t21\t25\tQuux\tGene\t10,11\n" +
	"7\t30\t34\tNAT2\tGene\t-\n" +
	"7\t41\t46\tFakol\tChemical\tMESH:D1\n" +
	"7\tCID\tMESH:D1\t11\tNovel\n" +
	"7\tCID\tMESH:D1\t99\n" +
	"\n" +
	"8|t|\n8|a|κ one\n8\t1\t2\tκ\tGene\n9|t|Title only\n9|a|\n"

func TestReadPubTator(t *testing.T) {
	docs, err := ReadPubTator(strings.NewReader(pubTatorOK))
	if err != nil || len(docs) != 3 {
		t.Fatalf("%d documents, %v", len(docs), err)
	}
	d := docs[0]
	const text = "β-Fakol lowers Quux. Quux and NAT2 fell. Fakol | plain"
	at := func(typ, s string, nth int) annot.Entity {
		i := 0
		for ; nth > 0; nth-- {
			i += strings.Index(text[i:], s) + 1
		}
		i += strings.Index(text[i:], s)
		return annot.Entity{Type: typ, Start: i, End: i + len(s), Text: s, Score: 1}
	}
	want := annot.Document{ID: "7", Title: "β-Fakol lowers Quux.", Text: text, Entities: []annot.Entity{
		at("Chemical", "β-Fakol", 0), at("Gene", "Quux", 0), at("Gene", "Quux", 1), at("Gene", "NAT2", 0), at("Chemical", "Fakol", 1),
	}}
	want.Relations = []annot.Relation{{
		Type: "CID", Source: want.Entities[0], Target: want.Entities[1], Score: 1, Span: annot.Span{Start: 0, End: 21}, Sentence: text[:21],
	}}
	if !reflect.DeepEqual(d.Document, want) {
		t.Errorf("got\n%+v, want\n%+v", d.Document, want)
	}
	notes := []EntityNote{
		{Concepts: []string{"MESH:D1"}}, {Concepts: []string{"10,11"}, Attributes: map[string]string{"column 7": "quux1|quux2"}},
		{Concepts: []string{"10,11"}}, {}, {Concepts: []string{"MESH:D1"}},
	}
	if !reflect.DeepEqual(d.EntityNotes, notes) {
		t.Errorf("notes %+v", d.EntityNotes)
	}
	if n := (RelationNote{Concepts: [2]string{"MESH:D1", "11"}, Attributes: map[string]string{"column 5": "Novel"}}); !reflect.DeepEqual(d.RelationNotes, []RelationNote{n}) {
		t.Errorf("relation notes %+v", d.RelationNotes)
	}
	if x := (Extra{Kind: "relation", Type: "CID", Arguments: []ExtraArgument{{"", "MESH:D1"}, {"", "99"}}}); !reflect.DeepEqual(d.Extras, []Extra{x}) {
		t.Errorf("extras %+v", d.Extras)
	}
	if d := docs[1]; d.Text != "κ one" || d.Entities[0].Text != "κ" || docs[2].Text != "Title only" || docs[2].Title != "Title only" {
		t.Errorf("other documents %+v", docs[1:])
	}
	var b strings.Builder
	if err := WritePubTator(&b, docs); err != nil {
		t.Fatal(err)
	}
	again, err := ReadPubTator(strings.NewReader(b.String()))
	if err != nil || !reflect.DeepEqual(again, docs) {
		t.Errorf("written and read: %v\n%s\n%+v, want\n%+v", err, b.String(), again, docs)
	}
}

func TestReadPubTatorErrors(t *testing.T) {
	const head = "1|t|β A\n1|a|b\n"
	for _, tt := range []struct{ in, want string }{
		{"", "nothing in it (want lines of identifier|t|title)"},
		{"x\n", `line 1: "x" is neither identifier|t|title nor an annotation or relation (want 4 columns or more)`},
		{" |t|x\n", `line 1: " |t|x" is neither identifier|t|title nor an annotation or relation (want 4 columns or more)`},
		{"1\t0\t1\tx\ty\n", `line 1: an annotation before identifier|t|title: "1\t0\t1\tx\ty"`},
		{head + "2\t0\t1\tβ\tx\n", `line 3: an annotation of document "2" among those of "1"`},
		{head + "1|a|b\n", `line 3: document "1" has two titles or abstracts, or annotations before them`},
		{"1|t|β A\n1\t0\t1\tβ\tx\n1|a|b\n", `line 3: document "1" has two titles or abstracts, or annotations before them`},
		{head + "1\t0\t9\tβ\tx\n", `line 3: annotation "β" of document 1: characters 0 to 9 of a text of 5`},
		{head + "1\t0\t0\t\tx\n", `line 3: annotation "" of document 1: characters 0 to 0 of a text of 5`},
		{head + "1\t0\tx\tβ\tx\n", `line 3: offsets "0" and "x" are not numbers`},
		{head + "1\t0\t1\tβ\t\n", `line 3: annotation "β" of document 1: annotation "" has no type`},
		{head + "1\t0\t1\tβ\n", `line 3: 4 columns, want 5 or more: identifier, start, end, text, type, concept`},
		{head + "1\t1\t2\tA\tx\n", `line 3: annotation "A" of document 1: it is "A", but its offsets are those of " "`},
		{head + "1\t3\t4\tA\tx\n", `line 3: annotation "A" of document 1: it is "A", but its offsets are those of " " (the offsets seem to count bytes; they must count characters)`},
		{head + "1\tCID\t\tD1\n", `line 3: a relation of document 1 lacks its type or a concept`},
		{"1|t|\n1|a|b\n1\t0\t1\tb\tx\n", `line 3: annotation "b" of document 1: it starts at 0, before the text`},
		{head + "1|t|\xff\n", `line 3: invalid UTF-8 in "1|t|\xff"`},
	} {
		docs, err := ReadPubTator(strings.NewReader(tt.in))
		if checkError(t, err); err == nil || err.Error() != "corpus: "+tt.want || docs != nil {
			t.Errorf("%q: error %v, want %s", tt.in, err, tt.want)
		}
	}
}

// What is written and read is the same, but for what the format cannot hold.
func TestPubTatorRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		s := randomSpec(rng)
		var b bytes.Buffer
		if err := WritePubTator(&b, []annot.Document{s.build(t).Document}); err != nil {
			t.Fatal(err)
		}
		got, err := ReadPubTator(bytes.NewReader(b.Bytes()))
		if err != nil || len(got) != 1 {
			t.Fatalf("%v in\n%s", err, b.String())
		}
		s.text, s.title = oneLine(s.text), oneLine(s.title)
		if title := s.title + " "; s.title != "" && s.text != s.title && (!strings.HasPrefix(s.text, title) || s.text == title) {
			n := len(title)
			s.text = title + s.text // the title goes before
			for i := range s.marks {
				s.marks[i].Start += n
				s.marks[i].End += n
			}
		}
		checkStandoff(t, got[0])
		sameDocument(t, b.String(), got[0], s.build(t))
	}
}

func TestWritePubTator(t *testing.T) {
	text := "α\nb c"
	e := []annot.Entity{{Type: "x", Start: 0, End: 4, Text: "α\nb"}, {Type: "y", Start: 5, End: 6, Text: "c"}, {Type: "z", Start: 5, End: 6, Text: "c"}}
	rel := annot.Relation{Type: "r", Source: e[0], Target: e[1]}
	d := annot.Document{ID: "5", Title: "Title", Text: text, Entities: e, Relations: []annot.Relation{rel, rel}}
	var b strings.Builder
	if err := WritePubTator(&b, []annot.Document{d, {Text: "x"}}); err != nil {
		t.Fatal(err)
	}
	want := "5|t|Title\n5|a|α b c\n5\t6\t9\tα b\tx\tT1\n5\t10\t11\tc\ty\tT2\n5\t10\t11\tc\tz\t-\n5\tr\tT1\tT2\n\n2|t|\n2|a|x\n\n"
	if b.String() != want {
		t.Errorf("got\n%s, want\n%s", b.String(), want)
	}
	for _, tt := range []struct {
		want   string
		change func(d *Standoff)
	}{
		{`document 0 ("a|b"): the identifier has`, func(d *Standoff) { d.ID = "a|b" }},
		{`the format cannot hold "x\ty"`, func(d *Standoff) { d.Entities, d.Relations = []annot.Entity{{Type: "x\ty", Start: 0, End: 2}}, nil }},
		{"is not among the entities", func(d *Standoff) { d.Entities = nil }},
		{`the relation type "4" is a number`, func(d *Standoff) { d.Relations[0].Type = "4" }},
		{`the format cannot hold "a\nb"`, func(d *Standoff) {
			d.EntityNotes = []EntityNote{{Concepts: []string{"a\nb"}}, {}, {}}
		}},
	} {
		s := Standoff{Document: d}
		s.Relations = []annot.Relation{rel}
		tt.change(&s)
		if err := WritePubTator(&b, []Standoff{s}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, want %s", err, tt.want)
		}
	}
}

func FuzzReadPubTator(f *testing.F) {
	f.Add(pubTatorOK)
	f.Add("1|t|a\n1\tr\tb\tc\n1\t0\t1\ta\tx\tb|c\n")
	f.Fuzz(func(t *testing.T, in string) {
		docs, err := ReadPubTator(strings.NewReader(in))
		if checkError(t, err); err != nil {
			return
		}
		for _, d := range docs {
			checkStandoff(t, d)
		}
		var b strings.Builder
		if err := WritePubTator(&b, docs); err != nil {
			if strings.Contains(in, "\r") || strings.Contains(in, "\ufeff") { // in columns, where it does not end a line
				return
			}
			t.Fatalf("%v: %+v", err, docs)
		}
		again, err := ReadPubTator(strings.NewReader(b.String()))
		if err != nil || len(again) != len(docs) {
			t.Fatalf("%q: written as %q: %v", in, b.String(), err)
		}
		for i := range docs {
			for k, e := range docs[i].Entities {
				e.Text = oneLine(e.Text)
				if got := again[i].Entities; len(got) != len(docs[i].Entities) || got[k] != e {
					t.Fatalf("%q: %+v, want %+v", in, again[i], docs[i])
				}
			}
		}
	})
}
