package datasets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// cells reads separated values. A cell that begins with a quote ends at the next
// one that is not doubled and may hold separators and line ends, kept as they are;
// a quote elsewhere is a character like any other.
type cells struct {
	l     *lines
	sep   byte
	start int // line of the record read last
	buf   []byte
	ends  []int // of the cells in buf, unless the record is plain
	out   [][]byte
}

var (
	errOpenQuote  = errors.New("a quoted cell begins here and never ends")
	errAfterQuote = errors.New(`text after the closing quote of a cell (write "" for a quote inside quotes)`)
)

// next returns the cells of the next record that is not a blank line, valid until
// the next call, or io.EOF.
func (c *cells) next() ([][]byte, error) {
	for {
		line, err := c.l.next()
		if err != nil {
			return nil, err
		}
		c.start = c.l.n
		if !utf8.Valid(line) {
			return nil, c.l.fail(errUTF8)
		}
		body := chomp(line)
		if len(body) == 0 {
			continue
		}
		if bytes.IndexByte(body, '"') >= 0 {
			return c.quoted(line)
		}
		c.out = c.out[:0]
		for {
			i := bytes.IndexByte(body, c.sep)
			if i < 0 {
				c.out = append(c.out, body)
				return c.out, nil
			}
			c.out = append(c.out, body[:i])
			body = body[i+1:]
		}
	}
}

// quoted reads a record with quotes in it, of which line is the first.
func (c *cells) quoted(line []byte) ([][]byte, error) {
	c.buf, c.ends = c.buf[:0], c.ends[:0]
	for rest := line; ; {
		if len(rest) > 0 && rest[0] == '"' {
			var err error
			if rest, err = c.inQuotes(rest[1:]); err != nil {
				return nil, err
			}
			if body := chomp(rest); len(body) > 0 && body[0] != c.sep {
				return nil, c.l.fail(errAfterQuote)
			}
		}
		body := chomp(rest)
		i := bytes.IndexByte(body, c.sep)
		if i < 0 {
			i = len(body)
		}
		c.buf = append(c.buf, body[:i]...)
		c.ends = append(c.ends, len(c.buf))
		if i == len(body) {
			break
		}
		rest = rest[i+1:]
	}
	c.out = c.out[:0]
	from := 0
	for _, to := range c.ends {
		c.out = append(c.out, c.buf[from:to:to])
		from = to
	}
	return c.out, nil
}

// inQuotes copies a cell after its opening quote and returns what follows the
// closing one.
func (c *cells) inQuotes(rest []byte) ([]byte, error) {
	from := c.l.n
	for {
		i := bytes.IndexByte(rest, '"')
		if i >= 0 {
			c.buf = append(c.buf, rest[:i]...)
			if rest = rest[i+1:]; len(rest) == 0 || rest[0] != '"' {
				return rest, nil
			}
			c.buf, rest = append(c.buf, '"'), rest[1:]
			continue
		}
		if c.buf = append(c.buf, rest...); len(c.buf) > maxLine {
			return nil, c.l.fail(errLongLine)
		}
		line, err := c.l.next()
		if err == io.EOF {
			return nil, &ParseError{c.l.src.path, from, errOpenQuote}
		}
		if err != nil {
			return nil, err
		}
		if !utf8.Valid(line) {
			return nil, c.l.fail(errUTF8)
		}
		rest = line
	}
}

// openSeparated is for CSV or TSV files. The first record names the
// columns. An empty cell is null. A column is int64, float64 or bool if all its
// cells are, but for those that say that nothing is there (see missing), which then are null; else string, in which
// all cells stay as they are. Integers of more than 64 bits are floats beside floats, else strings. Numbers with leading zeros, signs of plus or spaces are
// strings, and columns named id or *_id hold integers or strings only: 0704.0001
// and 2401.00010 are names of papers, not numbers.
func openSeparated(sep byte) textFormat {
	return func(ctx context.Context, srcs []source, o *options) (*textRows, error) {
		t := &csvTypes{}
		rows, err := csvRows(ctx, srcs, sep, o.limit, t.header, t.infer)
		if err != nil {
			return nil, err
		}
		keep, fields, err := t.columns(o.columns, srcs[0].path)
		if err != nil {
			return nil, err
		}
		same := func(names []string) error {
			if !slices.Equal(names, t.names) {
				return errChanged
			}
			return nil
		}
		return &textRows{fields: fields, rows: rows, fill: func(ctx context.Context, tb *tableBuilder, after func() error) error {
			again, err := csvRows(ctx, srcs, sep, o.limit, same, func(rec [][]byte) error {
				n := 0
				for i, k := range keep {
					if err := appendCell(tb.cols[i], rec[k]); err != nil {
						return err
					}
					n += len(rec[k])
				}
				tb.row(n)
				if after != nil {
					return after()
				}
				return nil
			})
			return sameRows(srcs, rows, again, err)
		}}, nil
	}
}

