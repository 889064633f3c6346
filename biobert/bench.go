package biobert

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/sparsebio/sparsebio/biobert/internal/bert"
	"github.com/sparsebio/sparsebio/biobert/report"
	"github.com/sparsebio/sparsebio/kernels"
)

// Rounds is how many times Compare has each model read all texts.
const Rounds = 3

// BenchOptions say how models are measured. The zero value measures each for ten seconds, or until the fastest has
// read everything once, but for no more than a minute.
type BenchOptions struct {
	// Engines are the forms of each model that are compared, as for WithEngine. Without any
	// it is the one that the options of the pipeline say; of a synthetic model, "dense" and "sparse".
	Engines []string

	// Lengths makes documents of random tokens, of so many each, [CLS] and [SEP] included. See the function of
	// this name. What is longer than the model is read in overlapping windows, as texts are.
	Lengths []int

	// Latency reads one document at a time, or Batch, in which all threads take part, without the
	// tokenizer. Otherwise as many as there are threads are read at once, from text to entities.
	Latency bool

	// Batch is how many documents are handed over together: the next ones follow when all
	// of them are done. 0 means one with Latency, and otherwise no borders.
	Batch int

	Warmup time.Duration // before the measurement, of each model; the least are a few documents
	Time   time.Duration // for which each model is measured
	Rounds int           // times that each model reads all documents at most

	// Progress, if not nil, gets what has been measured so far after every turn of a model: those that have not been read with
	// are missing. It is called by the goroutine that measures, between measurements.
	Progress func(report.Benchmark)

	// Explain, if not 0, has the models with INT8 weights explain a pass over so many tokens, as the
	// method of this name does.
	Explain int
}

func (o *BenchOptions) check() error {
	for _, n := range o.Lengths {
		if err := checkLength(n); err != nil {
			return fmt.Errorf("biobert: %w", err)
		}
	}
	switch {
	case o.Batch < 0:
		return fmt.Errorf("biobert: batch of %d documents (must not be negative)", o.Batch)
	case o.Warmup < 0 || o.Time < 0:
		return errors.New("biobert: negative time")
	case o.Rounds < 0:
		return fmt.Errorf("biobert: %d rounds (must not be negative)", o.Rounds)
	case o.Explain < 0:
		return fmt.Errorf("biobert: explanation of %d tokens (must not be negative)", o.Explain)
	}
	if err := kernels.Check(); err != nil {
		return fmt.Errorf("biobert: %w", err)
	}
	return nil
}

// Compare measures how fast models read the same texts, from text to entities, each name as for
// NewTokenClassification. The models take turns, so that a machine that slows down for a while slows
// all of them; a row gives the median of Rounds passes. The sparse row of two that have
// the same text is to be compared with the dense one, not with rows of another run.
func Compare(ctx context.Context, texts iter.Seq2[string, error], names []string, opts ...Option) (report.Benchmark, error) {
	return CompareWith(ctx, texts, names, BenchOptions{Rounds: Rounds}, opts...)
}

// CompareWith is Compare with options. texts is not read, and may be nil, if o has lengths.
//
// A model that is too slow to read everything in its time reads a part, the same that the others begin with, and its
// row says how much that was. Where documents are not read in order, they are shuffled, so that a part stands
// for the whole.
func CompareWith(ctx context.Context, texts iter.Seq2[string, error], names []string, o BenchOptions, opts ...Option) (report.Benchmark, error) {
	if err := o.check(); err != nil {
		return report.Benchmark{}, err
	}
	var in []input
	if len(o.Lengths) == 0 {
		for t, err := range texts {
			if err != nil {
				return report.Benchmark{}, err
			}
			in = append(in, input{text: t})
		}
		if len(in) == 0 {
			return report.Benchmark{}, errors.New("biobert: nothing to compare on: there are no texts")
		}
	}
	ps, err := openCompared(ctx, names, o.Engines, opts)
	defer closeAll(ps)
	if err != nil {
		return report.Benchmark{}, err
	}
	if in == nil {
		in = randomInputs(o.Lengths, leastVocab(ps))
	}
	return compare(ctx, ps, in, o)
}

// SyntheticOptions describe a benchmark on models with random weights.
type SyntheticOptions struct {
	Shape    string  // "bert-base", "bert-large" or "minilm", the shape of all-MiniLM-L6-v2
	Sparsity float64 // share of zeros in the encoder's weights, at least 0 and less than 1
	Blocks   bool    // zeros in groups of four neighbours of a row, 1x4, instead of anywhere
	BenchOptions
}

// CompareSynthetic measures models with random weights on documents of random tokens, whose Lengths must be
// given: their labels mean nothing, but the time is that of a real model of that shape and sparsity. Only the
// sparse engine gets zeros: to the others they are weights like all.
func CompareSynthetic(ctx context.Context, o SyntheticOptions, opts ...Option) (report.Benchmark, error) {
	if err := o.checkShape(); err != nil {
		return report.Benchmark{}, err
	}
	if len(o.Lengths) == 0 {
		return report.Benchmark{}, errors.New("biobert: no document lengths")
	}
	if err := o.check(); err != nil {
		return report.Benchmark{}, err
	}
	ps, err := openSynthetic(ctx, o, opts)
	defer closeAll(ps)
	if err != nil {
		return report.Benchmark{}, err
	}
	return compare(ctx, ps, randomInputs(o.Lengths, leastVocab(ps)), o.BenchOptions)
}

