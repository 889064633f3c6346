package datasets

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/float16"
)

// Value returns the feature of plain values: "string", "large_string", "int8" to
// "int64", "uint8" to "uint64", "float16" to "float64", "bool", "binary", "date32", "date64",
// "timestamp[s]", with ms, us or ns, and with a zone "timestamp[us, tz=UTC]".
func Value(dtype string) Feature {
	return Feature{Type: "Value", DType: canonicalDType(dtype), Length: -1}
}

// ClassLabel returns the feature of a column of indices into names.
func ClassLabel(names ...string) Feature {
	return Feature{Type: "ClassLabel", Names: slices.Clone(names), Length: -1}
}

// ListOf returns the feature of lists of any length.
func ListOf(elem Feature) Feature { return Feature{Type: "List", Elem: &elem, Length: -1} }

// CastColumn returns d with the values of a column changed into another type. The
// first value that the type cannot hold is an error that names its row: an integer out of
// range, a float with a fraction that shall become an integer, a text that is no number, no time
// (of the forms 2024-05-06 and 2024-05-06T07:08:09, with a fraction and a zone or without) or
// no label, a time that is not a whole number of the coarser unit. Nulls stay.
//
// It is Python's cast_column but for this: labels become their names where they are cast to text, not
// digits, and indices that are no label, -1 apart, are refused.
func (d *Dataset) CastColumn(name string, to Feature) (*Dataset, error) {
	k, err := d.column(name)
	if err != nil {
		return nil, err
	}
	fail := func(err error) error {
		return fmt.Errorf("datasets: column %q of data set %q, which is %s, cannot be cast to %s: %w", name, d.name, d.features[k].Feature, to, err)
	}
	t, err := to.arrowType(0)
	if err != nil {
		return nil, fail(err)
	}
	cast, err := newCast(d.features[k].Feature, d.table.Schema().Field(k).Type, to, t)
	if err != nil {
		return nil, fail(err)
	}
	tb := newTableBuilder(d.mem, []arrow.Field{{Name: name, Type: t, Nullable: true}})
	defer tb.release()
	for i := range d.NumRows() {
		a, at := d.cols[k].at(i)
		n, err := cast(tb.cols[0], a, at)
		if err != nil {
			return nil, fail(fmt.Errorf("row %d: %w", i, err))
		}
		tb.row(n)
	}
	made := tb.table()
	defer made.Release()
	fs := d.Features()
	fs[k].Feature = to
	return d.derive(d.withColumn(k, name, made.Column(0).Data()), fs), nil
}

// EncodeLabels returns d with a column of texts turned into a ClassLabel whose names
// are the texts, sorted by bytes: Python's class_encode_column.
func (d *Dataset) EncodeLabels(name string) (*Dataset, error) {
	if _, err := d.textColumn(name); err != nil {
		return nil, err
	}
	values, err := Unique[any](d, name)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, v := range values {
		if s, ok := v.(string); ok { // not a null
			names = append(names, s)
		}
	}
	slices.Sort(names)
	return d.CastColumn(name, ClassLabel(names...))
}

var flatTypes = map[string]arrow.DataType{
	"null": arrow.Null, "bool": arrow.FixedWidthTypes.Boolean,
	"int8": arrow.PrimitiveTypes.Int8, "int16": arrow.PrimitiveTypes.Int16, "int32": arrow.PrimitiveTypes.Int32, "int64": arrow.PrimitiveTypes.Int64,
	"uint8": arrow.PrimitiveTypes.Uint8, "uint16": arrow.PrimitiveTypes.Uint16, "uint32": arrow.PrimitiveTypes.Uint32, "uint64": arrow.PrimitiveTypes.Uint64,
	"float16": arrow.FixedWidthTypes.Float16, "float32": arrow.PrimitiveTypes.Float32, "float64": arrow.PrimitiveTypes.Float64,
	"string": arrow.BinaryTypes.String, "large_string": arrow.BinaryTypes.LargeString, "binary": arrow.BinaryTypes.Binary,
	"date32": arrow.FixedWidthTypes.Date32, "date64": arrow.FixedWidthTypes.Date64,
}

