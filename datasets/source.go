package datasets

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// A source is a file that can be read more than once: text formats are read
// first to find the columns' types, then to fill them.
type source struct {
	path string // as messages name it
	open func() (io.ReadCloser, error)
}

func fileSource(path string) source {
	return source{path, func() (io.ReadCloser, error) {
		f, err := os.Open(path)
		if err != nil {
			return nil, openError(path, err)
		}
		if !strings.HasSuffix(strings.ToLower(path), ".gz") {
			return f, nil
		}
		z, err := gzip.NewReader(bufio.NewReader(f))
		if err != nil {
			f.Close()
			if err == io.EOF {
				return nil, emptyFile(path)
			}
			return nil, fmt.Errorf("datasets: %q: %w", path, gzipError(err))
		}
		return &gzFile{z, f}, nil
	}}
}

func openError(path string, err error) error {
	return fmt.Errorf("datasets: cannot open %q: %w", path, withoutPath(err))
}

type gzFile struct {
	*gzip.Reader
	f *os.File
}

// Read reads what was compressed.
func (g *gzFile) Read(b []byte) (int, error) {
	n, err := g.Reader.Read(b)
	return n, gzipError(err)
}

func gzipError(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w (cut short? get or compress it again)", err)
	}
	return err
}

func (g *gzFile) Close() error {
	g.Reader.Close()
	return g.f.Close()
}

// A row or line longer than this is refused: its text could not be stored with
// 32-bit offsets beside others.
const maxLine = 1 << 30

var (
	errLongLine = fmt.Errorf("longer than %d bytes", maxLine)
	errUTF8     = errors.New("not valid UTF-8")
	bom         = []byte("\ufeff")
)

// lines reads a file line by line, without the byte order mark.
type lines struct {
	src  source
	r    *bufio.Reader
	c    io.Closer
	n    int // lines read
	long []byte
}

func openLines(src source) (*lines, error) {
	rc, err := src.open()
	if err != nil {
		return nil, err
	}
	l := &lines{src: src, r: bufio.NewReaderSize(rc, 1<<18), c: rc}
	if head, _ := l.r.Peek(len(bom)); bytes.Equal(head, bom) {
		l.r.Discard(len(bom))
	}
	return l, nil
}

func (l *lines) Close() error { return l.c.Close() }

// next returns the next line with its end, valid until the next call, or io.EOF.
func (l *lines) next() ([]byte, error) {
	line, err := l.r.ReadSlice('\n')
	if err == nil {
		l.n++
		return line, nil
	}
	l.long = append(l.long[:0], line...)
	for errors.Is(err, bufio.ErrBufferFull) {
		line, err = l.r.ReadSlice('\n')
		if l.long = append(l.long, line...); len(l.long) > maxLine {
			l.n++
			return nil, l.fail(errLongLine)
		}
	}
	if err == io.EOF && len(l.long) == 0 {
		return nil, io.EOF
	}
	l.n++
	if err != nil && err != io.EOF {
		return nil, l.fail(err)
	}
	return l.long, nil
}

// fail names the line read last.
func (l *lines) fail(err error) error { return &ParseError{l.src.path, l.n, err} }

// chomp cuts the end of a line off.
func chomp(line []byte) []byte {
	line = bytes.TrimSuffix(line, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r"))
}

func emptyFile(path string) error { return fmt.Errorf("datasets: %q is empty", path) }
