package bert

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// onnxCase is what ONNX Runtime computes.
type onnxCase struct {
	Model  string        `json:"model"`
	IDs    [][]int32     `json:"input_ids"`
	Mask   [][]int       `json:"attention_mask"`
	Types  [][]int       `json:"token_type_ids"`
	Logits [][][]float32 `json:"logits"`
}

// sharedONNX copies the ONNX files that lie outside of the repository to folders with a configuration, and returns these by name.
func sharedONNX(t testing.TB) (dirs map[string]string, cases []onnxCase) {
	t.Helper()
	from := filepath.Join(sharedFolder(t), "models", "onnx")
	raw, err := os.ReadFile(filepath.Join(from, "reference.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	const config = `{"model_type": "bert", "architectures": ["BertForTokenClassification"], "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
		"intermediate_size": 128, "max_position_embeddings": 128, "type_vocab_size": 2, "vocab_size": 200, "id2label": {"0": "O", "1": "B", "2": "I"}}`
	dirs = map[string]string{}
	for _, c := range cases {
		if dirs[c.Model] != "" {
			continue
		}
		dir := t.TempDir()
		data, err := os.ReadFile(filepath.Join(from, c.Model))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "model.onnx"), data, 0o644)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "config.json"), []byte(config), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		dirs[c.Model] = dir
	}
	return dirs, cases
}

// compare returns the largest difference of logits, and those of all.
func (c *onnxCase) compare(t testing.TB, m *Model, s *State) (worst float64) {
	t.Helper()
	var b Batch
	var want []float32
	for i, ids := range c.IDs {
		n, first := 0, 0
		for n < len(ids) && c.Mask[i][n] == 1 {
			if c.Types[i][n] == 0 {
				first++
			}
			n++
		}
		b.AddPair(first, ids[:n])
		for _, l := range c.Logits[i][:n] {
			want = append(want, l...)
		}
	}
	got := m.Forward(s, &b).Data
	if len(got) != len(want) || len(want) == 0 {
		t.Fatalf("%s: %d logits, want %d", c.Model, len(got), len(want))
	}
	for i := range got {
		worst = max(worst, math.Abs(float64(got[i]-want[i])))
	}
	return worst
}

// Graphs of every form give the logits of ONNX Runtime, those with products of integers to the last bit.
func TestONNX(t *testing.T) {
	dirs, cases := sharedONNX(t)
	s := NewState(2)
	defer s.Close()
	compared := 0
	for _, c := range cases {
		engine := Dense
		if !strings.HasSuffix(c.Model, "fp32.onnx") {
			engine = Static
		}
		m := loadModel(t, dirs[c.Model], "")
		if engine == Dense {
			m = loadModel(t, dirs[c.Model], Dense)
		}
		if m.Engine != engine {
			t.Errorf("%s: the %s engine, want %s", c.Model, m.Engine, engine)
		}
		if share := m.Sparsity(); strings.HasPrefix(c.Model, "pruned90") != (share > 0.85 && share < 0.95) {
			t.Errorf("%s: %.1f %% zeros", c.Model, 100*share)
		}
		worst := c.compare(t, m, s)
		t.Logf("%s, %d tokens: %.2g, %s", c.Model, len(c.IDs[0]), worst, m.Kernel())
		most := 0.0 // a graph of integers says of every number how it is rounded
		if engine == Dense || strings.HasSuffix(c.Model, "_qdq.onnx") {
			most = 1e-6
		}
		if worst > most {
			t.Errorf("%s: logits differ by %.2g", c.Model, worst)
		}
		compared++
	}
	if compared != 36 {
		t.Errorf("%d cases, want 36", compared)
	}
}

// Graphs of other heads, as newer exporters write them, give the logits of PyTorch, and what ONNX Runtime's quantizer makes of one those of ONNX
// Runtime.
func TestONNXHeads(t *testing.T) {
	raw, err := os.ReadFile("testdata/onnx.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		onnxCase
		Config json.RawMessage `json:"config"`
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	s := NewState(2)
	defer s.Close()
	for _, c := range cases {
		dir := t.TempDir()
		path := filepath.Join(dir, c.Model)
		data, err := os.ReadFile(filepath.Join("testdata", c.Model))
		if err == nil {
			err = os.WriteFile(path, data, 0o644)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "config.json"), c.Config, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		m := loadModel(t, path, "")
		if want := map[bool]Engine{false: Dense, true: Static}[strings.Contains(c.Model, "quant")]; m.Engine != want {
			t.Errorf("%s: the %s engine, want %s", c.Model, m.Engine, want)
		}
		var b Batch
		var want []float32
		for i, ids := range c.IDs {
			b.AddPair(slices.Index(c.Types[i], 1), ids)
			for _, l := range c.Logits[i] {
				want = append(want, l...)
			}
		}
		got, worst := m.Forward(s, &b).Data, 0.0
		if len(got) != len(want) || len(want) == 0 {
			t.Fatalf("%s: %d logits, want %d", c.Model, len(got), len(want))
		}
		for i := range got {
			worst = max(worst, math.Abs(float64(got[i]-want[i])))
		}
		t.Logf("%s: %.2g", c.Model, worst)
		if worst > 1e-5 {
			t.Errorf("%s: logits differ by %.2g", c.Model, worst)
		}
		// The bits do not depend on the batch or on the goroutines.
		all := slices.Clone(got)
		for i, ids := range c.IDs {
			for _, threads := range []int{1, 3} {
				alone := NewState(threads)
				var one Batch
				one.AddPair(slices.Index(c.Types[i], 1), ids)
				n := len(all) / len(c.IDs)
				if got := m.Forward(alone, &one).Data; !slices.Equal(got, all[i*n:(i+1)*n]) {
					t.Errorf("%s: text %d alone, %d goroutines: other bits", c.Model, i, threads)
				}
				alone.Close()
			}
		}
		// What the configuration says must be what the graph computes.
		for from, to := range map[string]string{
			`"num_hidden_layers": 1`: `"num_hidden_layers": 2`, `"num_attention_heads": 2`: `"num_attention_heads": 4`, `1e-12`: `1e-05`,
			`"hidden_act": "gelu`: `"hidden_act": "gelu_pytorch_tanh", "x": "`, `"vocab_size": 24`: `"vocab_size": 25`,
		} {
			if strings.HasPrefix(c.Model, "answers") && strings.Contains(from, "hidden_act") {
				to = `"hidden_act": "gelu", "x": "`
			}
			other := strings.Replace(string(c.Config), from, to, 1)
			if other == string(c.Config) {
				t.Fatalf("%s: no %s", c.Model, from)
			}
			if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(other), 0o644); err != nil {
				t.Fatal(err)
			}
			ck, err := OpenCheckpoint(path)
			if err == nil {
				_, err = ck.Load("", "")
				ck.Close()
			}
			if err == nil || !strings.Contains(err.Error(), "same model?") {
				t.Errorf("%s with %s: %v", c.Model, to, err)
			}
		}
	}
}

// A graph with quantized activations runs on the other engines too, nearly as it says, and alone on its own.
func TestONNXEngines(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	dirs, cases := sharedONNX(t)
	s := NewState(1)
	defer s.Close()
	for _, c := range cases {
		if c.Model != "pruned90_quant.onnx" {
			continue
		}
		for _, e := range []Engine{Dense, DenseS8, Sparse} {
			if worst := c.compare(t, loadModel(t, dirs[c.Model], e), s); worst > 0.1 {
				t.Errorf("%s, %d tokens: logits differ by %.2g", e, len(c.IDs[0]), worst)
			}
		}
	}
	c, err := OpenCheckpoint(testdata + "tiny")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Load(Static, ""); err == nil || !strings.Contains(err.Error(), "quantized activations") {
		t.Errorf("safetensors on the static engine: %v", err)
	}
}
