package parquet

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/apache/arrow/go/v15/parquet/file"
	"github.com/apache/arrow/go/v15/parquet/metadata"
)

// A pageWalk reads the headers of pages before arrow does. Arrow makes room for what a header claims, and so do the libraries that
// decompress pages for what these claim, up to 4 GiB for a page of a few bytes. The walk holds the claims against
// each other, against the footer, and against the file.
type pageWalk struct {
	r       io.ReaderAt
	dataEnd int64 // where the footer begins
	buf     []byte
}

// A pageHeader is what matters here of the struct PageHeader of parquet.thrift.
type pageHeader struct {
	kind                     int32
	uncompressed, compressed int32
	values                   int32
	encoding                 int32
	levels                   int32 // bytes of levels before the values, in version 2 of data pages
	plain                    bool  // the values of version 2 are not compressed
	size                     int   // of the header itself
}

// Kinds of pages.
const (
	dataPage       = 0
	dictionaryPage = 2
	dataPageV2     = 3
)

// checkGroup walks the pages of a row group, of the columns that are named, or of all for nil.
func (w *pageWalk) checkGroup(pf *file.Reader, group int, columns []string) error {
	rg := pf.MetaData().RowGroup(group)
	schema := pf.MetaData().Schema
	if rg.NumRows() < 0 {
		return fmt.Errorf("row group %d has %d rows", group, rg.NumRows())
	}
	for i := range schema.NumColumns() {
		path := schema.Column(i).ColumnPath()
		if columns != nil && !slices.Contains(columns, path[0]) {
			continue
		}
		chunk, err := rg.ColumnChunk(i)
		if err == nil {
			if n := chunk.NumValues(); n < rg.NumRows() || n != rg.NumRows() && schema.Column(i).MaxRepetitionLevel() == 0 {
				err = fmt.Errorf("%d values in %d rows", n, rg.NumRows())
			} else {
				err = w.checkChunk(chunk, schema.Column(i).MaxRepetitionLevel() > 0, schema.Column(i).MaxDefinitionLevel() > 0)
			}
		}
		if err != nil {
			return fmt.Errorf("column %q in row group %d: %w", path, group, err)
		}
	}
	return nil
}

// dictionarySlack is what old writers leave out of the size of a chunk: the header of the dictionary (PARQUET-816).
const dictionarySlack = 100

func (w *pageWalk) checkChunk(chunk *metadata.ColumnChunkMetaData, repeated, optional bool) error {
	start, length := chunk.DataPageOffset(), chunk.TotalCompressedSize()
	if chunk.HasDictionaryPage() && chunk.DictionaryPageOffset() > 0 && chunk.DictionaryPageOffset() < start {
		start = chunk.DictionaryPageOffset()
	}
	if start < 0 || length < 0 || length > w.dataEnd || start > w.dataEnd-length {
		return fmt.Errorf("its %d bytes at byte %d are not among the %d bytes of data", length, start, w.dataEnd)
	}
	at, end := start, min(w.dataEnd, start+length+dictionarySlack)
	total := chunk.TotalUncompressedSize()
	for left := chunk.NumValues(); left > 0; {
		h, err := w.header(at, end)
		if err != nil {
			return fmt.Errorf("the header of the page at byte %d: %w", at, err)
		}
		page := at
		at += int64(h.size)
		err = w.checkPage(h, chunk, at, end, total, left)
		if err == nil && needsLook(h) {
			err = w.checkDelta(h, chunk.Compression(), at, repeated, optional)
		}
		if err != nil {
			return fmt.Errorf("the page at byte %d: %w", page, err)
		}
		at += int64(h.compressed)
		if h.kind == dataPage || h.kind == dataPageV2 {
			left -= int64(h.values)
		}
	}
	return nil
}

// mostHeader is the size of a header up to which arrow reads; most have less than a hundred bytes.
const mostHeader = 16 << 20

// header reads the header of the page at a byte.
func (w *pageWalk) header(at, end int64) (*pageHeader, error) {
	if at >= end {
		return nil, errors.New("the pages have fewer values than the footer says")
	}
	for size := int64(256); ; size *= 4 {
		size = min(size, end-at, mostHeader)
		w.buf = slices.Grow(w.buf[:0], int(size))[:size]
		if _, err := w.r.ReadAt(w.buf, at); err != nil && err != io.EOF {
			return nil, err
		}
		h, err := readPageHeader(w.buf)
		if err != errCut || size == end-at || size == mostHeader {
			return h, err
		}
	}
}

