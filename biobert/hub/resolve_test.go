package hub

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

type ctx = context.Context

func init() {
	Register("known", "bytes of known")
	Register("bc2gm", "bytes of bc2gm")
	Register("chemprot", "bytes of chemprot")
	Register("chemprot-dense", "bytes of chemprot-dense")
}

// files makes files with their folders and returns the folder they are in.
func files(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, n := range names {
		path := filepath.Join(dir, filepath.FromSlash(n))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// asked is a fetcher that notes what it is asked for.
type asked []Request

func (a *asked) fetch(_ context.Context, r Request) (Fetched, error) {
	*a = append(*a, r)
	return Fetched{Dir: "/cache/" + r.Repo, Commit: "c0ffee", Files: []string{"x"}}, nil
}

func TestResolve(t *testing.T) {
	t.Setenv(MirrorVariable, "")
	dir := files(t, "m.sbm", "zoo/deployment/config.json", "zoo/model.onnx", "packed/deployment.tar.gz", "owner/name/config.json", "both/config.json", "both/deployment/config.json")
	t.Chdir(dir)
	const commit = "0123456789012345678901234567890123456789"
	hub := func(repo string) Source {
		return Source{Dir: "/cache/" + repo, Repo: repo, Commit: "c0ffee", Files: []string{"x"}}
	}
	for _, c := range []struct {
		name     string
		want     Source
		revision string // that the fetcher is asked for
	}{
		{"known", Source{Packed: "bytes of known"}, ""},
		{".", Source{Dir: "."}, ""},
		{"m.sbm", Source{File: "m.sbm"}, ""},
		{dir, Source{Dir: dir}, ""},
		{"zoo", Source{Dir: filepath.Join("zoo", "deployment")}, ""},
		{"packed", Source{File: filepath.Join("packed", "deployment.tar.gz")}, ""},
		{"both", Source{Dir: "both"}, ""},
		{"owner/name", Source{Dir: "owner/name"}, ""}, // though the hub might have one
		{"hf://owner/name", hub("owner/name"), ""},
		{"hf://models/owner/name@v1", hub("owner/name"), "v1"},
		{"hf://bert-base-cased", hub("bert-base-cased"), ""},
		{"dmis-lab/biobert-base-cased-v1.1", hub("dmis-lab/biobert-base-cased-v1.1"), ""},
		{"dmis-lab/biobert-v1.1@" + commit, hub("dmis-lab/biobert-v1.1"), commit},
		{"a/b@refs/pr/1", hub("a/b"), "refs/pr/1"},
	} {
		var a asked
		got, err := Resolve(t.Context(), c.name, WithFetcher(a.fetch))
		c.want.Name = c.name
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: got %+v, %v, want %+v", c.name, got, err, c.want)
		}
		if c.want.Repo == "" && len(a) > 0 || c.want.Repo != "" && (len(a) != 1 || a[0].Repo != c.want.Repo || a[0].Revision != c.revision) {
			t.Errorf("%q: the fetcher was asked for %+v", c.name, a)
		}
	}
}

func TestResolveErrors(t *testing.T) {
	t.Setenv(MirrorVariable, "")
	dir := files(t, "owner/name/config.json", "here/config.json")
	t.Chdir(dir)
	var a asked
	revision := WithRevision("v1")
	for _, c := range []struct {
		name    string
		opts    []Option
		unknown bool
		want    string
	}{
		{"", nil, true, "give a model name"},
		{"jnlpba", nil, true, `import _ "github.com/sparsebio/sparsebio/biobert/models/jnlpba"`},
		{"jnlpba-dense", nil, true, `import _ "github.com/sparsebio/sparsebio/biobert/models/jnlpba/dense"`},
		{"no/such/model", nil, true, "not a registered model (have bc2gm, chemprot"},
		{"misspelt", nil, true, "not a file or folder, and not the name of a model of the hub"},
		{"../up", nil, true, "not a file or folder"},
		{"models/none.sbm", nil, true, "not a file or folder"},
		{"models/none.tar.gz", nil, true, "not a file or folder"},
		{"a/b@", nil, true, "not a file or folder"},
		{"hf://datasets/a/b", nil, true, "not the name of a model of the hub (want hf://owner/name"},
		{"hf://", nil, true, "not the name"},
		{"a/b", nil, true, `this program does not fetch from the hub (if it is a model of the hub, add: import _ "github.com/sparsebio/sparsebio/biobert/hub/download"`},
		{"a/b", nil, true, `unknown model "a/b": there is no file or folder of that name, and this program does not fetch from the hub (`},
		{"hf://a/b", nil, true, `unknown model "hf://a/b": this program`},
		{"a/b", []Option{WithFetcher(func(ctx, Request) (f Fetched, err error) { return f, os.ErrPermission })}, false, "and on the hub: permission denied"},
		{"known", []Option{revision}, false, `is embedded and has no revision "v1"`},
		{"here", []Option{revision}, false, `is here and has no revision "v1"`},
		{"owner/name", []Option{revision}, false, `that of the hub is "hf://owner/name"`},
		{"owner/name@v1", nil, false, `"owner/name" is here and has no revision "v1" (that of the hub is "hf://owner/name@v1")`},
		{"a/b@v2", []Option{revision, WithFetcher(a.fetch)}, false, `WithRevision wants "v1"`},
		{"zoo:nlp/token_classification/biobert-base_cased/pytorch/huggingface/bc2gm/base-none", []Option{revision}, false, "is no model of the hub"},
		{"known", []Option{WithRevision("")}, false, "leave the option out"},
		{"known", []Option{WithFetcher(nil)}, false, "WithFetcher(nil)"},
	} {
		_, err := Resolve(t.Context(), c.name, c.opts...)
		if err == nil || errors.Is(err, ErrUnknownModel) != c.unknown || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "biobert: ") {
			t.Errorf("%q: got %v, want %q in it", c.name, err, c.want)
		}
	}
	if len(a) > 0 {
		t.Errorf("asked for %+v", a)
	}
}

