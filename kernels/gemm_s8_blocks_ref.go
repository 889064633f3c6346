package kernels

import "encoding/binary"

// prepareBlocksRef keeps the rows as they are, but for zeros up to a multiple of
// four inputs.
func prepareBlocksRef(t *QuadsS8, x MatU8) {
	k := roundUp(x.Cols, blockInputs)
	t.grow(x.Rows * k)
	for i := range x.Rows {
		row := t.buf[i*k : (i+1)*k]
		clear(row[copy(row, x.Data[i*x.Stride:i*x.Stride+x.Cols]):])
	}
}

func gemmS8BlocksRef(dst MatF32, t *QuadsS8, w *BlocksS8, bias []float32, b0, b1 int) {
	k := roundUp(t.k, blockInputs)
	sums := make([]int32, t.rows)
	for n := b0 * sparseBlock; n < min(b1*sparseBlock, w.n); n++ {
		clear(sums)
		for r := range w.ranges {
			for _, e := range w.entries(n, r) {
				c := r*blocksRange + int(binary.LittleEndian.Uint16(e[:]))/blockScale*blockInputs
				for i := range sums {
					x := t.buf[i*k+c:][:blockInputs]
					for q, v := range e[2:] {
						sums[i] += int32(x[q]) * int32(int8(v))
					}
				}
			}
		}
		var add float32
		if bias != nil {
			add = bias[n]
		}
		for i, sum := range sums {
			sum -= t.zero[i] * w.sums[n]
			scale := t.scale[i] * w.scale[n]
			// The conversion keeps the compiler from fusing the two operations.
			dst.Data[i*dst.Stride+n] = float32(float32(sum)*scale) + add
		}
	}
}

// entries returns the blocks of output n in range r.
func (b *BlocksS8) entries(n, r int) [][blockBytes]byte {
	g := n / sparseGroup
	lists := b.count[(r*b.groups+g)*sparseGroup:][:n%sparseGroup+1]
	data := b.from(r, g)
	for _, c := range lists[:n%sparseGroup] {
		data = data[int(c)*blockBytes:]
	}
	entries := make([][blockBytes]byte, lists[n%sparseGroup])
	for i := range entries {
		copy(entries[i][:], data[i*blockBytes:])
	}
	return entries
}
