// Package onnx reads the weights of a BERT from an ONNX file, with what a quantized one says about its activations, and writes such files: see Write.
//
// It does not run graphs. Reading recognizes that of a BERT, from the logits back to the embeddings, by its structure and not by the names
// of its nodes, in the forms that exporters write:
//
//   - floating-point, with layer normalization and GELU as one node or taken apart;
//   - QDQ: QuantizeLinear and DequantizeLinear around weights and activations, as quantization-aware training is exported;
//   - integer, as SparseML rewrites that for DeepSparse: MatMulInteger, with QLinearMatMul in attention in files of 2022 and 2023.
//
// Every operator must be one that such graphs have; another is an error that names it and its node, because ignoring it would
// give a model that computes something else. The weights get the names that transformers gives them in checkpoints.
//
// The messages are those of onnx.proto3 (github.com/onnx/onnx), the operators those of opsets 11 to 21. The file is mapped, and so are
// files of external data, which must lie in the same folder or below it. What Write writes is the integer form, that of SparseML, of opset 14.
package onnx

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/sparsebio/sparsebio/biobert/internal/mmap"
	"github.com/sparsebio/sparsebio/biobert/internal/safetensors"
)

// ErrFormat is in every error about the contents of a file.
var ErrFormat = errors.New("not an ONNX file of a BERT that can be read")

// A Quant says how activations are quantized: q = clamp(round(x / Scale) + Zero, 0, 255), where round rounds half to even. Those
// that a file keeps as int8 are shifted by 128, to the same effect.
type Quant struct {
	Scale float32
	Zero  uint8
}

// A Linear says how the input and the weights of a linear layer are quantized; nil means not at all.
type Linear struct {
	In  *Quant
	Out *Quant // how the product is rounded before the bias is added, as ONNX Runtime's quantizer has it
	// Scale is that of each output of the weights, or one for all, where they are quantized: weight / Scale is a whole number from -255 to 255.
	Scale []float32
	// Product is the scale of the product, of each output or one for all, where the graph has a product of integers and says it: that of In times Scale, but for
	// a rounding.
	Product []float32
	// Bias, if not nil, is added to the sums of integers before they are multiplied by Product: whole numbers.
	Bias []float32
}

// Quantized says whether the product is one of integers.
func (l Linear) Quantized() bool { return l.In != nil && l.Scale != nil }

// A Layer says how a layer of the encoder is quantized: its linear layers, the operands of the two products of attention, and
// these products. The same rounding may come twice, of the context and of the input of Output.
type Layer struct {
	Query, Key, Value, Output, Up, Down Linear
	Q, K, Scores, Probs, V, Context     *Quant
	In, Mid                             *Quant // what is added to the results of Output and of Down
	// Queries and keys are multiplied by QueryScale and KeyScale before they are rounded, their products by ProductScale before these are, and the scores by
	// ScoreScale at the end. All of them together are the factor of attention scores.
	QueryScale, KeyScale, ProductScale, ScoreScale Factor
	// Scores and Context are how QLinearMatMul rounds its sums of integers, which it multiplies by one number.
	Requantized bool
}

// A Factor says what a graph multiplies or divides by: one of both numbers is 1.
type Factor struct{ Times, Over float32 }

func (f Factor) value() float64 { return float64(f.Times) / float64(f.Over) }

// allOf is what several factors multiply by.
func allOf(fs ...Factor) Factor {
	p := Factor{1, 1}
	for _, f := range fs {
		p.Times, p.Over = p.Times*f.Times, p.Over*f.Over
	}
	return p
}

// Apply multiplies x by the factor.
func (f Factor) Apply(x []float32) {
	if f == (Factor{1, 1}) {
		return
	}
	for i, v := range x {
		x[i] = v * f.Times / f.Over
	}
}

// A Model is what a graph says. It is safe for concurrent use until it is closed.
type Model struct {
	Layers     []Layer
	Classifier Linear
	Pooler     *Linear // of a model that classifies texts
	HeadSize   int     // 1 / (the factor of attention scores)²
	Eps        float32 // of layer normalization
	Tanh       bool    // GELU is its approximation by tanh

	// What decides about the last bits of results.
	ErfScale  Factor // of the argument of the error function in GELU
	FusedNorm bool   // layer normalization is one operator

	path    string
	files   []*mmap.File
	names   []string // of files
	weights map[string]*weight
}

