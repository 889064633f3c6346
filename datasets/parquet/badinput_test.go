package parquet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/parquet/compress"

	"github.com/sparsebio/sparsebio/datasets"
)

// checked has a test fail if memory is not given back.
func checked(t testing.TB) datasets.Option {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { mem.AssertSize(t, 0) })
	return datasets.WithAllocator(mem)
}

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
	d, err := datasets.Load(t.Context(), "testdata/five.parquet") // not checked: arrow keeps what it was to write when it cannot
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
	check(tryLoad(t, path))
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	s, err := datasets.Stream(t.Context(), path, datasets.WithAllocator(mem))
	if check(err); err != nil {
		return
	}
	for b, err := range s.Batches(3) {
		if check(err); err != nil {
			return
		}
		if err := b.WriteJSONL(io.Discard); err != nil {
			t.Error(err)
		}
	}
	wantBack(t, mem)
}

// tryLoad loads a file that may be damaged and writes its rows. If that works it wants the memory back; arrow keeps what it has
// when it panics.
func tryLoad(t testing.TB, path string) error {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	d, err := datasets.Load(t.Context(), path, datasets.WithAllocator(mem))
	if err == nil {
		if err := d.WriteJSONL(io.Discard); err != nil {
			t.Error(err)
		}
		d.Release()
		wantBack(t, mem)
	}
	return err
}

// wantBack wants the memory back but for 64 bytes of some of arrow's decoders of differences, which it never gives back.
func wantBack(t testing.TB, mem *memory.CheckedAllocator) {
	t.Helper()
	if n := mem.CurrentAlloc(); n%64 != 0 || n > 64*64 {
		mem.AssertSize(t, 0)
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
		if size := allocated(func() { readBoth(t, path) }); size > uint64(128<<20+len(data)<<12) {
			t.Errorf("allocated %d bytes for a file of %d", size, len(data))
		}
	})
}

// FuzzPages reads what comes before pages, and what they begin with: all that is looked at before arrow is.
func FuzzPages(f *testing.F) {
	sound := plain(func(*claim) {})
	f.Add(sound[4:], int32(8))
	f.Add(sound[bytes.Index(sound, []byte("schema"))-10:], int32(8))
	f.Add([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50, 0xfa, 0xff, 0x0f, 7, 1, 0, 0}, int32(131071))
	f.Add(binary.AppendUvarint(nil, huge), int32(huge))
	f.Add([]byte{128, 1, 4, 200, 1, 0, 2, 5, 5, 5, 5}, int32(200))
	f.Fuzz(func(t *testing.T, data []byte, full int32) {
		size := allocated(func() {
			readPageHeader(data)
			checkFileMetaData(data)
			for _, codec := range []compress.Compression{compress.Codecs.Uncompressed, compress.Codecs.Snappy, compress.Codecs.Zstd, lz4Raw} {
				checkPacked(codec, io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data))), int64(full))
			}
			d := &deltas{c: compact{buf: data}, values: uint64(full)}
			d.head()
			d.blocks()
		})
		if size > uint64(32<<20+len(data)<<6) {
			t.Errorf("allocated %d bytes for %d", size, len(data))
		}
	})
}
