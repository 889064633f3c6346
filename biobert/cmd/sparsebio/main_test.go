package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets"
)

const tiny = "../../testdata/tiny"

// run executes the command line and returns what it prints.
func run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	root := newRoot()
	root.SetOut(&out)
	root.SetErr(&out)
	root.SetArgs(args)
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

func mustRun(t *testing.T, args ...string) string {
	t.Helper()
	out, err := run(t, args...)
	if err != nil {
		t.Fatalf("sparsebio %s: %v", strings.Join(args, " "), err)
	}
	return out
}

func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A record is a line of the output.
type record struct {
	ID       string `json:"id"`
	Abstract string `json:"abstract"`
	Year     int    `json:"year"`
	Entities []struct {
		Type  string  `json:"type"`
		Start int     `json:"start"`
		End   int     `json:"end"`
		Text  string  `json:"text"`
		Score float64 `json:"score"`
	} `json:"entities"`
}

func readRecords(t *testing.T, path string) []record {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []record
	for sc := bufio.NewScanner(f); sc.Scan(); {
		var r record
		if err := json.Unmarshal(sc.Bytes(), &r); err != nil {
			t.Fatalf("%s: %v", sc.Text(), err)
		}
		out = append(out, r)
	}
	return out
}

const lines = `{"id": "a", "abstract": "α: IL-2 activates NF-κB in human T lymphocytes.", "year": 2021}
{"id": "b", "abstract": "", "year": 2022}
{"id": "c", "abstract": "GATA-3 binds the IL-5 promoter in T cells.", "year": 2023}
`

func TestNER(t *testing.T) {
	in, dir := write(t, "in.jsonl", lines), t.TempDir()
	out := filepath.Join(dir, "out.jsonl")
	mustRun(t, "ner", "--model", "jnlpba", "--input", in, "--text", "abstract", "--output", out)
	got := readRecords(t, out)
	if len(got) != 3 || got[0].ID != "a" || got[2].Year != 2023 || len(got[1].Entities) != 0 {
		t.Fatalf("got %+v", got)
	}
	found := map[string]bool{}
	for _, r := range got {
		for _, e := range r.Entities {
			if r.Abstract[e.Start:e.End] != e.Text || e.Score <= 0 || e.Score > 1 {
				t.Errorf("%q: bad entity %+v", r.Abstract, e)
			}
			found[e.Type+":"+e.Text] = true
		}
	}
	for _, want := range []string{"protein:NF-κB", "protein:GATA-3", "DNA:IL-5 promoter"} {
		if !found[want] {
			t.Errorf("%s was not found among %v", want, found)
		}
	}
	raw, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(raw), `"year": 2022, "entities": []}`) {
		t.Errorf("a text without entities is not an empty list:\n%s", raw)
	}

	chars := filepath.Join(dir, "chars.jsonl")
	mustRun(t, "ner", "--input", in, "--text", "abstract", "--output", chars, "--offsets", "chars")
	for _, r := range readRecords(t, chars) {
		for _, e := range r.Entities {
			if got := string([]rune(r.Abstract)[e.Start:e.End]); got != e.Text {
				t.Errorf("%q: characters %d to %d are %q, want %q", r.Abstract, e.Start, e.End, got, e.Text)
			}
		}
	}
}

// Every kind of input gives the same entities.
func TestNERFormats(t *testing.T) {
	in, dir := write(t, "in.jsonl", lines), t.TempDir()
	want := ""
	for _, name := range []string{"a.jsonl", "a.csv", "a.tsv", "a.parquet", "a.jsonl.gz"} {
		set, err := datasets.Load(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		converted := filepath.Join(dir, name)
		if err := set.WriteFile(converted); err != nil {
			t.Fatal(err)
		}
		out := filepath.Join(dir, name+".out.jsonl")
		mustRun(t, "ner", "--input", converted, "--text", "abstract", "--output", out)
		raw, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.ReplaceAll(string(raw), "null", `""`) // an empty cell of CSV is null, as in HuggingFace's datasets
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("%s gives\n%s, want\n%s", name, got, want)
		}
	}
	text := write(t, "in.txt", "IL-2 activates NF-κB.\nGATA-3 binds.\n")
	for _, name := range []string{"o.csv", "o.parquet", "o.jsonl"} {
		out := filepath.Join(dir, name)
		mustRun(t, "ner", "--input", text, "--output", out)
		set, err := datasets.Load(t.Context(), out)
		if err != nil {
			t.Fatal(err)
		}
		if set.NumRows() != 2 {
			t.Errorf("%s: %d rows", name, set.NumRows())
		}
	}
}

