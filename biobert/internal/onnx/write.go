package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/sparsebio/sparsebio/biobert/internal/safetensors"
)

// A Graph is what Write needs to know of a BERT besides its weights: Model says how it is quantized, and gives HeadSize, Eps and Tanh. The factors of its
// layers are not asked for: attention scores are divided by the root of HeadSize after they are rounded.
type Graph struct {
	*Model
	Heads  int
	Output string // name of the output layer: "classifier", or "qa_outputs", which finds answers
	Prefix string // of the encoder's tensors: "bert." or none
	// Tensor returns a tensor of the checkpoint, under the names of transformers.
	Tensor func(name string) (safetensors.Tensor, error)
}

// maxFile is what protobuf messages are limited to, in bytes.
const maxFile = math.MaxInt32

// Write writes the graph of a BERT in the form that SparseML gives to quantized ones: opset 14, linear layers and the products of attention
// as MatMulInteger where m says how their operands are quantized, weights as 8-bit numbers [inputs, outputs] around a zero point of 128, one scale for each output;
// the rest, embeddings included, in float32. What m does not say how to quantize stays in float32 as well. Weights are rounded to their scales, which are as
// many as there are outputs. The data of the tensors goes to w one after the other.
func Write(w io.Writer, g Graph) error {
	b := &builder{Graph: g, zeros: map[uint8]string{}}
	if err := b.build(); err != nil {
		return fmt.Errorf("onnx: %w", err)
	}
	if err := b.writeTo(w); err != nil {
		return fmt.Errorf("onnx: %w", err)
	}
	return nil
}

// A builder collects the nodes and initializers of a graph.
type builder struct {
	Graph
	nodes  []byte // fields of GraphProto
	inits  []initializer
	zeros  map[uint8]string // scalars
	shapes struct{ heads, hidden string }
}

// An initializer is a TensorProto, whose data is made when it is written.
type initializer struct {
	head []byte // its fields but for the data
	size int
	data func() ([]byte, error)
}

func (b *builder) writeTo(w io.Writer) error {
	var rest []byte
	rest = appendString(rest, 2, "bert")
	for _, name := range []string{ids, "attention_mask", types} {
		rest = appendMessage(rest, 11, valueInfo(name, 7, "batch", "sequence"))
	}
	switch {
	case b.Output == "qa_outputs":
		rest = appendMessage(rest, 12, valueInfo("start_logits", 1, "batch", "sequence"))
		rest = appendMessage(rest, 12, valueInfo("end_logits", 1, "batch", "sequence"))
	case b.Pooler != nil:
		rest = appendMessage(rest, 12, valueInfo("logits", 1, "batch", "labels"))
	default:
		rest = appendMessage(rest, 12, valueInfo("logits", 1, "batch", "sequence", "labels"))
	}
	size := len(b.nodes) + len(rest)
	for _, t := range b.inits {
		n := t.len()
		size += protowire.SizeTag(5) + protowire.SizeBytes(n)
	}
	if size > maxFile {
		return fmt.Errorf("a graph of %d bytes, more than the %d of a protobuf message", size, maxFile)
	}
	var head []byte
	head = appendVarint(head, 1, 7) // ir_version
	head = appendString(head, 2, "sparsebio")
	var opset []byte
	opset = appendString(opset, 1, "")
	opset = appendVarint(opset, 2, 14)
	head = appendMessage(head, 8, opset)
	head = protowire.AppendTag(head, 7, protowire.BytesType)
	head = protowire.AppendVarint(head, uint64(size))
	for _, p := range [][]byte{head, b.nodes, rest} {
		if _, err := w.Write(p); err != nil {
			return err
		}
	}
	for _, t := range b.inits {
		if err := t.writeTo(w); err != nil {
			return err
		}
	}
	return nil
}

// len returns the size of the message.
func (t *initializer) len() int {
	return len(t.head) + protowire.SizeTag(9) + protowire.SizeBytes(t.size)
}

func (t *initializer) writeTo(w io.Writer) error {
	data, err := t.data()
	if err != nil {
		return err
	}
	if len(data) != t.size {
		return fmt.Errorf("a tensor of %d bytes, where %d were announced", len(data), t.size)
	}
	h := protowire.AppendTag(nil, 5, protowire.BytesType)
	h = protowire.AppendVarint(h, uint64(t.len()))
	h = append(h, t.head...)
	h = protowire.AppendTag(h, 9, protowire.BytesType)
	h = protowire.AppendVarint(h, uint64(t.size))
	if _, err := w.Write(h); err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

func appendVarint(b []byte, num protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, num, protowire.VarintType), v)
}

func appendMessage(b []byte, num protowire.Number, m []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, num, protowire.BytesType), m)
}

