//go:build arm64 && !purego

package kernels

import "sync"

// sparseForms holds the forms of a matrix that the variants read.
type sparseForms struct {
	foursOnce, onesOnce sync.Once
	foursList, onesList *groupsS8
}

// groupsS8 is a form of SparseS8 for instructions that multiply vectors of
// tokens by one element: for each row, the groups of neighbouring inputs of
// which at least one has a weight. Even rows list them in rising order and odd
// rows in falling order, so that a row begins with the activations that the one
// before it used last.
type groupsS8 struct {
	start  []uint32 // rows+1 elements: first entry of each row
	group  []uint16 // number of the group
	weight []byte   // four int8 for groups of four, an int16 for single inputs
}

// fours returns the groups of four inputs of w, which it makes on the first
// call.
func (w *SparseS8) fours() *groupsS8 {
	w.foursOnce.Do(func() { w.foursList = newGroupsS8(w, 4) })
	return w.foursList
}

// ones returns the single inputs of w, which it makes on the first call.
func (w *SparseS8) ones() *groupsS8 {
	w.onesOnce.Do(func() { w.onesList = newGroupsS8(w, 1) })
	return w.onesList
}

// newGroupsS8 makes the groups of size inputs, 1 or 4.
func newGroupsS8(w *SparseS8, size int) *groupsS8 {
	wide := roundUp(w.k, 4)
	most, bytes := w.nnz, 2
	if size == 4 {
		most, bytes = min(w.nnz, w.n*wide/4), 4
	}
	g := &groupsS8{
		start:  make([]uint32, 1, w.Blocks()*sparseBlock+1),
		group:  make([]uint16, 0, most),
		weight: make([]byte, 0, most*bytes),
	}
	dense := make([]int8, sparseBlock*wide)
	var rows [sparseBlock][]int8
	for i := range rows {
		rows[i] = dense[i*wide : i*wide+w.k]
	}
	// add lists group i of row if it has a weight.
	add := func(row []int8, i int) {
		if size == 1 {
			if v := row[i]; v != 0 {
				g.group = append(g.group, uint16(i))
				g.weight = append(g.weight, byte(v), byte(v>>7))
			}
			return
		}
		if four := (*[4]int8)(row[4*i:]); *four != [4]int8{} {
			g.group = append(g.group, uint16(i))
			g.weight = append(g.weight, byte(four[0]), byte(four[1]), byte(four[2]), byte(four[3]))
		}
	}
	n := wide / size
	for b := range w.Blocks() {
		clear(dense)
		w.unpackBlock(b, &rows)
		for r := range rows {
			row := dense[r*wide : (r+1)*wide]
			for i := range n {
				if r%2 == 0 {
					add(row, i)
				} else {
					add(row, n-1-i)
				}
			}
			g.start = append(g.start, uint32(len(g.group)))
		}
	}
	return g
}
