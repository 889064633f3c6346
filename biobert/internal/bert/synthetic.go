package bert

import (
	"context"
	"fmt"
	"math/rand/v2"
)

// Shapes are the sizes of well-known encoders, for models with random weights.
var Shapes = map[string]Config{
	"bert-base":  {Hidden: 768, Layers: 12, Heads: 12, Intermediate: 3072, Vocab: 28996},
	"bert-large": {Hidden: 1024, Layers: 24, Heads: 16, Intermediate: 4096, Vocab: 28996},
	"minilm":     minilm,
	"minilm-l6":  minilm,
}

var minilm = Config{Hidden: 384, Layers: 6, Heads: 12, Intermediate: 1536, Vocab: 30522}

// Synthetic returns a model of the given shape with random weights, a share of which
// is zero, in the form of engine. Its labels mean nothing; its speed is that of a real model. The
// zeros are anywhere, or with blocks in groups of four neighbours in a row. form is that of
// INT8 weights, as for kernels.NewLinearS8. It stops when ctx ends.
func Synthetic(ctx context.Context, shape Config, sparsity float64, blocks bool, engine Engine, form string, seed uint64) (*Model, error) {
	c := shape
	c.ModelType, c.Act, c.MaxPosition, c.TypeVocab, c.LayerNormEps = "bert", "gelu", 512, 2, 1e-12
	for i := range 11 {
		c.Labels = append(c.Labels, fmt.Sprintf("LABEL_%d", i))
	}
	random := func(stream uint64, n int, scale float32, zero float64) []float32 {
		r := rand.New(rand.NewPCG(seed, stream))
		v := make([]float32, n)
		group := 1
		if blocks && zero > 0 {
			group = 4
		}
		for i := 0; i < n; i += group {
			if r.Float64() >= zero {
				for j := range v[i:min(i+group, n)] {
					v[i+j] = float32(r.NormFloat64()) * scale
				}
			}
		}
		return v
	}
	ones := func(n int) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = 1
		}
		return v
	}
	h := c.Hidden
	m := &Model{Config: c, Engine: engine}
	if engine == Dense {
		m.word = wordsF32{random(1, c.Vocab*h, 0.05, 0), h}
	} else {
		m.word = randomWordsS8(c.Vocab, h, seed)
	}
	m.position = random(2, c.MaxPosition*h, 0.05, 0)
	m.embNorm = norm{ones(h), make([]float32, h)}
	m.classifier = denseLinear(random(3, len(c.Labels)*h, 0.05, 0), make([]float32, len(c.Labels)), len(c.Labels), h)
	m.layers = make([]layer, c.Layers)
	next := func(i, j int) (w, bias []float32, n, k int, err error) {
		if err := ctx.Err(); err != nil {
			return nil, nil, 0, 0, err
		}
		n, k = m.shape(j)
		return random(uint64(16+4*i+j), n*k, 0.05, sparsity), make([]float32, n), n, k, nil
	}
	for i := range m.layers {
		l := &m.layers[i]
		l.attNorm, l.outNorm = norm{ones(h), make([]float32, h)}, norm{ones(h), make([]float32, h)}
	}
	if engine != Sparse {
		return m, m.fill(form, next)
	}
	return m, packSparse(m, form, next)
}

func randomWordsS8(vocab, hidden int, seed uint64) wordsS8 {
	w := wordsS8{make([]byte, vocab*hidden), make([]float32, vocab), hidden}
	r := rand.New(rand.NewPCG(seed, 1))
	for i := range w.data {
		w.data[i] = byte(r.Uint32())
	}
	for i := range w.scale {
		w.scale[i] = 0.05 / 64
	}
	return w
}
