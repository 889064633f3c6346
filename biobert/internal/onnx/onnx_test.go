package onnx

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/sparsebio/sparsebio/biobert/internal/safetensors"
)

const testdata = "../bert/testdata/"

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(testdata + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRecognizes(t *testing.T) {
	m, err := Open(testdata + "texts.onnx")
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if len(m.Layers) != 1 || m.HeadSize != 8 || m.Eps != 1e-12 || m.Tanh || m.Pooler == nil || m.Quantized() {
		t.Errorf("texts: %+v", m)
	}
	for name, shape := range map[string][]int{
		"bert.embeddings.word_embeddings.weight": {24, 16}, "bert.embeddings.position_embeddings.weight": {12, 16},
		"bert.embeddings.token_type_embeddings.weight": {2, 16}, "bert.encoder.layer.0.intermediate.dense.weight": {24, 16},
		"bert.encoder.layer.0.output.dense.weight": {16, 24}, "bert.pooler.dense.weight": {16, 16}, "classifier.weight": {3, 16}, "classifier.bias": {3},
	} {
		x, err := m.Tensor(name)
		if err != nil || !slices.Equal(x.Shape, shape) || x.DType != safetensors.F32 || len(x.Data) != 4*x.Len() {
			t.Errorf("%s: %s %v, %v, want F32 %v", name, x.DType, x.Shape, err, shape)
		}
	}
	if n := len(m.Names()); n != 25 {
		t.Errorf("%d tensors, want 25", n)
	}
	if _, err := m.Tensor("cls"); !errors.Is(err, safetensors.ErrNoTensor) || !strings.Contains(err.Error(), "texts.onnx") {
		t.Errorf("missing tensor: %v", err)
	}
	// Exporters of newer versions of torch put half of the factor of attention scores on queries and keys, before these are rounded.
	half := Factor{float32(math.Pow(8, -0.25)), 1}
	for _, name := range []string{"texts.onnx", "texts-quant.onnx"} {
		m, err := Parse(read(t, name))
		if err != nil {
			t.Fatal(err)
		}
		one := Factor{1, 1}
		if l := m.Layers[0]; l.QueryScale != half || l.KeyScale != half || l.ProductScale != one || l.ScoreScale != one {
			t.Errorf("%s: factors %v, %v, %v and %v", name, l.QueryScale, l.KeyScale, l.ProductScale, l.ScoreScale)
		}
		if !m.FusedNorm || m.ErfScale != (Factor{1, math.Sqrt2}) {
			t.Errorf("%s: %v, %v", name, m.FusedNorm, m.ErfScale)
		}
	}
	a, err := Parse(read(t, "answers.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	q, err := Parse(read(t, "answers-quant.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	if l := q.Layers[0]; !q.Quantized() || l.Query.In == nil || l.Query.Out == nil || len(l.Up.Scale) != 24 || l.In == nil || l.Mid == nil || l.Q == nil || l.Scores == nil || l.Context == nil {
		t.Errorf("answers-quant: %+v", l)
	}
	if !a.Tanh || a.Pooler != nil || !slices.Contains(a.Names(), "qa_outputs.weight") {
		t.Errorf("answers: %+v", a)
	}
}

// Each form that cannot be read is refused with a reason, and an operator by its name and that of its node.
func TestRefuses(t *testing.T) {
	texts, answers, quant := read(t, "texts.onnx"), read(t, "answers.onnx"), read(t, "answers-quant.onnx")
	op := func(model []byte, from, to string) []byte { // the type of a node is its field 4
		a, b := append([]byte{4<<3 | 2, byte(len(from))}, from...), append([]byte{4<<3 | 2, byte(len(to))}, to...)
		if len(from) != len(to) || !bytes.Contains(model, a) {
			t.Fatalf("no operator %s", from)
		}
		return bytes.ReplaceAll(model, a, b)
	}
	for _, c := range []struct {
		name string
		file []byte
		want []string
	}{
		{"empty", nil, []string{"no graph"}},
		{"not protobuf", []byte("<!DOCTYPE html>"), []string{"protobuf"}},
		{"Git LFS", []byte("version https://git-lfs.github.com/spec/v1\n"), []string{"git lfs pull"}},
		{"truncated", texts[:len(texts)/2], []string{"truncated"}},
		{"unknown operator", op(texts, "Softmax", "Softmix"), []string{`node "/bert/encoder/layer.0/attention/self/Softmax" (Softmix)`, "does not have"}},
		{"no softmax", op(texts, "Softmax", "Reshape"), []string{"attention/self/Add", "the softmax of attention"}},
		{"other activation", op(texts, "Erf", "Abs"), []string{"intermediate_act_fn", "a GELU"}},
		{"other activation of tanh", op(answers, "Tanh", "Sqrt"), []string{"a GELU"}},
		{"no root", op(answers, "Sqrt", "Tanh"), []string{"LayerNorm/Div", "a layer normalization"}},
		{"no mean", op(answers, "ReduceMean", "LessOrEqua"), []string{"LessOrEqua"}},
		{"no product", op(texts, "MatMul", "Expand"), []string{"output/dense/Add", "a linear layer"}},
		{"rounded by half", op(quant, "DequantizeLinear", "QuantizeLinearly"), []string{"QuantizeLinearly"}},
		{"quantized otherwise", op(quant, "QuantizeLinear", "QuantizeLikely"), []string{"QuantizeLikely"}},
		{"two graphs", append(slices.Clone(texts), texts...), []string{"two graphs"}},
	} {
		_, err := Parse(c.file)
		if !errors.Is(err, ErrFormat) {
			t.Errorf("%s: got %v", c.name, err)
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: got %v, want %q in it", c.name, err, w)
			}
		}
	}
}

// message makes a TensorProto.
func message(dtype uint64, dims []uint64, rest func(b []byte) []byte) []byte {
	var b []byte
	for _, d := range dims {
		b = protowire.AppendVarint(protowire.AppendTag(b, 1, protowire.VarintType), d)
	}
	b = protowire.AppendVarint(protowire.AppendTag(b, 2, protowire.VarintType), dtype)
	b = protowire.AppendString(protowire.AppendTag(b, 8, protowire.BytesType), "w")
	return rest(b)
}

func raw(data ...byte) func(b []byte) []byte {
	return func(b []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(b, 9, protowire.BytesType), data)
	}
}

// varints are packed numbers of a field.
func varints(field protowire.Number, v ...uint64) func(b []byte) []byte {
	return func(b []byte) []byte {
		var p []byte
		for _, x := range v {
			p = protowire.AppendVarint(p, x)
		}
		return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), p)
	}
}

