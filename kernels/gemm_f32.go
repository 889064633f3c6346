package kernels

import (
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
// depend on its own row of x, its own weights and the variant in use, and not
// on M, on n0 and n1 or on the other rows.
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
	//			for l := range k {
	//				sum = fma(x[i*ldx+l], w[(j/16*k+l)*16+j%16], sum)
	//			}
	//			dst[i*ldd+j] = sum + bias[j]
	//		}
	//	}
	//
	// k is at least 1, rows and panels lie between 1 and the fields below.
	tile         func(dst []float32, ldd int, x []float32, ldx int, w []float32, k int, bias []float32, rows, panels int)
	rows, panels int
}

var gemmF32Variants = append(gemmF32Asm(), variant[gemmF32Kernel]{"ref", gemmF32Kernel{gemmF32Ref, 1, 1}})

var gemmF32 = choose("gemm_f32", gemmF32Variants)

// maxTileRows is the most rows that a tile of any variant has.
const maxTileRows = 12

// gemmF32Edge is the scratch memory for a panel of which not all 16 outputs
// are wanted: tiles always write whole panels.
type gemmF32Edge struct {
	dst  [maxTileRows * panelLanes]float32
	bias [panelLanes]float32
}

var gemmF32Edges = sync.Pool{New: func() any { return new(gemmF32Edge) }}

// zeroBias stands for a bias that is nil.
var zeroBias [2 * panelLanes]float32

// gemmBlockBytes is about how much of x is walked over for every pair of
// panels: it shares the second-level cache with the pair.
const gemmBlockBytes = 256 << 10

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
	// Tiles of nearly equal height leave no small one at the end.
	tiles := (m + g.rows - 1) / g.rows
	block := max(1, gemmBlockBytes/(4*k*g.rows))
	for t0 := 0; t0 < tiles; t0 += block {
		t1 := min(t0+block, tiles)
		for j := n0; j < n1; {
			panels := min(g.panels, (n1-j)/panelLanes)
			width := panels * panelLanes
			if panels == 0 {
				g.edge(dst, x, w, bias, j, n1, t0, t1, tiles)
				break
			}
			b := zeroBias[:]
			if bias != nil {
				b = bias[j : j+width]
			}
			wp := w.data[j*k : (j+width)*k]
			for t := t0; t < t1; t++ {
				i0, i1 := t*m/tiles, (t+1)*m/tiles
				g.tile(dst.Data[i0*dst.Stride+j:], dst.Stride, x.Data[i0*x.Stride:], x.Stride, wp, k, b, i1-i0, panels)
			}
			j += width
		}
	}
}

// edge computes outputs j to n1, a part of one panel, for tiles t0 to t1.
func (g gemmF32Kernel) edge(dst, x MatF32, w *DenseF32, bias []float32, j, n1, t0, t1, tiles int) {
	e := gemmF32Edges.Get().(*gemmF32Edge)
	clear(e.bias[:])
	if bias != nil {
		copy(e.bias[:], bias[j:n1])
	}
	m, k := x.Rows, x.Cols
	wp := w.data[j*k : (j+panelLanes)*k]
	for t := t0; t < t1; t++ {
		i0, i1 := t*m/tiles, (t+1)*m/tiles
		g.tile(e.dst[:], panelLanes, x.Data[i0*x.Stride:], x.Stride, wp, k, e.bias[:], i1-i0, 1)
		for i := i0; i < i1; i++ {
			copy(dst.Row(i)[j:n1], e.dst[(i-i0)*panelLanes:])
		}
	}
	gemmF32Edges.Put(e)
}