// Without --text the column is text, or else abstract.
func TestNERDefaultColumn(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out.jsonl")
	in := write(t, "in.jsonl", lines)
	mustRun(t, "ner", "--input", in, "--output", out)
	if got := readRecords(t, out); len(got) != 3 || len(got[0].Entities) == 0 {
		t.Errorf("got %+v", got)
	}
	mustRun(t, "ner", "--input", filepath.Dir(in), "--split", "train", "--output", out)
	if _, err := run(t, "ner", "--input", filepath.Dir(in), "--split", "test", "--output", out); err == nil || !strings.Contains(err.Error(), `no split "test"`) {
		t.Errorf("got %v", err)
	}
	// What was found before is replaced.
	again := filepath.Join(t.TempDir(), "out.jsonl")
	mustRun(t, "ner", "--input", out, "--output", again)
	if a, b := readRecords(t, out), readRecords(t, again); !reflect.DeepEqual(a, b) {
		t.Errorf("got %+v, then %+v", a, b)
	}
}

func TestErrors(t *testing.T) {
	in := write(t, "in.jsonl", lines)
	out := filepath.Join(t.TempDir(), "out.jsonl")
	for _, c := range []struct {
		want string
		args []string
	}{
		{"no column", []string{"ner", "--input", in, "--text", "abstrct", "--output", out}},
		{"no-such-file", []string{"ner", "--input", "no-such-file.jsonl", "--output", out}},
		{"unknown model", []string{"ner", "--model", "no-such-model", "--input", in, "--text", "abstract", "--output", out}},
		{"--offsets", []string{"ner", "--input", in, "--text", "abstract", "--output", out, "--offsets", "words"}},
		{"aggregation", []string{"ner", "--input", in, "--text", "abstract", "--output", out, "--aggregation", "best"}},
		{"out.xyz", []string{"ner", "--input", in, "--text", "abstract", "--output", filepath.Join(filepath.Dir(out), "out.xyz")}},
		{"there is no folder", []string{"ner", "--input", "not-read.jsonl", "--output", filepath.Join(filepath.Dir(out), "none", "out.jsonl")}},
		{"choose one with --text (it has body)", []string{"ner", "--input", write(t, "in.jsonl", `{"body": "IL-2"}`), "--output", out}},
		{"choose one with --text", []string{"bench", "--input", write(t, "in.jsonl", `{"body": "IL-2"}`)}},
		{"empty", []string{"ner", "--input", write(t, "empty.csv", ""), "--text", "abstract", "--output", out}},
		{"in.csv", []string{"ner", "--input", write(t, "in.csv", "abstract\n\xff\xfe\n"), "--text", "abstract", "--output", out}},
		{`required flag(s) "data", "task" not set`, []string{"eval"}},
		{"unknown command", []string{"nre"}},
	} {
		_, err := run(t, c.args...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: got %v, want %q in it", c.args, err, c.want)
		}
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a failed run left an output file")
	}
}

// Every command that opens a model says how it may be called.
func TestModelUsage(t *testing.T) {
	for command, embedded := range map[string]bool{"ner": true, "relations": true, "eval": true, "bench": true, "convert": false, "compress": false} {
		help := mustRun(t, command, "--help")
		if !strings.Contains(help, checkpointNames) || strings.Contains(help, "an embedded one (") != embedded {
			t.Errorf("%s does not say which models there are:\n%s", command, help)
		}
	}
}

func TestConvert(t *testing.T) {
	packed := filepath.Join(t.TempDir(), "tiny.sbm")
	mustRun(t, "convert", "--model", tiny, "--output", packed, "--engine", "dense")
	out := filepath.Join(t.TempDir(), "out.jsonl")
	mustRun(t, "ner", "--model", packed, "--input", write(t, "in.jsonl", lines), "--output", out)
	if got := readRecords(t, out); len(got) != 3 {
		t.Errorf("got %+v", got)
	}
}
