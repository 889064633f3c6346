package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// operators are those that graphs of BERTs are made of, with what computes their shapes and masks.
var operators = strings.Fields(`
	Add Sub Mul Div Pow Sqrt Erf Tanh Neg Abs Min Max
	MatMul Gemm MatMulInteger QLinearMatMul QuantizeLinear DequantizeLinear
	Softmax ReduceMean LayerNormalization Gelu
	Cast CastLike Identity Dropout Constant ConstantOfShape
	Shape Size Gather GatherElements GatherND Unsqueeze Squeeze Concat Slice Split Reshape Flatten Transpose Expand Tile Range
	Where Equal Not And Or Less LessOrEqual Greater GreaterOrEqual IsNaN`)

func (g *graph) checkOperators() error {
	for _, n := range g.nodes {
		if n.domain != "" && n.domain != "ai.onnx" {
			return n.fail("an operator of the domain %q, which is not ONNX's (export it without fused operators)", n.domain)
		}
		if !slices.Contains(operators, n.op) {
			return n.fail("an operator that the graph of a BERT does not have")
		}
	}
	return nil
}

// A matcher recognizes a BERT from its logits back to its embeddings.
type matcher struct {
	*graph
	model   *Model
	factor  float64 // of attention scores
	anyNorm bool    // Eps is known
	anyGelu bool    // Tanh is known
}

// maxLayers bounds the encoder; the largest BERT has 24 layers.
const maxLayers = 1 << 10

// match fills in the model.
func (m *matcher) match() error {
	x, err := m.head()
	if err != nil {
		return err
	}
	type weights map[string]*weight
	var found []weights // of layers, last first
	for {
		norm, err := m.norm(x)
		if err != nil {
			return err
		}
		add := m.producer(norm.x)
		if add == nil || add.op != "Add" || len(add.in) != 2 {
			return m.unexpected(norm.x, "the sum of two values before layer normalization")
		}
		if m.isEmbedding(norm.x) {
			if err := m.embeddings(norm); err != nil {
				return err
			}
			break
		}
		if len(found) == maxLayers {
			return fmt.Errorf("more than %d layers", maxLayers)
		}
		w := weights{"output.LayerNorm.weight": norm.gamma, "output.LayerNorm.bias": norm.beta}
		var l Layer
		if x, err = m.layer(add, &l, w); err != nil {
			return err
		}
		found = append(found, w)
		m.model.Layers = append(m.model.Layers, l)
	}
	slices.Reverse(found)
	slices.Reverse(m.model.Layers)
	for i, ws := range found {
		for name, w := range ws {
			m.model.weights[fmt.Sprintf("bert.encoder.layer.%d.%s", i, name)] = w
		}
	}
	m.model.HeadSize = int(math.Round(1 / (m.factor * m.factor)))
	return nil
}

func (m *matcher) producer(v string) *node { return m.producers[m.through(v)] }

// through goes back over nodes that change nothing, or only what is not a number.
func (m *matcher) through(v string) string {
	for range maxDepth {
		n := m.producers[v]
		if n == nil || len(n.in) == 0 {
			break
		}
		switch n.op {
		case "Identity", "Dropout":
			v = n.in[0]
			continue
		case "Cast":
			if floatCast(n) && !m.isInteger(n.in[0]) {
				v = n.in[0]
				continue
			}
		case "Where": // where every token is masked
			if c := m.producers[n.in[0]]; len(n.in) == 3 && c != nil && c.op == "IsNaN" && len(c.in) == 1 && c.in[0] == n.in[2] {
				v = n.in[2]
				continue
			}
		}
		break
	}
	return v
}

// isInteger says whether a value is a product of integers, perhaps with a bias added.
func (m *matcher) isInteger(v string) bool {
	n := m.producers[v]
	if n == nil || n.op != "Add" {
		return n != nil && n.op == "MatMulInteger"
	}
	return slices.ContainsFunc(n.in, func(v string) bool { p := m.producers[v]; return p != nil && p.op == "MatMulInteger" })
}

// unexpected says that a value is not what it should be.
func (m *matcher) unexpected(v, want string) error {
	v = m.through(v)
	if n := m.producers[v]; n != nil {
		return n.fail("where the graph of a BERT has %s", want)
	}
	return fmt.Errorf("value %q: where the graph of a BERT has %s", v, want)
}

