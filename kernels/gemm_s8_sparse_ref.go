package kernels

// prepareS8Ref keeps the rows as they are.
func prepareS8Ref(t *TilesS8, x MatU8) {
	t.grow(x.Rows * x.Cols)
	for i := range x.Rows {
		copy(t.buf[i*x.Cols:], x.Data[i*x.Stride:i*x.Stride+x.Cols])
	}
}

func gemmS8SparseRef(dst MatF32, t *TilesS8, w *SparseS8, bias []float32, b0, b1 int) {
	var rows [sparseBlock][]int8
	weights := make([]int8, sparseBlock*w.k)
	for i := range rows {
		rows[i] = weights[i*w.k : (i+1)*w.k]
	}
	var cols []uint16
	for b := b0; b < b1; b++ {
		clear(weights)
		w.unpackBlock(b, &rows)
		for i, row := range rows[:min(sparseBlock, w.n-b*sparseBlock)] {
			n := b*sparseBlock + i
			var add float32
			if bias != nil {
				add = bias[n]
			}
			cols = appendNonzero(cols[:0], row)
			for j := range t.rows {
				x := t.buf[j*t.k : (j+1)*t.k]
				var sum int32
				for _, k := range cols {
					sum += int32(x[k]) * int32(row[k])
				}
				sum -= t.zero[j] * w.sums[n]
				scale := t.scale[j] * w.scale[n]
				// The conversion keeps the compiler from fusing the two operations.
				dst.Data[j*dst.Stride+n] = float32(float32(sum)*scale) + add
			}
		}
	}
}
