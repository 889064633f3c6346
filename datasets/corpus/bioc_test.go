package corpus

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/annot"
	"github.com/sparsebio/sparsebio/datasets/internal/pythontest"
)

const biocJSONOK = `{"source":"hand","date":"20260101","key":"k","infons":{},
"documents":[{"id":"7","infons":{"license":"CC0","year":2026},
 "passages":[
  {"offset":0,"infons":{"type":"title"},"text":"β-Fakol and Quux","sentences":[],"annotations":[
    {"id":"1","infons":{"type":"Chemical","identifier":"MESH:D1","score":"0.5","note":null},"text":"β-Fakol","locations":[{"offset":0,"length":7}]}],"relations":[]},
  {"offset":17,"infons":{"type":"abstract"},"sentences":[
    {"offset":17,"infons":{},"text":"Alpha- or 🧬-blockers fall.","annotations":[
      {"id":"1","infons":{"type":"Group"},"text":"Alpha-blockers","locations":[{"offset":29,"length":8},{"offset":17,"length":6}]},
      {"id":"2","infons":{"type":"Regulation"},"text":"fall","locations":[{"offset":38,"length":4}]}],
     "relations":[{"id":"E","infons":{"type":"Negative_regulation","negated":"true"},"nodes":[{"refid":"2","role":"trigger"},{"refid":"1","role":"Theme"}]}]},
    {"offset":44,"infons":{},"text":"κ.","annotations":[],"relations":[]}],"annotations":[],"relations":[]},
  {"offset":60,"infons":{"type":"paragraph","section":"Intro"},"text":"Quux\tits own.","sentences":[],"annotations":[
    {"id":"3","infons":{"type":"Gene","identifier":"11"},"text":"Quux its","locations":[{"offset":60,"length":8}]}],"relations":[]}],
 "annotations":[{"id":"m","infons":{"type":"Topic","identifier":"D9"},"text":"","locations":[]}],
 "relations":[
  {"id":"R1","infons":{"type":"binds","score":"0.25","directed":"true"},"nodes":[{"refid":"3","role":"a"},{"refid":"m2","role":"b"}]},
  {"id":"R2","infons":{"type":"binds","score":"0.25","directed":"true","meaning":"holds"},"nodes":[{"refid":"3","role":"a"},{"refid":"2","role":"b"}]},
  {"id":"R3","infons":{"type":"Association","entity1":"MESH:D1","entity2":"11","novel":"No"},"nodes":[]}]}]}`

const biocText1 = "β-Fakol and Quux Alpha- or 🧬-blockers fall. κ.\n\nQuux\tits own."

func TestReadBioCJSON(t *testing.T) {
	docs, err := ReadBioCJSON(strings.NewReader(biocJSONOK))
	if err != nil || len(docs) != 1 {
		t.Fatalf("%d documents, %v", len(docs), err)
	}
	checkBioC(t, docs[0])
	document := biocJSONOK[strings.Index(biocJSONOK, `{"id":"7"`) : len(biocJSONOK)-2]
	for name, in := range map[string]string{
		"PubTator3":        `{"PubTator3":[` + document + `]}`,
		"a list":           " [" + biocJSONOK + "," + biocJSONOK + "]",
		"lines":            strings.ReplaceAll(document, "\n", "") + "\n" + strings.ReplaceAll(document, "\n", ""),
		"byte order mark":  "\ufeff" + biocJSONOK,
		"numbers for text": strings.NewReplacer(`"id":"7"`, `"id":7`, `"refid":"3"`, `"refid":3`).Replace(biocJSONOK),
	} {
		got, err := ReadBioCJSON(strings.NewReader(in))
		if err != nil || len(got) < 1 || !reflect.DeepEqual(got[len(got)-1], docs[0]) {
			t.Errorf("%s: %v, %+v", name, err, got)
		}
	}
	for name, again := range map[string]func() ([]Standoff, error){
		"JSON": func() ([]Standoff, error) {
			var b bytes.Buffer
			if err := WriteBioCJSON(&b, docs); err != nil {
				return nil, err
			}
			return ReadBioCJSON(&b)
		},
		"XML": func() ([]Standoff, error) {
			var b bytes.Buffer
			if err := WriteBioCXML(&b, docs); err != nil {
				return nil, err
			}
			return ReadBioCXML(&b)
		},
	} {
		got, err := again()
		if err != nil || len(got) != 1 {
			t.Fatalf("%s: %v", name, err)
		}
		// Annotations move to the document and get other names where theirs are not unique.
		if !reflect.DeepEqual(got[0].Document, docs[0].Document) || !reflect.DeepEqual(got[0].Passages, docs[0].Passages) ||
			!reflect.DeepEqual(got[0].Attributes, docs[0].Attributes) || !reflect.DeepEqual(got[0].Extras[0], docs[0].Extras[0]) || len(got[0].Extras) != 2 {
			t.Errorf("%s: written and read\n%+v, want\n%+v", name, got[0], docs[0])
		}
	}
}

