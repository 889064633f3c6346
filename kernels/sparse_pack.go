package kernels

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unsafe"
)

// sparseBlock is the number of output rows that are packed together; the order
// of rows changes only within a block. sparseGroup is the number of rows that
// one slot serves.
const (
	sparseBlock = 64
	sparseGroup = 16
)

// sparseWindow is the number of activations in a window, sparseMaxWindows the
// largest number of windows of a view: a block of K holds 768 inputs at most,
// so that both views of 18 tokens fit a first cache of 32 KiB.
const (
	sparseWindow     = 64
	sparseMaxWindows = 12
	slotBytes        = 2 * sparseWindow
)

// sparseMaxDim bounds N and K, so that sums of products fit int32:
// 65536*255*128 < 1<<31.
const sparseMaxDim = 1 << 16

// sparseShifts says how far the second view moves each 16-byte lane of a
// window; see SparseS8. The differences of a row are as distinct as the number
// of windows allows, so that the columns of a window spread widely.
func sparseShifts(windows int) [4]int {
	switch {
	case windows >= 7:
		return [4]int{0, 1, 4, 6}
	case windows >= 5:
		return [4]int{0, 1, 2, 4}
	}
	return [4]int{0, 1 % windows, 2 % windows, 3 % windows}
}

// sparseShape returns the number of blocks that k inputs are cut into, and the
// number of windows of each.
func sparseShape(k int) (kblocks, windows int) {
	w := (k + sparseWindow - 1) / sparseWindow
	kblocks = (w + sparseMaxWindows - 1) / sparseMaxWindows
	return kblocks, (w + kblocks - 1) / kblocks
}

// A packer turns rows into slots. For each group of 16 rows and each block of
// K it decides how many slots every window gets, and through which of its two
// windows each nonzero is read.
//
// For one row that is the orientation of a small graph: windows are nodes, and
// the nonzeros of a 16-byte lane are parallel edges between the lane's window
// in the first view and its window in the second. Each edge loads one of its
// ends; a window with c slots carries at most 4c nonzeros of each row. The
// search for an orientation moves one nonzero at a time along a path from an
// overloaded window to one with room, which a graph of 24 nodes held in
// bit masks makes cheap.
type packer struct {
	windows int
	shifts  [4]int
	lanes   int
	first   [4 * sparseMaxWindows]uint8    // window of each lane in the first view
	second  [4 * sparseMaxWindows]uint8    // and in the second, counted from windows on
	of      [2 * sparseMaxWindows][4]uint8 // lanes of each window

	rows      [sparseGroup]packRow
	saved     [sparseGroup]packRow
	order     [sparseGroup]uint8          // rows, those that resisted last first
	slots     [2 * sparseMaxWindows]int16 // slots of each window
	base      [2 * sparseMaxWindows]int   // first slot of each window
	kept      [sparseGroup]packRow        // what an exchange started from
	keptSlots [2 * sparseMaxWindows]int16
	cols      [sparseGroup][]uint16        // nonzero columns of each row, within the block of K
	taken     [4 * sparseMaxWindows]uint8  // columns of each lane placed so far
	fill      [2 * sparseMaxWindows]uint16 // columns of each window placed so far
	data      []byte                       // slots
	win       []byte                       // window of each slot
}

// packRow is the state of one row.
type packRow struct {
	load  [2 * sparseMaxWindows]int16
	n     [4 * sparseMaxWindows]uint8  // nonzeros of each lane
	front [4 * sparseMaxWindows]uint8  // those read through the first view
	moves [2 * sparseMaxWindows]uint32 // windows that a nonzero of this one could move to
	room  uint32                       // windows with load < 4 slots
	over  uint32                       // windows with load > 4 slots
}

func newPacker(windows int) *packer {
	p := &packer{windows: windows, shifts: sparseShifts(windows), lanes: 4 * windows}
	var back [sparseMaxWindows]int
	for e := range p.lanes {
		a, l := e/4, e%4
		b := (a + p.shifts[l]) % windows
		p.first[e], p.second[e] = uint8(a), uint8(windows+b)
		p.of[a][l] = uint8(e)
		p.of[windows+b][back[b]] = uint8(e)
		back[b]++
	}
	return p
}

