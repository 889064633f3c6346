package parquet

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/parquet/pqarrow"
	"github.com/apache/arrow/go/v15/parquet/schema"
)

// arrowSchema is the key under which the Arrow schema is in the file's metadata.
const arrowSchema = "ARROW:schema"

// asWritten returns a table that arrow writes as it should t, which it does not: it marks time stamps without a zone as times in UTC,
// those of other zones as times without one, knows no durations and no large lists, and takes no elements below a null, which lists of a fixed
// length always have. So zones are exchanged, durations become integers, lists become plain ones without such elements, and the schema of t goes into the
// metadata. The table is good until done is called, also after an error.
func asWritten(t arrow.Table) (_ arrow.Table, done func(), err error) {
	var w rewriter
	done = w.release
	var b bytes.Buffer
	if err := ipc.NewWriter(&b, ipc.WithSchema(t.Schema())).Close(); err != nil {
		return nil, done, err
	}
	md := t.Schema().Metadata()
	md = arrow.NewMetadata(slices.Concat(md.Keys(), []string{arrowSchema}), slices.Concat(md.Values(), []string{base64.StdEncoding.EncodeToString(b.Bytes())}))
	fields := t.Schema().Fields()
	cols := make([]arrow.Column, len(fields))
	for k := range fields {
		fields[k].Type = writtenType(fields[k].Type)
		var chunks []arrow.Array
		for _, a := range t.Column(k).Data().Chunks() {
			data, err := w.data(a, fields[k].Type)
			if err != nil {
				return nil, done, fmt.Errorf("column %q: %w", fields[k].Name, err)
			}
			chunks = append(chunks, hold(&w, array.MakeFromData(data)))
		}
		cols[k] = *hold(&w, arrow.NewColumn(fields[k], hold(&w, arrow.NewChunked(fields[k].Type, chunks))))
	}
	return hold(&w, array.NewTable(arrow.NewSchema(fields, &md), cols, t.NumRows())), done, nil
}

// writtenType returns the type that arrow writes as it should t.
func writtenType(t arrow.DataType) arrow.DataType {
	field := func(f arrow.Field) arrow.Field {
		f.Type = writtenType(f.Type)
		return f
	}
	switch t := t.(type) {
	case *arrow.TimestampType:
		zone := "UTC"
		if t.TimeZone == "" {
			zone = "none"
		}
		return &arrow.TimestampType{Unit: t.Unit, TimeZone: zone}
	case *arrow.DurationType:
		return arrow.PrimitiveTypes.Int64
	case *arrow.ListType:
		return arrow.ListOfField(field(t.ElemField()))
	case *arrow.LargeListType:
		return arrow.ListOfField(field(t.ElemField()))
	case *arrow.FixedSizeListType:
		return arrow.ListOfField(field(t.ElemField()))
	case *arrow.MapType:
		return mapOf(t, t.KeyType(), writtenType(t.ItemType()))
	case *arrow.StructType:
		fields := t.Fields()
		for i := range fields {
			fields[i] = field(fields[i])
		}
		return arrow.StructOf(fields...)
	}
	return t
}

// A rewriter makes arrays of others, and holds them until all is done.
type rewriter struct{ held []interface{ Release() } }

func hold[T interface{ Release() }](w *rewriter, v T) T {
	w.held = append(w.held, v)
	return v
}

func (w *rewriter) release() {
	for _, v := range slices.Backward(w.held) {
		v.Release()
	}
	w.held = nil
}

// data returns the data of a under the type that writtenType gives its own.
func (w *rewriter) data(a arrow.Array, to arrow.DataType) (arrow.ArrayData, error) {
	var kids []arrow.ArrayData
	bufs := []*memory.Buffer{validity(a)}
	switch a := a.(type) {
	case *array.Map, *array.Timestamp, *array.Duration:
		return hold(w, retyped(a.Data(), to, memory.DefaultAllocator)), nil
	case *array.Struct:
		for i := range a.NumField() {
			kid, err := w.data(a.Field(i), to.(*arrow.StructType).Field(i).Type)
			if err != nil {
				return nil, err
			}
			kids = append(kids, kid)
		}
	case array.ListLike:
		offsets, elems, err := w.packedLists(a)
		if err != nil {
			return nil, err
		}
		kid, err := w.data(elems, to.(*arrow.ListType).Elem())
		if err != nil {
			return nil, err
		}
		bufs, kids = append(bufs, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(offsets))), append(kids, kid)
	default:
		return a.Data(), nil
	}
	return hold(w, array.NewData(to, a.Len(), bufs, kids, a.NullN(), 0)), nil
}

// validity returns the bits of a from its first row on, nil if it has no nulls.
func validity(a arrow.Array) *memory.Buffer {
	if a.NullN() == 0 {
		return nil
	}
	bits := make([]byte, (a.Len()+7)/8)
	for i := range a.Len() {
		if a.IsValid(i) {
			bits[i/8] |= 1 << (i % 8)
		}
	}
	return memory.NewBufferBytes(bits)
}

// packedLists returns the elements of lists without those below nulls, and where each list begins among them.
func (w *rewriter) packedLists(l array.ListLike) (offsets []int32, elems arrow.Array, err error) {
	offsets = make([]int32, l.Len()+1)
	var runs []arrow.Array
	from, to, n := int64(0), int64(0), int64(0) // the run
	for i := range l.Len() {
		if l.IsValid(i) {
			start, end := l.ValueOffsets(i)
			if start != to && to > from {
				runs = append(runs, hold(w, array.NewSlice(l.ListValues(), from, to)))
			}
			if start != to {
				from = start
			}
			to, n = end, n+end-start
		}
		if n > math.MaxInt32 {
			return nil, nil, errors.New("more elements in lists than 32-bit offsets reach")
		}
		offsets[i+1] = int32(n)
	}
	last := hold(w, array.NewSlice(l.ListValues(), from, to))
	if len(runs) == 0 {
		return offsets, last, nil
	}
	if elems, err = array.Concatenate(append(runs, last), memory.DefaultAllocator); err != nil {
		return nil, nil, err
	}
	return offsets, hold(w, elems), nil
}

