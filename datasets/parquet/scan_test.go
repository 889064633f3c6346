package parquet

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/sparsebio/sparsebio/datasets"
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
	large, err := datasets.From("made", made)
	if err != nil {
		t.Fatal(err)
	}
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
		want, errLoad := datasets.Load(t.Context(), name)
		s, err := datasets.Stream(t.Context(), name, datasets.WithAllocator(mem))
		if (err == nil) != (errLoad == nil) {
			t.Errorf("%s: %v, but Load has %v", name, err, errLoad)
		}
		if err != nil || errLoad != nil {
			continue
		}
		read++
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
	s, err := datasets.Stream(t.Context(), dir, datasets.WithSplit("train[-2:]"), datasets.WithColumns("text", "id"))
	if err != nil {
		t.Fatal(err)
	}
	for b, err := range s.Batches(10) {
		if err != nil || fmt.Sprint(b.Columns()) != "[text id]" || b.NumRows() != 2 {
			t.Errorf("%v, %v", b, err)
		}
	}
	_, err = datasets.Stream(t.Context(), dir, datasets.WithColumns("txt"))
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
		s, err := datasets.Stream(t.Context(), path)
		if err != nil {
			continue
		}
		for _, err := range s.Batches(5000) { // an error or rows, no panic
			if err != nil && !strings.Contains(err.Error(), "x.parquet") {
				t.Errorf("%v", err)
			}
		}
	}
}
