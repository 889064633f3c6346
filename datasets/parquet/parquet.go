// Package parquet teaches package datasets to read and write Parquet files. It is
// apart because it doubles the time that a program takes to link; import it for
// its side effect,
//
//	import _ "github.com/sparsebio/sparsebio/datasets/parquet"
//
// and datasets.Load and Dataset.WriteFile know ".parquet", or use [Write].
//
// Files of the Hugging Face hub keep their features (labels among them), which
// travel in the file's metadata under the key "huggingface", beside the record of where results came from
// under datasets.ProvenanceKey. Two things that
// Parquet allows are refused with an error that says how to rewrite the file:
// the LZ4_RAW compression, and the BYTE_STREAM_SPLIT encoding. Time stamps without
// a zone are written as UTC, in milliseconds at the coarsest; package datasets turns
// them back into what the features say, other readers take them as they are.
package parquet

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/apache/arrow/go/v15/parquet/file"
	"github.com/apache/arrow/go/v15/parquet/pqarrow"

	"github.com/sparsebio/sparsebio/datasets"
	"github.com/sparsebio/sparsebio/datasets/internal/arrowschema"
	"github.com/sparsebio/sparsebio/datasets/internal/atomicfile"
)

func init() {
	datasets.RegisterFormat(".parquet", datasets.Format{Read: read, Scan: scan, Write: write})
}

// Write writes d to a Parquet file, snappy-compressed, with its features. The file
// appears complete or not at all.
func Write(path string, d *datasets.Dataset) error {
	err := atomicfile.Write(path, func(w io.Writer) error { return write(w, d.Table()) })
	if err != nil {
		return fmt.Errorf("datasets: writing %q: %w", path, err)
	}
	return nil
}

// WriteTo writes d as Parquet to w.
func WriteTo(w io.Writer, d *datasets.Dataset) error {
	if err := write(w, d.Table()); err != nil {
		return fmt.Errorf("datasets: writing Parquet: %w", err)
	}
	return nil
}

// kept lists the keys of the file's metadata that matter to package datasets.
var kept = []string{"huggingface", datasets.ProvenanceKey}

// open opens a file and finds the fields to read. The caller closes it.
func open(r io.ReaderAt, size int64, columns []string, props *parquet.ReaderProperties, mem memory.Allocator) (_ *pqarrow.FileReader, keep []int, err error) {
	pf, err := file.NewParquetReader(io.NewSectionReader(r, 0, size), file.WithReadProps(props))
	if err != nil {
		return nil, nil, fmt.Errorf("not a Parquet file, or cut short: %w", err)
	}
	defer func() {
		if err != nil {
			pf.Close()
		}
	}()
	if err := checkSchema(pf); err != nil {
		return nil, nil, err
	}
	fr, err := pqarrow.NewFileReader(pf, pqarrow.ArrowReadProperties{}, mem)
	if err != nil {
		return nil, nil, err
	}
	if keep, err = pickFields(fr, columns); err != nil {
		return nil, nil, err
	}
	return fr, keep, checkEncodings(pf, columns)
}

func read(ctx context.Context, r io.ReaderAt, size int64, columns []string, mem memory.Allocator) (arrow.Table, error) {
	fr, keep, err := open(r, size, columns, parquet.NewReaderProperties(mem), mem)
	if err != nil {
		return nil, err
	}
	pf := fr.ParquetReader()
	defer pf.Close()
	leaves := allLeaves(pf)
	var fields []arrow.Field
	chunks := make([][]arrow.Array, len(keep))
	defer func() {
		for _, arrs := range chunks {
			for _, a := range arrs {
				a.Release()
			}
		}
	}()
	for k, i := range keep {
		f := *fr.Manifest.Fields[i].Field
		f.Metadata = arrow.Metadata{} // Parquet's field numbers, of no use outside the file
		// One row group at a time: a whole column need not fit 32-bit offsets.
		for g := range pf.NumRowGroups() {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			data, err := readColumn(ctx, fr, i, g, leaves)
			if err != nil {
				return nil, fmt.Errorf("column %q: %w", f.Name, err)
			}
			if want := pf.MetaData().RowGroups[g].GetNumRows(); int64(data.Len()) != want {
				data.Release()
				return nil, fmt.Errorf("column %q has %d rows in row group %d, want %d", f.Name, data.Len(), g, want)
			}
			for _, a := range data.Chunks() {
				a.Retain()
				chunks[k] = append(chunks[k], a)
			}
			f.Type = data.DataType()
			data.Release()
		}
		fields = append(fields, f)
	}
	cols := make([]arrow.Column, len(fields))
	for k, f := range fields {
		data := arrow.NewChunked(f.Type, chunks[k])
		cols[k] = *arrow.NewColumn(f, data)
		data.Release()
	}
	defer func() {
		for k := range cols {
			cols[k].Release()
		}
	}()
	return array.NewTable(arrow.NewSchema(fields, metadata(pf)), cols, pf.NumRows()), nil
}

