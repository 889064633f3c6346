package datasets

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/hub"
	"github.com/sparsebio/sparsebio/datasets/hub/hubtest"
)

const abstractsCard = "---\nlicense: cc0-1.0\nconfigs:\n- config_name: default\n  data_files:\n  - split: train\n    path: data/train-*\n  - split: validation\n    path: data/dev-*\n---\n# Abstracts\n"

func abstractsHub(t *testing.T) (*hubtest.Hub, *hubtest.Repo) {
	t.Helper()
	h := hubtest.New(t)
	r := h.Add("dataset", "me/abstracts", map[string]string{
		"README.md":                       abstractsCard,
		".hidden/x.csv":                   "no",
		"dataset_infos.json":              "{}",
		"LICENSE.txt":                     "free\n",
		"data/train-00000-of-00002.jsonl": `{"id": 1, "text": "p53"}` + "\n",
		"data/train-00001-of-00002.jsonl": `{"id": 2, "text": "β-catenin"}` + "\n",
		"data/dev-[x].jsonl":              `{"id": 3, "text": "MDM2"}` + "\n",
	})
	h.Setenv()
	return h, r
}

func TestLoadHub(t *testing.T) {
	h, r := abstractsHub(t)
	d := load(t, "me/abstracts", WithSplit("train"))
	if got := texts(t, d, "text"); !slices.Equal(got, []string{"p53", "β-catenin"}) {
		t.Errorf("texts %q", got)
	}
	// The other split is not fetched, nor what is no data.
	for _, g := range h.Gets() {
		if !strings.Contains(g, "/train-") && !strings.HasSuffix(g, "README.md") && !strings.HasSuffix(g, infosFile) {
			t.Errorf("fetched %s", g)
		}
	}
	dev := load(t, "hf://datasets/me/abstracts", WithSplit("validation"))
	if got := texts(t, dev, "text"); !slices.Equal(got, []string{"MDM2"}) {
		t.Errorf("texts %q", got)
	}
	before := r.Head("main")
	r.Commit("main", map[string]string{"data/dev-[x].jsonl": `{"id": 4, "text": "new"}` + "\n"})
	r.Tag("v1", before)
	for rev, want := range map[string]string{"": "new", "main": "new", "v1": "MDM2", before: "MDM2"} {
		opts := []Option{WithSplit("validation")}
		if rev != "" {
			opts = append(opts, WithRevision(rev))
		}
		if got := texts(t, load(t, "me/abstracts", opts...), "text"); got[0] != want {
			t.Errorf("revision %q: %q", rev, got)
		}
	}
	// Everything is in the cache now.
	h.Close()
	t.Setenv("HF_HUB_OFFLINE", "1")
	if d := load(t, "me/abstracts", WithSplit("train"), WithRevision(before)); d.NumRows() != 2 {
		t.Errorf("%d rows offline", d.NumRows())
	}
}

func TestLoadHubClient(t *testing.T) {
	h := hubtest.New(t)
	h.Add("dataset", "me/one", map[string]string{"x.csv": "a\n1\n"})
	var files []string
	c, err := hub.New(hub.WithEndpoint(h.URL()), hub.WithCacheDir(filepath.Join(t.TempDir(), "hub")),
		hub.WithProgress(func(p hub.Progress) { files = append(files, p.File) }))
	if err != nil {
		t.Fatal(err)
	}
	if d := load(t, "me/one", WithHub(c)); d.NumRows() != 1 {
		t.Errorf("%d rows", d.NumRows())
	}
	if !slices.Contains(files, "x.csv") {
		t.Errorf("progress of %q", files)
	}
}

