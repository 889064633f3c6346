package kernels

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"unsafe"
)

// A SparseS8 is a matrix of weights [N outputs, K inputs] in int8, most of
// them zero, with one float32 scale per output: the real value of weight (n, k)
// is q(n, k) * scale(n). It is immutable and safe for concurrent use.
//
// The weights are packed for a CPU that can gather 64 bytes from a register
// (AVX512-VBMI) and that multiplies four bytes with four bytes at a time
// (AVX512-VNNI). A slot holds four weights of each of 16 output rows, with
// for each weight the place of its input in a window of 64 inputs. The inputs
// lie in memory twice: in their order, the first view, and with each 16 bytes
// moved to another window, the second view. A weight may be read through its
// window in either, and PackS8Sparse chooses so that few places stay empty.
//
// # Format
//
// The form in memory is also the form in files, little endian:
//
//	 0  8  "SPARSES8"
//	 8  4  version, 1
//	12  4  N, 1 to 65536
//	16  4  K, 1 to 65536
//	20  4  S, the number of slots
//	24  8  the number of nonzero weights
//	32 32  zero
//
// Then come six arrays; each starts at the next multiple of 64 bytes, and the
// bytes between are zero. R is N rounded up to a multiple of 64.
//
//	scale   R   float32  scale of each row, 0 for the rows from N on
//	sums    R   int32    sum of the weights of each row
//	from    R   uint8    rows are permuted in blocks of 64: place of each row in its block
//	starts  G+1 uint32   first slot of each list; G = R/16 * B, the last is S
//	windows S   uint8    window of each slot
//	slots   S   128 B    64 places, each below 64, then 64 weights (int8)
//
// K is cut into B blocks of W windows of 64 inputs: with V = ceil(K/64), B is
// ceil(V/12) and W is ceil(V/B). List g*B+b holds the slots of group g, 16
// rows in permuted order, for block b of K. In a slot bytes 4i to 4i+3 belong
// to row i of the group. Window w below W holds inputs 64w to 64w+63 of the
// block. Window W+w holds, as its bytes 16l to 16l+15, those of window
// (w-d) mod W, where d is {0, 1, 4, 6}[l] if W is 7 or more, {0, 1, 2, 4}[l]
// if it is 5 or 6, else l mod W. An empty place has weight 0.
type SparseS8 struct {
	raw              []byte // the format above
	n, k             int
	kblocks, windows int
	natural          bool // no row changes its place
	nnz              int

	// Parts of raw.
	scale []float32
	sums  []int32
	from  []uint8
	start []uint32
	win   []byte
	slots []byte

	sparseForms
}

const (
	sparseMagic   = "SPARSES8"
	sparseVersion = 1
	sparseHeader  = 64
	sparseAlign   = 64
)

// sparseLayout holds the offsets of the arrays of a packed matrix.
type sparseLayout struct {
	scale, sums, from, starts, windows, slots, end uint64
}

func newSparseLayout(n, k, slots int) sparseLayout {
	kblocks, _ := sparseShape(k)
	rows := uint64(roundUp(n, sparseBlock))
	at := uint64(sparseHeader)
	next := func(size uint64) uint64 {
		o := at
		at = (at + size + sparseAlign - 1) &^ (sparseAlign - 1)
		return o
	}
	var l sparseLayout
	l.scale = next(4 * rows)
	l.sums = next(4 * rows)
	l.from = next(rows)
	l.starts = next(4 * (rows/sparseGroup*uint64(kblocks) + 1))
	l.windows = next(uint64(slots))
	l.slots = next(uint64(slots) * slotBytes)
	l.end = at
	return l
}

// roundUp returns the smallest multiple of m that is at least n.
func roundUp(n, m int) int { return (n + m - 1) / m * m }

// alignedBytes returns n zeroed bytes that start at a multiple of 64.
func alignedBytes(n int) []byte {
	b := make([]byte, n+sparseAlign-1)
	o := -uintptr(unsafe.Pointer(unsafe.SliceData(b))) & (sparseAlign - 1)
	return b[o : int(o)+n : int(o)+n]
}

// PackS8Sparse packs w, the row-major weights of n outputs with k inputs each,
// and the scale of each output. It copies what it needs. The same input gives
// the same bytes. It takes about 20 ns a weight, zeros included, at 90 %
// sparsity: 2 s for the 85 million of BERT-base, on one core.
//
// Rows with many weights slow down those they are packed with. If it pays, the
// packer sorts rows within blocks of 64, which GemmS8Sparse undoes. A caller
// that is free to order all outputs, because it can order the inputs of the
// next layer alike, gains more by sorting them by falling count first
// (SparseOrderS8).
//
// It returns an error if n or k is not in 1 to 65536, if the length of w or
// scale does not match, or if a scale is infinite or not a number.
func PackS8Sparse(w []int8, scale []float32, n, k int) (*SparseS8, error) {
	if err := checkS8(w, scale, n, k); err != nil {
		return nil, err
	}
	return packS8(w, scale, n, k, sortPays(w, n, k))
}

