package onnx

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/sparsebio/sparsebio/biobert/internal/safetensors"
)

// A weight says how to make a tensor of the checkpoint from one of the file.
type weight struct {
	t          *tensor
	transposed bool
	// If scale is not nil, numbers stand for (number - zero) * scale: one scale for all, or one for each index of the
	// dimension axis of t. If round is true they are floating-point numbers yet, to be rounded to such 8-bit numbers from low to high.
	scale     []float32
	zero      []float32
	axis      int
	round     bool
	low, high float32
}

func (w *weight) shape() []int {
	s := slices.Clone(w.t.shape)
	if w.transposed {
		slices.Reverse(s)
	}
	return s
}

// dtype is that of the tensor that is made.
func (w *weight) dtype() safetensors.DType {
	if w.plain() {
		return w.t.dtype
	}
	return safetensors.F32
}

// plain says whether the tensor is that of the file.
func (w *weight) plain() bool { return w.scale == nil && !w.transposed }

// make returns the tensor: a view of the file, or new numbers.
func (w *weight) make(name string) (safetensors.Tensor, error) {
	out := safetensors.Tensor{Name: name, DType: w.dtype(), Shape: w.shape(), Data: w.t.data}
	if w.plain() {
		return out, nil
	}
	v, err := w.t.floats()
	if err != nil {
		return out, err
	}
	if w.scale != nil {
		w.dequantize(v)
	}
	out.Data = make([]byte, 4*len(v))
	put := func(to int, x float32) { binary.LittleEndian.PutUint32(out.Data[4*to:], math.Float32bits(x)) }
	if !w.transposed || len(v) == 0 {
		for i, x := range v {
			put(i, x)
		}
		return out, nil
	}
	rows, cols := w.t.shape[0], w.t.shape[1]
	for i := range rows {
		for j := range cols {
			put(j*rows+i, v[i*cols+j])
		}
	}
	return out, nil
}

// dequantize replaces numbers by what they stand for.
func (w *weight) dequantize(v []float32) {
	inner := 1 // elements for each index of axis
	for _, d := range w.t.shape[min(w.axis+1, len(w.t.shape)):] {
		inner *= d
	}
	for i, x := range v {
		c := 0
		if len(w.scale) > 1 {
			c = i / inner % len(w.scale)
		}
		s, z := w.scale[c], w.zero[c%len(w.zero)]
		if w.round {
			x = quantize(x, s, z, w.low, w.high)
		}
		v[i] = (x - z) * s
	}
}

// quantize is QuantizeLinear: ties go to even, and numbers out of range to its end.
func quantize(x, scale, zero, low, high float32) float32 {
	return min(max(float32(math.RoundToEven(float64(x/scale)))+zero, low), high)
}

// constant finds the weight that a value is, through the nodes that only say how it is held; ok is false if it is none.
func (g *graph) constant(v string) (w *weight, ok bool, err error) {
	return g.constantAt(v, 0)
}

// maxDepth is more than the nodes between an initializer and its use.
const maxDepth = 16

func (g *graph) constantAt(v string, depth int) (w *weight, ok bool, err error) {
	if t := g.consts[v]; t != nil {
		return &weight{t: t}, true, nil
	}
	n := g.producers[v]
	if n == nil || len(n.in) == 0 || depth > maxDepth {
		return nil, false, nil
	}
	switch n.op {
	case "Identity", "Cast", "Transpose", "QuantizeLinear", "DequantizeLinear":
	default:
		return nil, false, nil
	}
	if w, ok, err = g.constantAt(n.in[0], depth+1); err != nil || !ok {
		return nil, ok, err
	}
	switch n.op {
	case "Cast":
		if !w.t.isFloat() || !floatCast(n) {
			return nil, false, nil
		}
	case "Transpose":
		if perm := n.attrs["perm"].ints; len(w.t.shape) != 2 || perm != nil && !slices.Equal(perm, []int64{1, 0}) {
			return nil, false, n.fail("transposes a weight of shape %v", w.shape())
		}
		w.transposed = !w.transposed
	case "QuantizeLinear":
		if w.scale != nil || !w.t.isFloat() {
			return nil, false, n.fail("quantizes what is quantized")
		}
		if err := g.setScale(n, w); err != nil {
			return nil, false, err
		}
		w.round = true
	case "DequantizeLinear":
		if w.round { // its QuantizeLinear said how
			return w, true, nil
		}
		if w.scale != nil || w.t.isFloat() {
			return nil, false, n.fail("dequantizes floating-point numbers")
		}
		if err := g.setScale(n, w); err != nil {
			return nil, false, err
		}
	}
	return w, true, nil
}

// floatCast says whether n casts to floating-point numbers.
func floatCast(n *node) bool {
	switch n.attrs["to"].i {
	case 1, 10, 11, 16:
		return true
	}
	return false
}

// setScale gives w the scales and zero points of n, a QuantizeLinear or DequantizeLinear.
func (g *graph) setScale(n *node, w *weight) error {
	scale, zero, low, high, err := g.scales(n, 1, 2)
	if err != nil {
		return err
	}
	axis := 1
	if a, ok := n.attrs["axis"]; ok {
		axis = int(a.i)
	}
	dims := len(w.t.shape)
	if axis < 0 {
		axis += dims
	}
	if len(scale) > 1 {
		shape := w.shape()
		if axis < 0 || axis >= dims || shape[axis] != len(scale) {
			return n.fail("%d scales along dimension %d of shape %v", len(scale), axis, shape)
		}
		if w.transposed {
			axis = dims - 1 - axis
		}
	}
	w.scale, w.zero, w.axis, w.low, w.high = scale, zero, axis, low, high
	return nil
}

// scales returns the scales and zero points that inputs at and to of n hold, and the range of the 8-bit type. A zero point that
// is left out is a uint8 of 0.
func (g *graph) scales(n *node, at, to int) (scale, zero []float32, low, high float32, err error) {
	if at >= len(n.in) {
		return nil, nil, 0, 0, n.fail("has no scale")
	}
	t := g.consts[n.in[at]]
	if t == nil || t.dtype != safetensors.F32 || len(t.shape) > 1 || t.len() == 0 {
		return nil, nil, 0, 0, n.fail("its scale %q is not an initializer of float32 numbers", n.in[at])
	}
	if scale, err = t.floats(); err != nil {
		return nil, nil, 0, 0, err
	}
	for _, s := range scale {
		if !(s > 0 && s <= math.MaxFloat32) {
			return nil, nil, 0, 0, n.fail("its scale is %v (want a positive number)", s)
		}
	}
	zero, low, high = []float32{0}, 0, 255
	if to < len(n.in) && n.in[to] != "" {
		z := g.consts[n.in[to]]
		if z == nil || !z.is8Bit() && z.dtype != safetensors.I32 || z.len() != 1 && z.len() != len(scale) {
			return nil, nil, 0, 0, n.fail("its zero point %q is not an initializer of 8-bit numbers, one for each scale", n.in[to])
		}
		if zero, err = z.floats(); err != nil {
			return nil, nil, 0, 0, err
		}
		if z.dtype == safetensors.I8 {
			low, high = -128, 127
		}
	}
	return scale, zero, low, high, nil
}

// fail says what is wrong with a node.
func (n *node) fail(format string, args ...any) error {
	return fmt.Errorf("node %q (%s): %s", n.name, n.op, fmt.Sprintf(format, args...))
}
