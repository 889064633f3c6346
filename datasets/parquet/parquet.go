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
// under datasets.ProvenanceKey. Two things that Parquet allows are refused with an error that says how to rewrite the file:
// the compressions LZO and LZ4 as Hadoop frames it, and the BYTE_STREAM_SPLIT encoding. LZ4_RAW, which other programs call lz4, is read.
// Parquet has no seconds: time stamps in seconds are
// written in milliseconds, as Python writes them; package datasets turns them back into what the features say.
//
// What a file claims of its sizes, in the footer and before each page, is held against the file before anything is allocated for it.
//
// A million abstracts, 1.6 GB in memory, stream through [datasets.Stream] at 460 to 472 MB/s with a peak of 143 to 150 MB for the process.
// pyarrow, in turns with it, read the same file at 375 to 505 MB/s on one thread and 658 to 768 on two, with 684 to 747 MB
// (two cores of an AMD EPYC Zen 4, 23 November 2026, two runs of BenchmarkStream).
package parquet

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
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

// A source is a file that is open, and the fields of it that are read.
type source struct {
	fr      *pqarrow.FileReader
	keep    []int
	leaves  map[int]bool
	columns []string // as they were asked for, nil for all
	pages   pageWalk
}

func (s *source) file() *file.Reader { return s.fr.ParquetReader() }

// open opens a file. The caller closes the file of the source.
func open(r io.ReaderAt, size int64, columns []string, props *parquet.ReaderProperties, mem memory.Allocator) (_ *source, err error) {
	dataEnd, err := checkFooter(r, size)
	if err != nil {
		return nil, err
	}
	pf, err := file.NewParquetReader(io.NewSectionReader(r, 0, size), file.WithReadProps(props))
	if err != nil {
		return nil, fmt.Errorf("not a Parquet file, or cut short: %w", err)
	}
	defer func() {
		if err != nil {
			pf.Close()
		}
	}()
	if err := checkSchema(pf); err != nil {
		return nil, err
	}
	fr, err := pqarrow.NewFileReader(pf, pqarrow.ArrowReadProperties{}, mem)
	if err != nil {
		return nil, err
	}
	keep, err := pickFields(fr, columns)
	if err != nil {
		return nil, err
	}
	s := &source{fr: fr, keep: keep, leaves: allLeaves(pf), columns: columns, pages: pageWalk{r: r, dataEnd: dataEnd}}
	return s, checkEncodings(pf, columns)
}

// read reads a file, for which it takes row groups apart: arrays grow with the rows that come, not with those that the file claims.
func read(ctx context.Context, r io.ReaderAt, size int64, columns []string, mem memory.Allocator) (arrow.Table, error) {
	sc, err := newScanner(ctx, r, size, columns, mem, wholeParts)
	if err != nil {
		return nil, err
	}
	defer sc.Close()
	fields := sc.schema.Fields()
	chunks := make([][]arrow.Array, len(fields))
	defer func() {
		for _, arrs := range chunks {
			for _, a := range arrs {
				a.Release()
			}
		}
	}()
	rows := int64(0)
	for {
		part, err := sc.Next(ctx)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		for k := range chunks {
			for _, a := range part.Column(k).Data().Chunks() {
				a.Retain()
				chunks[k] = append(chunks[k], a)
			}
		}
		rows += part.NumRows()
		part.Release()
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
	return array.NewTable(sc.schema, cols, rows), nil
}

func allLeaves(pf *file.Reader) map[int]bool {
	leaves := make(map[int]bool)
	for i := range pf.MetaData().Schema.NumColumns() {
		leaves[i] = true
	}
	return leaves
}

// checkSchema checks the Arrow schema that most writers leave in the metadata.
func checkSchema(pf *file.Reader) error {
	v := pf.MetaData().KeyValueMetadata().FindValue(arrowSchema)
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

// keptMetadata returns the features and the provenance, which pqarrow leaves behind in the file.
func keptMetadata(pf *file.Reader) *arrow.Metadata {
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
			case compress.Codecs.Uncompressed, compress.Codecs.Snappy, compress.Codecs.Gzip, compress.Codecs.Zstd, compress.Codecs.Brotli, lz4Raw:
			default:
				return fmt.Errorf("column %q is compressed with %s, which is not supported (write the file with snappy or zstd, compression=%q in pyarrow)", path, c, "zstd")
			}
			if slices.Contains(cc.Encodings(), byteStreamSplit) {
				return fmt.Errorf("column %q is %w", path, errByteStreamSplit)
			}
		}
	}
	return nil
}

var errByteStreamSplit = errors.New("encoded with BYTE_STREAM_SPLIT, which is not supported (write the file with use_byte_stream_split=False in pyarrow)")

// byteStreamSplit is a code of the Parquet format for which the library has no name.
const byteStreamSplit parquet.Encoding = 9

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
	t, done, err := asWritten(t)
	defer done()
	if err != nil {
		return err
	}
	props := parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Snappy), parquet.WithMaxRowGroupLength(rowGroup))
	// pqarrow closes what it writes to if it can, which is the caller's to do.
	fw, err := pqarrow.NewFileWriter(t.Schema(), to, props, pqarrow.DefaultWriterProps())
	if err != nil {
		return err
	}
	counter, _ := w.(interface{ Wrote(rows int) })
	for rest := t.NumRows(); ; {
		n := min(rest, rowGroup)
		fw.NewRowGroup()
		for i := range int(t.NumCols()) {
			if err := fw.WriteColumnChunked(t.Column(i).Data(), t.NumRows()-rest, n); err != nil {
				fw.Close()
				return err
			}
		}
		if counter != nil {
			counter.Wrote(int(n))
		}
		if rest -= n; rest == 0 {
			return fw.Close()
		}
	}
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