// head finds the output layer and returns the value that comes out of the encoder.
func (m *matcher) head() (string, error) {
	if len(m.outputs) == 0 {
		return "", errors.New("a graph without outputs")
	}
	name, v := "classifier", m.outputs[0]
	switch {
	case slices.Contains(m.outputs, "logits"):
		v = "logits"
	case slices.Contains(m.outputs, "start_logits"):
		v, name = "start_logits", "qa_outputs"
	}
	for name == "qa_outputs" { // both logits of a token come from one product
		n := m.producer(v)
		if n == nil || len(n.in) == 0 || !slices.Contains([]string{"Squeeze", "Split", "Slice", "Gather"}, n.op) {
			break
		}
		if n.op == "Split" && n.out[0] != m.through(v) {
			return "", n.fail("the start of an answer is not its first output")
		}
		v = n.in[0]
	}
	l, err := m.linear(v)
	if err != nil {
		return "", err
	}
	m.model.Classifier = l.Linear
	m.model.weights[name+".weight"], m.model.weights[name+".bias"] = l.weight, l.bias
	tanh := m.producer(l.x)
	if tanh == nil || tanh.op != "Tanh" || len(tanh.in) != 1 {
		return l.x, nil
	}
	p, err := m.linear(tanh.in[0])
	if err != nil {
		return "", err
	}
	m.model.Pooler = &p.Linear
	m.model.weights["bert.pooler.dense.weight"], m.model.weights["bert.pooler.dense.bias"] = p.weight, p.bias
	n := m.producer(p.x)
	if n == nil || n.op != "Gather" || len(n.in) != 2 || n.attrs["axis"].i != 1 {
		return "", m.unexpected(p.x, "a Gather of the first token")
	}
	if i, ok := m.scalar(n.in[1]); !ok || i != 0 {
		return "", n.fail("takes another token than the first")
	}
	return n.in[0], nil
}

// layer recognizes a layer from the sum before its last normalization and returns its input.
func (m *matcher) layer(add *node, l *Layer, w map[string]*weight) (string, error) {
	put := func(name string, p *product) {
		w[name+".weight"], w[name+".bias"] = p.weight, p.bias
	}
	down, mid, how, err := m.residual(add)
	if err != nil {
		return "", err
	}
	l.Down, l.Mid = down.Linear, how
	put("output.dense", down)
	inner, err := m.gelu(down.x)
	if err != nil {
		return "", err
	}
	up, err := m.linear(inner)
	if err != nil {
		return "", err
	}
	l.Up = up.Linear
	put("intermediate.dense", up)
	if up.x != mid {
		return "", m.unexpected(up.x, "the value that is added after the feed-forward layer too")
	}
	norm, err := m.norm(mid)
	if err != nil {
		return "", err
	}
	w["attention.output.LayerNorm.weight"], w["attention.output.LayerNorm.bias"] = norm.gamma, norm.beta
	if add = m.producer(norm.x); add == nil || add.op != "Add" || len(add.in) != 2 {
		return "", m.unexpected(norm.x, "the sum of two values before layer normalization")
	}
	out, x, how, err := m.residual(add)
	if err != nil {
		return "", err
	}
	l.Output, l.In = out.Linear, how
	put("attention.output.dense", out)
	qkv, err := m.attention(out.x, l)
	if err != nil {
		return "", err
	}
	for i, part := range []string{"query", "key", "value"} {
		if qkv[i].x != x {
			return "", m.unexpected(qkv[i].x, "the value that is added after attention too")
		}
		put("attention.self."+part, qkv[i])
	}
	l.Query, l.Key, l.Value = qkv[0].Linear, qkv[1].Linear, qkv[2].Linear
	return x, nil
}

// residual finds the linear layer among the terms of a sum, and returns the other too, and how that is rounded.
func (m *matcher) residual(add *node) (l *product, other string, how *Quant, err error) {
	var first error
	for i := range 2 {
		if l, err = m.linear(add.in[i]); err == nil {
			other, how, err = m.rounded(add.in[1-i])
			return l, other, how, err
		}
		if first == nil {
			first = err
		}
	}
	return nil, "", nil, first
}

// A product is a linear layer.
type product struct {
	Linear
	x            string // its input
	weight, bias *weight
}

// linear recognizes a linear layer: MatMul and Add, Gemm, or the same in integers.
func (m *matcher) linear(v string) (*product, error) {
	const want = "a linear layer"
	n := m.producer(v)
	switch {
	case n == nil:
	case n.op == "Gemm" && len(n.in) == 3:
		return m.gemm(n)
	case n.op == "Add" && len(n.in) == 2:
		for i := range 2 {
			bias, ok, err := m.constant(n.in[i])
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
			from, out, err := m.rounded(n.in[1-i])
			if err != nil {
				return nil, err
			}
			if p := m.producers[from]; p != nil && p.op == "MatMul" && len(p.in) == 2 {
				l, err := m.matMul(p, bias)
				if err != nil {
					return nil, err
				}
				l.Out = out
				return l, nil
			}
			if out == nil {
				if p, err := m.integer(m.through(n.in[1-i])); err == nil && p.bias == nil {
					p.bias = bias
					return p, p.check(n)
				}
			}
		}
	case n.op == "Mul":
		p, err := m.integer(m.through(v))
		if err != nil {
			return nil, err
		}
		if p.bias == nil {
			return nil, n.fail("a linear layer without a bias")
		}
		return p, p.check(n)
	}
	return nil, m.unexpected(v, want)
}

