package kernels

import "math"

// fma32 returns x*y+z, rounded once, as the FMA instructions do. Package math
// has no such function for float32, and the conversion of a float64 result
// rounds twice. It is small enough to be inlined.
func fma32(x, y, z float32) float32 {
	t := float64(x)*float64(y) + float64(z) // the product is exact
	if math.Float64bits(t)&(1<<28-1) == 0 {
		// The first rounding may have ended halfway between two float32
		// (denormal ones have more zeros there), where the second could go wrong.
		return fma32Slow(x, y, z)
	}
	return float32(t)
}

// fma32Slow is fma32 for all arguments: it rounds to odd first, which keeps the
// second rounding from seeing a halfway point that is none.
func fma32Slow(x, y, z float32) float32 {
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