// arrowType returns the type that a column of f is stored as.
func (f *Feature) arrowType(depth int) (arrow.DataType, error) {
	if err := tooDeep(depth); err != nil {
		return nil, err
	}
	switch f.Type {
	case "Value":
		if t := flatTypes[f.DType]; t != nil {
			return t, nil
		}
		if t := timestampType(f.DType); t != nil {
			return t, nil
		}
		return nil, fmt.Errorf("no type %q to cast to", f.DType)
	case "ClassLabel":
		if len(f.Names) == 0 {
			return nil, errors.New("a ClassLabel without names")
		}
		for i, n := range f.Names {
			if slices.Contains(f.Names[:i], n) {
				return nil, fmt.Errorf("two labels are named %q", n)
			}
		}
		return arrow.PrimitiveTypes.Int64, nil
	case "List":
		if f.Elem == nil || f.Length >= 0 {
			return nil, errors.New("lists of a fixed length and of unknown elements are not cast to")
		}
		t, err := f.Elem.arrowType(depth + 1)
		if err != nil {
			return nil, err
		}
		return arrow.ListOf(t), nil
	}
	return nil, fmt.Errorf("values are not cast to the feature %q", f.Type)
}

// A cast appends the value at i of a to b, and returns about how many bytes that took.
type cast func(b array.Builder, a arrow.Array, i int) (int, error)

// newCast returns the cast between two types, with a null for a null.
func newCast(from Feature, ft arrow.DataType, to Feature, tt arrow.DataType) (cast, error) {
	c, err := castValue(from, ft, to, tt)
	if err != nil {
		return nil, err
	}
	return func(b array.Builder, a arrow.Array, i int) (int, error) {
		if a.IsNull(i) || a.DataType().ID() == arrow.NULL {
			b.AppendNull()
			return 8, nil
		}
		if dict, ok := a.(*array.Dictionary); ok {
			return c(b, dict.Dictionary(), dict.GetValueIndex(i))
		}
		return c(b, a, i)
	}, nil
}

func castValue(from Feature, ft arrow.DataType, to Feature, tt arrow.DataType) (cast, error) {
	none := errors.New("there is no such cast")
	if ft.ID() == arrow.NULL { // newCast sees nulls only
		return nil, nil
	}
	if l, ok := tt.(*arrow.ListType); ok {
		list, ok := ft.(arrow.ListLikeType)
		if !ok || from.Elem == nil {
			return nil, none
		}
		elem, err := newCast(*from.Elem, list.Elem(), *to.Elem, l.Elem())
		if err != nil {
			return nil, err
		}
		return func(b array.Builder, a arrow.Array, i int) (int, error) {
			lb := b.(*array.ListBuilder)
			lb.Append(true)
			from, to := a.(array.ListLike).ValueOffsets(i)
			bytes := 4
			for j := from; j < to; j++ {
				n, err := elem(lb.ValueBuilder(), a.(array.ListLike).ListValues(), int(j))
				if err != nil {
					return 0, fmt.Errorf("element %d: %w", j-from, err)
				}
				bytes += n
			}
			return bytes, nil
		}, nil
	}
	if arrow.IsNested(ft.ID()) {
		return nil, none
	}
	if to.Type == "ClassLabel" {
		return castLabel(to.Names), nil
	}
	if from.Type == "ClassLabel" && isText(tt) {
		return func(b array.Builder, a arrow.Array, i int) (int, error) {
			v, _ := intAt(a, i)
			if v < 0 || v >= int64(len(from.Names)) {
				return 0, fmt.Errorf("%d is not the index of one of %d labels", v, len(from.Names))
			}
			return appendText(b, from.Names[v]), nil
		}, nil
	}
	return func(b array.Builder, a arrow.Array, i int) (int, error) { return castFlat(b, tt, a, i) }, nil
}

