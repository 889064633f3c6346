package datasets

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/sparsebio/sparsebio/biobert/report"
	"github.com/sparsebio/sparsebio/datasets/annot"
	"github.com/sparsebio/sparsebio/datasets/internal/pythontest"
)

// readDocs returns documents as pipelines make them: Greek letters before the entities, a relation, and
// events with two arguments, with one and with none.
func readDocs() []annot.Document {
	text := "β-Agonists, \"old\" and new. Propranolol inhibits the β2 receptor. Nothing here."
	entity := func(typ, name string, score float64) annot.Entity {
		i := strings.Index(text, name)
		return annot.Entity{Type: typ, Start: i, End: i + len(name), Text: name, Score: score}
	}
	span := func(s string) annot.Span { return entity("", s, 0).Span() }
	drug, gene, group := entity("CHEMICAL", "Propranolol", 0.98), entity("GENE", "β2 receptor", 0.75), entity("CHEMICAL", "β-Agonists", 0.5)
	evidence := "Propranolol inhibits the β2 receptor."
	return []annot.Document{
		{ID: "0704.0001", Text: text,
			Entities: []annot.Entity{group, drug, gene},
			Relations: []annot.Relation{
				{Type: "CPR:4", Meaning: "inhibitor", Source: drug, Target: gene, Directed: true, Score: 0.9, Span: span(evidence), Sentence: evidence},
				{Type: "related", Source: group, Target: drug, Score: 0.25},
			},
			Events: []annot.Event{
				{Type: "Negative_regulation", Trigger: span("inhibits"), Text: "inhibits", Arguments: []annot.Argument{{Role: annot.Theme, Entity: gene}, {Role: annot.Cause, Entity: drug}}, Span: span(evidence), Sentence: evidence},
				{Type: "Gene_expression", Trigger: span("new"), Text: "new", Negated: true},
			}},
		{Text: "no ID"},
		{Text: "p53 = TP53", Entities: []annot.Entity{{Type: "protein", Start: 0, End: 3, Score: 1}}}, // Text left out
	}
}

var tables = map[string]func([]annot.Document, ...Option) (*Dataset, error){"entities": Entities, "relations": Relations, "events": Events}

func TestResultTables(t *testing.T) {
	for name, table := range tables {
		for unit, opts := range map[string][]Option{"bytes": nil, "chars": {WithCharOffsets()}} {
			d := must(t)(table(readDocs(), append(opts, WithAllocator(checked(t)))...))
			var b bytes.Buffer
			if err := d.WriteCSV(&b); err != nil {
				t.Fatal(err)
			}
			golden(t, name+"-"+unit, b.String())
			if name != d.Name() {
				t.Errorf("the table is called %q", d.Name())
			}
			// A table without rows has the same columns.
			empty := must(t)(table(nil, append(opts, WithAllocator(checked(t)))...))
			if diff := cmp.Diff(sprint(d.Features()), sprint(empty.Features())); diff != "" || empty.NumRows() != 0 {
				t.Errorf("without documents: %d rows, %s", empty.NumRows(), diff)
			}
		}
	}
}

// Offsets find the text again, as bytes in Go and as characters.
func TestResultOffsets(t *testing.T) {
	docs := readDocs()
	for _, chars := range []bool{false, true} {
		opts := []Option{WithAllocator(checked(t))}
		if chars {
			opts = append(opts, WithCharOffsets())
		}
		for name, table := range tables {
			d := must(t)(table(docs, opts...))
			for _, row := range d.All() {
				for _, column := range d.Columns() {
					stem, ok := strings.CutSuffix(column, "start")
					if null, err := row.IsNull(column); !ok || null || err != nil {
						continue
					}
					n, _ := row.Int("doc")
					from, _ := row.Int(column)
					to, _ := row.Int(stem + "end")
					want, err := row.String(map[string]string{"sentence_": "sentence", "": "text"}[stem] + map[bool]string{true: stem + "text"}[stem != "" && stem != "sentence_"])
					if err != nil {
						t.Fatal(err)
					}
					got := ""
					if chars {
						got = string([]rune(docs[n].Text)[from:to])
					} else {
						got = docs[n].Text[from:to]
					}
					if got != want {
						t.Errorf("%s row %d: %s %d to %d is %q, want %q", name, row.Index(), column, from, to, got, want)
					}
				}
			}
		}
	}
}

// Spans may come in any order, as the entities of a relation do.
func TestPlacerCharacters(t *testing.T) {
	text := "aβ🧬c–d"
	p := &placer{ruler: ruler{text: text}, characters: true}
	for _, at := range []int{0, 7, 3, len(text), 1, 8, 11, 0} {
		if got, want := p.chars(at), utf8.RuneCountInString(text[:at]); got != int64(want) {
			t.Errorf("byte %d is character %d, want %d", at, got, want)
		}
	}
}

