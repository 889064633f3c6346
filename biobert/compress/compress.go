package compress

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/sparsebio/sparsebio/biobert/internal/bert"
	"github.com/sparsebio/sparsebio/biobert/internal/onnx"
	"github.com/sparsebio/sparsebio/biobert/internal/safetensors"
	"github.com/sparsebio/sparsebio/biobert/internal/token"
	"github.com/sparsebio/sparsebio/kernels"
)

// Run compresses the model called model, by any name that the constructors of package biobert take: the path of a checkpoint folder, of an ONNX file with the
// rest beside it or of an archive, or the name of a model of the hub. It must be dense: one with more than a tenth of zeros, or with quantized weights, is refused. So is an embedded model or a packed file, which biobert.Unpack makes a folder
// of if it is dense. texts are of the
// kind that the model will read, some hundred of them; Run reads as many as WithTokens allows, once. When ctx ends Run does, within seconds, and returns its error.
// After an error there is no output.
func Run(ctx context.Context, model string, texts iter.Seq[string], opts ...Option) (*Report, error) {
	o, err := newOptions(opts)
	if err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	r, err := run(ctx, model, texts, o)
	if err != nil {
		return nil, fmt.Errorf("compress: model %q: %w", model, err)
	}
	return r, nil
}

// sparseAlready is the share of zeros from which on a model is not a dense one.
const sparseAlready = 0.1

func run(ctx context.Context, model string, texts iter.Seq[string], o *options) (*Report, error) {
	if err := kernels.Check(); err != nil {
		return nil, err
	}
	c, err := openCheckpoint(ctx, model)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if err := c.check(o); err != nil {
		return nil, err
	}
	tok, err := token.Open(c.Dir)
	if err != nil {
		return nil, err
	}
	if n := tok.Overhead(); n != 2 {
		return nil, fmt.Errorf("its tokenizer puts %d pieces around a text, a BERT model wants two, [CLS] and [SEP]", n)
	}
	out, err := newFolder(o.output)
	if err != nil {
		return nil, err
	}
	defer out.discard()
	m := &meter{start: time.Now(), f: o.progress}
	m.p.Total = 3 + 10*c.Config.Layers
	if o.onnx {
		m.p.Total++
	}
	calibration, heldOut, err := read(ctx, texts, tok, o.tokens, c.Config.MaxPosition, c.Config.Vocab)
	if err != nil {
		return nil, err
	}
	m.step("texts")
	dense, err := c.outputs(ctx, o.threads, heldOut.sequences)
	if err != nil {
		return nil, err
	}
	m.step("outputs of the dense model")
	r := &Report{
		Model: model, Method: o.method, Target: o.sparsity, Block: o.block, Weights: "INT8",
		Texts: calibration.texts, Tokens: calibration.tokens, HeldOutTexts: heldOut.texts, HeldOutTokens: heldOut.tokens,
	}
	if o.float {
		r.Weights = "float"
	}
	graph, err := c.compress(ctx, o, out, calibration, r, m)
	if err != nil {
		return nil, err
	}
	if err := out.copyFiles(c.Dir); err != nil {
		return nil, err
	}
	engine := bert.DenseS8
	if o.float {
		engine = bert.Dense
	}
	if r.Agreement, err = agreement(ctx, out.tmp, engine, o.threads, heldOut.sequences, dense); err != nil {
		return nil, err
	}
	m.step("comparison")
	if o.onnx {
		if err := out.writeONNX(c, graph); err != nil {
			return nil, err
		}
		a, err := agreement(ctx, out.path("model.onnx"), bert.Static, o.threads, heldOut.sequences, dense)
		if err != nil {
			return nil, err
		}
		r.ONNX = &a
		m.step("model.onnx")
	}
	r.Seconds = time.Since(m.start).Seconds()
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, err
	}
	if err := out.write("compress.json", append(b, '\n')); err != nil {
		return nil, err
	}
	return r, out.finish()
}

// check refuses a model that cannot be compressed.
func (c *checkpoint) check(o *options) error {
	if c.Config.Hidden%o.block != 0 || c.Config.Intermediate%o.block != 0 {
		return fmt.Errorf("blocks of %d do not divide its %d and %d inputs", o.block, c.Config.Hidden, c.Config.Intermediate)
	}
	if o.onnx && c.Config.Head == bert.Encoder {
		return errors.New("it is an encoder without a head, which model.onnx must have (leave out WithONNX, or --onnx)")
	}
	s, err := c.sparsity()
	if err == nil && s > sparseAlready {
		err = fmt.Errorf("%.0f %% of its weights are zero already (start from the dense checkpoint)", 100*s)
	}
	return err
}

// outputs runs the dense model.
func (c *checkpoint) outputs(ctx context.Context, threads int, sequences [][]int32) ([]answer, error) {
	m, err := c.Load(bert.Dense, "")
	if err != nil {
		return nil, err
	}
	return outputs(ctx, m, threads, sequences)
}

// stored returns the tensors of the output, without data.
func (c *checkpoint) stored(changed map[string]bool) ([]safetensors.Tensor, error) {
	var out []safetensors.Tensor
	for _, name := range c.Names() {
		t, err := c.Info(name)
		if err != nil {
			return nil, err
		}
		if changed[name] && t.DType != safetensors.F16 { // BF16 is too coarse for INT8
			t.DType = safetensors.F32
		}
		t.Data = nil
		out = append(out, t)
	}
	return out, nil
}

// compress prunes and quantizes layer after layer and writes the weights. It returns how activations are quantized, if that is asked for.
func (c *checkpoint) compress(ctx context.Context, o *options, out *folder, s *sample, r *Report, m *meter) (graph *onnx.Model, err error) {
	changed := map[string]bool{}
	for i := range c.Config.Layers {
		for j := range matrices {
			changed[c.matrixName(i, j)+".weight"], changed[c.matrixName(i, j)+".bias"] = true, true
		}
	}
	stored, err := c.stored(changed)
	if err != nil {
		return nil, err
	}
	w, err := newTensorWriter(out.path("model.safetensors"), stored)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	for _, t := range stored {
		if changed[t.Name] {
			continue
		}
		if t, err = c.Tensor(t.Name); err != nil {
			return nil, err
		}
		if err := w.put(t.Name, t.Data); err != nil {
			return nil, err
		}
	}
	x, err := c.embed(s.sequences)
	if err != nil {
		return nil, err
	}
	p := &passage{options: o, checkpoint: c, stage: newStage(c.Config), x: x, writer: w, report: r, meter: m}
	if o.method.dense() {
		if p.dense, err = c.embed(s.sequences); err != nil {
			return nil, err
		}
	}
	if o.onnx {
		p.ranges = newRanges(c.Config)
	}
	for i := range c.Config.Layers {
		if err := p.layer(ctx, i); err != nil {
			return nil, err
		}
	}
	if err := p.observeHead(ctx); err != nil {
		return nil, err
	}
	none, all := 0.0, 0.0
	for _, x := range r.Matrices {
		n := float64(x.Outputs) * float64(x.Inputs)
		none, all = none+x.Sparsity*n, all+n
	}
	r.Sparsity = none / all
	return p.ranges.model(), nil
}
