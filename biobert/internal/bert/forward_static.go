package bert

import (
	"github.com/sparsebio/sparsebio/biobert/internal/onnx"
	"github.com/sparsebio/sparsebio/kernels"
)

// forwardStatic is Forward for a graph that says how its activations are quantized. Goroutines share the tokens, and for
// attention the heads.
func (s *State) forwardStatic() {
	m, h := s.model, s.model.Hidden
	s.split(len(s.batch.IDs), 8, s.embedStatic)
	s.trace("embeddings", -1, s.x)
	for s.layer = range m.layers {
		l := &m.static.layers[s.layer]
		s.split(len(s.batch.IDs), 8, func(w *worker, _, lo, hi int) {
			x := s.x.Sub(lo, hi, 0, h)
			for i, p := range []*staticLinear{l.query, l.key, l.value} {
				p.multiply(s.qkv.Sub(lo, hi, i*h, (i+1)*h), x, &w.static, i > 0)
			}
		})
		s.trace("qkv", s.layer, s.qkv)
		s.pool.run(s.batch.Len()*m.Heads, func(worker, p int) { s.attendStatic(&s.workers[worker].static, l, p/m.Heads, p%m.Heads) })
		s.trace("attention.context", s.layer, s.y)
		s.keepFirst()
		s.split(s.x.Rows, 8, func(w *worker, _, lo, hi int) { s.restStatic(w, l, lo, hi) })
		s.trace("output", s.layer, s.x)
	}
	s.split(s.x.Rows, 8, func(w *worker, _, lo, hi int) {
		x := s.x.Sub(lo, hi, 0, h)
		if p := m.static.pooler; p != nil {
			pooled := w.att.mat(hi-lo, h)
			p.multiply(pooled, x, &w.static, false)
			s.pooled(w, pooled)
			x = pooled
		}
		m.static.classifier.multiply(s.logits.Sub(lo, hi, 0, s.logits.Cols), x, &w.static, false)
	})
}

// embedStatic writes the embeddings of tokens lo to hi, their parts added in the order of the graph.
func (s *State) embedStatic(w *worker, _, lo, hi int) {
	m, b, h := s.model, s.batch, s.model.Hidden
	seq := 0
	for t := lo; t < hi; t++ {
		for b.Starts[seq+1] <= t {
			seq++
		}
		x, types, position := s.x.Row(t), m.types, m.position[(t-b.Starts[seq])*h:]
		if t >= b.Second[seq] {
			types = types[h:]
		}
		m.word.row(b.IDs[t], x)
		for i := range x {
			x[i] = x[i] + types[i] + position[i]
		}
		s.normalizeStatic(w, x, nil, m.embNorm)
	}
}

// normalizeStatic adds residual to a row and normalizes the sum.
func (s *State) normalizeStatic(w *worker, x, residual []float32, n norm) {
	eps := float32(s.model.LayerNormEps)
	if s.model.static.fusedNorm {
		row := func(x []float32) kernels.MatF32 {
			return kernels.MatF32{Data: x, Rows: min(len(x), 1), Cols: len(x), Stride: len(x)}
		}
		kernels.LayerNormF32(row(x), row(x), row(residual), n.gamma, n.beta, eps)
		return
	}
	normalizeRuntime(x, residual, w.static.row(len(x)), n, eps)
}

// restStatic takes tokens lo to hi from the context of attention to the end of the layer.
func (s *State) restStatic(w *worker, l *staticLayer, lo, hi int) {
	m, h := s.model, s.model.Hidden
	x, y := s.x.Sub(lo, hi, 0, h), s.y.Sub(lo, hi, 0, h)
	norms := &m.layers[s.layer]
	att, up := w.att.mat(hi-lo, h), w.up.mat(hi-lo, m.Intermediate)
	l.out.multiply(att, y, &w.static, false)
	roundRows(x, l.In)
	for i := range x.Rows {
		s.normalizeStatic(w, x.Row(i), att.Row(i), norms.attNorm)
	}
	l.up.multiply(up, x, &w.static, false)
	for i := range up.Rows {
		if m.Act == "gelu" {
			kernels.GELUErfF32(up.Row(i), m.static.root.Times, m.static.root.Over)
		} else {
			activations[m.Act](up.Row(i))
		}
	}
	l.down.multiply(y, up, &w.static, false)
	roundRows(x, l.Mid)
	for i := range x.Rows {
		s.normalizeStatic(w, x.Row(i), y.Row(i), norms.outNorm)
	}
}

// attendStatic writes the context of one head of sequence seq to s.y.
func (s *State) attendStatic(w *staticScratch, l *staticLayer, seq, head int) {
	m := s.model
	t0, t1, d := s.batch.Starts[seq], s.batch.Starts[seq+1], m.Hidden/m.Heads
	t := t1 - t0
	part := func(i int, q *onnx.Quant, scale onnx.Factor) (kernels.MatF32, float32) {
		x, from := kernels.NewMatF32(t, d), i*m.Hidden+head*d
		for r := range t {
			copy(x.Row(r), s.qkv.Row(t0 + r)[from:from+d])
		}
		scale.Apply(x.Data)
		return x, wholeStatic(x.Data, q)
	}
	q, sq := part(0, l.Q, l.QueryScale)
	k, sk := part(1, l.K, l.KeyScale)
	v, sv := part(2, l.V, onnx.Factor{Times: 1, Over: 1})
	scores := kernels.NewMatF32(t, t)
	kernels.GemmF32(scores, q, kernels.PackF32(k.Data, t, d), nil, 0, t)
	l.rescale(scores.Data, sq*sk, l.ProductScale, l.Scores)
	l.ScoreScale.Apply(scores.Data)
	for i := range scores.Rows {
		softmaxRuntime(scores.Row(i), softmaxLanes)
	}
	sp := wholeStatic(scores.Data, l.Probs)
	values := kernels.PackF32Func(d, t, func(i int, dst []float32) {
		for r := range t {
			dst[r] = v.Data[r*d+i]
		}
	})
	context := kernels.NewMatF32(t, d)
	kernels.GemmF32(context, scores, values, nil, 0, d)
	l.rescale(context.Data, sp*sv, onnx.Factor{Times: 1, Over: 1}, l.Context)
	for r := range t {
		copy(s.y.Row(t0 + r)[head*d:(head+1)*d], context.Row(r))
	}
}

// rescale multiplies sums of products of integers by what these are multiples of and by a factor, and rounds them to 8 bits, unless q is nil.
func (l *staticLayer) rescale(x []float32, scale float32, f onnx.Factor, q *onnx.Quant) {
	if l.Requantized {
		scale /= q.Scale
	}
	if scale != 1 {
		for i := range x {
			x[i] *= scale
		}
	}
	f.Apply(x)
	if l.Requantized {
		kernels.FakeQuantizeF32(x, 1, q.Zero, q.Scale)
		return
	}
	roundStatic(x, q)
}
