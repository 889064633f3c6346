package corpus

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A Sentence is a sentence of a corpus: words with one tag each.
type Sentence struct {
	Document string // its abstract, if the file says where one begins; see ReadCoNLL
	Tokens   []string
	Tags     []string // as long as Tokens: "O", "B-type", "I-type", or "B", "I" without a type
}

// maxWord is the longest line that ReadCoNLL takes, in bytes; a word is never that long.
const maxWord = 1 << 16

// The beginnings of lines that begin an abstract.
const (
	medline  = "###MEDLINE:"
	docstart = "-DOCSTART-"
)

// ReadCoNLL reads a corpus with one word a line, "token TAB tag", and an empty line after
// each sentence. Lines may end in CR LF.
//
// The two forms of JNLPBA have lines that begin an abstract; these end a sentence and hold no words.
// After "###MEDLINE:95369245" the document is "95369245"; after "-DOCSTART-", which names nothing, it is the
// abstract's number in the file, from "1". What cannot be read is a [*ParseError]: a line without exactly
// one tab, an empty word, an unknown tag, invalid UTF-8, a line of more than 64 KB; for a file
// without sentences it wraps [ErrEmpty].
func ReadCoNLL(r io.Reader) ([]Sentence, error) {
	var out []Sentence
	var s Sentence
	document, documents := "", 0
	end := func() {
		if len(s.Tokens) > 0 {
			s.Document = document
			out = append(out, s)
			s = Sentence{}
		}
	}
	err := eachLine(r, maxWord, func(line string) error {
		id, named := strings.CutPrefix(line, medline)
		switch {
		case line == "":
			end()
			return nil
		case named:
			end()
			document = strings.TrimSpace(id)
			return nil
		case strings.HasPrefix(line, docstart):
			end()
			documents++
			document = strconv.Itoa(documents)
			return nil
		}
		token, tag, err := parseWord(line)
		if err != nil {
			return err
		}
		s.Tokens, s.Tags = append(s.Tokens, token), append(s.Tags, tag)
		return nil
	})
	if err != nil {
		return nil, err
	}
	end()
	if len(out) == 0 {
		return nil, empty("lines of word, tab, tag")
	}
	return out, nil
}

func parseWord(line string) (token, tag string, err error) {
	token, tag, ok := strings.Cut(line, "\t")
	switch {
	case !ok || strings.Contains(tag, "\t"):
		return "", "", fmt.Errorf("%s is not word, tab, tag", excerpt(line))
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
