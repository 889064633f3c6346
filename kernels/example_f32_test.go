package kernels_test

import (
	"fmt"

	"github.com/sparsebio/sparsebio/kernels"
)

// A linear layer with two inputs and three outputs, applied to two tokens.
func ExampleGemmF32() {
	w := kernels.PackF32([]float32{
		1, 0,
		0, 1,
		1, -1,
	}, 3, 2)
	x := kernels.MatF32{Data: []float32{2, 3, 5, 7}, Rows: 2, Cols: 2, Stride: 2}
	y := kernels.NewMatF32(x.Rows, w.N)
	kernels.GemmF32(y, x, w, []float32{0, 0, 10}, 0, w.N)
	fmt.Println(y.Row(0), y.Row(1))
	// Output: [2 3 9] [5 7 8]
}

// Weights stored in 16 bits are packed without a copy of the matrix in float32.
func ExamplePackF32Func() {
	half := []uint16{0x3c00, 0x4000, 0xb800, 0x0000} // 1, 2, -0.5, 0
	w := kernels.PackF32Func(2, 2, func(i int, dst []float32) {
		kernels.Float16ToF32(dst, half[2*i:2*i+2])
	})
	row := make([]float32, 2)
	w.Row(1, row)
	fmt.Println(row)
	// Output: [-0.5 0]
}

func ExampleAttentionF32() {
	// One head of one dimension over two tokens with equal keys: each token
	// receives the mean of the values 4 and 8.
	qkv := kernels.MatF32{Data: []float32{
		1, 3, 4,
		2, 3, 8,
	}, Rows: 2, Cols: 3, Stride: 3}
	out := kernels.NewMatF32(2, 1)
	kernels.AttentionF32(out, qkv, 1, 0, 1, new(kernels.AttentionScratch))
	fmt.Println(out.Data)
	// Output: [6 6]
}
