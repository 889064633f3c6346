package compress

import (
	"context"
	"sync"

	"github.com/sparsebio/sparsebio/biobert/internal/bert"
	"github.com/sparsebio/sparsebio/kernels"
)

// The matrices of a layer.
const (
	query = iota
	key
	value
	output
	up
	down
	matrices
)

// matrixNames are their names in checkpoints, below the layer.
var matrixNames = [matrices]string{
	"attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense", "intermediate.dense", "output.dense",
}

// A layer is one of the encoder.
type layer struct {
	of               [matrices]matrix
	attNorm, outNorm norm
}

type norm struct{ gamma, beta []float32 }

// A stage runs layers on hidden states, in fp32.
type stage struct {
	cfg     *bert.Config
	act     func([]float32)
	scratch sync.Pool
}

// activations are what hidden_act may be, as package bert has them.
var activations = map[string]func([]float32){
	"gelu":              kernels.GELUF32,
	"gelu_new":          kernels.GELUTanhF32,
	"gelu_pytorch_tanh": kernels.GELUTanhF32,
}

func newStage(c *bert.Config) *stage {
	return &stage{cfg: c, act: activations[c.Act], scratch: sync.Pool{New: func() any { return new(kernels.AttentionScratch) }}}
}

// A linear is a matrix, or several with the same inputs, packed.
type linear struct {
	w    *kernels.DenseF32
	bias []float32
}

func (l *layer) pack(of ...int) linear {
	n, k := 0, l.of[of[0]].w.Cols
	var bias []float32
	for _, j := range of {
		n += l.of[j].w.Rows
		bias = append(bias, l.of[j].bias...)
	}
	first, j := 0, 0
	w := kernels.PackF32Func(n, k, func(i int, dst []float32) {
		for i-first == l.of[of[j]].w.Rows {
			first, j = i, j+1
		}
		copy(dst, l.of[of[j]].w.Row(i-first))
	})
	return linear{w, bias}
}

func (l linear) apply(x kernels.MatF32) kernels.MatF32 {
	y := kernels.NewMatF32(x.Rows, l.w.N)
	kernels.GemmF32(y, x, l.w, l.bias, 0, l.w.N)
	return y
}

// A stream holds the hidden states of all calibration tokens before a layer, sequences end to end.
type stream struct {
	starts []int // of sequences, and one more, the number of tokens
	x      kernels.MatF32
}

// chunkTokens is how many tokens a goroutine takes at a time, but for a longer sequence.
const chunkTokens = 512

// chunks returns the first and the last but one sequence of each chunk.
func (s *stream) chunks() [][2]int {
	var out [][2]int
	for from := 0; from < len(s.starts)-1; {
		to := from + 1
		for to < len(s.starts)-1 && s.starts[to+1]-s.starts[from] <= chunkTokens {
			to++
		}
		out = append(out, [2]int{from, to})
		from = to
	}
	return out
}

// rows returns the hidden states of a chunk.
func (s *stream) rows(c [2]int) kernels.MatF32 {
	return s.x.Sub(s.starts[c[0]], s.starts[c[1]], 0, s.x.Cols)
}

// context returns the context of attention for a chunk.
func (g *stage) context(s *stream, c [2]int, qkv linear) kernels.MatF32 {
	y := qkv.apply(s.rows(c))
	h := g.cfg.Hidden
	ctx := kernels.NewMatF32(y.Rows, h)
	scratch := g.scratch.Get().(*kernels.AttentionScratch)
	defer g.scratch.Put(scratch)
	at := s.starts[c[0]]
	for i := c[0]; i < c[1]; i++ {
		lo, hi := s.starts[i]-at, s.starts[i+1]-at
		kernels.AttentionF32(ctx.Sub(lo, hi, 0, h), y.Sub(lo, hi, 0, 3*h), g.cfg.Heads, 0, g.cfg.Heads, scratch)
	}
	return ctx
}

// add adds what a linear makes of y to the hidden states x and normalizes them.
func (g *stage) add(x, y kernels.MatF32, l linear, n norm) {
	kernels.LayerNormF32(x, l.apply(y), x, n.gamma, n.beta, float32(g.cfg.LayerNormEps))
}

// inner returns what lies between the two matrices of the feed-forward part.
func (g *stage) inner(x kernels.MatF32, l linear) kernels.MatF32 {
	y := l.apply(x)
	g.act(y.Data)
	return y
}

// through has goroutines call f for every chunk of s.
func (s *stream) through(ctx context.Context, threads int, f func(c [2]int)) error {
	cs := s.chunks()
	return each(ctx, threads, len(cs), func(i int) { f(cs[i]) })
}
