package kernels

import "slices"

// pairsS8 is a form of SparseS8 for CPUs that multiply pairs of int16: for each
// row, the pairs of neighbouring inputs of which at least one has a weight.
// Even rows list them in rising order and odd rows in falling order, so that a
// row begins with the activations that the one before it used last.
type pairsS8 struct {
	start  []uint32 // rows+1 elements: first entry of each row
	pair   []uint16 // input number / 2
	weight []uint32 // two int16, that of the even input in the low half
}

// pairs returns the pairs of w, which it makes on the first call.
func (w *SparseS8) pairs() *pairsS8 {
	w.pairOnce.Do(func() { w.pairList = newPairsS8(w) })
	return w.pairList
}

func newPairsS8(w *SparseS8) *pairsS8 {
	rows := w.Blocks() * sparseBlock
	p := &pairsS8{start: make([]uint32, 1, rows+1)}
	var block [sparseBlock][]int8
	weights := make([]int8, sparseBlock*w.k)
	for i := range block {
		block[i] = weights[i*w.k : (i+1)*w.k]
	}
	p.pair = make([]uint16, 0, w.nnz+w.nnz/16)
	p.weight = make([]uint32, 0, cap(p.pair))
	var cols []uint16
	for b := range w.Blocks() {
		clear(weights)
		w.unpackBlock(b, &block)
		for i, row := range block {
			cols = appendNonzero(cols[:0], row)
			first := len(p.pair)
			for at := 0; at < len(cols); at++ {
				k := int(cols[at]) &^ 1
				if at+1 < len(cols) && int(cols[at+1])&^1 == k {
					at++
				}
				v := uint32(uint16(row[k]))
				if k+1 < len(row) {
					v |= uint32(uint16(row[k+1])) << 16
				}
				p.pair = append(p.pair, uint16(k/2))
				p.weight = append(p.weight, v)
			}
			if i%2 == 1 {
				slices.Reverse(p.pair[first:])
				slices.Reverse(p.weight[first:])
			}
			p.start = append(p.start, uint32(len(p.pair)))
		}
	}
	return p
}
