package datasets

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
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

// Wherever the disk becomes full, the error says so.
func TestFullDisk(t *testing.T) {
	table := load(t, "testdata/five.jsonl")
	dir := corpusFolder(t, map[string]string{"a.tsv": conllFile, "b.txt": pubTatorFile})
	sentences, documents := load(t, filepath.Join(dir, "a.tsv")), load(t, filepath.Join(dir, "b.txt"))
	for name, d := range map[string]*Dataset{"x.jsonl": table, "x.csv": table, "x.tsv": table, "x.arrow": table, "x.conll": sentences, "x.pubtator": documents, "x.bioc.json": documents, "x.bioc.xml": documents} {
		write, err := d.writer(name)
		if err != nil {
			t.Fatal(err)
		}
		var all countingWriter
		if err := write(&all); err != nil {
			t.Fatal(err)
		}
		for _, room := range []int{0, 1, all.n / 2, all.n - 1} {
			if err := write(&fullDisk{room}); !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("%s, room for %d of %d bytes: %v", name, room, all.n, err)
			}
		}
		if err := write(&fullDisk{all.n}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := writeArrowStream(&fullDisk{100}, table.table); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("stream: %v", err)
	}
}

type countingWriter struct{ n int }

func (c *countingWriter) Write(b []byte) (int, error) { c.n += len(b); return len(b), nil }

// A folder that cannot be written is named, and what was there stays.
func TestReadOnlyFolder(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("the superuser may write everywhere")
	}
	d := load(t, "testdata/five.jsonl")
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{"file": d.WriteFile(filepath.Join(dir, "x.csv")), "folder": d.SaveToDisk(filepath.Join(dir, "x"))} {
		if !errors.Is(err, os.ErrPermission) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever number of a small file is replaced by one of 2 GB, reading it takes no such memory.
func TestClaims(t *testing.T) {
	const most = 16 << 20 // bytes, a thousand times the file
	for _, name := range []string{"five.arrow", "stream.arrow", "dictionary.arrow", "views.arrow", "views.stream.arrow", "views.dictionary.arrow", "polars.arrow"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), name)
		step := 4
		if testing.Short() {
			step = 64
		}
		for at := 0; at+4 <= len(data); at += step {
			claim := append([]byte{}, data...)
			binary.LittleEndian.PutUint32(claim[at:], 1<<31-1)
			if err := os.WriteFile(path, claim, 0o666); err != nil {
				t.Fatal(err)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			if err := tryLoad(t, path, func(d *Dataset) { _ = d.WriteJSONL(io.Discard) }); err != nil && !strings.Contains(err.Error(), name) {
				t.Errorf("byte %d: %v", at, err)
			}
			runtime.ReadMemStats(&after)
			if n := after.TotalAlloc - before.TotalAlloc; n > most {
				t.Errorf("%s: a claim at byte %d of %d took %d bytes", name, at, len(data), n)
			}
		}
	}
}

// Rows that hold nothing but nulls take no room, so a file may claim any number of them.
func TestBareClaims(t *testing.T) {
	none := arrow.NewSchema(nil, nil)
	nulls := arrow.NewSchema([]arrow.Field{{Name: "x", Type: arrow.Null, Nullable: true}}, nil)
	for _, rows := range []int{1000, 1 << 40} {
		null := array.NewNull(rows)
		defer null.Release()
		for name, rec := range map[string]arrow.Record{"none": array.NewRecord(none, nil, int64(rows)), "nulls": array.NewRecord(nulls, []arrow.Array{null}, int64(rows))} {
			path := filepath.Join(t.TempDir(), name+".arrow")
			var b bytes.Buffer
			w := ipc.NewWriter(&b, ipc.WithSchema(rec.Schema()))
			if err := errors.Join(w.Write(rec), w.Close(), os.WriteFile(path, b.Bytes(), 0o666)); err != nil {
				t.Fatal(err)
			}
			rec.Release()
			if rows == 1000 {
				if d := load(t, path); d.NumRows() != rows {
					t.Errorf("%s: %d rows, want %d", name, d.NumRows(), rows)
				}
				continue
			}
			_, err := Load(t.Context(), path, WithAllocator(checked(t)))
			wantError(t, err, "1099511627776 rows without a value in a file of")
			s, err := Stream(t.Context(), path, WithAllocator(checked(t)))
			if err == nil {
				for _, err = range s.Batches(1) {
					break
				}
			}
			wantError(t, err, "1099511627776 rows without a value")
		}
	}
}

// A small file of a corpus that unpacks to more than a reader takes, or claims to, is refused.
func TestCorpusClaims(t *testing.T) {
	for name, content := range map[string]string{
		"long.iob2":   strings.Repeat("a", 1<<17) + "\tO\n",
		"deep.json":   `{"documents": [` + strings.Repeat(`{"passages": [`, 5000),
		"deep.xml":    "<collection>" + strings.Repeat("<document>", 20000),
		"offset.json": strings.Replace(bioCFile, `"offset": 21`, `"offset": 2147483647`, 1),
	} {
		path := filepath.Join(corpusFolder(t, map[string]string{name: content}), name)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Load(t.Context(), path, WithAllocator(checked(t)))
		runtime.ReadMemStats(&after)
		wantError(t, err, name)
		if n := after.TotalAlloc - before.TotalAlloc; n > 64<<20 {
			t.Errorf("%s: %d bytes", name, n)
		}
	}
}