// What Resolve is told reaches the fetcher, and what that says reaches the caller.
func TestFetcher(t *testing.T) {
	calls := 0
	f := func(ctx context.Context, r Request) (Fetched, error) {
		if r.Progress != nil {
			r.Progress(Progress{File: "x"})
		}
		if r.Check == nil {
			return Fetched{}, fmt.Errorf("silent: %v", r.Silent)
		}
		return Fetched{}, r.Check([]byte("{}"))
	}
	broken := errors.New("broken")
	RegisterFetcher(f)
	defer func() { fetcher = nil }()
	_, err := Resolve(t.Context(), "a/b", WithProgress(func(Progress) { calls++ }), WithConfigCheck(func(b []byte) error { return fmt.Errorf("%s: %w", b, broken) }))
	if !errors.Is(err, broken) || errors.Is(err, ErrUnknownModel) || calls != 1 {
		t.Errorf("got %v after %d calls", err, calls)
	}
	if _, err := Resolve(t.Context(), "a/b", WithProgress(nil)); err == nil || !strings.Contains(err.Error(), "silent: true") {
		t.Errorf("got %v", err)
	}
}

func TestZoo(t *testing.T) {
	t.Setenv(MirrorVariable, "")
	const form = "zoo:nlp/%s/biobert-base_cased/pytorch/huggingface/%s/%s"
	token, text := "token_classification", "text_classification"
	for _, c := range []struct{ stub, want, note string }{
		{fmt.Sprintf(form, token, "bc2gm", "pruned90_quant-none"), "bc2gm", "the SparseZoo is closed"},
		{fmt.Sprintf(form, token, "bc2gm", "pruned90_quant-none-vnni"), "bc2gm", ""},
		{fmt.Sprintf(form, token, "bc2gm", "12layer_pruned80.4block_quant-none-vnni") + "?recipe=original", "bc2gm", ""},
		{fmt.Sprintf(form, token, "bc2gm-v2", "pruned90_quant-none/"), "bc2gm", ""},
		{fmt.Sprintf(form, token, "bc2gm", "base-none"), "bc2gm", "sparse as there is no dense one"},
		{fmt.Sprintf(form, text, "chemprot", "base-none"), "chemprot-dense", "a smaller one of ours for the same task (SPARSEBIO_ZOO"},
		{fmt.Sprintf(form, text, "ChemProt", "pruned90_quant-none"), "chemprot", ""},
		{"zoo:nlp/token_classification/biobert_v1.1-base_cased/pytorch/huggingface/bc2gm/base_quant-none", "bc2gm", ""},
		{"zoo:biobert-base_cased-chemprot_pubmed-pruned80.4block_quantized", "chemprot", ""},
		{"zoo:biobert-base_cased-bc2gm-base", "bc2gm", ""},
	} {
		got, err := Resolve(t.Context(), c.stub)
		if err != nil || got.Name != c.want || got.Packed != "bytes of "+c.want {
			t.Errorf("%s: got %+v, %v, want %s", c.stub, got, err, c.want)
		}
		stub, _, _ := strings.Cut(c.stub, "?")
		if !strings.HasPrefix(got.Note, strings.TrimSuffix(stub, "/")+": ") || !strings.Contains(got.Note, c.note) || !strings.Contains(got.Note, fmt.Sprintf("%q", c.want)) || strings.Contains(got.Note, "\n") {
			t.Errorf("%s: note %q, want %q in it", c.stub, got.Note, c.note)
		}
	}
	for stub, want := range map[string]string{
		fmt.Sprintf(form, token, "jnlpba", "pruned90_quant-none"):                    `biobert/models/jnlpba"`,
		fmt.Sprintf(form, token, "jnlpba", "base-none"):                              `biobert/models/jnlpba/dense"`,
		fmt.Sprintf(form, token, "conll2003", "base-none"):                           "zoo:nlp/token_classification/biobert-base_cased/pytorch/huggingface/jnlpba, zoo:",
		fmt.Sprintf(form, text, "bc2gm", "base-none"):                                "huggingface/chemprot",
		fmt.Sprintf(form, token, "bc2gm", "other-none"):                              "each with /base-none and /pruned90_quant-none",
		"zoo:cv/classification/resnet_v1-50/pytorch/sparseml/imagenet/base-none":     "the SparseZoo is closed",
		"zoo:nlp/token_classification/bert-base/pytorch/huggingface/bc2gm/base-none": "stand in",
		"zoo:nlp/token_classification/biobert-base_cased/pytorch/huggingface/bc2gm":  "want zoo:domain/subdomain",
		"zoo:nlp/token_classification/../pytorch/huggingface/bc2gm/base-none":        `".." cannot be a part of a stub`,
		"zoo:": `"" cannot be a part`,
	} {
		if _, err := Resolve(t.Context(), stub); !errors.Is(err, ErrUnknownModel) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q in it", stub, err, want)
		}
	}
}