// packS8 packs w with the rows of each block sorted or as they are.
func packS8(w []int8, scale []float32, n, k int, sort bool) (*SparseS8, error) {
	kblocks, windows := sparseShape(k)
	rows := roundUp(n, sparseBlock)
	var (
		p     = newPacker(windows)
		rb    = rowBlock{w: w, n: n, k: k}
		from  = make([]uint8, 0, rows)
		sums  = make([]int32, rows)
		start = make([]uint32, 0, rows/sparseGroup*kblocks+1)
		nnz   int
	)
	for b := range rows / sparseBlock {
		rb.read(b)
		if sort {
			rb.sort()
		}
		for i, c := range rb.cols {
			nnz += len(c)
			for _, j := range c {
				sums[b*sparseBlock+i] += int32(w[(b*sparseBlock+i)*k+int(j)])
			}
		}
		var place [sparseBlock]uint8
		for at, i := range rb.order {
			place[i] = uint8(at)
		}
		from = append(from, place[:]...)
		start = p.block(start, &rb, kblocks, true)
	}
	start = append(start, uint32(len(p.win)))

	l := newSparseLayout(n, k, len(p.win))
	raw := alignedBytes(int(l.end))
	copy(raw, sparseMagic)
	le := binary.LittleEndian
	le.PutUint32(raw[8:], sparseVersion)
	le.PutUint32(raw[12:], uint32(n))
	le.PutUint32(raw[16:], uint32(k))
	le.PutUint32(raw[20:], uint32(len(p.win)))
	le.PutUint64(raw[24:], uint64(nnz))
	for i, s := range scale {
		le.PutUint32(raw[l.scale+uint64(4*i):], math.Float32bits(s))
	}
	for i, s := range sums {
		le.PutUint32(raw[l.sums+uint64(4*i):], uint32(s))
	}
	for i, s := range start {
		le.PutUint32(raw[l.starts+uint64(4*i):], s)
	}
	copy(raw[l.from:], from)
	copy(raw[l.windows:], p.win)
	copy(raw[l.slots:], p.data)
	return OpenS8Sparse(raw)
}

