package parquet_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/sparsebio/sparsebio/biobert/report"
	"github.com/sparsebio/sparsebio/datasets"
	"github.com/sparsebio/sparsebio/datasets/annot"
	"github.com/sparsebio/sparsebio/datasets/internal/pythontest"
	"github.com/sparsebio/sparsebio/datasets/parquet"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func load(t *testing.T, name string, opts ...datasets.Option) *datasets.Dataset {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	d, err := datasets.Load(t.Context(), name, append(opts, datasets.WithAllocator(mem))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.Release()
		mem.AssertSize(t, 0)
	})
	return d
}

func dump(t *testing.T, d *datasets.Dataset) string {
	t.Helper()
	var b bytes.Buffer
	fs, err := json.Marshal(d.Features())
	if err != nil {
		t.Fatal(err)
	}
	b.Write(append(fs, '\n'))
	if err := d.WriteJSONL(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What pyarrow, Polars and DuckDB call lz4 is read, though arrow does not know it.
func TestLoadLZ4(t *testing.T) {
	want := dump(t, load(t, "testdata/five.parquet", datasets.WithColumns("id")))
	if diff := cmp.Diff(want, dump(t, load(t, "testdata/lz4.parquet"))); diff != "" {
		t.Errorf("-snappy +lz4:\n%s", diff)
	}
}

// The Parquet file holds what the Arrow file of package datasets holds.
func TestLoad(t *testing.T) {
	d := load(t, "testdata/five.parquet")
	if diff := cmp.Diff(dump(t, load(t, "../testdata/five.arrow")), dump(t, d)); diff != "" {
		t.Errorf("-arrow +parquet:\n%s", diff)
	}
	file := filepath.Join("testdata", "columns.golden")
	got := dump(t, load(t, "testdata/five.parquet", datasets.WithColumns("categories", "label", "id"), datasets.WithLimit(3)))
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestLoadErrors(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"empty.parquet": "", "text.parquet": "id,title\n1,no Parquet at all\n", "magic.parquet": "PAR1PAR1", "length.parquet": "PAR1\xff\xff\xff\x7fPAR1"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		path string
		opts []datasets.Option
		want string
	}{
		{"testdata/split.parquet", nil, `datasets: "testdata/split.parquet": column "score" is encoded with BYTE_STREAM_SPLIT, which is not supported (write the file with use_byte_stream_split=False in pyarrow)`},
		{"testdata/five.parquet", []datasets.Option{datasets.WithColumns("abstrct")}, `datasets: "testdata/five.parquet": no column "abstrct" (has id, title, abstract, categories, year, score, reviewed, label, published)`},
		{"testdata/five.parquet", []datasets.Option{datasets.WithSplit("test")}, `datasets: "testdata/five.parquet" has no split "test" (has train)`},
		{filepath.Join(dir, "empty.parquet"), nil, `empty.parquet" is empty`},
		{filepath.Join(dir, "text.parquet"), nil, `text.parquet": not a Parquet file, or cut short`},
		{filepath.Join(dir, "magic.parquet"), nil, `magic.parquet"`},
		{filepath.Join(dir, "length.parquet"), nil, `length.parquet"`},
	} {
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		_, err := datasets.Load(t.Context(), tt.path, append(tt.opts, datasets.WithAllocator(mem))...)
		mem.AssertSize(t, 0)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s:\n got %v\nwant %s", tt.path, err, tt.want)
		}
	}
	// The columns that can be read are not held back by the one that cannot.
	if d := load(t, "testdata/split.parquet", datasets.WithColumns("id")); d.NumRows() != 5 {
		t.Errorf("%d rows", d.NumRows())
	}
}

// Cut or damaged files give errors or other values, but no panic.
func TestDamaged(t *testing.T) {
	data, err := os.ReadFile("testdata/five.parquet")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.parquet")
	try := func(b []byte) error {
		t.Helper()
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		d, err := datasets.Load(t.Context(), path, datasets.WithAllocator(mem))
		if err == nil { // else arrow keeps what it has
			dump(t, d)
			d.Release()
			mem.AssertSize(t, 0)
		}
		return err
	}
	for n := 0; n < len(data); n += 31 {
		if err := try(data[:n]); err == nil || !strings.Contains(err.Error(), path) {
			t.Fatalf("cut to %d of %d bytes: error %v", n, len(data), err)
		}
	}
	for i := 0; i < len(data); i += 7 {
		bad := bytes.Clone(data)
		bad[i] ^= 0x15
		try(bad)
	}
}

func TestWrite(t *testing.T) {
	five := load(t, "../testdata/five.arrow")
	shuffled, err := five.Concatenate(five) // several chunks
	if err != nil {
		t.Fatal(err)
	}
	defer shuffled.Release()
	want := dump(t, shuffled)
	dir := t.TempDir()
	a, b, c := filepath.Join(dir, "a.parquet"), filepath.Join(dir, "b.parquet"), filepath.Join(dir, "c.parquet")
	if err := shuffled.WriteFile(a); err != nil {
		t.Fatal(err)
	}
	if err := parquet.Write(b, shuffled); err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	if err := parquet.WriteTo(&buf, shuffled); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(c, buf.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{a, b, c} {
		if diff := cmp.Diff(want, dump(t, load(t, path))); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 3 {
		t.Errorf("files left behind: %v, %v", left, err)
	}
	t.Run("python", func(t *testing.T) {
		out, err := exec.Command(pythontest.Interpreter(t, "datasets"), "-c", `
import datasets, sys
ours, theirs = datasets.Dataset.from_parquet(sys.argv[1], cache_dir=sys.argv[2]), datasets.load_from_disk("../testdata/saved")
ours, theirs = ours.remove_columns("published"), theirs.remove_columns("published")
assert ours.features == theirs.features, ours.features
assert list(ours) == 2 * list(theirs), list(ours)
`, a, dir).CombinedOutput()
		if err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
}

// The record of where results came from is in the file for everybody.
func TestProvenance(t *testing.T) {
	p := report.NewProvenance()
	p.Command = []string{"sparsebio", "β"}
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	docs := []annot.Document{{ID: "7", Text: "β-actin binds", Entities: []annot.Entity{{Type: "protein", End: 8, Score: 0.5}}}}
	d, err := datasets.Entities(docs, datasets.WithProvenance(p), datasets.WithCharOffsets(), datasets.WithAllocator(mem))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.Release()
		mem.AssertSize(t, 0)
	})
	path := filepath.Join(t.TempDir(), "entities.parquet")
	if err := d.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	want, err := d.Provenance()
	if err != nil {
		t.Fatal(err)
	}
	for _, columns := range [][]string{{"text"}, d.Columns()} {
		back := load(t, path, datasets.WithColumns(columns...))
		got, err := back.Provenance()
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v, -want +got:\n%s", err, diff)
		}
		if got, want := back.Fingerprint(), d.Fingerprint(); len(columns) > 1 && got != want {
			t.Errorf("fingerprint %s, want %s", got, want)
		}
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("files left behind: %v, %v", left, err)
	}
	python := pythontest.Interpreter(t, "datasets", "pyarrow")
	out, err := exec.Command(python, "-c", `
import datasets, json, sys, pyarrow.parquet as pq
p = json.loads(pq.read_schema(sys.argv[1]).metadata[b"sparsebio.provenance"])
assert p["command"] == ["sparsebio", "β"] and p["options"] == {"offsets": "characters"} and p["started"].endswith("Z"), p
assert json.loads(pq.read_metadata(sys.argv[1]).metadata[b"sparsebio.provenance"]) == p
row = {"doc": 0, "doc_id": "7", "type": "protein", "text": "β-actin", "start": 0, "end": 7, "score": 0.5}
assert pq.read_table(sys.argv[1]).to_pylist() == [row]
assert list(datasets.Dataset.from_parquet(sys.argv[1], cache_dir=sys.argv[2])) == [row]
`, path, t.TempDir()).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestWriteErrors(t *testing.T) {
	five := load(t, "../testdata/five.arrow")
	err := parquet.Write(filepath.Join(t.TempDir(), "none", "x.parquet"), five)
	if err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("error %v", err)
	}
	type row struct {
		Empty struct{ X []struct{ Y int } }
	}
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	d, err := datasets.From("made", []row{{}}, datasets.WithAllocator(mem))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Release()
	if err := parquet.WriteTo(new(bytes.Buffer), d); err != nil {
		t.Errorf("nested lists and structs: %v", err)
	}
}

func TestFixtures(t *testing.T) {
	shared := os.Getenv("SPARSEBIO_SHARED")
	if shared == "" {
		t.Skip("SPARSEBIO_SHARED is not set: it names the folder with corpora/hf-fixtures")
	}
	dir := filepath.Join(shared, "corpora", "hf-fixtures")
	for _, tt := range []struct {
		folder, split string
		rows          int
		column, typ   string
	}{
		{"jnlpba-mini", "train", 600, "ner_tags", "list<ClassLabel(11)>"},
		{"jnlpba-mini", "validation", 150, "ner_tags", "list<ClassLabel(11)>"},
		{"chemprot-mini", "train", 300, "label", "ClassLabel(6)"},
		{"chemprot-mini", "validation", 120, "label", "ClassLabel(6)"},
		{"arxiv-qbio-qm", "train", 353, "published", "timestamp[s]"},
	} {
		d := load(t, filepath.Join(dir, tt.folder), datasets.WithSplit(tt.split))
		f, _ := d.Features().Lookup(tt.column)
		if d.NumRows() != tt.rows || f.String() != tt.typ {
			t.Errorf("%s %s: %d rows, %s is %s", tt.folder, tt.split, d.NumRows(), tt.column, f)
		}
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		s, err := datasets.Stream(t.Context(), filepath.Join(dir, tt.folder), datasets.WithSplit(tt.split), datasets.WithAllocator(mem))
		if err != nil {
			t.Fatal(err)
		}
		for b, err := range s.Batches(tt.rows) {
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(dump(t, d), dump(t, b)); diff != "" {
				t.Errorf("%s %s: -loaded +streamed:\n%.2000s", tt.folder, tt.split, diff)
			}
		}
		mem.AssertSize(t, 0)
	}
	// The same rows, from Parquet and as Python saved them.
	mini := load(t, filepath.Join(dir, "jnlpba-mini"), datasets.WithSplit("train"))
	saved := load(t, filepath.Join(dir, "jnlpba-saved"), datasets.WithSplit("train"))
	head := mini.Head(saved.NumRows())
	defer head.Release()
	if diff := cmp.Diff(dump(t, saved), dump(t, head)); diff != "" {
		t.Errorf("-saved +parquet:\n%.2000s", diff)
	}
	arxiv := load(t, filepath.Join(dir, "arxiv-qbio-qm"))
	n := 0
	for doc, err := range arxiv.Documents("abstract") {
		if err != nil {
			t.Fatal(err)
		}
		if doc.ID == "" || doc.Title == "" || doc.Text == "" {
			t.Errorf("document %d: %+v", n, doc)
		}
		n++
	}
	if n != 353 {
		t.Errorf("%d documents", n)
	}
}

func Example() {
	// import _ "github.com/sparsebio/sparsebio/datasets/parquet"
	d, err := datasets.Load(context.Background(), "testdata/five.parquet", datasets.WithColumns("id", "title", "label"))
	if err != nil {
		panic(err)
	}
	fmt.Println(d)
	names, err := d.ClassNames("label")
	fmt.Println(names, err)
	// Output:
	// testdata/five.parquet: 5 rows
	// id          title                 label
	// string      string                ClassLabel(3)
	// 0704.0001   NF-κB in a dish       0
	// 2401.00010  A "quiet" enhancer    1
	// 2402.00003  Ca²⁺ sparks           2
	// 2403.00004  IL-2, IL-7 and IL-15  0
	// 2404.00005  p53, again            1
	//
	// [other signalling genomics] <nil>
}
