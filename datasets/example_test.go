package datasets_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/sparsebio/sparsebio/biobert/report"
	"github.com/sparsebio/sparsebio/datasets"
	"github.com/sparsebio/sparsebio/datasets/annot"
	"github.com/sparsebio/sparsebio/datasets/hub"
	"github.com/sparsebio/sparsebio/datasets/hub/hubtest"
)

var ctx = context.Background()

func Example() {
	abstracts, err := datasets.Load(ctx, "arxiv-biology-demo")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(abstracts.NumRows() >= 40, abstracts.Columns())
	for doc, err := range abstracts.Documents("abstract") {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(doc.ID, doc.Title != "", len(doc.Text) > 200)
		break
	}
	// Output:
	// true [id title abstract categories published]
	// demo-0001 true true
}

func ExampleLoad() {
	d, err := datasets.Load(ctx, "testdata/five.csv", datasets.WithColumns("id", "title", "year"), datasets.WithLimit(3))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(d)
	// Output:
	// testdata/five.csv: 3 rows
	// id          title               year
	// string      string              int64
	// 0704.0001   NF-κB in a dish     2007
	// 2401.00010  A "quiet" enhancer  2024
	// 2402.00003  Ca²⁺ sparks         null
}

// arXiv's own metadata file loads as it is.
func ExampleLoad_arxiv() {
	d, err := datasets.Load(ctx, "testdata/arxiv-metadata.json", datasets.WithColumns("id", "categories", "abstract"))
	if err != nil {
		fmt.Println(err)
		return
	}
	quantitative, err := d.Filter(func(r datasets.Row) bool {
		c, _ := r.String("categories") // an error would end the filter
		return strings.Contains(c, "q-bio.QM")
	})
	fmt.Println(quantitative, err)
	// Output:
	// testdata/arxiv-metadata.json: 1 row
	// id         categories         abstract
	// string     string             string
	// 0711.0001  q-bio.BM q-bio.QM  We invent an $\alpha$-helix and…
	//  <nil>
}

func ExampleWithSplit() {
	_, err := datasets.Load(ctx, "testdata/saved-splits")
	fmt.Println(err)
	test, err := datasets.Load(ctx, "testdata/saved-splits", datasets.WithSplit("test"))
	fmt.Println(test.NumRows(), err)
	some, err := datasets.Load(ctx, "testdata/saved-splits", datasets.WithSplit("train[:50%]+test[-1:]"))
	fmt.Println(some.NumRows(), err)
	_, err = datasets.Load(ctx, "testdata/saved-splits", datasets.WithSplit("dev[:10%]"))
	fmt.Println(err)
	// Output:
	// datasets: "testdata/saved-splits" has several splits: train, test (choose one with WithSplit)
	// 2 <nil>
	// 3 <nil>
	// datasets: "testdata/saved-splits" has no split "dev" (has train, test)
}

func ExampleDataset_Text() {
	d, err := datasets.Load(ctx, "testdata/five.jsonl")
	if err != nil {
		fmt.Println(err)
		return
	}
	for text, err := range d.Text("abstrct") {
		fmt.Printf("%q %v\n", text, err)
	}
	// Output:
	// "" datasets: no column "abstrct" in data set "testdata/five.jsonl" (has id, title, abstract, categories, year, score, reviewed)
}

func ExampleDataset_ClassNames() {
	d, err := datasets.Load(ctx, "testdata/saved")
	if err != nil {
		fmt.Println(err)
		return
	}
	names, err := d.ClassNames("label")
	if err != nil {
		fmt.Println(err)
		return
	}
	labels, err := datasets.Column[int64](d, "label")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, l := range labels {
		fmt.Println(names[l])
	}
	// Output:
	// other
	// signalling
	// genomics
	// other
	// signalling
}

