package datasets

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// Map returns d with a column that holds fn's result for each row, replacing the
// column of that name or coming last. T may be a string, bool, number, []byte,
// time.Time, a struct (its exported fields, named as encoding/json names them), or
// a slice or pointer of these; a nil pointer is a null, a nil slice an empty list.
// The first error, of fn or of a getter whose error fn dropped, ends it. A bar shows how far it is, if it takes
// longer than a second; see [WithProgress]. Of the options WithCache and WithProgress matter.
func Map[T any](d *Dataset, column string, fn func(Row) (T, error), opts ...Option) (_ *Dataset, err error) {
	o, err := newOptions(opts)
	if err != nil {
		return nil, err
	}
	b, err := newColumnBuilder[T](d.mem)
	if err != nil {
		return nil, fmt.Errorf("datasets: column %q: %w", column, err)
	}
	defer b.release()
	path := ""
	if o.cache != "" {
		if path, err = cacheFile(d, o.cache, column, b.dtype); err != nil {
			return nil, err
		}
		if path != "" {
			if data := fromCache(d, path, column, b.dtype); data != nil {
				return d.replace(column, data), nil
			}
		}
	}
	m := o.newMeter("mapping "+column, d.NumRows())
	defer func() { m.done(err) }()
	var failed error
	for i := range d.NumRows() {
		v, err := fn(Row{d: d, i: i, err: &failed})
		if err == nil {
			err = failed
		}
		if err != nil {
			return nil, fmt.Errorf("datasets: mapping row %d of data set %q: %w", i, d.name, err)
		}
		b.append(v)
		m.add(1)
	}
	data := b.finish()
	if path != "" {
		intoCache(path, column, data)
	}
	return d.replace(column, data), nil
}

// AddColumn returns d with a column of the given values, one a row, as Map does.
func AddColumn[T any](d *Dataset, column string, values []T) (*Dataset, error) {
	if len(values) != d.NumRows() {
		return nil, fmt.Errorf("datasets: %d values for column %q of data set %q, which has %d rows", len(values), column, d.name, d.NumRows())
	}
	return Map(d, column, func(r Row) (T, error) { return values[r.i], nil }, WithProgress(nil))
}

// replace takes over the reference to data.
func (d *Dataset) replace(name string, data *arrow.Chunked) *Dataset {
	defer data.Release()
	nf := NamedFeature{name, featureOf(data.DataType())}
	k, ok := d.index[name]
	fs := d.Features()
	if ok {
		fs[k] = nf
	} else {
		k, fs = len(d.cols), append(fs, nf)
	}
	return d.derive(d.withColumn(k, name, data), fs)
}

// From makes a set of a slice of structs, a column for each exported field, named
// as encoding/json names it. Field types are those that Map takes. Of the options
// only WithAllocator matters.
func From[T any](name string, rows []T, opts ...Option) (*Dataset, error) {
	o, err := newOptions(opts)
	if err != nil {
		return nil, err
	}
	b, err := newColumnBuilder[T](o.mem)
	if err != nil {
		return nil, fmt.Errorf("datasets: %q: %w", name, err)
	}
	defer b.release()
	st, ok := b.dtype.(*arrow.StructType)
	if !ok || reflect.TypeFor[T]().Kind() != reflect.Struct {
		return nil, fmt.Errorf("datasets: %q: rows must be structs, not %v", name, reflect.TypeFor[T]())
	}
	for _, r := range rows {
		b.append(r)
	}
	data := b.finish()
	defer data.Release()
	chunks := make([][]arrow.Array, st.NumFields())
	for _, c := range data.Chunks() {
		for k := range chunks {
			a := c.(*array.Struct).Field(k)
			a.Retain()
			chunks[k] = append(chunks[k], a)
		}
	}
	return own(name, o.mem, newTable(st.Fields(), chunks, len(rows), nil), nil)
}

// A columnBuilder turns Go values into chunks of an Arrow column.
type columnBuilder[T any] struct {
	dtype arrow.DataType
	put   func(array.Builder, reflect.Value) int // returns about how many bytes
	b     array.Builder
	bytes int
	done  []arrow.Array
}

func newColumnBuilder[T any](mem memory.Allocator) (*columnBuilder[T], error) {
	t, put, err := goType(reflect.TypeFor[T](), 0)
	if err != nil {
		return nil, err
	}
	return &columnBuilder[T]{dtype: t, put: put, b: array.NewBuilder(mem, t)}, nil
}

func (c *columnBuilder[T]) append(v T) {
	c.bytes += c.put(c.b, reflect.ValueOf(&v).Elem())
	if c.b.Len() >= chunkRows || c.bytes >= chunkBytes {
		c.done, c.bytes = append(c.done, c.b.NewArray()), 0
	}
}