// checkBioC checks what was read of biocJSONOK, or the same in XML.
func checkBioC(t *testing.T, d Standoff) {
	t.Helper()
	checkStandoff(t, d)
	text := biocText1
	at := func(typ, s string, nth int, score float64) annot.Entity {
		i := strings.Index(text, s)
		if nth > 0 {
			i = strings.LastIndex(text, s)
		}
		return annot.Entity{Type: typ, Start: i, End: i + len(s), Text: s, Score: score}
	}
	fakol, group, quux := at("Chemical", "β-Fakol", 0, 0.5), at("Group", "Alpha- or 🧬-blockers", 0, 1), at("Gene", "Quux\tits", 1, 1)
	fall := at("Negative_regulation", "fall", 0, 1)
	want := annot.Document{ID: "7", Title: "β-Fakol and Quux", Text: text, Entities: nil}
	first := strings.Index(text, " κ.")
	regulation := fall
	regulation.Type = "Regulation"
	want.Entities = []annot.Entity{fakol, group, regulation, quux} // a relation names the trigger
	want.Events = []annot.Event{{
		Type: "Negative_regulation", Trigger: fall.Span(), Text: "fall", Negated: true, Arguments: []annot.Argument{{Role: "Theme", Entity: group}},
		Span: annot.Span{Start: 0, End: first}, Sentence: text[:first],
	}}
	want.Relations = []annot.Relation{
		{Type: "Association", Source: fakol, Target: quux, Score: 1, Span: annot.Span{Start: 0, End: len(text)}, Sentence: text},
		{Type: "binds", Source: quux, Target: regulation, Directed: true, Meaning: "holds", Score: 0.25, Span: annot.Span{Start: 0, End: len(text)}, Sentence: text},
	}
	if !reflect.DeepEqual(d.Document, want) {
		t.Errorf("got\n%+v, want\n%+v", d.Document, want)
	}
	i := strings.Index(text, "🧬-") + len("🧬-")
	parts := []annot.Span{{Start: group.Start, End: group.Start + 6}, {Start: i, End: i + 8}}
	if n := d.EntityNotes; !reflect.DeepEqual(n[1].Parts, parts) || n[0].ID != "1" || n[0].Concepts[0] != "MESH:D1" || n[0].Attributes != nil {
		t.Errorf("notes %+v", n)
	}
	if n := d.RelationNotes[0]; n.Concepts != [2]string{"MESH:D1", "11"} || n.Attributes["novel"] != "No" {
		t.Errorf("note %+v", n)
	}
	if n := d.RelationNotes[1]; n.Roles != [2]string{"a", "b"} || n.Attributes != nil {
		t.Errorf("note %+v", n)
	}
	extras := []Extra{
		{Kind: "annotation", ID: "m", Type: "Topic", Concepts: []string{"D9"}},
		{Kind: "relation", ID: "R1", Type: "binds", Arguments: []ExtraArgument{{"a", "3"}, {"b", "m2"}}, Attributes: map[string]string{"score": "0.25", "directed": "true"}},
	}
	if !reflect.DeepEqual(d.Extras, extras) {
		t.Errorf("extras %+v", d.Extras)
	}
	if p := d.Passages; len(p) != 3 || p[0].Type != "title" || p[2].Attributes["section"] != "Intro" || text[p[2].Span.Start:p[2].Span.End] != "Quux\tits own." {
		t.Errorf("passages %+v", p)
	}
	if !reflect.DeepEqual(d.Attributes, map[string]string{"license": "CC0", "year": "2026"}) {
		t.Errorf("attributes %v", d.Attributes)
	}
}

