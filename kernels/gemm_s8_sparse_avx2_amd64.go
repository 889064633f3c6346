//go:build !purego

package kernels

import (
	"runtime"
	"unsafe"
)

// The avx2 variant reads pairs of inputs as int16. M tokens, rounded up to
// vectors of eight, are cut into tiles of at most avx2Vectors vectors; a tile
// is [pair of inputs][token][2 inputs] in int16. The sums of a block of 64 rows
// are kept as [row][token] and transposed when they are scaled.
const (
	avx2Vectors = 4
	avx2Entries = 8192 // limit for one call, which cannot be interrupted
)

type sparsePairArgs struct {
	act, pair, weight, start unsafe.Pointer
	rows                     int
	acc                      unsafe.Pointer
	vectors                  int
}

//go:noescape
func sparseDotAVX2(a *sparsePairArgs)

type sparsePairArrangeArgs struct {
	src    unsafe.Pointer
	stride int
	dst    unsafe.Pointer
	step   int // bytes from one pair to the next
	chunks int
}

//go:noescape
func sparseArrangeAVX2(a *sparsePairArrangeArgs)

type sparsePairFinishArgs struct {
	acc                unsafe.Pointer
	step               int // bytes from one row to the next
	scaleW, sums, bias unsafe.Pointer
	dst                unsafe.Pointer
	stride             int
	scaleX, zero       unsafe.Pointer
	blocks             int
}

//go:noescape
func sparseFinishAVX2(a *sparsePairFinishArgs)

// avx2Chunk is the number of inputs that are arranged at a time.
const avx2Chunk = 16

func prepareS8AVX2(t *TilesS8, x MatU8) {
	k := roundUp(x.Cols, avx2Chunk)
	vectors := (x.Rows + 7) / 8
	t.tiles = (vectors + avx2Vectors - 1) / avx2Vectors
	t.grow(vectors * 16 * k)
	for i := range t.tiles {
		v0, v1 := vectors*i/t.tiles, vectors*(i+1)/t.tiles
		for v := v0; v < v1; v++ {
			a := sparsePairArrangeArgs{
				dst:  at(t.buf, v0*16*k+(v-v0)*32),
				step: (v1 - v0) * 32,
			}
			if x.Cols == k && 8*v+8 <= x.Rows {
				a.src, a.stride = at(x.Data, 8*v*x.Stride), x.Stride
			} else {
				if len(t.spare) < 8*k {
					t.spare = make([]byte, 8*k)
				}
				for j := range 8 {
					row := t.spare[j*k : (j+1)*k]
					used := 0
					if r := 8*v + j; r < x.Rows {
						used = copy(row, x.Data[r*x.Stride:r*x.Stride+x.Cols])
					}
					clear(row[used:])
				}
				a.src, a.stride = at(t.spare, 0), k
			}
			a.chunks = k / avx2Chunk
			sparseArrangeAVX2(&a)
		}
	}
	runtime.KeepAlive(x.Data)
	runtime.KeepAlive(t)
}

func gemmS8SparseAVX2(dst MatF32, t *TilesS8, w *SparseS8, bias []float32, b0, b1 int) {
	p := w.pairs()
	if len(p.pair) == 0 {
		gemmEmpty(dst, t, w, bias, b0, b1)
		return
	}
	pooled := sparseSumsPool.Get().(*sparseSums)
	defer sparseSumsPool.Put(pooled)
	sums := pooled.data
	var zeros [sparseBlock]float32
	k := roundUp(w.k, avx2Chunk)
	vectors := (t.rows + 7) / 8
	for i := range t.tiles {
		v0, v1 := vectors*i/t.tiles, vectors*(i+1)/t.tiles
		n := v1 - v0
		for b := b0; b < b1; b++ {
			row := b * sparseBlock
			for r := 0; r < sparseBlock; {
				end := r + 1
				for end < sparseBlock && p.start[row+end+1]-p.start[row+r] <= avx2Entries {
					end++
				}
				sparseDotAVX2(&sparsePairArgs{
					act:     at(t.buf, v0*16*k),
					pair:    at(p.pair, 0),
					weight:  at(p.weight, 0),
					start:   at(p.start, row+r),
					rows:    end - r,
					acc:     at(sums, r*n*32),
					vectors: n,
				})
				r = end
			}

			cols := min(w.n-row, sparseBlock)
			add := &zeros
			if bias != nil {
				var part [sparseBlock]float32
				copy(part[:], bias[row:row+cols])
				add = &part
			}
			for v := range n {
				t0 := 8 * (v0 + v)
				f := sparsePairFinishArgs{
					acc:    at(sums, v*32),
					step:   n * 32,
					scaleW: at(w.scale, row),
					sums:   at(w.sums, row),
					bias:   unsafe.Pointer(add),
					dst:    at(dst.Data, t0*dst.Stride+row),
					stride: 4 * dst.Stride,
					scaleX: at(t.scale, t0),
					zero:   at(t.zero, t0),
					blocks: cols / 8,
				}
				if t0+8 <= t.rows && cols%8 == 0 {
					sparseFinishAVX2(&f)
					continue
				}
				var part [8 * sparseBlock]float32
				f.dst, f.stride, f.blocks = unsafe.Pointer(&part), 4*sparseBlock, (cols+7)/8
				sparseFinishAVX2(&f)
				for j := range min(8, t.rows-t0) {
					copy(dst.Data[(t0+j)*dst.Stride+row:][:cols], part[j*sparseBlock:])
				}
			}
		}
	}
	runtime.KeepAlive(w)
	runtime.KeepAlive(t)
	runtime.KeepAlive(bias)
}