// findMoves recomputes r.moves[w].
func (p *packer) findMoves(r *packRow, w int) {
	var m uint32
	if w < p.windows {
		for _, e := range p.of[w] {
			if r.front[e] > 0 {
				m |= 1 << p.second[e]
			}
		}
	} else {
		for _, e := range p.of[w] {
			if r.front[e] < r.n[e] {
				m |= 1 << p.first[e]
			}
		}
	}
	r.moves[w] = m
}

// move moves one nonzero from window v to window u.
func (p *packer) move(r *packRow, v, u int) {
	for _, e := range p.of[v] {
		switch {
		case v < p.windows && int(p.second[e]) == u && r.front[e] > 0:
			r.front[e]--
			if r.front[e] == 0 {
				p.findMoves(r, v)
			}
		case v >= p.windows && int(p.first[e]) == u && r.front[e] < r.n[e]:
			r.front[e]++
			if r.front[e] == r.n[e] {
				p.findMoves(r, v)
			}
		default:
			continue
		}
		r.moves[u] |= 1 << v
		return
	}
}

// mark updates the masks of r for window w.
func (p *packer) mark(r *packRow, w int) {
	bit := uint32(1) << w
	r.room &^= bit
	r.over &^= bit
	switch c := 4 * p.slots[w]; {
	case r.load[w] < c:
		r.room |= bit
	case r.load[w] > c:
		r.over |= bit
	}
}

// relieve moves one nonzero away from the overloaded window v, through other
// windows if need be, to one with room. If there is none it returns the
// windows it reached: no nonzero of theirs can leave them.
func (p *packer) relieve(r *packRow, v int) (reached uint32, ok bool) {
	var parent [32]uint8
	reached = 1 << v
	for todo := reached; todo != 0; {
		x := bits.TrailingZeros32(todo)
		todo &= todo - 1
		next := r.moves[x] &^ reached
		if hit := next & r.room; hit != 0 {
			u := bits.TrailingZeros32(hit)
			p.move(r, x, u)
			for x != v {
				up := int(parent[x])
				p.move(r, up, x)
				x = up
			}
			r.load[v]--
			r.load[u]++
			p.mark(r, v)
			p.mark(r, u)
			return 0, true
		}
		reached |= next
		todo |= next
		for ; next != 0; next &= next - 1 {
			parent[bits.TrailingZeros32(next)&31] = uint8(x)
		}
	}
	return reached, false
}

// settle relieves every window of r; it reports false as soon as one cannot be.
func (p *packer) settle(r *packRow) bool {
	for r.over != 0 {
		if _, ok := p.relieve(r, bits.TrailingZeros32(r.over)); !ok {
			return false
		}
	}
	return true
}

// start sets up the rows from p.cols and returns the largest number of
// nonzeros of a row.
func (p *packer) start() int {
	most := 0
	for i := range p.rows {
		r := &p.rows[i]
		*r = packRow{}
		for _, c := range p.cols[i] {
			r.n[c/16]++
		}
		for e := range p.lanes {
			r.front[e] = (r.n[e] + uint8(e&1)) / 2
			r.load[p.first[e]] += int16(r.front[e])
			r.load[p.second[e]] += int16(r.n[e] - r.front[e])
		}
		for w := range 2 * p.windows {
			p.findMoves(r, w)
		}
		most = max(most, len(p.cols[i]))
		p.order[i] = uint8(i)
	}
	return most
}

