//go:build !purego

package kernels

import (
	"runtime"
	"unsafe"
)

// All variants cut M tokens, rounded up to vectors of 8 or 16, in tiles of
// nearly equal size, at most blockVectors vectors. A tile is [block of four
// inputs][token][input]. It is multiplied with rows as quartets are.
const (
	blockVectors = 4
	blockChunk   = 32 // inputs that are arranged at a time
)

var gemmS8BlocksAsm = []variant[*gemmS8BlocksImpl]{
	{"avx512vnni", blocksVariant(dotAVX512VNNI)},
	{"avxvnni", blocksVariant(dotAVXVNNI)},
	{"avx2", blocksVariant(dotAVX2)},
}

func blocksVariant(isa dotISA) *gemmS8BlocksImpl {
	return &gemmS8BlocksImpl{
		prepare: func(t *QuadsS8, x MatU8) { prepareBlocks(isa, t, x) },
		gemm: func(dst MatF32, t *QuadsS8, w *BlocksS8, bias []float32, b0, b1 int) {
			gemmS8Blocks(isa, dst, t, w, bias, b0, b1)
		},
	}
}

type blockArgs struct {
	act, entry, count unsafe.Pointer
	rows              int
	acc, base         unsafe.Pointer
	add               int
	vectors           int
}

//go:noescape
func blockDotAVX2(a *blockArgs)

//go:noescape
func blockDotAVXVNNI(a *blockArgs)

//go:noescape
func blockDotAVX512VNNI(a *blockArgs)

type blockArrangeArgs struct {
	src    unsafe.Pointer
	stride int
	dst    unsafe.Pointer
	step   int // bytes from one block to the next
	chunks int
}

//go:noescape
func blockArrangeAVX2(a *blockArrangeArgs)

// vector returns the number of tokens of a vector.
func (isa dotISA) vector() int {
	if isa == dotAVX512VNNI {
		return 16
	}
	return 8
}

// blockTiles returns the number of tiles for some tokens, and of their vectors.
func blockTiles(isa dotISA, rows int) (tiles, vectors int) {
	vectors = (rows + isa.vector() - 1) / isa.vector()
	return (vectors + blockVectors - 1) / blockVectors, vectors
}

func prepareBlocks(isa dotISA, t *QuadsS8, x MatU8) {
	k := roundUp(x.Cols, blockChunk)
	tiles, vectors := blockTiles(isa, x.Rows)
	t.grow(vectors * isa.vector() * k)
	for i := range tiles {
		t0, t1 := vectors*i/tiles*isa.vector(), vectors*(i+1)/tiles*isa.vector()
		for r := t0; r < min(t1, x.Rows); r += 8 { // beyond are sums that nobody reads
			a := blockArrangeArgs{
				dst:    at(t.buf, t0*k+(r-t0)*blockInputs),
				step:   (t1 - t0) * blockInputs,
				chunks: k / blockChunk,
			}
			if x.Cols == k && r+8 <= x.Rows {
				a.src, a.stride = at(x.Data, r*x.Stride), x.Stride
			} else {
				if len(t.spare) < 8*k {
					t.spare = make([]byte, 8*k)
				}
				for j := range min(8, x.Rows-r) {
					copy(t.spare[j*k:], x.Data[(r+j)*x.Stride:][:x.Cols])
				}
				a.src, a.stride = at(t.spare, 0), k
			}
			blockArrangeAVX2(&a)
		}
	}
	runtime.KeepAlive(x.Data)
	runtime.KeepAlive(t)
}

func gemmS8Blocks(isa dotISA, dst MatF32, t *QuadsS8, w *BlocksS8, bias []float32, b0, b1 int) {
	pooled := sparseSumsPool.Get().(*sparseSums)
	defer sparseSumsPool.Put(pooled)
	sums := pooled.data
	k := roundUp(w.k, blockChunk)
	tiles, vectors := blockTiles(isa, t.rows)
	g1 := min(b1*(sparseBlock/sparseGroup), w.groups)
	for run := b0 * (sparseBlock / sparseGroup); run < g1; {
		end := w.run(run, g1, listRun)
		for i := range tiles {
			v0, v1 := vectors*i/tiles, vectors*(i+1)/tiles
			t0, tokens := v0*isa.vector(), (v1-v0)*isa.vector()
			for g := run; g < end; g += listGroups {
				n := min(listGroups, end-g)
				for r := range w.ranges {
					a := blockArgs{
						act:     at(t.buf, t0*k+r*blocksRange*tokens),
						entry:   unsafe.Pointer(unsafe.SliceData(w.from(r, g))),
						count:   at(w.count, (r*w.groups+g)*sparseGroup),
						rows:    n * sparseGroup,
						acc:     at(sums, 0),
						base:    at(w.base, g*sparseGroup),
						vectors: v1 - v0,
					}
					if r > 0 {
						a.add = 1
					}
					switch isa {
					case dotAVX512VNNI:
						blockDotAVX512VNNI(&a)
					case dotAVXVNNI:
						blockDotAVXVNNI(&a)
					default:
						blockDotAVX2(&a)
					}
				}
				finishS8(isa, dst, sums, tokens, t0, g*sparseGroup, n*sparseGroup, t.scale, t.zero, w.scale, w.sums, bias)
			}
		}
		run = end
	}
	runtime.KeepAlive(t)
	runtime.KeepAlive(w)
	runtime.KeepAlive(bias)
}
