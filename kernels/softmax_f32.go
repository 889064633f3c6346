package kernels

import "github.com/sparsebio/sparsebio/kernels/internal/race"

// SoftmaxF32 replaces every row of x by the softmax of scale times the row:
//
//	for i := range x.Rows {
//		v := scale * x[i]
//		e := exp(v - max(v))
//		x[i] = e / sum(e)
//	}
//
// Results below about 1e-38 are 0, also those of -Inf. A row with a NaN or
// +Inf, or of nothing but -Inf, becomes NaN as in PyTorch. A row of the result
// depends on nothing but that row and scale; every variant gives the same bits.
func SoftmaxF32(x MatF32, scale float32) {
	x.check()
	if x.Cols == 0 {
		return
	}
	for i := range x.Rows {
		row := x.Row(i)
		race.Write(row)
		softmaxF32(row, scale)
	}
}

// A softmaxF32Func is SoftmaxF32 for one row of at least one element.
type softmaxF32Func func(x []float32, scale float32)

var softmaxF32Variants = append(softmaxF32Asm(), variant[softmaxF32Func]{"ref", softmaxF32Ref})

var softmaxF32 = choose("softmax_f32", softmaxF32Variants)
