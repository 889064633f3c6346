package bert

import (
	"github.com/sparsebio/sparsebio/biobert/internal/onnx"
	"github.com/sparsebio/sparsebio/kernels"
)

// forwardStatic is Forward for a graph that says how its activations are quantized. Goroutines share the tokens, and for
// attention the heads.
func (s *State) forwardStatic() {
	m, h := s.model, s.model.Hidden
	s.split(len(s.batch.IDs), 8, s.doEmbed)
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

// restStatic takes tokens lo to hi from the context of attention to the end of the layer.
func (s *State) restStatic(w *worker, l *staticLayer, lo, hi int) {
	m, h := s.model, s.model.Hidden
	x, y := s.x.Sub(lo, hi, 0, h), s.y.Sub(lo, hi, 0, h)
	norms := &m.layers[s.layer]
	att, up := w.att.mat(hi-lo, h), w.up.mat(hi-lo, m.Intermediate)
	l.out.multiply(att, y, &w.static, false)
	roundRows(x, l.In)
	s.normalize(w, x, att, norms.attNorm)
	l.up.multiply(up, x, &w.static, false)
	for i := range up.Rows {
		activations[m.Act](up.Row(i))
	}
	l.down.multiply(y, up, &w.static, false)
	roundRows(x, l.Mid)
	s.normalize(w, x, y, norms.outNorm)
}

// attendStatic writes the context of one head of sequence seq to s.y.
func (s *State) attendStatic(w *staticScratch, l *staticLayer, seq, head int) {
	m := s.model
	t0, t1, d := s.batch.Starts[seq], s.batch.Starts[seq+1], m.Hidden/m.Heads
	t := t1 - t0
	part := func(i int, q *onnx.Quant) (kernels.MatF32, float32) {
		x, from := kernels.NewMatF32(t, d), i*m.Hidden+head*d
		for r := range t {
			copy(x.Row(r), s.qkv.Row(t0 + r)[from:from+d])
		}
		return x, wholeStatic(x.Data, q)
	}
	q, sq := part(0, l.Q)
	k, sk := part(1, l.K)
	v, sv := part(2, l.V)
	scores := kernels.NewMatF32(t, t)
	kernels.GemmF32(scores, q, kernels.PackF32(k.Data, t, d), nil, 0, t)
	if scale := sq * sk; scale != 1 {
		for i := range scores.Data {
			scores.Data[i] *= scale
		}
	}
	roundStatic(scores.Data, l.Scores)
	kernels.SoftmaxF32(scores, m.static.scale)
	sp := wholeStatic(scores.Data, l.Probs)
	values := kernels.PackF32Func(d, t, func(i int, dst []float32) {
		for r := range t {
			dst[r] = v.Data[r*d+i]
		}
	})
	context := kernels.NewMatF32(t, d)
	kernels.GemmF32(context, scores, values, nil, 0, d)
	scale := sp * sv
	for r := range t {
		row := s.y.Row(t0 + r)[head*d : (head+1)*d]
		for i, x := range context.Row(r) {
			row[i] = x * scale
		}
		roundStatic(row, l.Context)
	}
}
