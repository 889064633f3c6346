package datasets

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sparsebio/sparsebio/datasets/annot"
	"github.com/sparsebio/sparsebio/datasets/corpus"
)

const (
	conllFile    = "###MEDLINE:7\n\nβ-Fakol\tB-drug\nacid\tI-drug\nlowers\tO\nQuux\tB-gene\n\nIt\tO\nhelps\tO\n\n###MEDLINE:8\n\nQuux\tI-gene\n"
	blueFile     = "index\tsentence\tlabel\n7.T1.T2\tβ: @CHEMICAL$ lowers @GENE$.\tCPR:4\n7.T1.T3\t\"@CHEM-GENE$ \"\"is\"\" it\"\tfalse\n"
	sciBERTFile  = `{"text": "<< β-Fakol >> lowers [[ Quux ]].", "label": "INHIBITOR", "metadata": []}` + "\n"
	pubTatorFile = "7|t|β-Fakol lowers Quux.\n7|a|It falls.\n7\t0\t7\tβ-Fakol\tChemical\tMESH:D1\n7\t15\t19\tQuux\tGene\t11\n7\tAssociation\tMESH:D1\t11\n\n8|t|Nothing.\n8|a|\n"
	bratText     = "β-Fakol and acid lower Quux.\nIt falls.\n"
	bratAnn      = "T1\tDrug 0 7;12 16\tβ-Fakol acid\nT2\tGene 23 27\tQuux\nT3\tRegulation 17 22\tlower\nE1\tRegulation:T3 Theme:T2 Cause:T1\nA1\tNegation E1\nR1\tLowers Arg1:T1 Arg2:T2\n#1\tAnnotatorNotes T1\tsure\n"
	ddiFile      = `<document id="DDI-X.d1"><sentence id="DDI-X.d1.s0" text="β-Fakol and Zed, Fakol B clash. "><entity id="DDI-X.d1.s0.e0" charOffset="0-6" type="drug" text="β-Fakol"/>` +
		`<entity id="DDI-X.d1.s0.e1" charOffset="12-14;23-23" type="brand" text="Zed B"/><pair id="DDI-X.d1.s0.p0" e1="DDI-X.d1.s0.e0" e2="DDI-X.d1.s0.e1" ddi="true" type="effect"/></sentence></document>`
	bioCFile = `{"source": "x", "date": "", "key": "", "infons": {}, "documents": [{"id": "7", "infons": {"journal": "J"}, "passages": [` +
		`{"offset": 0, "infons": {"type": "title"}, "text": "β-Fakol lowers Quux.", "sentences": [], "annotations": [{"id": "1", "infons": {"type": "Chemical", "identifier": "MESH:D1"}, "text": "β-Fakol", "locations": [{"offset": 0, "length": 7}]}], "relations": []},` +
		`{"offset": 21, "infons": {"type": "abstract"}, "text": "It falls.", "sentences": [], "annotations": [], "relations": []}], "relations": [], "annotations": []}]}`
	pubMedFile = `<?xml version="1.0"?><PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>7</PMID><Article><Journal><Title>J of X</Title><JournalIssue><PubDate><Year>1999</Year></PubDate></JournalIssue></Journal>` +
		`<ArticleTitle>β-Fakol</ArticleTitle><Abstract><AbstractText Label="AIM" NlmCategory="OBJECTIVE">To lower β.</AbstractText><AbstractText Label="RESULT">It fell.</AbstractText></Abstract></Article></MedlineCitation></PubmedArticle></PubmedArticleSet>`
	arXivFile = `{"id": "2401.00010", "title": "On β", "abstract": "We look.", "categories": "q-bio.QM cs.LG"}` + "\n"
)

