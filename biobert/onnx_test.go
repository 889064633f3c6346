package biobert

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/biobert/internal/bert"
)

// onnxFolder makes a folder of an ONNX model, its configuration and a vocabulary.
func onnxFolder(t *testing.T) string {
	t.Helper()
	var cases []struct {
		Model  string          `json:"model"`
		Config json.RawMessage `json:"config"`
	}
	raw, err := os.ReadFile("internal/bert/testdata/onnx.json")
	if err == nil {
		err = json.Unmarshal(raw, &cases)
	}
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	model, err := os.ReadFile("internal/bert/testdata/" + cases[0].Model)
	if err != nil {
		t.Fatal(err)
	}
	vocab := "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n" + strings.Join(strings.Split("abcdefghijklmnopqrs", ""), "\n") + "\n"
	for name, data := range map[string][]byte{"model.onnx": model, "config.json": cases[0].Config, "vocab.txt": []byte(vocab)} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// A folder with model.onnx and the path of such a file open as any checkpoint does.
func TestOpenONNX(t *testing.T) {
	dir := onnxFolder(t)
	other := filepath.Join(dir, "model_fp32.onnx")
	if err := os.Link(filepath.Join(dir, "model.onnx"), other); err != nil {
		t.Fatal(err)
	}
	var want string
	for _, name := range []string{dir, filepath.Join(dir, "model.onnx"), other} {
		p, err := NewTextClassification(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.ClassifyText(ctx, "a b c")
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		if want == "" {
			want = string(text)
		}
		if string(text) != want || !strings.Contains(want, "score") && !strings.Contains(want, "Score") {
			t.Errorf("%s: %s, want %s", name, text, want)
		}
		files := p.Provenance().Models[0].Files
		if i := p.Info(); i.Engine != "dense fp32" || i.Name != name || i.Layers != 1 {
			t.Errorf("%+v", i)
		}
		if file := filepath.Base(name); strings.HasSuffix(name, ".onnx") && (len(files) != 3 || files[0].Name != file || files[0].SHA256 == "") {
			t.Errorf("files %v", files)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	packed := filepath.Join(dir, "model.sbm")
	if err := Convert(ctx, other, packed, "dense", ""); err != nil {
		t.Fatal(err)
	}
	p, err := NewTextClassification(ctx, packed)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := p.ClassifyText(ctx, "a b c"); err != nil || len(got) == 0 || !strings.Contains(want, `"`+got[0].Label+`"`) {
		t.Errorf("converted: %v, %v, want %s", got, err, want)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if _, err := NewTokenClassification(ctx, other); err == nil || !strings.Contains(err.Error(), "NewTextClassification") {
		t.Errorf("another task: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "config.json")); err != nil {
		t.Fatal(err)
	}
	if _, err := NewTextClassification(ctx, other); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "config.json") {
		t.Errorf("no config.json: %v", err)
	}
}

// A graph in a folder of its own belongs to the checkpoint around that, and one with another name is taken only if it is asked for.
func TestOpenONNXFolder(t *testing.T) {
	dir := onnxFolder(t)
	graph := filepath.Join(dir, "onnx", "model.onnx")
	if err := os.Mkdir(filepath.Dir(graph), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "model.onnx"), graph); err != nil {
		t.Fatal(err)
	}
	opens := func(name, file string) {
		t.Helper()
		p, err := NewTextClassification(ctx, name)
		if err != nil {
			t.Error(err)
			return
		}
		defer p.Close()
		if _, err := p.ClassifyText(ctx, "a b c"); err != nil {
			t.Error(err)
		}
		if files := p.Provenance().Models[0].Files; len(files) != 3 || files[0].Name != file {
			t.Errorf("%s: files %v", name, files)
		}
	}
	opens(dir, "model.onnx")
	opens(graph, "model.onnx")
	other := filepath.Join(filepath.Dir(graph), "model_quantized.onnx")
	if err := os.Rename(graph, other); err != nil {
		t.Fatal(err)
	}
	opens(other, "model_quantized.onnx")
	if _, err := NewTextClassification(ctx, dir); err == nil || !strings.Contains(err.Error(), "no weights") {
		t.Errorf("a graph of another name: %v", err)
	}
}

// A quantized ONNX model runs as it says by itself, and on other engines when asked.
func TestQuantizedONNX(t *testing.T) {
	from := os.Getenv("SPARSEBIO_SHARED")
	if from == "" {
		t.Skip("SPARSEBIO_SHARED is not set: this test reads ONNX files from that folder")
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	dir := t.TempDir()
	model, err := os.ReadFile(filepath.Join(from, "models", "onnx", "pruned90_quant.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	vocab := "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n"
	for i := range 195 {
		vocab += string(rune('一'+i)) + "\n"
	}
	const config = `{"model_type": "bert", "architectures": ["BertForTokenClassification"], "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
		"intermediate_size": 128, "max_position_embeddings": 128, "type_vocab_size": 2, "vocab_size": 200, "id2label": {"0": "O", "1": "B-x", "2": "I-x"}}`
	for name, data := range map[string]string{"model.onnx": string(model), "config.json": config, "vocab.txt": vocab} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	in, err := Inspect(ctx, filepath.Join(dir, "model.onnx"))
	if err != nil || !in.Static || in.Weights != "INT8" || len(in.Matrices) != 12 || in.Sparsity < 0.85 || in.Matrices[0].Sparsity() < 0.85 || in.Matrices[0].Blocks {
		t.Errorf("%v, %v", in, err)
	}
	for engine, want := range map[string]string{"auto": "calibrated INT8", "static-int8": "calibrated INT8", "sparse": "sparse INT8", "dense": "dense fp32"} {
		p, err := NewTokenClassification(ctx, dir, WithEngine(engine))
		if err != nil {
			t.Fatal(err)
		}
		if i := p.Info(); i.Engine != want || i.Sparsity < 0.85 || i.WeightBytes == 0 {
			t.Errorf("%s: %+v", engine, i)
		}
		if _, err := p.AnnotateText(ctx, "一丁 七"); err != nil {
			t.Errorf("%s: %v", engine, err)
		}
		if _, err := p.Explain(8); (err == nil) != (engine == "sparse") {
			t.Errorf("%s: explain: %v", engine, err)
		}
		p.Close()
	}
	if bert.IsONNX("x.sbm") || !bert.IsONNX("a/B.ONNX") {
		t.Error("IsONNX")
	}
}
