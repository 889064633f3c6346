package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sparsebio/sparsebio/biobert"
	"github.com/sparsebio/sparsebio/biobert/eval"
	"github.com/sparsebio/sparsebio/datasets/corpus"
)

func evalCommand() *cobra.Command {
	var model, input, engine string
	var threads int
	var asJSON bool
	c := &cobra.Command{
		Use:   "eval",
		Short: "Score a model on an annotated file",
		Long: `Label the sentences of a file in CoNLL format (a word, a tab and its IOB tag a line, an empty line after
each sentence; .gz is read too) and compare. Strict F1 is seqeval's strict mode for IOB2; CoNLL F1 its
default mode, in which an I- without a B- before it begins an entity.`,
		Example: "  sparsebio eval --model jnlpba --input devel.tsv.gz",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			sentences, err := corpus.ReadFile(input, corpus.ReadCoNLL)
			if err != nil {
				return err
			}
			p, err := biobert.NewTokenClassification(cmd.Context(), model, pipelineOptions(threads, engine, "")...)
			if err != nil {
				return err
			}
			defer p.Close()
			r, err := eval.TagSentences(cmd.Context(), p, sentences)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if asJSON {
				e := json.NewEncoder(out)
				e.SetIndent("", "  ")
				return e.Encode(map[string]any{"model": model, "sentences": r.Sentences, "words": r.Words, "accuracy": r.Accuracy, "strict": r.Strict, "conll": r.CoNLL})
			}
			_, err = fmt.Fprintf(out, "%s on %s: %d sentences, %d words, accuracy %.2f\n\nstrict (IOB2)\n%v\nCoNLL (seqeval's default)\n%v", model, input, r.Sentences, r.Words, 100*r.Accuracy, r.Strict, r.CoNLL)
			return err
		},
	}
	f := c.Flags()
	f.StringVar(&model, "model", "jnlpba", "name of a registered model, checkpoint folder or packed model file")
	f.StringVar(&input, "input", "", "annotated file")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	addPipelineFlags(c, &threads, &engine, nil)
	c.MarkFlagRequired("input")
	return c
}
