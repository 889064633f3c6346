package datasets

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLoadFormats(t *testing.T) {
	for _, tt := range []struct {
		golden, name string
		opts         []Option
	}{
		{"jsonl", "five.jsonl", nil},
		{"jsonl", "five.jsonl.gz", nil},
		{"jsonl", "five.json", nil},
		{"csv", "five.csv", nil},
		{"csv", "five.tsv", nil},
		{"txt", "five.txt", nil},
		{"arrow", "five.arrow", nil},
		{"arrow", "stream.arrow", nil},
		{"arrow", "saved", nil},
		{"arrow", "saved", []Option{WithSplit("train")}},
		{"saved-test", "saved-splits", []Option{WithSplit("test")}},
		{"hub-train", "hub", []Option{WithSplit("train")}},
		{"hub-train", "five.jsonl", []Option{WithLimit(3)}},
		{"columns", "five.jsonl", []Option{WithColumns("year", "id")}},
		{"columns", "five.json", []Option{WithColumns("year", "id")}},
		{"columns-csv", "five.csv", []Option{WithColumns("score", "id")}},
		{"columns-arrow", "five.arrow", []Option{WithColumns("label", "id"), WithLimit(3)}},
		{"columns-arrow", "saved", []Option{WithColumns("label", "id"), WithLimit(3)}},
		{"lines", "five.jsonl", []Option{WithFormat("txt")}},
		{"arxiv", "arxiv-metadata.json", nil},
		{"types", "types.arrow", nil},
		{"views", "views.arrow", nil},
		{"views", "views.stream.arrow", nil},
		{"polars", "polars.arrow", nil},
		{"polars", "polars.lz4.arrow", nil},
	} {
		t.Run(tt.golden+"="+tt.name, func(t *testing.T) {
			golden(t, tt.golden, dump(t, load(t, filepath.Join("testdata", tt.name), tt.opts...)))
		})
	}
}

// A reader's own copy of arXiv's metadata loads as it is.
func TestLoadArxivMetadata(t *testing.T) {
	d := load(t, "testdata/arxiv-metadata.json")
	var ids []string
	for doc, err := range d.Documents("abstract") {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, doc.ID)
		if doc.Title == "" || doc.Text == "" {
			t.Errorf("%s: title %q, text %q", doc.ID, doc.Title, doc.Text)
		}
	}
	if diff := cmp.Diff([]string{"0711.0001", "2301.00002", "2301.00003"}, ids); diff != "" {
		t.Error(diff)
	}
	if got, _ := d.Row(2).String("categories"); got != "q-bio.NC cs.LG stat.ML" {
		t.Errorf("categories %q", got)
	}
	if f, ok := d.Features().Lookup("versions"); !ok || f.String() != "list<{version: string, created: string}>" {
		t.Errorf("versions is %s", f)
	}
}

func TestLoadDemo(t *testing.T) {
	d := load(t, "arxiv-biology-demo")
	if d.NumRows() < 40 {
		t.Errorf("%d abstracts, want 40 at least", d.NumRows())
	}
	if diff := cmp.Diff([]string{"id", "title", "abstract", "categories", "published"}, d.Columns()); diff != "" {
		t.Error(diff)
	}
	seen := make(map[string]bool)
	for doc, err := range d.Documents("abstract") {
		if err != nil {
			t.Fatal(err)
		}
		if seen[doc.ID] || doc.Title == "" || len(doc.Text) < 200 {
			t.Errorf("document %q: seen before, without a title, or short", doc.ID)
		}
		seen[doc.ID] = true
	}
	if _, err := Load(t.Context(), "arxiv-biology-demo", WithSplit("test"), WithAllocator(checked(t))); err == nil {
		t.Error("the demo set has a test split")
	}
}

