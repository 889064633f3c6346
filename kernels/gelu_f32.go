package kernels

import (
	"slices"

	"github.com/sparsebio/sparsebio/kernels/internal/race"
)

// mapChunk is the most elements that assembly works on in one call, since it
// cannot be preempted.
const mapChunk = 1 << 16

// GELUF32 replaces every element of x by its GELU, x times the cumulative
// normal distribution at x, with the exact (erf) form that PyTorch and BERT use
// by default:
//
//	x[i] = x[i] * 0.5 * (1 + erf(x[i]/sqrt(2)))
//
// The error is below 3e-7, half a unit in the last place of results near 8
// (larger ones equal x), and below 1e-6 of the result for x above -0.5. The
// result for -Inf is 0, for NaN it is NaN. Every variant gives the same bits.
func GELUF32(x []float32) {
	race.Write(x)
	for c := range slices.Chunk(x, mapChunk) {
		geluF32(c)
	}
}

// GELUCoarseF32 is GELUF32 with an error of up to 3e-5, a small part of a step of 8
// bits, for results that are quantized next. It takes two thirds of the time.
func GELUCoarseF32(x []float32) {
	race.Write(x)
	for c := range slices.Chunk(x, mapChunk) {
		geluCoarseF32(c)
	}
}

// GELUTanhF32 replaces every element of x by the tanh approximation of its
// GELU, which models call gelu_new or gelu_pytorch_tanh:
//
//	x[i] = x[i] * 0.5 * (1 + tanh(sqrt(2/pi)*(x[i]+0.044715*x[i]*x[i]*x[i])))
//
// Errors and special values are as for GELUF32; every variant gives the same bits.
func GELUTanhF32(x []float32) {
	race.Write(x)
	for c := range slices.Chunk(x, mapChunk) {
		geluTanhF32(c)
	}
}

// A mapF32Func replaces every element of x by a function of it.
type mapF32Func func(x []float32)

var (
	geluF32Variants       = append(geluF32Asm(), variant[mapF32Func]{"ref", geluF32Ref})
	geluCoarseF32Variants = append(geluCoarseF32Asm(), variant[mapF32Func]{"ref", geluCoarseF32Ref})
	geluTanhF32Variants   = append(geluTanhF32Asm(), variant[mapF32Func]{"ref", geluTanhF32Ref})
)

var (
	geluF32       = choose("gelu_f32", geluF32Variants)
	geluCoarseF32 = choose("gelu_coarse_f32", geluCoarseF32Variants)
	geluTanhF32   = choose("gelu_tanh_f32", geluTanhF32Variants)
)