// Concepts are related in several ways.
func TestBioCConcepts(t *testing.T) {
	for name, tt := range map[string]struct{ relation, want string }{
		"BioRED":   {`{"id":"R","infons":{"type":"Association","entity1":"D1","entity2":"11","score":"0.5"},"nodes":[]}`, "Fakol Association Quux 0.5"},
		"BC5CDR":   {`{"id":"R","infons":{"relation":"CID","Chemical":"D1","Disease":"11"},"nodes":[]}`, "Fakol CID Quux 1"},
		"PubTator": {`{"id":"R","infons":{"type":"treat","role1":{"identifier":"D1","type":"x"},"role2":{"identifier":11}},"nodes":[{"refid":"0","role":"0,1"}]}`, "Fakol treat Quux 1"},
		"unknown":  {`{"id":"R","infons":{"type":"Association","entity1":"D1","entity2":"12","score":"0.5","directed":"true","meaning":"m"},"nodes":[]}`, ""},
		"none":     {`{"id":"R","infons":{"type":"Association","role1":"x","role2":"y"},"nodes":[]}`, ""},
	} {
		docs, err := ReadBioCJSON(strings.NewReader(`{"id":"1","passages":[{"offset":0,"text":"Fakol and Quux","annotations":[
			{"id":"a","infons":{"type":"x","identifier":"D1"},"text":"Fakol","locations":[{"offset":0,"length":5}]},
			{"id":"b","infons":{"type":"y","identifier":"10;11"},"text":"Quux","locations":[{"offset":10,"length":4}]}]}],"relations":[` + tt.relation + `]}`))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := ""
		for _, r := range docs[0].Relations {
			got += fmt.Sprint(r.Source.Text, " ", r.Type, " ", r.Target.Text, " ", r.Score)
		}
		if got != tt.want || len(docs[0].Extras) != 1-len(docs[0].Relations) {
			t.Errorf("%s: %q, want %q; %+v", name, got, tt.want, docs[0].Extras)
		}
		if name == "unknown" {
			want := Extra{
				Kind: "relation", ID: "R", Type: "Association", Arguments: []ExtraArgument{{"", "D1"}, {"", "12"}},
				Attributes: map[string]string{"score": "0.5", "directed": "true", "meaning": "m"},
			}
			if !reflect.DeepEqual(docs[0].Extras[0], want) {
				t.Errorf("%s: %+v", name, docs[0].Extras)
			}
		}
	}
}

func TestReadBioCJSONErrors(t *testing.T) {
	in := func(inner string) string {
		return "{\"documents\": [\n{\"id\": \"d\", \"passages\": [{\"offset\": 3, \"text\": \"α b\", \"annotations\": [" + inner
	}
	for _, tt := range []struct{ in, want string }{
		{"", "nothing in it (want a collection of BioC with documents)"},
		{"x", "line 1: invalid character 'x' looking for beginning of value"},
		{"\n\n7", "line 3: 7 is no collection of BioC"},
		{"[\n7]", "line 2: 7 is no collection of BioC"},
		{"{\n}", `line 1: an object without "documents" or "passages"`},
		{"{\"documents\":\n7}", `line 2: "documents" is no list`},
		{"{\"documents\":\n[", "unexpected EOF"},
		{"{\"documents\":\n[{\n,", "line 3: invalid character ',' looking for beginning of object key string"},
		{"{\"documents\":\n[{\n\"id\":[[}", "line 3: invalid character '}' looking for beginning of value"},
		{"{\"documents\": [\n{\n\"passages\": 7}]}", "line 3: passages is a JSON number"},
		{"{\"documents\": [\n{\n\"id\": \"\xff\"}]}", "line 2: invalid UTF-8"},
		{"{\"id\": \"x\",\n\"passages\": [{\"offset\": -1, \"text\": \"x\"}]}", `line 1: document "x": a passage or sentence at offset -1 (want 0 or more, where the one before ends)`},
		{in(`{"id":"a","infons":{"type":"x"},"locations":[{"offset":3,"length":4}]}]}]}]}`), `line 2: document "d": annotation "a": there is no text at offset 6 (the passage before ends at 6)`},
		{in(`{"id":"a","infons":{"type":"x"},"locations":[{"offset":2,"length":1}]}]}]}]}`), `line 2: document "d": annotation "a": there is no text at offset 2`},
		{in(`{"id":"a","infons":{"type":"x"},"locations":[{"offset":9223372036854775807,"length":1}]}]}]}]}`), `line 2: document "d": annotation "a": offset 9223372036854775807, length 1`},
		{in(`{"id":"a","infons":{"type":"x"},"locations":[{"offset":3,"length":2},{"offset":4,"length":1}]}]}]}]}`), `line 2: document "d": annotation "a": its locations overlap`},
		{in(`{"id":"a","infons":{},"locations":[{"offset":3,"length":1}]}]}]}]}`), `line 2: document "d": annotation "a": annotation "a" has no type`},
		{in(`{"id":"a","infons":{"type":"x"},"text":"α","locations":[{"offset":4,"length":1}]}]}]}]}`), `line 2: document "d": annotation "a": it is "α", but its offsets are those of " "`},
		{in(`{"id":"a","infons":{"type":"x"},"text":"b","locations":[{"offset":6,"length":1}]}]}]}]}`), `line 2: document "d": annotation "a": there is no text at offset 6 (the passage before ends at 6)`},
		{in(`],"relations":[{"id":"r","nodes":[{"refid":"a","role":"Trigger"}]}]}]}]}`), `line 2: document "d": relation "r": there is no annotation or event "a"`},
	} {
		docs, err := ReadBioCJSON(strings.NewReader(tt.in))
		if checkError(t, err); err == nil || err.Error() != "corpus: "+tt.want || docs != nil {
			t.Errorf("%q: error %v, want %s", tt.in, err, tt.want)
		}
	}
}

