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
	"sync/atomic"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// A Format reads and writes a binary file format. Packages that are heavy to link
// register theirs with [RegisterFormat] when they are imported.
type Format struct {
	// Read reads a file of size bytes: the named columns, or all if columns is
	// nil. Features go into the schema's "huggingface" metadata.
	Read func(ctx context.Context, r io.ReaderAt, size int64, columns []string, mem memory.Allocator) (arrow.Table, error)
	// Scan opens such a file to be read a part at a time. Columns may come in any order.
	Scan func(ctx context.Context, r io.ReaderAt, size int64, columns []string, mem memory.Allocator) (PartReader, error)
	// Write writes a table whose schema has such metadata. If w has a method Wrote(rows int), that is called as rows are written.
	Write func(w io.Writer, t arrow.Table) error
}

// A PartReader reads a file of a [Format] in tables of moderate size.
type PartReader interface {
	// Schema is that of the tables, features in its "huggingface" metadata.
	Schema() *arrow.Schema
	// NumRows returns the number of rows of the file, or -1 if only reading it tells.
	NumRows() int64
	// Next returns the next rows, which the caller releases, or io.EOF.
	Next(ctx context.Context) (arrow.Table, error)
	Close() error
}

// RegisterFormat makes a format known under a file extension such as ".parquet".
// It is meant for init functions, and panics if the extension is taken.
func RegisterFormat(ext string, f Format) {
	if _, taken := binaryFormats[ext]; taken || textFormats[ext] != nil {
		panic("datasets: RegisterFormat called twice for " + ext)
	}
	binaryFormats[ext] = f
}

// A textFormat finds the columns of files, for which it reads them all.
type textFormat func(ctx context.Context, srcs []source, o *options) (*textRows, error)

// textRows are files whose columns are known.
type textRows struct {
	fields []arrow.Field
	rows   int             // -1 if they have not been counted
	md     *arrow.Metadata // of their tables, nil for none
	// fill adds all rows to tb and calls after, if that is not nil, after each.
	fill func(ctx context.Context, tb *tableBuilder, after func() error) error
}

// read reads files as one table.
func (f textFormat) read(ctx context.Context, srcs []source, o *options) (arrow.Table, error) {
	rows, err := f(ctx, srcs, o)
	if err != nil {
		return nil, err
	}
	return rows.table(ctx, o)
}

// table reads all rows.
func (rows *textRows) table(ctx context.Context, o *options) (arrow.Table, error) {
	tb := newTableBuilder(o.mem, rows.fields)
	tb.md = rows.md
	defer tb.release()
	var after func() error
	if m := o.meter; m != nil && m.f != nil {
		if m.p.Rows == 0 {
			m.begin() // after what was fetched, and what the types of columns were found from
		}
		if m.p.Total = 0; rows.rows > 0 {
			m.p.Total = m.p.Rows + rows.rows
		}
		after = func() error { m.add(1); return nil }
	}
	if err := rows.fill(ctx, tb, after); err != nil {
		return nil, err
	}
	return tb.table(), nil
}

var textFormats = map[string]textFormat{
	".jsonl":  openJSON,
	".ndjson": openJSON,
	".json":   openJSON,
	".csv":    openSeparated(','),
	".tsv":    openSeparated('\t'),
	".txt":    openText,
}

var binaryFormats = map[string]Format{
	".arrow":   {readArrow, scanArrow, writeArrowFile},
	".feather": {readArrow, scanArrow, writeArrowFile},
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

// textFormatOf returns how a text format or the format of a corpus is read, or nil.
func textFormatOf(ext string) textFormat {
	if f := textFormats[ext]; f != nil {
		return f
	}
	return corpusFormats[ext]
}

// knownFormat reports whether tables have the extension.
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
	file, size, err := openBinary(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	defer recoverDamage(path, &err)
	t, err = f.Read(ctx, file, size, o.columns, newFrugal(o.mem, size))
	if err != nil {
		return nil, fmt.Errorf("datasets: %q: %w", path, err)
	}
	return sound(path, t, o.mem)
}

func openBinary(path string) (_ *os.File, size int64, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, openError(path, err)
	}
	st, err := file.Stat()
	if err == nil && st.Size() == 0 {
		err = emptyFile(path)
	} else if err != nil {
		err = openError(path, err)
	}
	if err != nil {
		file.Close()
		return nil, 0, err
	}
	return file, st.Size(), nil
}

// recoverDamage turns the panic of a library into an error. It is to be deferred.
func recoverDamage(path string, err *error) {
	if p := recover(); p != nil {
		text, _, _ := strings.Cut(fmt.Sprint(p), "\n") // a group of goroutines adds a trace
		*err = fmt.Errorf("datasets: %q is damaged or uses an unsupported encoding: %s", path, strings.TrimPrefix(text, "recovered from errgroup.Group: "))
	}
}

// sound returns t, times cast, if all its values can be read. It takes over the reference to t.
func sound(path string, t arrow.Table, mem memory.Allocator) (arrow.Table, error) {
	if err := checkTable(t); err != nil {
		t.Release()
		if errors.Is(err, errUnsupported) {
			return nil, fmt.Errorf("datasets: %q: %w", path, err)
		}
		return nil, fmt.Errorf("datasets: %q is damaged: %w", path, err)
	}
	return castTimes(t, mem), nil
}

// frugal refuses to allocate what a file of its size cannot need, since a damaged length would otherwise
// end the program: neither at once, nor, since a few bytes may stand for a value that comes any number of times, in all.
type frugal struct {
	memory.Allocator
	fileSize int64
	held     atomic.Int64
}

func newFrugal(mem memory.Allocator, fileSize int64) *frugal {
	return &frugal{Allocator: mem, fileSize: fileSize}
}

// reserve notes that more bytes are held, by a buffer of n.
func (f *frugal) reserve(n, more int) {
	if int64(n) > 16<<20+f.fileSize<<10 {
		panic(fmt.Errorf("a buffer of %d bytes in a file of %d", n, f.fileSize))
	}
	if held := f.held.Add(int64(more)); held > 256<<20+f.fileSize<<14 {
		f.held.Add(int64(-more))
		panic(fmt.Errorf("%d bytes of rows in a file of %d (if they are really there, Stream reads them a part at a time)", held, f.fileSize))
	}
}

func (f *frugal) Allocate(n int) []byte {
	f.reserve(n, n)
	return f.Allocator.Allocate(n)
}

func (f *frugal) Reallocate(n int, b []byte) []byte {
	f.reserve(n, n-len(b))
	return f.Allocator.Reallocate(n, b)
}

func (f *frugal) Free(b []byte) {
	f.held.Add(int64(-len(b)))
	f.Allocator.Free(b)
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
		if err := sameColumns(t.Schema(), first.Schema(), paths[k], paths[0]); err != nil {
			return nil, err
		}
		for i := range fields {
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

// sameColumns fails unless the file at path has the columns of the first.
func sameColumns(s, first *arrow.Schema, path, firstPath string) error {
	if s.NumFields() != first.NumFields() {
		return fmt.Errorf("datasets: %q has other columns than %q", path, firstPath)
	}
	for i, f := range first.Fields() {
		if g := s.Field(i); f.Name != g.Name || !arrow.TypeEqual(f.Type, g.Type) {
			return fmt.Errorf("datasets: column %d is %s %s in %q but %s %s in %q", i, g.Name, g.Type, path, f.Name, f.Type, firstPath)
		}
	}
	return nil
}
