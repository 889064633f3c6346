//go:build !purego

package kernels

import (
	"math"
	"runtime"
	"unsafe"
)

// The avx512vbmi variant cuts M tokens into tiles of nearly equal size, at
// most vbmiTokens and so many that a block of K fits most of a first cache of
// 32 KiB. A tile holds, for each block of K, the windows of both views as
// [window][token][64 bytes]; see SparseS8.
//
// A tile is multiplied with vbmiBlocks blocks of 64 rows, block of K by block
// of K, before the sums are scaled and stored: fewer would read the activations
// from the second cache too often, more would not leave the sums in the first.
// Tiles take turns over a run of rows whose slots fit the second cache; the
// first to read them asks for them vbmiAhead bytes before, as the third cache
// takes longer than a tile has to spare. Where rows keep their order, sums are
// scaled while they are in registers.
const (
	vbmiTokens = 24
	vbmiTile   = 28 << 10 // bytes of a tile in a block of K
	vbmiBlocks = 6
	vbmiRun    = 320 << 10 // bytes of slots
	vbmiAhead  = 12 << 10  // bytes of slots
)

type sparseDotArgs struct {
	act, win, slots, start unsafe.Pointer
	groups                 int
	acc                    unsafe.Pointer
	step                   int // bytes from one start to that of the next group
	add                    int
	tokens                 int

	// What follows is for rows that keep their order, whose sums are scaled at
	// once; see sparseFinishArgs. The first block of K needs sums and zero, the
	// last one the rest.
	dst                unsafe.Pointer
	stride             int
	scaleW, sums, bias unsafe.Pointer
	scaleX, zero       unsafe.Pointer
	cols               int // from the first group on

	ahead int // bytes from a slot to the one to fetch into the second cache; 0 for none
}

//go:noescape
func sparseDotAVX512VBMI(a *sparseDotArgs)

type sparseArrangeArgs struct {
	src     unsafe.Pointer
	stride  int
	dst     unsafe.Pointer
	lanes   unsafe.Pointer
	windows int
	rest    int
	tokens  int
}

//go:noescape
func sparseArrangeAVX512VBMI(a *sparseArrangeArgs)

type sparseFinishArgs struct {
	acc, from, scaleW, sums, bias unsafe.Pointer
	dst                           unsafe.Pointer
	stride                        int
	scaleX, zero                  unsafe.Pointer
	tokens                        int
	cols                          int
}

//go:noescape
func sparseFinishAVX512VBMI(a *sparseFinishArgs)

type sparseQuantizeArgs struct {
	src, dst unsafe.Pointer
	step     int // bytes from one window to the next
	windows  int
	blocks   int
	inverse  float32
	zero     int32
	ahead    int // bytes from an element to the one to fetch into the first cache
}

//go:noescape
func sparseQuantizeAVX512VBMI(a *sparseQuantizeArgs)

// vbmiCut cuts t.rows tokens into t.tiles and makes room for them. It returns
// the shape of a row and its bytes.
func (t *TilesS8) vbmiCut() (kblocks, windows, token int) {
	kblocks, windows = sparseShape(t.k)
	token = kblocks * 2 * windows * sparseWindow
	most := min(vbmiTokens, vbmiTile/(2*windows*sparseWindow))
	t.tiles = (t.rows + most - 1) / most
	t.grow(t.rows * token)
	return kblocks, windows, token
}

func prepareS8AVX512VBMI(t *TilesS8, x MatU8) {
	kblocks, windows, token := t.vbmiCut()
	shifts := sparseShifts(windows)
	var lanes [4 * sparseMaxWindows]int
	for i := range t.tiles {
		t0, t1 := x.Rows*i/t.tiles, x.Rows*(i+1)/t.tiles
		n := t1 - t0
		for e := range 4 * windows {
			c, l := e/4, e%4
			lanes[e] = (windows+(c+shifts[l])%windows)*sparseWindow*n + 16*l
		}
		for kb := range kblocks {
			first := kb * windows * sparseWindow
			sparseArrangeAVX512VBMI(&sparseArrangeArgs{
				// Windows past the end of a row are masked out, but the pointer
				// to the first of them must stay within the matrix.
				src:     at(x.Data, t0*x.Stride+min(first, x.Cols-1)),
				stride:  x.Stride,
				dst:     at(t.buf, t0*token+kb*2*windows*sparseWindow*n),
				lanes:   unsafe.Pointer(&lanes),
				windows: windows,
				rest:    x.Cols - first,
				tokens:  n,
			})
		}
	}
	runtime.KeepAlive(x.Data)
}

