package corpus

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestDetect(t *testing.T) {
	dir := t.TempDir()
	files := map[string]struct {
		content string
		want    Format
	}{
		"iob":                        {"IL-2\tB-DNA\n", CoNLL},
		"medline":                    {"###MEDLINE:1\n\nx\tO\n", CoNLL},
		"mtl.gz":                     {zipped("\n-DOCSTART-\tO\r\n\r\nx\tO\r\n"), CoNLL},
		"iobes":                      {"IL-2\tS-DNA\n", CoNLL},
		"scibert.txt":                {"IL-2\tNN\tO\tB-DNA\ngene\tNN\tO\tI-DNA\n\n", CoNLL},
		"conll2003":                  {"-DOCSTART- -X- O O\n\nEU NNP B-NP B-ORG\n", CoNLL},
		"blanks":                     {"IL-2 B-DNA\ngene I-DNA", CoNLL},
		"blanks.crlf":                {"IL-2 O\r\ngene O\r\n\r\nText", CoNLL},
		"one line":                   {"Grade I\n", ""},
		"factors":                    {"Factor I\nFactor B\n", ""},
		"table.tsv":                  {"gene\tclass\tletter\nx\ty\tO\n", ""},
		"letters.tsv":                {"gene\tE\nx\tS\n", ""},
		"words with tags once":       {"IL-2 B-DNA\nThe gene was found\n", ""},
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
		"bioc.xml":                   {biocXMLOK, BioCXML},
		"bioc/a.xml":                 {biocXMLOK, BioCXML},
		"bioc.json.gz":               {zipped(biocJSONOK), BioCJSON},
		"collection.json":            {"{\"source\":\"\",\"date\":\"\",\"key\":\"\",\"infons\":{},\"documents\":[\n]}\n", BioCJSON},
		"list.json":                  {`{"source": "", "documents": []}`, ""},
		"column.jsonl":               {`{"id": "1", "documents": [{"title": "x", "text": "y"}]}`, ""},
		"passages.jsonl":             {`{"question": "1", "passages": {"text": ["x"]}}`, ""},
		"texts.jsonl":                {`{"documents": ["x"]}`, ""},
		"scibert.jsonl":              {sciBERTOK, SciBERT},
		"pubtator3.json":             {"\ufeff [{\"x\": {\"a\": [1]}, \"PubTator3\": [", BioCJSON},
		"document.jsonl":             {"{\"_id\": \"1\", \"passages\"", BioCJSON},
		"pubmed.xml.gz":              {zipped(pubMedOK), PubMed},
		"pubmed.cut":                 {"<?xml version=\"1.0\"?><!DOCTYPE PubmedArticleSet PUBLIC \"x\" \"y\"><PubmedArticleSet>", PubMed},
		"pubtator":                   {pubTatorOK, PubTator},
		"other|t|":                   {"a b|t|c\n", ""},
		"arxiv.json":                 {arXivOK, ArXiv},
		"other.json":                 {"{\"id\": \"1\", \"text\": \"x\"}", ""},
		"other.jsonl":                {"[1, 2]", ""},
		"brat/x/a.ann":               {"", Brat},
		"brat/x/a.txt":               {pubTatorOK, Brat},
		"brat/x/b.xml":               {ddiOK, DDI},
		"brat/x/b.txt":               {pubTatorOK, PubTator},
		"a1/c.a1":                    {"T1\tx 0 1\ta\n", Brat},
		"a1/c.txt":                   {"a", Brat},
		"brat.zip":                   {zipArchive(t, "x/a.txt", "a", "x/a.ann", ""), Brat},
		"other.zip":                  {zipArchive(t, "x/a.txt", "a"), ""},
		"bad.zip":                    {"PK\x03\x04", ""},
		"brat.tgz":                   {zipped(archive(t, "x/README", "r", "x/a.txt", "a", "x/a.ann", "")), Brat},
		"cut.tar":                    {archive(t, "x/README", strings.Repeat("r", 1000))[:600], ""},
	}
	for name, tt := range files {
		write(t, dir, name, tt.content)
	}
	for name, tt := range files {
		got, err := Detect(filepath.Join(dir, name))
		if checkError(t, err); got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, tt.want)
		}
		if err != nil && !errors.Is(err, ErrFormat) && !slices.Contains([]string{"bad.gz", "bad.zip", "cut.tar"}, name) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	for name, want := range map[string]Format{"xml": DDI, "chem": ChemProt, "none": "", "gone": "", "brat": Brat, "a1": Brat, "bioc": ""} {
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
		"chemprot/limkang/dev.tsv.gz": "", "chemprot/scibert/dev.jsonl.gz": SciBERT, "README.md": "",
		"arxiv-qbio/qbio.jsonl.gz": ArXiv,
	} {
		if got, err := Detect(shared(t, path)); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: got %q, %v, want %q", path, got, err, want)
		}
	}
}