// The wording of what users meet most.
func TestLoadMessages(t *testing.T) {
	for _, tt := range []struct {
		name string
		opts []Option
		want string
	}{
		{"nowhere", nil, `datasets: no data set "nowhere": there is no file or folder of that name, and the embedded sets are arxiv-biology-demo (sets of the hub are named owner/name)`},
		{"zeroshot/nowhere.csv", nil, `datasets: no data set "zeroshot/nowhere.csv": there is no file or folder of that name, and the embedded sets are arxiv-biology-demo (sets of the hub are named owner/name)`},
		{"testdata/saved-splits", nil, `datasets: "testdata/saved-splits" has several splits: train, test (choose one with WithSplit)`},
		{"testdata/saved-splits", []Option{WithSplit("dev")}, `datasets: "testdata/saved-splits" has no split "dev" (has train, test)`},
		{"testdata/hub", nil, `datasets: "testdata/hub" has several splits: train, validation (choose one with WithSplit)`},
		{"testdata/hub", []Option{WithSplit("test")}, `datasets: "testdata/hub" has no split "test" (has train, validation)`},
		{"testdata/five.csv", []Option{WithSplit("test")}, `datasets: "testdata/five.csv" has no split "test" (has train)`},
		{"testdata/five.csv", []Option{WithColumns("titel")}, `datasets: "testdata/five.csv": no column "titel" (has id, title, abstract, categories, year, score, reviewed)`},
		{"testdata/five.jsonl", []Option{WithColumns("titel", "id")}, `datasets: "testdata/five.jsonl": no column "titel" (has id, abstract, categories, reviewed, score, title, year)`},
		{"testdata/five.arrow", []Option{WithColumns("titel")}, `datasets: "testdata/five.arrow": no column "titel" (has id, title, abstract, categories, year, score, reviewed, label, published)`},
		{"testdata/make.py", nil, `datasets: "testdata/make.py" has no known format (want one of .arrow, .csv, .feather, .json, .jsonl, .ndjson, .parquet, .tsv, .txt, a corpus, or WithFormat): unknown format (have CoNLL, BC2GM, ChemProt, BLUE, SciBERT, DDI, BioC, PubTator, brat, PubMed and arXiv): it begins with "\"\"\"Writes the binary fixtures of these tests, from testdata/five.jsonl."`},
		{"parquet/testdata/five.parquet", nil, `datasets: reading "parquet/testdata/five.parquet" needs the Parquet reader (import _ "github.com/sparsebio/sparsebio/datasets/parquet")`},
		{"testdata/five.csv", []Option{WithFormat("xls")}, `datasets: unknown format "xls" (have .arrow, .csv, .feather, .json, .jsonl, .ndjson, .parquet, .tsv, .txt, and of corpora arxiv, bc2gm, bioc, blue, brat, chemprot, conll, ddi, pubmed, pubtator, scibert)`},
		{"testdata/five.csv", []Option{WithLimit(0)}, `datasets: WithLimit(0), want at least 1`},
		{"testdata/five.csv", []Option{WithColumns()}, `datasets: WithColumns without a name`},
		{"testdata/five.csv", []Option{WithColumns("a", "a")}, `datasets: WithColumns names "a" twice`},
		{"testdata/five.csv", []Option{WithSplit("")}, `datasets: WithSplit("") (leave the option out where there is one split)`},
		{"testdata/five.csv", []Option{WithAllocator(nil)}, `datasets: WithAllocator(nil)`},
		{"internal", nil, `datasets: folder "internal" has no data files (looked for .arrow, .csv, .feather, .json, .jsonl, .ndjson, .parquet, .tsv, .txt and corpora)`},
		{"testdata/hub", []Option{WithFormat("csv")}, `datasets: folder "testdata/hub" has no data files (looked for .csv)`},
	} {
		_, err := Load(t.Context(), tt.name, append([]Option{WithAllocator(checked(t))}, tt.opts...)...)
		if err == nil || err.Error() != tt.want {
			t.Errorf("Load(%q):\n got %v\nwant %s", tt.name, err, tt.want)
		}
	}
}

