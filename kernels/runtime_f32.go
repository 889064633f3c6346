package kernels

import (
	"slices"

	"github.com/sparsebio/sparsebio/kernels/internal/race"
)

// The operations of this file are those of ONNX graphs that say how activations
// are quantized, with the operations, and so the bits, of ONNX Runtime on CPUs
// with AVX2: in such a graph the last bit of a number decides now and then to
// which 8-bit number it is rounded.

// GELUErfF32 replaces every element of x by its GELU in the exact (erf) form,
// as a graph that takes it apart has it, every operation rounded:
//
//	x[i] = x[i] * (1 + erf(x[i]*times/over)) * 0.5
//
// Such graphs divide by sqrt(2) or multiply by its inverse; the other factor is
// 1. The error function is that of N. Juffa: for a = min(|x|, 3.925), with fused
// multiplications and additions in Horner's rule,
//
//	erf = a + a*small(a*a)         for a < 0.921875
//	erf = 1 - exp(-(a + a*big(a))) else
//
// Its error is below 2e-7. [GELUF32] is faster and more exact. The result for
// NaN is NaN. Every variant gives the same bits.
func GELUErfF32(x []float32, times, over float32) {
	race.Write(x)
	for c := range slices.Chunk(x, mapChunk) {
		geluErfF32(c, times, over)
	}
}

// ExpF32 replaces every element of x, none of which is above 0, by its
// exponential. Results below 1.3e-38 are 0; the result for NaN is NaN. The
// relative error is below 1.5e-7.
//
// It is the exponential of ONNX Runtime's softmax, but for results that are
// taken for 0. [SoftmaxF32] does not need it and is faster. Every variant gives
// the same bits.
func ExpF32(x []float32) {
	race.Write(x)
	for c := range slices.Chunk(x, mapChunk) {
		expF32(c)
	}
}

// QuantizeLinearU8 quantizes x to unsigned 8 bits as the operator QuantizeLinear
// of ONNX does, with a scale above 0 that is known beforehand:
//
//	dst[i] = clamp(round(x[i]/scale) + zero, 0, 255)
//
// where round rounds half to even. NaN becomes 0. It panics if dst is shorter
// than x. Every variant gives the same bits.
func QuantizeLinearU8(dst []uint8, x []float32, scale float32, zero uint8) {
	dst = dst[:len(x)]
	race.Read(x)
	race.Write(dst)
	for i := 0; i < len(x); i += mapChunk {
		end := min(i+mapChunk, len(x))
		quantizeLinearU8(dst[i:end], x[i:end], scale, zero)
	}
}

// FakeQuantizeF32 replaces every element of x by the number that stands for it
// in unsigned 8 bits, less the zero point, times by:
//
//	x[i] = (clamp(round(x[i]/scale) + zero, 0, 255) - zero) * by
//
// So scale as by is QuantizeLinear of ONNX followed by DequantizeLinear, and 1
// gives whole numbers. NaN becomes -zero*by. Every variant gives the same bits.
func FakeQuantizeF32(x []float32, scale float32, zero uint8, by float32) {
	race.Write(x)
	for c := range slices.Chunk(x, mapChunk) {
		fakeQuantizeF32(c, scale, zero, by)
	}
}

type (
	geluErfF32Func       func(x []float32, times, over float32)
	quantizeLinearU8Func func(dst []uint8, x []float32, scale float32, zero uint8)
	fakeQuantizeF32Func  func(x []float32, scale float32, zero uint8, by float32)
)

var (
	geluErfF32Variants       = append(geluErfF32Asm(), variant[geluErfF32Func]{"ref", geluErfF32Ref})
	expF32Variants           = append(expF32Asm(), variant[mapF32Func]{"ref", expF32Ref})
	quantizeLinearU8Variants = append(quantizeLinearU8Asm(), variant[quantizeLinearU8Func]{"ref", quantizeLinearU8Ref})
	fakeQuantizeF32Variants  = append(fakeQuantizeF32Asm(), variant[fakeQuantizeF32Func]{"ref", fakeQuantizeF32Ref})
)

var (
	geluErfF32       = choose("gelu_erf_f32", geluErfF32Variants)
	expF32           = choose("exp_f32", expF32Variants)
	quantizeLinearU8 = choose("quantize_linear_u8", quantizeLinearU8Variants)
	fakeQuantizeF32  = choose("fake_quantize_f32", fakeQuantizeF32Variants)
)