func TestTensors(t *testing.T) {
	minus := uint64(math.MaxUint64) // -1, as int32_data and int64_data hold it
	for _, c := range []struct {
		name string
		msg  []byte
		want []float32
	}{
		{"raw float", message(1, []uint64{2}, raw(0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc1)), []float32{1, -10}},
		{"raw half", message(10, []uint64{2}, raw(0, 0x3c, 0, 0xc0)), []float32{1, -2}},
		{"raw bfloat", message(16, []uint64{1}, raw(0x80, 0x3f)), []float32{1}},
		{"raw int8", message(3, []uint64{2}, raw(0xff, 5)), []float32{-1, 5}},
		{"raw uint8", message(2, []uint64{2}, raw(0xff, 5)), []float32{255, 5}},
		{"scalar", message(2, nil, raw(7)), []float32{7}},
		{"int32_data of int32", message(6, []uint64{2}, varints(5, minus, 70000)), []float32{-1, 70000}},
		{"int32_data of int8", message(3, []uint64{2}, varints(5, minus, 3)), []float32{-1, 3}},
		{"int32_data of half", message(10, []uint64{1}, varints(5, 0x3c00)), []float32{1}},
		{"int64_data", message(7, []uint64{2}, varints(7, minus, 4)), []float32{-1, 4}},
		{"float_data", message(1, []uint64{1}, func(b []byte) []byte {
			return protowire.AppendFixed32(protowire.AppendTag(b, 4, protowire.Fixed32Type), math.Float32bits(2.5))
		}), []float32{2.5}},
		{"none", message(1, []uint64{0, 5}, raw()), []float32{}},
	} {
		x, err := parseTensor(c.msg, nil)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got, err := x.floats(); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v, want %v", c.name, got, err, c.want)
		}
	}
	for name, c := range map[string]struct {
		msg  []byte
		want string
	}{
		"too short":  {message(1, []uint64{2}, raw(0, 0, 0, 0)), "4 bytes for F32 of shape [2], want 8"},
		"too long":   {message(3, []uint64{2}, raw(0, 0, 0)), "3 bytes"},
		"huge":       {message(1, []uint64{1 << 40, 1 << 40}, raw()), "a shape of"},
		"negative":   {message(1, []uint64{minus}, raw()), "a shape of"},
		"no sizes":   {message(1, []uint64{0, 1 << 63}, raw()), "a shape of"},
		"type":       {message(8, nil, raw()), "data type 8"},
		"dimensions": {message(1, make([]uint64, 17), raw()), "17 dimensions"},
	} {
		if _, err := parseTensor(c.msg, nil); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), `"w"`) {
			t.Errorf("%s: %v, want %q in it", name, err, c.want)
		}
	}
}