func appendString(b []byte, num protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, num, protowire.BytesType), s)
}

// valueInfo makes a ValueInfoProto of a tensor whose dimensions have names.
func valueInfo(name string, dtype uint64, dims ...string) []byte {
	var shape []byte
	for _, d := range dims {
		shape = appendMessage(shape, 1, appendString(nil, 2, d))
	}
	tensor := appendMessage(appendVarint(nil, 1, dtype), 2, shape)
	return appendMessage(appendString(nil, 1, name), 2, appendMessage(nil, 1, tensor))
}

// A nodeAttr is an attribute of a node: a number, or several.
type nodeAttr struct {
	name string
	ints []int64
	list bool
}

func intAttr(name string, v int64) nodeAttr     { return nodeAttr{name, []int64{v}, false} }
func intsAttr(name string, v ...int64) nodeAttr { return nodeAttr{name, v, true} }

// node adds a node and returns the name of its output, which it also has itself.
func (b *builder) node(name, op string, in []string, attrs ...nodeAttr) string {
	out := name + "_output_0"
	b.nodeTo([]string{out}, name, op, in, attrs...)
	return out
}

func (b *builder) nodeTo(out []string, name, op string, in []string, attrs ...nodeAttr) {
	var n []byte
	for _, v := range in {
		n = appendString(n, 1, v)
	}
	for _, v := range out {
		n = appendString(n, 2, v)
	}
	n = appendString(n, 3, name)
	n = appendString(n, 4, op)
	for _, a := range attrs {
		p := appendString(nil, 1, a.name)
		if a.list {
			for _, v := range a.ints {
				p = appendVarint(p, 8, uint64(v))
			}
			p = appendVarint(p, 20, 7) // INTS
		} else {
			p = appendVarint(p, 3, uint64(a.ints[0]))
			p = appendVarint(p, 20, 2) // INT
		}
		n = appendMessage(n, 5, p)
	}
	b.nodes = appendMessage(b.nodes, 1, n)
}

// numbers of TensorProto.DataType
const (
	typeF32 = 1
	typeU8  = 2
	typeI32 = 6
	typeI64 = 7
)

// initializer adds a tensor whose data is made later.
func (b *builder) initializer(name string, dtype uint64, shape []int, data func() ([]byte, error)) string {
	size := 4
	switch dtype {
	case typeU8:
		size = 1
	case typeI64:
		size = 8
	}
	var h []byte
	for _, d := range shape {
		h = appendVarint(h, 1, uint64(d))
		size *= d
	}
	h = appendVarint(h, 2, dtype)
	h = appendString(h, 8, name)
	b.inits = append(b.inits, initializer{h, size, data})
	return name
}

func (b *builder) bytes(name string, dtype uint64, shape []int, data []byte) string {
	return b.initializer(name, dtype, shape, func() ([]byte, error) { return data, nil })
}

// floats adds numbers; without a shape a scalar.
func (b *builder) floats(name string, v []float32, shape ...int) string {
	return b.bytes(name, typeF32, shape, floatBytes(v))
}

func floatBytes(v []float32) []byte {
	data := make([]byte, 4*len(v))
	for i, x := range v {
		binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(x))
	}
	return data
}

func (b *builder) int64s(name string, v []int64, shape ...int) string {
	var data []byte
	for _, x := range v {
		data = binary.LittleEndian.AppendUint64(data, uint64(x))
	}
	return b.bytes(name, typeI64, shape, data)
}

// zero returns the initializer of a zero point, which all of its value share.
func (b *builder) zero(z uint8) string {
	if b.zeros[z] == "" {
		b.zeros[z] = b.bytes(fmt.Sprintf("zero_point_%d", z), typeU8, nil, []byte{z})
	}
	return b.zeros[z]
}

// float adds a tensor of the checkpoint in float32, transposed if it is to be.
func (b *builder) float(name string, transposed bool) (string, error) {
	t, err := b.Tensor(name)
	if err != nil {
		return "", err
	}
	shape := t.Shape
	if transposed {
		if len(shape) != 2 {
			return "", fmt.Errorf("tensor %q has the shape %v", name, shape)
		}
		shape = []int{shape[1], shape[0]}
	}
	return b.initializer(name, typeF32, shape, func() ([]byte, error) {
		v, err := t.Float32s(nil)
		if err == nil && transposed {
			v = transpose(v, shape[1], shape[0])
		}
		return floatBytes(v), err
	}), nil
}

// transpose returns the transpose of v, [rows, cols].
func transpose[T any](v []T, rows, cols int) []T {
	out := make([]T, len(v))
	for i := range rows {
		for j := range cols {
			out[j*rows+i] = v[i*cols+j]
		}
	}
	return out
}

var errScales = errors.New("weights with other than one scale for each output")
