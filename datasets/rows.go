package datasets

import (
	"fmt"
	"iter"
	"reflect"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// A RowSource has rows: a [Dataset], or an [Iterable].
type RowSource interface {
	Name() string
	Features() Features
	eachPart(f func(*Dataset) error) error
}

func (d *Dataset) eachPart(f func(*Dataset) error) error  { return f(d) }
func (s *Iterable) eachPart(f func(*Dataset) error) error { return s.each(f) }

// Rows yields the rows as structs. Columns go to the exported fields that have their name, in the
// sense of encoding/json's tags, and must all be there; other columns are not read. Fields may be of the
// types that [Map] takes, narrower numbers among them, and integers may fill floats. A null is nil for a pointer
// and a slice, "" for a text, and an error for other fields, as is a number that does not fit. The first
// error ends the sequence. Values are copies.
func Rows[T any](src RowSource) iter.Seq2[T, error] {
	return readRows[T](src, true)
}

// readRows is Rows; if not all columns are needed, fields without one stay zero.
func readRows[T any](src RowSource, all bool) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		set, err := rowSetter(src, reflect.TypeFor[T](), all)
		if err != nil {
			yield(none, err)
			return
		}
		err = src.eachPart(func(d *Dataset) error {
			for i := range d.NumRows() {
				var v T
				to := reflect.ValueOf(&v).Elem()
				for _, s := range set {
					a, at := d.cols[s.column].at(i)
					if err := s.put(to.Field(s.index), a, at); err != nil {
						return fmt.Errorf("datasets: row %d of data set %q: column %q: %w", d.first+i, d.name, s.name, err)
					}
				}
				if !yield(v, nil) {
					return errStop
				}
			}
			return nil
		})
		if err != nil && err != errStop {
			yield(none, err)
		}
	}
}

// A fieldSetter fills a field of a struct.
type fieldSetter struct {
	structField
	column int // of the data set, for the fields of a row
	put    func(to reflect.Value, a arrow.Array, i int) error
}

// rowSetter returns how to fill the fields of t; without all, only those that have a column.
func rowSetter(src RowSource, t reflect.Type, all bool) ([]fieldSetter, error) {
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[time.Time]() {
		return nil, fmt.Errorf("datasets: rows of data set %q cannot be read as %v, which is no struct", src.Name(), t)
	}
	set, err := fieldSetters(t, 0)
	if err != nil {
		return nil, fmt.Errorf("datasets: rows of data set %q: %w", src.Name(), err)
	}
	columns := map[string]int{}
	names := src.Features().Names()
	for i, n := range names {
		columns[n] = i
	}
	var found []fieldSetter
	for _, s := range set {
		var ok bool
		if s.column, ok = columns[s.name]; ok {
			found = append(found, s)
		} else if all {
			return nil, fmt.Errorf("datasets: data set %q: field %s of %v: %w", src.Name(), t.Field(s.index).Name, t, noColumnAmong(s.name, names))
		}
	}
	return found, nil
}

// fieldSetters checks that goType, which From and Map use, takes the fields.
func fieldSetters(t reflect.Type, depth int) ([]fieldSetter, error) {
	if _, _, err := goType(t, depth); err != nil {
		return nil, err
	}
	var set []fieldSetter
	for _, f := range structFields(t) {
		put, err := valueSetter(t.Field(f.index).Type, depth+1)
		if err != nil {
			return nil, err
		}
		set = append(set, fieldSetter{structField: f, put: put})
	}
	return set, nil
}

