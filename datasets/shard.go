package datasets

import (
	"fmt"
	"iter"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
)

// Shard returns part index, from 0, of n parts whose sizes differ by one row at
// most, the larger ones first. A contiguous part is a run of rows and shares memory
// with d; one that is not takes every n-th row from row index on. Both are as in Hugging
// Face datasets.
func (d *Dataset) Shard(n, index int, contiguous bool) (*Dataset, error) {
	if n < 1 || index < 0 || index >= n {
		return nil, fmt.Errorf("datasets: no shard %d of %d in data set %q (shards are counted from 0)", index, n, d.name)
	}
	rows := d.NumRows()
	if contiguous {
		size, rest := rows/n, rows%n
		from := size*index + min(index, rest)
		to := from + size
		if index < rest {
			to++
		}
		return d.slice(from, to), nil
	}
	var picked []int
	for i := index; i < rows; i += n {
		picked = append(picked, i)
	}
	return d.pick(picked)
}

// Batches yields the rows as sets of n rows, the last of fewer, that share memory
// with d. A batch is valid until the next one; retain it to keep it longer. It panics unless n
// is positive.
func (d *Dataset) Batches(n int) iter.Seq[*Dataset] {
	if n <= 0 {
		panic("datasets: batch size must be positive")
	}
	return func(yield func(*Dataset) bool) {
		for from := 0; from < d.NumRows(); from += n {
			batch := d.slice(from, min(from+n, d.NumRows()))
			more := yield(batch)
			batch.Release()
			if !more {
				return
			}
		}
	}
}

// Unique returns the different values of a column in order of their first
// appearance, for T one of string, int64, float64, bool and any. Nulls are as in [Column];
// all NaN are one value. Lists and structs have no order and no equality here.
func Unique[T comparable](d *Dataset, name string) ([]T, error) {
	k, err := d.column(name)
	if err != nil {
		return nil, err
	}
	if arrow.IsNested(d.table.Schema().Field(k).Type.ID()) || isBinary(d.table.Schema().Field(k).Type) {
		return nil, fmt.Errorf("datasets: column %q of data set %q is %s, whose values are not compared", name, d.name, d.features[k].Feature)
	}
	values, err := Column[T](d, name)
	if err != nil {
		return nil, err
	}
	seen := make(map[T]struct{})
	nan := false
	return slices.Clip(slices.DeleteFunc(values, func(v T) bool {
		if v != v {
			again := nan
			nan = true
			return again
		}
		_, again := seen[v]
		seen[v] = struct{}{}
		return again
	})), nil
}

func isBinary(t arrow.DataType) bool {
	switch t.ID() {
	case arrow.BINARY, arrow.LARGE_BINARY, arrow.FIXED_SIZE_BINARY:
		return true
	}
	return false
}

// RemoveColumns returns d without the named columns, sharing memory with d.
func (d *Dataset) RemoveColumns(names ...string) (*Dataset, error) {
	for _, name := range names {
		if _, err := d.column(name); err != nil {
			return nil, err
		}
	}
	return d.SelectColumns(slices.DeleteFunc(d.Columns(), func(c string) bool { return slices.Contains(names, c) })...)
}
