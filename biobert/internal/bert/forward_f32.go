package bert

import "github.com/sparsebio/sparsebio/kernels"

// blockTokens bounds the tokens that pass through the two products of a feed-forward
// layer at a time, so that what lies between them stays in the second-level cache.
const blockTokens = 192

// forwardF32 is Forward for dense fp32 weights. They are so large that goroutines share the outputs of each
// product: every weight is read by one of them.
func (m *Model) forwardF32(s *State, b *Batch) kernels.MatF32 {
	t, h := len(b.IDs), m.Hidden
	x, y := s.x.mat(t, h), s.y.mat(t, h)
	normalize := func(residual kernels.MatF32, n norm) {
		s.split(t, 8, func(_ *worker, lo, hi int) { m.normalize(x.Sub(lo, hi, 0, h), residual.Sub(lo, hi, 0, h), n) })
	}

	s.split(t, 8, func(_ *worker, lo, hi int) { m.embed(x, b, lo, hi) })
	s.trace("embeddings", -1, x)
	for i := range m.layers {
		l := &m.layers[i]
		qkv := s.qkv.mat(t, 3*h)
		s.apply(&l.qkv, qkv, x, nil)
		s.trace("qkv", i, qkv)
		m.attention(s, y, qkv, b)
		s.trace("attention.context", i, y)
		att := s.qkv.mat(t, h) // Q, K and V are done with
		s.apply(&l.attOut, att, y, nil)
		normalize(att, l.attNorm)
		s.trace("attention.output", i, x)
		for lo := 0; lo < t; lo += blockTokens {
			hi := min(lo+blockTokens, t)
			up := s.workers[0].up.mat(hi-lo, m.Intermediate)
			s.apply(&l.up, up, x.Sub(lo, hi, 0, h), activations[m.Act])
			s.trace("intermediate", i, up)
			s.apply(&l.down, y.Sub(lo, hi, 0, h), up, nil)
		}
		normalize(y, l.outNorm)
		s.trace("output", i, x)
	}
	logits := s.logits.mat(t, len(m.Labels))
	s.apply(&m.classifier, logits, x, nil)
	s.trace("logits", -1, logits)
	return logits
}

// apply writes the product of x [rows, k] with the dense weights of l to dst [rows, n] and then applies act,
// which may be nil, to it.
func (s *State) apply(l *linear, dst, x kernels.MatF32, act func([]float32)) {
	s.split(l.n, 32, func(_ *worker, lo, hi int) {
		kernels.GemmF32(dst, x, l.dense, l.bias, lo, hi)
		activate(dst, lo, hi, act)
	})
}
