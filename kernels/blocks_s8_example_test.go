package kernels_test

import (
	"fmt"

	"github.com/sparsebio/sparsebio/kernels"
)

// A layer of two outputs and eight inputs, of which one half of each output was
// pruned, applied to one token.
func ExampleGemmS8Blocks() {
	weights := []float32{
		0.5, 1, -1, 0.25, 0, 0, 0, 0,
		0, 0, 0, 0, 2, 0, -2, 1,
	}
	q, scale := kernels.QuantizeS8Rows(weights, 2, 8)
	w, err := kernels.PackS8Blocks(q, scale, 2, 8)
	if err != nil {
		fmt.Println(err)
		return
	}

	x := kernels.NewMatF32(1, 8)
	copy(x.Row(0), []float32{1, 2, 3, 4, 5, 6, 7, 8})
	xq := kernels.NewMatU8(1, 8)
	kernels.QuantizeU8(xq, x)

	var quads kernels.QuadsS8
	quads.Prepare(xq)
	y := kernels.NewMatF32(1, 2)
	kernels.GemmS8Blocks(y, &quads, w, nil, 0, w.Blocks())
	fmt.Printf("%.1f\n", y.Row(0))
	fmt.Printf("%d weights in blocks of four, %.1f%% of their places\n", w.NNZ(), 100*w.Fill())
	// Output:
	// [0.5 4.0]
	// 7 weights in blocks of four, 87.5% of their places
}