func (o *SyntheticOptions) checkShape() error {
	_, ok := bert.Shapes[o.Shape]
	switch {
	case !ok:
		return fmt.Errorf("biobert: unknown synthetic shape %q (have bert-base, bert-large, minilm)", o.Shape)
	case !(o.Sparsity >= 0 && o.Sparsity < 1):
		return fmt.Errorf("biobert: sparsity %v (must be at least 0 and less than 1)", o.Sparsity)
	}
	return nil
}

// openCompared opens each model with each of the engines, or with that of opts if there is none. It returns what
// it opened beside an error, too.
func openCompared(ctx context.Context, names, engines []string, opts []Option) (ps []*TokenClassification, err error) {
	if len(engines) == 0 {
		engines = []string{""}
	}
	for _, name := range names {
		for _, e := range engines {
			all := opts
			if e != "" {
				all = append(slices.Clip(opts), WithEngine(e))
			}
			p, err := NewTokenClassification(ctx, name, all...)
			if err != nil {
				return ps, err
			}
			ps = append(ps, p)
		}
	}
	if len(ps) == 0 {
		return nil, errors.New("biobert: nothing to compare: there are no models")
	}
	return ps, nil
}

// openSynthetic makes a model with random weights for each engine, of those it made until an error the pipelines, too. The
// shape must have been checked.
func openSynthetic(ctx context.Context, o SyntheticOptions, opts []Option) (ps []*TokenClassification, err error) {
	op, err := newOptions("TokenClassification", opts)
	if err != nil {
		return nil, err
	}
	engines := o.Engines
	if len(engines) == 0 {
		engines = []string{string(bert.Dense), string(bert.Sparse)}
	}
	for _, e := range engines {
		if !slices.Contains(bert.Engines, bert.Engine(e)) {
			return nil, fmt.Errorf("biobert: unknown engine %q (have %s)", e, engineNames(bert.Engines))
		}
	}
	for _, e := range engines {
		name, sparsity := "synthetic "+o.Shape, 0.0
		if e == string(bert.Sparse) {
			sparsity = o.Sparsity
			name = fmt.Sprintf("%s, %.4g %% zeros", name, 100*sparsity)
			if o.Blocks {
				name += " in 1x4"
			}
		}
		m, err := bert.Synthetic(ctx, bert.Shapes[o.Shape], sparsity, o.Blocks, bert.Engine(e), op.form, 7)
		if err != nil {
			return ps, err
		}
		op.strategy = cmp.Or(op.strategy, Word)
		ps = append(ps, &TokenClassification{newPipeline(name, m, op, &tokenTask{stride: op.stride})})
	}
	return ps, nil
}

func closeAll(ps []*TokenClassification) {
	for _, p := range ps {
		p.Close()
	}
}

// leastVocab returns how many tokens all of the models know.
func leastVocab(ps []*TokenClassification) int {
	n := ps[0].model.Vocab
	for _, p := range ps {
		n = min(n, p.model.Vocab)
	}
	return n
}

// randomInputs makes documents of random tokens.
func randomInputs(lengths []int, vocab int) []input {
	r := rand.New(rand.NewPCG(1, 2))
	in := make([]input, len(lengths))
	for i, n := range lengths {
		in[i].ids = make([]int32, n)
		for j := range in[i].ids {
			in[i].ids[j] = int32(r.IntN(vocab))
		}
	}
	return in
}

// compare has pipelines read the same documents in turns.
func compare(ctx context.Context, ps []*TokenClassification, in []input, o BenchOptions) (report.Benchmark, error) {
	b := report.Benchmark{Scenario: "throughput", Batch: o.Batch}
	if o.Latency {
		b.Scenario = "latency"
		b.Batch = max(o.Batch, 1)
	}
	s := newSchedule(o)
	rs := make([]*runner, len(ps))
	for i, p := range ps {
		if most := p.model.MaxPosition; o.Explain > most && p.model.Engine != bert.Dense {
			return b, fmt.Errorf("biobert: explanation of %d tokens (model %q takes %d)", o.Explain, p.name, most)
		}
		r, err := newRunner(ctx, p, in, s)
		if err != nil {
			return b, err
		}
		defer r.close()
		rs[i] = r
	}
	for _, r := range rs {
		if err := r.warm(ctx); err != nil {
			return b, err
		}
	}
	b.Workload = workload(rs[0], len(o.Lengths) > 0)
	b.Machine = machine()
	load := newLoadMeter()
	for {
		var next *runner
		for _, r := range rs {
			if !s.done(r) && (next == nil || s.spent(r) < s.spent(next)) {
				next = r
			}
		}
		if next == nil {
			break
		}
		if err := next.turn(ctx); err != nil {
			return b, err
		}
		if o.Progress != nil {
			so := b
			for _, r := range rs {
				if r.used > 0 {
					so.Results = append(so.Results, r.result(o.Latency))
				}
			}
			o.Progress(so)
		}
	}
	busy := load.load()
	for _, r := range rs {
		row := r.result(o.Latency)
		if o.Explain > 0 && r.p.model.Engine != bert.Dense {
			if err := ctx.Err(); err != nil {
				return b, err
			}
			e, err := r.p.Explain(o.Explain)
			if err != nil {
				return b, err
			}
			row.Explanation = &e
		}
		b.Results = append(b.Results, row)
	}
	b.Machine = machine() // its memory may have grown
	b.Machine.Load = busy
	return b, nil
}

// workload says what r reads.
func workload(r *runner, random bool) *report.Workload {
	w := &report.Workload{Random: random, Documents: len(r.in), Tokens: r.total, Longest: slices.Max(r.tokens)}
	for _, n := range r.tokens {
		if n > r.p.model.MaxPosition {
			w.Windowed++
		}
	}
	return w
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	n := len(s)
	return (s[(n-1)/2] + s[n/2]) / 2
}
