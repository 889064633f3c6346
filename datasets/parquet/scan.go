package parquet

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/file"
	"github.com/apache/arrow/go/v15/parquet/pqarrow"

	"github.com/sparsebio/sparsebio/datasets"
)

// A scanner reads row groups one after another, some rows of them at a time. Of a
// column it holds a page and the rows, not the row group, which other writers make of a million
// rows.
type scanner struct {
	source
	schema *arrow.Schema
	parts  partSize
	mem    memory.Allocator
	raw    []arrow.DataType // of the fields as arrow reads them

	group   int // the next one
	readers []*pqarrow.ColumnReader
	left    int64 // rows of the group that is being read
	part    int64 // rows of a table
}

// partSize is about the most that a table of a scanner holds.
type partSize struct{ rows, bytes int64 }

var (
	streamParts = partSize{1 << 14, 8 << 20}
	wholeParts  = partSize{1 << 17, 64 << 20}
)

func scan(ctx context.Context, r io.ReaderAt, size int64, columns []string, mem memory.Allocator) (datasets.PartReader, error) {
	s, err := newScanner(ctx, r, size, columns, mem, streamParts)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// pageMemory is where pages are unpacked: arrow never gives the buffers of those of version 2 back, which the garbage collector
// takes therefore. It refuses what no page of a file of that size needs, since some codecs believe what a few bytes claim.
type pageMemory struct {
	memory.Allocator
	fileSize int64
}

func (p pageMemory) check(n int) {
	if int64(n) > 16<<20+p.fileSize<<10 {
		panic(fmt.Errorf("a buffer of %d bytes in a file of %d", n, p.fileSize))
	}
}

func (p pageMemory) Allocate(n int) []byte {
	p.check(n)
	return p.Allocator.Allocate(n)
}

func (p pageMemory) Reallocate(n int, b []byte) []byte {
	p.check(n)
	return p.Allocator.Reallocate(n, b)
}

func newScanner(ctx context.Context, r io.ReaderAt, size int64, columns []string, mem memory.Allocator, parts partSize) (*scanner, error) {
	props := parquet.NewReaderProperties(pageMemory{memory.NewGoAllocator(), size})
	props.BufferedStreamEnabled = true
	src, err := open(r, size, columns, props, mem)
	if err != nil {
		return nil, err
	}
	s := &scanner{source: *src, parts: parts, mem: mem}
	fields := make([]arrow.Field, len(s.keep))
	origin := s.fr.Manifest.OriginSchema
	for k, i := range s.keep {
		node := &s.fr.Manifest.Fields[i]
		fixed, ok := node.Field.Type.(*arrow.FixedSizeListType)
		if ok {
			node.Field.Type = arrow.ListOfField(fixed.ElemField())
		}
		fields[k] = *node.Field
		fields[k].Metadata = arrow.Metadata{}                 // Parquet's field numbers, of no use outside the file
		rd, err := s.fr.GetFieldReader(ctx, i, s.leaves, nil) // which knows the type that arrays will have
		if err != nil {
			s.Close()
			return nil, fmt.Errorf("column %q: %w", fields[k].Name, err)
		}
		var from arrow.DataType
		if origin != nil {
			from = origin.Field(i).Type
		}
		s.raw = append(s.raw, rd.Field().Type)
		fields[k].Type = readType(s.raw[k], node, s.file().MetaData().Schema, from)
		rd.Release()
		if ok {
			fields[k].Type = arrow.FixedSizeListOfField(fixed.Len(), fields[k].Type.(*arrow.ListType).ElemField())
		}
	}
	s.schema = arrow.NewSchema(fields, keptMetadata(s.file()))
	return s, nil
}

func (s *scanner) Schema() *arrow.Schema { return s.schema }

func (s *scanner) NumRows() int64 { return s.file().NumRows() }

func (s *scanner) Close() error {
	s.releaseGroup()
	return s.file().Close()
}

func (s *scanner) releaseGroup() {
	for _, rd := range s.readers {
		rd.Release()
	}
	s.readers = nil
}

// openGroup makes readers for the next row group that has rows.
func (s *scanner) openGroup(ctx context.Context) error {
	s.releaseGroup()
	pf := s.file()
	for ; s.left == 0; s.group++ {
		if s.group == pf.NumRowGroups() {
			return io.EOF
		}
		rg := pf.MetaData().RowGroup(s.group)
		if s.left = rg.NumRows(); s.left < 0 {
			return fmt.Errorf("row group %d has %d rows", s.group, s.left)
		}
		s.part = s.parts.rows
		if size := rg.TotalByteSize(); size > s.parts.bytes {
			s.part = min(s.part, max(1, int64(float64(s.parts.bytes)*(float64(s.left)/float64(size)))))
		}
	}
	if err := s.pages.checkGroup(pf, s.group-1, s.columns); err != nil {
		return err
	}
	if indivisible(pf, s.group-1, s.columns) {
		s.part = s.left
	}
	for _, i := range s.keep {
		rd, err := s.fr.GetFieldReader(ctx, i, s.leaves, []int{s.group - 1})
		if err != nil {
			return err
		}
		s.readers = append(s.readers, rd)
	}
	return nil
}

// indivisible reports whether a row group must be read at once: arrow forgets where it was in a block of 64-bit integers
// that may be null and are encoded as differences.
func indivisible(pf *file.Reader, group int, columns []string) bool {
	schema := pf.MetaData().Schema
	for i := range schema.NumColumns() {
		col := schema.Column(i)
		if col.PhysicalType() != parquet.Types.Int64 || col.MaxDefinitionLevel() == 0 || columns != nil && !slices.Contains(columns, col.ColumnPath()[0]) {
			continue
		}
		if cc, err := pf.MetaData().RowGroup(group).ColumnChunk(i); err == nil && slices.Contains(cc.Encodings(), parquet.Encodings.DeltaBinaryPacked) {
			return true
		}
	}
	return false
}

func (s *scanner) Next(ctx context.Context) (arrow.Table, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.left == 0 {
		if err := s.openGroup(ctx); err != nil {
			return nil, err
		}
	}
	n := min(s.part, s.left)
	cols := make([]arrow.Column, 0, len(s.keep))
	defer func() {
		for k := range cols {
			cols[k].Release()
		}
	}()
	for k, rd := range s.readers {
		f := s.schema.Field(k)
		data, err := rd.NextBatch(n)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", f.Name, err)
		}
		if !arrow.TypeEqual(data.DataType(), s.raw[k]) {
			err = fmt.Errorf("column %q is %s in row group %d, not %s", f.Name, data.DataType(), s.group-1, s.raw[k])
		} else if int64(data.Len()) != n {
			err = fmt.Errorf("column %q has too few rows in row group %d", f.Name, s.group-1)
		} else {
			err = s.add(&cols, f, data)
		}
		data.Release()
		if err != nil {
			return nil, err
		}
	}
	s.left -= n
	return array.NewTable(s.schema, cols, n), nil
}

// add makes a column of what arrow read.
func (s *scanner) add(cols *[]arrow.Column, f arrow.Field, data *arrow.Chunked) error {
	to := f.Type
	fixed, isFixed := to.(*arrow.FixedSizeListType)
	if isFixed {
		to = arrow.ListOfField(fixed.ElemField())
	}
	if !arrow.TypeEqual(data.DataType(), to) {
		data = retypedChunks(data, to, s.mem)
		defer data.Release()
	}
	if isFixed {
		lists, err := fixedLists(data, fixed, s.mem)
		if err != nil {
			return fmt.Errorf("column %q: %w", f.Name, err)
		}
		defer lists.Release()
		data = lists
	}
	*cols = append(*cols, *arrow.NewColumn(f, data))
	return nil
}
