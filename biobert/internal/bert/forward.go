package bert

import (
	"fmt"

	"github.com/sparsebio/sparsebio/kernels"
)

// A Batch is a number of sequences packed end to end.
type Batch struct {
	IDs    []int32 // token ids of all sequences
	Starts []int   // index in IDs of each sequence's first token; one more at the end, len(IDs)
	Second []int   // index in IDs of the first token of each sequence that has type 1: the second text of a pair
}

// Add appends a sequence, given in pieces, all of whose tokens have type 0.
func (b *Batch) Add(pieces ...[]int32) {
	n := 0
	for _, ids := range pieces {
		n += len(ids)
	}
	b.AddPair(n, pieces...)
}

// AddPair appends a sequence, given in pieces, whose tokens have type 0 up to number first and type 1 from there on.
func (b *Batch) AddPair(first int, pieces ...[]int32) {
	if len(b.Starts) == 0 {
		b.Starts = append(b.Starts, 0)
	}
	b.Second = append(b.Second, len(b.IDs)+first)
	for _, ids := range pieces {
		b.IDs = append(b.IDs, ids...)
	}
	b.Starts = append(b.Starts, len(b.IDs))
}

// Reset empties b and keeps its memory.
func (b *Batch) Reset() { b.IDs, b.Starts, b.Second = b.IDs[:0], b.Starts[:0], b.Second[:0] }

// Len returns the number of sequences.
func (b *Batch) Len() int { return max(len(b.Starts)-1, 0) }

// A State holds the buffers of one forward pass and the goroutines that share it.
// It serves one pass at a time; any model may use it. After a pass or two over batches of
// a size it allocates nothing more.
type State struct {
	pool *pool
	// Trace, if not nil, is called with every named intermediate result:
	// "embeddings", "layer.0.qkv" ... The matrix is only valid during the call.
	Trace func(name string, m kernels.MatF32)

	quant                                      []kernels.ScratchS8 // inputs of a layer, of each piece of the tokens
	workers                                    []worker
	xBuffer, qkvBuffer, yBuffer, logitsBuffer  buffer
	doPart                                     func(worker, part int) // s.part, bound once
	doFirst, doLayer, doEmbed, doNorm, doApply rangeFunc              // likewise
	doAttention, doGroup                       func(worker, part int)

	// The pass that runs.
	model             *Model
	batch             *Batch
	x, qkv, y, logits kernels.MatF32
	layer             int
	timed             bool

	// The phase that runs.
	units, unit, pieces, total int       // of cut
	f                          rangeFunc // of cut
	groups                     int       // of heads, for attention
	residual                   kernels.MatF32
	norm                       norm
	linear                     *linear
	to, from                   kernels.MatF32
	act                        func([]float32)
}

// A rangeFunc does the part lo to hi of a phase.
type rangeFunc func(w *worker, piece, lo, hi int)

// A worker holds the buffers of one goroutine.
type worker struct {
	qkv, att, up buffer
	quant        kernels.ScratchS8
	attention    kernels.AttentionScratch
	attentionS8  kernels.AttentionS8Scratch
	static       staticScratch
	times        times
}

