package datasets

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// checkTable makes sure that every value of a table can be read and all text is
// UTF-8. Arrow v15 takes offsets and lengths from files on trust.
func checkTable(t arrow.Table) error {
	for i := range int(t.NumCols()) {
		c := t.Column(i)
		for _, a := range c.Data().Chunks() {
			if err := checkData(a.Data(), 0); err != nil {
				return fmt.Errorf("column %q: %w", c.Name(), err)
			}
			if err := checkText(a); err != nil {
				return fmt.Errorf("column %q: %w", c.Name(), err)
			}
		}
	}
	return nil
}

var (
	errShort   = errors.New("a buffer is too short for its rows")
	errOffsets = errors.New("offsets point outside the data")

	errUnsupported = errors.New("unsupported Arrow type")
)

func checkData(d arrow.ArrayData, depth int) error {
	if err := tooDeep(depth); err != nil {
		return err
	}
	end := d.Offset() + d.Len()
	bufs := d.Buffers()
	size := func(i int) int {
		if i >= len(bufs) || bufs[i] == nil {
			return 0
		}
		return bufs[i].Len()
	}
	if d.Len() < 0 || d.Offset() < 0 {
		return errShort
	}
	if len(bufs) > 0 && bufs[0] != nil && size(0) < (end+7)/8 {
		return errShort
	}
	child := func(i, rows int) error {
		kids := d.Children()
		if i >= len(kids) || kids[i].Len() < rows {
			return errShort
		}
		return checkData(kids[i], depth+1)
	}
	switch t := d.DataType().(type) {
	case *arrow.StringType, *arrow.BinaryType:
		return checkOffsets(arrow.Int32Traits.CastFromBytes, bufs[1], d, int64(size(2)))
	case *arrow.LargeStringType, *arrow.LargeBinaryType:
		return checkOffsets(arrow.Int64Traits.CastFromBytes, bufs[1], d, int64(size(2)))
	case *arrow.ListType, *arrow.MapType:
		if err := child(0, 0); err != nil {
			return err
		}
		return checkOffsets(arrow.Int32Traits.CastFromBytes, bufs[1], d, int64(d.Children()[0].Len()))
	case *arrow.LargeListType:
		if err := child(0, 0); err != nil {
			return err
		}
		return checkOffsets(arrow.Int64Traits.CastFromBytes, bufs[1], d, int64(d.Children()[0].Len()))
	case *arrow.FixedSizeListType:
		return child(0, end*int(t.Len()))
	case *arrow.StructType:
		for i := range t.NumFields() {
			if err := child(i, end); err != nil {
				return err
			}
		}
		return nil
	case *arrow.DictionaryType:
		if d.Dictionary() == nil {
			return errors.New("a dictionary is missing")
		}
		if err := checkData(d.Dictionary(), depth+1); err != nil {
			return err
		}
		return checkIndices(d, size(1))
	case *arrow.NullType:
		return nil
	case arrow.FixedWidthDataType:
		if size(1) < (end*t.BitWidth()+7)/8 {
			return errShort
		}
		return nil
	}
	return fmt.Errorf("%w: %s (cast the column where it was made, to string, binary or list)", errUnsupported, d.DataType())
}

// checkOffsets checks the offsets of rows into limit bytes or elements.
func checkOffsets[T int32 | int64](cast func([]byte) []T, b interface{ Bytes() []byte }, d arrow.ArrayData, limit int64) error {
	if d.Len() == 0 {
		return nil
	}
	offs := cast(b.Bytes())
	if len(offs) < d.Offset()+d.Len()+1 {
		return errShort
	}
	offs = offs[d.Offset() : d.Offset()+d.Len()+1]
	last := T(0)
	for _, o := range offs {
		if o < last || int64(o) > limit {
			return errOffsets
		}
		last = o
	}
	return nil
}

func checkIndices(d arrow.ArrayData, indexBytes int) error {
	width := d.DataType().(*arrow.DictionaryType).IndexType.(arrow.FixedWidthDataType).BitWidth() / 8
	if indexBytes < (d.Offset()+d.Len())*width {
		return errShort
	}
	a := array.NewDictionaryData(d)
	defer a.Release()
	for i := range a.Len() {
		if k := 0; a.IsValid(i) {
			if k = a.GetValueIndex(i); k < 0 || k >= d.Dictionary().Len() {
				return errOffsets
			}
		}
	}
	return nil
}

func checkText(a arrow.Array) error {
	switch a := a.(type) {
	case *array.String, *array.LargeString:
		for i := range a.Len() {
			if s, _ := textAt(a, i); !utf8.ValidString(s) {
				return fmt.Errorf("row %d of a chunk: %w", i, errUTF8)
			}
		}
	case *array.Dictionary:
		return checkText(a.Dictionary())
	case *array.Struct:
		for i := range a.NumField() {
			if err := checkText(a.Field(i)); err != nil {
				return err
			}
		}
	case array.ListLike:
		return checkText(a.ListValues())
	}
	return nil
}
