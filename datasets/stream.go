package datasets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// An Iterable is a set whose rows are read from its files each time they are asked for, a
// few megabytes at a time, however large the files are. It holds no files open between
// passes, and several may run at once.
type Iterable struct {
	ctx      context.Context
	name     string
	o        *options
	parts    []streamPart
	features Features
}

// A streamPart is a run of rows of one split.
type streamPart struct {
	rows     rowTables
	from, to int // to < 0 for all
}

// rowTables are the rows of the files of one split.
type rowTables interface {
	schema() *arrow.Schema // before times are cast
	// known returns the number of rows, or -1 if only reading the files tells.
	known() int
	// each calls f with the rows, in order, some at a time; f takes the reference over.
	each(ctx context.Context, f func(arrow.Table) error) error
}

// Stream opens a data set for reading in order, by the names and options that Load takes: sets
// larger than memory, in one file or many. Slices and sums of splits work as in [WithSplit].
//
// What a pass holds in memory is the rows of one part, some megabytes; of an Arrow
// file one record batch as it was written, and of a JSON file that is one list its whole text (write JSON
// lines instead). Of JSON and CSV files the types come from all rows,
// as they do for Load, for which Stream reads the files once; then sizes are known too. Sets of the hub are fetched
// into the cache first.
//
// ctx also ends later passes.
func Stream(ctx context.Context, name string, opts ...Option) (*Iterable, error) {
	o, err := loadOptions("Stream", opts)
	if err != nil {
		return nil, err
	}
	loc, err := locate(ctx, name, o)
	if err != nil {
		return nil, err
	}
	terms, err := chooseSplits(name, loc.splits, o.split)
	if err != nil {
		return nil, err
	}
	s := &Iterable{ctx: ctx, name: name, o: o}
	reading := *o
	if len(terms) > 1 || !terms[0].whole() {
		reading.limit = -1 // as Load does
	}
	opened := make(map[string]rowTables)
	rows, sliced := 0, false
	for _, p := range terms {
		t := opened[p.name]
		if t == nil {
			files, err := loc.open(ctx, p.name)
			if err != nil {
				return nil, err
			}
			if t, err = files.stream(ctx, &reading); err != nil {
				return nil, err
			}
			if files.declared != nil {
				if t, err = newCastTables(t, files.declared, o.mem); err != nil {
					return nil, err
				}
			}
			opened[p.name] = t
			if err := s.describe(t.schema(), files.known()); err != nil {
				return nil, err
			}
		}
		part := streamPart{rows: t, to: -1}
		if !p.whole() {
			n, err := countRows(ctx, t)
			if err != nil {
				return nil, err
			}
			if part.from, part.to, err = p.rows(n); err != nil {
				return nil, fmt.Errorf("datasets: %q: %w", name, err)
			}
			sliced = true
			rows += part.to - part.from
		} else {
			rows++ // or none, which is no fault of a slice
		}
		s.parts = append(s.parts, part)
	}
	if sliced && rows == 0 {
		return nil, fmt.Errorf("datasets: %q: split %q has no rows", name, o.split)
	}
	return s, nil
}

// describe finds the features of a part, which must be those of the parts before.
func (s *Iterable) describe(schema *arrow.Schema, declared Features) error {
	schema = castSchema(schema)
	if declared == nil {
		declared = declaredFeatures(schema)
	}
	fs := fitFeatures(declared, schema)
	if s.o.columns != nil { // some formats keep their own order
		ordered := make(Features, len(s.o.columns))
		for i, c := range s.o.columns {
			k := slices.IndexFunc(fs, func(f NamedFeature) bool { return f.Name == c })
			if k < 0 {
				return noColumnIn(c, s.name, fs.Names())
			}
			ordered[i] = fs[k]
		}
		fs = ordered
	}
	if s.features == nil {
		s.features = fs
		return nil
	}
	if !slices.EqualFunc(s.features, fs, func(a, b NamedFeature) bool { return a.Name == b.Name && sameFeature(a.Feature, b.Feature) }) {
		return fmt.Errorf("datasets: %q: split %q: the splits have different columns: %v and %v", s.name, s.o.split, short(s.features), short(fs))
	}
	return nil
}

func short(fs Features) string { return (Feature{Type: "Struct", Fields: fs}).String() }

// Name returns what Stream was given.
func (s *Iterable) Name() string { return s.name }

// Columns returns the names of the columns, in order.
func (s *Iterable) Columns() []string { return s.features.Names() }

// Features returns the types of the columns, in order.
func (s *Iterable) Features() Features { return slices.Clone(s.features) }

