package kernels

import "math"

// roundToEven rounds half to even. x must fit int32.
func roundToEven(x float32) int32 { return int32(math.RoundToEven(float64(x))) }

func quantizeU8BoundsRef(x []float32) (lo, hi float32) {
	for _, v := range x {
		if v < lo {
			lo = v
		}
		if v > hi {
			hi = v
		}
	}
	return lo, hi
}

func quantizeU8RoundRef(dst []uint8, x []float32, inverse float32, zero int32) {
	lo, hi := float32(-zero), float32(255-zero)
	for i, v := range x {
		if v != v {
			dst[i] = 0
			continue
		}
		v *= inverse
		// Clamping to integers before rounding gives what clamping after it does.
		dst[i] = uint8(roundToEven(min(max(v, lo), hi)) + zero)
	}
}
