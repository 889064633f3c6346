package kernels

import "math"

func layerNormF32Ref(dst, x, residual, gamma, beta []float32, eps float32) {
	var sum float64
	for j, v := range x {
		if len(residual) > 0 {
			v += residual[j]
		}
		dst[j] = v
		sum += float64(v)
	}
	mean := sum / float64(len(x))
	var sq float64
	for _, v := range dst {
		d := float64(v) - mean
		sq += float64(d * d)
	}
	s := 1 / math.Sqrt(sq/float64(len(x))+float64(eps))
	for j, v := range dst {
		n := float32((float64(v) - mean) * s)
		dst[j] = float32(n*gamma[j]) + beta[j]
	}
}
