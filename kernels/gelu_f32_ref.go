package kernels

import "math"

func geluF32Ref(x []float32) {
	for i, v := range x {
		// erfc keeps the relative accuracy of small results; beyond 15 they
		// are 0 or v, and the product with an infinity would be NaN.
		switch d := float64(v); {
		case d < -15:
			x[i] = 0
		case d <= 15:
			x[i] = float32(d * 0.5 * math.Erfc(-d/math.Sqrt2))
		}
	}
}

func geluTanhF32Ref(x []float32) {
	for i, v := range x {
		switch d := float64(v); {
		case d < -10:
			x[i] = 0
		case d <= 10:
			u := math.Sqrt(2/math.Pi) * (d + 0.044715*d*d*d)
			x[i] = float32(d / (1 + math.Exp(-2*u)))
		}
	}
}