// bioCSpecs makes documents and what should be read of them.
func bioCSpecs(t *testing.T, n int) (docs []annot.Document, want []Standoff) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range n {
		s := randomSpec(rng)
		for i := range s.marks {
			s.marks[i].Score = float64(rng.IntN(5)) / 4
		}
		for i := range s.relations {
			s.relations[i].score, s.relations[i].directed = float64(rng.IntN(5))/4, rng.IntN(2) == 0
			s.relations[i].meaning = []string{"", "hemmt"}[rng.IntN(2)]
		}
		if len(s.marks) > 2 {
			s.events = append(s.events, specEvent{0, []int{1}, rng.IntN(2) == 0}, specEvent{2, []int{-1, 1}, false})
		}
		docs = append(docs, s.build(t).Document)
		if k := len(s.title); s.title != "" && len(s.text) > k+1 && strings.Contains(" \n\r\t", s.text[k:k+1]) {
			s.text = s.title + " " + s.text[k+1:]
		} else if s.title != "" && s.text != s.title {
			s.text = s.title + " " + s.text
			for i := range s.marks {
				s.marks[i].Start += k + 1
				s.marks[i].End += k + 1
			}
		}
		want = append(want, s.build(t))
	}
	return docs, want
}

// What is written and read is the same.
func TestBioCRoundTrip(t *testing.T) {
	docs, want := bioCSpecs(t, 300)
	for i, d := range docs {
		var j, x bytes.Buffer
		if err := WriteBioCJSON(&j, []annot.Document{d}); err != nil {
			t.Fatal(err)
		}
		text := j.String()
		got, err := ReadBioCJSON(&j)
		if err != nil || len(got) != 1 {
			t.Fatalf("%v in %s", err, text)
		}
		checkStandoff(t, got[0])
		sameDocument(t, text, got[0], want[i])
		if err := WriteBioCXML(&x, []annot.Document{d}); err != nil {
			t.Fatal(err)
		}
		text = x.String()
		got, err = ReadBioCXML(&x)
		if err != nil || len(got) != 1 {
			t.Fatalf("%v in %s", err, text)
		}
		sameDocument(t, text, got[0], want[i])
	}
}

func TestWriteBioCErrors(t *testing.T) {
	for _, tt := range []struct {
		want string
		doc  Standoff
	}{
		{"not UTF-8", Standoff{Document: annot.Document{Text: "\xff"}}},
		{"passage 0, from byte 0 to 9, does not fit", Standoff{Document: annot.Document{Text: "a"}, Passages: []Passage{{Span: annot.Span{Start: 0, End: 9}}}}},
		{"passage 1, from byte 2 to 3, does not fit", Standoff{Document: annot.Document{Text: "abc"}, Passages: []Passage{{Span: annot.Span{Start: 0, End: 1}}, {Span: annot.Span{Start: 2, End: 3}}}}},
		{"goes on after its last passage", Standoff{Document: annot.Document{Text: "abc"}, Passages: []Passage{{Span: annot.Span{Start: 0, End: 1}}}}},
	} {
		for _, write := range []func() error{
			func() error { return WriteBioCJSON(&bytes.Buffer{}, []Standoff{tt.doc}) },
			func() error { return WriteBioCXML(&bytes.Buffer{}, []Standoff{tt.doc}) },
		} {
			if err := write(); err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "corpus: ") {
				t.Errorf("error %v, want %s", err, tt.want)
			}
		}
	}
	if err := WriteBioCXML(&bytes.Buffer{}, []annot.Document{{Text: "a\x00b"}}); err == nil || !strings.Contains(err.Error(), `XML cannot hold "a\x00b"`) {
		t.Errorf("a control character: %v", err)
	}
}

