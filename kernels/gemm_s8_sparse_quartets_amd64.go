//go:build !purego

package kernels

import (
	"runtime"
	"unsafe"
)

// The variants avx512vnni, avxvnni and avx2 multiply lists of quartets; see
// quartetsS8. M tokens are cut into tiles as wide as a vector has bytes, and a
// narrower one at the end. A tile is [input][token] in bytes, the tokens in the
// order of its kernel; see sparseLane.
//
// A tile is multiplied with listRows rows, block of K by block of K. The sums are
// kept as [row][token] and transposed when they are scaled. Tiles take turns over
// a run of rows whose entries fit the second cache.
const (
	listGroups   = 8
	listRows     = listGroups * sparseGroup
	listRun      = 320 << 10 // bytes of entries
	listTokens   = 64        // of the widest tile
	quartetChunk = 32        // inputs that are arranged at a time
	quartetLane  = 16        // tokens that are arranged at a time
)

// A dotISA names an instruction set with kernels for quartets and for blocks.
type dotISA int

const (
	dotAVX2 dotISA = iota
	dotAVXVNNI
	dotAVX512VNNI
)

type quartetArgs struct {
	act, entry, count unsafe.Pointer
	rows              int
	acc               unsafe.Pointer
	add               int
}

//go:noescape
func sparseQuartetAVX2x32(a *quartetArgs)

//go:noescape
func sparseQuartetAVX2x16(a *quartetArgs)

//go:noescape
func sparseQuartetAVXVNNIx32(a *quartetArgs)

//go:noescape
func sparseQuartetAVXVNNIx16(a *quartetArgs)

//go:noescape
func sparseQuartetAVX512VNNIx64(a *quartetArgs)

//go:noescape
func sparseQuartetAVX512VNNIx32(a *quartetArgs)

//go:noescape
func sparseQuartetAVX512VNNIx16(a *quartetArgs)

// dot multiplies a tile with some rows.
func (isa dotISA) dot(tokens int, a *quartetArgs) {
	switch {
	case isa == dotAVX2 && tokens == 32:
		sparseQuartetAVX2x32(a)
	case isa == dotAVX2:
		sparseQuartetAVX2x16(a)
	case isa == dotAVXVNNI && tokens == 32:
		sparseQuartetAVXVNNIx32(a)
	case isa == dotAVXVNNI:
		sparseQuartetAVXVNNIx16(a)
	case tokens == 64:
		sparseQuartetAVX512VNNIx64(a)
	case tokens == 32:
		sparseQuartetAVX512VNNIx32(a)
	default:
		sparseQuartetAVX512VNNIx16(a)
	}
}

// tile returns the width of the tile for the next of rest tokens.
func (isa dotISA) tile(rest int) int {
	switch {
	case rest <= 16:
		return 16
	case rest <= 32 || isa != dotAVX512VNNI:
		return 32
	}
	return 64
}

// quartetVariant returns the variant for isa.
func quartetVariant(isa dotISA) *gemmS8SparseImpl {
	return &gemmS8SparseImpl{
		prepare: func(t *TilesS8, x MatU8) { prepareS8Quartets(isa, t, x) },
		gemm: func(dst MatF32, t *TilesS8, w *SparseS8, bias []float32, b0, b1 int) {
			gemmS8SparseQuartets(isa, dst, t, w, bias, b0, b1)
		},
		form: func(w *SparseS8) { w.quartets() },
	}
}

type quartetArrangeArgs struct {
	src    unsafe.Pointer
	stride int
	group  int // bytes from one group of four tokens to the next
	dst    unsafe.Pointer
	step   int // bytes from one input to the next
	chunks int
}

//go:noescape
func sparseArrangeAVX2(a *quartetArrangeArgs)

type quartetFinishArgs struct {
	acc                unsafe.Pointer
	step               int // bytes from one row to the next
	scaleW, sums, bias unsafe.Pointer
	dst                unsafe.Pointer
	stride             int
	scaleX, zero       unsafe.Pointer
	blocks             int // of eight rows, or 16
	vectors            int // of as many tokens
}

//go:noescape
func sparseFinishAVX2(a *quartetFinishArgs)

//go:noescape
func sparseFinishAVX512VNNI(a *quartetFinishArgs)

// sparseLane returns the token that comes first in a lane of 16 bytes of a tile
// of so many tokens, and the number of tokens from there to the fifth: a lane
// has four groups of four tokens. Interleaving twice within lanes puts group g
// of lane l in lane l of the accumulators g, which so hold tokens in order.
func sparseLane(tokens, lane int) (first, group int) {
	return 4 * lane, tokens / 4
}