func allLeaves(pf *file.Reader) map[int]bool {
	leaves := make(map[int]bool)
	for i := range pf.MetaData().Schema.NumColumns() {
		leaves[i] = true
	}
	return leaves
}

func readColumn(ctx context.Context, fr *pqarrow.FileReader, field, group int, leaves map[int]bool) (*arrow.Chunked, error) {
	rd, err := fr.GetFieldReader(ctx, field, leaves, []int{group})
	if err != nil {
		return nil, err
	}
	defer rd.Release()
	return fr.ReadColumn([]int{group}, rd)
}

// checkSchema checks the Arrow schema that most writers leave in the metadata.
func checkSchema(pf *file.Reader) error {
	v := pf.MetaData().KeyValueMetadata().FindValue("ARROW:schema")
	if v == nil {
		return nil
	}
	message, err := base64.StdEncoding.DecodeString(*v)
	if err == nil {
		err = arrowschema.CheckStream(bytes.NewReader(message), int64(len(message)))
	}
	if err != nil {
		return fmt.Errorf("the Arrow schema in the metadata is damaged: %w", err)
	}
	return nil
}

// metadata returns the features and the provenance, which pqarrow leaves behind in the file.
func metadata(pf *file.Reader) *arrow.Metadata {
	var keys, values []string
	for _, k := range kept {
		if v := pf.MetaData().KeyValueMetadata().FindValue(k); v != nil {
			keys, values = append(keys, k), append(values, *v)
		}
	}
	md := arrow.NewMetadata(keys, values)
	return &md
}

func pickFields(fr *pqarrow.FileReader, columns []string) ([]int, error) {
	var names []string
	for _, f := range fr.Manifest.Fields {
		names = append(names, f.Field.Name)
	}
	if columns == nil {
		columns = names
	}
	var keep []int
	for _, c := range columns {
		i := slices.Index(names, c)
		if i < 0 {
			return nil, fmt.Errorf("no column %q (has %s)", c, strings.Join(names, ", "))
		}
		if slices.Contains(keep, i) {
			return nil, fmt.Errorf("two columns are named %q", c)
		}
		keep = append(keep, i)
	}
	return keep, nil
}

// checkEncodings looks for what the reader cannot do before it starts: it returns
// an obscure error for the one, and panics or yields nothing for the other.
func checkEncodings(pf *file.Reader, columns []string) error {
	schema := pf.MetaData().Schema
	for g := range pf.NumRowGroups() {
		for i := range schema.NumColumns() {
			path := schema.Column(i).ColumnPath()
			if columns != nil && !slices.Contains(columns, path[0]) {
				continue
			}
			cc, err := pf.MetaData().RowGroup(g).ColumnChunk(i)
			if err != nil {
				return err
			}
			switch c := cc.Compression(); c {
			case compress.Codecs.Uncompressed, compress.Codecs.Snappy, compress.Codecs.Gzip, compress.Codecs.Zstd, compress.Codecs.Brotli:
			default:
				return fmt.Errorf("column %q is compressed with %s, which is not supported (write the file with snappy or zstd, compression=%q in pyarrow)", path, codecName(c), "zstd")
			}
			if slices.Contains(cc.Encodings(), byteStreamSplit) {
				return fmt.Errorf("column %q is encoded with BYTE_STREAM_SPLIT, which is not supported (write the file with use_byte_stream_split=False in pyarrow)", path)
			}
		}
	}
	return nil
}

// Codes of the Parquet format for which the library has no names.
const (
	lz4Raw          compress.Compression = 7
	byteStreamSplit parquet.Encoding     = 9
)

func codecName(c compress.Compression) string {
	if c == lz4Raw {
		return "LZ4_RAW"
	}
	return c.String()
}

func write(w io.Writer, t arrow.Table) (err error) {
	to := &output{w: w}
	defer func() {
		p := recover()
		switch {
		case to.err != nil: // which the library tells in other words, or in a panic
			err = to.err
		case p != nil:
			err = fmt.Errorf("the Parquet writer cannot store this table: %v", p)
		}
	}()
	props := parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Snappy), parquet.WithMaxRowGroupLength(rowGroup))
	// pqarrow closes what it writes to if it can, which is the caller's to do.
	fw, err := pqarrow.NewFileWriter(t.Schema(), to, props, pqarrow.NewArrowWriterProperties(pqarrow.WithStoreSchema()))
	if err != nil {
		return err
	}
	if err := fw.WriteTable(t, rowGroup); err != nil {
		return err
	}
	return fw.Close()
}

// An output remembers why writing failed.
type output struct {
	w   io.Writer
	err error
}

func (o *output) Write(b []byte) (int, error) {
	n, err := o.w.Write(b)
	if o.err == nil {
		o.err = err
	}
	return n, err
}

// rowGroup is the number of rows a row group holds at most: few enough that readers
// which take a part of the file need not read the whole.
const rowGroup = 10000
