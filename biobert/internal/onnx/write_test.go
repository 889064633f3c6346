package onnx

import (
	"bytes"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/biobert/internal/safetensors"
)

// graphOf is what Write needs of a model that was read.
func graphOf(m *Model, heads int, output string) Graph {
	return Graph{Model: m, Heads: heads, Output: output, Prefix: "bert.", Tensor: m.Tensor}
}

func written(t *testing.T, g Graph) *Model {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, g); err != nil {
		t.Fatal(err)
	}
	m, err := Parse(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func floatsOf(t *testing.T, m *Model, name string) []float32 {
	t.Helper()
	x, err := m.Tensor(name)
	if err != nil {
		t.Fatal(err)
	}
	v, err := x.Float32s(nil)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// What is read, written and read again is the same, but for where the factor of attention scores is.
func TestWriteFloats(t *testing.T) {
	for name, output := range map[string]string{"texts.onnx": "classifier", "answers.onnx": "qa_outputs"} {
		m, err := Parse(read(t, name))
		if err != nil {
			t.Fatal(err)
		}
		again := written(t, graphOf(m, 2, output))
		for i := range again.Layers {
			l, was := &again.Layers[i], m.Layers[i]
			if l.ScoreScale != (Factor{1, math.Sqrt2 * 2}) {
				t.Errorf("%s: scores times %v, want those divided by the root of 8", name, l.ScoreScale)
			}
			l.QueryScale, l.KeyScale, l.ScoreScale = was.QueryScale, was.KeyScale, was.ScoreScale
		}
		if !reflect.DeepEqual(again.Layers, m.Layers) || again.HeadSize != m.HeadSize || again.Eps != m.Eps || again.Tanh != m.Tanh || (again.Pooler == nil) != (m.Pooler == nil) {
			t.Errorf("%s: %+v, want %+v", name, again, m)
		}
		if !slices.Equal(again.Names(), m.Names()) {
			t.Fatalf("%s: tensors %v, want %v", name, again.Names(), m.Names())
		}
		for _, n := range m.Names() {
			if !slices.Equal(floatsOf(t, again, n), floatsOf(t, m, n)) {
				t.Errorf("%s: %s differs", name, n)
			}
		}
	}
}

// quantize8 gives a floating-point model scales for everything.
func quantize8(t *testing.T, m *Model) {
	t.Helper()
	linear := func(name string, l *Linear) {
		x, err := m.Info(name)
		if err != nil {
			t.Fatal(err)
		}
		w := floatsOf(t, m, name)
		n, k := x.Shape[0], x.Shape[1]
		l.In, l.Scale = &Quant{0.03, 117}, make([]float32, n)
		for i := range n {
			for _, v := range w[i*k : (i+1)*k] {
				l.Scale[i] = max(l.Scale[i], v/127, -v/127)
			}
		}
	}
	for i := range m.Layers {
		l := &m.Layers[i]
		p := "bert.encoder.layer." + string(rune('0'+i)) + "."
		linear(p+"attention.self.query.weight", &l.Query)
		linear(p+"attention.self.key.weight", &l.Key)
		linear(p+"attention.self.value.weight", &l.Value)
		linear(p+"attention.output.dense.weight", &l.Output)
		linear(p+"intermediate.dense.weight", &l.Up)
		linear(p+"output.dense.weight", &l.Down)
		l.Q, l.K, l.V, l.Probs = &Quant{0.1, 120}, &Quant{0.1, 128}, &Quant{0.05, 128}, &Quant{1. / 255, 0}
		l.Scores, l.Context = &Quant{0.2, 100}, &Quant{0.04, 130}
	}
	linear("classifier.weight", &m.Classifier)
	if m.Pooler != nil {
		linear("bert.pooler.dense.weight", m.Pooler)
	}
}

func TestWriteQuantized(t *testing.T) {
	m, err := Parse(read(t, "texts.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	quantize8(t, m)
	again := written(t, graphOf(m, 2, "classifier"))
	near := func(a, b float32) bool { d := a/b - 1; return d < 1e-6 && d > -1e-6 }
	for i, l := range again.Layers {
		want := m.Layers[i]
		for j, x := range []struct{ got, want Linear }{
			{l.Query, want.Query}, {l.Key, want.Key}, {l.Value, want.Value}, {l.Output, want.Output}, {l.Up, want.Up}, {l.Down, want.Down}, {again.Classifier, m.Classifier}, {*again.Pooler, *m.Pooler},
		} {
			if *x.got.In != *x.want.In || !slices.EqualFunc(x.got.Scale, x.want.Scale, near) {
				t.Errorf("layer %d, linear %d: %v %v, want %v %v", i, j, x.got.In, x.got.Scale, x.want.In, x.want.Scale)
			}
		}
		for j, x := range [][2]*Quant{{l.Q, want.Q}, {l.K, want.K}, {l.V, want.V}, {l.Scores, want.Scores}, {l.Probs, want.Probs}, {l.Context, want.Context}} {
			if !reflect.DeepEqual(x[0], x[1]) {
				t.Errorf("layer %d, operand %d: %v, want %v", i, j, x[0], x[1])
			}
		}
	}
	for _, name := range m.Names() {
		got, want := floatsOf(t, again, name), floatsOf(t, m, name)
		most := slices.Max(want) - slices.Min(want)
		for i, v := range want {
			if d := got[i] - v; d > most/200 || d < -most/200 {
				t.Fatalf("%s: number %d is %v, want %v", name, i, got[i], v)
			}
		}
	}
}

func TestWriteRefusals(t *testing.T) {
	open := func(name string) *Model {
		m, err := Parse(read(t, name))
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	oneScale := open("texts.onnx")
	quantize8(t, oneScale)
	oneScale.Layers[0].Up.Scale = oneScale.Layers[0].Up.Scale[:1]
	missing := graphOf(open("texts.onnx"), 2, "classifier")
	missing.Tensor = func(name string) (safetensors.Tensor, error) {
		if strings.HasSuffix(name, "key.bias") {
			return safetensors.Tensor{}, safetensors.ErrNoTensor
		}
		return missing.Model.Tensor(name)
	}
	for _, c := range []struct {
		g    Graph
		want string
	}{
		{graphOf(open("answers-quant.onnx"), 2, "qa_outputs"), "rounded before its bias is added"},
		{graphOf(oneScale, 2, "classifier"), "one scale for each output"},
		{missing, "no such tensor"},
	} {
		if err := Write(&bytes.Buffer{}, c.g); err == nil || !strings.HasPrefix(err.Error(), "onnx: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want an error with %q", err, c.want)
		}
	}
}
