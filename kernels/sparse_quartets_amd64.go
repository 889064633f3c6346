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
//
// An entry is four inputs as uint16, counted from the start of their block of K
// in steps of quartetScale, then four weights.
type quartetsS8 struct {
	size int // inputs of a block of K
	rowLists
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
	var (
		q      = &quartetsS8{size: w.windows * sparseWindow}
		rows   [sparseBlock][]int8
		dense  = make([]int8, sparseBlock*w.k)
		ranges = make([]listRange, w.kblocks)
		all    []uint16
		b      quartetBuilder
	)
	for r := range ranges {
		ranges[r].data = make([]byte, 0, (w.nnz/4/w.kblocks+2*w.n)*quartetBytes)
	}
	for i := range rows {
		rows[i] = dense[i*w.k : (i+1)*w.k]
	}
	for block := range w.Blocks() {
		clear(dense)
		w.unpackBlock(block, &rows)
		for _, row := range rows[:min(sparseBlock, w.n-block*sparseBlock)] {
			all = appendNonzero(all[:0], row)
			cols := all
			for kb := range ranges {
				r, base := &ranges[kb], kb*q.size
				n := 0
				for n < len(cols) && int(cols[n]) < base+q.size {
					n++
				}
				from := len(r.data)
				r.data = b.append(r.data, row, cols[:n], base)
				r.end(from, quartetBytes)
				cols = cols[n:]
			}
		}
	}
	q.rowLists = joinLists(ranges, quartetBytes)
	return q
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

	// Weights pair with those of the other sign. The smallest of the sign in excess
	// remain: all of a size below limit, and some of that size.
	excess := len(more) - len(less)
	limit, below := 0, 0
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
	for i, j := 0, len(b.rest)-1; i <= j; j-- {
		pair := [2]int{int(b.rest[j]), noInput}
		if i < j && size(b.rest[i])+size(b.rest[j]) <= quartetLimit {
			pair[1] = int(b.rest[i])
			i++
		}
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
