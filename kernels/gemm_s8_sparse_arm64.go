//go:build arm64 && !purego

package kernels

import (
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
	flip   uint32 // of sparseArrangeFoursNEON: what four inputs are xored with
}

//go:noescape
func sparseArrangeFoursNEON(a *sparseArrangeArgs)

//go:noescape
func sparseArrangeOnesNEON(a *sparseArrangeArgs)

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

// tiles returns the number of tiles for some tokens.
func (f *sparseNEON) tiles(rows int) int { return (rows + sparseTile - 1) / sparseTile }

// tile returns the vectors of tile i.
func (f *sparseNEON) tile(rows, i int) (v0, v1 int) {
	vectors, tiles := (rows+f.tokens-1)/f.tokens, f.tiles(rows)
	return vectors * i / tiles, vectors * (i + 1) / tiles
}

// size returns the bytes of the activations of a vector of tokens.
func (f *sparseNEON) size(k int) int { return roundUp(k, sparseChunk) / f.inputs * 16 }

// need returns the bytes of the activations of some tokens.
func (f *sparseNEON) need(rows, k int) int { return (rows + f.tokens - 1) / f.tokens * f.size(k) }

func (f *sparseNEON) prepare(t *TilesS8, x MatU8) {
	t.tiles = f.tiles(x.Rows)
	t.grow(f.need(x.Rows, x.Cols))
	t.spare = f.arrange(t.buf, t.spare, x)
}

// arrange arranges x in buf. It uses spare and returns it, perhaps grown.
func (f *sparseNEON) arrange(buf, spare []byte, x MatU8) []byte {
	k, size := roundUp(x.Cols, sparseChunk), f.size(x.Cols)
	for i := range f.tiles(x.Rows) {
		v0, v1 := f.tile(x.Rows, i)
		for v := v0; v < v1; v++ {
			a := sparseArrangeArgs{
				dst:    at(buf, v0*size+(v-v0)*16),
				step:   (v1 - v0) * 16,
				chunks: k / sparseChunk,
			}
			t0 := v * f.tokens
			if x.Cols == k && t0+f.tokens <= x.Rows {
				a.src, a.stride = at(x.Data, t0*x.Stride), x.Stride
			} else {
				spare = grown(spare, f.tokens*k)
				for j := range f.tokens {
					row := spare[j*k : (j+1)*k]
					used := 0
					if r := t0 + j; r < x.Rows {
						used = copy(row, x.Data[r*x.Stride:r*x.Stride+x.Cols])
					}
					clear(row[used:])
				}
				a.src, a.stride = at(spare, 0), k
			}
			if f.dotProd {
				a.flip = 0x80808080 // takes 128
				sparseArrangeFoursNEON(&a)
			} else {
				sparseArrangeOnesNEON(&a)
			}
		}
	}
	return spare
}

func (f *sparseNEON) gemm(dst MatF32, t *TilesS8, w *SparseS8, bias []float32, b0, b1 int) {
	var groups *groupsS8
	if f.dotProd {
		groups = w.fours()
	} else {
		groups = w.ones()
	}
	if len(groups.group) == 0 {
		gemmS8SparseRef(dst, t, w, bias, b0, b1)
		return
	}
	sums := sparseSumsPool.Get().(*sparseSums)
	defer sparseSumsPool.Put(sums)
	for i := range t.tiles {
		v0, v1 := f.tile(t.rows, i)
		act := at(t.buf, v0*f.size(w.k))
		for b := b0; b < b1; b++ {
			f.dot(sums, groups, act, b*sparseBlock, v1-v0)
			part := sparsePart{b * sparseBlock, sparseBlock, v0 * f.tokens, v1 * f.tokens}
			part.finish(dst, sums, t.scale, t.zero, f.minus, w.scale, w.sums, bias)
		}
	}
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

// A sparsePart names some rows of weights and the tokens of a tile, some of
// which may not exist.
type sparsePart struct {
	row, rows int
	t0, t1    int
}

// finish stores the outputs of a part in dst. sums is [row][token]; the other
// slices are those of the whole product.
func (p sparsePart) finish(dst MatF32, sums *sparseSums, scaleX []float32, zero []int32, minus int32, scaleW []float32, sumsW []int32, bias []float32) {
	row, t0 := p.row, p.t0
	cols := min(dst.Cols-row, p.rows)
	var add [sparseBlock]float32
	if bias != nil {
		copy(add[:], bias[row:row+cols])
	}
	for i := t0; i < min(p.t1, dst.Rows); i += 4 {
		a := sparseFinishArgs{
			acc:    at(sums[:], i-t0),
			step:   4 * (p.t1 - t0),
			scaleW: at(scaleW, row),
			sums:   at(sumsW, row),
			bias:   unsafe.Pointer(&add),
			dst:    at(dst.Data, i*dst.Stride+row),
			stride: 4 * dst.Stride,
			scaleX: at(scaleX, i),
			zero:   at(zero, i),
			blocks: cols / 4,
			minus:  minus,
		}
		if i+4 <= dst.Rows && cols%4 == 0 {
			sparseFinishNEON(&a)
			continue
		}
		var part [4 * sparseBlock]float32
		a.dst, a.stride, a.blocks = unsafe.Pointer(&part), 4*sparseBlock, (cols+3)/4
		sparseFinishNEON(&a)
		for j := range min(4, dst.Rows-i) {
			copy(dst.Data[(i+j)*dst.Stride+row:][:cols], part[j*sparseBlock:])
		}
	}
}