// castLabel looks names up as Python does: as they are, without the space around them, as digits.
func castLabel(names []string) cast {
	index := make(map[string]int64, len(names))
	for i, n := range names {
		index[n] = int64(i)
	}
	find := func(a arrow.Array, i int) (int64, bool) {
		s, ok := textAt(a, i)
		if !ok {
			return intAt(a, i)
		}
		for _, name := range []string{s, strings.TrimSpace(s)} {
			if v, ok := index[name]; ok {
				return v, true
			}
		}
		v, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
		return v, err == nil
	}
	return func(b array.Builder, a arrow.Array, i int) (int, error) {
		v, ok := find(a, i)
		if !ok || v < -1 || v >= int64(len(names)) {
			return 0, fmt.Errorf("%s is not one of the %d labels (%s)", shown(a, i), len(names), someOf(names))
		}
		b.(*array.Int64Builder).Append(v)
		return 8, nil
	}
}

func someOf(names []string) string {
	const most = 8
	if len(names) > most {
		return strings.Join(names[:most], ", ") + " ..."
	}
	return strings.Join(names, ", ")
}

// shown returns a value as messages show it.
func shown(a arrow.Array, i int) string {
	s := shorten(plainAt(a, i), 40)
	if isText(a.DataType()) {
		return strconv.Quote(s)
	}
	return s
}

func appendText(b array.Builder, s string) int {
	switch b := b.(type) {
	case *array.StringBuilder:
		b.Append(s)
	case *array.LargeStringBuilder:
		b.Append(s)
	}
	return len(s)
}

// castFlat appends the value at i of a to a builder of type t.
func castFlat(b array.Builder, t arrow.DataType, a arrow.Array, i int) (int, error) {
	unfit := func() (int, error) { return 0, fmt.Errorf("%s does not fit", shown(a, i)) }
	switch b := b.(type) {
	case *array.StringBuilder, *array.LargeStringBuilder:
		if isBinary(a.DataType()) {
			return 0, errors.New("there is no cast from bytes to text")
		}
		return appendText(b, plainAt(a, i)), nil
	case *array.BinaryBuilder:
		switch v := valueAt(a, i).(type) {
		case string:
			b.Append([]byte(v))
			return len(v), nil
		case []byte:
			b.Append(v)
			return len(v), nil
		}
		return unfit()
	case *array.BooleanBuilder:
		v, ok := asBool(a, i)
		if !ok {
			return unfit()
		}
		b.Append(v)
		return 1, nil
	case *array.Float16Builder, *array.Float32Builder, *array.Float64Builder:
		v, ok := asFloat(a, i)
		if !ok {
			return unfit()
		}
		appendFloat64(b, v)
		return 8, nil
	case *array.TimestampBuilder:
		v, ok := asTime(a, i, t.(*arrow.TimestampType))
		if !ok {
			return unfit()
		}
		b.Append(v)
		return 8, nil
	case *array.Date32Builder, *array.Date64Builder:
		day, ok := asDay(a, i)
		if !ok {
			return unfit()
		}
		switch b := b.(type) {
		case *array.Date32Builder:
			b.Append(arrow.Date32FromTime(day))
		case *array.Date64Builder:
			b.Append(arrow.Date64FromTime(day))
		}
		return 8, nil
	case *array.Uint64Builder:
		v, ok := asUint(a, i)
		if !ok {
			return unfit()
		}
		b.Append(v)
		return 8, nil
	}
	v, ok := asInt(a, i)
	if !ok || !appendInt(b, v) {
		return unfit()
	}
	return 8, nil
}

func appendFloat64(b array.Builder, v float64) {
	switch b := b.(type) {
	case *array.Float16Builder:
		b.Append(float16.New(float32(v)))
	case *array.Float32Builder:
		b.Append(float32(v))
	case *array.Float64Builder:
		b.Append(v)
	}
}

// appendInt reports whether v is in the range of the builder.
func appendInt(b array.Builder, v int64) bool {
	within := func(least, most int64) bool { return v >= least && v <= most }
	switch b := b.(type) {
	case *array.Int8Builder:
		b.Append(int8(v))
		return within(math.MinInt8, math.MaxInt8)
	case *array.Int16Builder:
		b.Append(int16(v))
		return within(math.MinInt16, math.MaxInt16)
	case *array.Int32Builder:
		b.Append(int32(v))
		return within(math.MinInt32, math.MaxInt32)
	case *array.Int64Builder:
		b.Append(v)
		return true
	case *array.Uint8Builder:
		b.Append(uint8(v))
		return within(0, math.MaxUint8)
	case *array.Uint16Builder:
		b.Append(uint16(v))
		return within(0, math.MaxUint16)
	case *array.Uint32Builder:
		b.Append(uint32(v))
		return within(0, math.MaxUint32)
	}
	return false
}

