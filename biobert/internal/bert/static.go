package bert

import (
	"fmt"
	"math"
	"slices"

	"github.com/sparsebio/sparsebio/biobert/internal/onnx"
	"github.com/sparsebio/sparsebio/kernels"
)

// Static is the engine of graphs that say how their activations are quantized: it computes what they say, in the same integers.
const Static Engine = "static-int8"

// A static holds what the engine Static needs besides the model.
type static struct {
	layers             []staticLayer
	pooler, classifier *staticLinear
	root               onnx.Factor // of what the error function in GELU is given
	fusedNorm          bool        // normalization is one operator
}

// integers says whether the graph has products of integers, and not those of numbers rounded to 8 bits.
func (s *static) integers() bool { return s.layers[0].query.scale != nil }

type staticLayer struct {
	*onnx.Layer
	query, key, value, out, up, down *staticLinear
}

// A staticLinear is a linear layer whose input is quantized with a scale and a zero point that were found in calibration. If there are none,
// it is one of floating-point numbers.
type staticLinear struct {
	in    *onnx.Quant
	out   *onnx.Quant       // of the product, before the bias is added, or nil
	dense *kernels.DenseS8  // [n, k]
	nonz  *kernels.SparseS8 // instead of dense, where most weights are zero
	float linear            // if in is nil
	bias  []float32         // [n]
	whole []float32         // [n], added to the sums of integers, or nil
	scale []float32         // [n], of these sums, or nil if dense or nonz has it
	n     int
	zeros float64
}

// staticSparseFrom is the share of zeros from which on the product without them is the faster one.
const staticSparseFrom = 0.7

// newStaticLinear makes a linear layer of weights [n, k] that are whole numbers times their scales.
func newStaticLinear(q onnx.Linear, w, bias []float32, n, k int) (*staticLinear, error) {
	if !q.Quantized() {
		l := denseLinear(w, bias, n, k)
		return &staticLinear{out: q.Out, float: l, bias: bias, n: n, zeros: l.zeros}, nil
	}
	scale := make([]float32, n)
	whole := make([]int8, len(w))
	zeros := 0
	for i := range scale {
		scale[i] = q.Scale[i%len(q.Scale)]
		for j := i * k; j < (i+1)*k; j++ {
			v := math.RoundToEven(float64(w[j] / scale[i]))
			if v < math.MinInt8 || v > math.MaxInt8 {
				return nil, fmt.Errorf("a weight of %v with the scale %v is not an 8-bit number around a zero point of 128 or 0 (open it with another engine)", w[j], scale[i])
			}
			if whole[j] = int8(v); v == 0 {
				zeros++
			}
		}
	}
	l := &staticLinear{in: q.In, out: q.Out, bias: bias, n: n, zeros: float64(zeros)}
	if q.Product != nil { // the graph has it, and the product of both scales may differ from it in the last bit
		l.whole, l.scale = q.Bias, make([]float32, n)
		for i := range scale {
			l.scale[i], scale[i] = q.Product[i%len(q.Product)], 1
		}
	}
	var err error
	if float64(zeros) >= staticSparseFrom*float64(len(w)) {
		l.nonz, err = kernels.PackS8Sparse(whole, scale, n, k)
	} else {
		l.dense, err = kernels.PackS8Dense(whole, scale, n, k)
	}
	return l, err
}

func (l *staticLinear) bytes() int {
	switch {
	case l.nonz != nil:
		return l.nonz.Bytes()
	case l.dense != nil:
		return l.dense.Bytes()
	}
	return l.float.bytes()
}

func (l *staticLinear) kernel() string {
	switch {
	case l.nonz != nil:
		return "gather " + kernels.ActiveISA("gemm_s8_sparse")
	case l.dense != nil:
		return "dense " + kernels.ActiveISA("gemm_s8_dense")
	}
	return "gemm " + kernels.ActiveISA("gemm_f32")
}

// notStatic is the error for a model that the engine cannot run.
func notStatic(what string) error {
	return fmt.Errorf("%s is not an ONNX file with quantized activations, and the engine %q is for those only (sparsebio compress --onnx writes one)", what, Static)
}