func TestBadFiles(t *testing.T) {
	row := `{"id": "1", "abstract": "p53 binds MDM2."}` + "\n"
	for _, tt := range []struct {
		name, file, content string
		line                int // of the ParseError, 0 if there is none
		want                string
	}{
		{"truncated line", "x.jsonl", row + row[:20], 2, "ends too early"},
		{"truncated in an escape", "x.jsonl", row + `{"a": "\u03`, 2, "ends too early"},
		{"pretty-printed rows", "x.jsonl", "{\n \"id\": 1\n}\n", 1, "one row a line, or a list"},
		{"two rows on a line", "x.jsonl", row[:len(row)-1] + row, 1, "after the end of the value"},
		{"no rows but numbers", "x.jsonl", "1\n", 1, "a row must be an object"},
		{"list in a list", "x.json", "[{\"a\": 1},\n[2]]", 2, "a row must be an object"},
		{"list not closed", "x.json", "[{\"a\": 1},\n{\"a\": 2}\n", 3, "ends too early"},
		{"text after the list", "x.json", "[{\"a\": 1}]\n\n]", 3, "after the end"},
		{"empty list", "x.json", "[]", 0, `x.json" has no rows`},
		{"single quotes", "x.jsonl", "{'a': 1}\n", 1, "a key in quotes should be"},
		{"trailing comma", "x.jsonl", `{"a": 1,}`, 1, "a key in quotes should be"},
		{"missing colon", "x.jsonl", `{"a" 1}`, 1, `found '1' where ':' should be`},
		{"missing comma", "x.jsonl", `{"a": 1 "b": 2}`, 1, "in an object where"},
		{"missing comma in a list", "x.jsonl", `{"a": [1 2]}`, 1, "in a list where"},
		{"leading zero", "x.jsonl", `{"a": 007}`, 1, `found "007" where a value should be`},
		{"no value", "x.jsonl", `{"a": }`, 1, "where a value should be"},
		{"bare word", "x.jsonl", row + `{"a": None}`, 2, `found "None"`},
		{"raw tab", "x.jsonl", "{\"a\": \"b\tc\"}", 1, "control character"},
		{"raw tab after an escape", "x.jsonl", "{\"a\": \"\\\\b\tc\"}", 1, "control character"},
		{"unknown escape", "x.jsonl", `{"a": "\x41"}`, 1, "unknown escape"},
		{"half a surrogate pair", "x.jsonl", `{"a": "\ud83d"}`, 1, "surrogate"},
		{"key twice", "x.jsonl", `{"a": 1, "a": 2}`, 1, `key "a" twice`},
		{"text then list", "x.jsonl", "{\"a\": \"b\"}\n{\"a\": [1]}\n", 2, `in "a": found a list where other rows have a string`},
		{"object then number", "x.jsonl", "{\"a\": {\"b\": {\"c\": 1}}}\n{\"a\": {\"b\": 1}}\n", 2, `in "a": in "b": found an integer where other rows have an object`},
		{"too deep", "x.jsonl", `{"a": ` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "}", 1, "nested deeper"},
		{"too large a number", "x.jsonl", `{"a": 1e999}`, 1, "does not fit"},
		{"invalid UTF-8", "x.jsonl", row + row + "{\"a\": \"\xff\"}\n", 3, "not valid UTF-8"},
		{"invalid UTF-8 after an escape", "x.jsonl", row + "{\"a\": \"\\n\xff\"}\n", 2, "not valid UTF-8"},
		{"Latin-1 table", "x.csv", "a,b\n1,caf\xe9\n", 2, "not valid UTF-8"},
		{"Latin-1 in quotes", "x.csv", "a,b\n1,\"x\ncaf\xe9\"\n", 3, "not valid UTF-8"},
		{"Latin-1 text", "x.txt", "one\ncaf\xe9\n", 2, "not valid UTF-8"},
		{"quote not closed", "x.csv", "a,b\n1,2\n3,\"4\n5,6\n", 3, "never ends"},
		{"text after a quote", "x.csv", "a,b\n\"1\"2,3\n", 2, "closing quote"},
		{"too few cells", "x.csv", "a,b\n1,2\n\n3\n", 4, "1 cells where the header has 2"},
		{"too many cells", "x.tsv", "a\tb\n1\t2\n3\t4\t5\n", 3, "3 cells where the header has 2"},
		{"two columns of a name", "x.csv", "a,b,a\n1,2,3\n", 1, `two columns are named "a"`},
		{"empty", "x.jsonl", "", 0, `x.jsonl" is empty`},
		{"empty", "x.json", " \n\n", 0, `x.json" is empty`},
		{"empty", "x.csv", "", 0, `x.csv" is empty`},
		{"blank", "x.csv", "\n\n", 0, `x.csv" is empty`},
		{"empty", "x.tsv", "\ufeff", 0, `x.tsv" is empty`},
		{"empty", "x.txt", "", 0, `x.txt" is empty`},
		{"empty", "x.arrow", "", 0, `x.arrow" is empty`},
		{"empty", "x.jsonl.gz", "", 0, `x.jsonl.gz" is empty`},
		{"not gzip", "x.jsonl.gz", row, 0, "gzip"},
		{"not Arrow", "x.arrow", row, 0, "not an Arrow file or stream"},
		{"not Arrow", "x.arrow", "ARROW1\x00\x00" + row, 0, "cut short"},
		{"state without files", "x/state.json", "{}", 0, "not a complete save_to_disk folder"},
		{"state that is no JSON", "x/state.json", "{", 0, "state.json"},
		{"state that leads outside", "x/state.json", `{"_data_files": [{"filename": "../../x.arrow"}]}`, 0, "outside the folder"},
		{"state with a missing file", "x/state.json", `{"_data_files": [{"filename": "x.arrow"}]}`, 0, "cannot open"},
		{"splits that lead outside", "x/dataset_dict.json", `{"splits": ["../.."]}`, 0, "not the name of a folder"},
		{"split that is missing", "x/dataset_dict.json", `{"splits": ["train"]}`, 0, "not a complete save_to_disk folder"},
	} {
		t.Run(tt.name+"="+tt.file, func(t *testing.T) {
			path := write(t, tt.file, tt.content)
			if strings.HasPrefix(tt.file, "x/") {
				path = filepath.Dir(path)
			}
			_, err := Load(t.Context(), path, WithAllocator(checked(t)))
			wantError(t, err, tt.want)
			wantError(t, err, "datasets: ")
			wantError(t, err, filepath.Base(path))
			var pe *ParseError
			if errors.As(err, &pe); tt.line != 0 && (pe == nil || pe.Line != tt.line || pe.Path != path) {
				t.Errorf("%v, want line %d", err, tt.line)
			} else if tt.line == 0 && pe != nil {
				t.Errorf("%v names a line", err)
			}
		})
	}
}