func prepareS8Quartets(isa dotISA, t *TilesS8, x MatU8) {
	k := roundUp(x.Cols, quartetChunk)
	size := 0
	for t0 := 0; t0 < x.Rows; {
		n := isa.tile(x.Rows - t0)
		size += n * k
		t0 += n
	}
	t.grow(size)
	for t0 := 0; t0 < x.Rows; {
		tokens := isa.tile(x.Rows - t0)
		for lane := range tokens / quartetLane {
			first, group := sparseLane(tokens, lane)
			first += t0
			if first >= x.Rows {
				break // sums that nobody reads
			}
			a := quartetArrangeArgs{
				dst:    at(t.buf, t0*k+lane*quartetLane),
				step:   tokens,
				chunks: k / quartetChunk,
			}
			if x.Cols == k && first+3*group+4 <= x.Rows {
				a.src, a.stride, a.group = at(x.Data, first*x.Stride), x.Stride, group*x.Stride
			} else {
				if len(t.spare) < quartetLane*k {
					t.spare = make([]byte, quartetLane*k)
				}
				for i := range quartetLane {
					if r := first + i/4*group + i%4; r < x.Rows {
						copy(t.spare[i*k:], x.Data[r*x.Stride:r*x.Stride+x.Cols])
					}
				}
				a.src, a.stride, a.group = at(t.spare, 0), k, 4*k
			}
			sparseArrangeAVX2(&a)
		}
		t0 += tokens
	}
	runtime.KeepAlive(x.Data)
	runtime.KeepAlive(t)
}

func gemmS8SparseQuartets(isa dotISA, dst MatF32, t *TilesS8, w *SparseS8, bias []float32, b0, b1 int) {
	q := w.quartets()
	pooled := sparseSumsPool.Get().(*sparseSums)
	defer sparseSumsPool.Put(pooled)
	sums := pooled.data
	k := roundUp(w.k, quartetChunk)
	g1 := min(b1*(sparseBlock/sparseGroup), q.groups)
	for run := b0 * (sparseBlock / sparseGroup); run < g1; {
		end := q.run(run, g1, listRun)
		for t0 := 0; t0 < t.rows; {
			tokens := isa.tile(t.rows - t0)
			for g := run; g < end; g += listGroups {
				n := min(listGroups, end-g)
				for kb := range w.kblocks {
					a := quartetArgs{
						act:   at(t.buf, t0*k+kb*q.size*tokens),
						entry: unsafe.Pointer(unsafe.SliceData(q.from(kb, g))),
						count: at(q.count, (kb*q.groups+g)*sparseGroup),
						rows:  n * sparseGroup,
						acc:   at(sums, 0),
					}
					if kb > 0 {
						a.add = 1
					}
					isa.dot(tokens, &a)
				}
				finishS8(isa, dst, sums, tokens, t0, g*sparseGroup, n*sparseGroup, t.scale, t.zero, w.scale, w.sums, bias)
			}
			t0 += tokens
		}
		run = end
	}
	runtime.KeepAlive(q)
	runtime.KeepAlive(t)
	runtime.KeepAlive(w)
	runtime.KeepAlive(bias)
}

// finishS8 scales the sums of some rows, at most listRows, for a tile of tokens
// from t0 on, [row][token], into dst. The other arrays have zeros beyond the end
// of dst, up to a multiple of 8 tokens or of 16 rows.
func finishS8(isa dotISA, dst MatF32, sums []byte, tokens, t0, row, rows int, scaleX []float32, zero []int32, scaleW []float32, sumW []int32, bias []float32) {
	cols := min(dst.Cols-row, rows)
	tokens, width := min(tokens, dst.Rows-t0), tokens
	var add [listRows]float32
	f := quartetFinishArgs{
		step:   4 * width,
		scaleW: at(scaleW, row),
		sums:   at(sumW, row),
		bias:   unsafe.Pointer(&add),
	}
	switch {
	case bias != nil && cols%8 == 0:
		f.bias = at(bias, row)
	case bias != nil:
		copy(add[:], bias[row:row+cols])
	}
	done := 0
	next := func(tokens int) {
		f.acc, f.scaleX, f.zero = at(sums, 4*done), at(scaleX, t0+done), at(zero, t0+done)
		f.dst, f.stride = at(dst.Data, (t0+done)*dst.Stride+row), 4*dst.Stride
		done += tokens
	}
	if n := tokens / 16; isa == dotAVX512VNNI && cols%16 == 0 && n > 0 {
		f.blocks, f.vectors = cols/16, n
		next(16 * n)
		sparseFinishAVX512VNNI(&f)
	}
	if n := (tokens - done) / 8; cols%8 == 0 && n > 0 {
		f.blocks, f.vectors = cols/8, n
		next(8 * n)
		sparseFinishAVX2(&f)
	}
	if done == tokens {
		return
	}
	var part [8 * listRows]float32
	for done < tokens {
		from := done
		f.blocks, f.vectors = (cols+7)/8, 1
		next(8)
		f.dst, f.stride = unsafe.Pointer(&part), 4*listRows
		sparseFinishAVX2(&f)
		for j := range min(8, tokens-from) {
			copy(dst.Data[(t0+from+j)*dst.Stride+row:][:cols], part[j*listRows:])
		}
	}
}
