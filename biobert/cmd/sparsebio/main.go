// Command sparsebio reads biology texts with sparse BERT models from the command line.
//
//	sparsebio ner --model jnlpba --input abstracts.jsonl --text abstract --output entities.jsonl
//	sparsebio relations --model chemprot --input abstracts.jsonl --text abstract --output relations.csv
//	sparsebio bench
//	sparsebio eval --task jnlpba --data devel.tsv
//	sparsebio convert --model checkpoint-folder --output model.sbm
//	sparsebio compress --model checkpoint-folder --calibrate abstracts.jsonl --text abstract --output sparse-folder
//	sparsebio inspect --model sparse-folder
//	sparsebio pull owner/name
//	sparsebio doctor
//
// Run sparsebio help COMMAND for the flags of each.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	_ "github.com/sparsebio/sparsebio/biobert/models"
	_ "github.com/sparsebio/sparsebio/datasets/parquet"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second interrupt ends the program at once
	if err := newRoot().ExecuteContext(ctx); err != nil {
		if ctx.Err() != nil && errors.Is(err, context.Canceled) {
			err = errors.New("interrupted")
		}
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
	root.AddCommand(nerCommand(), relationsCommand(), benchCommand(), evalCommand(), convertCommand(), compressCommand(), inspectCommand(), pullCommand(), doctorCommand())
	return root
}
