package datasets

import (
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// Chunks are kept below both limits: enough rows to make the cost of a chunk
// vanish, few enough bytes to stay far from the 2 GiB that 32-bit offsets reach.
const (
	chunkRows  = 1 << 16
	chunkBytes = 32 << 20
)

// take returns the rows of c with the given numbers, in that order. The caller
// releases the arrays.
func take(mem memory.Allocator, c *column, t arrow.DataType, rows []int) ([]arrow.Array, error) {
	var out []arrow.Array
	if t.ID() == arrow.STRING {
		return takeStrings(mem, c, rows), nil
	}
	for len(rows) > 0 {
		n := min(len(rows), chunkRows)
		a, err := takeRuns(mem, c, rows[:n])
		if err != nil {
			for _, a := range out {
				a.Release()
			}
			return nil, err
		}
		out, rows = append(out, a), rows[n:]
	}
	return out, nil
}

// takeStrings is takeRuns for the type that nearly all bytes are of.
func takeStrings(mem memory.Allocator, c *column, rows []int) []arrow.Array {
	var out []arrow.Array
	b := array.NewStringBuilder(mem)
	defer b.Release()
	bytes := 0
	for _, row := range rows {
		a, i := c.at(row)
		if a.IsNull(i) {
			b.AppendNull()
			continue
		}
		v := a.(*array.String).Value(i)
		if b.Len() == chunkRows || bytes+len(v) > chunkBytes {
			out, bytes = append(out, b.NewArray()), 0
		}
		b.Append(v)
		bytes += len(v)
	}
	if b.Len() > 0 {
		out = append(out, b.NewArray())
	}
	return out
}

// takeRuns joins slices of neighbouring rows, which works for every type.
func takeRuns(mem memory.Allocator, c *column, rows []int) (_ arrow.Array, err error) {
	var runs []arrow.Array
	defer func() {
		for _, r := range runs {
			r.Release()
		}
		if p := recover(); p != nil { // arrow's answer to an unusual type
			err = fmt.Errorf("datasets: picking rows of a %s column: %v", c.chunks[0].DataType(), p)
		}
	}()
	for k := 0; k < len(rows); {
		a, i := c.at(rows[k])
		n := 1
		for k+n < len(rows) && rows[k+n] == rows[k]+n && i+n < a.Len() {
			n++
		}
		runs = append(runs, array.NewSlice(a, int64(i), int64(i+n)))
		k += n
	}
	return array.Concatenate(runs, mem)
}
