package datasets

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// A tableBuilder gathers rows into chunks of moderate size.
type tableBuilder struct {
	fields []arrow.Field
	cols   []array.Builder
	chunks [][]arrow.Array
	rows   int // of the table
	part   int // rows in the builders
	bytes  int
	md     *arrow.Metadata // of the table, nil for none

	maxRows, maxBytes int // of a chunk
}

func newTableBuilder(mem memory.Allocator, fields []arrow.Field) *tableBuilder {
	tb := &tableBuilder{fields: fields, chunks: make([][]arrow.Array, len(fields)), maxRows: chunkRows, maxBytes: chunkBytes}
	for _, f := range fields {
		tb.cols = append(tb.cols, array.NewBuilder(mem, f.Type))
	}
	return tb
}

// row notes that each column has got one more value, all of about n bytes.
func (tb *tableBuilder) row(n int) {
	tb.rows++
	tb.part++
	if tb.bytes += n; tb.part >= tb.maxRows || tb.bytes >= tb.maxBytes {
		tb.flush()
	}
}

func (tb *tableBuilder) flush() {
	if tb.part == 0 {
		return
	}
	for i, b := range tb.cols {
		tb.chunks[i] = append(tb.chunks[i], b.NewArray())
	}
	tb.part, tb.bytes = 0, 0
}

// table returns the rows so far. What follows goes into another table.
func (tb *tableBuilder) table() arrow.Table {
	tb.flush()
	t := newTable(tb.fields, tb.chunks, tb.rows, tb.md)
	tb.chunks, tb.rows = make([][]arrow.Array, len(tb.fields)), 0
	return t
}

func (tb *tableBuilder) release() {
	for _, b := range tb.cols {
		b.Release()
	}
	for _, arrs := range tb.chunks {
		for _, a := range arrs {
			a.Release()
		}
	}
}
