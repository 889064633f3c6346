package kernels

import (
	"math"
	"sync"

	"github.com/sparsebio/sparsebio/kernels/internal/race"
)

// GemmF32 multiplies rows of activations by packed weights and adds a bias:
//
//	for i := range dst.Rows {
//		for j := n0; j < n1; j++ {
//			sum := 0
//			for k := range x.Cols {
//				sum = fma(x[i][k], w[j][k], sum)
//			}
//			dst[i][j] = sum + bias[j]
//		}
//	}
//
// x is [M, K], dst is [M, N]; only columns n0 to n1 (n1 excluded, n0 a multiple
// of 16) of dst are written, so that goroutines may share the outputs of a
// layer. bias has N elements or is nil. dst must not overlap x.
//
// Every element is summed in the order of k, whatever the shape: its bits
// depend on its own row of x and its own weights, and not on M, on n0 and n1 or
// on the other rows. Every variant gives the same bits.
func GemmF32(dst, x MatF32, w *DenseF32, bias []float32, n0, n1 int) {
	dst.check()
	x.check()
	if x.Cols != w.K || dst.Cols != w.N || dst.Rows != x.Rows {
		panic("kernels: gemm shapes do not match")
	}
	if bias != nil && len(bias) != w.N {
		panic("kernels: bias does not match the outputs")
	}
	if n0 < 0 || n0%panelLanes != 0 || n1 < n0 || n1 > w.N {
		panic("kernels: bad range of outputs")
	}
	if n0 == n1 || x.Rows == 0 {
		return
	}
	if race.Enabled {
		for i := range x.Rows {
			race.Read(x.Row(i))
			race.Write(dst.Row(i)[n0:n1])
		}
		if bias != nil {
			race.Read(bias[n0:n1])
		}
		race.Read(w.data[n0*w.K : (n1+panelLanes-1)/panelLanes*panelLanes*w.K])
	}
	gemmF32.run(dst, x, w, bias, n0, n1)
}

// A gemmF32Kernel computes one tile of GemmF32.
type gemmF32Kernel struct {
	// tile multiplies rows rows of x by one or two neighbouring panels:
	//
	//	for i := range rows {
	//		for j := range 16 * panels {
	//			sum := 0
	//			if add {
	//				sum = dst[i*ldd+j]
	//			}
	//			for l := range k {
	//				sum = fma(x[i*ldx+l], w[j/16*ldw+l*16+j%16], sum)
	//			}
	//			dst[i*ldd+j] = sum + bias[j]
	//		}
	//	}
	//
	// k is at least 1, rows and panels lie between 1 and the fields below.
	tile         func(dst []float32, ldd int, x []float32, ldx int, w []float32, ldw, k int, bias []float32, rows, panels int, add bool)
	rows, panels int
}

var gemmF32Variants = append(gemmF32Asm(), variant[gemmF32Kernel]{"ref", gemmF32Kernel{gemmF32Ref, 1, 1}})

var gemmF32 = choose("gemm_f32", gemmF32Variants)

const (
	// maxTileRows is the most rows that a tile of any variant has.
	maxTileRows = 12
	// gemmBlockK is the most inputs that are multiplied before the sums go
	// back to dst. It depends on nothing but K, so that it cannot make two
	// results of one model differ.
	gemmBlockK = 1024
	// gemmBlockElems is about how many elements of x are walked over for every
	// pair of panels; they share the second-level cache with the pair.
	gemmBlockElems = 64 << 10
)

// gemmF32Scratch is the working memory of one product.
type gemmF32Scratch struct {
	// A panel of which not all 16 outputs are wanted: tiles write whole ones.
	dst  [maxTileRows * panelLanes]float32
	bias [panelLanes]float32
	// A block of x with a better distance between rows.
	x []float32
}

var gemmF32Scratches = sync.Pool{New: func() any { return new(gemmF32Scratch) }}

// noBias is the bias that changes no sum, not even -0.
var noBias = func() (b [2 * panelLanes]float32) {
	for i := range b {
		b[i] = float32(math.Copysign(0, -1))
	}
	return b
}()

