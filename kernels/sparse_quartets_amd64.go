//go:build !purego

package kernels

import (
	"encoding/binary"
	"slices"
	"sync"
)

// sparseForms holds the forms of a matrix that the variants read.
type sparseForms struct {
	quartetOnce  sync.Once
	quartetLists *quartetsS8
}

// quartetsS8 is a form of SparseS8 for CPUs that multiply four bytes at a time but
// cannot gather them: for each row and block of K a list of entries, of four
// weights each, whichever they are. At 90 % sparsity hardly a place stays
// empty.
//
// Weights 0 and 1, and 2 and 3, of an entry are such that x0*w0 + x1*w1 fits
// int16 for any activations from 0 to 255, as VPMADDUBSW wants it: they have
// different signs, or add up to at most 128.
type quartetsS8 struct {
	size  int      // inputs of a block of K
	first []uint32 // of each list of lists, 64 rows of a block of K: number of entries before it
	count []uint16 // entries of each row in each block of K
	data  []byte   // entries: four inputs as uint16, counted from the block of K in steps of quartetScale, four weights
}

const (
	quartetBytes = 12
	quartetScale = 8
	quartetLimit = 128 // 255*128 and -255*128 fit int16
)

// quartets returns w in that form, which it makes on the first call.
func (w *SparseS8) quartets() *quartetsS8 {
	w.quartetOnce.Do(func() { w.quartetLists = newQuartetsS8(w) })
	return w.quartetLists
}

func newQuartetsS8(w *SparseS8) *quartetsS8 {
	f := &quartetsS8{
		size:  w.windows * sparseWindow,
		first: make([]uint32, 0, w.Blocks()*w.kblocks+1),
		count: make([]uint16, 0, w.Blocks()*w.kblocks*sparseBlock),
		data:  make([]byte, 0, (w.nnz/4+2*w.n)*quartetBytes),
	}
	var (
		rows [sparseBlock][]int8
		cols [sparseBlock][]uint16
		b    quartetBuilder
	)
	dense := make([]int8, sparseBlock*w.k)
	for i := range rows {
		rows[i] = dense[i*w.k : (i+1)*w.k]
	}
	for block := range w.Blocks() {
		clear(dense)
		w.unpackBlock(block, &rows)
		for i := range rows {
			cols[i] = appendNonzero(cols[i][:0], rows[i])
		}
		for kb := range w.kblocks {
			base := kb * f.size
			f.first = append(f.first, uint32(len(f.data)/quartetBytes))
			for i := range cols {
				n := 0
				for n < len(cols[i]) && int(cols[i][n]) < base+f.size {
					n++
				}
				before := len(f.data)
				f.data = b.append(f.data, rows[i], cols[i][:n], base)
				cols[i] = cols[i][n:]
				f.count = append(f.count, uint16((len(f.data)-before)/quartetBytes))
			}
		}
	}
	f.first = append(f.first, uint32(len(f.data)/quartetBytes))
	return f
}

// quartetBuilder is memory for building lists.
type quartetBuilder struct {
	pos, neg, rest []uint16
	pairs          [][2]int
}

const noInput = -1

// append appends the entries of a row to data. Its weights in columns cols lie
// in one block of K, which starts at column base.
func (b *quartetBuilder) append(data []byte, row []int8, cols []uint16, base int) []byte {
	b.pos, b.neg, b.rest, b.pairs = b.pos[:0], b.neg[:0], b.rest[:0], b.pairs[:0]
	for _, c := range cols {
		if row[c] > 0 {
			b.pos = append(b.pos, c)
		} else {
			b.neg = append(b.neg, c)
		}
	}
	more, less := b.pos, b.neg
	if len(more) < len(less) {
		more, less = less, more
	}
	size := func(c uint16) int { return max(int(row[c]), -int(row[c])) }

	// The smallest of the sign in excess pair with each other.
	excess := len(more) - len(less)
	limit, below := 0, 0 // all under limit are in excess, and so many equal to it that the count is right
	if excess > 0 {
		var of [quartetLimit + 1]int
		for _, c := range more {
			of[size(c)]++
		}
		for below+of[limit] < excess {
			below += of[limit]
			limit++
		}
	}
	equal := excess - below
	for _, c := range more {
		s := size(c)
		switch {
		case s < limit || s == limit && equal > 0:
			if s == limit {
				equal--
			}
			b.rest = append(b.rest, c)
		default:
			b.pairs = append(b.pairs, [2]int{int(c), int(less[0])})
			less = less[1:]
		}
	}
	slices.SortStableFunc(b.rest, func(x, y uint16) int { return size(x) - size(y) })
	for len(b.rest) > 0 {
		last := len(b.rest) - 1
		pair := [2]int{int(b.rest[last]), noInput}
		if last > 0 && size(b.rest[0])+size(b.rest[last]) <= quartetLimit {
			pair[1] = int(b.rest[0])
			b.rest = b.rest[1:]
			last--
		}
		b.rest = b.rest[:last]
		b.pairs = append(b.pairs, pair)
	}
	if len(b.pairs)%2 == 1 {
		b.pairs = append(b.pairs, [2]int{noInput, noInput})
	}

	for i := 0; i < len(b.pairs); i += 2 {
		var entry [quartetBytes]byte
		for j, c := range [4]int{b.pairs[i][0], b.pairs[i][1], b.pairs[i+1][0], b.pairs[i+1][1]} {
			if c == noInput {
				continue // any input does for a weight of zero
			}
			binary.LittleEndian.PutUint16(entry[2*j:], uint16(c-base)*quartetScale)
			entry[8+j] = byte(row[c])
		}
		data = append(data, entry[:]...)
	}
	return data
}
