package onnx

import (
	"math"
	"slices"
)

// A norm is a layer normalization.
type norm struct {
	x           string
	gamma, beta *weight
}

// norm recognizes a layer normalization, as one node or taken apart.
func (m *matcher) norm(v string) (*norm, error) {
	const want = "a layer normalization"
	top := m.producer(v)
	if top != nil && top.op == "LayerNormalization" && len(top.in) == 3 {
		eps, ok := top.attrs["epsilon"]
		if !ok {
			eps.f = 1e-5
		}
		m.model.FusedNorm = true
		return m.newNorm(top, top.in[0], top.in[1], top.in[2], eps.f)
	}
	beta, mul := m.withConst(top, "Add")
	gamma, div := m.withConst(mul, "Mul")
	if beta == "" || gamma == "" || div == nil || div.op != "Div" || len(div.in) != 2 {
		return nil, m.unexpected(v, want)
	}
	sub, root := m.producer(div.in[0]), m.producer(div.in[1])
	x, ok := m.centred(sub)
	if !ok || root == nil || root.op != "Sqrt" || len(root.in) != 1 {
		return nil, div.fail("where the graph of a BERT has %s", want)
	}
	eps, mean := m.withConst(m.producer(root.in[0]), "Add")
	e, known := m.scalar(eps)
	if !known || mean == nil || mean.op != "ReduceMean" || len(mean.in) == 0 {
		return nil, root.fail("where the graph of a BERT has %s", want)
	}
	square := m.producer(mean.in[0])
	if square == nil || len(square.in) != 2 {
		return nil, mean.fail("where the graph of a BERT has %s", want)
	}
	two, known := m.scalar(square.in[1])
	isSquare := square.op == "Pow" && known && two == 2 || square.op == "Mul" && square.in[0] == square.in[1]
	if y, ok := m.centred(m.producer(square.in[0])); !isSquare || !ok || y != x {
		return nil, square.fail("where the graph of a BERT has %s", want)
	}
	return m.newNorm(top, x, gamma, beta, float32(e))
}

func (m *matcher) newNorm(n *node, x, gamma, beta string, eps float32) (*norm, error) {
	out := &norm{x: m.through(x)}
	for _, p := range []struct {
		name string
		w    **weight
	}{{gamma, &out.gamma}, {beta, &out.beta}} {
		w, ok, err := m.constant(p.name)
		if err != nil {
			return nil, err
		}
		if !ok || len(w.t.shape) != 1 {
			return nil, n.fail("a layer normalization whose parameter %q is not a row of numbers", p.name)
		}
		*p.w = w
	}
	if m.anyNorm && m.model.Eps != eps {
		return nil, n.fail("a layer normalization with eps %v, others have %v", eps, m.model.Eps)
	}
	m.model.Eps, m.anyNorm = eps, true
	return out, nil
}

// centred recognizes x - mean(x).
func (m *matcher) centred(n *node) (x string, ok bool) {
	if n == nil || n.op != "Sub" || len(n.in) != 2 {
		return "", false
	}
	mean := m.producer(n.in[1])
	if mean == nil || mean.op != "ReduceMean" || len(mean.in) == 0 || m.through(mean.in[0]) != m.through(n.in[0]) {
		return "", false
	}
	return m.through(n.in[0]), true
}

// withConst returns the operand of n, an op that commutes, that the file holds, and the node that makes the other.
func (m *matcher) withConst(n *node, op string) (name string, other *node) {
	if n == nil || n.op != op || len(n.in) != 2 {
		return "", nil
	}
	for i := range 2 {
		if _, ok, err := m.constant(n.in[i]); ok && err == nil {
			return n.in[i], m.producer(n.in[1-i])
		}
	}
	return "", nil
}

