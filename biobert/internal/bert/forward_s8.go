package bert

import (
	"time"

	"github.com/sparsebio/sparsebio/kernels"
)

// tokensAtOnce is how many tokens a goroutine takes through the products of a layer: enough for the
// weights, which come from the third-level cache, to be used often, few enough for the activations between
// two products to stay in the second.
const tokensAtOnce = 64

// forwardS8 is Forward for 8-bit weights. A layer has two phases. In the first, goroutines share the heads: each
// computes queries, keys and values of its own heads, for all tokens, and attends to them, so that these stay in
// its caches. In the second they share the tokens: each takes its own through all other products, up to
// the quantized inputs of the next layer.
func (s *State) forwardS8() {
	m, t := s.model, len(s.batch.IDs)
	pieces := (t + tokensAtOnce - 1) / tokensAtOnce
	pieces = (pieces + s.pool.size - 1) / s.pool.size * s.pool.size
	if s.Trace != nil {
		pieces = 1 // so that there is a whole matrix to show
		s.qkv = s.qkvBuffer.mat(t, 3*m.Hidden)
	}
	pieces = min(pieces, t)
	for len(s.quant) < pieces {
		s.quant = append(s.quant, kernels.ScratchS8{})
	}
	s.cut(t, 1, pieces, s.doFirst)
	for s.layer = range m.layers {
		s.pool.run(len(m.layers[s.layer].groups), s.doGroup)
		s.trace("qkv", s.layer, s.qkv)
		s.trace("attention.context", s.layer, s.y)
		if s.keepFirst() {
			t = s.x.Rows
		}
		s.cut(t, 1, pieces, s.doLayer)
	}
}

// first embeds tokens lo to hi and quantizes them for the first layer.
func (s *State) first(w *worker, piece, lo, hi int) {
	began := s.now()
	s.embed(lo, hi)
	s.trace("embeddings", -1, s.x)
	s.took(w, Embedding, -1, began)
	s.quantize(w, piece, 0, lo, hi)
}

// quantize quantizes the inputs x of layer i.
func (s *State) quantize(w *worker, piece, i, lo, hi int) {
	began := s.now()
	s.model.layers[i].groups[0].Quantize(s.x.Sub(lo, hi, 0, s.x.Cols), nil, &s.quant[piece])
	s.took(w, Quantization, -1, began)
}

// group computes the context of all tokens for a group of heads.
func (s *State) group(worker, g int) {
	m, w, b := s.model, &s.workers[worker], s.batch
	heads, t := m.headGroup(), len(b.IDs)
	n := heads * (m.Hidden / m.Heads)
	qkv := w.qkv.mat(t, 3*n)
	began := s.now()
	for p := range s.pieces {
		lo, hi := s.bounds(p)
		m.layers[s.layer].groups[g].Multiply(qkv.Sub(lo, hi, 0, 3*n), &s.quant[p])
	}
	began = s.took(w, Products, 4*s.layer, began)
	for i := range b.Len() {
		t0, t1 := b.Starts[i], b.Starts[i+1]
		kernels.AttentionS8(s.y.Sub(t0, t1, g*n, (g+1)*n), qkv.Sub(t0, t1, 0, 3*n), heads, 0, heads, &w.attentionS8)
	}
	s.took(w, Attention, -1, began)
	if s.Trace != nil {
		for i := range t {
			for part := range 3 {
				copy(s.qkv.Row(i)[part*m.Hidden+g*n:], qkv.Row(i)[part*n:(part+1)*n])
			}
		}
	}
}

// rest takes tokens lo to hi from the attention of a layer to the inputs of the next or to the labels.
func (s *State) rest(w *worker, piece, lo, hi int) {
	m, i := s.model, s.layer
	l, h := &m.layers[i], m.Hidden
	x, y := s.x.Sub(lo, hi, 0, h), s.y.Sub(lo, hi, 0, h)
	att, up := w.att.mat(hi-lo, h), w.up.mat(hi-lo, m.Intermediate)
	s.multiply(w, i, 1, att, y, nil)
	s.normalize(w, x, att, l.attNorm)
	s.trace("attention.output", i, x)
	s.multiply(w, i, 2, up, x, nil)
	s.multiply(w, i, 3, y, up, activationsS8[m.Act])
	s.trace("intermediate", i, up)
	s.normalize(w, x, y, l.outNorm)
	s.trace("output", i, x)
	if i+1 < len(m.layers) {
		s.quantize(w, piece, i+1, lo, hi)
		return
	}
	began := s.now()
	if m.Head == SequenceClassification {
		kernels.GemmF32(att, x, m.pooler.dense, m.pooler.bias, 0, h)
		s.pooled(w, att)
		x = att
	}
	if out := s.logits.Sub(lo, hi, 0, s.logits.Cols); m.Head == Encoder {
		copyRows(out, x)
	} else {
		kernels.GemmF32(out, x, m.classifier.dense, m.classifier.bias, 0, out.Cols)
	}
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
