package datasets

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/sparsebio/sparsebio/datasets/internal/arrowschema"
)

var errCutStream = errors.New("the Arrow stream is cut short (its end mark is missing)")

// readArrow reads an Arrow IPC file or stream; which one, the first bytes say.
func readArrow(ctx context.Context, r io.ReaderAt, size int64, columns []string, mem memory.Allocator) (arrow.Table, error) {
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
		return readArrowFile(ctx, section, columns, mem)
	}
	if err := arrowschema.CheckStream(r, size); err != nil {
		return nil, fmt.Errorf("not an Arrow file or stream, or cut short: %w", err)
	}
	return readArrowStream(ctx, section, columns, mem)
}

// endsWith reports whether the last bytes of a file are mark. Arrow reads a stream
// that stops between two messages as one that ends there.
func endsWith(r io.ReaderAt, size int64, mark []byte) bool {
	end := make([]byte, len(mark))
	_, err := r.ReadAt(end, max(0, size-int64(len(mark))))
	return (err == nil || err == io.EOF) && bytes.Equal(end, mark)
}

func readArrowStream(ctx context.Context, r *io.SectionReader, columns []string, mem memory.Allocator) (arrow.Table, error) {
	if !endsWith(r, r.Size(), []byte{0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}) {
		return nil, errCutStream
	}
	rd, err := ipc.NewReader(bufio.NewReaderSize(r, 1<<16), ipc.WithAllocator(mem))
	if err != nil {
		return nil, fmt.Errorf("the Arrow stream is damaged: %w", err)
	}
	defer rd.Release()
	pick, err := newPicker(rd.Schema(), columns)
	if err != nil {
		return nil, err
	}
	defer pick.release()
	for rd.Next() {
		if err := pick.add(ctx, rd.Record()); err != nil {
			return nil, err
		}
	}
	if rd.Err() != nil {
		return nil, rd.Err()
	}
	return pick.table(), nil
}

func readArrowFile(ctx context.Context, r *io.SectionReader, columns []string, mem memory.Allocator) (arrow.Table, error) {
	rd, err := ipc.NewFileReader(r, ipc.WithAllocator(mem))
	if err != nil {
		return nil, fmt.Errorf("the Arrow file is damaged: %w", err)
	}
	defer rd.Close()
	pick, err := newPicker(rd.Schema(), columns)
	if err != nil {
		return nil, err
	}
	defer pick.release()
	for i := range rd.NumRecords() {
		rec, err := rd.Record(i)
		if err != nil {
			return nil, err
		}
		if err := pick.add(ctx, rec); err != nil {
			return nil, err
		}
	}
	return pick.table(), nil
}

// A picker gathers columns of records.
type picker struct {
	schema *arrow.Schema
	keep   []int
	chunks [][]arrow.Array
	rows   int
}

func newPicker(s *arrow.Schema, columns []string) (*picker, error) {
	p := &picker{}
	var fields []arrow.Field
	names := make([]string, s.NumFields())
	for i, f := range s.Fields() {
		names[i] = f.Name
	}
	if columns == nil {
		columns = names
	}
	for _, c := range columns {
		i := slices.Index(names, c)
		if i < 0 {
			return nil, noColumnAmong(c, names)
		}
		p.keep, fields = append(p.keep, i), append(fields, s.Field(i))
	}
	if len(columns) != len(slices.Compact(slices.Sorted(slices.Values(columns)))) {
		return nil, errors.New("two columns have the same name")
	}
	md := s.Metadata()
	p.schema = arrow.NewSchema(fields, &md)
	p.chunks = make([][]arrow.Array, len(fields))
	return p, nil
}

func (p *picker) add(ctx context.Context, rec arrow.Record) error {
	for k, i := range p.keep {
		a := rec.Column(i)
		if a.Len() != int(rec.NumRows()) {
			return errShort
		}
		a.Retain()
		p.chunks[k] = append(p.chunks[k], a)
	}
	p.rows += int(rec.NumRows())
	return ctx.Err()
}

func (p *picker) table() arrow.Table {
	md := p.schema.Metadata()
	t := newTable(p.schema.Fields(), p.chunks, p.rows, &md)
	p.chunks = nil
	return t
}

func (p *picker) release() {
	for _, arrs := range p.chunks {
		for _, a := range arrs {
			a.Release()
		}
	}
}

// writeArrowFile writes the IPC file format. ipc's own writer for it wants to
// seek, only to learn its position.
func writeArrowFile(w io.Writer, t arrow.Table) error {
	fw, err := ipc.NewFileWriter(&position{w: w}, ipc.WithSchema(t.Schema()))
	if err != nil {
		return err
	}
	if err := writeRecords(t, fw.Write); err != nil {
		return err
	}
	return fw.Close()
}

func writeArrowStream(w io.Writer, t arrow.Table) error {
	sw := ipc.NewWriter(w, ipc.WithSchema(t.Schema()))
	if err := writeRecords(t, sw.Write); err != nil {
		return err
	}
	return sw.Close()
}

// recordRows is the size of the records that Python's datasets writes.
const recordRows = 1000

func writeRecords(t arrow.Table, write func(arrow.Record) error) error {
	tr := array.NewTableReader(t, recordRows)
	defer tr.Release()
	for tr.Next() {
		if err := write(tr.Record()); err != nil {
			return err
		}
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
