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
// each sentence. Lines may end in CR LF. There may be more columns, of which the first is the word and the last its tag, as in CoNLL 2003 and
// in SciBERT's sets, and blanks instead of tabs between them; all lines have as many.
//
// Tags are those of IOB1 and IOB2, which stay as they are, or of IOBES and BILOU, of which a Sentence has the same entities in IOB2: E- and L-,
// which end an entity, become I-; S- and U-, entities of one word, become B-.
//
// The two forms of JNLPBA have lines that begin an abstract; these end a sentence and hold no words.
// After "###MEDLINE:95369245" the document is "95369245"; after "-DOCSTART-", which names nothing, it is the
// abstract's number in the file, from "1". What cannot be read is a [*ParseError]: a line without a tag, or with another number of columns,
// an empty word, an unknown tag, invalid UTF-8, a line of more than 64 KB; for a file
// without sentences it wraps [ErrEmpty].
func ReadCoNLL(r io.Reader) ([]Sentence, error) {
	var out []Sentence
	var s Sentence
	var p wordParser
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
		case strings.TrimSpace(line) == "":
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
		token, tag, err := p.parse(line)
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

// A wordParser reads the lines of one file.
type wordParser struct {
	columns int // of all lines so far, 0 before the first
	blanks  bool
}

// parse returns the word in the first column and the tag in the last, in IOB.
func (p *wordParser) parse(line string) (token, tag string, err error) {
	if p.columns == 0 {
		p.blanks = !strings.Contains(line, "\t")
	}
	var n int
	if p.blanks {
		if f := strings.Fields(line); len(f) > 1 {
			token, tag, n = f[0], f[len(f)-1], len(f)
		}
	} else if i := strings.LastIndexByte(line, '\t'); i >= 0 {
		tag, n = line[i+1:], strings.Count(line, "\t")+1
		token, _, _ = strings.Cut(line, "\t")
	}
	switch {
	case n == 0:
		return "", "", fmt.Errorf("%s is not word, tab, tag", excerpt(line))
	case strings.TrimSpace(token) == "":
		return "", "", fmt.Errorf("no word before the tab in %q", line)
	case p.columns != 0 && n != p.columns:
		return "", "", fmt.Errorf("%d columns in %s, %d in the lines before", n, excerpt(line), p.columns)
	}
	iob, ok := iobTag(tag)
	if !ok {
		return "", "", fmt.Errorf("unknown tag %q (want O, B-type or I-type, or those of IOBES or BILOU)", tag)
	}
	p.columns = n
	return token, iob, nil
}

// iobTag returns a tag of any of the schemes as IOB2 has it.
func iobTag(tag string) (iob string, ok bool) {
	if validTag(tag) {
		return tag, true
	}
	if tag == "" {
		return "", false
	}
	switch tag[0] {
	case 'E', 'L':
		iob = "I" + tag[1:]
	case 'S', 'U':
		iob = "B" + tag[1:]
	}
	return iob, validTag(iob)
}

// validTag reports whether a tag is one of IOB.
func validTag(tag string) bool {
	if tag == "O" || tag == "B" || tag == "I" {
		return true
	}
	return len(tag) > 2 && (tag[0] == 'B' || tag[0] == 'I') && tag[1] == '-'
}

// isCoNLL reports whether text, the beginning of a file, and its first line are of words with tags: by its first line if that begins an abstract or is a word, a tab and
// a tag; with more columns or with blanks between them by all lines of the first sentence, for one line of a table or of prose may end so, too.
func isCoNLL(first, text string) bool {
	if strings.HasPrefix(first, medline) || strings.HasPrefix(first, docstart) {
		return true
	}
	if word, tag, _ := strings.Cut(first, "\t"); word != "" && (validTag(tag) || len(tag) > 2) {
		if _, ok := iobTag(tag); ok {
			return true
		}
	}
	var p wordParser
	lines, tagged := 0, false
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) == "" {
			break
		}
		_, tag, err := p.parse(strings.TrimRight(line, "\r\n"))
		if err != nil && strings.HasSuffix(line, "\n") {
			return false
		}
		if err == nil { // else the line has been cut
			lines++
			tagged = tagged || tag == "O" || len(tag) > 1
		}
	}
	return lines > 1 && tagged
}