// corpusFolder makes files by their names.
func corpusFolder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Words with tags are the same rows in SciBERT's columns, which lie in .txt, and in CoNLL 2003's; a text that mentions factor I stays text.
func TestCoNLLColumns(t *testing.T) {
	want := dump(t, load(t, filepath.Join(corpusFolder(t, map[string]string{"train.tsv": conllFile}), "train.tsv")))
	for name, between := range map[string]string{"train.txt": "\tNN\tO\t", "train.conll": " NN O ", "train.iob": " "} {
		dir := corpusFolder(t, map[string]string{name: strings.ReplaceAll(conllFile, "\t", between)})
		if diff := cmp.Diff(want, dump(t, load(t, dir))); diff != "" {
			t.Errorf("%s differs:\n%s", name, diff)
		}
	}
	dir := corpusFolder(t, map[string]string{"x.txt": "Factor I\nFactor B\n\nPatients with blood group O\n"})
	if got := texts(t, load(t, dir), "text"); len(got) != 4 || got[1] != "Factor B" {
		t.Errorf("text became %q", got)
	}
}

// The rows of every format of corpora, from a file and from a folder, by Load and by Stream.
func TestCorpusFormats(t *testing.T) {
	var out strings.Builder
	for _, tt := range []struct {
		format, name string
		files        map[string]string
		opts         []Option
	}{
		{"conll", "train.tsv", map[string]string{"train.tsv": conllFile}, nil},
		{"bc2gm", "train.in", map[string]string{"train.in": "P7X0001 β-Quux binds Zed\n", "GENE.eval": "P7X0001|0 5|β-Quux\n", "ALTGENE.eval": "P7X0001|2 5|Quux\n"}, nil},
		{"chemprot", "x_training_abstracts.tsv", map[string]string{"x_training_abstracts.tsv": "7\tβ-Fakol\tIt lowers Quux.\n", "x_training_entities.tsv": "7\tT1\tCHEMICAL\t0\t7\tβ-Fakol\n7\tT2\tGENE-Y\t18\t22\tQuux\n",
			"x_training_relations.tsv": "7\tCPR:4\tY \tINHIBITOR\tArg1:T1\tArg2:T2\n"}, nil},
		{"blue", "train.tsv", map[string]string{"train.tsv": blueFile}, nil},
		{"scibert", "train.txt", map[string]string{"train.txt": sciBERTFile}, nil},
		{"ddi", "Train/a/d1.xml", map[string]string{"Train/a/d1.xml": ddiFile}, nil},
		{"bioc", "x.json", map[string]string{"x.json": bioCFile}, nil},
		{"pubtator", "x.txt", map[string]string{"x.txt": pubTatorFile}, nil},
		{"brat", "train/x.txt", map[string]string{"train/x.txt": bratText, "train/x.ann": bratAnn}, nil},
		{"pubmed", "pubmed.xml", map[string]string{"pubmed.xml": pubMedFile}, nil},
		{"arxiv", "x.json", map[string]string{"x.json": arXivFile}, []Option{WithFormat("arxiv")}},
	} {
		t.Run(tt.format, func(t *testing.T) {
			dir := corpusFolder(t, tt.files)
			want := dump(t, load(t, filepath.Join(dir, filepath.FromSlash(tt.name)), tt.opts...))
			fmt.Fprintf(&out, "== %s\n%s", tt.format, want)
			for _, opts := range [][]Option{tt.opts, {WithFormat(tt.format)}} {
				if diff := cmp.Diff(want, dump(t, load(t, dir, opts...))); diff != "" {
					t.Errorf("the folder differs:\n%s", diff)
				}
			}
			s := stream(t, dir, tt.opts...)
			fs, err := json.Marshal(s.Features())
			if err != nil {
				t.Fatal(err)
			}
			rows := string(fs) + "\n"
			for r, err := range s.All() {
				if err != nil {
					t.Fatal(err)
				}
				b, err := r.MarshalJSON()
				if err != nil {
					t.Fatal(err)
				}
				rows += string(b) + "\n"
			}
			if diff := cmp.Diff(want, rows); diff != "" {
				t.Errorf("the stream differs:\n%s", diff)
			}
		})
	}
	golden(t, "corpora", out.String())
}

