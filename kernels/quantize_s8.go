package kernels

import "math"

// QuantizeS8Rows quantizes w, row-major [n, k], symmetrically per row:
//
//	scale[i] = max |w[i][j]| / 127
//	q[i][j]  = w[i][j] / scale[i], rounded half to even
//
// Zeros stay zero; q is within -127 to 127. A row of zeros has scale 1, as has
// one whose largest value is below 1e-35. NaN counts as zero, and infinities
// and values beyond 1e38 as 1e38 with their sign. It panics if the length of w
// is not n*k.
func QuantizeS8Rows(w []float32, n, k int) (q []int8, scale []float32) {
	if n < 0 || k < 0 || len(w) != n*k {
		panic("kernels: weights do not match their shape")
	}
	q, scale = make([]int8, n*k), make([]float32, n)
	for i := range n {
		row := w[i*k : (i+1)*k]
		var most float32
		for _, v := range row {
			if v < 0 {
				v = -v
			}
			if v > most {
				most = v
			}
		}
		most = min(most, quantizeLimit)
		scale[i] = 1
		if most < 1e-35 {
			continue
		}
		s := most / 127
		scale[i] = s
		for j, v := range row {
			if v != 0 && v == v {
				v = max(-most, min(most, v))
				q[i*k+j] = int8(math.RoundToEven(float64(v / s)))
			}
		}
	}
	return q, scale
}