// gelu recognizes the activation between the feed-forward layers and returns its input: x * 0.5 * (1 + erf(x / sqrt(2))), its factors in any
// order, or the same with tanh.
func (m *matcher) gelu(v string) (string, error) {
	const want = "a GELU"
	n := m.producer(v)
	if n == nil {
		return "", m.unexpected(v, want)
	}
	if n.op == "Gelu" && len(n.in) == 1 {
		m.model.ErfScale = Factor{math.Sqrt2 / 2, 1}
		return m.through(n.in[0]), m.setGelu(n, n.attrs["approximate"].s == "tanh")
	}
	half, x := 1.0, ""
	var bracket *node
	for _, f := range m.factors(v, 0) {
		if c, ok := m.scalar(f); ok {
			half *= c
			continue
		}
		p := m.producer(f)
		if p != nil && p.op == "Add" && len(p.in) == 2 && bracket == nil {
			if one, inner := m.withConst(p, "Add"); inner != nil && (inner.op == "Erf" || inner.op == "Tanh") && len(inner.in) == 1 {
				if c, ok := m.scalar(one); ok && c == 1 {
					bracket = inner
					continue
				}
			}
		}
		if x != "" {
			return "", n.fail("where the graph of a BERT has %s", want)
		}
		x = m.through(f)
	}
	if x == "" || bracket == nil || half != 0.5 {
		return "", n.fail("where the graph of a BERT has %s", want)
	}
	if bracket.op == "Erf" {
		y, f, ok := m.scaled(bracket.in[0])
		if !ok || y != x || math.Abs(f.value()-math.Sqrt2/2) > 1e-4 {
			return "", bracket.fail("where the graph of a BERT has %s", want)
		}
		m.model.ErfScale = f
	}
	return x, m.setGelu(bracket, bracket.op == "Tanh")
}

func (m *matcher) setGelu(n *node, tanh bool) error {
	if m.anyGelu && m.model.Tanh != tanh {
		return n.fail("a GELU of another kind than the others")
	}
	m.model.Tanh, m.anyGelu = tanh, true
	return nil
}

// scaled recognizes x / c or x * c and returns x and the factor.
func (m *matcher) scaled(v string) (x string, f Factor, ok bool) {
	n := m.producer(v)
	if n == nil || len(n.in) != 2 {
		return "", f, false
	}
	switch n.op {
	case "Div":
		c, ok := m.scalar(n.in[1])
		return m.through(n.in[0]), Factor{1, float32(c)}, ok
	case "Mul":
		for i := range 2 {
			if c, ok := m.scalar(n.in[i]); ok {
				return m.through(n.in[1-i]), Factor{float32(c), 1}, true
			}
		}
	}
	return "", f, false
}

// factors takes a product apart. The rescaling of a product of integers is not part of it.
func (m *matcher) factors(v string, depth int) []string {
	n := m.producer(v)
	if n == nil || n.op != "Mul" || len(n.in) != 2 || depth > 3 {
		return []string{v}
	}
	if _, _, _, err := m.rescaled(m.through(v)); err == nil {
		return []string{v}
	}
	return append(m.factors(n.in[0], depth+1), m.factors(n.in[1], depth+1)...)
}

// A path is what lies between a value and where it comes from.
type path struct {
	from   string
	perm   []int64  // of all transpositions together; nil if there are none
	factor float64  // of all multiplications by a number
	scales []Factor // these, last one first: all, or those after the rounding to 8 bits
	inner  []Factor // those before it
	quants []*Quant // last one first
	last   []int64  // last dimensions of reshapes that are known
}

