package compress_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/sparsebio/sparsebio/biobert/compress"
)

func ExampleRun() {
	texts := slices.Values([]string{
		"IL-2 activates NF-kappa B in human T cells.",
		"The gene is expressed in B cells.",
		"No effect of the protein was seen.",
	})
	r, err := compress.Run(context.Background(), "../testdata/tiny", texts, compress.WithSparsity(0.75), compress.WithMethod(compress.SparseGPT))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d matrices, %.0f %% zeros, %d texts for calibration, %d held out\n", len(r.Matrices), 100*r.Sparsity, r.Texts, r.HeldOutTexts)
	// Output: 12 matrices, 75 % zeros, 2 texts for calibration, 1 held out
}
