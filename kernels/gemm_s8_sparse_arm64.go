//go:build arm64 && !purego

package kernels

import (
	"runtime"
	"sync"
	"unsafe"
)

// Lanes are tokens: a weight, or four of neighbouring inputs, is multiplied by
// a vector of activations. M tokens are cut in tiles of at most sparseTile; a
// tile is [group of inputs][token][input], in vectors of 16 bytes. The sums of
// a block of 64 rows are kept as [row][token] and transposed when they are
// scaled.
//
// The dotprod variant has groups of four inputs, of which a third have a weight
// at 90 % sparsity, and SDOT, which does 16 products. The neon variant has
// single inputs in 16 bits and SMLAL, which does 4.
const (
	sparseTile    = 32
	sparseEntries = 8192 // limit for one call, which cannot be interrupted
	sparseChunk   = 16   // inputs that are arranged at a time
)

// A sparseNEON describes what one variant does.
type sparseNEON struct {
	dotProd bool
	tokens  int   // to a vector
	inputs  int   // to a group
	minus   int32 // what is taken from activations
}

var (
	sparseOnes  = &sparseNEON{tokens: 8, inputs: 1}
	sparseFours = &sparseNEON{dotProd: true, tokens: 4, inputs: 4, minus: 128}
)

var gemmS8SparseAsm = []variant[*gemmS8SparseImpl]{
	{"dotprod", &gemmS8SparseImpl{prepare: sparseFours.prepare, gemm: sparseFours.gemm, form: func(w *SparseS8) { w.fours() }}},
	{"neon", &gemmS8SparseImpl{prepare: sparseOnes.prepare, gemm: sparseOnes.gemm, form: func(w *SparseS8) { w.ones() }}},
}

// sparseSums is room for the sums of a block and one tile of tokens.
type sparseSums [sparseBlock * sparseTile]int32

var sparseSumsPool = sync.Pool{New: func() any { return new(sparseSums) }}

type sparseDotArgs struct {
	act, group, weight, start unsafe.Pointer
	rows                      int
	acc                       unsafe.Pointer
	vectors                   int
}

//go:noescape
func sparseDotDOTPROD(a *sparseDotArgs)

//go:noescape
func sparseDotNEON(a *sparseDotArgs)

type sparseArrangeArgs struct {
	src    unsafe.Pointer
	stride int
	dst    unsafe.Pointer
	step   int    // bytes from one group to the next
	chunks int    // of 16 inputs
	flip   uint32 // of sparseArrangeDOTPROD: what four inputs are xored with
}

//go:noescape
func sparseArrangeDOTPROD(a *sparseArrangeArgs)

//go:noescape
func sparseArrangeNEON(a *sparseArrangeArgs)

type sparseFinishArgs struct {
	acc                unsafe.Pointer
	step               int // bytes from one row to the next
	scaleW, sums, bias unsafe.Pointer
	dst                unsafe.Pointer
	stride             int
	scaleX, zero       unsafe.Pointer
	blocks             int // of four rows
	minus              int32
}

//go:noescape
func sparseFinishNEON(a *sparseFinishArgs)

// at returns a pointer to element i of s.
func at[T any](s []T, i int) unsafe.Pointer { return unsafe.Pointer(&s[i]) }

// tile returns the vectors of tile i of t.
func (f *sparseNEON) tile(t *TilesS8, i int) (v0, v1 int) {
	vectors := (t.rows + f.tokens - 1) / f.tokens
	return vectors * i / t.tiles, vectors * (i + 1) / t.tiles
}

