package kernels

// gemmF32Ref keeps 8 sums at a time: enough to hide how long one fused step
// takes without an instruction for it.
func gemmF32Ref(dst []float32, ldd int, x []float32, ldx int, w []float32, ldw, k int, bias []float32, rows, panels int, add bool) {
	for i := range rows {
		xi := x[i*ldx : i*ldx+k]
		for j := 0; j < panels*panelLanes; j += 8 {
			panel := w[j/panelLanes*ldw+j%panelLanes:]
			d, b := (*[8]float32)(dst[i*ldd+j:]), (*[8]float32)(bias[j:])
			var s0, s1, s2, s3, s4, s5, s6, s7 float32
			if add {
				s0, s1, s2, s3, s4, s5, s6, s7 = d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7]
			}
			for l, v := range xi {
				r := (*[8]float32)(panel[l*panelLanes:])
				s0 = fma32(v, r[0], s0)
				s1 = fma32(v, r[1], s1)
				s2 = fma32(v, r[2], s2)
				s3 = fma32(v, r[3], s3)
				s4 = fma32(v, r[4], s4)
				s5 = fma32(v, r[5], s5)
				s6 = fma32(v, r[6], s6)
				s7 = fma32(v, r[7], s7)
			}
			d[0], d[1], d[2], d[3] = s0+b[0], s1+b[1], s2+b[2], s3+b[3]
			d[4], d[5], d[6], d[7] = s4+b[4], s5+b[5], s6+b[6], s7+b[7]
		}
	}
}
