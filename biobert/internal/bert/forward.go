package bert

import (
	"fmt"

	"github.com/sparsebio/sparsebio/kernels"
)

// A Batch is a number of sequences packed end to end.
type Batch struct {
	IDs    []int32 // token ids of all sequences
	Starts []int   // index in IDs of each sequence's first token; one more at the end, len(IDs)
}

// Add appends a sequence, given in pieces.
func (b *Batch) Add(pieces ...[]int32) {
	if len(b.Starts) == 0 {
		b.Starts = append(b.Starts, 0)
	}
	for _, ids := range pieces {
		b.IDs = append(b.IDs, ids...)
	}
	b.Starts = append(b.Starts, len(b.IDs))
}

// Reset empties b and keeps its memory.
func (b *Batch) Reset() { b.IDs, b.Starts = b.IDs[:0], b.Starts[:0] }

// Len returns the number of sequences.
func (b *Batch) Len() int { return max(len(b.Starts)-1, 0) }

// A State holds the buffers of one forward pass and the goroutines that share it.
// It serves one pass at a time; any model may use it.
type State struct {
	pool *pool
	// Trace, if not nil, is called with every named intermediate result:
	// "embeddings", "layer.0.qkv" ... The matrix is only valid during the call.
	Trace func(name string, m kernels.MatF32)

	x, qkv, y, up, logits buffer
	quant                 []quantized                  // one for each goroutine
	attention             []kernels.AttentionScratch   // one for each goroutine
	attentionS8           []kernels.AttentionS8Scratch // one for each goroutine
}

// NewState returns a State whose passes are shared by threads goroutines.
func NewState(threads int) *State {
	p := newPool(threads)
	return &State{
		pool: p, quant: make([]quantized, p.size),
		attention: make([]kernels.AttentionScratch, p.size), attentionS8: make([]kernels.AttentionS8Scratch, p.size),
	}
}

// Close stops the goroutines of s.
func (s *State) Close() { s.pool.close() }

type buffer []float32

func (b *buffer) mat(rows, cols int) kernels.MatF32 {
	if cap(*b) < rows*cols {
		*b = make([]float32, rows*cols)
	}
	return kernels.MatF32{Data: (*b)[:rows*cols], Rows: rows, Cols: cols, Stride: cols}
}

func (s *State) trace(name string, l int, m kernels.MatF32) {
	if s.Trace != nil {
		if l >= 0 {
			name = fmt.Sprintf("layer.%d.%s", l, name)
		}
		s.Trace(name, m)
	}
}

// cut cuts n rows (or columns) into at most pieces nearly equal ranges whose borders are multiples of
// unit, and has the goroutines run f on each.
func (s *State) cut(n, unit, pieces int, f func(piece, lo, hi int)) {
	units := (n + unit - 1) / unit
	k := min(pieces, units)
	s.pool.run(k, func(p int) { f(p, units*p/k*unit, min(units*(p+1)/k*unit, n)) })
}

// parts cuts with one piece for each goroutine: for work that needs buffers of its own.
func (s *State) parts(n, unit int, f func(part, lo, hi int)) { s.cut(n, unit, s.pool.size, f) }

// chunks is how many pieces of a phase there are for each goroutine: on a busy machine, the ones
// that run take over from the one that does not.
const chunks = 4

// split cuts into more pieces than there are goroutines.
func (s *State) split(n, unit int, f func(lo, hi int)) {
	pieces := chunks * s.pool.size
	if s.pool.size == 1 {
		pieces = 1
	}
	s.cut(n, unit, pieces, func(_, lo, hi int) { f(lo, hi) })
}

// blockTokens bounds the tokens that pass through the two products of a feed-forward
// layer at a time, so that what lies between them stays in the second-level cache.
const blockTokens = 192

