package bert

import (
	"fmt"
	"iter"

	"github.com/sparsebio/sparsebio/biobert/internal/safetensors"
)

// A Matrix is one of the encoder, and how many of its weights are zero.
type Matrix struct {
	Name            string // of its tensor, without ".weight"; of a model such as "0 qkv"
	Outputs, Inputs int
	Zeros           int
	Blocks          bool // its nonzeros come in groups of four along the inputs; never of a model
}

// Matrices reads the matrices of the encoder, one after the other, and counts their zeros. After an error there are no more.
func (c *Checkpoint) Matrices() iter.Seq2[Matrix, error] {
	return func(yield func(Matrix, error) bool) {
		for i := range c.Config.Layers {
			for _, parts := range c.linearParts(i) {
				for _, p := range parts {
					w, err := c.floats(p.name+".weight", p.n, p.k)
					if err != nil {
						yield(Matrix{}, err)
						return
					}
					if !yield(Matrix{p.name, p.n, p.k, countZeros(w), inFours(w)}, nil) {
						return
					}
				}
			}
		}
	}
}

// Matrices returns the products of the encoder, of which query, key and value make one.
func (m *Model) Matrices() []Matrix {
	var out []Matrix
	for i := range m.layers {
		for _, l := range m.layers[i].linears() {
			out = append(out, Matrix{fmt.Sprintf("%d %s", i, l.name), l.n, l.k, int(l.zeros), false})
		}
	}
	return out
}

// WeightType says as what the first matrix of the encoder lies in its file.
func (c *Checkpoint) WeightType() string {
	if c.Quantized() {
		return "INT8"
	}
	t, _ := c.file.Info(c.linearParts(0)[0][0].name + ".weight") // OpenCheckpoint has seen it
	return map[safetensors.DType]string{safetensors.F32: "fp32", safetensors.F16: "fp16", safetensors.BF16: "bf16"}[t.DType]
}
