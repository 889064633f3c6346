package corpus

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"
)

// A jsonStream reads the values of a JSON file one after the other and knows the lines that they are on.
type jsonStream struct {
	*json.Decoder
	limit *capped
	most  int64
	lines *lineCounter
}

// A lineCounter remembers where the line breaks are that went through it.
type lineCounter struct {
	r       io.Reader
	offset  int64   // bytes that went through
	before  int     // line breaks that are forgotten
	offsets []int64 // of the others
}

func (l *lineCounter) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	for i := range n {
		if p[i] == '\n' {
			l.offsets = append(l.offsets, l.offset+int64(i))
		}
	}
	l.offset += int64(n)
	return n, err
}

// line returns the line of a byte that is not forgotten.
func (l *lineCounter) line(offset int64) int {
	i, _ := slices.BinarySearch(l.offsets, offset)
	return 1 + l.before + i
}

// forget forgets line breaks before an offset.
func (l *lineCounter) forget(offset int64) {
	i, _ := slices.BinarySearch(l.offsets, offset)
	l.before += i
	l.offsets = slices.Delete(l.offsets, 0, i)
}

// newJSONStream refuses values of more than most bytes.
func newJSONStream(r io.Reader, most int64) *jsonStream {
	s := &jsonStream{limit: &capped{withoutMark(r), most}, most: most}
	s.lines = &lineCounter{r: s.limit}
	s.Decoder = json.NewDecoder(s.lines)
	return s
}

// value reads the next value and returns the line that it begins on.
func (s *jsonStream) value() (json.RawMessage, int, error) {
	s.next()
	var raw json.RawMessage
	if err := s.Decode(&raw); err != nil {
		return nil, 0, s.fail(s.located(err))
	}
	line := s.lines.line(s.InputOffset() - int64(len(raw)))
	if !utf8.Valid(raw) {
		return nil, 0, &ParseError{Line: line, Err: errors.New("invalid UTF-8")}
	}
	return raw, line, nil
}

// next prepares for the next token or value.
func (s *jsonStream) next() {
	s.limit.left = s.most
	s.lines.forget(s.InputOffset())
}

// line returns the line that the next token or value begins behind, or on.
func (s *jsonStream) line() int { return s.lines.line(s.InputOffset()) }

// located returns an error of Decode with its offset in the file, which package json does not count after tokens.
func (s *jsonStream) located(err error) error {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return err
	}
	rest, _ := io.ReadAll(s.Buffered()) // it is memory
	var raw json.RawMessage
	if again := json.Unmarshal(rest, &raw); errors.As(again, &syntax) {
		syntax.Offset += s.InputOffset()
		return syntax
	}
	return err
}

// fail says on what line an error of the decoder is.
func (s *jsonStream) fail(err error) error {
	line := s.line()
	var syntax *json.SyntaxError
	switch {
	case err == nil || err == io.EOF:
		return err
	case s.limit.left <= 0:
		ahead, _ := io.ReadAll(s.Buffered()) // it is memory
		line = s.lines.line(s.InputOffset() + int64(len(ahead)-len(bytes.TrimLeft(ahead, " \t\r\n,"))))
		err = fmt.Errorf("a value of more than %d bytes", s.most)
	case errors.As(err, &syntax):
		line = s.lines.line(syntax.Offset - 1)
	case errors.Is(err, io.ErrUnexpectedEOF):
		line = s.lines.line(s.lines.offset)
	}
	return &ParseError{Line: line, Err: err}
}

// decode reads a value that begins on a line.
func decode(raw json.RawMessage, line int, into any) error {
	err := json.Unmarshal(raw, into)
	if err == nil {
		return nil
	}
	var offset int64
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		offset = wrong.Offset
		err = fmt.Errorf("%s is a JSON %s", cmp.Or(wrong.Field, "a record"), wrong.Value)
	}
	return &ParseError{Line: line + bytes.Count(raw[:min(max(offset, 0), int64(len(raw)))], []byte("\n")), Err: err}
}

// withoutMark drops a byte order mark.
func withoutMark(r io.Reader) io.Reader {
	var head [3]byte
	n, err := io.ReadFull(r, head[:])
	if string(head[:n]) == "\ufeff" {
		return r
	}
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return io.MultiReader(bytes.NewReader(head[:n]), failing{err})
	}
	return io.MultiReader(bytes.NewReader(head[:n]), r)
}

// A failing reader gives an error.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