func quantizeS8AVX512VBMI(t *TilesS8, x MatF32, act func([]float32)) {
	kblocks, windows, token := t.vbmiCut()
	block := windows * sparseWindow
	var part [sparseMaxWindows * sparseWindow]float32
	for i := range t.tiles {
		t0, t1 := x.Rows*i/t.tiles, x.Rows*(i+1)/t.tiles
		a := sparseQuantizeArgs{step: (t1 - t0) * sparseWindow, windows: windows, ahead: 4 * x.Stride}
		for r := t0; r < t1; r++ {
			row := x.Row(r)
			if act != nil {
				act(row)
			}
			lo, hi := boundsAVX512F(row)
			t.scale[r], a.inverse, a.zero = quantizeU8Range(lo, hi)
			t.zero[r] = a.zero
			dst := t0*token + (r-t0)*sparseWindow
			whole := x.Cols / block
			if hi > quantizeLimit {
				whole = 0
			}
			if whole > 0 {
				a.src, a.dst, a.blocks = at(row, 0), at(t.buf, dst), whole
				sparseQuantizeAVX512VBMI(&a)
			}
			for kb := whole; kb < kblocks; kb++ {
				vbmiPart(part[:block], row[kb*block:], hi)
				a.src, a.dst, a.blocks = unsafe.Pointer(&part), at(t.buf, dst+kb*2*block*(t1-t0)), 1
				sparseQuantizeAVX512VBMI(&a)
			}
		}
	}
	runtime.KeepAlive(x.Data)
	runtime.KeepAlive(t)
}

// vbmiPart copies the numbers of a block of K from the rest of a row whose
// largest is hi: infinity becomes the largest number, so that products fit
// int32, and what the row lacks is not a number, so that it becomes 0.
func vbmiPart(dst, row []float32, hi float32) {
	for i := copy(dst, row); i < len(dst); i++ {
		dst[i] = float32(math.NaN())
	}
	if hi > quantizeLimit {
		for i, v := range dst {
			dst[i] = min(v, math.MaxFloat32)
		}
	}
}

func gemmS8SparseAVX512VBMI(dst MatF32, t *TilesS8, w *SparseS8, bias []float32, b0, b1 int) {
	const groups = sparseBlock / sparseGroup
	tileBlock := 2 * w.windows * sparseWindow // bytes of a token in a block of K
	token := w.kblocks * tileBlock
	if len(w.win) == 0 {
		gemmEmpty(dst, t, w, bias, b0, b1)
		return
	}
	pooled := sparseSumsPool.Get().(*sparseSums)
	defer sparseSumsPool.Put(pooled)
	sums := pooled.data

	for run := b0; run < b1; {
		end := run + 1
		for limit := w.blockStart(run) + vbmiRun/slotBytes; end < b1 && w.blockStart(end+1) <= limit; {
			end++
		}
		for i := range t.tiles {
			t0, t1 := t.rows*i/t.tiles, t.rows*(i+1)/t.tiles
			tokens := t1 - t0
			step := vbmiBlocks
			if w.natural && w.kblocks == 1 {
				step = end - run // sums needs no room
			}
			for b := run; b < end; b += step {
				n := min(step, end-b)
				row := b * sparseBlock
				for kb := range w.kblocks {
					a := sparseDotArgs{
						act:    at(t.buf, t0*token+kb*tileBlock*tokens),
						win:    at(w.win, 0),
						slots:  at(w.slots, 0),
						start:  at(w.start, b*groups*w.kblocks+kb),
						groups: n * groups,
						acc:    at(sums, 0),
						step:   4 * w.kblocks,
						tokens: tokens,
					}
					if i == 0 {
						a.ahead = vbmiAhead
					}
					if kb > 0 {
						a.add = 1
					}
					if w.natural && kb == 0 {
						a.sums, a.zero = at(w.sums, row), at(t.zero, t0)
					}
					if w.natural && kb == w.kblocks-1 {
						a.dst, a.stride = at(dst.Data, t0*dst.Stride+row), 4*dst.Stride
						a.scaleW, a.scaleX = at(w.scale, row), at(t.scale, t0)
						a.cols = w.n - row
						if bias != nil {
							a.bias = at(bias, row)
						}
					}
					sparseDotAVX512VBMI(&a)
				}
				for j := 0; j < n && !w.natural; j++ {
					row := row + j*sparseBlock
					f := sparseFinishArgs{
						acc:    at(sums, j*groups*tokens*64),
						from:   at(w.from, row),
						scaleW: at(w.scale, row),
						sums:   at(w.sums, row),
						dst:    at(dst.Data, t0*dst.Stride+row),
						stride: 4 * dst.Stride,
						scaleX: at(t.scale, t0),
						zero:   at(t.zero, t0),
						tokens: tokens,
						cols:   min(w.n-row, sparseBlock),
					}
					if bias != nil {
						f.bias = at(bias, row)
					}
					sparseFinishAVX512VBMI(&f)
				}
			}
		}
		run = end
	}
	runtime.KeepAlive(w)
	runtime.KeepAlive(t)
}

// blockStart returns the first slot of block b.
func (w *SparseS8) blockStart(b int) int {
	return int(w.start[b*sparseBlock/sparseGroup*w.kblocks])
}
