package bert

import "github.com/sparsebio/sparsebio/kernels"

// tokensAtOnce is how many tokens a goroutine takes through the products of a layer: enough for the
// weights, which come from the third-level cache, to be used often, few enough for the activations between
// two products to stay in the second.
const tokensAtOnce = 64

// forwardS8 is Forward for 8-bit weights. They are small, so goroutines share the tokens: each takes its
// own through all products of a layer, and they wait for one another only before attention, which
// reads the keys and values of all, and after it.
func (m *Model) forwardS8(s *State, b *Batch) kernels.MatF32 {
	t, h := len(b.IDs), m.Hidden
	x, y, qkv := s.x.mat(t, h), s.y.mat(t, h), s.qkv.mat(t, 3*h)
	logits := s.logits.mat(t, len(m.Labels))
	pieces := (t + tokensAtOnce - 1) / tokensAtOnce
	pieces = (pieces + s.pool.size - 1) / s.pool.size * s.pool.size
	if s.Trace != nil {
		pieces = 1 // so that there is a whole matrix to show
	}
	tokens := func(f func(w *worker, lo, hi int)) { s.cut(t, 1, pieces, f) }

	tokens(func(w *worker, lo, hi int) {
		m.embed(x, b, lo, hi)
		s.trace("embeddings", -1, x)
		m.layers[0].qkv.multiply(w, qkv.Sub(lo, hi, 0, 3*h), x.Sub(lo, hi, 0, h), nil)
	})
	for i := range m.layers {
		s.trace("qkv", i, qkv)
		m.attention(s, y, qkv, b)
		s.trace("attention.context", i, y)
		l := &m.layers[i]
		tokens(func(w *worker, lo, hi int) {
			n := hi - lo
			x, y := x.Sub(lo, hi, 0, h), y.Sub(lo, hi, 0, h)
			att := w.att.mat(n, h)
			l.attOut.multiply(w, att, y, nil)
			m.normalize(x, att, l.attNorm)
			s.trace("attention.output", i, x)
			up := w.up.mat(n, m.Intermediate)
			l.up.multiply(w, up, x, nil)
			l.down.multiply(w, y, up, activations[m.Act])
			s.trace("intermediate", i, up)
			m.normalize(x, y, l.outNorm)
			s.trace("output", i, x)
			if i+1 < len(m.layers) {
				m.layers[i+1].qkv.multiply(w, qkv.Sub(lo, hi, 0, 3*h), x, nil)
				return
			}
			kernels.GemmF32(logits.Sub(lo, hi, 0, logits.Cols), x, m.classifier.dense, m.classifier.bias, 0, logits.Cols)
		})
	}
	s.trace("logits", -1, logits)
	return logits
}
