package corpus

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestReadCoNLL(t *testing.T) {
	const body = "IL-2\tB-DNA\ngene\tI-DNA\nNF-κB\tB-protein\n"
	for _, tt := range []struct {
		name, in      string
		first, second string // documents
	}{
		{"mtl", "-DOCSTART-\tO\n\n" + body + "\n``\tO\nB\tB\n\n", "1", "1"},
		{"original", "###MEDLINE:95369245\n\n" + body + "\n\n###MEDLINE: 7\n``\tO\nB\tB\n", "95369245", "7"},
		{"no last newline", body + "\n``\tO\nB\tB", "", ""},
		{"mark and CR LF", "\ufeff" + strings.ReplaceAll(body+"\n``\tO\nB\tB\n", "\n", "\r\n"), "", ""},
		{"no line between", body + "-DOCSTART-\tO\n``\tO\nB\tB\n", "", "1"},
		{"two documents", "-DOCSTART-\tO\n" + body + "-DOCSTART-\tO\n``\tO\nB\tB\n", "1", "2"},
		{"SciBERT", "-DOCSTART-\tNN\tO\tO\n\n" + strings.ReplaceAll(body+"\n``\tO\nB\tB\n", "\t", "\tNN\tO\t"), "1", "1"},
		{"CoNLL 2003", "-DOCSTART- -X- -X- O\n\n" + strings.ReplaceAll(body+"\n``\tO\nB\tB\n", "\t", " NN B-NP "), "1", "1"},
		{"blanks", strings.ReplaceAll(body+"\n``\tO\nB\tB\n", "\t", " "), "", ""},
		{"aligned with blanks", strings.ReplaceAll(body+"\n``\tO\nB\tB\n", "\t", "   ") + "  \n", "", ""},
		{"IOBES", "IL-2\tB-DNA\ngene\tE-DNA\nNF-κB\tS-protein\n\n``\tO\nB\tS\n", "", ""},
		{"BILOU", "IL-2\tB-DNA\ngene\tL-DNA\nNF-κB\tU-protein\n\n``\tO\nB\tU\n", "", ""},
		{"empty lines only", "\n\n\n" + body + "\n\n\n``\tO\nB\tB\n\n\n", "", ""},
	} {
		want := []Sentence{
			{tt.first, []string{"IL-2", "gene", "NF-κB"}, []string{"B-DNA", "I-DNA", "B-protein"}},
			{tt.second, []string{"``", "B"}, []string{"O", "B"}},
		}
		got, err := ReadCoNLL(strings.NewReader(tt.in))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %q, %v", tt.name, got, err)
		}
	}
}

func TestReadCoNLLErrors(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		line     int
		want     string
	}{
		{"no tab", "a\tO\nb O\n", 2, `corpus: line 2: "b O" is not word, tab, tag`},
		{"no tag beside the word", "a O\nb\n", 2, `corpus: line 2: "b" is not word, tab, tag`},
		{"two tabs", "a\tO\nb\tNN\tO\n", 2, `corpus: line 2: 3 columns in "b\tNN\tO", 2 in the lines before`},
		{"a column less", "a NN O\nb O\n", 2, `corpus: line 2: 2 columns in "b O", 3 in the lines before`},
		{"prose", "One word a line\n", 1, `corpus: line 1: unknown tag "line" (want O, B-type or I-type, or those of IOBES or BILOU)`},
		{"no word", "\n\tO\n", 2, `corpus: line 2: no word before the tab in "\tO"`},
		{"spaces for a word", "  \tO\n", 1, `corpus: line 1: no word before the tab in "  \tO"`},
		{"tag", "a\tX-DNA\n", 1, `corpus: line 1: unknown tag "X-DNA" (want O, B-type or I-type, or those of IOBES or BILOU)`},
		{"no type", "a\tB-\n", 1, `corpus: line 1: unknown tag "B-" (want O, B-type or I-type, or those of IOBES or BILOU)`},
		{"no tag", "a\t\n", 1, `corpus: line 1: unknown tag "" (want O, B-type or I-type, or those of IOBES or BILOU)`},
		{"UTF-8", "a\tO\n\xff\tO\n", 2, `corpus: line 2: invalid UTF-8 in "\xff\tO"`},
		{"long", "a\tO\n" + strings.Repeat("x", maxWord) + "\tO\n", 2, "corpus: line 2: a line of 65536 bytes or more (is this a text file?)"},
	} {
		got, err := ReadCoNLL(strings.NewReader(tt.in))
		var pe *ParseError
		if !errors.As(err, &pe) || pe.Line != tt.line || err.Error() != tt.want || got != nil {
			t.Errorf("%s: got %v, error %v, want %s", tt.name, got, err, tt.want)
		}
	}
	for _, in := range []string{"", "\n\n", "-DOCSTART-\tO\n\n"} {
		if _, err := ReadCoNLL(strings.NewReader(in)); !errors.Is(err, ErrEmpty) {
			t.Errorf("%q: error %v, want ErrEmpty", in, err)
		}
	}
}

func FuzzReadCoNLL(f *testing.F) {
	f.Add([]byte("-DOCSTART-\tO\n\nIL-2\tB-DNA\ngene\tI-DNA\n\n"))
	f.Add([]byte("\ufeffa\tB\r\n\r\n###MEDLINE:1\nb\tO\n"))
	f.Add([]byte("a\tE-x\n"))
	f.Add([]byte("a NN  O\nb NN B-x\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := ReadCoNLL(bytes.NewReader(b))
		if checkError(t, err); err != nil {
			return
		}
		for _, s := range got {
			if len(s.Tokens) == 0 || len(s.Tokens) != len(s.Tags) {
				t.Fatalf("sentence %q", s)
			}
		}
	})
}

// checkError wants errors to be a *ParseError.
func checkError(t *testing.T, err error) {
	t.Helper()
	var p *ParseError
	if err != nil && (!errors.As(err, &p) || !strings.HasPrefix(err.Error(), "corpus: ")) {
		t.Fatalf("error %v is a %T", err, err)
	}
}
