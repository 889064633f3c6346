//go:build arm64 && !purego

package kernels

import (
	"encoding/binary"
	"sync"
	"unsafe"
)

var gemmS8DenseAsm = []variant[gemmS8DenseImpl]{
	{"dotprod", func(dst MatF32, x MatU8, w *DenseS8, bias []float32, n0, n1 int) {
		gemmS8DenseNEON(true, dst, x, w, bias, n0, n1)
	}},
	{"neon", func(dst MatF32, x MatU8, w *DenseS8, bias []float32, n0, n1 int) {
		gemmS8DenseNEON(false, dst, x, w, bias, n0, n1)
	}},
}

// tileS8Args are the arguments of gemmS8TileDOTPROD and gemmS8TileNEON, which
// multiply rows of signed bytes with panels of 16 outputs:
//
//	for i := range rows {
//		for j := range 16 * panels {
//			sums[i][j] = 0
//			for k := range 4 * quads {
//				sums[i][j] += x[i][k] * w[j/16][k/4][j%16][k%4]
//			}
//		}
//	}
//
// Strides are in bytes.
type tileS8Args struct {
	x          unsafe.Pointer
	stride     int
	w          unsafe.Pointer
	quads      int
	panels     int
	rows       int // at least 1, at most 6 and 2
	sums       unsafe.Pointer
	sumsStride int
}

// tileS8Rows is how many rows are worked on together.
const tileS8Rows = 6

//go:noescape
func gemmS8TileDOTPROD(a *tileS8Args)

//go:noescape
func gemmS8TileNEON(a *tileS8Args)

// tileS8 is one of those in calls that end soon, for up to tileS8Rows rows.
func tileS8(dotProd bool, a tileS8Args) {
	panels, rows := a.panels, a.rows
	most := max(1, denseS8Call/(rows*a.quads*quadBytes))
	for p := 0; p < panels; p += most {
		b := a
		b.panels = min(most, panels-p)
		b.w = unsafe.Add(a.w, p*a.quads*quadBytes)
		b.sums = unsafe.Add(a.sums, p*quadBytes)
		if dotProd {
			gemmS8TileDOTPROD(&b)
			continue
		}
		for r := 0; r < rows; r += 2 {
			c := b
			c.rows = min(2, rows-r)
			c.x = unsafe.Add(b.x, r*b.stride)
			c.sums = unsafe.Add(b.sums, r*b.sumsStride)
			gemmS8TileNEON(&c)
		}
	}
}

// denseFinishArgs are the arguments of gemmS8DenseFinishNEON, which scales
// the sums of one panel.
type denseFinishArgs struct {
	sums             unsafe.Pointer // [rows][16]
	scale, fix, bias unsafe.Pointer // of the outputs
	dst              unsafe.Pointer
	stride           int
	scaleX, zero     unsafe.Pointer // of the rows
	rows             int
}

//go:noescape
func gemmS8DenseFinishNEON(a *denseFinishArgs)

const (
	denseS8Call  = 2 << 20   // products of one call, which cannot be interrupted
	denseS8Block = 256 << 10 // bytes of activations that share the second cache with weights
)

// denseS8Scratch is the working memory of one product.
type denseS8Scratch struct {
	x    []byte // signed activations
	sums [tileS8Rows * panelLanes]int32
	// A panel of which not all 16 outputs are wanted: tiles write whole ones.
	dst  [tileS8Rows * panelLanes]float32
	bias [panelLanes]float32
}

var denseS8Scratches = sync.Pool{New: func() any { return new(denseS8Scratch) }}

// gemmS8DenseNEON is a gemmS8DenseImpl, with SDOT or without. Signed bytes are
// multiplied, so that 128 is taken from activations and from their zero points.
func gemmS8DenseNEON(dotProd bool, dst MatF32, x MatU8, w *DenseS8, bias []float32, n0, n1 int) {
	s := denseS8Scratches.Get().(*denseS8Scratch)
	defer denseS8Scratches.Put(s)
	// Blocks and tiles of nearly equal size leave no small ones at the end.
	m, token := x.Rows, 4*w.quads()
	most := min(tileS8Rows, max(1, denseS8Call/(panelLanes*token)))
	tiles := (m + most - 1) / most
	blocks := min(tiles, (m*token+denseS8Block-1)/denseS8Block)
	for b := range blocks {
		s.block(dotProd, dst, x, w, bias, n0, n1, b*tiles/blocks, (b+1)*tiles/blocks, tiles)
	}
}

// block computes the outputs n0 to n1 of the tokens in tiles t0 to t1.
func (s *denseS8Scratch) block(dotProd bool, dst MatF32, x MatU8, w *DenseS8, bias []float32, n0, n1, t0, t1, tiles int) {
	m, quads := x.Rows, w.quads()
	first := t0 * m / tiles
	stride := s.flip(x, first, t1*m/tiles)
	for j := n0; j < n1; j += panelLanes {
		width := min(panelLanes, n1-j)
		clear(s.bias[:])
		if bias != nil {
			copy(s.bias[:], bias[j:j+width])
		}
		for t := t0; t < t1; t++ {
			i0, i1 := t*m/tiles, (t+1)*m/tiles
			tileS8(dotProd, tileS8Args{
				x:          at(s.x, (i0-first)*stride),
				stride:     stride,
				w:          at(w.data, j*quads*4),
				quads:      quads,
				panels:     1,
				rows:       i1 - i0,
				sums:       unsafe.Pointer(&s.sums),
				sumsStride: 4 * panelLanes,
			})
			a := denseFinishArgs{
				sums:   unsafe.Pointer(&s.sums),
				scale:  at(w.scale, j),
				fix:    at(w.fix, j),
				bias:   unsafe.Pointer(&s.bias),
				dst:    unsafe.Pointer(&s.dst),
				stride: 4 * panelLanes,
				scaleX: at(x.Scale, i0),
				zero:   at(x.Zero, i0),
				rows:   i1 - i0,
			}
			if width == panelLanes {
				a.dst, a.stride = at(dst.Data, i0*dst.Stride+j), 4*dst.Stride
				gemmS8DenseFinishNEON(&a)
				continue
			}
			gemmS8DenseFinishNEON(&a)
			for i := i0; i < i1; i++ {
				copy(dst.Row(i)[j:n1], s.dst[(i-i0)*panelLanes:])
			}
		}
	}
}

// flip copies tokens r0 to r1 of x, less 128, to s.x, with rows an odd number
// of cache lines apart, and returns that distance. What follows the inputs of a
// token is arbitrary; weights are zero there.
func (s *denseS8Scratch) flip(x MatU8, r0, r1 int) (stride int) {
	stride = (roundUp(x.Cols, 64)/64 | 1) * 64
	if n := (r1 - r0) * stride; len(s.x) < n {
		s.x = alignedBytes(n)
	}
	const high = 0x8080808080808080
	le := binary.LittleEndian
	for i := r0; i < r1; i++ {
		from, to := x.Data[i*x.Stride:][:x.Cols], s.x[(i-r0)*stride:][:stride]
		for len(from) >= 8 {
			le.PutUint64(to, le.Uint64(from)^high)
			from, to = from[8:], to[8:]
		}
		for j, v := range from {
			to[j] = v ^ 0x80
		}
	}
	return stride
}