func TestTruncatedGzip(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for range 1000 {
		z.Write([]byte(`{"text": "a row of text"}` + "\n"))
	}
	z.Close()
	path := write(t, "x.jsonl.gz", b.String()[:b.Len()-12])
	_, err := Load(t.Context(), path, WithAllocator(checked(t)))
	wantError(t, err, "unexpected EOF (cut short?")
}

func TestOldFeather(t *testing.T) {
	_, err := Load(t.Context(), write(t, "x.feather", "FEA1\x00\x00\x00\x00 ... FEA1"), WithAllocator(checked(t)))
	wantError(t, err, `x.feather": it is in version 1 of the Feather format (write it in version 2`)
}

// Whatever byte a file ends at, it is an error and no shorter data set.
func TestTruncatedArrow(t *testing.T) {
	for _, name := range []string{"five.arrow", "stream.arrow"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		path, mem := write(t, name, ""), WithAllocator(checked(t))
		for n := 0; n < len(data); n += 3 {
			if err := os.WriteFile(path, data[:n], 0o666); err != nil {
				t.Fatal(err)
			}
			if _, err := Load(t.Context(), path, mem); err == nil || !strings.Contains(err.Error(), path) {
				t.Fatalf("%s cut to %d of %d bytes: error %v", name, n, len(data), err)
			}
		}
	}
}

// Damaged files may give an error or other values, but no panic, now or later.
func TestDamagedArrow(t *testing.T) {
	for _, name := range []string{"five.arrow", "stream.arrow"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		path := write(t, name, "")
		for i := 0; i < len(data); i += 5 {
			for _, flip := range []byte{0x01, 0x80} {
				bad := bytes.Clone(data)
				bad[i] ^= flip
				if err := os.WriteFile(path, bad, 0o666); err != nil {
					t.Fatal(err)
				}
				_ = tryLoad(t, path, func(d *Dataset) { dump(t, d) })
			}
		}
	}
}

func TestLoadCancelled(t *testing.T) {
	path := write(t, "x.jsonl", strings.Repeat(`{"a": 1}`+"\n", 5000))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Load(ctx, path, WithAllocator(checked(t))); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}

func TestLongCells(t *testing.T) {
	long := strings.Repeat("NF-κB ", 2<<20/7)
	for _, tt := range []struct{ file, content string }{
		{"x.jsonl", `{"text": "` + long + `"}` + "\n" + `{"text": "short"}`},
		{"x.csv", "text,n\n\"" + long + "\",1\nshort,2\n"},
		{"x.txt", long + "\nshort"},
	} {
		d := load(t, write(t, tt.file, tt.content))
		if got := texts(t, d, "text"); len(got) != 2 || got[0] != long || got[1] != "short" {
			t.Errorf("%s: long text changed", tt.file)
		}
	}
}

