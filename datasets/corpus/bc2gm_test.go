package corpus

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

func readGenes(in, genes, alternatives string) ([]GeneSentence, error) {
	return ReadBC2GM(strings.NewReader(in), strings.NewReader(genes), strings.NewReader(alternatives))
}

func TestReadBC2GM(t *testing.T) {
	const text = "The  α-actin gene binds\u00a0IL-2." // characters that are not blank: The 0-2, α-actin 3-9, gene 10-13, binds 14-18, IL-2 19-22
	got, err := readGenes("P1T0 "+text+"\nP2A0 Nothing.\n", "P1T0|3 9|α-actin\nP1T0|19 22|interleukin 2\n", "P1T0|3 13|α-actin gene\n")
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) annot.Span {
		i := strings.Index(text, s)
		return annot.Span{Start: i, End: i + len(s)}
	}
	want := []GeneSentence{
		{"P1T0", text, []Gene{{at("α-actin"), "α-actin"}, {at("IL-2"), "interleukin 2"}}, []Gene{{at("α-actin gene"), "α-actin gene"}}},
		{"P2A0", "Nothing.", nil, nil},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestReadBC2GMErrors(t *testing.T) {
	const in = "P1 IL-2 α\n"
	for _, tt := range []struct{ in, genes, alternatives, want string }{
		{"", "", "", "corpus: train.in: nothing in it (want lines of identifier, blank, text)"},
		{"P1\n", "", "", `corpus: train.in:1: "P1" is not identifier, blank, text`},
		{"P1  \n", "", "", `corpus: train.in:1: sentence "P1" is empty`},
		{in + in, "", "", `corpus: train.in:2: sentence "P1" occurs twice`},
		{"\xff a\n", "", "", `corpus: train.in:1: invalid UTF-8 in "\xff a"`},
		{in, "P1|0 3\n", "", `corpus: GENE.eval:1: "P1|0 3" is not identifier|first last|name`},
		{in, "P1|0 3|IL-2\nP2|0 3|IL-2\n", "", `corpus: GENE.eval:2: there is no sentence "P2" in train.in`},
		{in, "P1|0 5|IL-2\n", "", `corpus: GENE.eval:1: sentence "P1": offsets "0 5" in a text of 5 characters that are not blank`},
		{in, "P1|-1 3|IL-2\n", "", `corpus: GENE.eval:1: sentence "P1": offsets "-1 3" in a text of 5 characters that are not blank`},
		{in, "P1|3 2|IL-2\n", "", `corpus: GENE.eval:1: sentence "P1": offsets "3 2" in a text of 5 characters that are not blank`},
		{in, "P1|0 99999999999999999999|IL-2\n", "", `corpus: GENE.eval:1: sentence "P1": "0 99999999999999999999" is not two offsets`},
		{in, "P1|0 3|IL-2\n", "P1|a b|IL-2\n", `corpus: ALTGENE.eval:1: sentence "P1": "a b" is not two offsets`},
	} {
		got, err := readGenes(tt.in, tt.genes, tt.alternatives)
		if checkError(t, err); err == nil || err.Error() != tt.want || got != nil {
			t.Errorf("got %v, error %v, want %s", got, err, tt.want)
		}
	}
}

func TestReadBC2GMFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "devel.in", "P1 IL-2 α\n")
	path := filepath.Join(dir, "devel.in")
	if _, err := ReadBC2GMFiles(path); err == nil || !strings.Contains(err.Error(), "there is no GENE.eval beside it") {
		t.Errorf("without genes: %v", err)
	}
	write(t, dir, "GENE.eval.gz", zipped("P1|0 3|IL-2\n"))
	got, err := ReadBC2GMFiles(path)
	if err != nil || len(got) != 1 || len(got[0].Genes) != 1 || got[0].Alternatives != nil {
		t.Errorf("got %+v, %v", got, err)
	}
	write(t, dir, "ALTGENE.eval", "P1|0 9|IL-2\n")
	if _, err := ReadBC2GMFiles(path); err == nil || !strings.HasPrefix(err.Error(), "corpus: "+filepath.Join(dir, "ALTGENE.eval")+":1: ") {
		t.Errorf("bad alternatives: %v", err)
	}
}

func FuzzReadBC2GM(f *testing.F) {
	f.Add("P1 IL-2 α\n", "P1|0 3|IL-2\n", "P1|0 4|IL-2 α\n")
	f.Add("P1 \xff\n", "P1|0 3\n", "|")
	f.Fuzz(func(t *testing.T, in, genes, alternatives string) {
		got, err := readGenes(in, genes, alternatives)
		if checkError(t, err); err != nil {
			return
		}
		for _, s := range got {
			for _, g := range append(s.Genes, s.Alternatives...) {
				if x := s.Text[g.Start:g.End]; x == "" || strings.TrimSpace(x) != x {
					t.Fatalf("%q: gene %q at %v", s.Text, x, g.Span)
				}
			}
		}
	})
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}