func valueSetter(t reflect.Type, depth int) (func(reflect.Value, arrow.Array, int) error, error) {
	switch {
	case t == reflect.TypeFor[time.Time]() || t == reflect.TypeFor[[]byte]():
	case t.Kind() == reflect.Pointer:
		elem, err := valueSetter(t.Elem(), depth+1)
		return func(to reflect.Value, a arrow.Array, i int) error {
			if isNull(a, i) {
				return nil
			}
			to.Set(reflect.New(t.Elem()))
			return elem(to.Elem(), a, i)
		}, err
	case t.Kind() == reflect.Slice:
		elem, err := valueSetter(t.Elem(), depth+1)
		return func(to reflect.Value, a arrow.Array, i int) error { return putSlice(to, a, i, elem) }, err
	case t.Kind() == reflect.Struct:
		set, err := fieldSetters(t, depth)
		return func(to reflect.Value, a arrow.Array, i int) error { return putStruct(to, a, i, set) }, err
	}
	return putFlat, nil
}

func isNull(a arrow.Array, i int) bool { return a.IsNull(i) || a.DataType().ID() == arrow.NULL }

func putSlice(to reflect.Value, a arrow.Array, i int, elem func(reflect.Value, arrow.Array, int) error) error {
	if isNull(a, i) {
		return nil
	}
	l, ok := a.(array.ListLike)
	if !ok {
		return mismatched(a, to)
	}
	from, end := l.ValueOffsets(i)
	out := reflect.MakeSlice(to.Type(), int(end-from), int(end-from))
	for j := from; j < end; j++ {
		if err := elem(out.Index(int(j-from)), l.ListValues(), int(j)); err != nil {
			return fmt.Errorf("element %d: %w", j-from, err)
		}
	}
	to.Set(out)
	return nil
}

func putStruct(to reflect.Value, a arrow.Array, i int, set []fieldSetter) error {
	if isNull(a, i) {
		return fmt.Errorf("a null for %v (use a pointer)", to.Type())
	}
	st, ok := a.(*array.Struct)
	if !ok {
		return mismatched(a, to)
	}
	for _, s := range set {
		k, ok := st.DataType().(*arrow.StructType).FieldIdx(s.name)
		if !ok {
			return fmt.Errorf("no member %q in %s", s.name, st.DataType())
		}
		if err := s.put(to.Field(s.index), st.Field(k), i); err != nil {
			return fmt.Errorf("%q: %w", s.name, err)
		}
	}
	return nil
}

func mismatched(a arrow.Array, to reflect.Value) error {
	return fmt.Errorf("%s for a Go %v", dtypeOf(a.DataType()), to.Type())
}

func putFlat(to reflect.Value, a arrow.Array, i int) error {
	if isNull(a, i) {
		if to.Kind() == reflect.String || to.Kind() == reflect.Slice {
			return nil
		}
		return fmt.Errorf("a null for a Go %v (use a pointer)", to.Type())
	}
	unfit := func() error { return fmt.Errorf("%s does not fit a Go %v", shown(a, i), to.Type()) }
	switch v := valueAt(a, i).(type) {
	case string:
		if to.Kind() == reflect.String {
			to.SetString(v)
			return nil
		}
	case bool:
		if to.Kind() == reflect.Bool {
			to.SetBool(v)
			return nil
		}
	case []byte:
		if to.Type() == reflect.TypeFor[[]byte]() {
			to.SetBytes(v)
			return nil
		}
	case time.Time:
		if to.Type() == reflect.TypeFor[time.Time]() {
			to.Set(reflect.ValueOf(v))
			return nil
		}
	case float64:
		if to.CanFloat() {
			to.SetFloat(v)
			return nil
		}
	case uint64:
		switch {
		case to.CanUint():
			if to.OverflowUint(v) {
				return unfit()
			}
			to.SetUint(v)
			return nil
		case to.CanInt():
			return unfit()
		}
	case int64:
		switch {
		case to.CanInt():
			if to.OverflowInt(v) {
				return unfit()
			}
			to.SetInt(v)
			return nil
		case to.CanUint():
			if v < 0 || to.OverflowUint(uint64(v)) {
				return unfit()
			}
			to.SetUint(uint64(v))
			return nil
		case to.CanFloat():
			to.SetFloat(float64(v))
			return nil
		}
	}
	return mismatched(a, to)
}