// NewState returns a State whose passes are shared by threads goroutines.
func NewState(threads int) *State {
	p := newPool(threads)
	s := &State{pool: p, workers: make([]worker, p.size)}
	s.doPart, s.doAttention, s.doGroup = s.part, s.attentionPart, s.group
	s.doFirst, s.doLayer, s.doEmbed, s.doNorm, s.doApply = s.first, s.rest, s.embedRange, s.normRange, s.applyRange
	return s
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
func (s *State) cut(n, unit, pieces int, f rangeFunc) {
	s.total, s.unit, s.units, s.f = n, unit, (n+unit-1)/unit, f
	s.pieces = min(pieces, s.units)
	s.pool.run(s.pieces, s.doPart)
}

// part runs one range of cut.
func (s *State) part(worker, p int) {
	lo, hi := s.bounds(p)
	s.f(&s.workers[worker], p, lo, hi)
}

// bounds returns range p of the last cut.
func (s *State) bounds(p int) (lo, hi int) {
	return s.units * p / s.pieces * s.unit, min(s.units*(p+1)/s.pieces*s.unit, s.total)
}

// chunks is how many pieces of a short phase there are for each goroutine: on a busy machine, the ones
// that run take over from the one that does not.
const chunks = 4

// split cuts into more pieces than there are goroutines.
func (s *State) split(n, unit int, f rangeFunc) {
	pieces := chunks * s.pool.size
	if s.pool.size == 1 {
		pieces = 1
	}
	s.cut(n, unit, pieces, f)
}

// Forward returns the logits of a batch: [sequences, labels] of a sequence classifier, [tokens, hidden] of an encoder without a head, else [tokens, labels]. The
// matrix belongs to s and is valid until its next pass. Every id must be below the size of the vocabulary and
// no sequence longer than MaxPosition: Check says whether that is so.
func (m *Model) Forward(s *State, b *Batch) kernels.MatF32 {
	t, h, rows := len(b.IDs), m.Hidden, len(b.IDs)
	if m.Head == SequenceClassification {
		rows = b.Len()
	}
	s.model, s.batch = m, b
	s.x, s.y, s.logits = s.xBuffer.mat(t, h), s.yBuffer.mat(t, h), s.logitsBuffer.mat(rows, m.outputs())
	switch m.Engine {
	case Dense:
		s.qkv = s.qkvBuffer.mat(t, 3*h)
		s.forwardF32()
	case Static:
		s.qkv = s.qkvBuffer.mat(t, 3*h)
		s.forwardStatic()
	default:
		s.forwardS8()
	}
	s.trace("logits", -1, s.logits)
	s.model, s.batch, s.linear = nil, nil, nil // a state outlives models
	return s.logits
}

// Check reports why a batch cannot be passed to Forward.
func (m *Model) Check(b *Batch) error {
	for i := range b.Len() {
		n := b.Starts[i+1] - b.Starts[i]
		if n < 1 || n > m.MaxPosition {
			return fmt.Errorf("sequence of %d tokens, the model takes 1 to %d", n, m.MaxPosition)
		}
		if b.Second[i] < b.Starts[i+1] && m.second == nil {
			return fmt.Errorf("a pair of texts, the model has one type of tokens and reads single ones (type_vocab_size is %d)", m.TypeVocab)
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
func (s *State) embed(lo, hi int) {
	m, b, seq := s.model, s.batch, 0
	for t := lo; t < hi; {
		for b.Starts[seq+1] <= t {
			seq++
		}
		// Positions are consecutive rows, so that normalization can add those of a sequence.
		from, end := t, min(hi, b.Starts[seq+1])
		for ; t < end; t++ {
			m.word.row(b.IDs[t], s.x.Row(t))
			if t >= b.Second[seq] {
				for i, v := range m.second {
					s.x.Row(t)[i] += v
				}
			}
		}
		x := s.x.Sub(from, end, 0, m.Hidden)
		p := kernels.MatF32{Data: m.position[(from-b.Starts[seq])*m.Hidden:], Rows: x.Rows, Cols: m.Hidden, Stride: m.Hidden}
		kernels.LayerNormF32(x, x, p, m.embNorm.gamma, m.embNorm.beta, float32(m.LayerNormEps))
	}
}

func (s *State) embedRange(_ *worker, _, lo, hi int) { s.embed(lo, hi) }

// attention computes, in fp32, the context [tokens, hidden] of every sequence of the batch from its queries, keys
// and values. Work is cut by sequences and, where there are few, by heads.
func (s *State) attention() {
	n := s.batch.Len()
	s.groups = 1
	if s.pool.size > 1 {
		s.groups = min(max(chunks*s.pool.size/n, 1), s.model.Heads)
	}
	s.pool.run(n*s.groups, s.doAttention)
}

// attentionPart computes a group of heads of one sequence.
func (s *State) attentionPart(worker, p int) {
	m, w := s.model, &s.workers[worker]
	i, g := p/s.groups, p%s.groups
	t0, t1, h0, h1 := s.batch.Starts[i], s.batch.Starts[i+1], g*m.Heads/s.groups, (g+1)*m.Heads/s.groups
	dst, qkv := s.y.Sub(t0, t1, 0, s.y.Cols), s.qkv.Sub(t0, t1, 0, s.qkv.Cols)
	began := s.now()
	kernels.AttentionF32(dst, qkv, m.Heads, h0, h1, &w.attention)
	s.took(w, Attention, -1, began)
}

// normalize adds residual to x and normalizes the sum, in place.
func (s *State) normalize(w *worker, x, residual kernels.MatF32, n norm) {
	began := s.now()
	kernels.LayerNormF32(x, residual, x, n.gamma, n.beta, float32(s.model.LayerNormEps))
	s.took(w, LayerNorm, -1, began)
}

func (s *State) normRange(w *worker, _, lo, hi int) {
	s.normalize(w, s.x.Sub(lo, hi, 0, s.x.Cols), s.residual.Sub(lo, hi, 0, s.residual.Cols), s.norm)
}
