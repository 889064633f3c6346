package kernels

// A BlocksS8 holds the int8 weights [N, K] of a linear layer as lists of blocks,
// four neighbouring inputs of one output from a multiple of four on, of which at
// least one has a weight, and one scale for each of the N outputs. It is never
// changed, so any number of goroutines may use it at a time.
//
// Any matrix can be packed, but the form is made for weights that were pruned in
// such blocks: a block takes 6 bytes and the same time, whether it has one
// weight or four. At 90 % random sparsity 29 % of the places hold a weight, and
// a SparseS8 is faster.
type BlocksS8 struct {
	n, k, nnz int

	// Up to a multiple of 64 outputs, with zeros from N on.
	scale []float32
	sums  []int32 // sum of the weights of each output
	base  []int32 // Σ w*x less Σ |w|*s for any x, where s is x-128 if w >= 0, else 127-x

	// Entries are blocks in rising order: the number of the block in its range,
	// times blockScale, as uint16, then four weights. A range has blocksRange
	// inputs.
	rowLists
}

const (
	blockBytes  = 6
	blockInputs = 4
	blockScale  = 32  // bytes that a block has for eight tokens
	blocksRange = 768 // inputs; those of 32 tokens fill most of a first cache of 32 KiB
)

// PackS8Blocks packs w, the row-major weights of n outputs with k inputs each,
// and the scale of each output. It copies what it needs and takes about 1 ns a
// weight, zeros included. If k is not a multiple of four, the last block of an
// output is filled up with zeros.
//
// It returns an error if n or k is not in 1 to 65536, if the length of w or
// scale does not match, or if a scale is infinite or not a number.
func PackS8Blocks(w []int8, scale []float32, n, k int) (*BlocksS8, error) {
	if err := checkS8(w, scale, n, k); err != nil {
		return nil, err
	}

	rows := roundUp(n, sparseBlock)
	b := &BlocksS8{
		n: n, k: k,
		scale: make([]float32, rows),
		sums:  make([]int32, rows),
		base:  make([]int32, rows),
	}
	copy(b.scale, scale)
	ranges := make([]listRange, (k+blocksRange-1)/blocksRange)
	var all []uint16
	for i := range n {
		row := w[i*k : (i+1)*k]
		all = appendNonzero(all[:0], row)
		b.nnz += len(all)
		for _, c := range all {
			v := int32(row[c])
			b.sums[i] += v
			b.base[i] += 128*v - min(v, 0)
		}
		cols := all
		for r := range ranges {
			from := len(ranges[r].data)
			cols = ranges[r].addBlocks(row, cols, r*blocksRange)
			ranges[r].end(from, blockBytes)
		}
	}
	b.rowLists = joinLists(ranges, blockBytes)
	return b, nil
}

// addBlocks appends the blocks of a row in the range of inputs from first on,
// where cols are its columns with weights from there on. It returns the rest of
// cols.
func (r *listRange) addBlocks(row []int8, cols []uint16, first int) []uint16 {
	for len(cols) > 0 && int(cols[0]) < first+blocksRange {
		block := int(cols[0]) / blockInputs
		place := (block - first/blockInputs) * blockScale
		entry := [blockBytes]byte{byte(place), byte(place >> 8)}
		for len(cols) > 0 && int(cols[0])/blockInputs == block {
			entry[2+cols[0]%blockInputs] = byte(row[cols[0]])
			cols = cols[1:]
		}
		r.data = append(r.data, entry[:]...)
	}
	return cols
}

// N returns the number of outputs.
func (b *BlocksS8) N() int { return b.n }

// K returns the number of inputs.
func (b *BlocksS8) K() int { return b.k }

// NNZ returns the number of nonzero weights.
func (b *BlocksS8) NNZ() int { return b.nnz }

// Blocks returns the number of blocks of 64 outputs, the unit in which
// GemmS8Blocks shares work.
func (b *BlocksS8) Blocks() int { return len(b.scale) / sparseBlock }

// Bytes returns the size of the packed matrix in bytes.
func (b *BlocksS8) Bytes() int {
	return 4*len(b.scale) + 4*len(b.sums) + 4*len(b.base) + b.bytes()
}

// Fill returns the share of places in blocks of four inputs that hold a nonzero
// weight, 0 to 1; 1 for a matrix without weights.
func (b *BlocksS8) Fill() float64 {
	if b.nnz == 0 {
		return 1
	}
	return float64(b.nnz) / float64(b.total()*blockInputs)
}

// outputs returns blocks g0 to g1 of 64 outputs as a matrix that shares most of
// the memory of b; nnz is only about right.
func (b *BlocksS8) outputs(g0, g1 int) *BlocksS8 {
	const groups = sparseBlock / sparseGroup
	r0, r1 := g0*sparseBlock, g1*sparseBlock
	p := &BlocksS8{
		n: min(b.n, r1) - r0, k: b.k, scale: b.scale[r0:r1], sums: b.sums[r0:r1], base: b.base[r0:r1],
		rowLists: b.rows(g0*groups, min(g1*groups, b.groups)),
	}
	if b.nnz > 0 {
		p.nnz = int(float64(b.nnz) * float64(p.total()) / float64(b.total()))
	}
	return p
}
