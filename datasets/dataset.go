package datasets

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// A Dataset is a table of rows with named, typed columns. It does not change;
// its verbs return new sets. The zero value is not usable: sets come from
// [Load], [From] and [New].
type Dataset struct {
	name     string
	split    string // as it was asked for
	first    int    // number of the first row in the stream that it is a part of
	mem      memory.Allocator
	table    arrow.Table
	features Features
	cols     []column
	index    map[string]int // column name to position
}

// A column finds the chunk that holds a row.
type column struct {
	chunks []arrow.Array
	starts []int // starts[k] is the row at which chunk k begins
}

func (c *column) at(row int) (arrow.Array, int) {
	if len(c.chunks) == 1 {
		return c.chunks[0], row
	}
	k := sort.SearchInts(c.starts, row+1) - 1
	return c.chunks[k], row - c.starts[k]
}

// New makes a set of an Arrow table, which it retains. Features come from the
// schema's "huggingface" metadata where they fit the columns. The name is used in
// messages only. Column names must differ.
func New(name string, t arrow.Table) (*Dataset, error) {
	t.Retain()
	return own(name, memory.DefaultAllocator, t, nil)
}

// own makes a set of t and takes over the caller's reference to it, also when
// it fails. Features nil means those of the schema.
func own(name string, mem memory.Allocator, t arrow.Table, fs Features) (*Dataset, error) {
	defer t.Release()
	if fs == nil {
		fs = schemaFeatures(t.Schema())
	}
	schema, err := withFeatures(t.Schema(), fs)
	if err != nil {
		return nil, err
	}
	d := &Dataset{name: name, mem: mem, features: fs, index: make(map[string]int)}
	cols := make([]arrow.Column, t.NumCols())
	for i := range cols {
		cols[i] = *t.Column(i)
		if other, ok := d.index[cols[i].Name()]; ok {
			return nil, fmt.Errorf("datasets: %q has two columns %q (positions %d and %d)", name, cols[i].Name(), other, i)
		}
		d.index[cols[i].Name()] = i
		c := column{}
		at := 0
		for _, chunk := range cols[i].Data().Chunks() {
			if chunk.Len() == 0 {
				continue
			}
			c.chunks, c.starts = append(c.chunks, chunk), append(c.starts, at)
			at += chunk.Len()
		}
		d.cols = append(d.cols, c)
	}
	d.table = array.NewTable(schema, cols, t.NumRows())
	return d, nil
}

// Name returns what Load was given, or the name the set was made with.
func (d *Dataset) Name() string { return d.name }

// NumRows returns the number of rows.
func (d *Dataset) NumRows() int { return int(d.table.NumRows()) }

// Columns returns the names of the columns, in order.
func (d *Dataset) Columns() []string { return d.features.Names() }

// Features returns the types of the columns, in order.
func (d *Dataset) Features() Features { return slices.Clone(d.features) }

// ClassNames returns the labels of a ClassLabel column, or of a column of lists
// of them: the integer i in the column stands for the i-th name.
func (d *Dataset) ClassNames(column string) ([]string, error) {
	i, err := d.column(column)
	if err != nil {
		return nil, err
	}
	f := &d.features[i].Feature
	for f.Elem != nil {
		f = f.Elem
	}
	if f.Type != "ClassLabel" {
		return nil, fmt.Errorf("datasets: column %q of data set %q is %s, not ClassLabel", column, d.name, d.features[i].Feature)
	}
	return slices.Clone(f.Names), nil
}

// Table returns the Arrow table below d, its features in the schema's
// "huggingface" metadata. It belongs to d: retain it to keep it longer.
func (d *Dataset) Table() arrow.Table { return d.table }

// Retain adds a reference to d, to be given back by Release.
func (d *Dataset) Retain() { d.table.Retain() }

// Release gives back a reference to d. With the default allocator it may be
// left out; see the package comment.
func (d *Dataset) Release() { d.table.Release() }

// column returns the position of a column, or an error that lists what there is.
func (d *Dataset) column(name string) (int, error) {
	if i, ok := d.index[name]; ok {
		return i, nil
	}
	return 0, d.noColumn(name)
}

func (d *Dataset) noColumn(name string) error {
	return fmt.Errorf("datasets: no column %q in data set %q (has %s)", name, d.name, strings.Join(d.Columns(), ", "))
}

// newTable makes a table of chunks by column, and takes over the references to
// them.
func newTable(fields []arrow.Field, chunks [][]arrow.Array, rows int, md *arrow.Metadata) arrow.Table {
	cols := make([]arrow.Column, len(fields))
	for i, f := range fields {
		chunked := arrow.NewChunked(f.Type, chunks[i])
		cols[i] = *arrow.NewColumn(f, chunked)
		chunked.Release()
		for _, a := range chunks[i] {
			a.Release()
		}
	}
	t := array.NewTable(arrow.NewSchema(fields, md), cols, int64(rows))
	for i := range cols {
		cols[i].Release()
	}
	return t
}