// run is GemmF32 without checks; M and n1-n0 are positive.
func (g gemmF32Kernel) run(dst, x MatF32, w *DenseF32, bias []float32, n0, n1 int) {
	m, k := x.Rows, x.Cols
	if k == 0 {
		for i := range m {
			row := dst.Row(i)[n0:n1]
			clear(row)
			if bias != nil {
				copy(row, bias[n0:n1])
			}
		}
		return
	}
	s := gemmF32Scratches.Get().(*gemmF32Scratch)
	defer gemmF32Scratches.Put(s)
	// Blocks and tiles of nearly equal size leave no small ones at the end.
	parts := (k + gemmBlockK - 1) / gemmBlockK
	tiles := (m + g.rows - 1) / g.rows
	blocks := (tiles*g.rows*((k+parts-1)/parts) + gemmBlockElems - 1) / gemmBlockElems
	blocks = min(blocks, tiles)
	for b := range blocks {
		t0, t1 := b*tiles/blocks, (b+1)*tiles/blocks
		for p := range parts {
			k0, k1 := p*k/parts, (p+1)*k/parts
			g.block(dst, x, w, bias, n0, n1, k0, k1, t0, t1, tiles, s)
		}
	}
}

// block adds the products of inputs k0 to k1 to the outputs n0 to n1 of the
// rows in tiles t0 to t1.
func (g gemmF32Kernel) block(dst, x MatF32, w *DenseF32, bias []float32, n0, n1, k0, k1, t0, t1, tiles int, s *gemmF32Scratch) {
	m, add := x.Rows, k0 > 0
	if k1 < w.K {
		bias = nil
	}
	first := t0 * m / tiles
	xs, ldx := x.Data[first*x.Stride+k0:], x.Stride
	if x.Stride%512 == 0 && n1-n0 >= 4*panelLanes && m > 1 {
		// Rows that are a multiple of 2 KiB apart compete for a few places in
		// the first-level cache.
		xs, ldx = s.spread(x.Sub(first, t1*m/tiles, k0, k1))
	}
	for j := n0; j < n1; {
		panels := min(g.panels, (n1-j)/panelLanes)
		width := max(panels, 1) * panelLanes
		wp := w.data[j*w.K+k0*panelLanes : (j+width-panelLanes)*w.K+k1*panelLanes]
		b := noBias[:]
		if panels == 0 {
			if bias != nil {
				b = s.bias[:]
				copy(b, bias[j:n1])
			}
		} else if bias != nil {
			b = bias[j : j+width]
		}
		for t := t0; t < t1; t++ {
			i0, i1 := t*m/tiles, (t+1)*m/tiles
			xt := xs[(i0-first)*ldx:]
			if panels > 0 {
				g.tile(dst.Data[i0*dst.Stride+j:], dst.Stride, xt, ldx, wp, w.K*panelLanes, k1-k0, b, i1-i0, panels, add)
				continue
			}
			if add {
				for i := i0; i < i1; i++ {
					copy(s.dst[(i-i0)*panelLanes:], dst.Row(i)[j:n1])
				}
			}
			g.tile(s.dst[:], panelLanes, xt, ldx, wp, w.K*panelLanes, k1-k0, b, i1-i0, 1, add)
			for i := i0; i < i1; i++ {
				copy(dst.Row(i)[j:n1], s.dst[(i-i0)*panelLanes:])
			}
		}
		j += width
	}
}

// spread copies x to rows an odd number of cache lines apart.
func (s *gemmF32Scratch) spread(x MatF32) ([]float32, int) {
	ld := oddLines(x.Cols)
	if len(s.x) < x.Rows*ld {
		s.x = alignedF32(x.Rows * ld)
	}
	for i := range x.Rows {
		copy(s.x[i*ld:], x.Row(i))
	}
	return s.x, ld
}

// oddLines returns the least odd number of 64-byte lines that hold n float32,
// in elements.
func oddLines(n int) int { return ((n+15)/16 | 1) * 16 }
