package compress

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/sparsebio/sparsebio/biobert/internal/bert"
	"github.com/sparsebio/sparsebio/biobert/internal/token"
)

// ONNX Runtime opens what is written and gives what our engine gives. SPARSEBIO_COMPRESSED may name an output of sparsebio compress --onnx to test in
// place of the small models.
func TestONNXRuntime(t *testing.T) {
	python, skip := os.Getenv("SPARSEBIO_PYTHON"), t.Skip
	if os.Getenv("SPARSEBIO_PYTHON_REQUIRED") != "" {
		skip = t.Fatal
	}
	if python == "" {
		skip("SPARSEBIO_PYTHON is not set: it names a Python with the package onnxruntime")
	}
	if exec.Command(python, "-c", "import onnxruntime").Run() != nil {
		skip("the Python of SPARSEBIO_PYTHON has no package onnxruntime (datasets/testdata/requirements.txt has it)")
	}
	if dir := os.Getenv("SPARSEBIO_COMPRESSED"); dir != "" {
		checkRuntime(t, python, dir)
		return
	}
	for _, model := range []string{"tiny", "tiny-topics", "tiny-qa"} {
		t.Run(model, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "out")
			if _, err := Run(t.Context(), "../testdata/"+model, sentences(60), WithSparsity(0.5), WithBlocks(4), WithOutput(dir), WithONNX()); err != nil {
				t.Fatal(err)
			}
			checkRuntime(t, python, dir)
		})
	}
}

func checkRuntime(t *testing.T, python, dir string) {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(dir, "model.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := bert.OpenCheckpoint(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	m, err := c.Load("", "")
	if err != nil {
		t.Fatal(err)
	}
	if m.Engine != bert.Static {
		t.Fatalf("opened for the engine %q", m.Engine)
	}
	tok, err := token.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var sequences [][]int32
	for text := range sentences(30) {
		var e token.Encoding
		if err := tok.Encode(&e, text); err != nil {
			t.Fatal(err)
		}
		sequences = append(sequences, e.IDs)
	}
	request, err := json.Marshal(map[string]any{"model": path, "sequences": sequences})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "testdata/run_onnx.py")
	cmd.Stdin, cmd.Stderr = bytes.NewReader(request), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var want [][]float32
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	state := bert.NewState(1)
	defer state.Close()
	var worst, sum, most float64
	labels, equal, n := 0, 0, 0
	for i, ids := range sequences {
		var b bert.Batch
		b.Add(ids)
		logits := m.Forward(state, &b)
		if len(want[i]) != logits.Rows*logits.Cols {
			t.Fatalf("sequence %d: ONNX Runtime gives %d numbers, want %d", i, len(want[i]), logits.Rows*logits.Cols)
		}
		for r := range logits.Rows {
			ours, theirs := logits.Row(r), want[i][r*logits.Cols:(r+1)*logits.Cols]
			best := 0
			for j := range ours {
				d := math.Abs(float64(ours[j] - theirs[j]))
				worst, sum, most, n = max(worst, d), sum+d, max(most, math.Abs(float64(theirs[j]))), n+1
				if theirs[j] > theirs[best] {
					best = j
				}
			}
			labels++
			equal++
			for _, v := range ours {
				if v > ours[best] {
					equal--
					break
				}
			}
		}
	}
	t.Logf("%d of %d labels equal, logits of up to %.2f differ by up to %.4f, %.5f in the mean", equal, labels, most, worst, sum/float64(n))
	if float64(equal) < 0.995*float64(labels) || sum/float64(n) > 0.01*most {
		t.Errorf("ONNX Runtime disagrees")
	}
}
