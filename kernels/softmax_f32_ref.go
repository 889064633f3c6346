package kernels

import "math"

// exp2Low is the least t for which 2**t is not taken as 0.
const exp2Low = -126 + 1.0/32

// exp2Poly holds the coefficients of a polynomial for 2**f, |f| <= 0.5, from
// the constant term up: relative error below 4e-9.
var exp2Poly = [...]float32{
	1, 0.6931472029849752, 0.24022647896880178, 0.05550332162955892,
	0.009618438601497463, 0.0013399003450696356, 0.0001535325784284857,
}

// expRef returns e**x for x up to 0: 2**n times the polynomial in f, where n+f
// is x*log2(e) and n an integer.
func expRef(x float32) float32 {
	const log2e = float32(math.Log2E)
	t := float32(x * log2e)
	switch {
	case t != t:
		return t
	case t < exp2Low:
		return 0
	}
	n := int32(math.RoundToEven(float64(t)))
	f := fma32(x, log2e, float32(-n))
	p := exp2Poly[len(exp2Poly)-1]
	for i := len(exp2Poly) - 2; i >= 0; i-- {
		p = fma32(p, f, exp2Poly[i])
	}
	return math.Float32frombits(math.Float32bits(p) + uint32(n)<<23)
}

// softmaxF32Ref is the arithmetic of every variant.
func softmaxF32Ref(x []float32, scale float32) {
	top := float32(math.Inf(-1))
	for i, v := range x {
		x[i] = float32(v * scale)
		top = max(top, x[i])
	}
	var lanes [sumLanes]float32
	for i, v := range x {
		x[i] = expRef(v - top)
		lanes[i%sumLanes] += x[i]
	}
	inverse := 1 / sumRef(&lanes)
	for i := range x {
		x[i] *= inverse
	}
}
