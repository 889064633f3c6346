package datasets

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/google/go-cmp/cmp"

	"github.com/sparsebio/sparsebio/biobert/report"
)

func madeProvenance() report.Provenance {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	return report.Provenance{
		Library: report.Library{Version: "v0.4.0"}, Go: "go1.26.1", Platform: "linux/amd64",
		Models: []report.ModelUse{{
			Name: "jnlpba", Files: []report.FileSum{{Name: "jnlpba", SHA256: strings.Repeat("ab", 32)}}, Engine: "sparse INT8", Threads: 2,
			Options: map[string]string{"aggregation": "word"},
		}},
		Data:    &report.DataUse{Name: "α.csv", Split: "train", Column: "abstract", Rows: 3, Fingerprint: strings.Repeat("0f", 32)},
		Started: at, Finished: at.Add(time.Second),
	}
}

func wantProvenance(t *testing.T, d *Dataset, want report.Provenance) {
	t.Helper()
	got, err := d.Provenance()
	if err != nil {
		t.Error(err)
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// It survives files, folders and verbs.
func TestProvenance(t *testing.T) {
	five := load(t, "testdata/five.arrow")
	if _, err := five.Provenance(); !errors.Is(err, ErrNoProvenance) || !strings.Contains(err.Error(), `data set "testdata/five.arrow": no provenance`) {
		t.Errorf("error %v", err)
	}
	p := madeProvenance()
	d := must(t)(five.WithProvenance(p))
	wantProvenance(t, d, p)
	if diff := cmp.Diff(dump(t, five), dump(t, d)); diff != "" {
		t.Errorf("the set changed: %s", diff)
	}
	dir := t.TempDir()
	for _, name := range []string{"x.arrow", "x.feather"} {
		path := filepath.Join(dir, name)
		if err := d.WriteFile(path); err != nil {
			t.Fatal(err)
		}
		wantProvenance(t, load(t, path), p)
		wantProvenance(t, load(t, path, WithColumns("title", "id")), p)
	}
	if err := d.SaveToDisk(filepath.Join(dir, "saved")); err != nil {
		t.Fatal(err)
	}
	wantProvenance(t, load(t, filepath.Join(dir, "saved")), p)

	ok := must(t)
	verbs := map[string]*Dataset{
		"Head":          ok(d.Head(2), nil),
		"Select":        ok(d.Select(1, 0)),
		"Filter":        ok(d.Filter(func(Row) bool { return true })),
		"Sort":          ok(d.Sort("id", true)),
		"Shuffle":       ok(d.Shuffle(1)),
		"SelectColumns": ok(d.SelectColumns("id")),
		"RenameColumn":  ok(d.RenameColumn("id", "name")),
		"AddColumn":     ok(AddColumn(d, "n", []int{1, 2, 3, 4, 5})),
		"Concatenate":   ok(d.Concatenate(ok(d.Head(1), nil), d)),
	}
	for name, v := range verbs {
		t.Run(name, func(t *testing.T) { wantProvenance(t, v, p) })
	}
	// Rows that come from elsewhere belong to neither.
	q := p
	q.Command = []string{"other"}
	other := ok(d.WithProvenance(q))
	wantProvenance(t, other, q)
	for name, sets := range map[string][2]*Dataset{"none": {d, five}, "none first": {five, d}, "another": {d, other}} {
		if _, err := ok(sets[0].Concatenate(sets[1])).Provenance(); !errors.Is(err, ErrNoProvenance) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A text format has a file beside it, never an old one.
func TestProvenanceFile(t *testing.T) {
	p := madeProvenance()
	plain := load(t, "testdata/five.jsonl")
	d := must(t)(plain.WithProvenance(p))
	dir := t.TempDir()
	for _, name := range []string{"x.csv", "x.tsv", "x.jsonl", "x.jsonl.gz"} {
		path := filepath.Join(dir, name)
		if err := d.WriteFile(path); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path + ProvenanceSuffix)
		if err != nil {
			t.Fatal(err)
		}
		var got report.Provenance
		if err := json.Unmarshal(data, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
		if !strings.HasPrefix(string(data), "{\n  \"library\"") || !strings.HasSuffix(string(data), "}\n") {
			t.Errorf("%s: not to be read by people: %s", name, data)
		}
		wantProvenance(t, load(t, path), p) // and Load reads it back, as a stream does
		for batch, err := range stream(t, path).Batches(2) {
			if err != nil {
				t.Fatal(err)
			}
			wantProvenance(t, batch, p)
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(left) != 8 {
		t.Errorf("files %v, %v", left, err)
	}
	one := filepath.Join(dir, "one")
	if err := os.Mkdir(one, 0o777); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(one, "x.csv")
	if err := d.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	if n := load(t, one).NumRows(); n != 5 { // the file beside it is no data
		t.Errorf("the folder has %d rows", n)
	}
	if err := plain.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(one); err != nil || len(left) != 1 {
		t.Errorf("files %v, %v: those of the set before were left", left, err)
	}
	// What cannot be written names the file that it is about.
	if err := os.MkdirAll(filepath.Join(path+ProvenanceSuffix, "full"), 0o777); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(path)
	wantError(t, must(t)(d.Select(1)).WriteFile(path), "cannot write")
	if after, err := os.ReadFile(path); err != nil || string(before) != string(after) {
		t.Errorf("the file was replaced, %v", err)
	}
}

// Of several files all must say the same; what cannot be read is an error that says how to do without.
func TestProvenanceBeside(t *testing.T) {
	p := madeProvenance()
	plain := load(t, "testdata/five.jsonl")
	d := must(t)(plain.WithProvenance(p))
	dir := t.TempDir()
	paths := []string{filepath.Join(dir, "train-1.csv"), filepath.Join(dir, "train-2.csv")}
	for _, path := range paths {
		if err := d.WriteFile(path); err != nil {
			t.Fatal(err)
		}
	}
	wantProvenance(t, load(t, dir), p)
	if err := plain.WriteFile(paths[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := load(t, dir).Provenance(); !errors.Is(err, ErrNoProvenance) {
		t.Errorf("one of two: %v", err)
	}
	for content, want := range map[string]string{"": "unexpected end of JSON input", "[]": "cannot unmarshal", strings.Repeat(" ", 1<<20+1): "1048577 bytes"} {
		if err := os.WriteFile(paths[1]+ProvenanceSuffix, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := Load(t.Context(), paths[1], WithAllocator(checked(t)))
		wantError(t, err, want)
		wantError(t, err, `train-2.csv.provenance.json": `)
		wantError(t, err, "remove it to read")
	}
}

func TestProvenanceDamaged(t *testing.T) {
	five := load(t, "testdata/five.arrow")
	for _, v := range []string{"", "{", "[]", `{"started": "yesterday"}`} {
		table := five.Table()
		cols := make([]arrow.Column, table.NumCols())
		for i := range cols {
			cols[i] = *table.Column(i)
		}
		d := must(t)(own("x", five.mem, array.NewTable(setMetadata(table.Schema(), ProvenanceKey, v), cols, table.NumRows()), nil))
		_, err := d.Provenance()
		wantError(t, err, `datasets: data set "x": provenance: `)
	}
	p := madeProvenance()
	p.Started = time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)
	_, err := five.WithProvenance(p)
	wantError(t, err, "datasets: provenance of data set")
}

func TestSource(t *testing.T) {
	d := load(t, "testdata/hub", WithSplit("train"))
	got := must(t)(d.Filter(func(Row) bool { return true })).Source("abstract")
	want := report.DataUse{Name: "testdata/hub", Split: "train", Column: "abstract", Rows: d.NumRows(), Fingerprint: d.Fingerprint()}
	if *got != want {
		t.Errorf("%+v, want %+v", *got, want)
	}
}