// Every stub that the errors name has a model once its package is imported.
func TestZooTasks(t *testing.T) {
	for _, s := range zooTasks {
		if _, ok := embedded[s.dataset]; !ok {
			t.Logf("%s is not embedded", s.dataset)
			continue
		}
		st := stub{domain: "nlp", task: s.task, arch: "biobert", dataset: s.dataset, variant: "base-none"}
		if name, sparser := st.embeddedModel(); name == "" || sparser == has(s.dataset+"-dense") {
			t.Errorf("%s: %q, %v", s.dataset, name, sparser)
		}
	}
}

func TestMirror(t *testing.T) {
	const (
		path = "nlp/token_classification/biobert-base_cased/pytorch/huggingface/bc2gm/pruned90_quant-none"
		dns  = "nlp/token_classification/biobert-base_cased/pytorch/huggingface/bc2gm/base-none"
	)
	dir := files(t, path+"/deployment/config.json", path+"/deployment.tar.gz", dns+"/deployment.tar.gz", "file")
	at := func(parts ...string) string {
		return filepath.Join(append([]string{dir}, parts...)...)
	}
	for _, c := range []struct {
		stub string
		want Source
	}{
		{path, Source{Dir: at(path, "deployment")}},
		{path + "-vnni", Source{Dir: at(path, "deployment")}},
		{dns, Source{File: at(dns, "deployment.tar.gz")}},
	} {
		c.want.Name = "zoo:" + c.stub
		t.Setenv(MirrorVariable, dir)
		if got, err := Resolve(t.Context(), "zoo:"+c.stub); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, %v, want %+v", c.stub, got, err, c.want)
		}
		t.Setenv(MirrorVariable, "/elsewhere")
		if got, err := Resolve(t.Context(), "zoo:"+c.stub, WithMirror(dir)); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, %v, want %+v", c.stub, got, err, c.want)
		}
	}
	var a asked
	got, err := Resolve(t.Context(), "zoo:"+path+"-vnni", WithMirror("me/zoo@v1"), WithFetcher(a.fetch))
	if want := (Source{Name: "zoo:" + path + "-vnni", Dir: "/cache/me/zoo", Repo: "me/zoo", Commit: "c0ffee", Files: []string{"x"}}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("hub: got %+v, %v, want %+v", got, err, want)
	}
	if want := []Request{{Repo: "me/zoo", Revision: "v1", Folders: []string{path + "-vnni", path}}}; !reflect.DeepEqual([]Request(a), want) {
		t.Errorf("asked for %+v, want %+v", a, want)
	}
	if got, err := Resolve(t.Context(), "zoo:"+path, WithMirror("")); err != nil || got.Name != "bc2gm" {
		t.Errorf("no mirror: %+v, %v", got, err)
	}
	for mirror, want := range map[string]string{
		dir:             "no folder nlp/token_classification/biobert-base_cased/pytorch/huggingface/ddi/base-none (unset SPARSEBIO_ZOO",
		at("file"):      "not a folder",
		at("no", "dir"): "neither a folder nor",
		"me/zoo":        "does not fetch from the hub",
	} {
		_, err := Resolve(t.Context(), "zoo:nlp/token_classification/biobert-base_cased/pytorch/huggingface/ddi/base-none", WithMirror(mirror))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q in it", mirror, err, want)
		}
	}
}