func TestLoadHubErrors(t *testing.T) {
	h, _ := abstractsHub(t)
	h.Add("dataset", "me/mixed", map[string]string{"a.csv": "x\n1\n", "b.tsv": "x\n1\n"})
	h.Add("dataset", "me/program", map[string]string{"program.py": "print()", "data.zip": "PK"})
	h.Add("dataset", "me/empty", nil)
	h.Add("dataset", "me/parquet", map[string]string{"train.parquet": "PAR1"})
	two := strings.Replace(abstractsCard, "---\n#", "- config_name: \"full\" # all\n  data_files: full.csv\n---\n#", 1)
	two = strings.Replace(two, "default", "part", 1)
	h.Add("dataset", "me/two", map[string]string{"README.md": two, "full.csv": "x\n1\n"})
	h.Add("dataset", "me/converted", map[string]string{"x.py": ""}).Commit("refs/convert/parquet",
		map[string]string{"de/train/0000.parquet": "PAR1", "en/train/0000.parquet": "PAR1"})
	for _, test := range []struct {
		name string
		opts []Option
		want string
	}{
		{"me/none", nil, `datasets: no file or folder "me/none", and on the hub: hub: dataset me/none at revision "main": repository not found`},
		{"me/abstracts", nil, `"me/abstracts" has several splits: train, validation (choose one with WithSplit)`},
		{"me/abstracts", []Option{WithSplit("test")}, `has no split "test" (has train, validation)`},
		{"me/abstracts", []Option{WithRevision("v9")}, "revision not found"},
		{"me/abstracts", []Option{WithFormat("csv")}, `data set "me/abstracts" of the hub has no data files (looked for .csv); it has .hidden/x.csv, LICENSE.txt, README.md`},
		{"me/mixed", nil, "data files of several formats: .csv, .tsv (choose one with WithFormat)"},
		{"me/program", nil, "it has data.zip, program.py"},
		{"me/empty", nil, "it has no files"},
		{"me/parquet", nil, `reading "me/parquet" needs the Parquet reader (import _ "github.com/sparsebio/sparsebio/datasets/parquet")`},
		{"me/two", nil, `"me/two" has several configurations: part, full (choose one with WithConfig)`},
		{"me/converted", []Option{WithRevision("refs/convert/parquet")}, "several configurations: de, en"},
		{"testdata/five.csv", []Option{WithRevision("main")}, `"testdata/five.csv" is here and has no revision "main"`},
	} {
		_, err := Load(t.Context(), test.name, append(test.opts, WithAllocator(checked(t)))...)
		wantError(t, err, test.want)
	}
	for _, g := range h.Gets() {
		if !strings.HasSuffix(g, "README.md") {
			t.Errorf("fetched %s for nothing", g)
		}
	}
	t.Setenv("HF_HUB_OFFLINE", "1")
	_, err := Load(t.Context(), "me/abstracts", WithSplit("validation"), WithAllocator(checked(t)))
	wantError(t, err, "hf download me/abstracts")
	wantError(t, err, "unset HF_HUB_OFFLINE")
	t.Setenv("HF_HUB_ETAG_TIMEOUT", "soon")
	_, err = Load(t.Context(), "me/abstracts", WithAllocator(checked(t)))
	wantError(t, err, "HF_HUB_ETAG_TIMEOUT")
	for _, opt := range []Option{WithRevision(""), WithHub(nil)} {
		if _, err := Load(t.Context(), "me/abstracts", opt, WithAllocator(checked(t))); err == nil {
			t.Error("no error")
		}
	}
}

// A file or folder of the name comes first.
func TestLoadHubShadowed(t *testing.T) {
	h, _ := abstractsHub(t)
	t.Chdir(t.TempDir())
	if err := os.MkdirAll("me/abstracts", 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("me/abstracts/x.csv", []byte("a\n1\n2\n3\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if d := load(t, "me/abstracts"); d.NumRows() != 3 {
		t.Errorf("%d rows", d.NumRows())
	}
	if rs := h.Requests(); len(rs) != 0 {
		t.Errorf("asked the hub %v", rs)
	}
	if d := load(t, "hf://datasets/me/abstracts", WithSplit("train")); d.NumRows() != 2 {
		t.Errorf("%d rows", d.NumRows())
	}
}

func TestHubID(t *testing.T) {
	for name, want := range map[string]bool{
		"zeroshot/arxiv-biology": true, "hf://datasets/a/b": true, "hf://datasets/squad": true, "a/b.v1": true,
		"squad": false, "a/b/c": false, "data/train.csv": false, "data/x.jsonl.gz": false, "./a": false, "../a": false, "/a/b": false, "a/": false, "hf://a/b": false, `a\b`: false,
	} {
		if _, ok := hubID(name); ok != want {
			t.Errorf("%q: %v", name, ok)
		}
	}
}
