package parquet

import (
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// fixedLists makes lists of a fixed length of lists that have it, or are null: arrow refuses a column of the former in which one is null, so
// that such columns are read as the latter. The caller releases it.
func fixedLists(lists *arrow.Chunked, to *arrow.FixedSizeListType, mem memory.Allocator) (*arrow.Chunked, error) {
	var out []arrow.Array
	defer func() {
		for _, a := range out {
			a.Release()
		}
	}()
	for _, a := range lists.Chunks() {
		fixed, err := fixedList(a.(*array.List), to, mem)
		if err != nil {
			return nil, err
		}
		out = append(out, fixed)
	}
	return arrow.NewChunked(to, out), nil
}

func fixedList(l *array.List, to *arrow.FixedSizeListType, mem memory.Allocator) (arrow.Array, error) {
	var runs []arrow.Array // of elements
	defer func() {
		for _, r := range runs {
			r.Release()
		}
	}()
	size := int64(to.Len())
	for i := 0; i < l.Len(); {
		j := i
		if l.IsNull(i) {
			for j < l.Len() && l.IsNull(j) {
				j++
			}
			runs = append(runs, array.MakeArrayOfNull(mem, to.Elem(), (j-i)*int(size)))
		} else {
			from, end := l.ValueOffsets(i)
			for j < l.Len() && l.IsValid(j) {
				start, e := l.ValueOffsets(j)
				if e-start != size {
					return nil, fmt.Errorf("a list of %d elements in row %d of a part, where all have %d", e-start, j, size)
				}
				end = e
				j++
			}
			runs = append(runs, array.NewSlice(l.ListValues(), from, end))
		}
		i = j
	}
	if len(runs) == 0 {
		runs = append(runs, array.NewSlice(l.ListValues(), 0, 0))
	}
	elems, err := array.Concatenate(runs, mem)
	if err != nil {
		return nil, err
	}
	defer elems.Release()
	data := array.NewData(to, l.Len(), []*memory.Buffer{validity(l)}, []arrow.ArrayData{elems.Data()}, l.NullN(), 0)
	defer data.Release()
	return array.NewFixedSizeListData(data), nil
}
