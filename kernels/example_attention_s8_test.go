package kernels_test

import (
	"fmt"

	"github.com/sparsebio/sparsebio/kernels"
)

func ExampleAttentionS8() {
	// One head of one dimension over two tokens with equal keys: each token
	// receives the mean of the values 4 and 8, but for rounding.
	qkv := kernels.MatF32{Data: []float32{
		1, 3, 4,
		2, 3, 8,
	}, Rows: 2, Cols: 3, Stride: 3}
	out := kernels.NewMatF32(2, 1)
	kernels.AttentionS8(out, qkv, 1, 0, 1, new(kernels.AttentionS8Scratch))
	fmt.Printf("%.1f\n", out.Data)
	// Output: [6.0 6.0]
}
