package bert

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/biobert/internal/safetensors"
)

// A DistilBERT gives what transformers gives, and so does the BERT that it is read as.
func TestDistil(t *testing.T) {
	raw, err := os.ReadFile("testdata/distil/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		IDs    []int32     `json:"input_ids"`
		Logits [][]float32 `json:"logits"`
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	s := NewState(1)
	defer s.Close()
	for _, dir := range []string{"testdata/distil", asBERT(t, "testdata/distil")} {
		m := loadModel(t, dir, "")
		for _, c := range cases {
			var b Batch
			b.Add(c.IDs)
			got, want := m.Forward(s, &b).Data, slices.Concat(c.Logits...)
			if len(got) != len(want) || maxDiff(got, want) > 1e-5 || math.IsNaN(float64(got[0])) {
				t.Errorf("%s, %v: %v, want %v", dir, c.IDs, got, want)
			}
		}
	}
}

// asBERT writes a checkpoint anew with the names of BERT.
func asBERT(t *testing.T, from string) string {
	t.Helper()
	c, err := OpenCheckpoint(from)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var tensors []safetensors.Tensor
	for _, name := range c.Names() {
		x, err := c.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		tensors = append(tensors, x)
	}
	raw, err := os.ReadFile(filepath.Join(from, "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	if raw, err = AsBERT(raw); err != nil || strings.Contains(string(raw), "istil") {
		t.Fatalf("%v: %s", err, raw)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.json"), raw, 0o644); err != nil {
		t.Fatal(err)
	}
	writeSafetensors(t, filepath.Join(dir, "model.safetensors"), tensors)
	return dir
}

func TestDistilRefused(t *testing.T) {
	raw, err := os.ReadFile("testdata/distil/config.json")
	if err != nil {
		t.Fatal(err)
	}
	weights, err := filepath.Abs("testdata/distil/model.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{"DistilBertForTokenClassification", "DistilBertForSequenceClassification", `"DistilBertForSequenceClassification" (supported:`},
		{"DistilBertForTokenClassification", "BertForTokenClassification", `"BertForTokenClassification" (supported:`},
		{`"n_layers": 2`, `"n_layers": 3`, `tensor "bert.encoder.layer.2.attention.self.query.weight", or what a DistilBERT calls it`},
		{`"dim": 16`, `"dim": "wide"`, `"dim" is a string`},
		{`"hidden_dim": 32`, `"hidden_dim": 48`, "has the shape [32 16]"},
	} {
		config := strings.Replace(string(raw), c.old, c.new, 1)
		if config == string(raw) {
			t.Fatalf("no %s", c.old)
		}
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(config), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(weights, filepath.Join(dir, "model.safetensors")); err != nil {
			t.Fatal(err)
		}
		if ck, err := OpenCheckpoint(dir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", c.new, err, c.want)
			if err == nil {
				ck.Close()
			}
		}
	}
}
