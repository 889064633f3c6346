package kernels

import "math"

// The polynomials, highest power first. The last coefficients of erfSmall and
// erfBig are less 1: their argument is added at the end.
var (
	erfSmall = [...]float32{-5.99104969e-4, 4.99339588e-3, -2.67667342e-2, 1.12818025e-1, -3.76124859e-1, 1.28379151e-1}
	erfBig   = [...]float32{1.72948930e-5, -3.83208680e-4, 3.88393435e-3, -2.42545605e-2, 1.06777847e-1, 6.34846687e-1, 1.28717512e-1}
	erfExp   = [...]float32{1.38319808e-3, 8.37550033e-3, 4.16689515e-2, 1.66664466e-1, 4.99999851e-1, 1, 1}
	expPoly  = [...]float32{0x1.694p-10, 0x1.125edcp-7, 0x1.555b5ap-5, 0x1.55545p-3, 0x1.fffff6p-2, 1, 1}
)

const (
	erfLimit = 3.925    // from where on the result is 1
	erfSplit = 0.921875 // from where on it is 1 less an exponential
	expLow   = -87.25   // below which an exponential is 0, so that no denormal number arises
)

func geluErfF32Ref(x []float32, times, over float32) {
	for i, v := range x {
		e := erfRef(float32(v*times) / over)
		x[i] = float32(v*(e+1)) * 0.5
	}
}

func erfRef(v float32) float32 {
	if v != v {
		return v
	}
	a := min(math.Float32frombits(math.Float32bits(v)&^(1<<31)), erfLimit)
	var r float32
	if a < erfSplit {
		r = fma32(horner(erfSmall[:], float32(a*a)), a, a)
	} else {
		r = 1 - expOf(-fma32(horner(erfBig[:], a), a, a), erfExp[:])
	}
	return math.Float32frombits(math.Float32bits(r) | math.Float32bits(v)&(1<<31))
}

func expF32Ref(x []float32) {
	for i, v := range x {
		switch {
		case v < expLow:
			x[i] = 0
		case v == v:
			x[i] = expOf(v, expPoly[:])
		}
	}
}

// expOf returns e**x: 2**n times the polynomial in what is left of x, with
// log(2) in two parts.
func expOf(x float32, poly []float32) float32 {
	const log2e, high, low = float32(1.44269504), float32(-6.93145752e-1), float32(-1.42860677e-6)
	n := fma32(x, log2e, geluMagic) - geluMagic
	x = fma32(n, low, fma32(n, high, x))
	return float32(horner(poly, x) * math.Float32frombits(uint32(int32(n)+127)<<23))
}

// horner returns the polynomial at x, its coefficients from the highest power
// down.
func horner(poly []float32, x float32) float32 {
	p := poly[0]
	for _, c := range poly[1:] {
		p = fma32(p, x, c)
	}
	return p
}

func quantizeLinearU8Ref(dst []uint8, x []float32, scale float32, zero uint8) {
	for i, v := range x {
		dst[i] = uint8(wholeRef(v, scale, zero) + int32(zero))
	}
}

func fakeQuantizeF32Ref(x []float32, scale float32, zero uint8, by float32) {
	for i, v := range x {
		x[i] = float32(wholeRef(v, scale, zero)) * by
	}
}

// wholeRef returns the 8-bit number for v less the zero point.
func wholeRef(v, scale float32, zero uint8) int32 {
	low, high := -float32(zero), 255-float32(zero)
	v /= scale
	if !(v > low) { // or NaN
		v = low
	}
	return int32(math.RoundToEven(float64(min(v, high))))
}
