package kernels

import "math"

// minNormal is the least positive normal float32.
const minNormal = 0x1p-126

func softmaxF32Ref(x []float32, scale float32) {
	top := float32(math.Inf(-1))
	for i, v := range x {
		v *= scale
		x[i] = v
		top = max(top, v)
	}
	var sum float64
	for i, v := range x {
		e := math.Exp(float64(v - top))
		if e < minNormal {
			e = 0
		}
		x[i] = float32(e)
		sum += e
	}
	for i, v := range x {
		x[i] = float32(float64(v) / sum)
	}
}
