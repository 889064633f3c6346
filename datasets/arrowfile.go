package datasets

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/sparsebio/sparsebio/datasets/internal/arrowschema"
)

var errCutStream = errors.New("the Arrow stream is cut short (its end mark is missing)")

// readArrow reads an Arrow IPC file or stream.
func readArrow(ctx context.Context, r io.ReaderAt, size int64, columns []string, mem memory.Allocator) (arrow.Table, error) {
	rd, err := openArrow(r, size, columns, mem)
	if err != nil {
		return nil, err
	}
	defer rd.Close()
	chunks := make([][]arrow.Array, rd.schema.NumFields())
	defer func() {
		for _, arrs := range chunks {
			for _, a := range arrs {
				a.Release()
			}
		}
	}()
	rows := 0
	for {
		rec, err := rd.record()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		for k, a := range rec.Columns() {
			a.Retain()
			chunks[k] = append(chunks[k], a)
		}
		rows += int(rec.NumRows())
		rec.Release()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	md := rd.schema.Metadata()
	t := newTable(rd.schema.Fields(), chunks, rows, &md)
	chunks = nil
	return t, nil
}

func scanArrow(_ context.Context, r io.ReaderAt, size int64, columns []string, mem memory.Allocator) (PartReader, error) {
	rd, err := openArrow(r, size, columns, mem)
	if err != nil {
		return nil, err
	}
	return rd, nil
}

// An arrowReader reads the record batches of an IPC file or stream, some columns of them.
type arrowReader struct {
	schema *arrow.Schema // of what is returned
	keep   []int
	mem    memory.Allocator
	size   int64           // of the file
	bare   int64           // rows so far of batches that hold nothing but nulls
	file   *ipc.FileReader // or
	stream *ipc.Reader
	next   int // record of file
}

func (rd *arrowReader) Schema() *arrow.Schema { return rd.schema }

// NumRows is unknown: both forms keep the number of rows with each batch.
func (rd *arrowReader) NumRows() int64 { return -1 }

func (rd *arrowReader) Close() error {
	if rd.stream != nil {
		rd.stream.Release()
		return nil
	}
	return rd.file.Close()
}

// Next returns the next batch.
func (rd *arrowReader) Next(ctx context.Context) (arrow.Table, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rec, err := rd.record()
	if err != nil {
		return nil, err
	}
	defer rec.Release()
	return array.NewTableFromRecords(rd.schema, []arrow.Record{rec}), nil
}

// record returns the wanted columns of the next batch.
func (rd *arrowReader) record() (arrow.Record, error) {
	var rec arrow.Record
	switch {
	case rd.stream != nil && rd.stream.Next():
		rec = rd.stream.Record()
	case rd.stream != nil && rd.stream.Err() != nil:
		return nil, rd.stream.Err()
	case rd.stream != nil || rd.next == rd.file.NumRecords():
		return nil, io.EOF
	default:
		var err error
		if rec, err = rd.file.Record(rd.next); err != nil {
			return nil, err
		}
		rd.next++
	}
	cols, bare := make([]arrow.Array, len(rd.keep)), true
	for k, i := range rd.keep {
		col := rec.Column(i)
		bare = bare && col.DataType().ID() == arrow.NULL
		if col.Len() != int(rec.NumRows()) {
			return nil, errShort
		}
		data, err := withoutViews(col.Data(), rd.mem)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", rd.schema.Field(k).Name, err)
		}
		cols[k] = array.MakeFromData(data)
		data.Release()
		defer cols[k].Release()
	}
	if bare { // nothing but the number itself takes room in the file
		if rd.bare += rec.NumRows(); rec.NumRows() < 0 || rd.bare < 0 || rd.bare > 1<<20+rd.size<<10 {
			return nil, fmt.Errorf("%d rows without a value in a file of %d bytes", rec.NumRows(), rd.size)
		}
	}
	return array.NewRecord(rd.schema, cols, rec.NumRows()), nil
}

// openArrow tells files from streams by their first bytes.
func openArrow(r io.ReaderAt, size int64, columns []string, mem memory.Allocator) (*arrowReader, error) {
	magic := make([]byte, len(ipc.Magic))
	_, err := r.ReadAt(magic, 0)
	file := err == nil && bytes.Equal(magic, ipc.Magic)
	section := io.NewSectionReader(r, 0, size)
	if file {
		if size < 22 || !endsWith(r, size, ipc.Magic) {
			return nil, errors.New("the Arrow file is cut short (its end mark is missing)")
		}
		if err := arrowschema.CheckFile(r, size); err != nil {
			return nil, fmt.Errorf("the Arrow file is damaged: %w", err)
		}
		n, end, err := arrowschema.Dictionaries(r, size)
		if err != nil {
			return nil, fmt.Errorf("the Arrow file is damaged: %w", err)
		}
		// Arrow's reader of files never gives the memory of dictionaries back. Most files hold a stream, too.
		if messages := io.NewSectionReader(r, 8, max(0, end-8)); n > 0 && arrowschema.CheckMessages(messages, messages.Size()) == nil {
			rd, err := ipc.NewReader(bufio.NewReaderSize(messages, 1<<16), ipc.WithAllocator(mem))
			if err != nil {
				return nil, damagedArrow("file", err)
			}
			return newArrowReader(&arrowReader{stream: rd, mem: mem, size: size}, rd.Schema(), columns)
		}
		if err := arrowschema.CheckBlocks(r, size); err != nil {
			return nil, fmt.Errorf("the Arrow file is damaged: %w", err)
		}
		rd, err := ipc.NewFileReader(section, ipc.WithAllocator(mem))
		if err != nil {
			return nil, damagedArrow("file", err)
		}
		return newArrowReader(&arrowReader{file: rd, mem: mem, size: size}, rd.Schema(), columns)
	}
	if bytes.HasPrefix(magic, []byte("FEA1")) {
		return nil, errors.New("it is in version 1 of the Feather format (write it in version 2, which is an Arrow file: version=2 in pyarrow)")
	}
	if err := arrowschema.CheckStream(r, size); err != nil {
		return nil, fmt.Errorf("not an Arrow file or stream, or cut short: %w", err)
	}
	if !endsWith(r, size, []byte{0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}) {
		return nil, errCutStream
	}
	if err := arrowschema.CheckMessages(r, size); err != nil {
		return nil, fmt.Errorf("the Arrow stream is damaged: %w", err)
	}
	rd, err := ipc.NewReader(bufio.NewReaderSize(section, 1<<16), ipc.WithAllocator(mem))
	if err != nil {
		return nil, damagedArrow("stream", err)
	}
	return newArrowReader(&arrowReader{stream: rd, mem: mem, size: size}, rd.Schema(), columns)
}

