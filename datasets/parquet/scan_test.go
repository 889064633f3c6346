package parquet

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/sparsebio/sparsebio/datasets"
	"github.com/sparsebio/sparsebio/datasets/internal/pythontest"
)

func rows(t *testing.T, d *datasets.Dataset) string {
	t.Helper()
	var b strings.Builder
	if err := d.WriteJSONL(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A stream has the rows, features and times that Load has, over row groups, pages and files.
func TestStream(t *testing.T) {
	type row struct {
		ID    string    `json:"id"`
		N     *int      `json:"n"`
		Parts []string  `json:"parts"`
		Text  string    `json:"text"`
		Score []float32 `json:"score"`
	}
	made := make([]row, 2*rowGroup+5000)
	for i := range made {
		made[i] = row{ID: fmt.Sprint(i), Text: strings.Repeat("NF-κB ", i%37)}
		if i%3 > 0 {
			made[i].N = &i
			made[i].Parts = strings.Fields("a b c")[:i%4]
			made[i].Score = make([]float32, i%5)
		}
	}
	large, err := datasets.From("made", made, checked(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(large.Release)
	dir := t.TempDir()
	for i := range 2 {
		if err := Write(filepath.Join(dir, fmt.Sprintf("train-%05d-of-00002.parquet", i)), large); err != nil {
			t.Fatal(err)
		}
	}
	names, err := filepath.Glob("testdata/*.parquet")
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, name := range append(names, dir) {
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		want, errLoad := datasets.Load(t.Context(), name, checked(t))
		s, err := datasets.Stream(t.Context(), name, datasets.WithAllocator(mem))
		if (err == nil) != (errLoad == nil) {
			t.Errorf("%s: %v, but Load has %v", name, err, errLoad)
		}
		if err != nil || errLoad != nil {
			continue
		}
		read++
		t.Cleanup(want.Release)
		if n, ok := s.NumRows(); !ok || n != want.NumRows() || fmt.Sprint(s.Features()) != fmt.Sprint(want.Features()) {
			t.Errorf("%s: %d rows, features %v", name, n, s.Features())
		}
		var got strings.Builder
		for b, err := range s.Batches(7000) {
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			got.WriteString(rows(t, b))
		}
		if got.String() != rows(t, want) {
			t.Errorf("%s: the stream has other rows than Load", name)
		}
		for range s.Batches(3) {
			break
		}
		mem.AssertSize(t, 0)
	}
	if read < 2 {
		t.Errorf("%d files were read", read)
	}
	s, err := datasets.Stream(t.Context(), dir, datasets.WithSplit("train[-2:]"), datasets.WithColumns("text", "id"), checked(t))
	if err != nil {
		t.Fatal(err)
	}
	for b, err := range s.Batches(10) {
		if err != nil || fmt.Sprint(b.Columns()) != "[text id]" || b.NumRows() != 2 {
			t.Errorf("%v, %v", b, err)
		}
	}
	_, err = datasets.Stream(t.Context(), dir, datasets.WithColumns("txt"), checked(t))
	if err == nil || !strings.Contains(err.Error(), `no column "txt" (has id,`) {
		t.Errorf("%v", err)
	}
	// A file cut short is an error wherever it is cut, as it is for Load.
	data, err := os.ReadFile(filepath.Join(dir, "train-00000-of-00002.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		damaged := append([]byte{}, data...)
		at := len(data) / 20 * i
		for k := range min(64, len(data)-at) {
			damaged[at+k] ^= 0x55
		}
		path := filepath.Join(t.TempDir(), "x.parquet")
		if err := os.WriteFile(path, damaged, 0o666); err != nil {
			t.Fatal(err)
		}
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		s, err := datasets.Stream(t.Context(), path, datasets.WithAllocator(mem))
		if err != nil {
			continue
		}
		for _, err = range s.Batches(5000) { // an error or rows, no panic
			if err != nil && !strings.Contains(err.Error(), "x.parquet") {
				t.Errorf("%v", err)
			}
		}
		if err == nil { // else arrow keeps what it has
			wantBack(t, mem)
		}
	}
}

// Files as pyarrow writes them: one row group of many pages, dictionaries that fall back to plain pages, nested values,
// several codecs, both versions of pages.
func TestStreamPython(t *testing.T) {
	python := pythontest.Interpreter(t, "pyarrow")
	dir := t.TempDir()
	out, err := exec.Command(python, "-c", `
import sys, pyarrow as pa, pyarrow.parquet as pq
n = 20000
t = pa.table({
    "id": [str(i) for i in range(n)],
    "text": ["NF-κB %d " % i * (i % 40) if i % 7 else None for i in range(n)],
    "few": [["a", "b", "c"][i % 3] for i in range(n)],
    "parts": [None if i % 11 == 0 else [{"a": i, "b": ["x"] * (i % 3)}] * (i % 4) for i in range(n)],
    "nothing": pa.array([None] * n, pa.string()),
    "f": pa.array([i / 3 for i in range(n)], pa.float32()),
})
for codec in ["none", "snappy", "gzip", "zstd", "brotli", "lz4"]:
    for version in ["1.0", "2.0"]:
        pq.write_table(t, sys.argv[1] + "/%s-%s.parquet" % (codec, version[0]), compression=codec, data_page_version=version, data_page_size=20000, dictionary_pagesize_limit=30000)
`, dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.parquet"))
	if err != nil || len(files) != 12 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		want, err := datasets.Load(t.Context(), file, checked(t))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(want.Release)
		s, err := datasets.Stream(t.Context(), file, checked(t))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for b, err := range s.Batches(3333) {
			if err != nil {
				t.Fatal(err)
			}
			part, err := want.Slice(n, n+b.NumRows())
			if err != nil {
				t.Fatal(err)
			}
			if rows(t, b) != rows(t, part) {
				t.Errorf("%s: the rows after %d differ", filepath.Base(file), n)
			}
			part.Release()
			n += b.NumRows()
		}
		if n != want.NumRows() {
			t.Errorf("%s: %d rows", filepath.Base(file), n)
		}
	}
}
