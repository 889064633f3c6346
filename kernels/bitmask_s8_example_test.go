package kernels_test

import (
	"fmt"

	"github.com/sparsebio/sparsebio/kernels"
)

// A layer of two outputs and three inputs, applied to two tokens.
func ExampleGemmS8Bitmask() {
	weights := []float32{
		0.5, 0, -1,
		0, 0, 2,
	}
	q, scale := kernels.QuantizeS8Rows(weights, 2, 3)
	w, err := kernels.PackS8Bitmask(q, scale, 2, 3)
	if err != nil {
		fmt.Println(err)
		return
	}

	x := kernels.NewMatF32(2, 3)
	copy(x.Row(0), []float32{1, 2, 3})
	copy(x.Row(1), []float32{-1, 0, 1})
	xq := kernels.NewMatU8(2, 3)
	kernels.QuantizeU8(xq, x)

	y := kernels.NewMatF32(2, 2)
	kernels.GemmS8Bitmask(y, xq, w, []float32{10, 20}, 0, w.N())
	fmt.Printf("%.1f\n%.1f\n", y.Row(0), y.Row(1))
	fmt.Printf("%d of 6 weights are not zero\n", w.NNZ())
	// Output:
	// [7.5 26.0]
	// [8.5 22.0]
	// 3 of 6 weights are not zero
}
