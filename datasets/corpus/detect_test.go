package corpus

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestDetect(t *testing.T) {
	dir := t.TempDir()
	for name, tt := range map[string]struct {
		content string
		want    Format
	}{
		"iob":                        {"IL-2\tB-DNA\n", CoNLL},
		"medline":                    {"###MEDLINE:1\n\nx\tO\n", CoNLL},
		"mtl.gz":                     {zipped("\n-DOCSTART-\tO\r\n\r\nx\tO\r\n"), CoNLL},
		"train.in":                   {"P00001606T0076 Comparison with alkaline\n", BC2GM},
		"abstracts":                  {abstractsOK, ChemProt},
		"blue":                       {"\ufeff" + blueHeader, BLUE},
		"blue.crlf":                  {"index\tsentence\tlabel\r\n1\tx\ty\r\n", BLUE},
		"a.xml":                      {" \n" + ddiOK, DDI},
		"a.tar.gz":                   {zipped(archive(t, "x/a.xml", ddiOK)), DDI},
		"empty":                      {"", ""},
		"prose":                      {"Binding of dimemorfan\n", ""},
		"entities.tsv":               {"7\tT1\tCHEMICAL\t0\t10\tx\n", ""},
		"bad.gz":                     {"\x1f\x8bx", ""},
		"xml/a/b.xml":                {ddiOK, DDI},
		"chem/test_abstracts_gs.tsv": {abstractsOK, ChemProt},
		"none/README":                {"x", ""},
	} {
		write(t, dir, name, tt.content)
		got, err := Detect(filepath.Join(dir, name))
		if checkError(t, err); got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, tt.want)
		}
		if err != nil && !errors.Is(err, ErrFormat) && name != "bad.gz" {
			t.Errorf("%s: error %v", name, err)
		}
	}
	for name, want := range map[string]Format{"xml": DDI, "chem": ChemProt, "none": "", "gone": ""} {
		got, err := Detect(filepath.Join(dir, name))
		if checkError(t, err); got != want || (err == nil) != (want != "") || name == "gone" && !errors.Is(err, os.ErrNotExist) {
			t.Errorf("folder %s: got %q, %v", name, got, err)
		}
	}
}

func TestDetectCorpora(t *testing.T) {
	for path, want := range map[string]Format{
		"jnlpba/original/Genia4ERtask2.iob2.gz": CoNLL, "jnlpba/mtl/devel.tsv.gz": CoNLL, "jnlpba/biobert/devel.tsv.gz": CoNLL, "bc2gm/mtl/devel.tsv.gz": CoNLL,
		"bc2gm/original/train.in.gz": BC2GM, "bc2gm/devel-split/devel.in.gz": BC2GM,
		"chemprot/original/chemprot_training_abstracts.tsv.gz": ChemProt, "chemprot/original": ChemProt,
		"chemprot/blue/dev.tsv.gz": BLUE, "chemprot/blue/dev.release.tsv.gz": BLUE, "ddi2013/blue/dev.release.tsv.gz": BLUE,
		"ddi2013/xml/train.tar.gz":    DDI,
		"chemprot/limkang/dev.tsv.gz": "", "chemprot/scibert/dev.jsonl.gz": "", "arxiv-qbio/qbio.jsonl.gz": "", "README.md": "",
	} {
		if got, err := Detect(shared(t, path)); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: got %q, %v, want %q", path, got, err, want)
		}
	}
}
