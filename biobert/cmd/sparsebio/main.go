// Command sparsebio reads biology texts with sparse BERT models from the command line.
//
//	sparsebio ner --model jnlpba --input abstracts.jsonl --text abstract --output entities.jsonl
//	sparsebio bench
//	sparsebio eval --model jnlpba --input devel.tsv
//	sparsebio convert --model checkpoint-folder --output model.sbm
//
// Run sparsebio help COMMAND for the flags of each.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/spf13/cobra"

	_ "github.com/sparsebio/sparsebio/biobert/models"
	_ "github.com/sparsebio/sparsebio/datasets/parquet"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := newRoot().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "sparsebio:", err)
		os.Exit(1)
	}
}

// newRoot returns the command with all its sub-commands.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "sparsebio",
		Short:         "Read biology texts with sparse BERT models on an ordinary CPU",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(nerCommand(), benchCommand(), evalCommand(), convertCommand())
	return root
}
