package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/sparsebio/sparsebio/biobert"
)

func convertCommand() *cobra.Command {
	var model, output, engine, table, name string
	c := &cobra.Command{
		Use:   "convert",
		Short: "Write a checkpoint as one packed model file",
		Long: `Write a HuggingFace checkpoint as one packed file that opens in milliseconds: the encoder
sparse in INT8 or dense in half precision, the word embedding in INT8. With --table-name the output
is only the word embedding and the vocabulary, under that name; with --table the output uses those of
such a file.`,
		Example: "  sparsebio convert --model my-checkpoint --output my-model.sbm",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := error(nil)
			if name != "" {
				err = biobert.ConvertTable(cmd.Context(), model, output, name)
			} else {
				err = biobert.Convert(cmd.Context(), model, output, engine, table)
			}
			if err != nil {
				return err
			}
			st, err := os.Stat(output)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: %.1f MB\n", output, float64(st.Size())/1e6)
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&model, "model", "", checkpointUsage("model to write"))
	f.StringVar(&output, "output", "", "file to write")
	f.StringVar(&engine, "engine", "sparse", "form of the encoder's weights: sparse or dense")
	f.StringVar(&table, "table", "", "packed table to use")
	f.StringVar(&name, "table-name", "", "write a table of this name")
	c.MarkFlagRequired("model")
	c.MarkFlagRequired("output")
	return c
}
