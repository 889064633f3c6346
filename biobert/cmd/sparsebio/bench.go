package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/sparsebio/sparsebio/biobert"
	"github.com/sparsebio/sparsebio/biobert/report"
)

// benchFlags are the flags of sparsebio bench.
type benchFlags struct {
	models, engines                                                   []string
	input, split, text, synthetic, pattern, lengths, scenario, kernel string
	threads, length, docs, batch, rounds                              int
	sparsity, warmup, time                                            float64
	explain, asJSON                                                   bool
	changed                                                           func(flag string) bool // whether it was given
}

func benchCommand() *cobra.Command {
	var b benchFlags
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure how fast models read, dense against sparse",
		Long: `Measure each --model on the same texts. With --length or --lengths they read random tokens in their place, and with
--synthetic the models have random weights, too: the time is that of real ones of the same shape.

--scenario throughput reads many documents at once, from text to entities; latency reads one at a
time with all threads, without the tokenizer, whose speed is told beside.

The models take turns, so rows of one run can be compared with one another, also on a machine that
others use. A model that is too slow to read everything in --time reads a part; its row says so.

--lengths article-128 models the published protocol (1,277 documents, most of them cut at 128 tokens),
arxiv-full has the lengths of 997 whole abstracts, and FILE has one number a line. Documents that are longer than the
model are read in overlapping windows.`,
		Example: `  sparsebio bench --input abstracts.jsonl --text abstract
  sparsebio bench --model checkpoint-folder --engine dense,sparse --length 128 --scenario latency --explain
  sparsebio bench --synthetic bert-base --sparsity 0.9 --threads 2 --scenario latency --length 128
  sparsebio bench --synthetic bert-base --sparsity 0.9 --threads 2 --scenario throughput --lengths article-128`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b.changed = cmd.Flags().Changed
			r, err := b.run(cmd.Context())
			if err != nil {
				return err
			}
			if b.asJSON {
				e := json.NewEncoder(cmd.OutOrStdout())
				e.SetIndent("", "  ")
				return e.Encode(r)
			}
			return printBenchmark(cmd.OutOrStdout(), r)
		},
	}
	f := c.Flags()
	f.StringSliceVar(&b.models, "model", []string{"jnlpba-dense", "jnlpba"}, modelUsage("models to compare, with commas between them"))
	f.StringVar(&b.synthetic, "synthetic", "", "use random weights of this shape: bert-base, bert-large, minilm")
	f.Float64Var(&b.sparsity, "sparsity", 0.9, "share of zeros of the synthetic sparse model")
	f.StringVar(&b.pattern, "pattern", "random", "zeros of the synthetic sparse model: random, or 1x4 (four neighbours in a row)")
	f.StringSliceVar(&b.engines, "engine", nil, "forms of the weights to compare: dense, dense-int8, sparse (synthetic: dense,sparse; else auto)")
	f.StringVar(&b.kernel, "kernel", "auto", "form of INT8 weights, one for all layers: gather, dense ...; auto takes the fastest for each layer")
	f.StringVar(&b.input, "input", "arxiv-biology-demo", "data set to read")
	f.StringVar(&b.split, "split", "", splitUsage)
	f.StringVar(&b.text, "text", "", textUsage)
	f.IntVar(&b.length, "length", 128, "tokens of each document, [CLS] and [SEP] included, and of --explain")
	f.IntVar(&b.docs, "docs", 0, "number of documents with --length (0: 16 for latency, 256 for throughput)")
	f.StringVar(&b.lengths, "lengths", "", "tokens of each document: article-128, arxiv-full or a file (synthetic throughput: article-128)")
	f.StringVar(&b.scenario, "scenario", "throughput", "latency (one document at a time) or throughput (many)")
	f.IntVar(&b.batch, "batch-size", 0, "documents handed over together (0: one for latency, all for throughput)")
	f.Float64Var(&b.warmup, "warmup", 1, "seconds that each model reads before it is measured")
	f.Float64Var(&b.time, "time", 0, "seconds for which each model is measured (0: 10, or until the fastest has read everything, at most 60)")
	f.IntVar(&b.rounds, "rounds", 0, "passes over all documents, instead of a time or at most (0: as many as --time allows)")
	f.BoolVar(&b.explain, "explain", false, "explain where the time of INT8 models goes: kernels by layer, steps")
	f.BoolVar(&b.asJSON, "json", false, "print JSON")
	addPipelineFlags(c, &b.threads, nil, nil)
	return c
}