func TestJSONTypes(t *testing.T) {
	for _, tt := range []struct{ name, content, want, values string }{
		{"integers and floats", `{"a": 1}` + "\n" + `{"a": 2.5}`, "float64", "[1 2.5]"},
		{"beyond 64 bits", `{"a": 1}` + "\n" + `{"a": 92233720368547758070}`, "float64", "[1 9.223372036854776e+19]"},
		{"smallest integer", `{"a": -9223372036854775808}`, "int64", "[-9223372036854775808]"},
		{"number and text", `{"a": 1.50}` + "\n" + `{"a": "x"}` + "\n" + `{"a": true}`, "string", "[1.50 x true]"},
		{"bool and number", `{"a": true}` + "\n" + `{"a": 1}`, "string", "[true 1]"},
		{"missing and null", `{"b": 1}` + "\n" + `{"a": null}` + "\n" + `{"a": 3}`, "int64", "[<nil> <nil> 3]"},
		{"null only", `{"a": null}`, "null", "[<nil>]"},
		{"what Python writes", `{"a": NaN}` + "\n" + `{"a": -Infinity}`, "float64", "[NaN -Inf]"},
		{"lists", `{"a": []}` + "\n" + `{"a": null}` + "\n" + `{"a": [1, null, 2.5]}`, "list<float64>", "[[] <nil> [1 <nil> 2.5]]"},
		{"empty lists", `{"a": []}`, "list<null>", "[[]]"},
		{"lists of lists", `{"a": [["x"], []]}`, "list<list<string>>", "[[[x] []]]"},
		{"objects", `{"a": {"x": 1}}` + "\n" + `{"a": {"y": "z", "x": null}}` + "\n" + `{"a": null}`, "{x: int64, y: string}", "[map[x:1 y:<nil>] map[x:<nil> y:z] <nil>]"},
		{"lists of objects", `{"a": [{"x": 1}, {"x": 2}]}`, "list<{x: int64}>", "[[map[x:1] map[x:2]]]"},
		{"escapes", `{"a": "\"\\\/\b\f\n\r\t\u03b1\ud83e\uddec"}`, "string", "[\"\\/\b\f\n\r\tα🧬]"},
		{"escaped key", `{"\u0061": 1}`, "int64", "[1]"},
		{"space", " {\t\"a\" : [ 1 , 2 ] }  \r\n\n  \n", "list<int64>", "[[1 2]]"},
		{"byte order mark", "\ufeff" + `{"a": 1}`, "int64", "[1]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := load(t, write(t, "x.jsonl", tt.content))
			f, ok := d.Features().Lookup("a")
			if !ok || f.String() != tt.want {
				t.Errorf("type %s, want %s", f, tt.want)
			}
			v, err := Column[any](d, "a")
			if got := sprint(v); err != nil || got != tt.values {
				t.Errorf("values %s, %v, want %s", got, err, tt.values)
			}
		})
	}
}

func TestCSVTypes(t *testing.T) {
	for _, tt := range []struct{ name, header, cells, want, values string }{
		{"integers", "a", "1\n-2\n\"\"\n", "int64", "[1 -2 <nil>]"},
		{"floats", "a", "1\n2.5e3\n", "float64", "[1 2500]"},
		{"bools", "a", "true\nFALSE\n", "bool", "[true false]"},
		{"mixed", "a", "true\n1\n", "string", "[true 1]"},
		{"leading zeros", "a", "007\n1\n", "string", "[007 1]"},
		{"nothing but marks of it", "a", "NaN\n", "string", "[NaN]"},
		{"integers and nothing", "a", "1\nNA\n\"NULL\"\n#N/A\n3\n", "int64", "[1 <nil> <nil> <nil> 3]"},
		{"floats and nothing", "a", "NaN\n1.5\nNone\n-Inf\n", "float64", "[<nil> 1.5 <nil> -Inf]"},
		{"bools and nothing", "a", "n/a\nTRUE\n<NA>\nFALSE\n", "bool", "[<nil> true <nil> false]"},
		{"words that say nothing", "a", "NA\np53\nnull\n\n\"\"\n", "string", "[NA p53 null <nil>]"},
		{"words for nothing else", "a", "1\nna\n", "string", "[1 na]"},
		{"numbers of papers or nothing", "id", "2401.00010\nNA\n", "string", "[2401.00010 NA]"},
		{"integers beyond 64 bits", "a", "1\n18446744073709551615\n", "string", "[1 18446744073709551615]"},
		{"integers beyond 64 bits among floats", "a", "-100000000000000000000\n0.5\n", "float64", "[-1e+20 0.5]"},
		{"beyond float64", "a", "1e999\n", "string", "[1e999]"},
		{"new arXiv numbers", "id", "2401.00010\n2401.00011\n", "string", "[2401.00010 2401.00011]"},
		{"PubMed numbers", "id", "11748933\n11700088\n", "int64", "[11748933 11700088]"},
		{"numbers of papers", "arxiv_id", "2401.00010\n", "string", "[2401.00010]"},
		{"nothing", "a,b", ",1\n,2\n", "string", "[<nil> <nil>]"},
		{"no rows", "a,b", "", "string", "[]"},
		{"quotes", "a", "\"x \"\"y\"\", z\"\n5\" pipe\n", "string", "[x \"y\", z 5\" pipe]"},
		{"line ends", "a,b", "\"1\r\n2\",x\r\n3,y\r\n", "string", "[1\r\n2 3]"},
		{"last line open", "a,b", "x,1\n\"y\",\"2\"", "string", "[x y]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := load(t, write(t, "x.csv", tt.header+"\n"+tt.cells))
			f := d.Features()[0]
			if f.String() != tt.want {
				t.Errorf("type %s, want %s", f, tt.want)
			}
			v, err := Column[any](d, f.Name)
			if got := sprint(v); err != nil || got != tt.values {
				t.Errorf("values %q, %v, want %q", got, err, tt.values)
			}
		})
	}
}

