package datasets

import (
	"context"
	"io"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// readText reads plain text, a row a line, into the column "text". Empty lines are
// rows too.
func readText(ctx context.Context, srcs []source, o *options) (arrow.Table, error) {
	tb := newTableBuilder(o.mem, []arrow.Field{{Name: "text", Type: arrow.BinaryTypes.String, Nullable: true}})
	defer tb.release()
	for _, src := range srcs {
		if err := readTextFile(ctx, src, o, tb); err != nil {
			return nil, err
		}
	}
	return tb.table(), nil
}

func readTextFile(ctx context.Context, src source, o *options, tb *tableBuilder) error {
	l, err := openLines(src)
	if err != nil {
		return err
	}
	defer l.Close()
	for o.limit < 0 || tb.rows < o.limit {
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
		if tb.rows%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}
