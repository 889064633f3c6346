package compress

import (
	"context"
	"fmt"

	"github.com/sparsebio/sparsebio/kernels"
)

// A passage takes the calibration texts through the layers, compressing each on the way.
type passage struct {
	*options
	checkpoint *checkpoint
	stage      *stage
	x          *stream // before the layer, in the compressed model
	dense      *stream // in the dense model; nil if nobody asks for it
	writer     *tensorWriter
	report     *Report
	meter      *meter
	ranges     *ranges // nil unless static scales are asked for
}

// layer compresses layer i, its matrices in the order in which inputs reach them, and takes the texts through it.
func (p *passage) layer(ctx context.Context, i int) error {
	was, err := p.checkpoint.layer(i)
	if err != nil {
		return err
	}
	is := *was
	for j := range is.of {
		is.of[j] = was.of[j].clone()
	}
	for _, group := range sameInputs {
		if group[0] == up {
			if err := p.observeAttention(ctx, &is); err != nil {
				return err
			}
			if err := p.attend(ctx, was, &is); err != nil {
				return err
			}
		}
		g, err := p.gram(ctx, was, &is, group[0])
		if err != nil {
			return err
		}
		p.meter.step("layer %d of %d, inputs of %s", i+1, p.checkpoint.Config.Layers, matrixNames[group[0]])
		if err := p.group(ctx, i, group, g, was, &is); err != nil {
			return err
		}
	}
	if err := p.observeFeedForward(ctx, &is); err != nil {
		return err
	}
	return p.feedForward(ctx, was, &is)
}

// group compresses the matrices that have inputs g.
func (p *passage) group(ctx context.Context, i int, group []int, g *gram, was, is *layer) error {
	pr := &pruner{method: p.method, sparsity: p.sparsity, block: p.block, threads: p.threads, inputs: g}
	if err := pr.prepare(ctx); err != nil {
		return fmt.Errorf("inputs of %s: %w", p.checkpoint.matrixName(i, group[0]), err)
	}
	for _, j := range group {
		m, name := is.of[j], p.checkpoint.matrixName(i, j)
		if err := pr.prune(ctx, m); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if !finite(m.w.Data) || !finite(m.bias) {
			return fmt.Errorf("%s: %s gives weights that are not numbers (are the model's activations?)", name, p.method)
		}
		if !p.float {
			round(m.w)
		}
		if err := p.writer.putFloats(name+".weight", m.w.Data); err != nil {
			return err
		}
		if err := p.writer.putFloats(name+".bias", m.bias); err != nil {
			return err
		}
		e, err := relativeError(ctx, p.threads, g, was.of[j], m)
		if err != nil {
			return err
		}
		n, k := m.w.Rows, m.w.Cols
		p.report.Matrices = append(p.report.Matrices, Matrix{name, n, k, float64(zeros(m.w)) / float64(n*k), e})
		p.meter.step("layer %d of %d, %s", i+1, p.checkpoint.Config.Layers, matrixNames[j])
	}
	return nil
}

func finite(v []float32) bool {
	for _, x := range v {
		if x-x != 0 {
			return false
		}
	}
	return true
}

// round rounds the weights to whole multiples of their row's scale, as kernels.QuantizeS8Rows has them.
func round(w kernels.MatF32) {
	q, scale := kernels.QuantizeS8Rows(w.Data, w.Rows, w.Cols)
	for i := range w.Rows {
		row := w.Row(i)
		for j := range row {
			row[j] = float32(q[i*w.Cols+j]) * scale[i]
		}
	}
}

// gram returns the sums over the inputs of matrix j, which are made of what the streams hold.
func (p *passage) gram(ctx context.Context, was, is *layer, j int) (*gram, error) {
	_, k := p.checkpoint.shape(j)
	g := newGram(k, p.dense != nil)
	inputs := func(l *layer) func(s *stream, c [2]int) kernels.MatF32 {
		switch j {
		case output:
			qkv := l.pack(query, key, value)
			return func(s *stream, c [2]int) kernels.MatF32 { return p.stage.context(s, c, qkv) }
		case down:
			w := l.pack(up)
			return func(s *stream, c [2]int) kernels.MatF32 { return p.stage.inner(s.rows(c), w) }
		}
		return (*stream).rows
	}
	of := inputs(is)
	var ofDense func(s *stream, c [2]int) kernels.MatF32
	if p.dense != nil {
		ofDense = inputs(was)
	}
	// Some chunks at a time, made side by side and then multiplied by all goroutines: so memory is bounded, and sums have the same order always.
	cs := p.x.chunks()
	for len(cs) > 0 {
		n := min(len(cs), 4*p.threads)
		made, dense := make([]kernels.MatF32, n), make([]kernels.MatF32, n)
		err := each(ctx, p.threads, n, func(i int) {
			made[i] = of(p.x, cs[i])
			if ofDense != nil {
				dense[i] = ofDense(p.dense, cs[i])
			}
		})
		if err != nil {
			return nil, err
		}
		for i := range n {
			if err := g.add(ctx, p.threads, made[i], dense[i]); err != nil {
				return nil, err
			}
		}
		cs = cs[n:]
	}
	return g, nil
}

// attend takes the streams from the beginning of the layer to the inputs of its feed-forward part.
func (p *passage) attend(ctx context.Context, was, is *layer) error {
	return p.both(was, is, func(s *stream, l *layer) error {
		qkv, out := l.pack(query, key, value), l.pack(output)
		return s.through(ctx, p.threads, func(c [2]int) { p.stage.add(s.rows(c), p.stage.context(s, c, qkv), out, l.attNorm) })
	})
}

// feedForward takes the streams from there to the end of the layer.
func (p *passage) feedForward(ctx context.Context, was, is *layer) error {
	return p.both(was, is, func(s *stream, l *layer) error {
		first, second := l.pack(up), l.pack(down)
		return s.through(ctx, p.threads, func(c [2]int) {
			x := s.rows(c)
			p.stage.add(x, p.stage.inner(x, first), second, l.outNorm)
		})
	})
}

// both calls f for the compressed layer, and for the dense one if its stream is there.
func (p *passage) both(was, is *layer, f func(s *stream, l *layer) error) error {
	if err := f(p.x, is); err != nil || p.dense == nil {
		return err
	}
	return f(p.dense, was)
}