func asInt(a arrow.Array, i int) (int64, bool) {
	if v, ok := intAt(a, i); ok {
		return v, true
	}
	if v, ok := floatAt(a, i); ok {
		return int64(v), v == math.Trunc(v) && v >= -1<<63 && v < 1<<63
	}
	switch a := a.(type) {
	case *array.Boolean:
		return int64(btoi(a.Value(i))), true
	case *array.Timestamp:
		return int64(a.Value(i)), true
	case *array.Date32:
		return int64(a.Value(i)), true
	case *array.Date64:
		return int64(a.Value(i)), true
	}
	if s, ok := textAt(a, i); ok {
		v, err := strconv.ParseInt(s, 10, 64)
		return v, err == nil && s[0] != '+'
	}
	return 0, false
}

func asUint(a arrow.Array, i int) (uint64, bool) {
	if a, ok := a.(*array.Uint64); ok {
		return a.Value(i), true
	}
	if v, ok := floatAt(a, i); ok {
		return uint64(v), v == math.Trunc(v) && v >= 0 && v < 1<<64
	}
	if s, ok := textAt(a, i); ok {
		v, err := strconv.ParseUint(s, 10, 64)
		return v, err == nil
	}
	v, ok := asInt(a, i)
	return uint64(v), ok && v >= 0
}

// asFloat refuses integers that floats of 64 bits cannot hold.
func asFloat(a arrow.Array, i int) (float64, bool) {
	if v, ok := floatAt(a, i); ok {
		return v, true
	}
	const exact = 1 << 53
	if v, ok := intAt(a, i); ok {
		return float64(v), v >= -exact && v <= exact
	}
	if s, ok := textAt(a, i); ok {
		v, err := strconv.ParseFloat(s, 64)
		return v, err == nil && !strings.ContainsAny(s, "_xX") // which only Go takes
	}
	b, ok := a.(*array.Boolean)
	return float64(btoi(ok && b.Value(i))), ok
}

func asBool(a arrow.Array, i int) (value, ok bool) {
	if s, ok := textAt(a, i); ok {
		switch strings.ToLower(s) {
		case "true", "1":
			return true, true
		case "false", "0":
			return false, true
		}
		return false, false
	}
	if v, ok := floatAt(a, i); ok {
		return v != 0, true
	}
	switch a := a.(type) {
	case *array.Boolean:
		return a.Value(i), true
	case *array.Uint64:
		return a.Value(i) != 0, true
	}
	v, ok := intAt(a, i)
	return v != 0, ok
}

// timeForms are those of ISO 8601 that people write; fractions are read without being named.
var timeForms = []string{
	"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02",
	"2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04", "2006-01-02 15:04",
}

// asTime returns times in the unit of t. Numbers are such units since 1970; texts without a zone are UTC.
func asTime(a arrow.Array, i int, t *arrow.TimestampType) (arrow.Timestamp, bool) {
	if v, ok := intAt(a, i); ok {
		return arrow.Timestamp(v), true
	}
	when, ok := timeAt(a, i)
	if s, text := textAt(a, i); text {
		for _, form := range timeForms {
			var err error
			if when, err = time.Parse(form, s); err == nil {
				ok = true
				break
			}
		}
	}
	if !ok {
		return 0, false
	}
	v, err := arrow.TimestampFromTime(when, t.Unit)
	return v, err == nil && v.ToTime(t.Unit).Equal(when)
}

func asDay(a arrow.Array, i int) (time.Time, bool) {
	if s, ok := textAt(a, i); ok {
		day, err := time.Parse(time.DateOnly, s)
		return day, err == nil
	}
	when, ok := timeAt(a, i)
	return when, ok && when.Equal(when.Truncate(24*time.Hour))
}