// grow adds slots until every row finds a place for all its nonzeros. Each
// step helps the windows that the most stuck nonzeros can reach.
func (p *packer) grow() {
	for {
		var score [2 * sparseMaxWindows]int
		stuck := false
		for i := range p.rows {
			r := &p.rows[i]
			for over := r.over; over != 0; over &= over - 1 {
				v := bits.TrailingZeros32(over)
				for r.over&(1<<v) != 0 {
					reached, ok := p.relieve(r, v)
					if ok {
						continue
					}
					stuck = true
					gain := min(int(r.load[v]-4*p.slots[v]), 4)
					for s := reached; s != 0; s &= s - 1 {
						score[bits.TrailingZeros32(s)] += gain
					}
					break
				}
			}
		}
		if !stuck {
			return
		}
		best := 0
		for w := range 2 * p.windows {
			if score[w] > score[best] {
				best = w
			}
		}
		p.slots[best]++
		for i := range p.rows {
			p.mark(&p.rows[i], best)
		}
	}
}

// remove takes a slot from window w if every row can do without it.
func (p *packer) remove(w int) bool {
	p.slots[w]--
	for x, i := range p.order {
		p.saved[i] = p.rows[i]
		r := &p.rows[i]
		p.mark(r, w)
		if p.settle(r) {
			continue
		}
		p.slots[w]++
		for _, j := range p.order[:x+1] {
			p.rows[j] = p.saved[j]
		}
		copy(p.order[1:x+1], p.order[:x])
		p.order[0] = i
		return false
	}
	return true
}

// shrink removes slots, those of the emptiest windows first, until no window
// but keep can do with less. It returns how many it removed.
func (p *packer) shrink(keep int) int {
	removed := 0
	for {
		var spare [2 * sparseMaxWindows]int
		var order [2 * sparseMaxWindows]int
		ws := order[:0]
		for w := range 2 * p.windows {
			if p.slots[w] == 0 || w == keep {
				continue
			}
			ws = append(ws, w)
			for i := range p.rows {
				spare[w] += int(4*p.slots[w] - p.rows[i].load[w])
			}
		}
		slices.SortStableFunc(ws, func(a, b int) int { return spare[b] - spare[a] })
		before := removed
		for _, w := range ws {
			if p.remove(w) {
				removed++
			}
		}
		if removed == before {
			return removed
		}
	}
}

// exchange looks for slots that save more than themselves: it gives a slot to
// each window in turn and keeps it if others can go instead. An exchange of
// one for one is kept too, as the next may then save one. least is a bound
// below which no packing can go.
func (p *packer) exchange(least int) {
	total := 0
	for _, c := range p.slots[:2*p.windows] {
		total += int(c)
	}
	for idle := 0; idle < 2*p.windows && total > least; {
		for w := range 2 * p.windows {
			p.kept, p.keptSlots = p.rows, p.slots
			p.slots[w]++
			for i := range p.rows {
				p.mark(&p.rows[i], w)
			}
			switch removed := p.shrink(w); {
			case removed == 0:
				p.rows, p.slots = p.kept, p.keptSlots
				idle++
			case removed == 1:
				idle++
			default:
				total -= removed - 1
				idle = 0
			}
		}
	}
}

// rowBlock is a block of 64 rows on its way into slots.
type rowBlock struct {
	w     []int8
	n, k  int
	first int                   // number of its first row
	cols  [sparseBlock][]uint16 // nonzero columns of each row
	order [sparseBlock]int      // rows in the order of packing
}

// read makes r block b of the matrix, in its own order.
func (r *rowBlock) read(b int) {
	r.first = b * sparseBlock
	for i := range r.cols {
		r.order[i] = i
		r.cols[i] = r.cols[i][:0]
		if row := r.first + i; row < r.n {
			r.cols[i] = appendNonzero(r.cols[i], r.w[row*r.k:(row+1)*r.k])
		}
	}
}

// sort orders the rows by falling number of nonzeros.
func (r *rowBlock) sort() {
	slices.SortStableFunc(r.order[:], func(i, j int) int { return len(r.cols[j]) - len(r.cols[i]) })
}