func TestResultErrors(t *testing.T) {
	ok := annot.Entity{Type: "GENE", Start: 0, End: 3}
	at := func(start, end int) annot.Entity { return annot.Entity{Type: "GENE", Start: start, End: end} }
	doc := func(d annot.Document) annot.Document { d.Text, d.ID = "p53β", "X1"; return d }
	for name, c := range map[string]struct {
		doc  annot.Document
		want string
	}{
		"beyond":    {annot.Document{Entities: []annot.Entity{ok, at(0, 9)}}, `datasets: document 1 ("X1"): entity 1 has bytes 0 to 9 of a text of 5`},
		"negative":  {annot.Document{Entities: []annot.Entity{at(-1, 2)}}, "bytes -1 to 2"},
		"backwards": {annot.Document{Entities: []annot.Entity{at(2, 1)}}, "bytes 2 to 1"},
		"cut":       {annot.Document{Entities: []annot.Entity{at(0, 4)}}, "cut a character (are the offsets counted in characters?)"},
		"type":      {annot.Document{Entities: []annot.Entity{{Type: "a\xff", End: 1}}}, `entity 0 has "a\xff", which is not valid UTF-8`},
		"source":    {annot.Document{Relations: []annot.Relation{{Source: at(0, 6), Target: ok}}}, "the source of relation 0 has bytes 0 to 6"},
		"target":    {annot.Document{Relations: []annot.Relation{{Source: ok, Target: ok}, {Source: ok, Target: at(5, 6)}}}, "the target of relation 1 has"},
		"meaning":   {annot.Document{Relations: []annot.Relation{{Source: ok, Target: ok, Meaning: "\xff"}}}, "relation 0 has"},
		"sentence":  {annot.Document{Relations: []annot.Relation{{Source: ok, Target: ok, Span: annot.Span{Start: 0, End: 6}}}}, "the sentence of relation 0 has bytes 0 to 6"},
		"trigger":   {annot.Document{Events: []annot.Event{{Trigger: annot.Span{Start: 3, End: 4}}}}, "the trigger of event 0 has bytes 3 to 4"},
		"argument":  {annot.Document{Events: []annot.Event{{Arguments: []annot.Argument{{Entity: ok}, {Entity: at(0, 7)}}}}}, "argument 1 of event 0 has bytes 0 to 7"},
		"role":      {annot.Document{Events: []annot.Event{{Arguments: []annot.Argument{{Role: "\xff", Entity: ok}}}}}, "event 0 has"},
	} {
		t.Run(name, func(t *testing.T) {
			table := Entities
			switch {
			case c.doc.Relations != nil:
				table = Relations
			case c.doc.Events != nil:
				table = Events
			}
			_, err := table([]annot.Document{{}, doc(c.doc)}, WithAllocator(checked(t)))
			wantError(t, err, c.want)
		})
	}
	for name, table := range tables {
		_, err := table([]annot.Document{{Text: "\xff"}})
		wantError(t, err, "datasets: document 0 is not valid UTF-8")
		_, err = table(nil, WithLimit(1))
		wantError(t, err, strings.ToUpper(name[:1])+name[1:]+" takes the options WithCharOffsets, WithProvenance and WithAllocator only")
	}
	for _, o := range []Option{WithCharOffsets(), WithProvenance(report.Provenance{})} {
		_, err := Load(t.Context(), "testdata/five.csv", o)
		wantError(t, err, "not for Load")
	}
}

// Result files open in pandas with the types that they should have, and offsets in characters are Python's.
func TestResultsPython(t *testing.T) {
	python := pythontest.Interpreter(t, "pandas", "pyarrow")
	docs, dir := readDocs(), t.TempDir()
	for name, table := range tables {
		d := must(t)(table(docs, WithCharOffsets(), WithAllocator(checked(t)), WithProvenance(report.NewProvenance())))
		for _, ext := range []string{".arrow", ".csv", ".jsonl"} {
			if err := d.WriteFile(filepath.Join(dir, name+ext)); err != nil {
				t.Fatal(err)
			}
		}
	}
	out, err := exec.Command(python, "-c", `
import json, sys, pandas, pyarrow as pa
dir, texts = sys.argv[1], sys.argv[2:]
for name in "entities", "relations", "events":
    t = pa.ipc.open_file(f"{dir}/{name}.arrow").read_all()
    p = json.loads(t.schema.metadata[b"sparsebio.provenance"])
    assert p["options"] == {"offsets": "characters"} and p["library"]["version"], p
    assert p == json.load(open(f"{dir}/{name}.csv.provenance.json"))
    rows = t.to_pylist()
    for r in rows:
        for c in [c for c in r if c.endswith("start") and r[c] is not None]:
            stem = c.removesuffix("start")
            want = r["sentence"] if stem == "sentence_" else r[stem + "text"]
            assert texts[r["doc"]][r[c]:r[stem + "end"]] == want, (name, r, c)
    jsonl = [json.loads(line) for line in open(f"{dir}/{name}.jsonl")]
    assert jsonl == rows, (jsonl, rows)
    csv = pandas.read_csv(f"{dir}/{name}.csv", dtype={"doc_id": str})
    assert list(csv.columns) == t.column_names
    csv = csv.astype(object).where(csv.notna(), None).to_dict("records")
    assert csv == rows, (csv, rows)
`, dir, docs[0].Text, docs[1].Text, docs[2].Text).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
