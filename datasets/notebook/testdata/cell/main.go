// Command cell fails as a cell does that links neither pictures nor the kernel's library.
package main

import (
	"errors"
	"os"

	"github.com/sparsebio/sparsebio/datasets/notebook"
)

func main() {
	if !notebook.In() {
		os.Exit(4)
	}
	notebook.Fail(errors.New(os.Args[1]))
}