// check compares the shapes of a linear layer.
func (p *product) check(n *node) error {
	w, b := p.weight.shape(), p.bias.shape()
	if len(w) != 2 || len(b) != 1 || b[0] != w[0] {
		return n.fail("a linear layer with weights of shape %v (outputs, inputs) and a bias of %v", w, b)
	}
	if len(p.Scale) > 1 && len(p.Scale) != w[0] {
		return n.fail("a linear layer of %d outputs with %d scales", w[0], len(p.Scale))
	}
	return nil
}

func (m *matcher) gemm(n *node) (*product, error) {
	w, ok, err := m.constant(n.in[1])
	if err != nil {
		return nil, err
	}
	b, ok2, err := m.constant(n.in[2])
	if err != nil {
		return nil, err
	}
	one := func(name string) bool { a, set := n.attrs[name]; return !set || a.f == 1 }
	if !ok || !ok2 || len(w.t.shape) != 2 || !one("alpha") || !one("beta") || n.attrs["transA"].i != 0 {
		return nil, n.fail("not a linear layer")
	}
	if n.attrs["transB"].i == 0 {
		w.transposed = !w.transposed
	}
	return m.float(n, n.in[0], w, b)
}

func (m *matcher) matMul(n *node, bias *weight) (*product, error) {
	w, ok, err := m.constant(n.in[1])
	if err != nil {
		return nil, err
	}
	if !ok || len(w.t.shape) != 2 {
		return nil, n.fail("a product of two values, where a linear layer has one of a value and weights")
	}
	w.transposed = !w.transposed
	return m.float(n, n.in[0], w, bias)
}

// rounded goes back over a QuantizeLinear and a DequantizeLinear, if v comes from these.
func (m *matcher) rounded(v string) (from string, how *Quant, err error) {
	v = m.through(v)
	dq := m.producers[v]
	if dq == nil || dq.op != "DequantizeLinear" || len(dq.in) == 0 {
		return v, nil, nil
	}
	q := m.producers[dq.in[0]]
	if q == nil || q.op != "QuantizeLinear" || len(q.in) == 0 {
		return "", nil, dq.fail("does not follow a QuantizeLinear")
	}
	other, err := m.quant(q, 1, 2)
	if err != nil {
		return "", nil, err
	}
	if how, err = m.quant(dq, 1, 2); err != nil {
		return "", nil, err
	}
	if *other != *how {
		return "", nil, dq.fail("dequantizes otherwise than was quantized")
	}
	return m.through(q.in[0]), how, nil
}

// float makes a linear layer whose product is one of floating-point numbers, which may be those of QDQ.
func (m *matcher) float(n *node, x string, w, bias *weight) (*product, error) {
	p := &product{x: m.through(x), weight: w, bias: bias}
	var err error
	if p.x, p.In, err = m.rounded(p.x); err != nil {
		return nil, err
	}
	if p.In != nil && w.scale == nil {
		return nil, n.fail("quantized activations and weights that are not")
	}
	if p.In != nil {
		for _, z := range w.zero {
			if z != w.zero[0] {
				return nil, n.fail("zero points of weights that differ")
			}
		}
		p.Scale = w.scale
		if len(w.scale) > 1 && len(w.t.shape) == 2 && (w.axis == 0) == w.transposed {
			return nil, n.fail("weights with a scale for each input (want one for each output)")
		}
	}
	return p, p.check(n)
}

