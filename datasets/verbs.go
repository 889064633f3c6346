package datasets

import (
	"bytes"
	"cmp"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/decimal256"
)

// Slice returns rows from <= i < to, sharing memory with d.
func (d *Dataset) Slice(from, to int) (*Dataset, error) {
	if from < 0 || to < from || to > d.NumRows() {
		return nil, fmt.Errorf("datasets: no rows %d to %d in data set %q (has %d)", from, to, d.name, d.NumRows())
	}
	return d.slice(from, to), nil
}

// Head returns the first n rows, or all if there are fewer, sharing memory with d.
// A negative n counts as 0.
func (d *Dataset) Head(n int) *Dataset {
	return d.slice(0, min(max(n, 0), d.NumRows()))
}

func (d *Dataset) slice(from, to int) *Dataset {
	cols := make([]arrow.Column, d.table.NumCols())
	for i := range cols {
		cols[i] = *array.NewColumnSlice(d.table.Column(i), int64(from), int64(to))
	}
	t := array.NewTable(d.table.Schema(), cols, int64(to-from))
	for i := range cols {
		cols[i].Release()
	}
	return d.derive(t, d.features)
}

// derive makes the result of a verb from a table, whose reference it takes over,
// and features that were good for d.
func (d *Dataset) derive(t arrow.Table, fs Features) *Dataset {
	out, err := own(d.name, d.mem, t, fs)
	if err != nil {
		panic("datasets: a verb broke the schema") // names were unique, features writable
	}
	out.split = d.split
	return out
}

// Select returns the rows with the given numbers in the given order; a row may be
// given more than once.
func (d *Dataset) Select(rows ...int) (*Dataset, error) {
	for _, i := range rows {
		if i < 0 || i >= d.NumRows() {
			return nil, fmt.Errorf("datasets: no row %d in data set %q (has %d)", i, d.name, d.NumRows())
		}
	}
	return d.pick(rows)
}

func (d *Dataset) pick(rows []int) (*Dataset, error) {
	fields := d.table.Schema().Fields()
	chunks := make([][]arrow.Array, len(fields))
	for k, f := range fields {
		var err error
		if chunks[k], err = take(d.mem, &d.cols[k], f.Type, rows); err != nil {
			for _, arrs := range chunks {
				for _, a := range arrs {
					a.Release()
				}
			}
			return nil, fmt.Errorf("%w (column %q)", err, f.Name)
		}
	}
	return d.derive(newTable(fields, chunks, len(rows), provenanceOf(d.table)), d.features), nil
}

// Filter returns the rows for which keep is true. An error that a getter of the row
// returns ends the filter and is returned, even if keep dropped it, so that a
// misspelt column cannot pass for an empty result. A bar shows how far it is, as that of [Map] does. Of the options
// WithProgress matters.
func (d *Dataset) Filter(keep func(Row) bool, opts ...Option) (_ *Dataset, err error) {
	o, err := newOptions(opts)
	if err != nil {
		return nil, err
	}
	m := o.newMeter("filtering", d.NumRows())
	defer func() { m.done(err) }()
	var rows []int
	var failed error
	for i := range d.NumRows() {
		if keep(Row{d: d, i: i, err: &failed}) {
			rows = append(rows, i)
		}
		if failed != nil {
			return nil, failed
		}
		m.add(1)
	}
	return d.pick(rows)
}

// Sort returns the rows in ascending order of a column of texts, bytes, numbers, bools or
// times, or in descending order if reverse is set. Texts compare by bytes, NaN comes after all
// numbers, nulls come last either way, equal rows keep their order.
func (d *Dataset) Sort(column string, reverse bool) (*Dataset, error) {
	k, err := d.column(column)
	if err != nil {
		return nil, err
	}
	compare, err := d.comparer(k)
	if err != nil {
		return nil, err
	}
	var rows, nulls []int
	for i := range d.NumRows() {
		if a, at := d.cols[k].at(i); a.IsNull(at) || a.DataType().ID() == arrow.NULL {
			nulls = append(nulls, i)
		} else {
			rows = append(rows, i)
		}
	}
	slices.SortStableFunc(rows, func(i, j int) int {
		if reverse {
			return compare(j, i)
		}
		return compare(i, j)
	})
	return d.pick(append(rows, nulls...))
}