func (f *sparseNEON) prepare(t *TilesS8, x MatU8) {
	k := roundUp(x.Cols, sparseChunk)
	size := k / f.inputs * 16 // of a vector's groups
	vectors := (x.Rows + f.tokens - 1) / f.tokens
	most := sparseTile / f.tokens
	t.tiles = (vectors + most - 1) / most
	t.grow(vectors * size)
	for i := range t.tiles {
		v0, v1 := f.tile(t, i)
		for v := v0; v < v1; v++ {
			a := sparseArrangeArgs{
				dst:    at(t.buf, v0*size+(v-v0)*16),
				step:   (v1 - v0) * 16,
				chunks: k / sparseChunk,
			}
			t0 := v * f.tokens
			if x.Cols == k && t0+f.tokens <= x.Rows {
				a.src, a.stride = at(x.Data, t0*x.Stride), x.Stride
			} else {
				t.spare = grown(t.spare, f.tokens*k)
				for j := range f.tokens {
					row := t.spare[j*k : (j+1)*k]
					used := 0
					if r := t0 + j; r < x.Rows {
						used = copy(row, x.Data[r*x.Stride:r*x.Stride+x.Cols])
					}
					clear(row[used:])
				}
				a.src, a.stride = at(t.spare, 0), k
			}
			if f.dotProd {
				a.flip = 0x80808080 // takes 128
				sparseArrangeDOTPROD(&a)
			} else {
				sparseArrangeNEON(&a)
			}
		}
	}
	runtime.KeepAlive(x.Data)
	runtime.KeepAlive(t)
}

func (f *sparseNEON) gemm(dst MatF32, t *TilesS8, w *SparseS8, bias []float32, b0, b1 int) {
	g := w.ones
	if f.dotProd {
		g = w.fours
	}
	groups := g()
	if len(groups.group) == 0 {
		gemmS8SparseRef(dst, t, w, bias, b0, b1)
		return
	}
	sums := sparseSumsPool.Get().(*sparseSums)
	defer sparseSumsPool.Put(sums)
	size := roundUp(w.k, sparseChunk) / f.inputs * 16
	for i := range t.tiles {
		v0, v1 := f.tile(t, i)
		act := at(t.buf, v0*size)
		for b := b0; b < b1; b++ {
			f.dot(sums, groups, act, b*sparseBlock, v1-v0)
			f.finish(dst, sums, t, w, bias, b*sparseBlock, v0*f.tokens, v1*f.tokens)
		}
	}
	runtime.KeepAlive(w)
	runtime.KeepAlive(t)
}

// dot computes the sums of the 64 rows from row on.
func (f *sparseNEON) dot(sums *sparseSums, g *groupsS8, act unsafe.Pointer, row, vectors int) {
	for r := 0; r < sparseBlock; {
		end := r + 1
		for end < sparseBlock && g.start[row+end+1]-g.start[row+r] <= sparseEntries {
			end++
		}
		a := sparseDotArgs{
			act:     act,
			group:   at(g.group, 0),
			weight:  at(g.weight, 0),
			start:   at(g.start, row+r),
			rows:    end - r,
			acc:     at(sums[:], r*vectors*f.tokens),
			vectors: vectors,
		}
		if f.dotProd {
			sparseDotDOTPROD(&a)
		} else {
			sparseDotNEON(&a)
		}
		r = end
	}
}

// finish stores the outputs of the 64 rows from row on for the tokens of a
// tile, t0 to t1.
func (f *sparseNEON) finish(dst MatF32, sums *sparseSums, t *TilesS8, w *SparseS8, bias []float32, row, t0, t1 int) {
	cols := min(w.n-row, sparseBlock)
	var add [sparseBlock]float32
	if bias != nil {
		copy(add[:], bias[row:row+cols])
	}
	for i := t0; i < min(t1, t.rows); i += 4 {
		a := sparseFinishArgs{
			acc:    at(sums[:], i-t0),
			step:   4 * (t1 - t0),
			scaleW: at(w.scale, row),
			sums:   at(w.sums, row),
			bias:   unsafe.Pointer(&add),
			dst:    at(dst.Data, i*dst.Stride+row),
			stride: 4 * dst.Stride,
			scaleX: at(t.scale, i),
			zero:   at(t.zero, i),
			blocks: cols / 4,
			minus:  f.minus,
		}
		if i+4 <= t.rows && cols%4 == 0 {
			sparseFinishNEON(&a)
			continue
		}
		var part [4 * sparseBlock]float32
		a.dst, a.stride, a.blocks = unsafe.Pointer(&part), 4*sparseBlock, (cols+3)/4
		sparseFinishNEON(&a)
		for j := range min(4, t.rows-i) {
			copy(dst.Data[(i+j)*dst.Stride+row:][:cols], part[j*sparseBlock:])
		}
	}
}