// Open maps the file at path and recognizes its graph. Close it when its tensors are no longer used.
func Open(path string) (*Model, error) {
	f, err := mmap.Open(path)
	if err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	m := &Model{path: path, files: []*mmap.File{f}, names: []string{path}}
	if err := m.read(f.Data, m.external()); err != nil {
		return nil, errors.Join(fmt.Errorf("onnx: %s: %w: %w", path, ErrFormat, err), m.Close())
	}
	return m, nil
}

// Parse reads a file that is in memory already, without external data. Its tensors may be views of data.
func Parse(data []byte) (*Model, error) {
	m := &Model{}
	if err := m.read(data, nil); err != nil {
		return nil, fmt.Errorf("onnx: %w: %w", ErrFormat, err)
	}
	return m, nil
}

func (m *Model) read(data []byte, external func(location string) ([]byte, error)) error {
	if bytes.HasPrefix(data, []byte("version https://git-lfs")) {
		return errors.New("it is the pointer that Git LFS left in the place of the file (run: git lfs pull)")
	}
	g, err := parseModel(data, external)
	if err != nil {
		return err
	}
	if err := g.checkOperators(); err != nil {
		return err
	}
	m.weights = map[string]*weight{}
	return (&matcher{graph: g, model: m}).match()
}

// maxExternal bounds the files of external data; exporters write one, or one for each tensor.
const maxExternal = 4096

// external returns a function that maps files beside the model, each once.
func (m *Model) external() func(location string) ([]byte, error) {
	opened := map[string][]byte{}
	return func(location string) ([]byte, error) {
		if data, ok := opened[location]; ok {
			return data, nil
		}
		local := filepath.FromSlash(location)
		if !filepath.IsLocal(local) {
			return nil, fmt.Errorf("external data in %q (want a file in the folder of the model)", location)
		}
		if len(opened) == maxExternal {
			return nil, fmt.Errorf("external data in more than %d files", maxExternal)
		}
		path := filepath.Join(filepath.Dir(m.path), local)
		f, err := mmap.Open(path)
		if err != nil {
			return nil, fmt.Errorf("external data: %w", err)
		}
		m.files, m.names = append(m.files, f), append(m.names, path)
		opened[location] = f.Data
		return f.Data, nil
	}
}

// Close releases the file. The Data of all tensors must not be used any more. A second call does nothing.
func (m *Model) Close() error {
	var errs []error
	for _, f := range m.files {
		errs = append(errs, f.Close())
	}
	m.files = nil
	return errors.Join(errs...)
}

// Files returns the paths of the model and of its external data.
func (m *Model) Files() []string { return m.names }

// Quantized says whether the graph has products of integers.
func (m *Model) Quantized() bool {
	for _, l := range m.Layers {
		for _, x := range []Linear{l.Query, l.Key, l.Value, l.Output, l.Up, l.Down} {
			if x.Quantized() {
				return true
			}
		}
	}
	return m.Classifier.Quantized()
}

// Names returns the names of all tensors, sorted: those of transformers' checkpoints.
func (m *Model) Names() []string { return slices.Sorted(maps.Keys(m.weights)) }

// Info returns a tensor without its data.
func (m *Model) Info(name string) (safetensors.Tensor, error) {
	w, ok := m.weights[name]
	if !ok {
		where := ""
		if m.path != "" {
			where = m.path + ": "
		}
		return safetensors.Tensor{}, fmt.Errorf("onnx: %stensor %q: %w (its graph has %d layers)", where, name, safetensors.ErrNoTensor, len(m.Layers))
	}
	return safetensors.Tensor{Name: name, DType: w.dtype(), Shape: w.shape()}, nil
}

// Tensor returns a tensor as transformers has it: linear weights are [outputs, inputs], quantized numbers are what they stand for. It is a view
// of the file or made anew in each call.
func (m *Model) Tensor(name string) (safetensors.Tensor, error) {
	t, err := m.Info(name)
	if err != nil {
		return t, err
	}
	return m.weights[name].make(name)
}
