package kernels

func gemmS8BitmaskRef(dst MatF32, x MatU8, w *BitmaskS8, bias []float32, n0, n1 int) {
	var rows [bitmaskPanel][]int8
	weights := make([]int8, bitmaskPanel*w.k)
	for i := range rows {
		rows[i] = weights[i*w.k : (i+1)*w.k]
	}
	var cols []uint16
	for p := n0; p < n1; p += bitmaskPanel {
		clear(weights)
		w.unpackPanel(p/bitmaskPanel, &rows)
		for i, row := range rows[:min(bitmaskPanel, n1-p)] {
			n := p + i
			var add float32
			if bias != nil {
				add = bias[n]
			}
			cols = appendNonzero(cols[:0], row)
			for t := range x.Rows {
				in := x.Data[t*x.Stride : t*x.Stride+x.Cols]
				var sum int32
				for _, k := range cols {
					sum += int32(in[k]) * int32(row[k])
				}
				sum -= x.Zero[t] * w.sums[n]
				scale := x.Scale[t] * w.scale[n]
				// The conversion keeps the compiler from fusing the two operations.
				dst.Data[t*dst.Stride+n] = float32(float32(sum)*scale) + add
			}
		}
	}
}