// What is written of a corpus is read as the same table.
func TestWriteCorpora(t *testing.T) {
	dir := corpusFolder(t, map[string]string{"a.tsv": conllFile, "a.txt": pubTatorFile, "a.json": bioCFile, "brat/train/x.txt": bratText, "brat/train/x.ann": bratAnn, "brat/dev/x.txt": "Quux\n", "brat/dev/x.ann": ""})
	for _, tt := range []struct{ from, to string }{
		{"a.tsv", "out.conll"}, {"a.tsv", "out.iob2.gz"}, {"a.txt", "out.pubtator"}, {"a.txt", "out.pubtator.gz"}, {"a.json", "out.bioc.json"}, {"a.json", "out.bioc.xml"}, {"a.json", "out.bioc.json.gz"},
		{"a.tsv", "rows.jsonl"}, {"a.json", "rows.jsonl"}, {"brat", "rows.arrow"}, {"a.txt", "rows.arrow"},
	} {
		d := load(t, filepath.Join(dir, tt.from), WithSplit("all"))
		to := filepath.Join(t.TempDir(), tt.to)
		if err := d.WriteFile(to); err != nil {
			t.Error(err)
			continue
		}
		want, got := dump(t, d), dump(t, load(t, to))
		if strings.HasSuffix(to, ".jsonl") { // empty lists have no type there
			_, want, _ = strings.Cut(want, "\n")
			_, got, _ = strings.Cut(got, "\n")
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s to %s:\n%s", tt.from, tt.to, diff)
		}
	}
	for _, split := range []string{"train", "validation"} {
		brat := load(t, filepath.Join(dir, "brat"), WithSplit(split))
		to := filepath.Join(t.TempDir(), "out")
		if err := brat.WriteBrat(to); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(dump(t, brat), dump(t, load(t, to))); diff != "" {
			t.Errorf("brat, %s:\n%s", split, diff)
		}
	}
	// Rows that went through JSON still are documents.
	json := filepath.Join(t.TempDir(), "x.jsonl")
	brat := load(t, filepath.Join(dir, "brat"), WithSplit("train"))
	if err := brat.WriteFile(json); err != nil {
		t.Fatal(err)
	}
	for _, d := range []*Dataset{brat, load(t, json), load(t, filepath.Join(dir, "brat", "train", "x.ann"))} {
		for s, err := range Standoffs(d) {
			if err != nil {
				t.Fatal(err)
			}
			if len(s.Entities) != 2 || len(s.EntityNotes[0].Parts) != 2 || s.Relations[0].Target.Text != "Quux" || !s.Events[0].Negated || s.Events[0].Arguments[1].Entity.Text != s.Entities[0].Text {
				t.Errorf("%+v", s)
			}
		}
	}
}

// Tables without rows are written as what says when it is read that nothing is in it.
func TestWriteNoDocuments(t *testing.T) {
	type row struct {
		ID   string `json:"id"`
		Text string `json:"text"`
	}
	d := must(t)(From("made", []row{}, WithAllocator(checked(t))))
	for name, want := range map[string]string{
		"x.bioc.json": "nothing in it", "x.bioc.json.gz": "nothing in it", "x.bioc.xml": "nothing in it",
		"x.conll": `x.conll" is empty`, "x.iob2": `x.iob2" is empty`, "x.pubtator": `x.pubtator" is empty`,
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := d.WriteFile(path); err != nil {
			t.Error(err)
		}
		_, err := Load(t.Context(), path, WithAllocator(checked(t)))
		wantError(t, err, want)
		wantError(t, err, name)
	}
}

