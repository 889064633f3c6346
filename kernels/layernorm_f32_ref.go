package kernels

import "math"

// layerNormF32Ref is the arithmetic of every variant. The conversions keep the
// compiler from fusing operations that they do not fuse.
func layerNormF32Ref(dst, x, residual, gamma, beta []float32, eps float32) {
	inverse := 1 / float32(len(x))
	var sums, squares [sumLanes]float32
	for j, v := range x {
		if len(residual) > 0 {
			v += residual[j]
		}
		dst[j] = v
		sums[j%sumLanes] += v
	}
	mean := float32(sumRef(&sums) * inverse)
	for j, v := range dst {
		d := v - mean
		squares[j%sumLanes] = fma32(d, d, squares[j%sumLanes])
	}
	variance := float32(sumRef(&squares) * inverse)
	// The root of a float32 rounded to float64 and then to float32 is the root
	// rounded once.
	s := 1 / float32(math.Sqrt(float64(variance+eps)))
	for j, v := range dst {
		dst[j] = fma32(float32((v-mean)*s), gamma[j], beta[j])
	}
}
