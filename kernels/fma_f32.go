package kernels

import "math"

// fma32 returns x*y+z, rounded once, as the FMA instructions do. Package math
// has no such function for float32, and the conversion of a float64 result
// rounds twice.
func fma32(x, y, z float32) float32 {
	t := float64(x)*float64(y) + float64(z) // the product is exact
	if roundsTwice(t) {
		return fma32Odd(x, y, z)
	}
	return float32(t)
}

// roundsTwice reports whether rounding t, itself a rounded sum, to float32 may
// differ from rounding the sum: t lies halfway between two normal float32, or
// is denormal as float32.
func roundsTwice(t float64) bool {
	u := math.Float64bits(t)
	return u<<35 == 1<<63 || u<<1-1 < (1023-126)<<53-1
}

// fma32Odd is fma32 for all arguments: it rounds to odd first, which keeps the
// second rounding from seeing a halfway point that is none.
func fma32Odd(x, y, z float32) float32 {
	p, s := float64(x)*float64(y), float64(z)
	t := p + s
	// What t lacks of the sum, exactly (after Knuth). NaN if t is not finite.
	b := t - p
	lacks := (p - (t - b)) + (s - b)
	u := math.Float64bits(t)
	switch {
	case u&1 != 0: // odd already
	case lacks > 0 && t > 0, lacks < 0 && t < 0:
		u++
	case lacks > 0 && t < 0, lacks < 0 && t > 0:
		u--
	}
	return float32(math.Float64frombits(u))
}
