package compress

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/biobert/internal/bert"
	"github.com/sparsebio/sparsebio/biobert/internal/onnx"
	"github.com/sparsebio/sparsebio/biobert/internal/safetensors"
)

// shard splits the weights of a folder into two files with an index.
func shard(t *testing.T, dir string) {
	t.Helper()
	path := filepath.Join(dir, "model.safetensors")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	index := map[string]string{}
	parts := map[string][]safetensors.Tensor{}
	for i, name := range f.Names() {
		x, err := f.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		file := []string{"model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"}[i%2]
		index[name], parts[file] = file, append(parts[file], x)
	}
	for file, tensors := range parts {
		writeTensors(t, filepath.Join(dir, file), tensors)
	}
	b, err := json.Marshal(map[string]any{"weight_map": index})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "model.safetensors.index.json"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// toONNX writes the weights of a folder as a floating-point graph.
func toONNX(t *testing.T, dir string) {
	t.Helper()
	c, err := openCheckpoint(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	m := newRanges(c.Config).model()
	m.Layers = make([]onnx.Layer, c.Config.Layers)
	w, err := os.Create(filepath.Join(dir, "model.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	if err := closeFile(w, onnx.Write(w, onnx.Graph{Model: m, Heads: c.Config.Heads, Output: "classifier", Prefix: c.prefix, Tensor: c.Tensor})); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "model.safetensors")); err != nil {
		t.Fatal(err)
	}
}

// The same weights in other files make the same model.
func TestSources(t *testing.T) {
	compressed := func(model string) map[string][]float32 {
		dir := filepath.Join(t.TempDir(), "out")
		if _, err := Run(t.Context(), model, sentences(24), WithSparsity(0.6), WithMethod(SparseGPT), WithOutput(dir)); err != nil {
			t.Fatal(err)
		}
		return readWeights(t, dir)
	}
	want := compressed(tiny)
	sharded, graph := copyTiny(t), copyTiny(t)
	shard(t, sharded)
	toONNX(t, graph)
	for name, model := range map[string]string{"shards": sharded, "ONNX in a folder": graph, "ONNX file": filepath.Join(graph, "model.onnx")} {
		got := compressed(model)
		for tensor, v := range want {
			if !strings.Contains(tensor, "position_ids") && !slices.Equal(got[tensor], v) {
				t.Errorf("%s: %s differs", name, tensor)
			}
		}
	}
}

// Weights in files that were written for other purposes are opened, and then refused for what they are.
func TestSourceRefusals(t *testing.T) {
	pickled := copyTiny(t)
	b, err := os.ReadFile(tiny + "-pruned90.pytorch_model.bin")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(pickled, "pytorch_model.bin"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(pickled, "model.safetensors")); err != nil {
		t.Fatal(err)
	}
	quantized := filepath.Join(t.TempDir(), "out")
	if _, err := Run(t.Context(), tiny, sentences(24), WithSparsity(0.05), WithMethod(Magnitude), WithOutput(quantized), WithONNX()); err != nil {
		t.Fatal(err)
	}
	for model, want := range map[string]string{
		pickled:                                "of its weights are zero already",
		filepath.Join(quantized, "model.onnx"): "its weights are quantized (start from the floating-point model)",
		filepath.Join(quantized, "compress.json"): "to open a checkpoint, give its folder",
	} {
		if _, err := Run(t.Context(), model, sentences(24)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", filepath.Base(model), err, want)
		}
	}
}

// Every method of compress runs what package bert runs.
func TestActivations(t *testing.T) {
	for _, name := range []string{"gelu", "gelu_new", "gelu_pytorch_tanh"} {
		if _, err := bert.ParseConfig([]byte(`{"model_type": "bert", "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8,
			"vocab_size": 8, "id2label": {"0": "O"}, "hidden_act": "` + name + `"}`)); err != nil || activations[name] == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// withConfig copies a checkpoint folder and changes its config.json.
func withConfig(t *testing.T, from string, replace ...string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "config.json")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := strings.NewReplacer(replace...).Replace(string(b))
	if s == string(b) {
		t.Fatalf("nothing to replace in %s", b)
	}
	if err := os.WriteFile(path, []byte(s), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// An encoder as pre-training leaves it is compressed for those who fine-tune it later; its hidden states are compared.
func TestEncoder(t *testing.T) {
	model := withConfig(t, tiny, "BertForTokenClassification", "BertForMaskedLM")
	out := filepath.Join(t.TempDir(), "out")
	r, err := Run(t.Context(), model, sentences(40), WithSparsity(0.5), WithOutput(out))
	if err != nil {
		t.Fatal(err)
	}
	if a := r.Agreement; a.Outputs != 0 || a.States != r.HeldOutTokens-2*r.HeldOutTexts || a.Cosine < 0.8 || a.Cosine > 1 || a.Mean <= 0 {
		t.Errorf("%+v", a)
	}
	if s := r.String(); !strings.Contains(s, "same as dense: hidden states of") {
		t.Error(s)
	}
	if _, err := Run(t.Context(), out, sentences(40)); err == nil || !strings.Contains(err.Error(), "zero already") {
		t.Errorf("the output: %v", err)
	}
	if _, err := Run(t.Context(), model, sentences(40), WithOutput(out+"2"), WithONNX()); err == nil || !strings.Contains(err.Error(), "without a head") {
		t.Errorf("with ONNX: %v", err)
	}
}

// What is made of a DistilBERT is a BERT.
func TestDistilBERT(t *testing.T) {
	model := withConfig(t, "../internal/bert/testdata/distil", `"max_position_embeddings": 16`, `"max_position_embeddings": 16, "x": 0`)
	vocab := "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nIL\n-\n2\nin\nT\ncells\n.\nthe\nof\nB\nNF\nand\n##s\na\nb\nc\nd\ne\nf\n"
	if err := os.WriteFile(filepath.Join(model, "vocab.txt"), []byte(vocab), 0o644); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	r, err := Run(t.Context(), model, sentences(40), WithSparsity(0.5), WithOutput(out), WithONNX())
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Matrices) != 12 || r.Agreement.Equal < 0.4 || r.ONNX.Equal < 0.4 {
		t.Errorf("%v", r)
	}
	for _, path := range []string{out, filepath.Join(out, "model.onnx")} {
		c, err := bert.OpenCheckpoint(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Load("", ""); err != nil || c.Config.ModelType != "bert" {
			t.Errorf("%s: %q, %v", path, c.Config.ModelType, err)
		}
		c.Close()
	}
}
