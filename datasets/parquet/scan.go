package parquet

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/pqarrow"

	"github.com/sparsebio/sparsebio/datasets"
)

// A scanner reads row groups one after another, some rows of them at a time. Of a
// column it holds a page and the rows, not the row group, which other writers make of a million
// rows.
type scanner struct {
	fr     *pqarrow.FileReader
	keep   []int
	leaves map[int]bool
	schema *arrow.Schema

	group   int // the next one
	readers []*pqarrow.ColumnReader
	left    int64 // rows of the group that is being read
	part    int64 // rows of a table
}

func scan(ctx context.Context, r io.ReaderAt, size int64, columns []string, mem memory.Allocator) (datasets.PartReader, error) {
	props := parquet.NewReaderProperties(mem)
	props.BufferedStreamEnabled = true
	fr, keep, err := open(r, size, columns, props, mem)
	if err != nil {
		return nil, err
	}
	s := &scanner{fr: fr, keep: keep, leaves: allLeaves(fr.ParquetReader())}
	fields := make([]arrow.Field, len(keep))
	for k, i := range keep {
		fields[k] = *fr.Manifest.Fields[i].Field
		fields[k].Metadata = arrow.Metadata{}
		rd, err := fr.GetFieldReader(ctx, i, s.leaves, nil) // which knows the type that arrays will have
		if err != nil {
			s.Close()
			return nil, fmt.Errorf("column %q: %w", fields[k].Name, err)
		}
		fields[k].Type = rd.Field().Type
		rd.Release()
	}
	s.schema = arrow.NewSchema(fields, metadata(fr.ParquetReader()))
	return s, nil
}

func (s *scanner) Schema() *arrow.Schema { return s.schema }

func (s *scanner) NumRows() int64 { return s.fr.ParquetReader().NumRows() }

func (s *scanner) Close() error {
	s.releaseGroup()
	return s.fr.ParquetReader().Close()
}

func (s *scanner) releaseGroup() {
	for _, rd := range s.readers {
		rd.Release()
	}
	s.readers = nil
}

const (
	partBytes = 8 << 20 // of a table, about
	mostRows  = 1 << 14
)

// openGroup makes readers for the next row group that has rows.
func (s *scanner) openGroup(ctx context.Context) error {
	s.releaseGroup()
	pf := s.fr.ParquetReader()
	for ; s.left == 0; s.group++ {
		if s.group == pf.NumRowGroups() {
			return io.EOF
		}
		rg := pf.MetaData().RowGroup(s.group)
		if s.left = rg.NumRows(); s.left < 0 {
			return fmt.Errorf("row group %d has %d rows", s.group, s.left)
		}
		s.part = mostRows
		if size := rg.TotalByteSize(); size > partBytes {
			s.part = min(mostRows, max(1, int64(partBytes*(float64(s.left)/float64(size)))))
		}
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
		if !arrow.TypeEqual(data.DataType(), f.Type) {
			err = fmt.Errorf("column %q is %s in row group %d, not %s", f.Name, data.DataType(), s.group-1, f.Type)
		} else if int64(data.Len()) != n {
			err = fmt.Errorf("column %q has too few rows in row group %d", f.Name, s.group-1)
		} else {
			cols = append(cols, *arrow.NewColumn(f, data))
		}
		data.Release()
		if err != nil {
			return nil, err
		}
	}
	s.left -= n
	return array.NewTable(s.schema, cols, n), nil
}
