package kernels_test

import (
	"fmt"

	"github.com/sparsebio/sparsebio/kernels"
)

// A layer of two outputs and three inputs, applied to two tokens.
func ExampleGemmS8Dense() {
	weights := []float32{
		0.5, 1, -1,
		-0.5, 0, 2,
	}
	q, scale := kernels.QuantizeS8Rows(weights, 2, 3)
	w, err := kernels.PackS8Dense(q, scale, 2, 3)
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
	kernels.GemmS8Dense(y, xq, w, []float32{10, 20}, 0, w.N())
	fmt.Printf("%.1f\n%.1f\n", y.Row(0), y.Row(1))
	// Output:
	// [9.5 25.5]
	// [8.5 22.5]
}
