package eval

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestReadCoNLL(t *testing.T) {
	want := []Sentence{
		{[]string{"IL-2", "gene", "NF-κB"}, []string{"B-DNA", "I-DNA", "B-protein"}},
		{[]string{"``", "B"}, []string{"O", "B"}},
	}
	for name, in := range map[string]string{
		"mtl":              "-DOCSTART-\tO\n\nIL-2\tB-DNA\ngene\tI-DNA\nNF-κB\tB-protein\n\n``\tO\nB\tB\n\n",
		"original":         "###MEDLINE:1\nIL-2\tB-DNA\ngene\tI-DNA\nNF-κB\tB-protein\n\n\n###MEDLINE:2\n``\tO\nB\tB\n",
		"no last newline":  "IL-2\tB-DNA\ngene\tI-DNA\nNF-κB\tB-protein\n\n``\tO\nB\tB",
		"mark and CR LF":   "\ufeffIL-2\tB-DNA\r\ngene\tI-DNA\r\nNF-κB\tB-protein\r\n\r\n``\tO\r\nB\tB\r\n",
		"no line between":  "IL-2\tB-DNA\ngene\tI-DNA\nNF-κB\tB-protein\n-DOCSTART-\tO\n``\tO\nB\tB\n",
		"empty lines only": "\n\n\nIL-2\tB-DNA\ngene\tI-DNA\nNF-κB\tB-protein\n\n\n\n``\tO\nB\tB\n\n\n",
	} {
		got, err := ReadCoNLL(strings.NewReader(in))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}

func TestReadCoNLLErrors(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		line     int
		want     string
	}{
		{"no tab", "a\tO\nb O\n", 2, `eval: line 2: "b O" is not word, tab, tag`},
		{"two tabs", "a\tNN\tO\n", 1, `eval: line 1: "a\tNN\tO" is not word, tab, tag`},
		{"no word", "\n\tO\n", 2, `eval: line 2: no word before the tab in "\tO"`},
		{"spaces for a word", "  \tO\n", 1, `eval: line 1: no word before the tab in "  \tO"`},
		{"tag", "a\tE-DNA\n", 1, `eval: line 1: unknown tag "E-DNA" (want O, B-type or I-type)`},
		{"no type", "a\tB-\n", 1, `eval: line 1: unknown tag "B-" (want O, B-type or I-type)`},
		{"no tag", "a\t\n", 1, `eval: line 1: unknown tag "" (want O, B-type or I-type)`},
		{"UTF-8", "a\tO\n\xff\tO\n", 2, `eval: line 2: invalid UTF-8 in "\xff\tO"`},
		{"long", "a\tO\n" + strings.Repeat("x", maxLine) + "\tO\n", 2, "eval: line 2: bufio.Scanner: token too long"},
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
	f.Add([]byte("\ufeffa\tB\r\n\r\n"))
	f.Add([]byte("a\tE-x\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := ReadCoNLL(bytes.NewReader(b))
		if err != nil {
			return
		}
		tags := make([][]string, len(got))
		for i, s := range got {
			if len(s.Tokens) == 0 || len(s.Tokens) != len(s.Tags) {
				t.Fatalf("sentence %q", s)
			}
			tags[i] = s.Tags
		}
		for _, s := range []Scores{StrictF1(tags, tags), CoNLLF1(tags, tags)} {
			if s.Micro.Support > 0 && s.Micro.F1 != 1 || s.Micro.Support != s.Micro.Correct {
				t.Fatalf("a corpus against itself: %+v", s.Micro)
			}
		}
	})
}

// readDevel reads the devel part of JNLPBA from the folder of shared files.
func readDevel(t *testing.T) (shared string, sentences []Sentence) {
	shared = os.Getenv("SPARSEBIO_SHARED")
	if shared == "" {
		t.Skip("SPARSEBIO_SHARED is not set: no corpus to read")
	}
	f, err := os.Open(filepath.Join(shared, "corpora/jnlpba/mtl/devel.tsv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	if sentences, err = ReadCoNLL(z); err != nil {
		t.Fatal(err)
	}
	return shared, sentences
}

func TestReadJNLPBA(t *testing.T) {
	_, sentences := readDevel(t)
	words, tags := 0, [][]string(nil)
	for _, s := range sentences {
		words += len(s.Tokens)
		tags = append(tags, s.Tags)
	}
	s := StrictF1(tags, tags)
	if len(sentences) != 1739 || words != 47461 || s.Micro.Support != 4551 || len(s.Types) != 5 {
		t.Errorf("%d sentences, %d words, %d entities of %d types; want 1739, 47461, 4551, 5", len(sentences), words, s.Micro.Support, len(s.Types))
	}
	if c := CoNLLF1(tags, tags); c.Micro != s.Micro {
		t.Errorf("the corpus has I- tags without B-: %+v", c.Micro)
	}
}
