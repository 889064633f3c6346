package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sparsebio/sparsebio/biobert"
)

func inspectCommand() *cobra.Command {
	var model string
	var asJSON bool
	c := &cobra.Command{
		Use:   "inspect",
		Short: "Say what a model is for, and count the zeros of its weights",
		Long: `Open a model, whatever it is for, and print where it comes from, its task, labels and size, and for every matrix
of the encoder how many of its weights are zero. Zeros are counted, not believed: sparse checkpoints and ONNX files
carry no other sign of it. That of an ONNX file is in the integers that it stores.`,
		Example: "  sparsebio inspect --model my-sparse-checkpoint",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			in, err := biobert.Inspect(cmd.Context(), model)
			if err != nil {
				return err
			}
			if in.Note != "" {
				fmt.Fprintf(cmd.ErrOrStderr(), "note: %s\n", in.Note)
			}
			if asJSON {
				j := json.NewEncoder(cmd.OutOrStdout())
				j.SetIndent("", "  ")
				return j.Encode(in)
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), in)
			return err
		},
	}
	f := c.Flags()
	f.StringVar(&model, "model", "", modelUsage("model to look at"))
	f.BoolVar(&asJSON, "json", false, "print it as JSON")
	c.MarkFlagRequired("model")
	return c
}
