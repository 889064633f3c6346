// Command standin plays a hub that has one model: a token classifier with the size, the files and the names of a fine-tuned BioBERT, for notebooks and workshops
// without a network. It prints the address, which HF_ENDPOINT is to be set to, and serves until its standard input ends.
//
// The model is the embedded "jnlpba-dense", written twice as wide and twice as deep: 12 layers x 768, cased, a vocab.txt of 28,996 pieces and a
// pytorch_model.bin of 430 MB. It finds what the small one finds, and its doubled weights are easier to do without than those of a model that was trained at this size.
//
//	usage: standin owner/name
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/sparsebio/sparsebio/biobert"
	_ "github.com/sparsebio/sparsebio/biobert/models"
	"github.com/sparsebio/sparsebio/datasets/hub/hubtest"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: standin owner/name")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "standin:", err)
		os.Exit(1)
	}
}

// pieces is the size of BioBERT's vocabulary.
const pieces = 28996

func run(id string, until io.Reader, out io.Writer) error {
	h := hubtest.Start()
	defer h.Close()
	if err := add(h, id); err != nil {
		return err
	}
	fmt.Fprintln(out, h.URL())
	_, err := io.Copy(io.Discard, until)
	return err
}

// add makes the model and gives it to the hub, which keeps it in memory.
func add(h *hubtest.Hub, id string) (err error) {
	dir, err := os.MkdirTemp("", "standin-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	small, large := filepath.Join(dir, "small"), filepath.Join(dir, "large")
	if err := biobert.Unpack(context.Background(), "jnlpba-dense", small); err != nil {
		return err
	}
	if err := os.Mkdir(large, 0o755); err != nil {
		return err
	}
	if err := enlarge(small, large, pieces); err != nil {
		return err
	}
	h.AddDir("model", id, large)
	return nil
}
