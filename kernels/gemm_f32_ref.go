package kernels

// gemmF32Ref is the arithmetic of every variant. Its steps are those of fma32,
// which the compiler does not inline.
func gemmF32Ref(dst []float32, ldd int, x []float32, ldx int, w []float32, ldw, k int, bias []float32, rows, panels int, add bool) {
	for i := range rows {
		xi := x[i*ldx : i*ldx+k]
		for j := 0; j < panels*panelLanes; j += 4 {
			panel := w[j/panelLanes*ldw+j%panelLanes:]
			d, b := (*[4]float32)(dst[i*ldd+j:]), (*[4]float32)(bias[j:])
			var s [4]float32
			if add {
				s = *d
			}
			s0, s1, s2, s3 := s[0], s[1], s[2], s[3]
			for l, v := range xi {
				r := (*[4]float32)(panel[l*panelLanes:])
				v64 := float64(v)
				t0 := v64*float64(r[0]) + float64(s0)
				t1 := v64*float64(r[1]) + float64(s1)
				t2 := v64*float64(r[2]) + float64(s2)
				t3 := v64*float64(r[3]) + float64(s3)
				if roundsTwice(t0) {
					t0 = float64(fma32Odd(v, r[0], s0))
				}
				if roundsTwice(t1) {
					t1 = float64(fma32Odd(v, r[1], s1))
				}
				if roundsTwice(t2) {
					t2 = float64(fma32Odd(v, r[2], s2))
				}
				if roundsTwice(t3) {
					t3 = float64(fma32Odd(v, r[3], s3))
				}
				s0, s1, s2, s3 = float32(t0), float32(t1), float32(t2), float32(t3)
			}
			d[0], d[1], d[2], d[3] = s0+b[0], s1+b[1], s2+b[2], s3+b[3]
		}
	}
}
