package kernels

// gemmF32Ref rounds each product before adding it (the conversions keep the
// compiler from fusing the two on some machines), so that the reference gives
// the same bits everywhere.
func gemmF32Ref(dst []float32, ldd int, x []float32, ldx int, w []float32, ldw, k int, bias []float32, rows, panels int, add bool) {
	for i := range rows {
		xi := x[i*ldx : i*ldx+k]
		for j := 0; j < panels*panelLanes; j += 4 {
			panel := w[j/panelLanes*ldw:][:k*panelLanes]
			d, b := dst[i*ldd+j:][:4:4], bias[j:][:4:4]
			var s0, s1, s2, s3 float32
			if add {
				s0, s1, s2, s3 = d[0], d[1], d[2], d[3]
			}
			for l, v := range xi {
				r := panel[l*panelLanes+j%panelLanes:][:4:4]
				s0 += float32(v * r[0])
				s1 += float32(v * r[1])
				s2 += float32(v * r[2])
				s3 += float32(v * r[3])
			}
			d[0], d[1], d[2], d[3] = s0+b[0], s1+b[1], s2+b[2], s3+b[3]
		}
	}
}
