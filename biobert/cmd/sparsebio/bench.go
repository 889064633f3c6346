package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/sparsebio/sparsebio/biobert"
	"github.com/sparsebio/sparsebio/biobert/report"
)

func benchCommand() *cobra.Command {
	var models, engines []string
	var input, split, text, synthetic, scenario, lengths string
	var threads, length, docs, rounds int
	var sparsity float64
	var asJSON bool
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure how fast models read, dense against sparse",
		Long: `Without --synthetic, measure the time from text to entities of each --model on the same texts.
With --synthetic, measure models with random weights on random tokens (no tokenizer takes part):
--scenario latency reads one document at a time with all threads, throughput many at once.

The models take turns and each row is the median of the passes, so rows of one run can be compared
with one another, also on a machine that others use.`,
		Example: `  sparsebio bench --input abstracts.jsonl --text abstract
  sparsebio bench --synthetic bert-base --sparsity 0.9 --scenario latency --length 128 --threads 2`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			opts := pipelineOptions(threads, "", "")
			var b report.Benchmark
			var err error
			if synthetic == "" {
				set, text, err := loadTexts(ctx, input, split, text)
				if err != nil {
					return err
				}
				if b, err = biobert.Compare(ctx, set.Text(text), models, opts...); err != nil {
					return err
				}
			} else {
				o := biobert.SyntheticOptions{Shape: synthetic, Sparsity: sparsity, Engines: engines, Rounds: rounds}
				switch scenario {
				case "latency":
					o.Latency = true
				case "throughput":
				default:
					return fmt.Errorf("--scenario %q (have latency, throughput)", scenario)
				}
				o.Lengths = slices.Repeat([]int{length}, docs)
				if lengths != "" {
					if o.Lengths, err = readLengths(lengths); err != nil {
						return err
					}
				}
				if b, err = biobert.CompareSynthetic(ctx, o, opts...); err != nil {
					return err
				}
			}
			if asJSON {
				e := json.NewEncoder(cmd.OutOrStdout())
				e.SetIndent("", "  ")
				return e.Encode(b)
			}
			return printBenchmark(cmd.OutOrStdout(), b)
		},
	}
	f := c.Flags()
	f.StringSliceVar(&models, "model", []string{"jnlpba-dense", "jnlpba"}, "models to compare")
	f.StringVar(&input, "input", "arxiv-biology-demo", "data set to read")
	f.StringVar(&split, "split", "", splitUsage)
	f.StringVar(&text, "text", "", textUsage)
	f.StringVar(&synthetic, "synthetic", "", "use random weights of this shape: bert-base, bert-large, minilm-l6")
	f.Float64Var(&sparsity, "sparsity", 0.9, "share of zeros of the synthetic sparse model")
	f.StringSliceVar(&engines, "engine", []string{"dense", "sparse"}, "engines of the synthetic model")
	f.StringVar(&scenario, "scenario", "throughput", "synthetic: latency (one document at a time) or throughput (many)")
	f.IntVar(&length, "length", 128, "synthetic: tokens of each document")
	f.IntVar(&docs, "docs", 16, "synthetic: number of documents")
	f.StringVar(&lengths, "lengths", "", "synthetic: file with the tokens of each document, one number a line")
	f.IntVar(&rounds, "rounds", biobert.Rounds, "synthetic: passes of each model")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	addPipelineFlags(c, &threads, nil, nil)
	return c
}

// readLengths reads a file of numbers, one a line.
func readLengths(path string) ([]int, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []int
	line := 0
	for sc := bufio.NewScanner(f); sc.Scan(); {
		line++
		s := strings.TrimSpace(sc.Text())
		if s == "" {
			continue
		}
		n, err := strconv.Atoi(s)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %q is not a number of tokens", path, line, s)
		}
		out = append(out, n)
	}
	return out, nil
}

// printBenchmark prints the table that the article on Sparse BioBERT prints.
func printBenchmark(w io.Writer, b report.Benchmark) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "Model\tEngine\tInstance\tLatency (secs)\tTokens per second")
	for _, r := range b.Results {
		threads := "threads"
		if r.Threads == 1 {
			threads = "thread"
		}
		fmt.Fprintf(t, "%s\t%s (%s)\t%s, %d %s\t%.2f\t%.0f\n", r.Model, r.Engine, r.Kernel, r.Instance, r.Threads, threads, r.LatencyS, r.TokensPerSecond)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	r := b.Results
	if len(r) > 0 {
		fmt.Fprintf(w, "\n%d documents, %d tokens", r[0].Documents, r[0].Tokens)
	}
	if len(r) == 2 {
		fast, slow := r[0], r[1]
		if fast.TokensPerSecond < slow.TokensPerSecond {
			fast, slow = slow, fast
		}
		fmt.Fprintf(w, "; %s is %.1f times as fast as %s", fast.Engine, fast.TokensPerSecond/slow.TokensPerSecond, slow.Engine)
	}
	fmt.Fprintln(w)
	return nil
}