func ExampleMap() {
	d, err := datasets.Load(ctx, "testdata/five.jsonl", datasets.WithColumns("id", "abstract"))
	if err != nil {
		fmt.Println(err)
		return
	}
	d, err = datasets.Map(d, "words", func(r datasets.Row) (int, error) {
		s, err := r.String("abstract")
		return len(strings.Fields(s)), err
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if d, err = d.Sort("words", true); err == nil {
		d, err = d.SelectColumns("id", "words")
	}
	fmt.Println(d.Head(2), err)
	// Output:
	// testdata/five.jsonl: 2 rows
	// id          words
	// string      int64
	// 0704.0001   18
	// 2402.00003  13
	//  <nil>
}

func ExampleFrom() {
	type hit struct {
		Gene  string  `json:"gene"`
		Score float64 `json:"score"`
	}
	d, err := datasets.From("hits", []hit{{"TP53", 0.5}, {"GATA1", 1}})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := d.WriteJSONL(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// {"gene": "TP53", "score": 0.5}
	// {"gene": "GATA1", "score": 1.0}
}

// Results become a table: a row for each entity, and where it came from.
func ExampleEntities() {
	docs := []annot.Document{{
		ID: "demo-1", Text: "IL-2 and NF-κB in T cells",
		Entities: []annot.Entity{{Type: "protein", Start: 0, End: 4, Score: 0.99}, {Type: "protein", Start: 9, End: 15, Score: 0.97}, {Type: "cell_type", Start: 19, End: 26, Score: 0.9}},
	}}
	made := report.Provenance{Models: []report.ModelUse{{Name: "jnlpba"}}}
	d, err := datasets.Entities(docs, datasets.WithCharOffsets(), datasets.WithProvenance(made))
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := d.WriteCSV(os.Stdout); err != nil {
		fmt.Println(err)
		return
	}
	p, err := d.Provenance()
	fmt.Println(p.Models[0].Name, p.Options, err)
	// Output:
	// doc,doc_id,type,text,start,end,score
	// 0,demo-1,protein,IL-2,0,4,0.99
	// 0,demo-1,protein,NF-κB,9,14,0.97
	// 0,demo-1,cell_type,T cells,18,25,0.9
	// jnlpba map[offsets:characters] <nil>
}

func ExampleDataset_TrainTestSplit() {
	d, err := datasets.Load(ctx, "testdata/five.jsonl", datasets.WithColumns("id"))
	if err != nil {
		fmt.Println(err)
		return
	}
	train, test, err := d.TrainTestSplit(datasets.TestSplit{Share: 0.2, Seed: 42})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(train.NumRows(), test.NumRows())
	// Output:
	// 4 1
}

func ExampleDataset_CastColumn() {
	type row struct {
		Text  string `json:"text"`
		Label string `json:"label"`
	}
	d, err := datasets.From("notes", []row{{"IL-2 binds", "yes"}, {"p53 alone", "no"}, {"?", "maybe"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = d.CastColumn("label", datasets.ClassLabel("no", "yes"))
	fmt.Println(err)
	d, err = d.Head(2).CastColumn("label", datasets.ClassLabel("no", "yes"))
	fmt.Println(d, err)
	// Output:
	// datasets: column "label" of data set "notes", which is string, cannot be cast to ClassLabel(2): row 2: "maybe" is not one of the 2 labels (no, yes)
	// notes: 2 rows
	// text        label
	// string      ClassLabel(2)
	// IL-2 binds  1
	// p53 alone   0
	//  <nil>
}

// A set of any size is read a few rows at a time.
func ExampleStream() {
	s, err := datasets.Stream(ctx, "testdata/five.jsonl", datasets.WithSplit("train[1:]"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for batch, err := range s.Batches(3) {
		if err != nil {
			fmt.Println(err)
			return
		}
		ids, err := datasets.Column[string](batch, "id")
		fmt.Println(ids, err)
	}
	// Output:
	// [2401.00010 2402.00003 2403.00004] <nil>
	// [2404.00005] <nil>
}

// Rows as structs, of a set or of a stream.
func ExampleRows() {
	type paper struct {
		ID   string `json:"id"`
		Year *int   `json:"year"` // nil where it is not known
	}
	s, err := datasets.Stream(ctx, "testdata/five.jsonl", datasets.WithLimit(3))
	if err != nil {
		fmt.Println(err)
		return
	}
	for p, err := range datasets.Rows[paper](s) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(p.ID, p.Year != nil)
	}
	// Output:
	// 0704.0001 true
	// 2401.00010 true
	// 2402.00003 false
}

func ExampleDescribe() {
	d, err := datasets.Load(ctx, "testdata/five.jsonl", datasets.WithColumns("id", "year", "score"))
	if err != nil {
		fmt.Println(err)
		return
	}
	about, err := datasets.Describe(d)
	fmt.Println(about, err)
	// Output:
	// testdata/five.jsonl: 5 rows
	// column  type     nulls  distinct  min      mean       max       most frequent
	// id      string   0      5         9 chars  9.8 chars  10 chars
	// year    int64    1      2         2007     2019.75    2024      2024 (3), 2007 (1)
	// score   float64  1      4         -3e-09   0.9375     2.25
	//  <nil>
}

// A folder of splits, as DatasetDict.save_to_disk writes it in Python.
func ExampleLoadSplits() {
	splits, err := datasets.LoadSplits(ctx, "testdata/saved-splits")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range splits {
		fmt.Println(s.Name, s.NumRows())
	}
	// Output:
	// train 3
	// test 2
}

// Corpora are found by their content; spans come with offsets in bytes and in characters.
func ExampleLoad_pubTator() {
	dir, err := os.MkdirTemp("", "corpus")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	text := "7|t|β-Fakol lowers Quux.\n7|a|It falls.\n7\t0\t7\tβ-Fakol\tChemical\tMESH:D1\n7\t15\t19\tQuux\tGene\t11\n"
	if err := os.WriteFile(dir+"/abstracts.txt", []byte(text), 0o666); err != nil {
		fmt.Println(err)
		return
	}
	d, err := datasets.Load(ctx, dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	type abstract struct {
		ID       string `json:"id"`
		Entities []struct {
			Text      string `json:"text"`
			Type      string `json:"type"`
			Start     int64  `json:"start"`
			CharStart int64  `json:"char_start"`
		} `json:"entities"`
	}
	for a, err := range datasets.Rows[abstract](d) {
		fmt.Println(a.ID, err)
		for _, e := range a.Entities {
			fmt.Println(e.Text, e.Type, e.Start, e.CharStart)
		}
	}
	// Output:
	// 7 <nil>
	// β-Fakol Chemical 0 0
	// Quux Gene 16 15
}

// hubOf plays the hub with one data set, in place of the real one, for which WithHub is left out.
func hubOf(id string, files map[string]string) (repo *hubtest.Repo, option datasets.Option, done func()) {
	cache, err := os.MkdirTemp("", "hub")
	if err != nil {
		log.Fatal(err)
	}
	h := hubtest.Start()
	repo = h.Add("dataset", id, files)
	c, err := hub.New(hub.WithEndpoint(h.URL()), hub.WithCacheDir(cache))
	if err != nil {
		log.Fatal(err)
	}
	return repo, datasets.WithHub(c), func() { h.Close(); os.RemoveAll(cache) }
}

// A set may have several configurations, which its card names.
func ExampleWithConfig() {
	_, fake, done := hubOf("me/papers", map[string]string{
		"README.md": `---
configs:
- config_name: abstracts
  data_files: abstracts.csv
- config_name: titles
  data_files: titles.csv
---
`,
		"abstracts.csv": "text\np53 binds MDM2.\n",
		"titles.csv":    "text\nOn p53\nOn MDM2\n",
	})
	defer done()
	_, err := datasets.Load(ctx, "me/papers", fake)
	fmt.Println(err)
	d, err := datasets.Load(ctx, "me/papers", datasets.WithConfig("titles"), fake)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(d.NumRows())
	// Output:
	// datasets: "me/papers" has several configurations: abstracts, titles (choose one with WithConfig)
	// 2
}

// A branch moves, a commit or a tag stays.
func ExampleWithRevision() {
	repo, fake, done := hubOf("me/papers", map[string]string{"train.csv": "text\nOn p53\n"})
	defer done()
	repo.Tag("v1", repo.Head("main"))
	repo.Commit("main", map[string]string{"train.csv": "text\nOn p53\nOn MDM2\n"})
	for _, revision := range []string{"main", "v1"} {
		d, err := datasets.Load(ctx, "me/papers", datasets.WithRevision(revision), fake)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(revision, d.NumRows())
	}
	_, err := datasets.Load(ctx, "me/papers", datasets.WithRevision("v2"), fake)
	fmt.Println(errors.Is(err, hub.ErrRevisionNotFound))
	// Output:
	// main 2
	// v1 1
	// true
}

// folderOf makes a folder of files.
func folderOf(files map[string]string) string {
	dir, err := os.MkdirTemp("", "corpus")
	if err != nil {
		log.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			log.Fatal(err)
		}
	}
	return dir
}

// printRelations prints who does what to whom.
func printRelations(d *datasets.Dataset) {
	for doc, err := range datasets.Standoffs(d) {
		if err != nil {
			log.Fatal(err)
		}
		for _, r := range doc.Relations {
			fmt.Println(doc.ID, r.Source.Text, r.Source.Span(), r.Type, r.Target.Text, r.Target.Span())
		}
	}
}

// ChemProt's tables: abstracts, with entities and relations beside them.
func ExampleLoad_chemProt() {
	dir := folderOf(map[string]string{
		"mine_abstracts.tsv": "11\tβ-Fakol\tFakol lowers Quux.\n",
		"mine_entities.tsv":  "11\tT1\tCHEMICAL\t8\t13\tFakol\n11\tT2\tGENE-Y\t21\t25\tQuux\n",
		"mine_relations.tsv": "11\tCPR:4\tY \tINHIBITOR\tArg1:T1\tArg2:T2\n",
	})
	defer os.RemoveAll(dir)
	d, err := datasets.Load(ctx, dir)
	if err != nil {
		log.Fatal(err)
	}
	printRelations(d)
	// Output:
	// 11 Fakol {9 14} CPR:4 Quux {22 26}
}

// BioC in JSON or XML, as PubTator and PMC give it.
func ExampleLoad_bioC() {
	dir := folderOf(map[string]string{"papers.json": `{"documents": [{"id": "7", "passages": [{"offset": 0, "text": "Fakol lowers Quux.",
		"annotations": [
			{"id": "a", "text": "Fakol", "infons": {"type": "Chemical"}, "locations": [{"offset": 0, "length": 5}]},
			{"id": "b", "text": "Quux", "infons": {"type": "Gene"}, "locations": [{"offset": 13, "length": 4}]}],
		"relations": [{"id": "r", "infons": {"type": "lowers"}, "nodes": [{"refid": "a", "role": "Arg1"}, {"refid": "b", "role": "Arg2"}]}]}]}]}`})
	defer os.RemoveAll(dir)
	d, err := datasets.Load(ctx, dir)
	if err != nil {
		log.Fatal(err)
	}
	printRelations(d)
	// Output:
	// 7 Fakol {0 5} lowers Quux {13 17}
}

// A folder of brat, texts and what was marked in them.
func ExampleLoad_brat() {
	dir := folderOf(map[string]string{
		"7.txt": "β-Fakol lowers Quux.",
		"7.ann": "T1\tChemical 0 7\tβ-Fakol\nT2\tGene 15 19\tQuux\nR1\tlowers Arg1:T1 Arg2:T2\n",
	})
	defer os.RemoveAll(dir)
	d, err := datasets.Load(ctx, dir)
	if err != nil {
		log.Fatal(err)
	}
	printRelations(d)
	// Output:
	// 7 β-Fakol {0 8} lowers Quux {16 20}
}