func TestSplitNames(t *testing.T) {
	for path, want := range map[string]string{
		"train.jsonl":                        "train",
		"data/train-00000-of-00003.parquet":  "train",
		"my_train_data.csv":                  "train",
		"my-training.csv":                    "train",
		"dev.csv":                            "validation",
		"val.csv.gz":                         "validation",
		"valid_2.csv":                        "validation",
		"valid-2.csv":                        "validation",
		"test/part1.csv":                     "test",
		"eval.json":                          "test",
		"protest.csv":                        "",
		"data/pubmed-00000-of-00001.parquet": "pubmed",
		"abstracts.csv":                      "",
	} {
		if got := splitOf(path); got != want {
			t.Errorf("%s belongs to %q, want %q", path, got, want)
		}
	}
}

func TestFolderOfPlainFiles(t *testing.T) {
	a := write(t, "a.csv", "id,n\n1,2\n")
	dir := filepath.Dir(a)
	if err := os.WriteFile(filepath.Join(dir, "b.csv"), []byte("id,n\n2,2.5\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	d := load(t, dir)
	if n, err := Column[float64](d, "n"); err != nil || sprint(n) != "[2 2.5]" {
		t.Errorf("n is %v, %v: types are not inferred over all files", n, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "c.csv"), []byte("id,m\n2,2.5\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	_, err := Load(t.Context(), dir, WithAllocator(checked(t)))
	wantError(t, err, "c.csv:1: columns id, m, but the files before have id, n")
	if err := os.WriteFile(filepath.Join(dir, "d.jsonl"), []byte("{}"), 0o666); err != nil {
		t.Fatal(err)
	}
	_, err = Load(t.Context(), dir, WithAllocator(checked(t)))
	wantError(t, err, "several formats: .csv, .jsonl (choose one with WithFormat)")
}

// Rows of every type can be picked, and written and read again.
func TestTypes(t *testing.T) {
	d := load(t, "testdata/types.arrow")
	picked := must(t)(d.Select(3, 2, 0, 1))
	path := filepath.Join(t.TempDir(), "x.arrow")
	if err := picked.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	back := must(t)(load(t, path).Select(2, 3, 1, 0))
	if diff := cmp.Diff(dump(t, d), dump(t, back)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, c := range d.Columns() {
		if _, err := Column[any](d, c); err != nil {
			t.Error(err)
		}
	}
}

// Dictionaries, which pandas calls categories, are text like any other.
func TestDictionary(t *testing.T) {
	d := must(t)(load(t, "testdata/dictionary.arrow").Sort("id", true))
	golden(t, "dictionary", dump(t, d))
	if got := sprint(texts(t, d, "id")); got != "[b a a ]" {
		t.Errorf("texts %s", got)
	}
	var docs []string
	for doc, err := range d.Documents("id") {
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, doc.ID+"="+doc.Text)
	}
	if got := sprint(docs); got != "[b=b a=a a=a 3=]" {
		t.Errorf("documents %s", got)
	}
}
