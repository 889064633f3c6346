package compress

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/sparsebio/sparsebio/biobert/internal/onnx"
)

// What is written as ONNX is what package onnx reads, for every head, and agrees with the checkpoint beside it.
func TestONNX(t *testing.T) {
	for _, model := range []string{"tiny", "tiny-topics", "tiny-qa"} {
		for _, percentile := range []float64{100, 99.9} {
			t.Run(model, func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "out")
				r, err := Run(t.Context(), "../testdata/"+model, sentences(60), WithSparsity(0.3), WithOutput(dir), WithONNX(), WithPercentile(percentile))
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("checkpoint: %v", r.Agreement)
				t.Logf("ONNX:       %v", r.ONNX)
				if r.ONNX == nil || r.ONNX.Outputs != r.Agreement.Outputs || r.ONNX.Mean > 2*r.Agreement.Mean+0.02*r.Agreement.Range {
					t.Errorf("agreement of the ONNX file %+v, of the checkpoint %+v", r.ONNX, r.Agreement)
				}
				m, err := onnx.Open(filepath.Join(dir, "model.onnx"))
				if err != nil {
					t.Fatal(err)
				}
				defer m.Close()
				if !m.Quantized() || !m.Classifier.Quantized() || len(m.Layers) == 0 {
					t.Fatalf("%d layers, quantized: %v", len(m.Layers), m.Quantized())
				}
				weights := readWeights(t, dir)
				for _, x := range r.Matrices {
					tensor, err := m.Tensor(x.Name + ".weight")
					if err != nil {
						t.Fatal(err)
					}
					got, err := tensor.Float32s(nil)
					if err != nil {
						t.Fatal(err)
					}
					for i, v := range weights[x.Name+".weight"] {
						if d := math.Abs(float64(got[i] - v)); d > 1e-3*(1+math.Abs(float64(v))) || (got[i] == 0) != (v == 0) {
							t.Fatalf("%s: weight %d is %v in the ONNX file, %v in the checkpoint", x.Name, i, got[i], v)
						}
					}
				}
			})
		}
	}
}