// walk goes back from v over changes of layout, multiplications by a number and 8-bit rounding.
func (m *matcher) walk(v string) (*path, error) {
	p := &path{factor: 1}
	var dq *Quant
	for range 4 * maxDepth {
		v = m.through(v)
		p.from = v
		n := m.producers[v]
		if n == nil || len(n.in) == 0 {
			break
		}
		switch n.op {
		case "Reshape":
			if len(n.in) == 2 {
				if d, ok := m.lastDimension(n.in[1]); ok {
					p.last = append(p.last, d)
				}
			}
		case "Transpose":
			perm := n.attrs["perm"].ints
			if len(perm) != 4 {
				return nil, n.fail("transposes %d dimensions, where a BERT has 4", len(perm))
			}
			next := make([]int64, 4)
			for i := range next {
				next[i] = int64(i)
			}
			if p.perm != nil {
				copy(next, p.perm)
			}
			for i, at := range next {
				if next[i] = perm[at]; next[i] < 0 || next[i] > 3 {
					return nil, n.fail("transposes by %v", perm)
				}
			}
			p.perm = next
		case "DequantizeLinear":
			q, err := m.quant(n, 1, 2)
			if err != nil {
				return nil, err
			}
			dq = q
		case "QuantizeLinear":
			q, err := m.quant(n, 1, 2)
			if err != nil {
				return nil, err
			}
			if dq != nil && *dq != *q {
				return nil, n.fail("quantizes otherwise than is dequantized")
			}
			p.quants, dq = append(p.quants, q), nil
		default:
			x, f, ok := m.scaled(v)
			if !ok {
				return p, nil
			}
			if _, _, _, err := m.rescaled(v); err == nil {
				return p, nil
			}
			p.factor *= f.value()
			if len(p.quants) > 0 {
				p.inner = append(p.inner, f)
			} else {
				p.scales = append(p.scales, f)
			}
			v = x
			continue
		}
		v = n.in[0]
	}
	return p, nil
}

// lastDimension returns the last number of the shape that a Reshape is given, if the file holds it.
func (m *matcher) lastDimension(v string) (int64, bool) {
	if n := m.producers[v]; n != nil && n.op == "Concat" && len(n.in) > 0 {
		v = n.in[len(n.in)-1]
	}
	t := m.consts[v]
	if t == nil || t.dtype != "I64" || t.len() == 0 {
		return 0, false
	}
	f, err := t.floats()
	if err != nil || f[len(f)-1] <= 0 {
		return 0, false
	}
	return int64(f[len(f)-1]), true
}

// quantOf returns the only rounding on a path, if there is one.
func (p *path) quantOf(m *matcher) (*Quant, error) {
	switch len(p.quants) {
	case 0:
		return nil, nil
	case 1:
		return p.quants[0], nil
	}
	return nil, m.unexpected(p.from, "one rounding to 8 bits, not several")
}

