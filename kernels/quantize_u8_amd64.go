//go:build amd64 && !purego

package kernels

import "unsafe"

var quantizeU8Asm = []variant[quantizeU8Impl]{
	{"avx512f", quantizeU8Impl{boundsAVX512F, roundAVX512F}},
	{"avx2", quantizeU8Impl{boundsAVX2, roundAVX2}},
}

// The loops over bounds take the maximum of numbers and, if there is one among
// them that is positive, not a number; the reference then looks again.

//go:noescape
func quantizeU8BoundsAVX512F(x *float32, n int) (lo, hi float32)

//go:noescape
func quantizeU8RoundAVX512F(dst *uint8, x *float32, n int, inverse float32, zero int32)

//go:noescape
func quantizeU8BoundsAVX2(x *float32, n int) (lo, hi float32)

//go:noescape
func quantizeU8RoundAVX2(dst *uint8, x *float32, n int, inverse float32, zero int32)

func boundsAVX512F(x []float32) (lo, hi float32) {
	if len(x) == 0 {
		return 0, 0
	}
	lo, hi = quantizeU8BoundsAVX512F(unsafe.SliceData(x), len(x))
	if hi != hi {
		return quantizeU8BoundsRef(x)
	}
	return lo, hi
}

func roundAVX512F(dst []uint8, x []float32, inverse float32, zero int32) {
	if len(x) > 0 {
		quantizeU8RoundAVX512F(unsafe.SliceData(dst), unsafe.SliceData(x), len(x), inverse, zero)
	}
}

// The avx2 loops take 32 elements at a time and leave the rest to the reference.

func boundsAVX2(x []float32) (lo, hi float32) {
	n := len(x) &^ 31
	lo, hi = quantizeU8BoundsRef(x[n:])
	if n > 0 {
		l, h := quantizeU8BoundsAVX2(unsafe.SliceData(x), n)
		if h != h {
			return quantizeU8BoundsRef(x)
		}
		lo, hi = min(lo, l), max(hi, h)
	}
	return lo, hi
}

func roundAVX2(dst []uint8, x []float32, inverse float32, zero int32) {
	n := len(x) &^ 31
	quantizeU8RoundRef(dst[n:], x[n:], inverse, zero)
	if n > 0 {
		quantizeU8RoundAVX2(unsafe.SliceData(dst), unsafe.SliceData(x), n, inverse, zero)
	}
}