// external makes a TensorProto of two floats in another file.
func external(entries ...string) []byte {
	return message(1, []uint64{2}, func(b []byte) []byte {
		for i := 0; i < len(entries); i += 2 {
			e := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), entries[i])
			e = protowire.AppendString(protowire.AppendTag(e, 2, protowire.BytesType), entries[i+1])
			b = protowire.AppendBytes(protowire.AppendTag(b, 13, protowire.BytesType), e)
		}
		return protowire.AppendVarint(protowire.AppendTag(b, 14, protowire.VarintType), 1)
	})
}

// External data comes from the folder of the model and nowhere else.
func TestExternalData(t *testing.T) {
	dir := t.TempDir()
	var data []byte
	for _, v := range []float32{7, 1.5, -2} {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	for _, path := range []string{"secret", "m/w.bin"} {
		path = filepath.Join(dir, path)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil {
			err = os.WriteFile(path, data, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	m := &Model{path: filepath.Join(dir, "m", "model.onnx")}
	defer m.Close()
	find := m.external()
	for range 2 {
		x, err := parseTensor(external("location", "w.bin", "offset", "4", "length", "8"), find)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := x.floats(); err != nil || !slices.Equal(got, []float32{1.5, -2}) {
			t.Errorf("%v, %v", got, err)
		}
	}
	if len(m.files) != 1 {
		t.Errorf("%d files open, want 1", len(m.files))
	}
	for _, c := range [][]string{
		{"folder of the model", "location", "../secret"},
		{"folder of the model", "location", filepath.Join(dir, "secret")},
		{"folder of the model", "location", "x/../../secret"},
		{"folder of the model"},
		{"external data", "location", "none.bin"},
		{"which has 12", "location", "w.bin", "offset", "5"},
		{"which has 12", "location", "w.bin", "offset", "9223372036854775807"},
		{`offset "-4"`, "location", "w.bin", "offset", "-4"},
		{"12 bytes for F32", "location", "w.bin", "length", "12"},
	} {
		if _, err := parseTensor(external(c[1:]...), find); err == nil || !strings.Contains(err.Error(), c[0]) {
			t.Errorf("%q: %v, want %q in it", c[1:], err, c[0])
		}
	}
	if _, err := parseTensor(external("location", "w.bin"), nil); err == nil {
		t.Error("external data of a model in memory")
	}
}

// Quantized weights are what QuantizeLinear and DequantizeLinear make of them, per tensor or per channel, transposed or not.
func TestWeights(t *testing.T) {
	u8 := &tensor{dtype: safetensors.U8, shape: []int{2, 3}, data: []byte{128, 129, 126, 0, 255, 128}}
	f32 := &tensor{dtype: safetensors.F32, shape: []int{1, 4}}
	for _, v := range []float32{0.26, 0.25, 0.75, -100} {
		f32.data = binary.LittleEndian.AppendUint32(f32.data, math.Float32bits(v))
	}
	for _, c := range []struct {
		w    *weight
		want []float32
	}{
		{&weight{t: u8, scale: []float32{0.5}, zero: []float32{128}}, []float32{0, 0.5, -1, -64, 63.5, 0}},
		{&weight{t: u8, scale: []float32{0.5}, zero: []float32{128}, transposed: true}, []float32{0, -64, 0.5, 63.5, -1, 0}},
		{&weight{t: u8, scale: []float32{1, 2, 3}, zero: []float32{128, 128, 128}, axis: 1, transposed: true}, []float32{0, -128, 2, 254, -6, 0}},
		{&weight{t: u8, scale: []float32{1, 2}, zero: []float32{128, 0}, axis: 0}, []float32{0, 1, -2, 0, 510, 256}},
		{&weight{t: f32, scale: []float32{0.5}, zero: []float32{0}, round: true, low: -128, high: 127}, []float32{0.5, 0, 1, -64}}, // ties to even
	} {
		x, err := c.w.make("w")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := x.Float32s(nil); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%v %v: %v, %v, want %v", c.w.scale, c.w.transposed, got, err, c.want)
		}
	}
}

// Nothing in a file makes the reader panic, hang or take memory without end.
func FuzzParse(f *testing.F) {
	f.Add(read(f, "texts.onnx"))
	f.Add(read(f, "answers.onnx"))
	f.Add(read(f, "answers-quant.onnx"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse(data)
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Fatalf("an error without ErrFormat: %v", err)
			}
			return
		}
		for _, name := range m.Names() {
			x, err := m.Tensor(name)
			if err != nil || len(x.Data) != x.Len()*x.DType.Bits()/8 {
				t.Fatalf("%s: %d bytes for %v, %v", name, len(x.Data), x.Shape, err)
			}
		}
	})
}