// NumRows returns the number of rows; ok is false if only reading them all would tell.
func (s *Iterable) NumRows() (n int, ok bool) {
	for _, p := range s.parts {
		switch k := p.rows.known(); {
		case p.to >= 0:
			n += p.to - p.from
		case k < 0:
			return 0, false
		default:
			n += k
		}
	}
	if s.o.limit >= 0 {
		n = min(n, s.o.limit)
	}
	return n, true
}

var (
	errStop     = errors.New("the loop has ended")
	errPartDone = errors.New("no more rows of this part")
)

// each calls f with the rows, in order, as they come, until f returns an error. The set is
// f's as long as it runs. It returns nil for errStop.
func (s *Iterable) each(f func(*Dataset) error) (err error) {
	total, _ := s.NumRows()
	m := newMeter(s.o.progress, "reading "+s.name, total)
	defer func() { m.done(err) }()
	for _, p := range s.parts {
		at := 0 // rows of the part that came
		err := p.rows.each(s.ctx, func(t arrow.Table) error {
			d, err := own(s.name, s.o.mem, t, nil)
			if err != nil {
				return err
			}
			from, to := max(p.from-at, 0), d.NumRows()
			at += to
			if p.to >= 0 {
				to = min(to, to-(at-p.to))
			}
			if s.o.limit >= 0 {
				to = min(to, from+s.o.limit-m.p.Rows)
			}
			if from < to {
				part, err := s.shape(d, from, to, m.p.Rows)
				d.Release()
				if err != nil {
					return err
				}
				err = f(part)
				part.Release()
				if err != nil {
					return err
				}
				m.add(to - from)
			} else {
				d.Release()
			}
			if p.to >= 0 && at >= p.to || m.p.Rows == s.o.limit {
				return errPartDone
			}
			return nil
		})
		switch {
		case errors.Is(err, errStop):
			return nil
		case err != nil && !errors.Is(err, errPartDone):
			return err
		}
		if m.p.Rows == s.o.limit {
			break
		}
	}
	return nil
}

// shape returns rows of d with the columns that were asked for.
func (s *Iterable) shape(d *Dataset, from, to, first int) (*Dataset, error) {
	if names := s.Columns(); !slices.Equal(names, d.Columns()) {
		ordered, err := d.SelectColumns(names...)
		if err != nil {
			return nil, err
		}
		defer ordered.Release()
		d = ordered
	}
	sliced := d.slice(from, to)
	defer sliced.Release()
	out := sliced.derive(retained(sliced.table), s.features)
	out.split, out.first = s.o.split, first
	return out, nil
}

func retained(t arrow.Table) arrow.Table {
	t.Retain()
	return t
}

// stream opens the files of a split.
func (f *rowFiles) stream(ctx context.Context, o *options) (rowTables, error) {
	if open := textFormatOf(f.ext); open != nil {
		rows, err := f.text(ctx, open, o)
		if err != nil {
			return nil, err
		}
		return &textTables{rows, o.mem}, nil
	}
	format, err := f.format()
	if err != nil {
		return nil, err
	}
	b := &binaryTables{paths: f.paths, format: format, o: o}
	for _, p := range f.paths {
		rd, err := b.open(ctx, p)
		if err != nil {
			return nil, err
		}
		if b.first == nil {
			b.first = rd.Schema()
		}
		if n := rd.NumRows(); n < 0 || b.rows < 0 {
			b.rows = -1
		} else {
			b.rows += int(n)
		}
		if err := rd.Close(); err != nil {
			return nil, fmt.Errorf("datasets: %q: %w", p, err)
		}
	}
	return b, nil
}

// countRows reads all rows.
func countRows(ctx context.Context, t rowTables) (n int, err error) {
	if n = t.known(); n >= 0 {
		return n, nil
	}
	n = 0
	err = t.each(ctx, func(t arrow.Table) error {
		n += int(t.NumRows())
		t.Release()
		return nil
	})
	return n, err
}

// The size of the tables that text files are cut into.
const (
	partRows  = 1 << 14
	partBytes = 8 << 20
)

type textTables struct {
	rows *textRows
	mem  memory.Allocator
}

func (t *textTables) schema() *arrow.Schema { return arrow.NewSchema(t.rows.fields, nil) }
func (t *textTables) known() int            { return t.rows.rows }

func (t *textTables) each(ctx context.Context, f func(arrow.Table) error) error {
	tb := newTableBuilder(t.mem, t.rows.fields)
	tb.md = t.rows.md
	defer tb.release()
	tb.maxRows, tb.maxBytes = partRows, partBytes
	var failed error // of f, which is not the file's fault
	err := t.rows.fill(ctx, tb, func() error {
		if tb.part == 0 { // a chunk is complete
			failed = f(tb.table())
		}
		return failed
	})
	switch {
	case failed != nil:
		return failed
	case err == nil && tb.rows > 0:
		return f(tb.table())
	}
	return err
}

