package corpus

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// ErrEmpty is wrapped by the error for a file that holds no record of its format.
var ErrEmpty = errors.New("nothing in it")

// A ParseError says where a corpus file stopped making sense.
type ParseError struct {
	Path string // of the file; empty if only its content was given
	Line int    // 1-based; 0 for the file as a whole
	Err  error
}

// Error names the file and the line.
func (e *ParseError) Error() string {
	switch {
	case e.Path == "" && e.Line == 0:
		return fmt.Sprintf("corpus: %v", e.Err)
	case e.Path == "":
		return fmt.Sprintf("corpus: line %d: %v", e.Line, e.Err)
	case e.Line == 0:
		return fmt.Sprintf("corpus: %s: %v", e.Path, e.Err)
	}
	return fmt.Sprintf("corpus: %s:%d: %v", e.Path, e.Line, e.Err)
}

// Unwrap returns what was wrong.
func (e *ParseError) Unwrap() error { return e.Err }

// inFile says in which file an error occurred, if nothing has said so yet.
func inFile(path string, err error) error {
	var p *ParseError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &p) && p.Path == "":
		p.Path = path
		return p
	case errors.As(err, &p):
		return err
	}
	return &ParseError{Path: path, Err: err}
}

func empty(want string) error { return &ParseError{Err: fmt.Errorf("%w (want %s)", ErrEmpty, want)} }

// maxLine is the longest line that readers take, in bytes; a title with its abstract is never that long.
const maxLine = 1 << 20

// eachLine calls f for the lines of r without their ends, LF or CR LF. Errors are *ParseError, those of f
// with the line that f was given, unless f says another.
func eachLine(r io.Reader, longest int, f func(line string) error) error {
	s := bufio.NewScanner(r)
	s.Buffer(nil, longest)
	n := 0
	for s.Scan() {
		n++
		line := s.Text()
		if n == 1 {
			line = strings.TrimPrefix(line, "\ufeff") // a byte order mark, as Windows editors write
		}
		if !utf8.ValidString(line) {
			return &ParseError{Line: n, Err: fmt.Errorf("invalid UTF-8 in %s", excerpt(line))}
		}
		if err := f(line); err != nil {
			if _, ok := err.(*ParseError); ok {
				return err
			}
			return &ParseError{Line: n, Err: err}
		}
	}
	switch err := s.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return &ParseError{Line: n + 1, Err: fmt.Errorf("a line of %d bytes or more (is this a text file?)", longest)}
	case err != nil:
		return &ParseError{Line: n + 1, Err: err}
	}
	return nil
}

// excerpt quotes s for an error, shortened if it is long.
func excerpt(s string) string {
	const most = 80
	if len(s) <= most {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprintf("%q...", strings.ToValidUTF8(s[:most], "\ufffd"))
}
