package bert

import "github.com/sparsebio/sparsebio/kernels"

// blockTokens bounds the tokens that pass through the two products of a feed-forward
// layer at a time, so that what lies between them stays in the second-level cache.
const blockTokens = 192

// forwardF32 is Forward for dense fp32 weights. They are so large that goroutines share the outputs of each
// product: every weight is read by one of them.
func (s *State) forwardF32() {
	m, t, h := s.model, len(s.batch.IDs), s.model.Hidden
	s.split(t, 8, s.doEmbed)
	s.trace("embeddings", -1, s.x)
	for s.layer = range m.layers {
		i, l := s.layer, &m.layers[s.layer]
		s.apply(&l.qkv, s.qkv, s.x, nil)
		s.trace("qkv", i, s.qkv)
		s.attention()
		s.trace("attention.context", i, s.y)
		if s.keepFirst() {
			t = s.x.Rows
		}
		att := s.qkvBuffer.mat(t, h) // Q, K and V are done with
		s.apply(&l.attOut, att, s.y, nil)
		s.residual, s.norm = att, l.attNorm
		s.split(t, 8, s.doNorm)
		s.trace("attention.output", i, s.x)
		for lo := 0; lo < t; lo += blockTokens {
			hi := min(lo+blockTokens, t)
			up := s.workers[0].up.mat(hi-lo, m.Intermediate)
			s.apply(&l.up, up, s.x.Sub(lo, hi, 0, h), activations[m.Act])
			s.trace("intermediate", i, up)
			s.apply(&l.down, s.y.Sub(lo, hi, 0, h), up, nil)
		}
		s.residual, s.norm = s.y, l.outNorm
		s.split(t, 8, s.doNorm)
		s.trace("output", i, s.x)
	}
	x := s.x
	if m.Head == SequenceClassification {
		x = s.qkvBuffer.mat(t, h)
		s.apply(&m.pooler, x, s.x, nil)
		s.pooled(&s.workers[0], x)
	}
	if m.Head == Encoder {
		copyRows(s.logits, x)
		return
	}
	s.apply(&m.classifier, s.logits, x, nil)
}

// apply writes the product of x [rows, k] with the dense weights of l to dst [rows, n] and then applies act,
// which may be nil, to it.
func (s *State) apply(l *linear, dst, x kernels.MatF32, act func([]float32)) {
	s.linear, s.to, s.from, s.act = l, dst, x, act
	s.split(l.n, 32, s.doApply)
}

// applyRange is apply for outputs lo to hi.
func (s *State) applyRange(_ *worker, _, lo, hi int) {
	kernels.GemmF32(s.to, s.from, s.linear.dense, s.linear.bias, lo, hi)
	if s.act != nil {
		for i := range s.to.Rows {
			s.act(s.to.Row(i)[lo:hi])
		}
	}
}