// csvRows calls header at each file's header and row at each row after it.
func csvRows(ctx context.Context, srcs []source, sep byte, limit int, header func([]string) error, row func([][]byte) error) (int, error) {
	n := 0
	for _, src := range srcs {
		err := func() error {
			l, err := openLines(src)
			if err != nil {
				return err
			}
			defer l.Close()
			c := &cells{l: l, sep: sep}
			rec, err := c.next()
			if err == io.EOF {
				return emptyFile(src.path)
			}
			if err != nil {
				return err
			}
			width := len(rec)
			if err := header(csvNames(rec)); err != nil {
				return &ParseError{src.path, c.start, err}
			}
			for limit < 0 || n < limit {
				rec, err := c.next()
				if err == io.EOF {
					return nil
				}
				if err != nil {
					return err
				}
				if len(rec) != width {
					return &ParseError{src.path, c.start, fmt.Errorf("%d cells where the header has %d", len(rec), width)}
				}
				if err := row(rec); err != nil {
					return &ParseError{src.path, c.start, err}
				}
				if n++; n%1024 == 0 && ctx.Err() != nil {
					return ctx.Err()
				}
			}
			return nil
		}()
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// csvNames names columns as pandas does where the header is silent: pandas itself
// writes an index column without a name.
func csvNames(rec [][]byte) []string {
	names := make([]string, len(rec))
	for i, c := range rec {
		if names[i] = string(c); names[i] == "" {
			names[i] = "Unnamed: " + strconv.Itoa(i)
		}
	}
	return names
}

type csvTypes struct {
	names []string
	kinds []kind
	big   []bool // there are integers that do not fit
}

func (t *csvTypes) header(names []string) error {
	if t.names == nil {
		for i, n := range names {
			if slices.Contains(names[:i], n) {
				return fmt.Errorf("two columns are named %q", n)
			}
		}
		t.names, t.kinds, t.big = names, make([]kind, len(names)), make([]bool, len(names))
		return nil
	}
	if !slices.Equal(t.names, names) {
		return fmt.Errorf("columns %s, but the files before have %s", strings.Join(names, ", "), strings.Join(t.names, ", "))
	}
	return nil
}

func (t *csvTypes) infer(rec [][]byte) error {
	for i, cell := range rec {
		if t.kinds[i] == kindString || len(cell) == 0 || missing(cell) {
			continue
		}
		k := cellKind(cell)
		if k == kindFloat && t.kinds[i] != kindFloat && whole(cell) {
			k, t.big[i] = kindInt, true
		}
		switch was := t.kinds[i]; {
		case was == kindNull || was == k:
			t.kinds[i] = k
		case was == kindInt && k == kindFloat || was == kindFloat && k == kindInt:
			t.kinds[i] = kindFloat
		default:
			t.kinds[i] = kindString
		}
	}
	return nil
}

// columns returns the positions and types of the wanted columns, or of all.
func (t *csvTypes) columns(wanted []string, path string) (keep []int, fields []arrow.Field, err error) {
	if wanted == nil {
		wanted = t.names
	}
	for _, name := range wanted {
		i := slices.Index(t.names, name)
		if i < 0 {
			return nil, nil, noColumnIn(name, path, t.names)
		}
		k := t.kinds[i]
		if k == kindInt && t.big[i] {
			k = kindString
		}
		if id := strings.ToLower(name); k != kindInt && (id == "id" || strings.HasSuffix(id, "_id")) {
			k = kindString
		}
		typ := (&shape{kind: k}).arrowType()
		if k == kindNull {
			typ = arrow.BinaryTypes.String // an empty column of a table of text
		}
		keep = append(keep, i)
		fields = append(fields, arrow.Field{Name: name, Type: typ, Nullable: true})
	}
	return keep, fields, nil
}

func cellKind(c []byte) kind {
	switch string(c) {
	case "true", "True", "TRUE", "false", "False", "FALSE":
		return kindBool
	case "inf", "-inf", "Inf", "-Inf", "Infinity", "-Infinity":
		return kindFloat
	}
	if k, ok := number(c); ok {
		if _, err := strconv.ParseFloat(string(c), 64); err == nil {
			return k
		}
	}
	return kindString
}

// missing reports whether a cell is one of those by which pandas, R and spreadsheets say that there is nothing. pandas takes them for nulls in
// columns of text, too, where they may be words.
func missing(c []byte) bool {
	switch string(c) {
	case "NA", "N/A", "n/a", "#N/A", "#N/A N/A", "#NA", "<NA>", "NaN", "nan", "-NaN", "-nan", "NULL", "null", "None", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN":
		return true
	}
	return false
}

// whole reports whether a number has neither a point nor an exponent.
func whole(number []byte) bool { return len(bytes.Trim(number, "-0123456789")) == 0 }

func appendCell(b array.Builder, c []byte) error {
	s, text := b.(*array.StringBuilder)
	switch {
	case len(c) == 0, !text && missing(c):
		b.AppendNull()
		return nil
	case text:
		s.BinaryBuilder.Append(c)
		return nil
	}
	var err error
	switch b := b.(type) {
	case *array.Int64Builder:
		var v int64
		v, err = strconv.ParseInt(string(c), 10, 64)
		b.Append(v)
	case *array.Float64Builder:
		var v float64
		v, err = strconv.ParseFloat(string(c), 64)
		b.Append(v)
	case *array.BooleanBuilder:
		b.Append(c[0] == 't' || c[0] == 'T')
	}
	if err != nil {
		return errChanged
	}
	return nil
}
