package datasets

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// Polars writes texts as views: 16 bytes for each, which hold a short text, or else say in which of several buffers it lies. Arrow v15 reads
// them, but little of it knows what to do with them. So they become texts with offsets where they are read.

// typeWithoutViews returns t with string and binary in place of their views. In types that this package refuses, they stay.
func typeWithoutViews(t arrow.DataType) arrow.DataType {
	field := func(f arrow.Field) arrow.Field {
		f.Type = typeWithoutViews(f.Type)
		return f
	}
	switch t := t.(type) {
	case *arrow.StringViewType:
		return arrow.BinaryTypes.String
	case *arrow.BinaryViewType:
		return arrow.BinaryTypes.Binary
	case *arrow.ListType:
		return arrow.ListOfField(field(t.ElemField()))
	case *arrow.LargeListType:
		return arrow.LargeListOfField(field(t.ElemField()))
	case *arrow.FixedSizeListType:
		return arrow.FixedSizeListOfField(t.Len(), field(t.ElemField()))
	case *arrow.MapType:
		m := arrow.MapOf(typeWithoutViews(t.KeyType()), typeWithoutViews(t.ItemType()))
		m.KeysSorted = t.KeysSorted
		m.SetItemNullable(t.ItemField().Nullable)
		return m
	case *arrow.StructType:
		fields := t.Fields()
		for i := range fields {
			fields[i] = field(fields[i])
		}
		return arrow.StructOf(fields...)
	case *arrow.DictionaryType:
		return &arrow.DictionaryType{IndexType: t.IndexType, ValueType: typeWithoutViews(t.ValueType), Ordered: t.Ordered}
	}
	return t
}

// hasViews reports whether there are views in t, at any depth.
func hasViews(t arrow.DataType) bool {
	switch t := t.(type) {
	case arrow.BinaryViewDataType:
		return true
	case *arrow.DictionaryType:
		return hasViews(t.ValueType)
	case arrow.NestedType:
		for _, f := range t.Fields() {
			if hasViews(f.Type) {
				return true
			}
		}
	}
	return false
}

// withoutViews returns d in the type of typeWithoutViews, with a reference for the caller. Other data is shared.
func withoutViews(d arrow.ArrayData, mem memory.Allocator) (arrow.ArrayData, error) {
	plain := d.DataType()
	if hasViews(plain) {
		plain = typeWithoutViews(plain)
	}
	if plain == d.DataType() || hasViews(plain) {
		d.Retain()
		return d, nil
	}
	switch to := plain.(type) {
	case *arrow.StringType, *arrow.BinaryType:
		return joinViews(d, to, mem)
	case *arrow.DictionaryType:
		if d.Dictionary() == nil {
			return nil, errors.New("a dictionary is missing")
		}
		values, err := withoutViews(d.Dictionary(), mem)
		if err != nil {
			return nil, err
		}
		defer values.Release()
		return array.NewDataWithDictionary(to, d.Len(), d.Buffers(), d.NullN(), d.Offset(), values.(*array.Data)), nil
	default:
		kids := make([]arrow.ArrayData, len(d.Children()))
		for i, kid := range d.Children() {
			var err error
			if kids[i], err = withoutViews(kid, mem); err != nil {
				return nil, err
			}
			defer kids[i].Release()
		}
		return array.NewData(to, d.Len(), d.Buffers(), kids, d.NullN(), d.Offset()), nil
	}
}

const (
	viewBytes  = 16
	viewInline = 12 // bytes that lie in the view itself, behind the length
)

// joinViews puts the texts of views one after another, null ones as empty.
func joinViews(d arrow.ArrayData, to arrow.DataType, mem memory.Allocator) (arrow.ArrayData, error) {
	n, bufs := d.Offset()+d.Len(), d.Buffers()
	if d.Len() < 0 || d.Offset() < 0 || len(bufs) < 2 {
		return nil, errShort
	}
	var valid, views []byte
	if bufs[0] != nil {
		if valid = bufs[0].Bytes(); len(valid) < (n+7)/8 {
			return nil, errShort
		}
	}
	if bufs[1] != nil {
		views = bufs[1].Bytes()
	}
	if len(views)/viewBytes < n {
		return nil, errShort
	}
	text := func(i int) ([]byte, error) {
		if valid != nil && valid[i/8]>>(i%8)&1 == 0 {
			return nil, nil
		}
		v := views[viewBytes*i:][:viewBytes]
		size := int64(int32(binary.LittleEndian.Uint32(v)))
		if 0 <= size && size <= viewInline {
			return v[4:][:size], nil
		}
		k, at := int64(binary.LittleEndian.Uint32(v[8:])), int64(int32(binary.LittleEndian.Uint32(v[12:])))
		if size < 0 || at < 0 || k >= int64(len(bufs)-2) || bufs[2+k] == nil || at+size > int64(bufs[2+k].Len()) {
			return nil, errOffsets
		}
		return bufs[2+k].Bytes()[at : at+size], nil
	}
	total := 0
	for i := range n {
		b, err := text(i)
		if err != nil {
			return nil, err
		}
		if total += len(b); total > math.MaxInt32 {
			return nil, fmt.Errorf("more than 2 GB of text in one batch of %d rows (write smaller batches, or cast the column to large_string)", d.Len())
		}
	}
	offsets, joined := memory.NewResizableBuffer(mem), memory.NewResizableBuffer(mem)
	defer offsets.Release()
	defer joined.Release()
	offsets.Resize(arrow.Int32Traits.BytesRequired(n + 1))
	joined.Resize(total)
	ends, into := arrow.Int32Traits.CastFromBytes(offsets.Bytes()), joined.Bytes()
	ends[0], total = 0, 0
	for i := range n {
		b, _ := text(i) // as before
		total += copy(into[total:], b)
		ends[i+1] = int32(total)
	}
	return array.NewData(to, d.Len(), []*memory.Buffer{bufs[0], offsets, joined}, nil, d.NullN(), d.Offset()), nil
}