// OpenS8Sparse returns the matrix that b, the output of MarshalBinary, holds.
// It uses b in place, so b must not change and must stay readable (mapped) as
// long as the matrix is in use; only if b does not start at a multiple of four
// in memory, or on a big-endian machine, are parts of it copied. Kernels run
// fastest if b starts at a multiple of 64.
//
// It reads all of b once and returns an error for anything that could make a
// kernel read or write outside its arrays. It does not detect wrong weights:
// that is the business of the checksum of the file around it.
func OpenS8Sparse(b []byte) (*SparseS8, error) {
	le := binary.LittleEndian
	if len(b) < sparseHeader {
		return nil, fmt.Errorf("kernels: packed matrix of %d bytes (the header alone has %d)", len(b), sparseHeader)
	}
	if string(b[:8]) != sparseMagic {
		return nil, fmt.Errorf("kernels: packed matrix starts with %q (want %q)", b[:8], sparseMagic)
	}
	if v := le.Uint32(b[8:]); v != sparseVersion {
		return nil, fmt.Errorf("kernels: packed matrix of version %d (this program reads version %d; pack it again)", v, sparseVersion)
	}
	n, k, slots, nnz := le.Uint32(b[12:]), le.Uint32(b[16:]), le.Uint32(b[20:]), le.Uint64(b[24:])
	if n < 1 || n > sparseMaxDim || k < 1 || k > sparseMaxDim {
		return nil, fmt.Errorf("kernels: packed matrix of %d x %d (each side must be 1 to %d)", n, k, sparseMaxDim)
	}
	if uint64(slots) > uint64(len(b))/slotBytes {
		return nil, fmt.Errorf("kernels: packed matrix of %d bytes claims %d slots", len(b), slots)
	}
	if nnz > uint64(slots)*sparseWindow {
		return nil, fmt.Errorf("kernels: packed matrix claims %d nonzero weights in %d slots", nnz, slots)
	}
	for _, c := range b[32:sparseHeader] {
		if c != 0 {
			return nil, errors.New("kernels: packed matrix has a header with unknown fields (written by a newer program?)")
		}
	}
	l := newSparseLayout(int(n), int(k), int(slots))
	if l.end != uint64(len(b)) {
		return nil, fmt.Errorf("kernels: packed matrix of %d bytes (its header asks for %d)", len(b), l.end)
	}

	w := &SparseS8{raw: b, n: int(n), k: int(k), nnz: int(nnz)}
	w.kblocks, w.windows = sparseShape(w.k)
	rows := roundUp(w.n, sparseBlock)
	lists := rows / sparseGroup * w.kblocks
	w.scale = littleEndian[float32](b[l.scale:], rows)
	w.sums = littleEndian[int32](b[l.sums:], rows)
	w.start = littleEndian[uint32](b[l.starts:], lists+1)
	w.from = b[l.from : l.from+uint64(rows)]
	w.win = b[l.windows : l.windows+uint64(slots)]
	w.slots = b[l.slots : l.slots+uint64(slots)*slotBytes]

	for i, s := range w.scale {
		if !isFinite(s) {
			return nil, fmt.Errorf("kernels: packed matrix: scale of row %d is %v", i, s)
		}
	}
	if w.start[0] != 0 || w.start[lists] != slots {
		return nil, fmt.Errorf("kernels: packed matrix: lists span slots %d to %d of %d", w.start[0], w.start[lists], slots)
	}
	for i, s := range w.start[:lists] {
		if s > w.start[i+1] {
			return nil, fmt.Errorf("kernels: packed matrix: list %d starts at slot %d, after its end at %d", i, s, w.start[i+1])
		}
	}
	w.natural = true
	for at := 0; at < rows; at += sparseBlock {
		var seen uint64
		for i, f := range w.from[at : at+sparseBlock] {
			if f >= sparseBlock || seen&(1<<f) != 0 {
				return nil, fmt.Errorf("kernels: packed matrix: rows %d to %d are not permuted but share place %d", at, at+sparseBlock-1, f)
			}
			seen |= 1 << f
			w.natural = w.natural && int(f) == i
		}
	}
	for i, c := range w.win {
		if int(c) >= 2*w.windows {
			return nil, fmt.Errorf("kernels: packed matrix: slot %d is of window %d (there are %d)", i, c, 2*w.windows)
		}
	}
	for i := 0; i < len(w.slots); i += slotBytes {
		s := w.slots[i : i+sparseWindow]
		x := le.Uint64(s) | le.Uint64(s[8:]) | le.Uint64(s[16:]) | le.Uint64(s[24:]) |
			le.Uint64(s[32:]) | le.Uint64(s[40:]) | le.Uint64(s[48:]) | le.Uint64(s[56:])
		if x&0xc0c0c0c0c0c0c0c0 != 0 {
			return nil, fmt.Errorf("kernels: packed matrix: slot %d holds a place above 63", i/slotBytes)
		}
	}
	return w, nil
}

// littleEndian returns the first n values of b, in place if the machine can
// read them there.
func littleEndian[T float32 | int32 | uint32](b []byte, n int) []T {
	b = b[: 4*n : 4*n]
	one := uint16(1)
	little := *(*byte)(unsafe.Pointer(&one)) == 1
	if p := unsafe.Pointer(unsafe.SliceData(b)); little && uintptr(p)%4 == 0 {
		return unsafe.Slice((*T)(p), n)
	}
	s := make([]T, n)
	if _, err := binary.Decode(b, binary.LittleEndian, s); err != nil {
		panic(err) // not reached: b has 4*n bytes
	}
	return s
}

func isFinite(x float32) bool { return x-x == 0 }

// N returns the number of outputs.
func (w *SparseS8) N() int { return w.n }

// K returns the number of inputs.
func (w *SparseS8) K() int { return w.k }

// Blocks returns the number of blocks of 64 output rows, the unit in which
// GemmS8Sparse shares work: block b computes outputs 64*b to 64*b+63.
func (w *SparseS8) Blocks() int { return (w.n + sparseBlock - 1) / sparseBlock }

// NNZ returns the number of nonzero weights.
func (w *SparseS8) NNZ() int { return w.nnz }

// Sparsity returns the share of weights that are zero, 0 to 1.
func (w *SparseS8) Sparsity() float64 { return 1 - float64(w.nnz)/(float64(w.n)*float64(w.k)) }

// Slots returns the number of slots, of 64 places each. The time of a product
// grows with it.
func (w *SparseS8) Slots() int { return int(w.start[len(w.start)-1] - w.start[0]) }

// Fill returns the share of places in slots that hold a nonzero weight, 0 to
// 1; 1 for a matrix without slots.
func (w *SparseS8) Fill() float64 {
	if w.Slots() == 0 {
		return 1
	}
	return float64(w.nnz) / float64(sparseWindow*w.Slots())
}

