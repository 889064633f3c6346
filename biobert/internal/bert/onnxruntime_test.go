package bert

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/sparsebio/sparsebio/biobert/internal/onnx"
)

// Large graphs give what ONNX Runtime gives: SPARSEBIO_ONNX names files, such as those of the size of BERT-base that a run of SparseML made, and
// SPARSEBIO_PYTHON a Python with the package onnxruntime. Small files have their answers in TestONNX.
//
// In a deep quantized graph one sum in another order, which puts one number on the other side of a rounding, is enough for all that follows to be rounded
// otherwise. ONNX Runtime itself does not give the same labels before and after it optimizes a graph, least of all with random weights, whose labels
// are close calls. Of a graph with products of integers, as it is written, every bit must be equal. One of QDQ has products of floating-point numbers
// and this engine the same ones of integers: 99.5 % must be equal, or as many as are for ONNX Runtime but for one in a hundred, and logits must not be farther off.
func TestONNXRuntime(t *testing.T) {
	files, python := filepath.SplitList(os.Getenv("SPARSEBIO_ONNX")), os.Getenv("SPARSEBIO_PYTHON")
	if len(files) == 0 || python == "" {
		t.Skip("needs ONNX files of token classifiers (set SPARSEBIO_ONNX) and a Python with the package onnxruntime (set SPARSEBIO_PYTHON)")
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) { compareRuntime(t, path, python) })
	}
}

func compareRuntime(t *testing.T, path, python string) {
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	model := onnxCheckpoint(t, path)
	m := loadModel(t, model, "")
	if m.Engine != Static {
		m = loadModel(t, model, Dense)
	}
	sequences := tokenSequences(t, m)
	runtime := func(optimized bool) []float32 {
		t.Helper()
		request, err := json.Marshal(map[string]any{"model": path, "sequences": sequences, "optimized": optimized})
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), python, "../../compress/testdata/run_onnx.py")
		cmd.Stdin, cmd.Stderr = bytes.NewReader(request), os.Stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		var logits [][]float32
		if err := json.Unmarshal(out, &logits); err != nil {
			t.Fatal(err)
		}
		return slices.Concat(logits...)
	}
	s := NewState(2)
	defer s.Close()
	var b Batch
	for _, ids := range sequences {
		b.Add(ids)
	}
	got, want := m.Forward(s, &b), runtime(false)
	if len(want) != got.Rows*got.Cols {
		t.Fatalf("ONNX Runtime gives %d numbers, want %d", len(want), got.Rows*got.Cols)
	}
	spread := float64(slices.Max(want) - slices.Min(want))
	ours := differ(want, got.Data, got.Cols)
	t.Logf("%s engine, %.1f %% zeros, logits in a range of %.2f", m.Engine, 100*m.Sparsity(), spread)
	t.Logf("of %d labels %s", got.Rows, ours)
	if m.Engine == Dense {
		if ours.most > 1e-4 {
			t.Errorf("floating-point logits differ by %.2g", ours.most)
		}
		return
	}
	if m.static.integers() {
		if ours.most != 0 {
			t.Error("ONNX Runtime disagrees")
		}
		return
	}
	theirs := differ(want, runtime(true), got.Cols)
	t.Logf("of ONNX Runtime's own, with a graph that it optimizes, %s", theirs)
	if ours.equal < min(0.995, theirs.equal-0.01) || !(ours.mean < 0.01*spread) || ours.mean > max(1e-3*spread, 1.25*theirs.mean) {
		t.Error("ONNX Runtime disagrees")
	}
}

// tokenSequences returns those of the file that SPARSEBIO_SEQUENCES names, a JSON list of lists of token ids, such as a trained model is made for. Without one the tokens are
// random, some of them rare: what they mean does not matter to a model with random weights.
func tokenSequences(t *testing.T, m *Model) (sequences [][]int32) {
	t.Helper()
	if path := os.Getenv("SPARSEBIO_SEQUENCES"); path != "" {
		raw, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(raw, &sequences)
		}
		if err != nil {
			t.Fatal(err)
		}
		return sequences
	}
	r := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{3, 17, 64, 128, 200, 384, 512, 48} {
		ids := make([]int32, min(n, m.MaxPosition))
		for i := range ids {
			ids[i] = int32(r.IntN(m.Vocab))
		}
		sequences = append(sequences, ids)
	}
	return sequences
}

// A difference is one of logits: the share of tokens that get the same label, and how far the logits are apart in the mean and at most.
type difference struct{ equal, mean, most float64 }

func (d difference) String() string {
	return fmt.Sprintf("%.2f %% are equal, logits differ by %.2g in the mean and %.2g at most", 100*d.equal, d.mean, d.most)
}

func differ(want, got []float32, labels int) (d difference) {
	for i := 0; i < len(want); i += labels {
		a, b := want[i:i+labels], got[i:i+labels]
		if slices.Index(a, slices.Max(a)) == slices.Index(b, slices.Max(b)) {
			d.equal += float64(labels) / float64(len(want))
		}
		for j := range a {
			x := math.Abs(float64(a[j] - b[j]))
			d.mean, d.most = d.mean+x/float64(len(want)), max(d.most, x)
		}
	}
	return d
}

// onnxCheckpoint returns the name of the model at path in a folder with a configuration that suits it.
func onnxCheckpoint(t *testing.T, path string) string {
	t.Helper()
	g, err := onnx.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	shape := func(name string) []int {
		x, err := g.Info(name)
		if err != nil {
			t.Fatal(err)
		}
		return x.Shape
	}
	words, labels := shape("bert.embeddings.word_embeddings.weight"), map[string]string{}
	for i := range shape("classifier.weight")[0] {
		labels[strconv.Itoa(i)] = "label " + strconv.Itoa(i)
	}
	act := "gelu"
	if g.Tanh {
		act = "gelu_new"
	}
	config, err := json.Marshal(map[string]any{
		"model_type": "bert", "architectures": []string{"BertForTokenClassification"}, "hidden_act": act, "id2label": labels, "layer_norm_eps": g.Eps,
		"vocab_size": words[0], "hidden_size": words[1], "num_hidden_layers": len(g.Layers), "num_attention_heads": words[1] / g.HeadSize,
		"intermediate_size":       shape("bert.encoder.layer.0.intermediate.dense.bias")[0],
		"max_position_embeddings": shape("bert.embeddings.position_embeddings.weight")[0],
		"type_vocab_size":         shape("bert.embeddings.token_type_embeddings.weight")[0],
	})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.json"), config, 0o644); err != nil {
		t.Fatal(err)
	}
	model := filepath.Join(dir, filepath.Base(path))
	if err := os.Symlink(path, model); err != nil {
		t.Fatal(err)
	}
	return model
}
