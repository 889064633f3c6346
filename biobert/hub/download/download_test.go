package download_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sparsebio/sparsebio/biobert"
	models "github.com/sparsebio/sparsebio/biobert/hub"
	"github.com/sparsebio/sparsebio/biobert/hub/download"
	_ "github.com/sparsebio/sparsebio/biobert/models/jnlpba"
	_ "github.com/sparsebio/sparsebio/biobert/models/jnlpba/dense"
	"github.com/sparsebio/sparsebio/datasets/hub"
	"github.com/sparsebio/sparsebio/datasets/hub/hubtest"
)

const tiny = "../../testdata/tiny"

// filesOf reads a checkpoint folder.
func filesOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(b)
	}
	return files
}

// tinyHub serves the tiny checkpoint as me/tiny, with files that no model needs.
func tinyHub(t *testing.T) (*hubtest.Hub, *hubtest.Repo) {
	t.Helper()
	h := hubtest.New(t)
	files := filesOf(t, tiny)
	files["README.md"] = "# Tiny\n"
	files["tf_model.h5"] = "of TensorFlow"
	files["pytorch_model.bin"] = "not wanted"
	files["onnx/model.onnx"] = "not wanted"
	r := h.Add("model", "me/tiny", files)
	h.Setenv()
	return h, r
}

