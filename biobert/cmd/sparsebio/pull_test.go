package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/hub/hubtest"
)

func serveTiny(t *testing.T) (*hubtest.Hub, *hubtest.Repo) {
	t.Helper()
	h := hubtest.New(t)
	r := h.AddDir("model", "me/tiny", tiny)
	r.Commit("main", map[string]string{"tf_model.h5": "not wanted", "onnx/model.onnx": "not wanted"})
	h.Setenv()
	t.Setenv("SPARSEBIO_ZOO", "")
	return h, r
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		if !e.Type().IsRegular() {
			t.Errorf("%s is %s", e.Name(), e.Type())
		}
		out = append(out, e.Name())
	}
	return out
}

func TestPull(t *testing.T) {
	h, r := serveTiny(t)
	out := mustRun(t, "pull", "me/tiny")
	for _, want := range []string{"me/tiny, commit " + r.Head("main") + " of me/tiny: 5 files, 0.2 MB\n", filepath.Join("models--me--tiny", "snapshots", r.Head("main")) + "\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("got %q, want %q in it", out, want)
		}
	}

	// Another program's files do not come along, and what is there goes, but only if it is a file.
	lines := strings.Split(strings.TrimSpace(out), "\n")
	cache := lines[len(lines)-1]
	if err := os.WriteFile(filepath.Join(cache, "other"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "a", "b")
	for range 2 {
		if out := mustRun(t, "pull", "me/tiny", "--revision", "main", "--output", dir); !strings.HasSuffix(out, "\n"+dir+"\n") {
			t.Errorf("got %q", out)
		}
		if got := names(t, dir); !slices.Equal(got, []string{"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "vocab.txt"}) {
			t.Errorf("%s has %v", dir, got)
		}
		if err := os.WriteFile(filepath.Join(dir, "vocab.txt"), []byte("of before"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "vocab.txt")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "vocab.txt"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t, "pull", "me/tiny", "--output", dir); err == nil || !strings.Contains(err.Error(), "vocab.txt") {
		t.Errorf("got %v", err)
	}

	// Both names open it, without a network.
	h.Close()
	t.Setenv("HF_HUB_OFFLINE", "1")
	in, entities := write(t, "in.jsonl", oneAbstract), filepath.Join(t.TempDir(), "out.jsonl")
	if err := os.Remove(filepath.Join(dir, "vocab.txt")); err != nil {
		t.Fatal(err)
	}
	for _, model := range []string{"me/tiny", dir} {
		mustRun(t, "ner", "--model", model, "--input", in, "--text", "abstract", "--output", entities)
		if got := readRecords(t, entities); len(got) != 1 || len(got[0].Entities) == 0 {
			t.Errorf("%s: found %+v", model, got)
		}
	}
}

const oneAbstract = `{"id": "a", "abstract": "IL-2Rα binds NF-κB. Activated T lymphocytes express TGF-β1 and CD28 receptors."}
`

func TestPullOthers(t *testing.T) {
	_, r := serveTiny(t)
	const stub = "zoo:nlp/token_classification/biobert-base_cased/pytorch/huggingface/jnlpba/pruned90_quant-none"
	for name, want := range map[string]string{
		"jnlpba": `"jnlpba" is embedded in this program: there is nothing to fetch`,
		stub:     "note: " + stub + ": the SparseZoo is closed",
		tiny:     tiny + ": 5 files, 0.2 MB\n" + tiny + "\n",
	} {
		if out := mustRun(t, "pull", name); !strings.Contains(out, want) {
			t.Errorf("%s: got %q, want %q in it", name, out, want)
		}
	}
	r.Commit("zoo", map[string]string{strings.TrimPrefix(stub, "zoo:") + "/deployment.tar.gz": "an archive"})
	t.Setenv("SPARSEBIO_ZOO", "me/tiny@zoo")
	dir := t.TempDir()
	if out := mustRun(t, "pull", stub, "--output", dir); !strings.HasSuffix(out, "\n"+filepath.Join(dir, "deployment.tar.gz")+"\n") {
		t.Errorf("got %q", out)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "deployment.tar.gz")); err != nil || string(got) != "an archive" {
		t.Errorf("%q, %v", got, err)
	}
	for want, args := range map[string][]string{
		"is embedded in this program and has no files": {"jnlpba", "--output", dir},
		`is embedded and has no revision "v1"`:         {"jnlpba", "--revision", "v1"},
		"check the name":                               {"me/none"},
		"accepts 1 arg":                                {},
	} {
		if _, err := run(t, append([]string{"pull"}, args...)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %q in it", args, err, want)
		}
	}
}

// A model that reads no texts is fetched all the same, and said to be such a one.
func TestPullUnfit(t *testing.T) {
	h, _ := serveTiny(t)
	h.Add("model", "me/bare", map[string]string{"config.json": `{"model_type": "bert", "architectures": ["BertForMaskedLM"], "hidden_size": 8,
		"num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8, "vocab_size": 8}`, "pytorch_model.bin": "large", "vocab.txt": "x"})
	h.Add("model", "me/other", map[string]string{"config.json": `{"model_type": "roberta"}`, "pytorch_model.bin": "large", "vocab.txt": "x"})
	for name, want := range map[string]string{"me/bare": "note: it is an encoder without a head", "me/other": `note: it cannot be opened: config.json: unsupported architecture: model_type "roberta"`} {
		if out := mustRun(t, "pull", name); !strings.Contains(out, want) {
			t.Errorf("%s: got %q, want %q in it", name, out, want)
		}
	}
	if out := mustRun(t, "pull", "me/tiny"); strings.Contains(out, "note") {
		t.Errorf("got %q", out)
	}
}