// Forward returns the logits [tokens, labels] of a batch. The matrix belongs to s and
// is valid until its next pass. Every id must be below the size of the vocabulary and
// no sequence longer than MaxPosition: Check says whether that is so.
func (m *Model) Forward(s *State, b *Batch) kernels.MatF32 {
	t, h := len(b.IDs), m.Hidden
	x, y := s.x.mat(t, h), s.y.mat(t, h)
	eps := float32(m.LayerNormEps)
	rows := func(f func(lo, hi int)) { s.split(t, 8, f) }

	s.parts(b.Len(), 1, func(_, from, to int) {
		for i := from; i < to; i++ {
			m.embed(x.Sub(b.Starts[i], b.Starts[i+1], 0, h), b.IDs[b.Starts[i]:b.Starts[i+1]], eps)
		}
	})
	s.trace("embeddings", -1, x)
	for i := range m.layers {
		l := &m.layers[i]
		qkv := s.qkv.mat(t, 3*h)
		l.qkv.apply(s, qkv, x, nil)
		s.trace("qkv", i, qkv)
		m.attention(s, y, qkv, b)
		s.trace("attention.context", i, y)
		att := s.qkv.mat(t, h) // Q, K and V are done with
		l.attOut.apply(s, att, y, nil)
		rows(func(lo, hi int) {
			kernels.LayerNormF32(x.Sub(lo, hi, 0, h), att.Sub(lo, hi, 0, h), x.Sub(lo, hi, 0, h), l.attNorm.gamma, l.attNorm.beta, eps)
		})
		s.trace("attention.output", i, x)
		for lo := 0; lo < t; lo += blockTokens {
			hi := min(lo+blockTokens, t)
			up := s.up.mat(hi-lo, m.Intermediate)
			l.up.apply(s, up, x.Sub(lo, hi, 0, h), activations[m.Act])
			s.trace("intermediate", i, up)
			l.down.apply(s, y.Sub(lo, hi, 0, h), up, nil)
		}
		rows(func(lo, hi int) {
			kernels.LayerNormF32(x.Sub(lo, hi, 0, h), y.Sub(lo, hi, 0, h), x.Sub(lo, hi, 0, h), l.outNorm.gamma, l.outNorm.beta, eps)
		})
		s.trace("output", i, x)
	}
	logits := s.logits.mat(t, len(m.Labels))
	m.classifier.apply(s, logits, x, nil)
	s.trace("logits", -1, logits)
	return logits
}

// Check reports why a batch cannot be passed to Forward.
func (m *Model) Check(b *Batch) error {
	for i := range b.Len() {
		if n := b.Starts[i+1] - b.Starts[i]; n > m.MaxPosition {
			return fmt.Errorf("sequence of %d tokens, the model takes %d", n, m.MaxPosition)
		}
	}
	for _, id := range b.IDs {
		if id < 0 || int(id) >= m.Vocab {
			return fmt.Errorf("token id %d, the vocabulary has %d", id, m.Vocab)
		}
	}
	return nil
}

// embed writes the embeddings of one sequence to x.
func (m *Model) embed(x kernels.MatF32, ids []int32, eps float32) {
	for i, id := range ids {
		r, p := x.Row(i), m.position[i*m.Hidden:][:m.Hidden]
		m.word.row(id, r)
		for j := range r {
			r[j] += p[j]
		}
	}
	kernels.LayerNormF32(x, x, kernels.MatF32{}, m.embNorm.gamma, m.embNorm.beta, eps)
}

// attention computes the context [tokens, hidden] of every sequence of a batch.
func (m *Model) attention(s *State, dst, qkv kernels.MatF32, b *Batch) {
	n := b.Len()
	if n >= s.pool.size { // a share of the sequences for each goroutine
		s.parts(n, 1, func(p, lo, hi int) {
			for i := lo; i < hi; i++ {
				m.attend(s, p, dst, qkv, b.Starts[i], b.Starts[i+1], 0, m.Heads)
			}
		})
		return
	}
	for i := range n { // a share of the heads for each
		s.parts(m.Heads, 1, func(p, h0, h1 int) { m.attend(s, p, dst, qkv, b.Starts[i], b.Starts[i+1], h0, h1) })
	}
}

// attend computes heads h0 to h1 of the tokens t0 to t1 of one sequence.
func (m *Model) attend(s *State, part int, dst, qkv kernels.MatF32, t0, t1, h0, h1 int) {
	dst, qkv = dst.Sub(t0, t1, 0, dst.Cols), qkv.Sub(t0, t1, 0, qkv.Cols)
	if m.Engine == Sparse {
		kernels.AttentionS8(dst, qkv, m.Heads, h0, h1, &s.attentionS8[part])
		return
	}
	kernels.AttentionF32(dst, qkv, m.Heads, h0, h1, &s.attention[part])
}
