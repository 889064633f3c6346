package datasets

import (
	"context"
	"io"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// openText is for plain text, a row a line, in the column "text". Empty lines are
// rows too.
func openText(_ context.Context, srcs []source, o *options) (*textRows, error) {
	fields := []arrow.Field{{Name: "text", Type: arrow.BinaryTypes.String, Nullable: true}}
	return &textRows{fields: fields, rows: -1, fill: func(ctx context.Context, tb *tableBuilder, after func() error) error {
		rows := 0
		for _, src := range srcs {
			if err := readTextFile(ctx, src, o, tb, &rows, after); err != nil {
				return err
			}
		}
		return nil
	}}, nil
}

func readTextFile(ctx context.Context, src source, o *options, tb *tableBuilder, rows *int, after func() error) error {
	l, err := openLines(src)
	if err != nil {
		return err
	}
	defer l.Close()
	for o.limit < 0 || *rows < o.limit {
		line, err := l.next()
		if err == io.EOF {
			if l.n == 0 {
				return emptyFile(src.path)
			}
			return nil
		}
		if err != nil {
			return err
		}
		if !utf8.Valid(line) {
			return l.fail(errUTF8)
		}
		line = chomp(line)
		tb.cols[0].(*array.StringBuilder).BinaryBuilder.Append(line)
		tb.row(len(line))
		if *rows++; *rows%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if after != nil {
			if err := after(); err != nil {
				return err
			}
		}
	}
	return nil
}
