package kernels

func packF32Ref(dst, src []float32, lds, rows, cols int) {
	for i := range rows {
		row := src[i*lds : i*lds+cols]
		for j, v := range row {
			dst[j*panelLanes+i] = v
		}
	}
}
