package datasets

import (
	"encoding/base64"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// textAt returns the string at i, sharing Arrow's memory; ok is false when a
// does not hold text. A null is "".
func textAt(a arrow.Array, i int) (s string, ok bool) {
	switch a := a.(type) {
	case *array.String:
		if a.IsNull(i) {
			return "", true
		}
		return a.Value(i), true
	case *array.LargeString:
		if a.IsNull(i) {
			return "", true
		}
		return a.Value(i), true
	case *array.Dictionary:
		if a.IsNull(i) {
			return "", isText(a.DataType())
		}
		return textAt(a.Dictionary(), a.GetValueIndex(i))
	case *array.Null:
		return "", true // the column of a file that has no value in it
	}
	return "", false
}

func isText(t arrow.DataType) bool {
	switch t := t.(type) {
	case *arrow.StringType, *arrow.LargeStringType, *arrow.NullType:
		return true
	case *arrow.DictionaryType:
		return isText(t.ValueType)
	}
	return false
}

// valueAt returns the value at i as a Go value that shares no memory with a; see
// [Row.Any] for the types.
func valueAt(a arrow.Array, i int) any {
	if a.IsNull(i) || a.DataType().ID() == arrow.NULL {
		return nil
	}
	if s, ok := textAt(a, i); ok {
		return strings.Clone(s)
	}
	if v, ok := intAt(a, i); ok {
		return v
	}
	if v, ok := floatAt(a, i); ok {
		return v
	}
	if v, ok := timeAt(a, i); ok {
		return v
	}
	switch a := a.(type) {
	case *array.Boolean:
		return a.Value(i)
	case *array.Uint64:
		return a.Value(i)
	case *array.Binary:
		return append([]byte{}, a.Value(i)...)
	case *array.LargeBinary:
		return append([]byte{}, a.Value(i)...)
	case *array.FixedSizeBinary:
		return append([]byte{}, a.Value(i)...)
	case *array.Dictionary:
		return valueAt(a.Dictionary(), a.GetValueIndex(i))
	case *array.Struct:
		m := make(map[string]any, a.NumField())
		for k, f := range a.DataType().(*arrow.StructType).Fields() {
			m[f.Name] = valueAt(a.Field(k), i)
		}
		return m
	case array.ListLike:
		from, to := a.ValueOffsets(i)
		list := make([]any, 0, to-from)
		for j := from; j < to; j++ {
			list = append(list, valueAt(a.ListValues(), int(j)))
		}
		return list
	}
	return a.ValueStr(i)
}

// intAt returns the integer at i where it is sure to fit in 64 bits with sign.
func intAt(a arrow.Array, i int) (int64, bool) {
	switch a := a.(type) {
	case *array.Int64:
		return a.Value(i), true
	case *array.Int32:
		return int64(a.Value(i)), true
	case *array.Int16:
		return int64(a.Value(i)), true
	case *array.Int8:
		return int64(a.Value(i)), true
	case *array.Uint32:
		return int64(a.Value(i)), true
	case *array.Uint16:
		return int64(a.Value(i)), true
	case *array.Uint8:
		return int64(a.Value(i)), true
	case *array.Uint64:
		if v := a.Value(i); v <= math.MaxInt64 {
			return int64(v), true
		}
	}
	return 0, false
}

func floatAt(a arrow.Array, i int) (float64, bool) {
	switch a := a.(type) {
	case *array.Float64:
		return a.Value(i), true
	case *array.Float32:
		return float64(a.Value(i)), true
	case *array.Float16:
		return float64(a.Value(i).Float32()), true
	}
	return 0, false
}

// timeAt returns dates and time stamps, in UTC.
func timeAt(a arrow.Array, i int) (time.Time, bool) {
	switch a := a.(type) {
	case *array.Timestamp:
		return a.Value(i).ToTime(a.DataType().(*arrow.TimestampType).Unit), true
	case *array.Date32:
		return a.Value(i).ToTime(), true
	case *array.Date64:
		return a.Value(i).ToTime(), true
	}
	return time.Time{}, false
}

// appendJSON appends the value at i as JSON: binary in base64, dates as
// 2006-01-02, times in RFC 3339, NaN and infinities as null.
func appendJSON(dst []byte, a arrow.Array, i int) []byte {
	if a.IsNull(i) || a.DataType().ID() == arrow.NULL {
		return append(dst, "null"...)
	}
	if s, ok := textAt(a, i); ok {
		return appendJSONString(dst, s)
	}
	if v, ok := intAt(a, i); ok {
		return strconv.AppendInt(dst, v, 10)
	}
	if v, ok := floatAt(a, i); ok {
		return appendFloat(dst, v, "null")
	}
	switch a := a.(type) {
	case *array.Boolean:
		return strconv.AppendBool(dst, a.Value(i))
	case *array.Uint64:
		return strconv.AppendUint(dst, a.Value(i), 10)
	case *array.Dictionary:
		return appendJSON(dst, a.Dictionary(), a.GetValueIndex(i))
	case *array.Struct:
		dst = append(dst, '{')
		for k, f := range a.DataType().(*arrow.StructType).Fields() {
			if k > 0 {
				dst = append(dst, ", "...)
			}
			dst = append(appendJSONString(dst, f.Name), ": "...)
			dst = appendJSON(dst, a.Field(k), i)
		}
		return append(dst, '}')
	case array.ListLike:
		from, to := a.ValueOffsets(i)
		dst = append(dst, '[')
		for j := from; j < to; j++ {
			if j > from {
				dst = append(dst, ", "...)
			}
			dst = appendJSON(dst, a.ListValues(), int(j))
		}
		return append(dst, ']')
	}
	return appendJSONString(dst, plainAt(a, i))
}

// plainAt writes a flat value without quotes, as a CSV cell holds it.
func plainAt(a arrow.Array, i int) string {
	if a.IsNull(i) {
		return ""
	}
	if s, ok := textAt(a, i); ok {
		return s
	}
	if v, ok := timeAt(a, i); ok {
		if a.DataType().ID() != arrow.TIMESTAMP {
			return v.Format(time.DateOnly)
		}
		if a.DataType().(*arrow.TimestampType).TimeZone == "" {
			return v.Format("2006-01-02T15:04:05.999999999")
		}
		return v.Format(time.RFC3339Nano)
	}
	switch a := a.(type) {
	case *array.Binary:
		return base64.StdEncoding.EncodeToString(a.Value(i))
	case *array.LargeBinary:
		return base64.StdEncoding.EncodeToString(a.Value(i))
	case *array.FixedSizeBinary:
		return base64.StdEncoding.EncodeToString(a.Value(i))
	case *array.Dictionary:
		return plainAt(a.Dictionary(), a.GetValueIndex(i))
	case *array.Struct, array.ListLike:
		return string(appendJSON(nil, a, i))
	}
	if v, ok := floatAt(a, i); ok {
		return string(appendFloat(nil, v, ""))
	}
	return a.ValueStr(i)
}

// shownAt writes a flat value for people to read, who do not look at the sixteenth digit of a float.
func shownAt(a arrow.Array, i int) string {
	v, ok := floatAt(a, i)
	if !ok || a.IsNull(i) {
		return plainAt(a, i)
	}
	s := shortFloat(v)
	if v == math.Trunc(v) && !strings.Contains(s, "e") && !math.IsInf(v, 0) {
		s += ".0"
	}
	return s
}

// shortFloat writes six digits, or all before the point if there are more, and no zeros at the end.
func shortFloat(v float64) string {
	switch size := math.Abs(v); {
	case size >= 1e15 || size < 1e5:
		return strconv.FormatFloat(v, 'g', 6, 64)
	case v == math.Trunc(v):
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'f', 1, 64)
}

// appendFloat keeps a decimal point or an exponent, so that the number is read
// back as a float, and every digit that it takes to read back the same one.
func appendFloat(dst []byte, v float64, notFinite string) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return append(dst, notFinite...)
	}
	from := len(dst)
	dst = strconv.AppendFloat(dst, v, 'g', -1, 64)
	if !strings.ContainsAny(string(dst[from:]), ".e") {
		dst = append(dst, ".0"...)
	}
	return dst
}

const hexDigits = "0123456789abcdef"

// appendJSONString appends s in quotes. Only what JSON demands is escaped, so
// text stays readable and grows little; invalid UTF-8 becomes U+FFFD.
func appendJSONString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				dst = append(append(dst, s[from:i]...), "\ufffd"...)
				from = i + 1
			}
			i += n
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[from:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		from = i
	}
	return append(append(dst, s[from:]...), '"')
}