// comparer returns how two rows that are not null compare in column k.
func (d *Dataset) comparer(k int) (func(i, j int) int, error) {
	col, t := &d.cols[k], d.table.Schema().Field(k).Type
	switch t.ID() {
	case arrow.STRING, arrow.LARGE_STRING, arrow.DICTIONARY, arrow.NULL:
		if !isText(t) {
			break
		}
		return byKey(col, func(a arrow.Array, i int) string { s, _ := textAt(a, i); return s }, strings.Compare), nil
	case arrow.BOOL:
		return byKey(col, func(a arrow.Array, i int) int { return btoi(a.(*array.Boolean).Value(i)) }, cmp.Compare), nil
	case arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64, arrow.UINT8, arrow.UINT16, arrow.UINT32:
		return byKey(col, func(a arrow.Array, i int) int64 { v, _ := intAt(a, i); return v }, cmp.Compare), nil
	case arrow.UINT64:
		return byKey(col, typedAt[uint64], cmp.Compare), nil
	case arrow.FLOAT16, arrow.FLOAT32, arrow.FLOAT64:
		return byKey(col, func(a arrow.Array, i int) float64 { v, _ := floatAt(a, i); return v }, func(u, v float64) int {
			if un, vn := u != u, v != v; un || vn { // cmp.Compare puts NaN first
				return cmp.Compare(btoi(un), btoi(vn))
			}
			return cmp.Compare(u, v)
		}), nil
	case arrow.TIMESTAMP, arrow.DATE32, arrow.DATE64:
		return byKey(col, func(a arrow.Array, i int) time.Time { v, _ := timeAt(a, i); return v }, time.Time.Compare), nil
	case arrow.TIME32:
		return byKey(col, typedAt[arrow.Time32], cmp.Compare), nil
	case arrow.TIME64:
		return byKey(col, typedAt[arrow.Time64], cmp.Compare), nil
	case arrow.DURATION:
		return byKey(col, typedAt[arrow.Duration], cmp.Compare), nil
	case arrow.BINARY, arrow.LARGE_BINARY, arrow.FIXED_SIZE_BINARY:
		return byKey(col, typedAt[[]byte], bytes.Compare), nil
	case arrow.DECIMAL128:
		return byKey(col, typedAt[decimal128.Num], decimal128.Num.Cmp), nil
	case arrow.DECIMAL256:
		return byKey(col, typedAt[decimal256.Num], decimal256.Num.Cmp), nil
	}
	return nil, fmt.Errorf("datasets: data set %q cannot be sorted by column %q, which is %s", d.name, d.features[k].Name, d.features[k].Feature)
}

func byKey[T any](col *column, key func(arrow.Array, int) T, compare func(T, T) int) func(i, j int) int {
	return func(i, j int) int {
		a, x := col.at(i)
		b, y := col.at(j)
		return compare(key(a, x), key(b, y))
	}
}

// typedAt returns a value of an array whose values are of type T.
func typedAt[T any](a arrow.Array, i int) T { return a.(interface{ Value(int) T }).Value(i) }

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Shuffle returns the rows in an order that depends on the seed and the number of
// rows alone, in every version of this package: a Fisher-Yates shuffle from the
// last row down, its numbers from math/rand/v2's PCG seeded with (seed, 0) and
// bounded by Lemire's method.
func (d *Dataset) Shuffle(seed uint64) (*Dataset, error) {
	return d.pick(permutation(d.NumRows(), seed))
}

func permutation(n int, seed uint64) []int {
	src := rand.NewPCG(seed, 0)
	p := make([]int, n)
	for i := range p {
		p[i] = i
	}
	for i := n - 1; i > 0; i-- {
		j := bounded(src, uint64(i)+1)
		p[i], p[j] = p[j], p[i]
	}
	return p
}

// bounded returns a number below n, each equally likely. It is written out
// because rand.Uint64N does not promise to stay the same.
func bounded(src *rand.PCG, n uint64) uint64 {
	hi, lo := bits.Mul64(src.Uint64(), n)
	if lo < n {
		for reject := -n % n; lo < reject; {
			hi, lo = bits.Mul64(src.Uint64(), n)
		}
	}
	return hi
}

