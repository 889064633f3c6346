package kernels

import "github.com/sparsebio/sparsebio/kernels/internal/race"

// LayerNormF32 normalizes the rows of x + residual to mean 0 and variance 1,
// then scales and shifts them:
//
//	for i := range x.Rows {
//		v := x[i] + residual[i]
//		m := mean(v)
//		s := 1 / sqrt(mean((v-m)*(v-m)) + eps)
//		dst[i] = (v-m)*s*gamma + beta
//	}
//
// All matrices are [M, H]; residual may be the zero MatF32 for none. gamma and
// beta have H elements. dst may be the same matrix as x or residual; other
// overlaps are not allowed. A row of the result depends on nothing but that
// row; every variant gives the same bits.
func LayerNormF32(dst, x, residual MatF32, gamma, beta []float32, eps float32) {
	dst.check()
	x.check()
	residual.check()
	none := residual.Data == nil && residual.Rows == 0 && residual.Cols == 0
	if dst.Rows != x.Rows || dst.Cols != x.Cols || !none && (residual.Rows != x.Rows || residual.Cols != x.Cols) {
		panic("kernels: layer norm shapes do not match")
	}
	if len(gamma) != x.Cols || len(beta) != x.Cols {
		panic("kernels: layer norm weights do not match the columns")
	}
	if x.Cols == 0 {
		return
	}
	if none {
		residual = MatF32{}
	}
	race.Read(gamma)
	race.Read(beta)
	for i := range x.Rows {
		if !none {
			race.Read(residual.Row(i))
		}
		race.Read(x.Row(i))
		race.Write(dst.Row(i))
	}
	layerNormF32(dst, x, residual, gamma, beta, eps)
}

// A layerNormF32Func is LayerNormF32 for rows of at least one element.
type layerNormF32Func func(dst, x, residual MatF32, gamma, beta []float32, eps float32)

var layerNormF32Variants = append(layerNormF32Asm(), variant[layerNormF32Func]{"ref", layerNormF32RowFunc(layerNormF32Ref).normalize})

var layerNormF32 = choose("layernorm_f32", layerNormF32Variants)

// A layerNormF32RowFunc is LayerNormF32 for one row of at least one element;
// residual may be empty.
type layerNormF32RowFunc func(dst, x, residual, gamma, beta []float32, eps float32)

func (f layerNormF32RowFunc) normalize(dst, x, residual MatF32, gamma, beta []float32, eps float32) {
	for i := range x.Rows {
		var r []float32
		if residual.Data != nil {
			r = residual.Row(i)
		}
		f(dst.Row(i), x.Row(i), r, gamma, beta, eps)
	}
}
