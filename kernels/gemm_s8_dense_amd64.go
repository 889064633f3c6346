//go:build amd64 && !purego

package kernels

import (
	"sync"
	"unsafe"
)

//go:generate go -C _asm/dense run . -out ../..

// denseS8Args are the arguments of gemmS8DenseAVX512VNNI and the like. The
// generator, which has the loop, knows their offsets. Strides are in bytes.
type denseS8Args struct {
	x              unsafe.Pointer // uint8 [tiles*tokens][4*quads]
	stride         int
	w              unsafe.Pointer // int8 [panels][quads][16][4]
	panel          int            // bytes from one panel to the next
	quads          int
	dst            unsafe.Pointer // float32 [tiles*tokens][16*panels]
	ldd            int
	scale          unsafe.Pointer // float32 [16*panels]
	fix            unsafe.Pointer // int32 [16*panels]
	bias           unsafe.Pointer // float32 [16*panels]
	scaleX         unsafe.Pointer // float32 [tiles*tokens]
	zero           unsafe.Pointer // int32 [tiles*tokens]
	tiles          int            // counted down
	tokens, panels int
}

//go:noescape
func gemmS8DenseAVX512VNNI(a *denseS8Args)

//go:noescape
func gemmS8DenseAVXVNNI(a *denseS8Args)

//go:noescape
func gemmS8DenseAVX2(a *denseS8Args)

//go:noescape
func gemmS8DenseWidenAVX2(dst, src *byte, chunks int)

var gemmS8DenseAsm = []variant[gemmS8DenseImpl]{
	{"avx512vnni", (&denseS8Kernel{tile: gemmS8DenseAVX512VNNI, tokens: 12, panels: 4, sums: 24}).run},
	{"avxvnni", (&denseS8Kernel{tile: gemmS8DenseAVXVNNI, tokens: 6, panels: 1, sums: 6}).run},
	{"avx2", (&denseS8Kernel{tile: gemmS8DenseAVX2, tokens: 6, panels: 1, sums: 6, widen: true}).run},
}

// A denseS8Kernel multiplies tiles of some tokens by some panels.
type denseS8Kernel struct {
	tile   func(a *denseS8Args)
	tokens int  // most tokens of a tile
	panels int  // most panels of a tile, a power of two
	sums   int  // most tokens*panels
	widen  bool // tile reads what gemmS8DenseWidenAVX2 writes
}

const (
	denseS8Tokens = 12        // most tokens of any variant's tiles
	denseS8Call   = 4 << 20   // products of one call, which cannot be interrupted
	denseS8Block  = 256 << 10 // bytes of activations that share the second cache with weights
)

// denseS8Scratch is the working memory of one product.
type denseS8Scratch struct {
	args denseS8Args
	x    []byte // activations in the form or at the distance that tiles want
	// A panel of which not all 16 outputs are wanted: tiles write whole ones.
	dst  [denseS8Tokens * panelLanes]float32
	bias [panelLanes]float32
}

var denseS8Scratches = sync.Pool{New: func() any { return new(denseS8Scratch) }}

// denseS8NoBias stands for a bias that is nil.
var denseS8NoBias [4 * panelLanes]float32

// run is a gemmS8DenseImpl.
func (g *denseS8Kernel) run(dst MatF32, x MatU8, w *DenseS8, bias []float32, n0, n1 int) {
	s := denseS8Scratches.Get().(*denseS8Scratch)
	defer denseS8Scratches.Put(s)
	// Blocks and tiles of nearly equal size leave no small ones at the end.
	m, token := x.Rows, 4*w.quads()
	if g.widen {
		token *= 2
	}
	most := min(g.tokens, max(1, denseS8Call/(panelLanes*w.k)))
	tiles := (m + most - 1) / most
	blocks := min(tiles, (m*token+denseS8Block-1)/denseS8Block)
	for b := range blocks {
		t0, t1 := b*tiles/blocks, (b+1)*tiles/blocks
		g.block(s, dst, x, w, bias, n0, n1, t0*m/tiles, t1*m/tiles, t1-t0)
	}
	s.args = denseS8Args{} // which would keep its pointers' targets alive
}

