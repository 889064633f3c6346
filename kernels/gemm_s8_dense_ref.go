package kernels

func gemmS8DenseRef(dst MatF32, x MatU8, w *DenseS8, bias []float32, n0, n1 int) {
	quads := w.quads()
	for i := range x.Rows {
		row := x.Data[i*x.Stride : i*x.Stride+x.Cols]
		for p := n0; p < n1; p += panelLanes {
			panel := w.data[p*quads*4 : (p+panelLanes)*quads*4]
			var sums [panelLanes]int32
			for k, v := range row {
				quad := (*[quadBytes]int8)(panel[k/4*quadBytes:])
				for j := range sums {
					sums[j] += int32(v) * int32(quad[4*j+k%4])
				}
			}
			for j := p; j < min(p+panelLanes, n1); j++ {
				var add float32
				if bias != nil {
					add = bias[j]
				}
				sum := sums[j-p] + x.Zero[i]*w.fix[j]
				scale := x.Scale[i] * w.scale[j]
				// The conversion keeps the compiler from fusing the two operations.
				dst.Data[i*dst.Stride+j] = float32(float32(sum)*scale) + add
			}
		}
	}
}
