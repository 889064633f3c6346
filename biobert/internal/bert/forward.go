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

	x, qkv, y, logits buffer
	workers           []worker
}

// A worker holds the buffers of one goroutine.
type worker struct {
	att, up     buffer
	quant       quantized
	attention   kernels.AttentionScratch
	attentionS8 kernels.AttentionS8Scratch
}

// NewState returns a State whose passes are shared by threads goroutines.
func NewState(threads int) *State {
	p := newPool(threads)
	return &State{pool: p, workers: make([]worker, p.size)}
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

// cut cuts n rows (or columns) into pieces nearly equal ranges, or fewer, whose borders are multiples of
// unit, and has the goroutines run f on each.
func (s *State) cut(n, unit, pieces int, f func(w *worker, lo, hi int)) {
	units := (n + unit - 1) / unit
	k := min(pieces, units)
	s.pool.run(k, func(w, p int) { f(&s.workers[w], units*p/k*unit, min(units*(p+1)/k*unit, n)) })
}

// chunks is how many pieces of a short phase there are for each goroutine: on a busy machine, the ones
// that run take over from the one that does not.
const chunks = 4

// split cuts into more pieces than there are goroutines.
func (s *State) split(n, unit int, f func(w *worker, lo, hi int)) {
	pieces := chunks * s.pool.size
	if s.pool.size == 1 {
		pieces = 1
	}
	s.cut(n, unit, pieces, f)
}

// Forward returns the logits [tokens, labels] of a batch. The matrix belongs to s and
// is valid until its next pass. Every id must be below the size of the vocabulary and
// no sequence longer than MaxPosition: Check says whether that is so.
func (m *Model) Forward(s *State, b *Batch) kernels.MatF32 {
	if m.Engine == Sparse {
		return m.forwardS8(s, b)
	}
	return m.forwardF32(s, b)
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

// embed writes the embeddings of tokens lo to hi to the same rows of x.
func (m *Model) embed(x kernels.MatF32, b *Batch, lo, hi int) {
	seq := 0
	for t := lo; t < hi; t++ {
		for b.Starts[seq+1] <= t {
			seq++
		}
		r, p := x.Row(t), m.position[(t-b.Starts[seq])*m.Hidden:][:m.Hidden]
		m.word.row(b.IDs[t], r)
		for j := range r {
			r[j] += p[j]
		}
	}
	x = x.Sub(lo, hi, 0, m.Hidden)
	kernels.LayerNormF32(x, x, kernels.MatF32{}, m.embNorm.gamma, m.embNorm.beta, float32(m.LayerNormEps))
}

// attention computes the context [tokens, hidden] of every sequence of a batch. Work is cut by heads, and
// by sequences where there are many.
func (m *Model) attention(s *State, dst, qkv kernels.MatF32, b *Batch) {
	n := b.Len()
	if s.pool.size == 1 {
		for i := range n {
			m.attend(&s.workers[0], dst, qkv, b.Starts[i], b.Starts[i+1], 0, m.Heads)
		}
		return
	}
	groups := min(max(chunks*s.pool.size/n, 1), m.Heads)
	s.pool.run(n*groups, func(w, p int) {
		i, g := p/groups, p%groups
		m.attend(&s.workers[w], dst, qkv, b.Starts[i], b.Starts[i+1], g*m.Heads/groups, (g+1)*m.Heads/groups)
	})
}

// attend computes heads h0 to h1 of the tokens t0 to t1 of one sequence.
func (m *Model) attend(w *worker, dst, qkv kernels.MatF32, t0, t1, h0, h1 int) {
	dst, qkv = dst.Sub(t0, t1, 0, dst.Cols), qkv.Sub(t0, t1, 0, qkv.Cols)
	if m.Engine == Sparse {
		kernels.AttentionS8(dst, qkv, m.Heads, h0, h1, &w.attentionS8)
		return
	}
	kernels.AttentionF32(dst, qkv, m.Heads, h0, h1, &w.attention)
}

// normalize adds residual to x and normalizes the sum, in place.
func (m *Model) normalize(x, residual kernels.MatF32, n norm) {
	kernels.LayerNormF32(x, residual, x, n.gamma, n.beta, float32(m.LayerNormEps))
}