// attention recognizes the context of attention and returns the layers of query, key and value.
func (m *matcher) attention(v string, l *Layer) (qkv [3]*product, err error) {
	context, probs, value, err := m.dot(v, &l.Context, &l.Requantized)
	if err != nil {
		return qkv, err
	}
	if !slices.Equal(context.perm, []int64{0, 2, 1, 3}) || context.factor != 1 {
		return qkv, m.unexpected(context.from, "the context of attention, its heads transposed")
	}
	if l.Probs, err = probs.quantOf(m); err != nil {
		return qkv, err
	}
	soft := m.producers[probs.from]
	if soft == nil || soft.op != "Softmax" || len(soft.in) != 1 || probs.perm != nil || probs.factor != 1 {
		return qkv, m.unexpected(probs.from, "the softmax of attention")
	}
	if a, ok := soft.attrs["axis"]; ok && a.i != -1 && a.i != 3 {
		return qkv, soft.fail("over dimension %d, where a BERT has it over the last", a.i)
	}
	// The scores, and perhaps a mask that is added.
	terms := []string{soft.in[0]}
	if add := m.producer(soft.in[0]); add != nil && add.op == "Add" && len(add.in) == 2 {
		terms = add.in
	}
	var scores, q, k *path
	for _, t := range terms {
		if scores, q, k, err = m.dot(t, &l.Scores, &l.Requantized); err == nil {
			break
		}
	}
	if err != nil {
		return qkv, err
	}
	factor := scores.factor * q.factor * k.factor
	if m.factor != 0 && math.Abs(factor-m.factor) > 1e-5*m.factor || !(factor > 1e-3 && factor <= 1) {
		return qkv, m.unexpected(scores.from, "attention scores multiplied by a factor of all layers")
	}
	m.factor = factor
	early := scores.inner
	for _, x := range []struct {
		*path
		scale *Factor
	}{{q, &l.QueryScale}, {k, &l.KeyScale}} {
		if len(x.quants) == 0 {
			*x.scale = allOf(x.scales...)
			continue
		}
		*x.scale = allOf(x.inner...)
		early = append(early, x.scales...)
	}
	l.ProductScale, l.ScoreScale = allOf(early...), allOf(scores.scales...)
	if scores.perm != nil {
		return qkv, m.unexpected(scores.from, "attention scores")
	}
	size := int64(math.Round(1 / (factor * factor)))
	for i, x := range []struct {
		*path
		quant **Quant
		perm  []int64
	}{{q, &l.Q, []int64{0, 2, 1, 3}}, {k, &l.K, []int64{0, 2, 3, 1}}, {value, &l.V, []int64{0, 2, 1, 3}}} {
		if *x.quant, err = x.quantOf(m); err != nil {
			return qkv, err
		}
		if !slices.Equal(x.path.perm, x.perm) || i == 2 && x.factor != 1 {
			return qkv, m.unexpected(x.from, "queries, keys and values, their heads transposed")
		}
		for _, d := range x.last {
			if d != size {
				return qkv, m.unexpected(x.from, "heads of a size that their factor has too")
			}
		}
		if qkv[i], err = m.linear(x.from); err != nil {
			return qkv, err
		}
	}
	return qkv, nil
}

// dot recognizes a product of two activations, behind what walk goes over, and returns the paths to and from it. out
// is how the product itself is rounded to 8 bits, if it is, and one says whether the operator of the product does so.
func (m *matcher) dot(v string, out **Quant, one *bool) (to, a, b *path, err error) {
	if to, err = m.walk(v); err != nil {
		return nil, nil, nil, err
	}
	if *out, err = to.quantOf(m); err != nil {
		return nil, nil, nil, err
	}
	n := m.producers[to.from]
	var zeros [2]int // the inputs of n that hold zero points
	ia, ib := 0, 1
	switch {
	case n == nil:
		return nil, nil, nil, m.unexpected(to.from, "a product of attention")
	case n.op == "MatMul" && len(n.in) == 2:
	case n.op == "QLinearMatMul" && len(n.in) == 8:
		if *out != nil {
			return nil, nil, nil, n.fail("its result is rounded twice")
		}
		if *out, err = m.quant(n, 6, 7); err != nil {
			return nil, nil, nil, err
		}
		ib, zeros, *one = 3, [2]int{2, 5}, true
	case n.op == "Mul":
		_, acc, _, err := m.rescaled(to.from)
		if err != nil {
			return nil, nil, nil, err
		}
		if acc.op != "MatMulInteger" || len(acc.in) != 4 {
			return nil, nil, nil, acc.fail("where the graph of a BERT has a MatMulInteger with two zero points")
		}
		n, zeros = acc, [2]int{2, 3}
	default:
		return nil, nil, nil, m.unexpected(to.from, "a product of attention")
	}
	if a, err = m.walk(n.in[ia]); err != nil {
		return nil, nil, nil, err
	}
	if b, err = m.walk(n.in[ib]); err != nil {
		return nil, nil, nil, err
	}
	if zeros[0] == 0 {
		return to, a, b, nil
	}
	for i, p := range []*path{a, b} {
		q, err := p.quantOf(m)
		if err != nil {
			return nil, nil, nil, err
		}
		if q == nil {
			return nil, nil, nil, n.fail("its operands are not quantized by a QuantizeLinear")
		}
		if err := m.sameZero(n, zeros[i], q); err != nil {
			return nil, nil, nil, err
		}
	}
	return to, a, b, nil
}

