package biobert

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/biobert/internal/bert"
)

func TestInspect(t *testing.T) {
	in, err := Inspect(ctx, "testdata/tiny-pruned90")
	if err != nil {
		t.Fatal(err)
	}
	if in.Task != "token classification" || in.Layers != 2 || in.Static || len(in.Matrices) != 6*in.Layers || len(in.Files) != 1 {
		t.Errorf("%+v", in)
	}
	m := in.Matrices[4]
	if !strings.HasSuffix(m.Name, "encoder.layer.0.intermediate.dense") || m.Sparsity() < 0.85 || m.Blocks || m.Outputs <= m.Inputs {
		t.Errorf("%+v", m)
	}
	// The same model as a packed file: query, key and value in one, as many zeros.
	path := filepath.Join(t.TempDir(), "model.sbm")
	if err := Convert(ctx, "testdata/tiny-pruned90", path, "sparse", ""); err != nil {
		t.Fatal(err)
	}
	p, err := Inspect(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	if p.Weights != "INT8" || len(p.Matrices) != 4*in.Layers || p.Sparsity < in.Sparsity || p.Sparsity > in.Sparsity+0.02 || p.Matrices[2].Outputs != m.Outputs {
		t.Errorf("%+v, a checkpoint of %.4f zeros", p, in.Sparsity)
	}
	if s := p.String(); !strings.Contains(s, "0 intermediate") || strings.Count(s, "\n") != 5+len(p.Matrices) {
		t.Error(s)
	}
	if _, err := Inspect(ctx, "testdata/none"); err == nil {
		t.Error("found what is not there")
	}
}

// An encoder as it comes from pre-training is no use for a task, and says what to do.
func TestEncoderWithoutHead(t *testing.T) {
	for _, architectures := range []string{`"architectures": ["BertForMaskedLM"]`, `"architectures": ["BertModel"]`, `"architectures": null, "id2label": {}, "label2id": {}`} {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS("testdata/tiny")); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile("testdata/tiny/config.json")
		if err != nil {
			t.Fatal(err)
		}
		c, err := bert.ParseConfig(raw)
		if err != nil {
			t.Fatal(err)
		}
		config := fmt.Sprintf(`{"model_type": "bert", "hidden_size": %d, "num_hidden_layers": %d, "num_attention_heads": %d, "intermediate_size": %d, "vocab_size": %d,
			"max_position_embeddings": %d, %s}`, c.Hidden, c.Layers, c.Heads, c.Intermediate, c.Vocab, c.MaxPosition, architectures)
		if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(config), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := NewTokenClassification(ctx, dir); !errors.Is(err, errNoHead) || !strings.Contains(err.Error(), "token classification needs one (fine-tune it") {
			t.Errorf("%s: %v", architectures, err)
		}
		if err := Convert(ctx, dir, filepath.Join(dir, "x.sbm"), "sparse", ""); !errors.Is(err, errNoHead) {
			t.Errorf("%s: convert: %v", architectures, err)
		}
		in, err := Inspect(ctx, dir)
		if err != nil {
			t.Fatal(err)
		}
		if in.Task != "no task" || len(in.Labels) > 0 || in.Sparsity > 0.01 {
			t.Errorf("%+v", in)
		}
	}
}

// The engine for calibrated ONNX files says what it is for.
func TestStaticEngineRefused(t *testing.T) {
	packed := filepath.Join(t.TempDir(), "model.sbm")
	if err := Convert(ctx, "testdata/tiny-pruned90", packed, "sparse", ""); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"testdata/tiny", packed} {
		if _, err := NewTokenClassification(ctx, name, WithEngine("static-int8")); err == nil || !strings.Contains(err.Error(), "not an ONNX file with quantized activations") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
