package kernels

import (
	"encoding/binary"
	"math/bits"
)

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
	var (
		p      = &pairsS8{start: make([]uint32, 1, w.Blocks()*sparseBlock+1)}
		width  = w.kblocks * w.windows * sparseWindow
		words  = (width + 127) / 128
		dense  = make([]byte, sparseBlock*width)   // weights of a block, in packed order
		used   = make([]uint64, sparseBlock*words) // a bit for each pair
		shifts = sparseShifts(w.windows)
	)
	p.pair = make([]uint16, 0, w.nnz)
	p.weight = make([]uint32, 0, w.nnz)
	add := func(row []byte, pair int) {
		// Weights are taken out, so that dense is zero for the next block.
		two := row[2*pair : 2*pair+2]
		v := binary.LittleEndian.Uint16(two)
		two[0], two[1] = 0, 0
		p.pair = append(p.pair, uint16(pair))
		p.weight = append(p.weight, uint32(uint16(int8(v)))|uint32(uint16(int8(v>>8)))<<16)
	}
	// Pairs outside the matrix, which only a damaged file uses, are left out.
	pairs := (w.k + 1) / 2
	last, lastMask := (pairs-1)/64, ^uint64(0)>>(-uint(pairs)%64)
	for b := range w.Blocks() {
		clear(used)
		for g := range sparseBlock / sparseGroup {
			for kb := range w.kblocks {
				list := (b*sparseBlock/sparseGroup+g)*w.kblocks + kb
				for s := w.start[list]; s < w.start[list+1]; s++ {
					base := w.windowLanes(kb, int(w.win[s]), shifts)
					slot := (*[slotBytes]byte)(w.slots[int(s)*slotBytes:])
					for i := range sparseWindow {
						v := slot[sparseWindow+i]
						if v == 0 {
							continue
						}
						place := int(slot[i])
						k := base[place/16&3] + place%16
						row := g*sparseGroup + i/4
						dense[row*width+k] += v
						used[row*words+k/128] |= 1 << (k / 2 % 64)
					}
				}
			}
		}
		for i, place := range w.from[b*sparseBlock:][:sparseBlock] {
			row := dense[int(place)*width:][:width]
			set := used[int(place)*words:][:last+1]
			set[last] &= lastMask
			if i%2 == 0 {
				for x, m := range set {
					for ; m != 0; m &= m - 1 {
						add(row, 64*x+bits.TrailingZeros64(m))
					}
				}
			} else {
				for x := last; x >= 0; x-- {
					for m := set[x]; m != 0; {
						top := 63 - bits.LeadingZeros64(m)
						m &^= 1 << top
						add(row, 64*x+top)
					}
				}
			}
			p.start = append(p.start, uint32(len(p.pair)))
		}
	}
	return p
}
