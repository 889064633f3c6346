package corpus

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

func TestWriteSentences(t *testing.T) {
	want := []Sentence{
		{"", []string{"``", "a"}, []string{"O", "B"}},
		{"7", []string{"NF-κB"}, []string{"B-protein"}},
		{"7", []string{"x"}, []string{"O"}},
		{"8", []string{"IL-2", "gene"}, []string{"B-DNA", "I-DNA"}},
		{"8", []string{"\ufeff", "\ufeffx"}, []string{"O", "O"}}, // a byte order mark at the beginning of a file only
		{"", []string{"y"}, []string{"O"}},
		{"8", []string{"z"}, []string{"I-DNA"}},
	}
	var b bytes.Buffer
	if err := WriteSentences(&b, want); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadCoNLL(&b); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestWriteSentencesErrors(t *testing.T) {
	o := []string{"O"}
	for _, tt := range []struct {
		in   []Sentence
		want string
	}{
		{[]Sentence{{"", []string{"a"}, nil}}, "corpus: CoNLL: sentence 0: 1 tokens and 0 tags"},
		{[]Sentence{{}}, "sentence 0: no tokens"},
		{[]Sentence{{"", []string{"a\tb"}, o}}, `the word "a\tb" cannot stand in a column`},
		{[]Sentence{{"", []string{"\ufeffa"}, o}}, `sentence 0: the word "\ufeffa" cannot begin a file`},
		{[]Sentence{{"", []string{"\u00a0"}, o}}, "cannot stand in a column"},
		{[]Sentence{{"", []string{"-DOCSTART-"}, o}}, "cannot stand in a column"},
		{[]Sentence{{"", []string{"###MEDLINE:1"}, o}}, "cannot stand in a column"},
		{[]Sentence{{"", []string{"\xff"}, o}}, "cannot stand in a column"},
		{[]Sentence{{"", []string{strings.Repeat("x", maxWord)}, o}}, "cannot stand in a column"},
		{[]Sentence{{"", []string{"a"}, []string{"X"}}}, `unknown tag "X"`},
		{[]Sentence{{"", []string{"a"}, []string{"S-x"}}}, `unknown tag "S-x"`},
		{[]Sentence{{"", []string{"a"}, []string{"B-\t"}}}, `unknown tag "B-\t"`},
		{[]Sentence{{"1\n", []string{"a"}, o}}, `the document "1\n" cannot stand on a line`},
	} {
		err := WriteSentences(&bytes.Buffer{}, tt.in)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: error %v, want %s", tt.in, err, tt.want)
		}
	}
}

// What is written of what can be read is read as the same.
func FuzzWriteSentences(f *testing.F) {
	f.Add([]byte("###MEDLINE:1\na\tB-x\nb\tI-x\n\n-DOCSTART-\tO\nc\tO\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		want, err := ReadCoNLL(bytes.NewReader(data))
		if err != nil {
			return
		}
		var b bytes.Buffer
		if WriteSentences(&b, want) != nil {
			return
		}
		if got, err := ReadCoNLL(&b); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %q, want %q, %v", data, got, want, err)
		}
	})
}
