package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sparsebio/sparsebio/biobert"
	"github.com/sparsebio/sparsebio/datasets"
	"github.com/sparsebio/sparsebio/datasets/annot"
)

func nerCommand() *cobra.Command {
	var model, input, split, text, output, offsets, engine, aggregation string
	var threads int
	c := &cobra.Command{
		Use:   "ner",
		Short: "Find genes, proteins, cells ... in the texts of a file",
		Long: `Find entities in one text column of a data set. The output has the input's records, each with
a field more: entities, a list of {type, start, end, text, score}, in place of one that is there. Offsets count bytes of the
text, or characters with --offsets chars, as Python does.

Where they came from (models with checksums, data, options) is written, too: within a Parquet or Arrow file, and beside
any other, in a file of its name with .provenance.json added.

The input is JSONL, CSV, TSV, Parquet, Arrow or plain text (one text a line, column "text"), by its
name, or the embedded data set arxiv-biology-demo. The output is JSONL, CSV or Parquet by its name.`,
		Example: "  sparsebio ner --model jnlpba --input abstracts.jsonl --text abstract --output entities.jsonl",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if offsets != "bytes" && offsets != "chars" {
				return fmt.Errorf("--offsets %q (have bytes, chars)", offsets)
			}
			if err := datasets.CheckWritable(output); err != nil { // before the work, not after it
				return err
			}
			ctx := cmd.Context()
			set, text, err := loadTexts(ctx, input, split, text)
			if err != nil {
				return err
			}
			ner, err := biobert.NewTokenClassification(ctx, model, pipelineOptions(threads, engine, aggregation)...)
			if err != nil {
				return err
			}
			defer ner.Close()
			for _, n := range ner.Notes() {
				fmt.Fprintf(cmd.ErrOrStderr(), "note: %s\n", n)
			}
			start := time.Now()
			docs, err := ner.AnnotateDocuments(ctx, set.Documents(text))
			if err != nil {
				return err
			}
			took := time.Since(start)
			found := 0
			entities := make([][]annot.Entity, len(docs))
			for i, d := range docs {
				if offsets == "chars" {
					d = biobert.RuneOffsets(d)
				}
				entities[i] = d.Entities
				found += len(d.Entities)
			}
			out, err := datasets.AddColumn(set, "entities", entities)
			if err != nil {
				return err
			}
			if out, err = out.WithProvenance(provenance(ner.Provenance(), set, text, offsets)); err != nil {
				return err
			}
			if err := out.WriteFile(output); err != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "%d texts, %d entities in %.2f s -> %s\n", len(docs), found, took.Seconds(), output)
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&model, "model", "jnlpba", modelUsage("model that reads"))
	f.StringVar(&input, "input", "arxiv-biology-demo", "data set to read")
	f.StringVar(&split, "split", "", splitUsage)
	f.StringVar(&text, "text", "", textUsage)
	f.StringVar(&output, "output", "entities.jsonl", "file to write")
	f.StringVar(&offsets, "offsets", "bytes", "unit of start and end: bytes or chars")
	addPipelineFlags(c, &threads, &engine, &aggregation)
	return c
}

const (
	textUsage  = "column that holds the text (default \"text\", or \"abstract\" where there is none)"
	splitUsage = "split of the data set, such as train, where it has several (WithSplit in Go)"
)

// loadTexts loads a data set and returns the name of its column of texts, by default the one that textUsage says.
func loadTexts(ctx context.Context, input, split, text string) (*datasets.Dataset, string, error) {
	var opts []datasets.Option
	if split != "" {
		opts = append(opts, datasets.WithSplit(split))
	}
	set, err := datasets.Load(ctx, input, opts...)
	if err != nil {
		return nil, "", err
	}
	have := set.Columns()
	switch {
	case text != "":
	case slices.Contains(have, "text"):
		text = "text"
	case slices.Contains(have, "abstract"):
		text = "abstract"
	default:
		return nil, "", fmt.Errorf("%q has no column \"text\" or \"abstract\": choose one with --text (it has %s)", input, strings.Join(have, ", "))
	}
	return set, text, nil
}

// addPipelineFlags adds the flags that every command with a pipeline has.
func addPipelineFlags(c *cobra.Command, threads *int, engine, aggregation *string) {
	f := c.Flags()
	f.IntVar(threads, "threads", 0, "goroutines that share the work (0: all processors)")
	if engine != nil {
		f.StringVar(engine, "engine", "auto", "form of the weights: auto, dense, dense-int8, sparse, or static-int8 for quantized ONNX files")
	}
	if aggregation != nil {
		f.StringVar(aggregation, "aggregation", string(biobert.Word), "aggregation strategy: none, simple, first, average, max or word")
	}
}

func pipelineOptions(threads int, engine, aggregation string) []biobert.Option {
	var o []biobert.Option
	if threads != 0 {
		o = append(o, biobert.WithThreads(threads))
	}
	if engine != "" {
		o = append(o, biobert.WithEngine(engine))
	}
	if aggregation != "" {
		o = append(o, biobert.WithAggregation(biobert.AggregationStrategy(aggregation)))
	}
	return o
}