// SelectColumns returns the named columns only, in the given order, sharing memory
// with d.
func (d *Dataset) SelectColumns(names ...string) (*Dataset, error) {
	var fields []arrow.Field
	var fs Features
	var cols []arrow.Column
	for _, name := range names {
		k, err := d.column(name)
		if err != nil {
			return nil, err
		}
		if _, twice := fs.Lookup(name); twice {
			return nil, fmt.Errorf("datasets: column %q of data set %q selected twice", name, d.name)
		}
		fields = append(fields, d.table.Schema().Field(k))
		fs = append(fs, d.features[k])
		cols = append(cols, *d.table.Column(k))
	}
	md := d.table.Schema().Metadata()
	return d.derive(array.NewTable(arrow.NewSchema(fields, &md), cols, d.table.NumRows()), fs), nil
}

// RenameColumn returns d with a column under another name, sharing memory with d.
func (d *Dataset) RenameColumn(from, to string) (*Dataset, error) {
	k, err := d.column(from)
	if err != nil {
		return nil, err
	}
	if _, taken := d.index[to]; taken && from != to {
		return nil, fmt.Errorf("datasets: cannot rename column %q to %q: data set %q has one already", from, to, d.name)
	}
	fs := slices.Clone(d.features)
	fs[k].Name = to
	return d.derive(d.withColumn(k, to, d.table.Column(k).Data()), fs), nil
}

// withColumn returns d's table with column k replaced, or one more if k is the
// number of columns.
func (d *Dataset) withColumn(k int, name string, data *arrow.Chunked) arrow.Table {
	fields := d.table.Schema().Fields()
	cols := make([]arrow.Column, 0, len(fields)+1)
	for i := range fields {
		cols = append(cols, *d.table.Column(i))
	}
	f := arrow.Field{Name: name, Type: data.DataType(), Nullable: true}
	col := arrow.NewColumn(f, data)
	defer col.Release()
	if k == len(fields) {
		fields, cols = append(fields, f), append(cols, *col)
	} else {
		fields[k], cols[k] = f, *col
	}
	md := d.table.Schema().Metadata()
	return array.NewTable(arrow.NewSchema(fields, &md), cols, d.table.NumRows())
}

// Concatenate returns the rows of d, then those of the others, which must have the
// same columns with the same types, in any order. It copies nothing.
func (d *Dataset) Concatenate(others ...*Dataset) (*Dataset, error) {
	fields := d.table.Schema().Fields()
	chunks := make([][]arrow.Array, len(fields))
	rows := d.NumRows()
	for k := range fields {
		chunks[k] = slices.Clone(d.cols[k].chunks)
	}
	for _, o := range others {
		if len(o.cols) != len(fields) {
			return nil, fmt.Errorf("datasets: cannot concatenate %q, which has columns %s, to %q, which has %s",
				o.name, strings.Join(o.Columns(), ", "), d.name, strings.Join(d.Columns(), ", "))
		}
		for k, f := range fields {
			j, err := o.column(f.Name)
			if err != nil {
				return nil, err
			}
			if !arrow.TypeEqual(f.Type, o.table.Schema().Field(j).Type) || !sameFeature(d.features[k].Feature, o.features[j].Feature) {
				return nil, fmt.Errorf("datasets: cannot concatenate %q to %q: column %q is %s here and %s there",
					o.name, d.name, f.Name, o.features[j].Feature, d.features[k].Feature)
			}
			chunks[k] = append(chunks[k], o.cols[j].chunks...)
		}
		rows += o.NumRows()
	}
	for _, arrs := range chunks {
		for _, a := range arrs {
			a.Retain()
		}
	}
	md := sharedProvenance(append([]*Dataset{d}, others...)...)
	return d.derive(newTable(fields, chunks, rows, md), d.features), nil
}

func sameFeature(a, b Feature) bool {
	x, errX := a.MarshalJSON()
	y, errY := b.MarshalJSON()
	return errX == nil && errY == nil && string(x) == string(y)
}
