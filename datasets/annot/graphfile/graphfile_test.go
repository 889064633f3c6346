package graphfile

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// sample has what a graph of relations can have: edges beside each other, some directed, some without a type or
// evidence, names and sentences that need to be escaped.
func sample() annot.Graph {
	sentence := "In <b>breast</b> tumours tamoxifen & co. oppose\n\"oestrogen receptor α\"."
	return annot.Graph{
		Nodes: []annot.Node{
			{Name: "tamoxifen", Type: "CHEMICAL", Count: 9, Aliases: []string{"Tamoxifen", "TAM"}},
			{Name: "estrogen receptor α", Type: "GENE", Count: 8},
			{Name: "a \"b\" <c> & 'd',\x01\te\r\nf", Type: "", Count: 0},
		},
		Edges: []annot.Edge{
			{Source: 0, Target: 1, Type: "CPR:6", Meaning: "antagonist", Directed: true, Count: 2, Score: 0.97, Evidence: []annot.Evidence{
				{DocID: "demo-7", Sentence: sentence, Score: 0.97}, {Sentence: "Tamoxifen blocks it."},
			}},
			{Source: 0, Target: 1, Type: "CPR:5", Meaning: "agonist", Directed: true, Count: 1, Score: 1.0 / 3},
			{Source: 1, Target: 2, Count: 1},
		},
	}
}

func write(t testing.TB, f Format, g annot.Graph) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, f, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	for _, f := range Formats() {
		file := "testdata/sample." + string(f)
		got := write(t, f, sample())
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs; if that is meant, run the test with -update and look at the difference", file)
		}
	}
}

func TestFormatOf(t *testing.T) {
	for path, want := range map[string]Format{
		"a.graphml": GraphML, "A.GEXF": GEXF, "x/y.z.cyjs": Cytoscape, "a.csv": EdgesCSV, "a.nodes.csv": NodesCSV, "nodes.csv": EdgesCSV,
	} {
		if got, err := FormatOf(path); got != want || err != nil {
			t.Errorf("%s: %q, %v, want %q", path, got, err, want)
		}
	}
	for _, path := range []string{"", "a", "a.xml", "csv", "a.csv/b", "graphml"} {
		if got, err := FormatOf(path); !errors.Is(err, ErrFormat) || !strings.HasPrefix(err.Error(), "graphfile: ") {
			t.Errorf("%s: %q, error %v", path, got, err)
		}
	}
	if err := Write(io.Discard, "dot", sample()); !errors.Is(err, ErrFormat) {
		t.Errorf("dot: error %v", err)
	}
}