// client returns a client that gives up soon.
func client(t *testing.T, opts ...hub.Option) *hub.Client {
	t.Helper()
	c, err := hub.New(append([]hub.Option{hub.WithRetries(1, time.Millisecond)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const text = "IL-2Rα binds NF-κB. Activated T lymphocytes express TGF-β1 and CD28 receptors."

// read opens a model and returns what it finds.
func read(t *testing.T, name string, opts ...biobert.Option) (string, biobert.Info) {
	t.Helper()
	p, err := biobert.NewTokenClassification(t.Context(), name, opts...)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	d, err := p.AnnotateText(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(d.Entities), p.Info()
}

func TestOpen(t *testing.T) {
	h, r := tinyHub(t)
	want, _ := read(t, tiny)
	got, info := read(t, "me/tiny")
	if got != want || len(got) < 10 {
		t.Errorf("found %s, want %s", got, want)
	}
	if info.Source != "me/tiny@"+r.Head("main") || info.Name != "me/tiny" {
		t.Errorf("%+v", info)
	}
	var fetched []string
	for _, g := range h.Gets() {
		fetched = append(fetched, path.Base(g))
	}
	slices.Sort(fetched)
	if want := []string{"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "vocab.txt"}; !slices.Equal(slices.Compact(fetched), want) {
		t.Errorf("fetched %v, want %v", fetched, want)
	}

	// The cache serves what has not changed, and everything without a network.
	h.Requests()
	read(t, "hf://me/tiny@main")
	if rs := h.Requests(); len(rs) != 1 || !strings.HasSuffix(rs[0].Path, "/revision/main") {
		t.Errorf("requests %+v, want one for the commit", rs)
	}
	first := r.Head("main")
	r.Tag("v1", first)
	r.Commit("main", map[string]string{"config.json": strings.Replace(filesOf(t, tiny)["config.json"], `"model_type": "bert"`, `"model_type": "gpt2"`, 1)})
	_, err := biobert.NewTokenClassification(t.Context(), "me/tiny", biobert.WithFetcher(download.New(client(t))))
	if err == nil || !strings.Contains(err.Error(), "gpt2") || !strings.Contains(err.Error(), `"me/tiny"`) {
		t.Errorf("another architecture: %v", err)
	}
	for _, opt := range []biobert.Option{biobert.WithRevision("v1"), biobert.WithRevision(first)} {
		if got, info := read(t, "me/tiny", opt); got != want || !strings.HasSuffix(info.Source, first) {
			t.Errorf("revision: found %s, %+v", got, info)
		}
	}
	h.Close()
	t.Setenv("HF_HUB_OFFLINE", "1")
	for _, name := range []string{"me/tiny@v1", "me/tiny@" + first} {
		if got, _ := read(t, name); got != want {
			t.Errorf("%s offline: found %s", name, got)
		}
	}
	_, err = biobert.NewTokenClassification(t.Context(), "me/other")
	if !errors.Is(err, hub.ErrOffline) || !strings.Contains(err.Error(), "unset HF_HUB_OFFLINE") || !strings.Contains(err.Error(), "no file or folder of that name") {
		t.Errorf("not in the cache: %v", err)
	}
}

// What cannot be opened is refused before its weights are fetched.
func TestRefusedEarly(t *testing.T) {
	h, _ := tinyHub(t)
	h.Add("model", "me/bare", map[string]string{"config.json": `{"model_type": "bert", "architectures": ["BertForMaskedLM"], "hidden_size": 8, "num_hidden_layers": 1,
		"num_attention_heads": 1, "intermediate_size": 8, "vocab_size": 8}`, "pytorch_model.bin": "large", "vocab.txt": "x"})
	for name, want := range map[string]string{"me/bare": "an encoder without a head", "me/tiny": "open it with NewTokenClassification"} {
		if _, err := biobert.NewTextClassification(t.Context(), name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q in it", name, err, want)
		}
	}
	for _, g := range h.Gets() {
		if path.Base(g) != "config.json" {
			t.Errorf("fetched %s", g)
		}
	}
}

func TestFaults(t *testing.T) {
	h, _ := tinyHub(t)
	h.Add("model", "me/empty", map[string]string{"README.md": "x"})
	h.Add("model", "me/private", filesOf(t, tiny)).Private()
	h.Add("model", "me/gated", filesOf(t, tiny)).Gate()
	const weights = "model.safetensors"
	for _, c := range []struct {
		name  string
		match hubtest.Match
		fault hubtest.Fault
		is    error // nil: it comes all the same
		want  string
	}{
		{name: "me/none", is: models.ErrUnknownModel, want: "check the name"},
		{name: "me/private", is: models.ErrUnknownModel, want: "set HF_TOKEN"},
		{name: "me/gated", is: hub.ErrGated, want: "accept its conditions"},
		{name: "me/tiny@v9", is: hub.ErrRevisionNotFound, want: "branches and tags"},
		{name: "me/a--b", is: models.ErrUnknownModel, want: "owner/name"},
		{name: "me/empty", is: download.ErrNoCheckpoint, want: "no config.json (it has README.md)"},
		{"me/tiny", hubtest.Match{Path: "/api/"}, hubtest.HTML(), hub.ErrNotHub, "HF_ENDPOINT"},
		{"me/tiny", hubtest.Match{Path: weights, Method: "GET"}, hubtest.Corrupt(), hub.ErrMismatch, "nothing was kept"},
		{"me/tiny", hubtest.Match{Path: weights, Method: "GET"}, hubtest.Status(503), nil, "503"},
		{"me/tiny", hubtest.Match{Path: weights, Method: "GET", Times: 1}, hubtest.Cut(100000), nil, ""},
	} {
		h.Heal()
		if c.fault != nil {
			h.Fault(c.match, c.fault)
		}
		p, err := biobert.NewTokenClassification(t.Context(), c.name, biobert.WithFetcher(download.New(client(t))))
		if p != nil {
			p.Close()
		}
		switch {
		case c.is == nil && c.want == "":
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		case err == nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), fmt.Sprintf("%q", c.name)):
			t.Errorf("%s: got %v, want %q in it", c.name, err, c.want)
		}
	}
}

// A program that is ended while weights come is back at once, and the next one takes them up.
func TestCancel(t *testing.T) {
	h, _ := tinyHub(t)
	h.Fault(hubtest.Match{Path: "model.safetensors", Method: "GET", Times: 1}, hubtest.Drip(time.Hour))
	gone := errors.New("gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer time.AfterFunc(200*time.Millisecond, func() { cancel(gone) }).Stop()
	if _, err := biobert.NewTokenClassification(ctx, "me/tiny"); !errors.Is(err, gone) {
		t.Errorf("got %v", err)
	}
	read(t, "me/tiny")
}

// Without a network and without the variable that says so, the cache serves, too.
func TestUnreachable(t *testing.T) {
	for _, listed := range []bool{true, false} {
		h, _ := tinyHub(t)
		want, _ := read(t, "me/tiny")
		if !listed {
			if err := os.RemoveAll(filepath.Join(os.Getenv("HF_HUB_CACHE"), "models--me--tiny", "trees")); err != nil {
				t.Fatal(err)
			}
		}
		h.Close()
		fetch := biobert.WithFetcher(download.New(client(t)))
		if got, _ := read(t, "me/tiny", fetch); got != want {
			t.Errorf("listed %v: found %s", listed, got)
		}
		for _, name := range []string{"me/tiny@v1", "me/other"} {
			if _, err := biobert.NewTokenClassification(t.Context(), name, fetch); !errors.Is(err, hub.ErrUnreachable) || !strings.Contains(err.Error(), "check the connection") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// The cache may have another form of the weights, which Python wanted, and no list of files.
func TestOfflineOtherWeights(t *testing.T) {
	for _, listed := range []bool{true, false} {
		h := hubtest.New(t)
		files := filesOf(t, tiny)
		files["model.onnx"] = "what another program wanted"
		h.Add("model", "me/both", files)
		home := h.Setenv()
		c := client(t)
		for _, f := range []string{"config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt", "model.onnx"} {
			if _, err := c.Download(t.Context(), hub.Model("me/both"), "", f); err != nil {
				t.Fatal(err)
			}
		}
		if listed {
			if _, err := c.List(t.Context(), hub.Model("me/both"), ""); err != nil {
				t.Fatal(err)
			}
		} else if err := os.RemoveAll(filepath.Join(home, "hub", "models--me--both", "trees")); err != nil {
			t.Fatal(err)
		}
		t.Setenv("HF_HUB_OFFLINE", "1")
		src, err := models.Resolve(t.Context(), "me/both")
		if err != nil {
			t.Errorf("listed %v: %v", listed, err)
			continue
		}
		if _, err := os.Stat(filepath.Join(src.Dir, "model.onnx")); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(src.Dir, "model.safetensors")); !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
	}
}

func TestProgress(t *testing.T) {
	tinyHub(t)
	last := map[string]biobert.Progress{}
	read(t, "me/tiny", biobert.WithProgress(func(p biobert.Progress) {
		if p.File != "" {
			last[p.File] = p
		}
	}))
	p := last["me/tiny/model.safetensors"]
	if !p.Done || p.Bytes != p.Size || p.Size < 100000 || len(last) != 5 {
		t.Errorf("%d files, of the weights last %+v", len(last), p)
	}
	var own []string
	dir := t.TempDir()
	f := download.New(client(t, hub.WithCacheDir(dir), hub.WithProgress(func(p hub.Progress) { own = append(own, p.File) })))
	read(t, "me/tiny", biobert.WithFetcher(f))
	if !slices.Contains(own, "model.safetensors") {
		t.Errorf("progress of the client %v", own)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) == 0 {
		t.Errorf("its cache has %v, %v", entries, err)
	}
	if _, err := models.Resolve(t.Context(), "me/tiny", models.WithFetcher(download.New(nil))); err == nil {
		t.Error("a nil client fetches")
	}
}

// A repository of the hub can be the mirror of the SparseZoo.
func TestMirror(t *testing.T) {
	const stub = "nlp/token_classification/biobert-base_cased/pytorch/huggingface/jnlpba/pruned90_quant-none"
	h := hubtest.New(t)
	files := map[string]string{"README.md": "x", "nlp/other/config.json": "{}"}
	for name, content := range filesOf(t, tiny) {
		files[stub+"/deployment/"+name] = content
	}
	r := h.Add("model", "me/zoo", files)
	h.Setenv()
	t.Setenv(models.MirrorVariable, "me/zoo")
	want, _ := read(t, tiny)
	got, info := read(t, "zoo:"+stub+"-vnni")
	if got != want || info.Source != "me/zoo@"+r.Head("main") {
		t.Errorf("found %s, %+v", got, info)
	}
	if _, err := models.Resolve(t.Context(), "zoo:"+strings.Replace(stub, "jnlpba", "ddi", 1)); !errors.Is(err, download.ErrNoCheckpoint) {
		t.Errorf("got %v", err)
	}
}

// Stubs of the SparseZoo need no set-up, and what stands in for them is said in a line of the log and in Info.
func TestStubs(t *testing.T) {
	t.Setenv(models.MirrorVariable, "")
	for variant, model := range map[string]string{"pruned90_quant-none": "jnlpba", "base-none": "jnlpba-dense"} {
		name := "zoo:nlp/token_classification/biobert-base_cased/pytorch/huggingface/jnlpba/" + variant
		var log bytes.Buffer
		p, err := biobert.NewTokenClassification(t.Context(), name, biobert.WithLogger(slog.New(slog.NewJSONHandler(&log, nil))))
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		i := p.Info()
		if i.Name != name || i.Source != "embedded "+model {
			t.Errorf("%+v", i)
		}
		if f := p.Provenance().Models[0].Files; f[0].Name != model {
			t.Errorf("files %v", f)
		}
		var line struct{ Level, Msg string }
		if err := json.Unmarshal(log.Bytes(), &line); err != nil || line.Level != "INFO" || !strings.Contains(line.Msg, name) || !strings.Contains(line.Msg, "the SparseZoo is closed") {
			t.Errorf("log %q, %v", log.String(), err)
		}
		if "biobert: "+i.Note != line.Msg {
			t.Errorf("note %q", i.Note)
		}
	}
}

// Programs that do not import this package must not pay for it.
func TestNotLinked(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "github.com/sparsebio/sparsebio/biobert").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dep := range strings.Lines(string(out)) {
		if strings.HasPrefix(dep, "github.com/sparsebio/sparsebio/datasets/hub") {
			t.Errorf("biobert links %s", dep)
		}
	}
}
