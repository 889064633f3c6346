package main

import (
	"encoding/json"
	"fmt"
	"iter"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sparsebio/sparsebio/biobert/compress"
)

// compressFlags are the flags of sparsebio compress.
type compressFlags struct {
	model, calibrate, split, text, output, method string
	sparsity, percentile                          float64
	blocks, tokens, threads                       int
	onnx, float, asJSON                           bool
}

func compressCommand() *cobra.Command {
	var f compressFlags
	c := &cobra.Command{
		Use:   "compress",
		Short: "Make a sparse INT8 model of a dense checkpoint, without training",
		Long: `Prune the encoder of a dense BERT checkpoint (model.safetensors, pytorch_model.bin or a floating-point ONNX file) and round
what is left to INT8. Some hundred texts of the kind that the model will read say which weights matter, and what the others
must become to make up for those that go. Every eighth text is kept to compare both models.

  --method   what it does
  admm       searches mask and weights together, layer after layer, for what the dense model gives (the default)
  sparsegpt  removes weights column by column and has the others make up for it
  wanda      removes the weights whose product with the norm of their input is least
  magnitude  removes the smallest weights

The texts are read as sparsebio ner reads its input. The output is a checkpoint folder, with the report in compress.json, and with --onnx
also model.onnx, quantized as SparseML does it, for ONNX Runtime and DeepSparse.`,
		Example: "  sparsebio compress --model my-checkpoint --sparsity 0.8 --calibrate abstracts.jsonl --text abstract --output my-sparse-checkpoint",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	fs := c.Flags()
	fs.StringVar(&f.model, "model", "", checkpointUsage("dense model to compress"))
	fs.Float64Var(&f.sparsity, "sparsity", 0.9, "share of the encoder's weights to remove, between 0 and 1")
	fs.StringVar(&f.method, "method", string(compress.ADMM), "how: "+methodNames())
	fs.IntVar(&f.blocks, "blocks", 1, "weights that go together, neighbours along the inputs: 1 or 4")
	fs.StringVar(&f.calibrate, "calibrate", "", "data set of texts for calibration")
	fs.StringVar(&f.split, "split", "", splitUsage)
	fs.StringVar(&f.text, "text", "", textUsage)
	fs.IntVar(&f.tokens, "tokens", 1<<15, "tokens after which no more texts are read")
	fs.StringVar(&f.output, "output", "", "folder to write (default: only report)")
	fs.BoolVar(&f.onnx, "onnx", false, "write model.onnx, too")
	fs.Float64Var(&f.percentile, "percentile", 100, "percentile of activations that --onnx covers; 100: all")
	fs.BoolVar(&f.float, "float", false, "leave the weights in floating point")
	fs.BoolVar(&f.asJSON, "json", false, "print the report as JSON")
	fs.IntVar(&f.threads, "threads", 0, "goroutines that share the work (0: all processors)")
	c.MarkFlagRequired("model")
	c.MarkFlagRequired("calibrate")
	return c
}

func methodNames() string {
	var names []string
	for _, m := range compress.Methods {
		names = append(names, string(m))
	}
	return strings.Join(names, ", ")
}

// options returns what the flags say.
func (f *compressFlags) options(progress func(compress.Progress)) []compress.Option {
	o := []compress.Option{
		compress.WithSparsity(f.sparsity), compress.WithMethod(compress.Method(f.method)), compress.WithBlocks(f.blocks),
		compress.WithTokens(f.tokens), compress.WithPercentile(f.percentile), compress.WithProgress(progress),
	}
	if f.output != "" {
		o = append(o, compress.WithOutput(f.output))
	}
	if f.onnx {
		o = append(o, compress.WithONNX())
	}
	if f.float {
		o = append(o, compress.WithFloatWeights())
	}
	if f.threads != 0 {
		o = append(o, compress.WithThreads(f.threads))
	}
	return o
}

func (f *compressFlags) run(cmd *cobra.Command) error {
	ctx := cmd.Context()
	// What compress allocates is large and lives short: without more frequent collections the peak is twice of what is in use.
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	set, text, err := loadTexts(ctx, f.calibrate, f.split, f.text)
	if err != nil {
		return err
	}
	texts, failed := untilError(set.Text(text))
	last := time.Now()
	r, err := compress.Run(ctx, f.model, texts, f.options(func(p compress.Progress) {
		if now := time.Now(); p.Done == p.Total || now.Sub(last) > 2*time.Second {
			last = now
			fmt.Fprintln(cmd.ErrOrStderr(), p)
		}
	})...)
	if *failed != nil {
		return *failed
	}
	if err != nil {
		return err
	}
	if f.asJSON {
		j := json.NewEncoder(cmd.OutOrStdout())
		j.SetIndent("", "  ")
		return j.Encode(r)
	}
	_, err = fmt.Fprint(cmd.OutOrStdout(), r)
	return err
}

// untilError returns the values of seq up to its first error, and where that goes.
func untilError[T any](seq iter.Seq2[T, error]) (iter.Seq[T], *error) {
	failed := new(error)
	return func(yield func(T) bool) {
		for v, err := range seq {
			if *failed = err; err != nil || !yield(v) {
				return
			}
		}
	}, failed
}