func TestErrors(t *testing.T) {
	nodes := []annot.Node{{Name: "a"}, {Name: "b"}}
	for want, g := range map[string]annot.Graph{
		"node 1, \"b\", has a count of -1":         {Nodes: []annot.Node{{}, {Name: "b", Count: -1}}},
		"edge 0 joins nodes 0 and 2 of 2":          {Nodes: nodes, Edges: []annot.Edge{{Target: 2}}},
		"edge 0 joins nodes -1 and 1 of 2":         {Nodes: nodes, Edges: []annot.Edge{{Source: -1, Target: 1}}},
		"edge 0 has a count of -3":                 {Nodes: nodes, Edges: []annot.Edge{{Target: 1, Count: -3}}},
		"edge 0 has a score of NaN":                {Nodes: nodes, Edges: []annot.Edge{{Target: 1, Score: math.NaN()}}},
		"edge 0 has a score of 1.5":                {Nodes: nodes, Edges: []annot.Edge{{Target: 1, Score: 1.5}}},
		"sentence 0 of edge 0 has a score of +Inf": {Nodes: nodes, Edges: []annot.Edge{{Target: 1, Evidence: []annot.Evidence{{Score: math.Inf(1)}}}}},
	} {
		for _, f := range Formats() {
			var b bytes.Buffer
			if err := Write(&b, f, g); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "graphfile: ") || b.Len() > 0 {
				t.Errorf("%s: error %v and %d bytes, want %q", f, err, b.Len(), want)
			}
		}
	}
	full := errors.New("disk full")
	for _, f := range Formats() {
		if err := Write(failing{full}, f, sample()); !errors.Is(err, full) {
			t.Errorf("%s: error %v", f, err)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestSave(t *testing.T) {
	dir := t.TempDir()
	for _, f := range Formats() {
		path := filepath.Join(dir, "g."+string(f))
		if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		bad := sample()
		bad.Edges[0].Target = 7
		if err := Save(path, bad); err == nil || !strings.Contains(err.Error(), "nodes 0 and 7 of 3") {
			t.Errorf("%s: error %v", f, err)
		}
		if got, _ := os.ReadFile(path); string(got) != "old" {
			t.Errorf("%s: an error left %q", f, got)
		}
		if err := Save(path, sample()); err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(path); !bytes.Equal(got, write(t, f, sample())) {
			t.Errorf("%s: another file than Write's", f)
		}
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "g.nodes.csv")); !bytes.Equal(got, write(t, NodesCSV, sample())) {
		t.Error("the nodes of a CSV file are not beside it")
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != len(Formats()) {
		t.Errorf("left %v", entries)
	}
	if err := Save(filepath.Join(dir, "no", "g.gexf"), sample()); !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "graphfile: ") {
		t.Errorf("no folder: error %v", err)
	}
}

func TestCheckWritable(t *testing.T) {
	dir := t.TempDir()
	if err := CheckWritable(filepath.Join(dir, "g.gexf")); err != nil {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) > 0 {
		t.Errorf("left %v", entries)
	}
	if err := os.Mkdir(filepath.Join(dir, "d.csv"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"g.dot": "unknown format", "d.csv": "is a folder", "no/g.csv": "no such file"} {
		if err := CheckWritable(filepath.Join(dir, name)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", name, err, want)
		}
	}
}

// TestImports keeps the package a leaf: the standard library, and what of this module is one.
func TestImports(t *testing.T) {
	allowed := map[string]bool{"github.com/sparsebio/sparsebio/datasets/annot": true, "github.com/sparsebio/sparsebio/datasets/internal/atomicfile": true}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, im := range f.Imports {
			path, _ := strconv.Unquote(im.Path.Value)
			if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") && !allowed[path] {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
}

func ExampleWrite() {
	g := annot.Graph{
		Nodes: []annot.Node{{Name: "imatinib", Type: "CHEMICAL", Count: 2}, {Name: "ABL1", Type: "GENE", Count: 1}},
		Edges: []annot.Edge{{Source: 0, Target: 1, Type: "CPR:4", Meaning: "inhibitor", Directed: true, Score: 0.98, Count: 1,
			Evidence: []annot.Evidence{{DocID: "demo-1", Sentence: "Imatinib inhibits ABL1."}}}},
	}
	var b strings.Builder
	if err := Write(&b, EdgesCSV, g); err != nil {
		fmt.Println(err)
	}
	fmt.Print(b.String())
	// Output:
	// id,source,target,source_name,source_type,target_name,target_type,relation,meaning,directed,score,count,weight,evidence,documents
	// e0,n0,n1,imatinib,CHEMICAL,ABL1,GENE,CPR:4,inhibitor,true,0.98,1,1,Imatinib inhibits ABL1.,demo-1
}

func ExampleSave() {
	dir, err := os.MkdirTemp("", "graphs")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	g := annot.Graph{Nodes: []annot.Node{{Name: "ABL1", Type: "GENE", Count: 1}}}
	for _, name := range []string{"relations.graphml", "relations.csv", "relations.dot"} {
		if err := Save(filepath.Join(dir, name), g); err != nil {
			fmt.Println(errors.Is(err, ErrFormat))
		}
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, f := range files {
		fmt.Println(filepath.Base(f))
	}
	// Output:
	// true
	// relations.csv
	// relations.graphml
	// relations.nodes.csv
}