// Sentences with entities that have a type and a place only are documents, too.
func TestStandoffsOfSentences(t *testing.T) {
	dir := corpusFolder(t, map[string]string{"a.tsv": conllFile, "train.in": "P7X0001 β-Quux binds Zed\n", "GENE.eval": "P7X0001|0 5|β-Quux\n"})
	for file, want := range map[string][]annot.Document{
		"a.tsv": {
			{ID: "7", Text: "β-Fakol acid lowers Quux", Entities: []annot.Entity{{Type: "drug", Start: 0, End: 13, Text: "β-Fakol acid", Score: 1}, {Type: "gene", Start: 21, End: 25, Text: "Quux", Score: 1}}},
			{ID: "7", Text: "It helps"},
			{ID: "8", Text: "Quux", Entities: []annot.Entity{{Type: "gene", Start: 0, End: 4, Text: "Quux", Score: 1}}},
		},
		"train.in": {{ID: "P7X0001", Text: "β-Quux binds Zed", Entities: []annot.Entity{{Type: "GENE", Start: 0, End: 7, Text: "β-Quux", Score: 1}}}},
	} {
		var got []annot.Document
		for s, err := range Standoffs(load(t, filepath.Join(dir, file))) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, s.Document)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", file, diff)
		}
	}
}

func TestStandoffsErrors(t *testing.T) {
	type entity = entityCell
	type row struct {
		Text      string         `json:"text"`
		Entities  []entity       `json:"entities"`
		Relations []relationCell `json:"relations"`
		Events    []eventCell    `json:"events"`
	}
	three := int64(3)
	for _, tt := range []struct {
		row  row
		want string
	}{
		{row{Text: "p53", Entities: []entity{{Type: "x", Start: 0, End: 4}}}, `row 0 of data set "made": annot: entity 0 (""): bytes 0 to 4 of a text of 3`},
		{row{Text: "p53", Relations: []relationCell{{Source: 0, Target: 1}}}, "relation 0 names entity 0 of 0"},
		{row{Text: "p53", Entities: []entity{{Type: "x", End: 3}}, Relations: []relationCell{{Sentence: &partCell{Start: 2, End: 9}}}}, "a sentence has bytes 2 to 9 of a text of 3"},
		{row{Text: "p53", Events: []eventCell{{Arguments: []argumentCell{{Event: &three}}}}}, "names event 3 of 1"},
		{row{Text: "p53", Events: []eventCell{{Arguments: []argumentCell{{Entity: &three}}}}}, "names entity 3 of 0"},
		{row{Text: "p53", Events: []eventCell{{Arguments: []argumentCell{{}}}}}, "names neither an entity nor an event"},
	} {
		d := must(t)(From("made", []row{tt.row}, WithAllocator(checked(t))))
		for _, err := range Standoffs(d) {
			wantError(t, err, tt.want)
		}
		wantError(t, d.WriteFile(filepath.Join(t.TempDir(), "x.pubtator")), tt.want)
	}
	d := load(t, "testdata/five.jsonl")
	for _, err := range Standoffs(d) {
		wantError(t, err, `data set "testdata/five.jsonl": no column "text" (has id, title`)
	}
	wantError(t, d.WriteBrat(t.TempDir()), `no column "text"`)
	wantError(t, d.WriteFile(filepath.Join(t.TempDir(), "x.conll")), `no column`)
}

