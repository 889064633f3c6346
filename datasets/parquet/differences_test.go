package parquet

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/pqarrow"

	"github.com/sparsebio/sparsebio/datasets"
)

// Arrow loses its place in 64-bit integers that are encoded as differences, if they may be null and a page is read in
// several steps; the parts of a stream are such steps.
func TestDifferences(t *testing.T) {
	made := make([]struct {
		N *int64 `json:"n"`
	}, 3*streamParts.rows+7)
	for i := range made {
		if v := int64(i) * int64(i); i%5 > 0 {
			made[i].N = &v
		}
	}
	d, err := datasets.From("made", made, checked(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Release)
	var b bytes.Buffer
	props := parquet.NewWriterProperties(parquet.WithDictionaryDefault(false), parquet.WithEncoding(parquet.Encodings.DeltaBinaryPacked))
	if err := pqarrow.WriteTable(d.Table(), &b, int64(len(made)), props, pqarrow.DefaultWriterProps()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.parquet")
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer wantBack(t, mem)
	s, err := datasets.Stream(t.Context(), path, datasets.WithAllocator(mem))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for r, err := range s.All() {
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Any("n")
		if err != nil {
			t.Fatal(err)
		}
		if want := made[n].N; want == nil && got != nil || want != nil && got != *want {
			t.Fatalf("row %d is %v", n, got)
		}
		n++
	}
	if n != len(made) {
		t.Errorf("%d rows of %d", n, len(made))
	}
}
