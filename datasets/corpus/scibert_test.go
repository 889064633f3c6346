package corpus

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

const sciBERTOK = `{"text": "<< β-Fakol >> lowers [[ Quux ]].", "label": "INHIBITOR", "metadata": []}` + "\n\n" +
	`{"text": "[[ Quux ]] needs no << Fakol >>.", "label": "NOT", "metadata": []}` + "\n"

func TestReadSciBERT(t *testing.T) {
	pairs, err := ReadSciBERT(strings.NewReader(sciBERTOK))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, p := range pairs {
		fmt.Fprintf(&b, "%d %s", p.Line, p.Label)
		for _, m := range p.Marks() {
			fmt.Fprintf(&b, " %s %s", m.Sign, p.Text[m.Start:m.End])
		}
		b.WriteByte('\n')
	}
	equal(t, "pairs", b.String(), "1 INHIBITOR << β-Fakol [[ Quux\n3 NOT [[ Quux << Fakol\n")
}

func TestReadSciBERTErrors(t *testing.T) {
	for in, want := range map[string]string{
		"\n{":                              "corpus: line 2: unexpected end of JSON input",
		`{"label": "x"}`:                   "corpus: line 1: no text",
		`{"text": "<< a >> [[ b ]]"}`:      "corpus: line 1: no label",
		`{"text": "<< a >>", "label":"x"}`: `corpus: line 1: want one mention in << >> and one in [[ ]] in "<< a >>"`,
		`{"text": "<< a >> << b >>", "label":"x"}`: `corpus: line 1: want one mention in << >> and one in [[ ]] in "<< a >> << b >>"`,
		`{"text": "<< a [[ b ]]", "label":"x"}`:    `corpus: line 1: want one mention in << >> and one in [[ ]] in "<< a [[ b ]]"`,
	} {
		_, err := ReadSciBERT(strings.NewReader(in))
		var pe *ParseError
		if !errors.As(err, &pe) || err.Error() != want {
			t.Errorf("%s: error %v, want %s", in, err, want)
		}
	}
	if _, err := ReadSciBERT(strings.NewReader("\n")); !errors.Is(err, ErrEmpty) {
		t.Errorf("error %v", err)
	}
}

func TestMarks(t *testing.T) {
	for text, want := range map[string]string{
		"@CHEMICAL$ and @GENE$":    "@CHEMICAL$ 0 10, @GENE$ 15 21, ",
		"β @CHEM-GENE$ @ $ @a$ @B": "@CHEM-GENE$ 3 14, ",
		"@@DRUG$$ of @$":           "@DRUG$ 1 7, ",
		"<< a >> [[ b ]] << c":     "<< 3 4, [[ 11 12, ",
		"<<  >>":                   "",
		"[[ x << y >> z ]]":        "[[ 3 14, << 8 9, ",
	} {
		var b strings.Builder
		for _, m := range (Pair{Text: text}).Marks() {
			fmt.Fprintf(&b, "%s %d %d, ", m.Sign, m.Start, m.End)
		}
		equal(t, text, b.String(), want)
	}
}

func TestSciBERTCorpus(t *testing.T) {
	for path, want := range map[string]int{"chemprot/scibert/train.jsonl.gz": 4169, "chemprot/scibert/dev.jsonl.gz": 2427} {
		pairs, err := ReadFile(shared(t, path), ReadSciBERT)
		if err != nil || len(pairs) != want {
			t.Errorf("%s: %d pairs, want %d: %v", path, len(pairs), want, err)
		}
	}
}

func FuzzReadSciBERT(f *testing.F) {
	f.Add([]byte(sciBERTOK))
	f.Add([]byte(`{"text": "@GENE$ << [[ a ]] >>", "label": "x"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		pairs, err := ReadSciBERT(strings.NewReader(string(data)))
		checkError(t, err)
		for _, p := range pairs {
			for _, m := range p.Marks() {
				if m.Start < 0 || m.Start > m.End || m.End > len(p.Text) {
					t.Fatalf("%q: mark %+v", p.Text, m)
				}
			}
		}
	})
}
