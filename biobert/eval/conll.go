package eval

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// A Sentence is a sentence of a corpus: words with one tag each.
type Sentence struct {
	Tokens []string
	Tags   []string // as long as Tokens: "O", "B-type", "I-type", or "B", "I" without a type
}

// A ParseError says where a corpus file stopped making sense.
type ParseError struct {
	Line int // 1-based
	Err  error
}

// Error names the line.
func (e *ParseError) Error() string { return fmt.Sprintf("eval: line %d: %v", e.Line, e.Err) }

// Unwrap returns what was wrong with the line.
func (e *ParseError) Unwrap() error { return e.Err }

// ErrEmpty is returned for a corpus file that holds no sentence.
var ErrEmpty = errors.New("eval: no sentence (want lines of word, tab, tag)")

// maxLine is the longest line that ReadCoNLL takes, in bytes; a word is never that long.
const maxLine = 1 << 16

// ReadCoNLL reads a corpus with one word a line, "token TAB tag", and an empty line after
// each sentence. Lines of -DOCSTART- and ###MEDLINE:, which begin an abstract in the two forms
// of JNLPBA, end a sentence and hold no words. Lines may end in CR LF. What cannot be read is a
// [*ParseError]: a line without exactly one tab, an empty word, an unknown tag,
// invalid UTF-8, a line of more than 64 KB; a file without sentences is [ErrEmpty].
func ReadCoNLL(r io.Reader) ([]Sentence, error) {
	var out []Sentence
	var s Sentence
	end := func() {
		if len(s.Tokens) > 0 {
			out = append(out, s)
			s = Sentence{}
		}
	}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	n := 0
	for lines.Scan() {
		n++
		line := lines.Text()
		if n == 1 {
			line = strings.TrimPrefix(line, "\ufeff") // a byte order mark, as Windows editors write
		}
		if line == "" || strings.HasPrefix(line, "-DOCSTART-") || strings.HasPrefix(line, "###MEDLINE:") {
			end()
			continue
		}
		token, tag, err := parseLine(line)
		if err != nil {
			return nil, &ParseError{n, err}
		}
		s.Tokens, s.Tags = append(s.Tokens, token), append(s.Tags, tag)
	}
	if err := lines.Err(); err != nil {
		return nil, &ParseError{n + 1, err}
	}
	end()
	if len(out) == 0 {
		return nil, ErrEmpty
	}
	return out, nil
}

func parseLine(line string) (token, tag string, err error) {
	if !utf8.ValidString(line) {
		return "", "", fmt.Errorf("invalid UTF-8 in %q", line)
	}
	token, tag, ok := strings.Cut(line, "\t")
	switch {
	case !ok || strings.Contains(tag, "\t"):
		return "", "", fmt.Errorf("%q is not word, tab, tag", line)
	case strings.TrimSpace(token) == "":
		return "", "", fmt.Errorf("no word before the tab in %q", line)
	case !validTag(tag):
		return "", "", fmt.Errorf("unknown tag %q (want O, B-type or I-type)", tag)
	}
	return token, tag, nil
}

func validTag(tag string) bool {
	if tag == "O" || tag == "B" || tag == "I" {
		return true
	}
	return len(tag) > 2 && (tag[0] == 'B' || tag[0] == 'I') && tag[1] == '-'
}