// gather recognizes the look-up of rows of a table, whose numbers may be 8-bit ones, and returns the value of the indices.
func (m *matcher) gather(v string) (table *weight, ids string, err error) {
	n := m.producer(v)
	var dq *node
	if n != nil && n.op == "DequantizeLinear" && len(n.in) > 0 {
		dq, n = n, m.producer(n.in[0])
	}
	if n == nil || n.op != "Gather" || len(n.in) != 2 || n.attrs["axis"].i != 0 {
		return nil, "", m.unexpected(v, "a look-up of embeddings")
	}
	w, ok, err := m.constant(n.in[0])
	if err != nil {
		return nil, "", err
	}
	if !ok || len(w.t.shape) != 2 || w.transposed {
		return nil, "", n.fail("a table of embeddings that is not in the file")
	}
	if dq != nil {
		if w.scale != nil || w.t.isFloat() {
			return nil, "", dq.fail("dequantizes floating-point numbers")
		}
		if err := m.setScale(dq, w); err != nil {
			return nil, "", err
		}
		if len(w.scale) != 1 {
			return nil, "", dq.fail("%d scales of embeddings (want one)", len(w.scale))
		}
	}
	return w, m.through(n.in[1]), nil
}

// terms takes a sum apart.
func (m *matcher) terms(v string, depth int) []string {
	n := m.producer(v)
	if n == nil || n.op != "Add" || len(n.in) != 2 || depth > 2 {
		return []string{m.through(v)}
	}
	return append(m.terms(n.in[0], depth+1), m.terms(n.in[1], depth+1)...)
}

// ids is the graph's input of token ids, types that of token types.
const (
	ids   = "input_ids"
	types = "token_type_ids"
)

// isEmbedding says whether a sum has a term that looks up token ids.
func (m *matcher) isEmbedding(v string) bool {
	return slices.ContainsFunc(m.terms(v, 0), func(t string) bool {
		_, from, err := m.gather(t)
		return err == nil && from == ids
	})
}

// embeddings recognizes the sum of the embeddings of words, positions and types.
func (m *matcher) embeddings(n *norm) error {
	const prefix = "bert.embeddings."
	w := m.model.weights
	w[prefix+"LayerNorm.weight"], w[prefix+"LayerNorm.bias"] = n.gamma, n.beta
	var rest []*weight
	for _, t := range m.terms(n.x, 0) {
		table, from, err := m.gather(t)
		if err != nil {
			// Positions that are looked up by no ids are a slice of their table.
			if s := m.producer(t); s != nil && s.op == "Slice" && len(s.in) > 0 {
				if c, ok, err := m.constant(s.in[0]); ok && err == nil && len(c.t.shape) == 2 {
					rest = append(rest, c)
					continue
				}
			}
			return err
		}
		name := ""
		switch from {
		case ids:
			name = prefix + "word_embeddings.weight"
		case types:
			name = prefix + "token_type_embeddings.weight"
		default:
			rest = append(rest, table)
			continue
		}
		if w[name] != nil {
			return m.unexpected(t, "another embedding than one that is there already")
		}
		w[name] = table
	}
	typeName, positions := prefix+"token_type_embeddings.weight", prefix+"position_embeddings.weight"
	if len(rest) == 2 && w[typeName] == nil { // types that are always 0 are no input: their table is the smaller one
		slices.SortFunc(rest, func(a, b *weight) int { return a.t.shape[0] - b.t.shape[0] })
		w[typeName], rest = rest[0], rest[1:]
	}
	if len(rest) != 1 || w[typeName] == nil {
		return m.unexpected(n.x, "the sum of three embeddings: of words, positions and types")
	}
	w[positions] = rest[0]
	return nil
}