// integer recognizes Mul(Cast(MatMulInteger(QuantizeLinear(x), weights) + bias), scale); the bias may be missing.
func (m *matcher) integer(v string) (*product, error) {
	mul, acc, s, err := m.rescaled(v)
	if err != nil {
		return nil, err
	}
	var bias *tensor
	if acc.op == "Add" && len(acc.in) == 2 {
		for i := range 2 {
			if b := m.consts[acc.in[i]]; b != nil && m.producers[acc.in[1-i]] != nil {
				bias, acc = b, m.producers[acc.in[1-i]]
				break
			}
		}
	}
	if acc.op != "MatMulInteger" {
		return nil, acc.fail("where the graph of a BERT has a MatMulInteger")
	}
	if len(acc.in) != 4 {
		return nil, acc.fail("has %d inputs, want 4, two of them zero points", len(acc.in))
	}
	w := m.consts[acc.in[1]]
	q := m.producers[acc.in[0]]
	if w == nil || len(w.shape) != 2 || !w.is8Bit() || q == nil || q.op != "QuantizeLinear" {
		return nil, acc.fail("not a product of a QuantizeLinear and weights")
	}
	in, err := m.quant(q, 1, 2)
	if err != nil {
		return nil, err
	}
	if err := m.sameZero(acc, 2, in); err != nil {
		return nil, err
	}
	p := &product{x: m.through(q.in[0]), Linear: Linear{In: in, Product: s}}
	z := m.consts[acc.in[3]]
	if z == nil || !z.is8Bit() || z.len() != 1 && z.len() != w.shape[1] {
		return nil, acc.fail("the zero point %q of its weights", acc.in[3])
	}
	zero, err := z.floats()
	if err != nil {
		return nil, err
	}
	if len(s) != 1 && len(s) != w.shape[1] {
		return nil, mul.fail("%d scales for %d outputs", len(s), w.shape[1])
	}
	for _, f := range s {
		p.Scale = append(p.Scale, f/in.Scale)
	}
	scale := p.Scale
	if len(zero) > 1 && len(scale) == 1 { // dequantize wants as many of both
		scale = slices.Repeat(scale, len(zero))
	}
	p.weight = &weight{t: w, transposed: true, scale: scale, zero: zero, axis: 1}
	if bias != nil {
		if len(bias.shape) != 1 || bias.len() != w.shape[1] {
			return nil, acc.fail("a bias of shape %v for %d outputs", bias.shape, w.shape[1])
		}
		p.bias = &weight{t: bias, scale: s, zero: []float32{0}}
		if p.Bias, err = bias.floats(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// rescaled recognizes Mul(Cast(sum), scale) and returns the nodes of the product and of the sum, and the scale.
func (m *matcher) rescaled(v string) (mul, sum *node, scale []float32, err error) {
	mul = m.producers[v]
	if mul == nil || mul.op != "Mul" || len(mul.in) != 2 {
		return nil, nil, nil, m.unexpected(v, "a product in integers")
	}
	for i := range 2 {
		c := m.producers[mul.in[i]]
		if c == nil || c.op != "Cast" || len(c.in) != 1 || c.attrs["to"].i != 1 {
			continue
		}
		sum = m.producers[c.in[0]]
		if sum == nil || !m.isInteger(c.in[0]) {
			continue
		}
		scale, _, _, _, err := m.scales(mul, 1-i, len(mul.in))
		return mul, sum, scale, err
	}
	return nil, nil, nil, mul.fail("where the graph of a BERT has a product in integers")
}

// quant returns the parameters that inputs scale and zero of n hold.
func (m *matcher) quant(n *node, scale, zero int) (*Quant, error) {
	s, z, low, _, err := m.scales(n, scale, zero)
	if err != nil {
		return nil, err
	}
	if len(s) != 1 || len(z) != 1 {
		return nil, n.fail("activations with %d scales (want one)", len(s))
	}
	return &Quant{s[0], uint8(z[0] - low)}, nil
}

// sameZero checks that input i of n, a zero point, is that of q.
func (m *matcher) sameZero(n *node, i int, q *Quant) error {
	z := m.consts[n.in[i]]
	if z == nil || !z.is8Bit() || z.len() != 1 {
		return n.fail("the zero point %q of its input", n.in[i])
	}
	v, err := z.floats()
	if err != nil {
		return err
	}
	if z.dtype == "I8" {
		v[0] += 128
	}
	if uint8(v[0]) != q.Zero {
		return n.fail("its input is quantized with the zero point %d and used with %d", q.Zero, uint8(v[0]))
	}
	return nil
}

// scalar returns the value of a number that the file holds or that a few nodes make.
func (m *matcher) scalar(v string) (float64, bool) { return m.scalarAt(v, 0) }

func (m *matcher) scalarAt(v string, depth int) (float64, bool) {
	if t := m.consts[v]; t != nil {
		if t.len() != 1 {
			return 0, false
		}
		f, err := t.floats()
		if err != nil {
			return 0, false
		}
		return float64(f[0]), true
	}
	n := m.producers[v]
	if n == nil || depth > maxDepth || len(n.in) == 0 {
		return 0, false
	}
	a, ok := m.scalarAt(n.in[0], depth+1)
	if !ok {
		return 0, false
	}
	switch n.op {
	case "Identity", "Cast":
		return a, true
	case "Sqrt":
		return math.Sqrt(a), true
	case "Div", "Mul":
		if len(n.in) != 2 {
			return 0, false
		}
		b, ok := m.scalarAt(n.in[1], depth+1)
		if n.op == "Div" {
			return a / b, ok
		}
		return a * b, ok
	}
	return 0, false
}