// Bytes returns the size of the packed matrix in bytes.
func (w *SparseS8) Bytes() int { return int(newSparseLayout(w.n, w.k, w.Slots()).end) }

// Scale returns the scales of the N outputs. The caller must not change them.
func (w *SparseS8) Scale() []float32 { return w.scale[:w.n:w.n] }

// outputs returns blocks b0 to b1 of w, at least one, as a matrix that shares
// its memory but cannot be marshalled; nnz is only about right.
func (w *SparseS8) outputs(b0, b1 int) *SparseS8 {
	lists, r0, r1 := sparseBlock/sparseGroup*w.kblocks, b0*sparseBlock, b1*sparseBlock
	p := &SparseS8{
		n: min(w.n, r1) - r0, k: w.k, kblocks: w.kblocks, windows: w.windows, natural: true,
		scale: w.scale[r0:r1], sums: w.sums[r0:r1], from: w.from[r0:r1],
		start: w.start[b0*lists : b1*lists+1], win: w.win, slots: w.slots,
	}
	for i, f := range p.from {
		p.natural = p.natural && int(f) == i%sparseBlock
	}
	if w.Slots() > 0 {
		p.nnz = int(float64(w.nnz) * float64(p.Slots()) / float64(w.Slots()))
	}
	return p
}

// MarshalBinary returns the packed matrix in the format of SparseS8, as a
// copy. Its length is a multiple of 64. It never fails.
func (w *SparseS8) MarshalBinary() ([]byte, error) { return w.AppendBinary(nil) }

// AppendBinary appends what MarshalBinary returns to b.
func (w *SparseS8) AppendBinary(b []byte) ([]byte, error) { return append(b, w.raw...), nil }

// Unpack returns the weights, row-major [N, K]. It is the inverse of
// PackS8Sparse.
func (w *SparseS8) Unpack() []int8 {
	out := make([]int8, w.n*w.k)
	var block [sparseBlock][]int8
	for b := range w.Blocks() {
		for i := range block {
			row := b*sparseBlock + i
			block[i] = nil
			if row < w.n {
				block[i] = out[row*w.k : (row+1)*w.k]
			}
		}
		w.unpackBlock(b, &block)
	}
	return out
}

// unpackBlock adds the weights of block b to the rows in dst, whose length is
// K; rows that are nil are left out. Places outside the matrix, which only a
// damaged file uses, are ignored, as GemmS8Sparse multiplies them by zero.
func (w *SparseS8) unpackBlock(b int, dst *[sparseBlock][]int8) {
	var placed [sparseBlock][]int8 // in packed order
	for i, f := range w.from[b*sparseBlock:][:sparseBlock] {
		placed[f] = dst[i]
	}
	shifts := sparseShifts(w.windows)
	for g := range sparseBlock / sparseGroup {
		rows := placed[g*sparseGroup:][:sparseGroup]
		for kb := range w.kblocks {
			list := (b*sparseBlock/sparseGroup+g)*w.kblocks + kb
			for s := w.start[list]; s < w.start[list+1]; s++ {
				base := w.windowLanes(kb, int(w.win[s]), shifts)
				slot := w.slots[int(s)*slotBytes:][:slotBytes]
				for i, v := range slot[sparseWindow:] {
					if v == 0 {
						continue
					}
					place := int(slot[i])
					k := base[place/16] + place%16
					if row := rows[i/4]; k < len(row) {
						row[k] += int8(v)
					}
				}
			}
		}
	}
}

// windowLanes returns the inputs at which the four lanes of 16 bytes of window
// win of block kb of K start.
func (w *SparseS8) windowLanes(kb, win int, shifts [4]int) (base [4]int) {
	for l := range base {
		a := win
		if win >= w.windows {
			a = (win - shifts[l]) % w.windows // win - windows - shift, made positive
			if a < 0 {
				a += w.windows
			}
		}
		base[l] = (kb*w.windows+a)*sparseWindow + 16*l
	}
	return base
}

// SparseOrderS8 returns the rows of w, row-major [n, k], by falling number of
// nonzero weights, equal ones in their order: element i is the row to put at
// place i. Packed in that order rows fill their slots best; see PackS8Sparse.
// It panics if the length of w is not n*k.
func SparseOrderS8(w []int8, n, k int) []int {
	if n < 0 || k < 0 || len(w) != n*k {
		panic("kernels: weights do not match their shape")
	}
	order, count := make([]int, n), make([]int, n)
	for i := range n {
		order[i] = i
		for _, v := range w[i*k : (i+1)*k] {
			if v != 0 {
				count[i]++
			}
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return count[b] - count[a] })
	return order
}