// loadStatic gives m its linear layers from a graph that has quantized ones.
func (c *Checkpoint) loadStatic(m *Model) error {
	if !c.Quantized() {
		return notStatic(c.path)
	}
	m.static = &static{layers: make([]staticLayer, m.Layers), root: c.graph.ErfScale, fusedNorm: c.graph.FusedNorm}
	var err error
	load := func(q onnx.Linear, name string, n, k int) *staticLinear {
		if err != nil {
			return nil
		}
		var w, b []float32
		if w, err = c.floats(name+".weight", n, k); err != nil {
			return nil
		}
		if b, err = c.floats(name+".bias", n); err != nil {
			return nil
		}
		l, e := newStaticLinear(q, w, b, n, k)
		if e != nil {
			err = fmt.Errorf("%s: %s: %w", c.path, name, e)
		}
		return l
	}
	for i := range m.layers {
		g := &c.graph.Layers[i]
		p := c.linearParts(i)
		at := func(q onnx.Linear, j, x int) *staticLinear { return load(q, p[j][x].name, p[j][x].n, p[j][x].k) }
		s := staticLayer{g, at(g.Query, 0, 0), at(g.Key, 0, 1), at(g.Value, 0, 2), at(g.Output, 1, 0), at(g.Up, 2, 0), at(g.Down, 3, 0)}
		if err != nil {
			return err
		}
		m.static.layers[i] = s
		for j, parts := range [][]*staticLinear{{s.query, s.key, s.value}, {s.out}, {s.up}, {s.down}} {
			l := m.layers[i].linear(j)
			l.n, l.k = m.shape(j)
			l.static = parts
			for _, x := range parts {
				l.zeros += x.zeros
			}
		}
	}
	m.static.classifier = load(c.graph.Classifier, m.Head.tensor(), len(m.Labels), m.Hidden)
	if c.graph.Pooler != nil {
		m.static.pooler = load(*c.graph.Pooler, c.prefix+"pooler.dense", m.Hidden, m.Hidden)
	}
	return err
}

// staticScratch holds quantized activations of one goroutine.
type staticScratch struct {
	x     kernels.MatU8
	of    *onnx.Quant // how x is quantized
	tiles kernels.TilesS8
	spare []float32
}

// row returns n numbers to be overwritten.
func (s *staticScratch) row(n int) []float32 {
	s.spare = slices.Grow(s.spare[:0], n)[:n]
	return s.spare
}

// roundStatic replaces numbers by what they are after QuantizeLinear and DequantizeLinear; a nil q leaves them as they are.
func roundStatic(x []float32, q *onnx.Quant) {
	if q != nil {
		kernels.FakeQuantizeF32(x, q.Scale, q.Zero, q.Scale)
	}
}

// roundRows is roundStatic for all rows of x.
func roundRows(x kernels.MatF32, q *onnx.Quant) {
	if q == nil {
		return
	}
	for i := range x.Rows {
		roundStatic(x.Row(i), q)
	}
}

// wholeStatic replaces numbers by the whole numbers that stand for them, less the zero point, and returns what these are multiples of. Products of
// such numbers are exact in float32 as long as their sums stay below 2**24: up to 514 products of the largest.
func wholeStatic(x []float32, q *onnx.Quant) (scale float32) {
	if q == nil {
		return 1
	}
	kernels.FakeQuantizeF32(x, q.Scale, q.Zero, 1)
	return q.Scale
}

// multiply writes the product of x [tokens, k] with the weights of l to dst [tokens, n]. If the x of the last call is quantized as l wants
// it, again says that x is the same.
func (l *staticLinear) multiply(dst, x kernels.MatF32, s *staticScratch, again bool) {
	if l.out == nil {
		l.product(dst, x, l.bias, s, again)
		return
	}
	l.product(dst, x, nil, s, again)
	roundRows(dst, l.out)
	for i := range dst.Rows {
		row := dst.Row(i)
		for j, b := range l.bias {
			row[j] += b
		}
	}
}

// product is multiply without rounding of the product.
func (l *staticLinear) product(dst, x kernels.MatF32, bias []float32, s *staticScratch, again bool) {
	if l.in == nil {
		kernels.GemmF32(dst, x, l.float.dense, bias, 0, l.n)
		return
	}
	if !again || s.of == nil || *s.of != *l.in {
		if cap(s.x.Data) < x.Rows*x.Cols || cap(s.x.Scale) < x.Rows {
			s.x = kernels.NewMatU8(x.Rows, x.Cols)
		}
		s.x = kernels.MatU8{Data: s.x.Data[:x.Rows*x.Cols], Rows: x.Rows, Cols: x.Cols, Stride: x.Cols, Scale: s.x.Scale[:x.Rows], Zero: s.x.Zero[:x.Rows]}
		for i := range x.Rows {
			s.x.Zero[i] = int32(l.in.Zero)
			kernels.QuantizeLinearU8(s.x.Data[i*x.Cols:(i+1)*x.Cols], x.Row(i), l.in.Scale, l.in.Zero)
		}
		s.of = l.in
	}
	scale, add := l.in.Scale, bias
	if l.scale != nil {
		scale, add = 1, l.whole // whole numbers, and so are their sums
	}
	for i := range s.x.Scale {
		s.x.Scale[i] = scale
	}
	if l.dense != nil {
		kernels.GemmS8Dense(dst, s.x, l.dense, add, 0, l.n)
	} else {
		s.tiles.Prepare(s.x)
		kernels.GemmS8Sparse(dst, &s.tiles, l.nonz, add, 0, l.nonz.Blocks())
	}
	if l.scale != nil {
		for i := range dst.Rows {
			l.rescale(dst.Row(i), bias)
		}
	}
}

// rescale turns sums of integers into what they stand for, operation by operation as the graph has it. The sums are exact below 2**24.
func (l *staticLinear) rescale(row, bias []float32) {
	scale := l.scale[:len(row)]
	for i, s := range row {
		row[i] = s * scale[i]
	}
	if l.whole != nil {
		return
	}
	for i, b := range bias {
		row[i] += b
	}
}
