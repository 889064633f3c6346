package bert

import (
	"time"

	"github.com/sparsebio/sparsebio/kernels"
)

// tokensAtOnce is how many tokens a goroutine takes through the products of a layer: enough for the
// weights, which come from the third-level cache, to be used often, few enough for the activations between
// two products to stay in the second.
const tokensAtOnce = 64

// forwardS8 is Forward for 8-bit weights. They are small, so goroutines share the tokens: each takes its
// own through all products of a layer, and they wait for one another only before attention, which
// reads the keys and values of all, and after it.
func (s *State) forwardS8() {
	t := len(s.batch.IDs)
	pieces := (t + tokensAtOnce - 1) / tokensAtOnce
	pieces = (pieces + s.pool.size - 1) / s.pool.size * s.pool.size
	if s.Trace != nil {
		pieces = 1 // so that there is a whole matrix to show
	}
	s.cut(t, 1, pieces, s.doFirst)
	for s.layer = range s.model.layers {
		s.trace("qkv", s.layer, s.qkv)
		s.attention()
		s.trace("attention.context", s.layer, s.y)
		s.cut(t, 1, pieces, s.doLayer)
	}
}

// first embeds tokens lo to hi and computes their queries, keys and values in the first layer.
func (s *State) first(w *worker, lo, hi int) {
	began := s.now()
	s.embed(lo, hi)
	s.took(w, Embedding, -1, began)
	s.multiply(w, 0, 0, s.qkv.Sub(lo, hi, 0, s.qkv.Cols), s.x.Sub(lo, hi, 0, s.x.Cols), nil)
}

// rest takes tokens lo to hi from the attention of a layer to that of the next or to the labels.
func (s *State) rest(w *worker, lo, hi int) {
	m, i := s.model, s.layer
	l, h := &m.layers[i], m.Hidden
	x, y := s.x.Sub(lo, hi, 0, h), s.y.Sub(lo, hi, 0, h)
	att, up := w.att.mat(hi-lo, h), w.up.mat(hi-lo, m.Intermediate)
	s.multiply(w, i, 1, att, y, nil)
	s.normalize(w, x, att, l.attNorm)
	s.trace("attention.output", i, x)
	s.multiply(w, i, 2, up, x, nil)
	s.multiply(w, i, 3, y, up, activations[m.Act])
	s.trace("intermediate", i, up)
	s.normalize(w, x, y, l.outNorm)
	s.trace("output", i, x)
	if i+1 < len(m.layers) {
		s.multiply(w, i+1, 0, s.qkv.Sub(lo, hi, 0, 3*h), x, nil)
		return
	}
	began := s.now()
	kernels.GemmF32(s.logits.Sub(lo, hi, 0, s.logits.Cols), x, m.classifier.dense, m.classifier.bias, 0, s.logits.Cols)
	s.took(w, Classifier, -1, began)
}

// multiply writes the product of act(x) with the weights of linear j of layer i to dst.
func (s *State) multiply(w *worker, i, j int, dst, x kernels.MatF32, act func([]float32)) {
	l := s.model.layers[i].linear(j).s8
	began := s.now()
	l.Quantize(x, act, &w.quant)
	began = s.took(w, Quantization, -1, began)
	l.Multiply(dst, &w.quant)
	s.took(w, Products, 4*i+j, began)
}

// now returns the time if it is asked for.
func (s *State) now() (t time.Time) {
	if s.timed {
		t = time.Now()
	}
	return t
}