type binaryTables struct {
	paths  []string
	format Format
	o      *options
	first  *arrow.Schema
	rows   int
}

func (b *binaryTables) schema() *arrow.Schema { return b.first }
func (b *binaryTables) known() int            { return b.rows }

func (b *binaryTables) each(ctx context.Context, f func(arrow.Table) error) error {
	for _, p := range b.paths {
		if err := b.eachOf(ctx, p, f); err != nil {
			return err
		}
	}
	return nil
}

func (b *binaryTables) eachOf(ctx context.Context, path string, f func(arrow.Table) error) error {
	rd, err := b.open(ctx, path)
	if err != nil {
		return err
	}
	defer rd.Close()
	if err := sameColumns(rd.Schema(), b.first, path, b.paths[0]); err != nil {
		return err
	}
	for {
		t, err := rd.Next(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := f(t); err != nil {
			return err
		}
	}
}

// A guardedReader is a PartReader of a file that need not be sound: what libraries say in a panic comes
// back as an error, and tables are checked.
type guardedReader struct {
	PartReader
	file *os.File
	mem  memory.Allocator
}

func (b *binaryTables) open(ctx context.Context, path string) (_ *guardedReader, err error) {
	file, size, err := openBinary(path)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			file.Close()
		}
	}()
	defer recoverDamage(path, &err)
	rd, err := b.format.Scan(ctx, file, size, b.o.columns, newFrugal(b.o.mem, size))
	if err != nil {
		return nil, fmt.Errorf("datasets: %q: %w", path, err)
	}
	return &guardedReader{rd, file, b.o.mem}, nil
}

func (g *guardedReader) Next(ctx context.Context) (t arrow.Table, err error) {
	defer recoverDamage(g.file.Name(), &err)
	t, err = g.PartReader.Next(ctx)
	if err == io.EOF {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("datasets: %q: %w", g.file.Name(), err)
	}
	return sound(g.file.Name(), t, g.mem)
}

func (g *guardedReader) Close() error { return errors.Join(g.PartReader.Close(), g.file.Close()) }

// Batches yields the rows as sets of n rows, the last of fewer. A batch is valid until the next one; retain it
// to keep it longer. An error comes last, with a nil set. It panics unless n is positive.
func (s *Iterable) Batches(n int) iter.Seq2[*Dataset, error] {
	if n <= 0 {
		panic("datasets: batch size must be positive")
	}
	return func(yield func(*Dataset, error) bool) {
		var held []*Dataset // rows of the batch
		rows, first := 0, 0
		release := func() {
			for _, d := range held {
				d.Release()
			}
			held = held[:0]
		}
		defer func() { release() }()
		give := func() error {
			batch, err := held[0].Concatenate(held[1:]...)
			if err != nil {
				return err
			}
			release()
			batch.first = first
			first, rows = first+rows, 0
			more := yield(batch, nil)
			batch.Release()
			if !more {
				return errStop
			}
			return nil
		}
		stopped := false
		err := s.each(func(d *Dataset) error {
			for from := 0; from < d.NumRows(); {
				to := min(d.NumRows(), from+n-rows)
				held, rows, from = append(held, d.slice(from, to)), rows+to-from, to
				if rows == n {
					if err := give(); err != nil {
						stopped = true
						return err
					}
				}
			}
			return nil
		})
		if err == nil && !stopped && rows > 0 {
			if err = give(); err == errStop {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// All yields the rows. A row is valid until the next one. An error comes last.
func (s *Iterable) All() iter.Seq2[Row, error] {
	return flatten(s, func(d *Dataset) iter.Seq2[Row, error] {
		return func(yield func(Row, error) bool) {
			for _, r := range d.All() {
				if !yield(r, nil) {
					return
				}
			}
		}
	})
}

// Text yields the text of each row, as [Dataset.Text] does.
func (s *Iterable) Text(column string) iter.Seq2[string, error] {
	return flatten(s, func(d *Dataset) iter.Seq2[string, error] { return d.Text(column) })
}

// Documents yields each row as a document, as [Dataset.Documents] does.
func (s *Iterable) Documents(column string) iter.Seq2[annot.Document, error] {
	return flatten(s, func(d *Dataset) iter.Seq2[annot.Document, error] { return d.Documents(column) })
}

// flatten yields what each part of the rows has.
func flatten[T any](s *Iterable, of func(*Dataset) iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		err := s.each(func(d *Dataset) error {
			for v, err := range of(d) {
				if err != nil {
					return err
				}
				if !yield(v, nil) {
					return errStop
				}
			}
			return nil
		})
		if err != nil {
			var none T
			yield(none, err)
		}
	}
}
