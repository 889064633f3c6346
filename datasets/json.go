package datasets

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
)

// openJSON reads files of one object a line, or of a list of objects. Columns are
// all keys of all rows, in order of appearance; a key that a row lacks is null.
// Types come from the whole of the files: integers among floats become floats,
// scalars of different kinds strings, spelled as in the file. Integers beyond 64
// bits are floats.
func openJSON(ctx context.Context, srcs []source, o *options) (*textRows, error) {
	root := &shape{kind: kindObject}
	var wanted map[string]bool
	if o.columns != nil {
		wanted = make(map[string]bool, len(o.columns))
		for _, c := range o.columns {
			wanted[c] = true
		}
	}
	rows, err := jsonRows(ctx, srcs, o.limit, func(p *jsonText) error { return p.infer(root, wanted, 0) })
	if err != nil {
		return nil, err
	}
	if rows == 0 && o.limit != 0 {
		return nil, fmt.Errorf("datasets: %q has no rows", srcs[0].path)
	}
	for _, c := range o.columns {
		if !slices.Contains(root.names, c) {
			return nil, noColumnIn(c, srcs[0].path, append(root.names, slices.Sorted(maps.Keys(root.skipped))...))
		}
	}
	fields := root.arrowType().(*arrow.StructType).Fields()
	return &textRows{fields: fields, rows: rows, fill: func(ctx context.Context, tb *tableBuilder, after func() error) error {
		root := root.clone() // which is bound to the builders of one reader
		for i, f := range root.fields {
			f.bind(tb.cols[i])
		}
		again, err := jsonRows(ctx, srcs, o.limit, func(p *jsonText) error {
			from := p.i
			if err := p.fill(root, 0); err != nil {
				return err
			}
			tb.row(p.i - from)
			if after != nil {
				return after()
			}
			return nil
		})
		return sameRows(srcs, rows, again, err)
	}}, nil
}

// jsonRows calls row at each row of the files, up to limit if that is not negative,
// and returns how many there were.
func jsonRows(ctx context.Context, srcs []source, limit int, row func(*jsonText) error) (int, error) {
	n := 0
	object := func(p *jsonText) error {
		if limit >= 0 && n >= limit {
			return errLimit
		}
		if n++; n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		c, err := p.peek()
		if err != nil {
			return err
		}
		if c != '{' {
			return fmt.Errorf("a row must be an object {...}, found %q", c)
		}
		return row(p)
	}
	for _, src := range srcs {
		err := jsonFile(src, object)
		if errors.Is(err, errLimit) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

var errLimit = errors.New("enough rows")

func jsonFile(src source, row func(*jsonText) error) error {
	l, err := openLines(src)
	if err != nil {
		return err
	}
	defer l.Close()
	switch c, err := firstByte(l.r); {
	case err == io.EOF:
		return emptyFile(src.path)
	case err != nil:
		return fmt.Errorf("datasets: %q: %w", src.path, err)
	case c == '[':
		return jsonList(l, row)
	}
	p := &jsonText{}
	for {
		line, err := l.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		p.b, p.i = line, 0
		if p.space(); p.i == len(p.b) {
			continue
		}
		if err = row(p); err == nil {
			err = p.end()
		}
		if errors.Is(err, errCut) && bytes.IndexByte(line, '\n') >= 0 {
			err = fmt.Errorf("%w (one row a line, or a list [...] of rows)", err)
		}
		if err != nil {
			return l.fail(err)
		}
	}
}

// firstByte returns the first byte that is not space, without reading it.
func firstByte(r *bufio.Reader) (byte, error) {
	for n := 1; ; n++ {
		b, err := r.Peek(n)
		if errors.Is(err, bufio.ErrBufferFull) {
			return ' ', nil
		}
		if err != nil {
			return 0, err
		}
		if c := b[n-1]; c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c, nil
		}
	}
}

// jsonList reads a file that is one list of rows.
func jsonList(l *lines, row func(*jsonText) error) error {
	data, err := io.ReadAll(l.r)
	if err != nil {
		return fmt.Errorf("datasets: %q: %w", l.src.path, err)
	}
	p := &jsonText{b: data}
	p.space()
	if err = p.list(func() error { return row(p) }); err == nil {
		err = p.end()
	}
	if err != nil {
		l.n = 1 + bytes.Count(data[:min(p.i, len(data))], []byte("\n"))
		return l.fail(err)
	}
	return nil
}
