package kernels

import (
	"math"

	"github.com/sparsebio/sparsebio/kernels/internal/race"
)

// Float16ToF32 converts len(src) IEEE half-precision numbers (sign, 5 bits of
// exponent, 10 of fraction) to float32, which holds each of them exactly. dst
// must be at least as long as src.
func Float16ToF32(dst []float32, src []uint16) {
	if len(dst) < len(src) {
		panic("kernels: destination too short")
	}
	race.Read(src)
	race.Write(dst[:len(src)])
	for len(src) > 0 {
		n := min(len(src), mapChunk)
		float16F32(dst[:n], src[:n])
		dst, src = dst[n:], src[n:]
	}
}

// BFloat16ToF32 converts len(src) bfloat16 numbers (the upper half of a
// float32) to float32, which holds each of them exactly. dst must be at least
// as long as src.
func BFloat16ToF32(dst []float32, src []uint16) {
	if len(dst) < len(src) {
		panic("kernels: destination too short")
	}
	dst = dst[:len(src)]
	for i, h := range src {
		dst[i] = math.Float32frombits(uint32(h) << 16)
	}
}

// F32ToFloat16 rounds len(src) numbers to half precision, to nearest and ties
// to even, as PyTorch does: from 65520 up they become infinite, below 2**-25
// they become 0. dst must be at least as long as src.
func F32ToFloat16(dst []uint16, src []float32) {
	if len(dst) < len(src) {
		panic("kernels: destination too short")
	}
	dst = dst[:len(src)]
	for i, v := range src {
		dst[i] = float16Bits(v)
	}
}

// F32ToBFloat16 rounds len(src) numbers to bfloat16, to nearest and ties to
// even. dst must be at least as long as src.
func F32ToBFloat16(dst []uint16, src []float32) {
	if len(dst) < len(src) {
		panic("kernels: destination too short")
	}
	dst = dst[:len(src)]
	for i, v := range src {
		b := math.Float32bits(v)
		if v != v {
			dst[i] = uint16(b>>16) | 0x40 // stay a NaN when the lower half goes
			continue
		}
		dst[i] = uint16((b + 0x7fff + b>>16&1) >> 16)
	}
}

// float16Bits returns the half-precision number nearest to v.
func float16Bits(v float32) uint16 {
	b := math.Float32bits(v)
	sign := uint16(b >> 16 & 0x8000)
	switch b &= 0x7fffffff; {
	case b > 0x7f800000: // NaN
		return sign | 0x7e00 | uint16(b>>13&0x3ff)
	case b >= 0x477ff000: // 65520
		return sign | 0x7c00
	case b < 0x38800000: // 2**-14: denormal as a half
		// Adding 0.5 leaves the half's fraction, rounded, in the lowest bits.
		return sign | uint16(math.Float32bits(math.Float32frombits(b)+0.5)-0x3f000000)
	default:
		return sign | uint16((b+0xfff+b>>13&1-(127-15)<<23)>>13)
	}
}

// A float16F32Func is Float16ToF32 for slices of equal length.
type float16F32Func func(dst []float32, src []uint16)

var float16F32Variants = append(float16F32Asm(), variant[float16F32Func]{"ref", float16F32Ref})

var float16F32 = choose("float16_f32", float16F32Variants)

func float16F32Ref(dst []float32, src []uint16) {
	for i, h := range src {
		dst[i] = float16Value(h)
	}
}

// float16Value returns the value of the half-precision number h.
func float16Value(h uint16) float32 {
	sign, b := uint32(h)&0x8000<<16, uint32(h)&0x7fff
	switch {
	case b > 0x7c00: // NaN, made quiet as the hardware does
		b = b<<13 | 0x7fc00000
	case b == 0x7c00:
		b = 0x7f800000
	case b < 0x400: // zero or denormal
		b = math.Float32bits(float32(b) * 0x1p-24)
	default:
		b = b<<13 + (127-15)<<23
	}
	return math.Float32frombits(sign | b)
}
