package compress

import (
	"context"
	"math"
	"os"

	"github.com/sparsebio/sparsebio/biobert/internal/bert"
	"github.com/sparsebio/sparsebio/biobert/internal/onnx"
	"github.com/sparsebio/sparsebio/biobert/internal/safetensors"
	"github.com/sparsebio/sparsebio/kernels"
)

// ranges collects how the activations of the compressed model are quantized.
type ranges struct {
	cfg   *bert.Config
	graph onnx.Model
}

func newRanges(c *bert.Config) *ranges {
	r := &ranges{cfg: c}
	r.graph.HeadSize, r.graph.Eps, r.graph.Tanh = c.Hidden/c.Heads, float32(c.LayerNormEps), c.Act != "gelu"
	return r
}

// model returns what was collected.
func (r *ranges) model() *onnx.Model {
	if r == nil {
		return nil
	}
	return &r.graph
}

// linearOf returns the quantization of a matrix: of its inputs, and of its weights, which are whole multiples of these scales.
func linearOf(in *onnx.Quant, w kernels.MatF32) onnx.Linear {
	_, scale := kernels.QuantizeS8Rows(w.Data, w.Rows, w.Cols)
	return onnx.Linear{In: in, Scale: scale}
}

// observeAttention finds the ranges from the beginning of a compressed layer to the input of the output of attention.
func (p *passage) observeAttention(ctx context.Context, l *layer) error {
	if p.ranges == nil {
		return nil
	}
	var in, q, k, v, scores, context observer
	h := p.ranges.cfg.Hidden
	qkv := l.pack(query, key, value)
	err := p.x.through(ctx, p.threads, func(c [2]int) {
		x := p.x.rows(c)
		in.add(x.Data)
		y := qkv.apply(x)
		for r := range y.Rows {
			row := y.Row(r)
			q.add(row[:h])
			k.add(row[h : 2*h])
			v.add(row[2*h:])
		}
		at := p.x.starts[c[0]]
		for s := c[0]; s < c[1]; s++ {
			p.observeScores(&scores, y.Sub(p.x.starts[s]-at, p.x.starts[s+1]-at, 0, 3*h))
		}
		context.add(p.stage.context(p.x, c, qkv).Data)
	})
	if err != nil {
		return err
	}
	g := &p.ranges.graph
	x, y := in.quant(p.percentile), context.quant(p.percentile)
	g.Layers = append(g.Layers, onnx.Layer{
		Query: linearOf(x, l.of[query].w), Key: linearOf(x, l.of[key].w), Value: linearOf(x, l.of[value].w), Output: linearOf(y, l.of[output].w),
		Q: q.quant(p.percentile), K: k.symmetric(p.percentile), V: v.symmetric(p.percentile), Scores: scores.quant(p.percentile),
		Probs: &onnx.Quant{Scale: 1. / 255}, Context: y,
	})
	return nil
}

// observeScores adds the products of the queries and keys of a sequence, [tokens, 3*hidden] with its values.
func (p *passage) observeScores(o *observer, qkv kernels.MatF32) {
	h, d := p.ranges.cfg.Hidden, p.ranges.graph.HeadSize
	scores := kernels.NewMatF32(qkv.Rows, qkv.Rows)
	for at := 0; at < h; at += d {
		kernels.GemmF32(scores, qkv.Sub(0, qkv.Rows, at, at+d), packed(qkv.Sub(0, qkv.Rows, h+at, h+at+d)), nil, 0, qkv.Rows)
		o.add(scores.Data)
	}
}

// observeFeedForward finds the ranges of the rest of the layer.
func (p *passage) observeFeedForward(ctx context.Context, l *layer) error {
	if p.ranges == nil {
		return nil
	}
	var in, inner observer
	w := l.pack(up)
	err := p.x.through(ctx, p.threads, func(c [2]int) {
		x := p.x.rows(c)
		in.add(x.Data)
		inner.add(p.stage.inner(x, w).Data)
	})
	if err != nil {
		return err
	}
	g := &p.ranges.graph.Layers[len(p.ranges.graph.Layers)-1]
	g.Up, g.Down = linearOf(in.quant(p.percentile), l.of[up].w), linearOf(inner.quant(p.percentile), l.of[down].w)
	return nil
}

// observeHead finds the ranges of the head.
func (p *passage) observeHead(ctx context.Context) error {
	if p.ranges == nil {
		return nil
	}
	c, g := p.checkpoint, &p.ranges.graph
	h := c.Config.Hidden
	x := p.x.x
	first := kernels.NewMatF32(len(p.x.starts)-1, h)
	for i, at := range p.x.starts[:first.Rows] {
		copy(first.Row(i), x.Row(at))
	}
	if c.Config.Head == bert.SequenceClassification {
		x = first
	}
	linear := func(name string, x kernels.MatF32) (onnx.Linear, kernels.MatF32, error) {
		var in observer
		for i := range x.Rows {
			in.add(x.Row(i))
		}
		w, err := c.floats(name + ".weight")
		if err != nil {
			return onnx.Linear{}, x, err
		}
		b, err := c.floats(name + ".bias")
		if err != nil {
			return onnx.Linear{}, x, err
		}
		m := kernels.MatF32{Data: w, Rows: len(b), Cols: h, Stride: h}
		y := kernels.NewMatF32(x.Rows, m.Rows)
		if err := product(ctx, p.threads, y, x, packed(m)); err != nil {
			return onnx.Linear{}, x, err
		}
		for i := range y.Rows {
			for j := range y.Row(i) {
				y.Row(i)[j] += b[j]
			}
		}
		return linearOf(in.quant(p.percentile), m), y, nil
	}
	if c.Config.Head == bert.SequenceClassification {
		pooler, y, err := linear(c.prefix+"pooler.dense", x)
		if err != nil {
			return err
		}
		for i, v := range y.Data {
			y.Data[i] = float32(math.Tanh(float64(v)))
		}
		g.Pooler, x = &pooler, y
	}
	var err error
	g.Classifier, _, err = linear(c.outputName(), x)
	return err
}

// outputName is the name of the output layer.
func (c *checkpoint) outputName() string {
	if c.Config.Head == bert.QuestionAnswering {
		return "qa_outputs"
	}
	return "classifier"
}

// writeONNX writes model.onnx of the weights in model.safetensors.
func (f *folder) writeONNX(c *checkpoint, m *onnx.Model) error {
	weights, err := safetensors.Open(f.path("model.safetensors"))
	if err != nil {
		return err
	}
	defer weights.Close()
	w, err := os.Create(f.path("model.onnx"))
	if err != nil {
		return err
	}
	return closeFile(w, onnx.Write(w, onnx.Graph{
		Model: m, Heads: c.Config.Heads, Output: c.outputName(), Prefix: c.prefix, Tensor: weights.Tensor,
	}))
}