// sortPays reports whether sorting the rows of each block makes products
// faster. It packs a few blocks both ways, roughly.
func sortPays(w []int8, n, k int) bool {
	const samples = 4
	kblocks, windows := sparseShape(k)
	p, r := newPacker(windows), &rowBlock{w: w, n: n, k: k}
	blocks := (n + sparseBlock - 1) / sparseBlock
	slots := [2]int{}
	some := min(samples, blocks)
	for i := range some {
		r.read(blocks * i / some)
		for sorted := range slots {
			if sorted == 1 {
				r.sort()
			}
			p.block(nil, r, kblocks, false)
			slots[sorted] += len(p.win)
			p.win, p.data = p.win[:0], p.data[:0]
		}
	}
	// To undo the order takes the time of ten to fifteen slots a block.
	return slots[0]-slots[1] > 10*some
}

// block packs the rows of r and appends the first slot of each of its lists to
// start; see group for thorough.
func (p *packer) block(start []uint32, r *rowBlock, kblocks int, thorough bool) []uint32 {
	size := p.windows * sparseWindow
	for g := 0; g < sparseBlock; g += sparseGroup {
		rows := r.order[g : g+sparseGroup]
		var rest [sparseGroup][]uint16
		for i, row := range rows {
			rest[i] = r.cols[row]
		}
		for base := 0; base < kblocks*size; base += size {
			for i := range p.cols {
				p.cols[i] = p.cols[i][:0]
				for len(rest[i]) > 0 && int(rest[i][0]) < base+size {
					p.cols[i] = append(p.cols[i], rest[i][0]-uint16(base))
					rest[i] = rest[i][1:]
				}
			}
			start = append(start, uint32(len(p.win)))
			p.group(g/sparseGroup%2 == 1, thorough)
			p.emit(func(i int, c uint16) int8 { return r.w[(r.first+rows[i])*r.k+base+int(c)] })
		}
	}
	return start
}

// group finds slots for the 16 rows whose columns are in p.cols; thorough
// spends three times as long for 1 to 3 % fewer. It appends their windows to
// p.win, in falling order if down is set: groups that alternate find the
// activations that their predecessor used last still in the cache.
func (p *packer) group(down, thorough bool) {
	most := p.start()
	// No packing has fewer slots than the fullest row needs: begin there.
	least, all := (most+3)/4, 2*p.windows
	for w := range all {
		p.slots[w] = int16(least / all)
		if w < least%all {
			p.slots[w]++
		}
	}
	for i := range p.rows {
		for w := range all {
			p.mark(&p.rows[i], w)
		}
	}
	p.grow()
	p.shrink(-1)
	if thorough {
		p.exchange(least)
	}

	for i := range all {
		w := i
		if down {
			w = all - 1 - i
		}
		p.base[w] = len(p.win)
		for range p.slots[w] {
			p.win = append(p.win, byte(w))
		}
	}
}

// emit appends the slots that group found to p.data; value returns the weight
// of a row in a column.
func (p *packer) emit(value func(row int, col uint16) int8) {
	p.data = append(p.data, make([]byte, len(p.win)*slotBytes-len(p.data))...)
	for i := range p.rows {
		r := &p.rows[i]
		clear(p.taken[:])
		clear(p.fill[:])
		for _, c := range p.cols[i] {
			e := c / 16
			w := p.second[e]
			if p.taken[e] < r.front[e] {
				w = p.first[e]
			}
			p.taken[e]++
			f := int(p.fill[w])
			p.fill[w]++
			slot := p.data[(p.base[w]+f/4)*slotBytes:][:slotBytes]
			slot[i*4+f%4] = byte(c % sparseWindow)
			slot[sparseWindow+i*4+f%4] = byte(value(i, c))
		}
	}
}

// appendNonzero appends the positions of the nonzero elements of w, which has
// at most 65536.
func appendNonzero(pos []uint16, w []int8) []uint16 {
	const low7 = 0x7f7f7f7f7f7f7f7f
	b := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(w))), len(w))
	i := 0
	for ; i+8 <= len(b); i += 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		for m := (x&low7 + low7 | x) &^ low7; m != 0; m &= m - 1 { // top bit of each nonzero byte
			pos = append(pos, uint16(i+bits.TrailingZeros64(m)/8))
		}
	}
	for ; i < len(b); i++ {
		if b[i] != 0 {
			pos = append(pos, uint16(i))
		}
	}
	return pos
}
