package datasets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// A Format reads and writes a binary file format. Packages that are heavy to link
// register theirs with [RegisterFormat] when they are imported.
type Format struct {
	// Read reads a file of size bytes: the named columns, or all if columns is
	// nil. Features go into the schema's "huggingface" metadata.
	Read func(ctx context.Context, r io.ReaderAt, size int64, columns []string, mem memory.Allocator) (arrow.Table, error)
	// Write writes a table whose schema has such metadata.
	Write func(w io.Writer, t arrow.Table) error
}

// RegisterFormat makes a format known under a file extension such as ".parquet".
// It is meant for init functions, and panics if the extension is taken.
func RegisterFormat(ext string, f Format) {
	if _, taken := binaryFormats[ext]; taken || textFormats[ext] != nil {
		panic("datasets: RegisterFormat called twice for " + ext)
	}
	binaryFormats[ext] = f
}

type reader func(ctx context.Context, srcs []source, o *options) (arrow.Table, error)

var textFormats = map[string]reader{
	".jsonl":  readJSON,
	".ndjson": readJSON,
	".json":   readJSON,
	".csv":    readSeparated(','),
	".tsv":    readSeparated('\t'),
	".txt":    readText,
}

var binaryFormats = map[string]Format{
	".arrow":   {readArrow, writeArrowFile},
	".feather": {readArrow, writeArrowFile},
}

// formatImports names the packages that bring a format which is not linked.
var formatImports = map[string]string{".parquet": "github.com/sparsebio/sparsebio/datasets/parquet"}

// extension returns the extension that names the format of a file, ".gz" aside.
func extension(path string) string {
	ext := strings.ToLower(filepath.Ext(path))
	if ext == ".gz" {
		inner := strings.ToLower(filepath.Ext(path[:len(path)-len(ext)]))
		if textFormats[inner] != nil {
			return inner
		}
	}
	return ext
}

func knownFormat(ext string) bool {
	_, binary := binaryFormats[ext]
	return binary || textFormats[ext] != nil || formatImports[ext] != ""
}

func knownExtensions() string {
	all := slices.Concat(slices.Collect(maps.Keys(textFormats)), slices.Collect(maps.Keys(binaryFormats)), slices.Collect(maps.Keys(formatImports)))
	slices.Sort(all)
	return strings.Join(slices.Compact(all), ", ")
}

// linked fails if reading a format takes a package that the program does not import.
func linked(ext, path string) error {
	if _, ok := binaryFormats[ext]; ok {
		return nil
	}
	if pkg := formatImports[ext]; pkg != "" {
		return fmt.Errorf("datasets: reading %q needs the Parquet reader (import _ %q)", path, pkg)
	}
	return nil
}

// readBinary reads one file. What libraries say in a panic comes back as an error.
func readBinary(ctx context.Context, path string, f Format, o *options) (t arrow.Table, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, openError(path, err)
	}
	defer file.Close()
	st, err := file.Stat()
	if err != nil {
		return nil, openError(path, err)
	}
	if st.Size() == 0 {
		return nil, emptyFile(path)
	}
	defer func() {
		if p := recover(); p != nil {
			t, err = nil, fmt.Errorf("datasets: %q is damaged or uses an unsupported encoding: %v", path, p)
		}
	}()
	t, err = f.Read(ctx, file, st.Size(), o.columns, &frugal{o.mem, st.Size()})
	if err != nil {
		return nil, fmt.Errorf("datasets: %q: %w", path, err)
	}
	if err := checkTable(t); err != nil {
		t.Release()
		if errors.Is(err, errUnsupported) {
			return nil, fmt.Errorf("datasets: %q: %w", path, err)
		}
		return nil, fmt.Errorf("datasets: %q is damaged: %w", path, err)
	}
	return castTimes(t, o.mem), nil
}

// frugal refuses to allocate what a file of its size cannot need, since a
// damaged length would otherwise end the program.
type frugal struct {
	memory.Allocator
	fileSize int64
}

func (f *frugal) check(n int) {
	if int64(n) > 1<<20+1<<10*f.fileSize {
		panic(fmt.Errorf("a buffer of %d bytes in a file of %d", n, f.fileSize))
	}
}

func (f *frugal) Allocate(n int) []byte {
	f.check(n)
	return f.Allocator.Allocate(n)
}

func (f *frugal) Reallocate(n int, b []byte) []byte {
	f.check(n)
	return f.Allocator.Reallocate(n, b)
}

// joinTables puts the rows of tables with the same columns one after another.
func joinTables(tables []arrow.Table, paths []string) (arrow.Table, error) {
	first := tables[0]
	if len(tables) == 1 {
		first.Retain()
		return first, nil
	}
	fields := first.Schema().Fields()
	chunks := make([][]arrow.Array, len(fields))
	rows := 0
	for k, t := range tables {
		if len(t.Schema().Fields()) != len(fields) {
			return nil, fmt.Errorf("datasets: %q has other columns than %q", paths[k], paths[0])
		}
		for i, f := range fields {
			g := t.Schema().Field(i)
			if f.Name != g.Name || !arrow.TypeEqual(f.Type, g.Type) {
				return nil, fmt.Errorf("datasets: column %d is %s %s in %q but %s %s in %q", i, g.Name, g.Type, paths[k], f.Name, f.Type, paths[0])
			}
			chunks[i] = append(chunks[i], t.Column(i).Data().Chunks()...)
		}
		rows += int(t.NumRows())
	}
	for _, arrs := range chunks {
		for _, a := range arrs {
			a.Retain()
		}
	}
	md := first.Schema().Metadata()
	return newTable(fields, chunks, rows, &md), nil
}