// What could be several things is what the comment of Load says, and WithFormat overrules it.
func TestCorpusAmbiguous(t *testing.T) {
	dir := corpusFolder(t, map[string]string{
		"table.tsv": "7\tT1\tx\n8\tT2\ty\n", "text.txt": "BRCA12 binds.\nIL-2\tO\n", "docs.jsonl": `{"id": "1", "documents": [{"title": "x"}]}` + "\n", "arxiv.json": arXivFile,
		"mixed/a.csv": "a\n1\n", "mixed/b.xml": bioCFile, "other/x.xml": "<html></html>", "xml/x.xml": "<collection><source/><date/><key/></collection>",
		"two/a.xml": pubMedFile, "two/b.iob2": conllFile, "brat/a.txt": "x", "brat/a.ann": "", "iob/train.tsv": conllFile, "iob/devel.tsv": conllFile, "iob/LICENSE.txt": "free\n",
	})
	for _, tt := range []struct {
		path    string
		opts    []Option
		columns string
	}{
		{"table.tsv", nil, "7 T1 x"},
		{"text.txt", nil, "text"},
		{"docs.jsonl", nil, "id documents"},
		{"arxiv.json", nil, "id title abstract categories"},
		{"mixed", nil, "a"},
		{"brat/a.txt", nil, "id title text entities relations events passages extras attributes"},
		{"brat/a.txt", []Option{WithFormat("txt")}, "text"},
		{"brat", []Option{WithFormat("txt")}, "text"},
		{"iob", []Option{WithSplit("validation"), WithColumns("ner_tags", "document")}, "ner_tags document"},
		{"iob", []Option{WithSplit("all"), WithFormat("conll")}, "document tokens ner_tags text entities"},
	} {
		if got := strings.Join(load(t, filepath.Join(dir, filepath.FromSlash(tt.path)), tt.opts...).Columns(), " "); got != tt.columns {
			t.Errorf("%s: columns %s, want %s", tt.path, got, tt.columns)
		}
	}
	for _, tt := range []struct {
		path string
		opts []Option
		want string
	}{
		{"two", nil, `has data files of several formats: conll, pubmed (choose one with WithFormat)`},
		{"other", nil, "has no data files (looked for"},
		{"mixed", []Option{WithFormat("pubmed")}, `b.xml": nothing in it`},
		{"iob", []Option{WithFormat("ddi")}, "has no data files (looked for ddi, .xml, .tar, .tgz)"},
		{"iob", []Option{WithSplit("test")}, `has no split "test" (has train, validation)`},
		{"iob/train.tsv", []Option{WithColumns("tags")}, `no column "tags" (has document, tokens, ner_tags, text, entities)`},
		{"iob/train.tsv", []Option{WithFormat("blue")}, "train.tsv:1: "},
		{"xml", nil, `x.xml": nothing in it`},
		{"brat/a.txt", []Option{WithFormat("bc2gm")}, "GENE.eval"},
	} {
		_, err := Load(t.Context(), filepath.Join(dir, filepath.FromSlash(tt.path)), append(tt.opts, WithAllocator(checked(t)))...)
		wantError(t, err, tt.want)
		if err != nil && !strings.HasPrefix(err.Error(), "datasets: ") {
			t.Errorf("%v does not begin with the package", err)
		}
	}
	if names := slices.Sorted(func(yield func(string) bool) {
		for _, n := range corpusNames {
			if !yield(n) {
				return
			}
		}
	}); len(slices.Compact(names)) != len(corpusFormats) || len(corpusExtensions) != len(corpusFormats) {
		t.Errorf("formats %q, %d readers", names, len(corpusFormats))
	}
	if got := commonFolder([]string{"/a/b/c", "/a/d"}); got != "/a" {
		t.Errorf("common folder %q", got)
	}
}

// Where a corpus stops making sense is named with its line.
func TestCorpusErrors(t *testing.T) {
	for name, content := range map[string]string{
		"x.tsv":      "a\tO\nb\n",
		"x.json":     strings.Replace(bioCFile, `"length": 7`, `"length": 70`, 1),
		"x.pubtator": "7|t|a\n7|a|b\n7\t9\t9\tx\n",
		"x.xml":      "<PubmedArticleSet>\n<PubmedArticle>\n</PubmedArticleSet>",
		"y.xml":      "<document id='x'>\n<sentence",
		"x.txt":      `{"text": "<< a >> [[ b ]]", "label": "x"}` + "\n{\n",
	} {
		path := filepath.Join(corpusFolder(t, map[string]string{name: content}), name)
		_, err := Load(t.Context(), path, WithAllocator(checked(t)))
		wantError(t, err, "datasets: "+path+":")
	}
	_, err := Load(t.Context(), corpusFolder(t, map[string]string{"a.ann": ""}), WithAllocator(checked(t)))
	wantError(t, err, "datasets: ")
}

func TestCorpusNames(t *testing.T) {
	for format, name := range corpusNames {
		if corpusFormats[name] == nil {
			t.Errorf("%s is %q, which has no reader", format, name)
		}
	}
	if corpusNames[corpus.CoNLL] != "conll" {
		t.Error(corpusNames)
	}
}