// Python's bioc reads what is written, and writes what is read to be the same.
func TestBioCPython(t *testing.T) {
	python := pythontest.Interpreter(t, "bioc")
	dir := t.TempDir()
	docs, want := bioCSpecs(t, 40)
	fixture, err := ReadBioCJSON(strings.NewReader(biocJSONOK))
	if err != nil {
		t.Fatal(err)
	}
	all := append([]Standoff{}, fixture...)
	for _, d := range docs {
		all = append(all, Standoff{Document: d})
	}
	want = append(fixture, want...)
	var j, x bytes.Buffer
	if err := WriteBioCJSON(&j, all); err != nil {
		t.Fatal(err)
	}
	if err := WriteBioCXML(&x, all); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "in.json", j.String())
	write(t, dir, "in.xml", x.String())
	out, err := exec.Command(python, "-c", `
import sys, os
from bioc import biocjson, biocxml
d = sys.argv[1]
with open(os.path.join(d, "in.json"), encoding="utf-8") as f: j = biocjson.load(f)
with open(os.path.join(d, "in.xml"), encoding="utf-8") as f: x = biocxml.load(f)
def flat(doc):
    ids = [(a.id, a.infons["type"], a.text, [(l.offset, l.length) for l in a.locations]) for p in doc.passages for a in p.annotations]
    return [doc.id, [(p.offset, p.text) for p in doc.passages], ids, [(r.id, dict(r.infons), [(n.refid, n.role) for n in r.nodes]) for r in doc.relations]]
assert [flat(a) for a in j.documents] == [flat(a) for a in x.documents]
for doc in j.documents:
    text = ""
    for p in doc.passages:
        text = text.ljust(p.offset) + p.text
    for p in doc.passages:
        for a in p.annotations:
            if len(a.locations) == 1:
                l = a.locations[0]
                assert text[l.offset:l.offset+l.length].split() == a.text.split(), (doc.id, a.id)
with open(os.path.join(d, "out.json"), "w", encoding="utf-8") as f: biocjson.dump(x, f)
with open(os.path.join(d, "out.xml"), "w", encoding="utf-8") as f: biocxml.dump(j, f)
print(len(j.documents))
`, dir).CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "41" {
		t.Fatalf("%v: %s", err, out)
	}
	for name, read := range map[string]func(string) ([]Standoff, error){
		"out.json": func(path string) ([]Standoff, error) { return ReadFile(path, ReadBioCJSON) },
		"out.xml":  func(path string) ([]Standoff, error) { return ReadFile(path, ReadBioCXML) },
	} {
		got, err := read(filepath.Join(dir, name))
		if err != nil || len(got) != len(want) {
			t.Fatalf("%s: %d documents, %v", name, len(got), err)
		}
		for i := range got {
			sameDocument(t, name, got[i], want[i])
		}
	}
}

func FuzzReadBioCJSON(f *testing.F) {
	f.Add(biocJSONOK)
	f.Add(`[{"id":1,"passages":[{"offset":2,"text":"ab","annotations":[{"id":"a","infons":{"type":"x","score":2},"locations":[{"offset":2,"length":1}]}]}]}]`)
	f.Fuzz(func(t *testing.T, in string) {
		docs, err := ReadBioCJSON(strings.NewReader(in))
		if checkError(t, err); err != nil {
			return
		}
		fuzzedBioC(t, docs)
	})
}

// fuzzedBioC writes what was read, which may be refused for want of types only, and reads it.
func fuzzedBioC(t *testing.T, docs []Standoff) {
	for _, d := range docs {
		checkStandoff(t, d)
	}
	var b bytes.Buffer
	if err := WriteBioCJSON(&b, docs); err != nil {
		t.Fatalf("%v: %+v", err, docs)
	}
	text := b.String()
	again, err := ReadBioCJSON(&b)
	if err != nil || len(again) != len(docs) {
		t.Fatalf("%v: written as %s", err, text)
	}
	for i := range docs {
		if again[i].Text != docs[i].Text || !reflect.DeepEqual(again[i].Entities, docs[i].Entities) {
			t.Fatalf("got %+v, want %+v in %s", again[i], docs[i], text)
		}
	}
}