func mapOf(like *arrow.MapType, key, item arrow.DataType) arrow.DataType {
	m := arrow.MapOf(key, item)
	m.KeysSorted = like.KeysSorted
	m.SetItemNullable(like.ItemField().Nullable)
	return m
}

// readType returns the type that the values of a field have, which arrow reads as t: it takes all time stamps for times in UTC, and
// forgets that lists were large, what their elements are called, and that integers are durations. The field is f of columns of the schema; origin is its type in the Arrow schema of the file, or nil.
func readType(t arrow.DataType, f *pqarrow.SchemaField, columns *schema.Schema, origin arrow.DataType) arrow.DataType {
	child := func(c arrow.Field, i int, origin arrow.DataType) arrow.Field {
		if i < len(f.Children) {
			c.Type = readType(c.Type, &f.Children[i], columns, origin)
		}
		return c
	}
	elem := func(e arrow.Field) arrow.Field {
		l, ok := origin.(arrow.ListLikeType)
		if !ok {
			return child(e, 0, nil)
		}
		e.Name = l.ElemField().Name
		return child(e, 0, l.Elem())
	}
	switch t := t.(type) {
	case *arrow.TimestampType:
		if f.ColIndex >= 0 {
			if logical, ok := columns.Column(f.ColIndex).LogicalType().(*schema.TimestampLogicalType); ok && !logical.IsAdjustedToUTC() {
				return &arrow.TimestampType{Unit: t.Unit}
			}
		}
	case *arrow.Int64Type:
		if origin != nil && origin.ID() == arrow.DURATION {
			return origin
		}
	case *arrow.ListType:
		e := elem(t.ElemField())
		if _, large := origin.(*arrow.LargeListType); large {
			return arrow.LargeListOfField(e)
		}
		return arrow.ListOfField(e)
	case *arrow.FixedSizeListType:
		return arrow.FixedSizeListOfField(t.Len(), elem(t.ElemField()))
	case *arrow.MapType:
		if entry, ok := elem(t.ElemField()).Type.(*arrow.StructType); ok && entry.NumFields() == 2 {
			return mapOf(t, entry.Field(0).Type, entry.Field(1).Type)
		}
	case *arrow.StructType:
		fields := t.Fields()
		from, _ := origin.(*arrow.StructType)
		for i := range fields {
			var o arrow.DataType
			if from != nil && i < from.NumFields() && from.Field(i).Name == fields[i].Name {
				o = from.Field(i).Type
			}
			fields[i] = child(fields[i], i, o)
		}
		return arrow.StructOf(fields...)
	}
	return t
}

// retypedChunks returns the same values under another type that they can have, as retyped does.
func retypedChunks(c *arrow.Chunked, t arrow.DataType, mem memory.Allocator) *arrow.Chunked {
	var chunks []arrow.Array
	for _, a := range c.Chunks() {
		data := retyped(a.Data(), t, mem)
		chunks = append(chunks, array.MakeFromData(data))
		data.Release()
	}
	out := arrow.NewChunked(t, chunks)
	for _, a := range chunks {
		a.Release()
	}
	return out
}

// retyped returns the same data under a type of the same layout, but for the offsets of lists, whose width may differ. The caller releases it.
func retyped(d arrow.ArrayData, t arrow.DataType, mem memory.Allocator) arrow.ArrayData {
	var types []arrow.DataType
	switch t := t.(type) {
	case arrow.ListLikeType:
		types = append(types, t.Elem())
	case *arrow.StructType:
		for _, f := range t.Fields() {
			types = append(types, f.Type)
		}
	}
	kids := make([]arrow.ArrayData, len(types))
	for i := range kids {
		kids[i] = retyped(d.Children()[i], types[i], mem)
	}
	bufs := d.Buffers()
	if from, to := d.DataType().ID(), t.ID(); (from == arrow.LARGE_LIST) != (to == arrow.LARGE_LIST) && len(bufs) == 2 && bufs[1] != nil {
		offsets := memory.NewResizableBuffer(mem)
		defer offsets.Release()
		if to == arrow.LARGE_LIST {
			offsets.Resize(bufs[1].Len() * 2)
			copyOffsets(arrow.Int64Traits.CastFromBytes(offsets.Bytes()), arrow.Int32Traits.CastFromBytes(bufs[1].Bytes()))
		} else {
			offsets.Resize(bufs[1].Len() / 2)
			copyOffsets(arrow.Int32Traits.CastFromBytes(offsets.Bytes()), arrow.Int64Traits.CastFromBytes(bufs[1].Bytes()))
		}
		bufs = []*memory.Buffer{bufs[0], offsets}
	}
	out := array.NewData(t, d.Len(), bufs, kids, d.NullN(), d.Offset())
	if dict := d.Dictionary(); dict != nil {
		out.SetDictionary(dict)
	}
	for _, kid := range kids {
		kid.Release()
	}
	return out
}

func copyOffsets[T, F int32 | int64](to []T, from []F) {
	for i, v := range from {
		if F(T(v)) != v {
			panic("a list of more elements than 32-bit offsets reach")
		}
		to[i] = T(v)
	}
}