// run measures what the flags say.
func (b *benchFlags) run(ctx context.Context) (report.Benchmark, error) {
	var none report.Benchmark
	if err := b.check(); err != nil {
		return none, err
	}
	o := biobert.BenchOptions{
		Engines: b.engines, Latency: b.scenario == "latency", Batch: b.batch, Rounds: b.rounds,
		Warmup: seconds(b.warmup), Time: seconds(b.time),
	}
	if b.explain {
		o.Explain = b.length
	}
	name, note := "", ""
	lengths := b.lengths
	if lengths == "" && b.synthetic != "" && !o.Latency && !b.changed("length") && !b.changed("docs") {
		lengths = "article-128"
	}
	switch {
	case lengths != "":
		var err error
		if o.Lengths, note, err = biobert.Lengths(lengths); err != nil {
			return none, err
		}
		name = lengths
	case b.synthetic != "" || b.changed("length") || b.changed("docs"):
		docs := b.docs
		if docs == 0 && o.Latency {
			docs = 16
		} else if docs == 0 {
			docs = 256
		}
		o.Lengths = slices.Repeat([]int{b.length}, docs)
	}
	opts := append(pipelineOptions(b.threads, "", ""), biobert.WithKernel(b.kernel))
	var r report.Benchmark
	var err error
	if b.synthetic != "" {
		r, err = biobert.CompareSynthetic(ctx, biobert.SyntheticOptions{
			Shape: b.synthetic, Sparsity: b.sparsity, Blocks: b.pattern == "1x4", BenchOptions: o,
		}, opts...)
	} else {
		var texts iter.Seq2[string, error]
		if o.Lengths == nil {
			set, column, err := loadTexts(ctx, b.input, b.split, b.text)
			if err != nil {
				return none, err
			}
			texts, name = set.Text(column), b.input
		}
		r, err = biobert.CompareWith(ctx, texts, b.models, o, opts...)
	}
	if err != nil {
		return none, err
	}
	r.Workload.Name, r.Workload.Note = name, note
	return r, nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// check refuses flags that have no such value, or that would have no effect.
func (b *benchFlags) check() error {
	const year = 365 * 24 * 3600
	for _, f := range []struct {
		name string
		s    float64
	}{{"time", b.time}, {"warmup", b.warmup}} {
		if !(f.s >= 0 && f.s < year) {
			return fmt.Errorf("--%s %v (must be seconds, at least 0)", f.name, f.s)
		}
	}
	switch {
	case b.scenario != "latency" && b.scenario != "throughput":
		return fmt.Errorf("--scenario %q (have latency, throughput)", b.scenario)
	case b.pattern != "random" && b.pattern != "1x4":
		return fmt.Errorf("--pattern %q (have random, 1x4)", b.pattern)
	case b.docs < 0 || b.docs == 0 && b.changed("docs"):
		return fmt.Errorf("--docs %d (must be at least 1)", b.docs)
	case b.batch < 0:
		return fmt.Errorf("--batch-size %d (must not be negative)", b.batch)
	case b.rounds < 0:
		return fmt.Errorf("--rounds %d (must not be negative)", b.rounds)
	case b.explain && b.length < 1:
		return fmt.Errorf("--length %d (must be at least 1)", b.length)
	case b.explain && len(b.engines) == 1 && b.engines[0] == "dense":
		return errors.New("--explain is for models with INT8 weights: add --engine sparse or dense-int8")
	case b.lengths != "" && b.changed("length") && !b.explain, b.lengths != "" && b.changed("docs"):
		return errors.New("--lengths and --length or --docs: choose one")
	}
	var idle []string
	if b.synthetic != "" {
		idle = []string{"model", "input", "split", "text"}
	} else {
		idle = []string{"sparsity", "pattern"}
	}
	for _, name := range idle {
		if !b.changed(name) {
			continue
		}
		if b.synthetic != "" {
			return fmt.Errorf("--%s has no effect with --synthetic", name)
		}
		return fmt.Errorf("--%s needs --synthetic", name)
	}
	if b.synthetic == "" && (b.lengths != "" || b.changed("length") || b.changed("docs")) && (b.changed("input") || b.changed("text") || b.changed("split")) {
		return errors.New("--length and --lengths are for random tokens: leave out --input, --text and --split")
	}
	return nil
}