func (c *columnBuilder[T]) finish() *arrow.Chunked {
	if c.b.Len() > 0 {
		c.done = append(c.done, c.b.NewArray())
	}
	return arrow.NewChunked(c.dtype, c.done)
}

func (c *columnBuilder[T]) release() {
	c.b.Release()
	for _, a := range c.done {
		a.Release()
	}
}

// goType returns the Arrow type for a Go type, and how to append a value of it.
func goType(t reflect.Type, depth int) (arrow.DataType, func(array.Builder, reflect.Value) int, error) {
	if depth > maxNesting {
		return nil, nil, fmt.Errorf("type %v contains itself", t)
	}
	switch t {
	case reflect.TypeFor[time.Time]():
		return arrow.FixedWidthTypes.Timestamp_us, func(b array.Builder, v reflect.Value) int {
			b.(*array.TimestampBuilder).Append(arrow.Timestamp(v.Interface().(time.Time).UnixMicro()))
			return 8
		}, nil
	case reflect.TypeFor[[]byte]():
		return arrow.BinaryTypes.Binary, func(b array.Builder, v reflect.Value) int {
			b.(*array.BinaryBuilder).Append(v.Bytes())
			return v.Len()
		}, nil
	}
	switch t.Kind() {
	case reflect.String:
		return arrow.BinaryTypes.String, func(b array.Builder, v reflect.Value) int {
			b.(*array.StringBuilder).Append(v.String())
			return v.Len()
		}, nil
	case reflect.Bool:
		return arrow.FixedWidthTypes.Boolean, func(b array.Builder, v reflect.Value) int {
			b.(*array.BooleanBuilder).Append(v.Bool())
			return 1
		}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return arrow.PrimitiveTypes.Int64, func(b array.Builder, v reflect.Value) int {
			b.(*array.Int64Builder).Append(v.Int())
			return 8
		}, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return arrow.PrimitiveTypes.Uint64, func(b array.Builder, v reflect.Value) int {
			b.(*array.Uint64Builder).Append(v.Uint())
			return 8
		}, nil
	case reflect.Float32:
		return arrow.PrimitiveTypes.Float32, func(b array.Builder, v reflect.Value) int {
			b.(*array.Float32Builder).Append(float32(v.Float()))
			return 4
		}, nil
	case reflect.Float64:
		return arrow.PrimitiveTypes.Float64, func(b array.Builder, v reflect.Value) int {
			b.(*array.Float64Builder).Append(v.Float())
			return 8
		}, nil
	case reflect.Pointer:
		elem, put, err := goType(t.Elem(), depth+1)
		return elem, func(b array.Builder, v reflect.Value) int {
			if v.IsNil() {
				b.AppendNull()
				return 0
			}
			return put(b, v.Elem())
		}, err
	case reflect.Slice:
		elem, put, err := goType(t.Elem(), depth+1)
		if err != nil {
			return nil, nil, err
		}
		return arrow.ListOf(elem), func(b array.Builder, v reflect.Value) int {
			l := b.(*array.ListBuilder)
			l.Append(true)
			n := 4
			for i := range v.Len() {
				n += put(l.ValueBuilder(), v.Index(i))
			}
			return n
		}, nil
	case reflect.Struct:
		return goStruct(t, depth)
	}
	return nil, nil, fmt.Errorf("no column type for Go type %v", t)
}

// A structField is a field of a struct that has a column or a member of one.
type structField struct {
	index int
	name  string
}

// structFields returns the exported fields of a struct, by the names that encoding/json gives them.
func structFields(t reflect.Type) []structField {
	var out []structField
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.IsExported() && name != "-" {
			out = append(out, structField{i, cmp.Or(name, f.Name)})
		}
	}
	return out
}

func goStruct(t reflect.Type, depth int) (arrow.DataType, func(array.Builder, reflect.Value) int, error) {
	type member struct {
		index int
		put   func(array.Builder, reflect.Value) int
	}
	var members []member
	var fields []arrow.Field
	for _, f := range structFields(t) {
		if slices.ContainsFunc(fields, func(g arrow.Field) bool { return g.Name == f.name }) {
			return nil, nil, fmt.Errorf("struct %v has two fields named %q", t, f.name)
		}
		ft, put, err := goType(t.Field(f.index).Type, depth+1)
		if err != nil {
			return nil, nil, err
		}
		members = append(members, member{f.index, put})
		fields = append(fields, arrow.Field{Name: f.name, Type: ft, Nullable: true})
	}
	if len(fields) == 0 {
		return nil, nil, fmt.Errorf("struct %v has no exported fields", t)
	}
	return arrow.StructOf(fields...), func(b array.Builder, v reflect.Value) int {
		s := b.(*array.StructBuilder)
		s.Append(true)
		n := 0
		for k, m := range members {
			n += m.put(s.FieldBuilder(k), v.Field(m.index))
		}
		return n
	}, nil
}
