package datasets

import (
	"fmt"
	"iter"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// A Row is one row of a data set. It refers to the set and is valid as long as
// the set is. What its methods return are copies.
type Row struct {
	d   *Dataset
	i   int
	err *error // first failure of a getter, for the verbs that run a function a row
}

// All yields the rows with their numbers, from 0.
func (d *Dataset) All() iter.Seq2[int, Row] {
	return func(yield func(int, Row) bool) {
		for i := range d.NumRows() {
			if !yield(i, Row{d: d, i: i}) {
				return
			}
		}
	}
}

// Row returns row i. It panics unless 0 <= i < NumRows.
func (d *Dataset) Row(i int) Row {
	if i < 0 || i >= d.NumRows() {
		panic("datasets: row number out of range")
	}
	return Row{d: d, i: i}
}

// Index returns the number of the row in its set or stream, from 0.
func (r Row) Index() int { return r.d.first + r.i }

// String returns a text; a null is "".
func (r Row) String(column string) (string, error) {
	a, i, err := r.at(column)
	if err != nil {
		return "", err
	}
	s, ok := textAt(a, i)
	if !ok {
		return "", r.mismatch(column, "text")
	}
	return strings.Clone(s), nil
}

// Int returns an integer, or the index of a ClassLabel. A null is an error, as it
// is for Float and Bool: no number stands for it. IsNull tells.
func (r Row) Int(column string) (int64, error) {
	a, i, err := r.notNull(column)
	if err != nil {
		return 0, err
	}
	v, ok := intAt(a, i)
	if !ok {
		return 0, r.mismatch(column, "an int64")
	}
	return v, nil
}

// Float returns a number, an integer among them.
func (r Row) Float(column string) (float64, error) {
	a, i, err := r.notNull(column)
	if err != nil {
		return 0, err
	}
	if v, ok := floatAt(a, i); ok {
		return v, nil
	}
	v, ok := intAt(a, i)
	if !ok {
		return 0, r.mismatch(column, "a number")
	}
	return float64(v), nil
}

// Bool returns a truth value.
func (r Row) Bool(column string) (bool, error) {
	a, i, err := r.notNull(column)
	if err != nil {
		return false, err
	}
	b, ok := a.(*array.Boolean)
	if !ok {
		return false, r.mismatch(column, "bool")
	}
	return b.Value(i), nil
}

// Strings returns a list of texts; a null list is nil, a null in a list is "".
func (r Row) Strings(column string) ([]string, error) {
	a, i, err := r.at(column)
	if err != nil {
		return nil, err
	}
	s, ok := stringsAt(a, i)
	if !ok {
		return nil, r.mismatch(column, "a list of text")
	}
	return s, nil
}

func stringsAt(a arrow.Array, i int) ([]string, bool) {
	l, ok := a.(array.ListLike)
	if !ok || !isText(l.ListValues().DataType()) {
		return nil, a.DataType().ID() == arrow.NULL
	}
	if a.IsNull(i) {
		return nil, true
	}
	from, to := l.ValueOffsets(i)
	out := make([]string, 0, to-from)
	for j := from; j < to; j++ {
		s, _ := textAt(l.ListValues(), int(j))
		out = append(out, strings.Clone(s))
	}
	return out, true
}

// Any returns the value as nil, string, int64 (uint64 beyond its range),
// float64, bool, time.Time (dates and time stamps, in UTC), []byte, []any for
// lists and map[string]any for structs; other Arrow types as text.
func (r Row) Any(column string) (any, error) {
	a, i, err := r.at(column)
	if err != nil {
		return nil, err
	}
	return valueAt(a, i), nil
}

// IsNull reports whether the row has no value in a column.
func (r Row) IsNull(column string) (bool, error) {
	a, i, err := r.at(column)
	if err != nil {
		return false, err
	}
	return a.IsNull(i) || a.DataType().ID() == arrow.NULL, nil
}

// MarshalJSON writes the row as an object, its columns in order. NaN and infinite
// numbers become null, for which JSON has no word.
func (r Row) MarshalJSON() ([]byte, error) { return r.appendJSON(nil), nil }

func (r Row) appendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	for k, f := range r.d.features {
		if k > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(appendJSONString(dst, f.Name), ": "...)
		a, i := r.d.cols[k].at(r.i)
		dst = appendJSON(dst, a, i)
	}
	return append(dst, '}')
}

func (r Row) at(column string) (arrow.Array, int, error) {
	k, err := r.d.column(column)
	if err != nil {
		return nil, 0, r.failed(err)
	}
	a, i := r.d.cols[k].at(r.i)
	return a, i, nil
}

func (r Row) notNull(column string) (arrow.Array, int, error) {
	a, i, err := r.at(column)
	if err == nil && (a.IsNull(i) || a.DataType().ID() == arrow.NULL) {
		err = r.failed(fmt.Errorf("datasets: column %q of data set %q is null in row %d", column, r.d.name, r.Index()))
	}
	return a, i, err
}

func (r Row) mismatch(column, want string) error {
	f, _ := r.d.features.Lookup(column)
	return r.failed(fmt.Errorf("datasets: column %q of data set %q is %s, not %s", column, r.d.name, f, want))
}

func (r Row) failed(err error) error {
	if r.err != nil && *r.err == nil {
		*r.err = err
	}
	return err
}
