package datasets

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sparsebio/sparsebio/datasets/internal/pythontest"
)

// What is written is read back the same.
func TestWriteFile(t *testing.T) {
	five := load(t, "testdata/five.arrow")
	want := dump(t, five)
	plain := load(t, "testdata/five.jsonl")
	for _, ext := range []string{"jsonl", "ndjson", "jsonl.gz", "json", "json.gz", "csv", "tsv", "csv.gz", "arrow", "feather"} {
		t.Run(ext, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "out."+ext)
			d, want := five, want
			switch {
			case strings.HasPrefix(ext, "csv"), ext == "tsv":
				d = load(t, "testdata/five.csv")
				want = dump(t, d)
			case ext != "arrow" && ext != "feather":
				d = plain
				want = dump(t, d)
			}
			for range 2 { // the second time over the first
				if err := d.WriteFile(path); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(want, dump(t, load(t, path))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			left, err := os.ReadDir(filepath.Dir(path))
			if err != nil || len(left) != 1 {
				t.Errorf("files left behind: %v, %v", left, err)
			}
		})
	}
}

func TestWriteErrors(t *testing.T) {
	five := load(t, "testdata/five.arrow")
	dir := t.TempDir()
	wantError(t, five.WriteFile(filepath.Join(dir, "x.parquet")), "needs the Parquet writer (import _")
	wantError(t, five.WriteFile(filepath.Join(dir, "x.xls")), "unknown extension (use .jsonl, .json, .csv, .tsv, .arrow, .parquet, .conll, .pubtator, .bioc.json or .bioc.xml)")
	wantError(t, five.WriteFile(filepath.Join(dir, "none", "x.csv")), "there is no folder")
	wantError(t, five.WriteJSONL(brokenWriter{}), "writing JSON lines: disk full")
	wantError(t, five.WriteJSON(brokenWriter{}), "writing JSON: disk full")
	wantError(t, five.WriteCSV(brokenWriter{}), "writing CSV: disk full")
	wantError(t, five.SaveToDisk("testdata/hub"), `will not replace folder "testdata/hub", which is no saved data set`)
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("files left behind: %v, %v", left, err)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteCSV(t *testing.T) {
	type row struct {
		A string
		B *float64
	}
	x := 1.0
	rows := []row{{"plain", &x}, {`say "hi", then`, nil}, {"two\nlines\r\n", &x}, {"", nil}}
	d := must(t)(From("made", rows, WithAllocator(checked(t))))
	var b bytes.Buffer
	if err := d.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	want := "A,B\nplain,1.0\n\"say \"\"hi\"\", then\",\n\"two\nlines\r\n\",1.0\n,\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
	// A row of one empty cell must not become a blank line.
	b.Reset()
	if err := must(t)(d.SelectColumns("A")).WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	if back := load(t, write(t, "x.csv", b.String())); back.NumRows() != 4 {
		t.Errorf("%d rows read back, want 4", back.NumRows())
	}
}

// Every line is JSON that encoding/json reads as the same values.
func TestWriteJSONLIsJSON(t *testing.T) {
	type row struct{ S string }
	nasty := []row{{"\x00\x01\x1f\x7f"}, {`\ " / </script>`}, {"\u2028\u2029 é 🧬"}, {"tab\tline\n"}, {"bad \xff utf-8"}}
	d := must(t)(From("made", nasty, WithAllocator(checked(t))))
	var b bytes.Buffer
	if err := d.WriteJSONL(&b); err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimSpace(b.String()), "\n") {
		var r row
		if err := json.Unmarshal([]byte(line), &r); err != nil || r.S != strings.ToValidUTF8(nasty[i].S, "\ufffd") {
			t.Errorf("%s read as %q, %v", line, r.S, err)
		}
	}
}

// A file of JSON is one value, also without rows.
func TestWriteJSON(t *testing.T) {
	type row struct {
		S string   `json:"s"`
		N *float64 `json:"n"`
	}
	x := 0.5
	for _, tt := range []struct {
		rows []row
		want string
	}{
		{nil, "[\n]\n"},
		{[]row{{"β \"1\"\n", &x}}, "[\n{\"s\": \"β \\\"1\\\"\\n\", \"n\": 0.5}\n]\n"},
		{[]row{{"a", nil}, {"", &x}}, "[\n{\"s\": \"a\", \"n\": null},\n{\"s\": \"\", \"n\": 0.5}\n]\n"},
	} {
		d := must(t)(From("made", tt.rows, WithAllocator(checked(t))))
		var b bytes.Buffer
		if err := d.WriteJSON(&b); err != nil {
			t.Fatal(err)
		}
		var back []row
		if err := json.Unmarshal(b.Bytes(), &back); err != nil || b.String() != tt.want || len(back) != len(tt.rows) {
			t.Errorf("%q read as %v, %v, want %q", b.String(), back, err, tt.want)
		}
	}
}

func TestSaveToDisk(t *testing.T) {
	five := load(t, "testdata/five.arrow")
	dir := filepath.Join(t.TempDir(), "saved")
	for range 2 {
		if err := five.SaveToDisk(dir); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(dump(t, five), dump(t, load(t, dir))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if left, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(left) != 1 {
		t.Errorf("files left behind: %v, %v", left, err)
	}
	empty := five.Head(0)
	defer empty.Release()
	if err := empty.SaveToDisk(dir); err != nil {
		t.Fatal(err)
	}
	if d := load(t, dir); d.NumRows() != 0 || len(d.Columns()) != 9 {
		t.Errorf("%d rows, columns %v", d.NumRows(), d.Columns())
	}
}

// Python reads what SaveToDisk writes.
func TestSaveToDiskPython(t *testing.T) {
	python := pythontest.Interpreter(t, "datasets")
	dir := filepath.Join(t.TempDir(), "saved")
	five := load(t, "testdata/five.arrow")
	shuffled := must(t)(five.Shuffle(3))
	if err := shuffled.SaveToDisk(dir); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(python, "-c", `
import datasets, json, sys
ours, theirs = datasets.load_from_disk(sys.argv[1]), datasets.load_from_disk("testdata/saved")
assert ours.features == theirs.features, ours.features
rows = sorted(ours, key=lambda r: r["id"])
assert rows == list(theirs), rows
`, dir).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestString(t *testing.T) {
	five := load(t, "testdata/five.jsonl")
	golden(t, "string", five.String())
	many := must(t)(five.Concatenate(five, five))
	if s := many.String(); !strings.HasSuffix(s, "... 5 more\n") || strings.Count(s, "\n") != 14 {
		t.Errorf("15 rows shown as\n%s", s)
	}
}

func TestCheckWritable(t *testing.T) {
	dir := t.TempDir()
	if err := CheckWritable(filepath.Join(dir, "x.jsonl.gz")); err != nil {
		t.Error(err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
		t.Errorf("left behind: %v, %v", files, err)
	}
	if err := os.Mkdir(filepath.Join(dir, "d.csv"), 0o777); err != nil {
		t.Fatal(err)
	}
	wantError(t, CheckWritable(filepath.Join(dir, "d.csv")), "it is a folder")
	wantError(t, CheckWritable(filepath.Join(dir, "x.xls")), "unknown extension")
	wantError(t, CheckWritable(filepath.Join(dir, "none", "x.csv")), "there is no folder")
}