func readPageHeader(b []byte) (*pageHeader, error) {
	c, h := &compact{buf: b}, &pageHeader{kind: -1}
	number := func(to *int32, typ byte) bool {
		if typ == typeI32 {
			*to = c.i32()
		}
		return typ == typeI32
	}
	c.fields(0, func(id int16, typ byte) bool {
		switch id {
		case 1:
			return number(&h.kind, typ)
		case 2:
			return number(&h.uncompressed, typ)
		case 3:
			return number(&h.compressed, typ)
		case 5, 7: // of a data page, of a dictionary
			if typ != typeStruct {
				return false
			}
			c.fields(1, func(id int16, typ byte) bool {
				switch id {
				case 1:
					return number(&h.values, typ)
				case 2:
					return number(&h.encoding, typ)
				}
				return false
			})
			return true
		case 8: // of a data page of version 2
			if typ != typeStruct {
				return false
			}
			c.fields(1, func(id int16, typ byte) bool {
				var n int32
				switch id {
				case 1:
					return number(&h.values, typ)
				case 4:
					return number(&h.encoding, typ)
				case 5, 6:
					read := number(&n, typ)
					if n < 0 || n > 1<<30 {
						c.fail(fmt.Errorf("%d bytes of levels", n))
					}
					h.levels += n
					return read
				case 7:
					h.plain = typ == typeFalse
				}
				return false
			})
			return true
		}
		return false
	})
	if c.err != nil {
		return nil, c.err
	}
	h.size = c.at
	return h, nil
}

// checkPage checks what the header of a page claims; its data begin at a byte.
func (w *pageWalk) checkPage(h *pageHeader, chunk *metadata.ColumnChunkMetaData, at, end, total, left int64) error {
	packed, full := int64(h.compressed), int64(h.uncompressed)
	switch {
	case packed < 0 || full < 0:
		return fmt.Errorf("it claims %d bytes, %d of them compressed", full, packed)
	case packed > end-at:
		return fmt.Errorf("it claims %d bytes, and %d are left of the column", packed, end-at)
	case full > total+dictionarySlack:
		return fmt.Errorf("it claims %d bytes uncompressed, and the footer says %d for all pages of the column", full, total)
	case h.kind != dataPage && h.kind != dataPageV2 && h.kind != dictionaryPage:
		return nil // arrow skips it
	case h.values < 0 || h.kind != dictionaryPage && int64(h.values) > left:
		return fmt.Errorf("it claims %d values, and the footer says %d for it and those after it", h.values, left)
	case h.kind == dictionaryPage && int64(h.values) > full:
		return fmt.Errorf("it claims a dictionary of %d values in %d bytes", h.values, full)
	case h.kind != dictionaryPage && h.encoding == int32(byteStreamSplit):
		return errByteStreamSplit
	}
	if h.kind == dataPageV2 {
		levels := int64(h.levels)
		if levels > packed || levels > full {
			return fmt.Errorf("it claims %d bytes of levels in %d bytes", levels, packed)
		}
		at, packed, full = at+levels, packed-levels, full-levels
	}
	codec := chunk.Compression()
	if h.plain {
		codec = compress.Codecs.Uncompressed
	}
	return checkPacked(codec, io.NewSectionReader(w.r, at, packed), full)
}

// needsLook reports whether the values of a page begin with counts that arrow makes room for.
func needsLook(h *pageHeader) bool {
	return (h.kind == dataPage || h.kind == dataPageV2) && (h.encoding == deltaBinaryPacked || h.encoding == deltaLengths || h.encoding == deltaBytes)
}

// unpacked returns the bytes of a page that has been checked, uncompressed, without the levels of version 2.
func (w *pageWalk) unpacked(h *pageHeader, c compress.Compression, at int64) ([]byte, error) {
	at, n := at+int64(h.levels), int(h.compressed-h.levels)
	data := make([]byte, n)
	if _, err := w.r.ReadAt(data, at); err != nil && err != io.EOF {
		return nil, err
	}
	full := int(h.uncompressed - h.levels)
	if h.plain || c == compress.Codecs.Uncompressed || full == 0 {
		return data[:min(n, full)], nil
	}
	codec, err := compress.GetCodec(c)
	if err != nil {
		return nil, err
	}
	return codec.Decode(make([]byte, full), data), nil // a panic is for datasets to turn into an error
}