// damagedArrow says why arrow cannot open a file: it calls the decimals wrong that came after it.
func damagedArrow(what string, err error) error {
	if _, width, ok := strings.Cut(err.Error(), "invalid decimal bitwidth: "); ok && (width == "32" || width == "64") {
		return fmt.Errorf("%w: decimal%s (cast the column where it was made, to decimal128 or float64)", errUnsupported, width)
	}
	return fmt.Errorf("the Arrow %s is damaged: %w", what, err)
}

// newArrowReader picks columns for rd, which it closes if they are not there.
func newArrowReader(rd *arrowReader, s *arrow.Schema, columns []string) (_ *arrowReader, err error) {
	defer func() {
		if err != nil {
			rd.Close()
		}
	}()
	names := make([]string, s.NumFields())
	for i, f := range s.Fields() {
		names[i] = f.Name
	}
	if columns == nil {
		columns = names
	}
	var fields []arrow.Field
	for _, c := range columns {
		i := slices.Index(names, c)
		if i < 0 {
			return nil, noColumnAmong(c, names)
		}
		f := s.Field(i)
		f.Type = typeWithoutViews(f.Type)
		rd.keep, fields = append(rd.keep, i), append(fields, f)
	}
	if len(columns) != len(slices.Compact(slices.Sorted(slices.Values(columns)))) {
		return nil, errors.New("two columns have the same name")
	}
	md := s.Metadata()
	rd.schema = arrow.NewSchema(fields, &md)
	return rd, nil
}

// endsWith reports whether the last bytes of a file are mark. Arrow reads a stream
// that stops between two messages as one that ends there.
func endsWith(r io.ReaderAt, size int64, mark []byte) bool {
	end := make([]byte, len(mark))
	_, err := r.ReadAt(end, max(0, size-int64(len(mark))))
	return (err == nil || err == io.EOF) && bytes.Equal(end, mark)
}

// writeArrowFile writes the IPC file format. ipc's own writer for it wants to
// seek, only to learn its position.
//
// A column of texts in a dictionary is written as texts: arrow's writer of files cannot write chunks with different
// dictionaries, as sets have that were read in parts or put together, and never gives the memory of one back.
func writeArrowFile(w io.Writer, t arrow.Table) error {
	t = withoutDictionaries(t)
	defer t.Release()
	fw, err := ipc.NewFileWriter(&position{w: w}, ipc.WithSchema(t.Schema()))
	if err != nil {
		return err
	}
	if err := writeRecords(t, fw.Write, wrote(w)); err != nil {
		return err
	}
	return fw.Close()
}

// withoutDictionaries returns t with texts in place of texts in dictionaries. The caller releases it.
func withoutDictionaries(t arrow.Table) arrow.Table {
	t.Retain()
	for k, f := range t.Schema().Fields() {
		if d, ok := f.Type.(*arrow.DictionaryType); !ok || d.ValueType.ID() != arrow.STRING {
			continue
		}
		b, err := newColumnBuilder[*string](memory.DefaultAllocator)
		if err != nil {
			return t
		}
		for _, a := range t.Column(k).Data().Chunks() {
			for i := range a.Len() {
				if isNull(a, i) {
					b.append(nil)
					continue
				}
				s, _ := textAt(a, i)
				b.append(&s)
			}
		}
		data := b.finish()
		fields, cols := t.Schema().Fields(), make([]arrow.Column, t.NumCols())
		for i := range cols {
			cols[i] = *t.Column(i)
		}
		fields[k].Type = data.DataType()
		col := arrow.NewColumn(fields[k], data)
		cols[k] = *col
		md := t.Schema().Metadata()
		plain := array.NewTable(arrow.NewSchema(fields, &md), cols, t.NumRows())
		col.Release()
		data.Release()
		b.release()
		t.Release()
		t = plain
	}
	return t
}

func writeArrowStream(w io.Writer, t arrow.Table) error {
	sw := ipc.NewWriter(w, ipc.WithSchema(t.Schema()))
	if err := writeRecords(t, sw.Write, wrote(w)); err != nil {
		return err
	}
	return sw.Close()
}

// recordRows is the size of the records that Python's datasets writes.
const recordRows = 1000

func writeRecords(t arrow.Table, write func(arrow.Record) error, count func(rows int)) error {
	tr := array.NewTableReader(t, recordRows)
	defer tr.Release()
	for tr.Next() {
		if err := write(tr.Record()); err != nil {
			return err
		}
		count(int(tr.Record().NumRows()))
	}
	return tr.Err()
}

type position struct {
	w io.Writer
	n int64
}

func (p *position) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	p.n += int64(n)
	return n, err
}

func (p *position) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekCurrent {
		return 0, errors.New("datasets: this writer cannot seek")
	}
	return p.n, nil
}
