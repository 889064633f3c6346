package biobert

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sparsebio/sparsebio/biobert/internal/bert"
	"github.com/sparsebio/sparsebio/biobert/report"
	"github.com/sparsebio/sparsebio/kernels"
)

// Rounds is how many times Compare has each model read all texts.
const Rounds = 3

// Compare measures how fast models read the same texts, from text to entities, each name as for
// NewTokenClassification. The models take turns, so that a machine that slows down for a while slows
// all of them; a row gives the median of Rounds passes. The sparse row of two that have
// the same text is to be compared with the dense one, not with rows of another run.
func Compare(ctx context.Context, texts iter.Seq2[string, error], names []string, opts ...Option) (report.Benchmark, error) {
	var in []input
	for t, err := range texts {
		if err != nil {
			return report.Benchmark{}, err
		}
		in = append(in, input{text: t})
	}
	if len(in) == 0 {
		return report.Benchmark{}, fmt.Errorf("biobert: nothing to compare on: there are no texts")
	}
	var ps []*TokenClassification
	for _, name := range names {
		p, err := NewTokenClassification(ctx, name, opts...)
		if err != nil {
			return report.Benchmark{}, err
		}
		defer p.Close()
		ps = append(ps, p)
	}
	return compare(ctx, ps, in, Rounds, (*TokenClassification).throughput)
}

// SyntheticOptions describe a benchmark on models with random weights.
type SyntheticOptions struct {
	Shape    string   // "bert-base", "bert-large" or "minilm-l6"
	Sparsity float64  // share of zeros in the encoder's weights, at least 0 and less than 1
	Blocks   bool     // zeros in groups of four neighbours of a row, 1x4, instead of anywhere
	Engines  []string // "dense", "dense-int8", "sparse"
	Lengths  []int    // tokens of each document, [CLS] and [SEP] included
	Latency  bool     // one document at a time instead of many at once
	Rounds   int      // 0 means Rounds
}

// CompareSynthetic measures models with random weights on documents of random tokens: their labels mean
// nothing, but the time is that of a real model of that shape and sparsity. With Latency every document is
// read by itself by all threads, and the time of a pass is the number of documents times the
// median.
func CompareSynthetic(ctx context.Context, o SyntheticOptions, opts ...Option) (report.Benchmark, error) {
	shape, ok := bert.Shapes[o.Shape]
	switch {
	case !ok:
		return report.Benchmark{}, fmt.Errorf("biobert: unknown synthetic shape %q (have bert-base, bert-large, minilm-l6)", o.Shape)
	case !(o.Sparsity >= 0 && o.Sparsity < 1):
		return report.Benchmark{}, fmt.Errorf("biobert: sparsity %v (must be at least 0 and less than 1)", o.Sparsity)
	case len(o.Lengths) == 0:
		return report.Benchmark{}, fmt.Errorf("biobert: no document lengths")
	}
	if err := kernels.Check(); err != nil {
		return report.Benchmark{}, fmt.Errorf("biobert: %w", err)
	}
	op, err := newOptions(opts)
	if err != nil {
		return report.Benchmark{}, err
	}
	r := rand.New(rand.NewPCG(1, 2))
	in := make([]input, len(o.Lengths))
	for i, n := range o.Lengths {
		if n < 3 || n > 512 {
			return report.Benchmark{}, fmt.Errorf("biobert: document of %d tokens (must be from 3 to 512)", n)
		}
		in[i].ids = make([]int32, n)
		for j := range in[i].ids {
			in[i].ids[j] = int32(r.IntN(shape.Vocab))
		}
	}
	var ps []*TokenClassification
	for _, e := range o.Engines {
		sparsity := o.Sparsity
		if !slices.Contains(bert.Engines, bert.Engine(e)) {
			return report.Benchmark{}, fmt.Errorf("biobert: unknown engine %q (have %s)", e, engineNames())
		} else if e != string(bert.Sparse) { // zeros would cost a dense product as much as other weights
			sparsity = 0
		}
		m, err := bert.Synthetic(ctx, shape, sparsity, o.Blocks, bert.Engine(e), op.form, 7)
		if err != nil {
			return report.Benchmark{}, err
		}
		name := fmt.Sprintf("synthetic %s, %.0f %% zeros", o.Shape, 100*sparsity)
		p := &TokenClassification{name: name, model: m, opt: op, close: func() error { return nil }, states: map[int][]*bert.State{}}
		defer p.Close()
		ps = append(ps, p)
	}
	measure := (*TokenClassification).throughput
	if o.Latency {
		measure = (*TokenClassification).latency
	}
	return compare(ctx, ps, in, cmp.Or(o.Rounds, Rounds), measure)
}

// measured reads inputs, down to the entities where there is text to find them in, and calls f with the tokens of each.
func (p *TokenClassification) measured(ctx context.Context, in []input, f func(tokens int)) error {
	return p.read(ctx, in, nil, false, func(_ int, s *scored) {
		if s.text != "" {
			s.entities(p.opt.strategy, p.opt.ignore)
		}
		f(s.enc.Len())
	})
}

// throughput reads all inputs and returns the seconds that it took.
func (p *TokenClassification) throughput(ctx context.Context, in []input, f func(tokens int)) (float64, error) {
	t := time.Now()
	err := p.measured(ctx, in, f)
	return time.Since(t).Seconds(), err
}

// latency reads one input at a time and returns their number times the median of the seconds that each took.
func (p *TokenClassification) latency(ctx context.Context, in []input, f func(tokens int)) (float64, error) {
	took := make([]float64, len(in))
	for i := range in {
		t := time.Now()
		if err := p.measured(ctx, in[i:i+1], f); err != nil {
			return 0, err
		}
		took[i] = time.Since(t).Seconds()
	}
	return float64(len(in)) * median(took), nil
}

func compare(ctx context.Context, ps []*TokenClassification, in []input, rounds int, measure func(*TokenClassification, context.Context, []input, func(int)) (float64, error)) (report.Benchmark, error) {
	var b report.Benchmark
	times := make([][]float64, len(ps))
	tokens := make([]atomic.Int64, len(ps))
	for round := -1; round < rounds; round++ { // round -1 warms up
		for i, p := range ps {
			docs := in
			if round < 0 {
				docs = in[:min(len(in), 2*p.opt.threads)]
			}
			tokens[i].Store(0)
			t, err := measure(p, ctx, docs, func(n int) { tokens[i].Add(int64(n)) })
			if err != nil {
				return b, err
			}
			if round >= 0 {
				times[i] = append(times[i], t)
			}
		}
	}
	for i, p := range ps {
		info, t, n := p.Info(), median(times[i]), int(tokens[i].Load())
		b.Results = append(b.Results, report.Result{
			Model:           info.Name,
			Engine:          info.Engine,
			Instance:        instance(),
			Threads:         p.opt.threads,
			Kernel:          p.model.Kernel(),
			Sparsity:        info.Sparsity,
			Documents:       len(in),
			Tokens:          n,
			LatencyS:        t,
			TokensPerSecond: float64(n) / t,
		})
	}
	return b, nil
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	n := len(s)
	return (s[(n-1)/2] + s[n/2]) / 2
}

// instance names the machine's processor.
func instance() string {
	if f, err := os.Open("/proc/cpuinfo"); err == nil {
		defer f.Close()
		for sc := bufio.NewScanner(f); sc.Scan(); {
			if k, v, ok := strings.Cut(sc.Text(), ":"); ok && strings.TrimSpace(k) == "model name" {
				return strings.TrimSpace(v)
			}
		}
	}
	return runtime.GOOS + "/" + runtime.GOARCH
}
