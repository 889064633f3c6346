package parquet

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/sparsebio/sparsebio/datasets"
)

// A fullDisk has room for so many bytes.
type fullDisk struct{ room int }

func (f *fullDisk) Write(b []byte) (int, error) {
	if len(b) > f.room {
		n := f.room
		f.room = 0
		return n, syscall.ENOSPC
	}
	f.room -= len(b)
	return len(b), nil
}

func TestFullDisk(t *testing.T) {
	d, err := datasets.Load(t.Context(), "testdata/five.parquet")
	if err != nil {
		t.Fatal(err)
	}
	for _, room := range []int{0, 3, 100, 1000} {
		if err := WriteTo(&fullDisk{room}, d); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("room for %d bytes: %v", room, err)
		}
	}
}

// readBoth reads a file as a whole and as a stream; errors must name it.
func readBoth(t *testing.T, path string) {
	t.Helper()
	check := func(err error) {
		if err != nil && !strings.Contains(err.Error(), filepath.Base(path)) {
			t.Errorf("%v does not name the file", err)
		}
	}
	d, err := datasets.Load(t.Context(), path)
	if check(err); err == nil {
		if err := d.WriteJSONL(io.Discard); err != nil {
			t.Error(err)
		}
	}
	s, err := datasets.Stream(t.Context(), path, datasets.WithAllocator(memory.NewGoAllocator()))
	if check(err); err == nil {
		for b, err := range s.Batches(3) {
			if check(err); err == nil {
				if err := b.WriteJSONL(io.Discard); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

func FuzzParquet(f *testing.F) {
	files, err := filepath.Glob("testdata/*.parquet")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "x.parquet")
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		readBoth(t, path)
	})
}