// block computes the outputs n0 to n1 of tokens r0 to r1 in so many tiles.
func (g *denseS8Kernel) block(s *denseS8Scratch, dst MatF32, x MatU8, w *DenseS8, bias []float32, n0, n1, r0, r1, tiles int) {
	data, stride := s.arrange(x, r0, r1, g.widen)
	quads := w.quads()
	s.args = denseS8Args{stride: stride, panel: quads * quadBytes, quads: quads, ldd: 4 * dst.Stride}
	a := &s.args
	least, larger := (r1-r0)/tiles, (r1-r0)%tiles // tokens of a tile, tiles with one more
	most := least + min(larger, 1)
	for j := n0; j < n1; j += panelLanes * a.panels {
		a.panels = g.panels
		for a.panels > 1 && (a.panels*panelLanes > n1-j || a.panels*most > g.sums || a.panels*most*panelLanes*w.k > denseS8Call) {
			a.panels /= 2
		}
		a.w, a.scale, a.fix = at(w.data, j*quads*4), at(w.scale, j), at(w.fix, j)
		edge := n1-j < panelLanes
		switch {
		case bias == nil:
			a.bias = unsafe.Pointer(&denseS8NoBias)
		case edge:
			copy(s.bias[:], bias[j:n1])
			a.bias = unsafe.Pointer(&s.bias)
		default:
			a.bias = at(bias, j)
		}
		calls := max(1, denseS8Call/(panelLanes*a.panels*most*w.k)) // tiles of one
		if edge {
			calls = 1
		}
		for t, r := 0, r0; t < tiles; {
			a.tokens, a.tiles = least, min(calls, tiles-t)
			if t < larger {
				a.tokens, a.tiles = least+1, min(calls, larger-t)
			}
			t += a.tiles
			rows := a.tokens * a.tiles
			a.x = at(data, (r-r0)*stride)
			a.scaleX, a.zero = at(x.Scale, r), at(x.Zero, r)
			if !edge {
				a.dst = at(dst.Data, r*dst.Stride+j)
				g.tile(a)
			} else {
				a.dst, a.ldd = unsafe.Pointer(&s.dst), 4*panelLanes
				g.tile(a)
				for i := range rows {
					copy(dst.Row(r + i)[j:n1], s.dst[i*panelLanes:])
				}
			}
			r += rows
		}
	}
}

// arrange returns tokens r0 to r1 of x as tiles read them, four inputs at a
// time, and the bytes from one to the next.
func (s *denseS8Scratch) arrange(x MatU8, r0, r1 int, widen bool) (data []byte, stride int) {
	k := x.Cols
	if !widen && k%4 == 0 && (x.Stride%4096 != 0 || r1-r0 <= 6) {
		return x.Data[r0*x.Stride:], x.Stride
	}
	// Rows that are a multiple of 4 KiB apart compete for a few places in the
	// first cache.
	stride = roundUp(k, 4)
	if widen {
		stride *= 2
	}
	stride = ((stride+63)/64 | 1) * 64
	if n := (r1 - r0) * stride; len(s.x) < n {
		s.x = alignedBytes(n)
	}
	for i := r0; i < r1; i++ {
		from, to := x.Data[i*x.Stride:][:k], s.x[(i-r0)*stride:][:stride]
		if !widen {
			copy(to, from)
			continue
		}
		if k >= 32 {
			gemmS8DenseWidenAVX2(&to[0], &from[0], k/32)
		}
		for j := k &^ 31; j < k; j++ {
			// 16-bit places of inputs 0 to 3 of a quad: 0, 2, 1, 3.
			q, p := j/4, j%4
			to[8*q+[4]int{0, 4, 2, 6}[p]], to[8*q+[4]int{0, 4, 2, 6}[p]+1] = from[j], 0
		}
	}
	return s.x, stride
}
