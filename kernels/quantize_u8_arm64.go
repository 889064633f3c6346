//go:build arm64 && !purego

package kernels

import "unsafe"

var quantizeU8Asm = []variant[quantizeU8Impl]{{"neon", quantizeU8Impl{boundsNEON, roundNEON}}}

//go:noescape
func quantizeU8BoundsNEON(x *float32, n int) (lo, hi float32)

//go:noescape
func quantizeU8RoundNEON(dst *uint8, x *float32, n int, inverse float32, zero int32)

// The loops take 16 elements at a time and leave the rest to the reference.

func boundsNEON(x []float32) (lo, hi float32) {
	n := len(x) &^ 15
	lo, hi = quantizeU8BoundsRef(x[n:])
	if n > 0 {
		l, h := quantizeU8BoundsNEON(unsafe.SliceData(x), n)
		lo, hi = min(lo, l), max(hi, h)
	}
	return lo, hi
}

func roundNEON(dst []uint8, x []float32, inverse float32, zero int32) {
	n := len(x) &^ 15
	quantizeU8RoundRef(dst[n:], x[n:], inverse, zero)
	if n > 0 {
		quantizeU8RoundNEON(unsafe.SliceData(dst), unsafe.SliceData(x), n, inverse, zero)
	}
}
