package kernels

import "unsafe"

// panelLanes is the number of outputs in a panel of packed weights.
const panelLanes = 16

// A DenseF32 holds the float32 weights of a linear layer with N outputs and K
// inputs, packed for GemmF32: panels of 16 outputs, each panel K rows of 16
// lanes, so that element k of output j is
//
//	data[(j/16*K+k)*16 + j%16]
//
// The lanes past the last output are zero. It is made by PackF32 or
// PackF32Func, never changes afterwards and may be shared by goroutines.
type DenseF32 struct {
	N, K int
	data []float32 // 64-byte aligned
}

// PackF32 packs w, an n x k row-major matrix as a torch.nn.Linear stores it
// (out_features x in_features). It copies w.
func PackF32(w []float32, n, k int) *DenseF32 {
	if n < 0 || k < 0 || len(w) < n*k {
		panic("kernels: weights too short")
	}
	d := newDenseF32(n, k)
	for p := range d.panels() {
		r := min(panelLanes, n-p*panelLanes)
		packF32Panel(packF32, d.panel(p), w[p*panelLanes*k:], k, r, k)
	}
	return d
}

// PackF32Func packs the n x k matrix that row describes: it is called once for
// every output in increasing order and must set all k elements of dst, which
// it must not keep. No copy of the whole matrix in float32 is made, so weights
// stored in 16 bits can be converted on the fly.
func PackF32Func(n, k int, row func(i int, dst []float32)) *DenseF32 {
	if n < 0 || k < 0 {
		panic("kernels: bad matrix shape")
	}
	d := newDenseF32(n, k)
	buf := make([]float32, panelLanes*k)
	for p := range d.panels() {
		r := min(panelLanes, n-p*panelLanes)
		for i := range r {
			row(p*panelLanes+i, buf[i*k:(i+1)*k:(i+1)*k])
		}
		packF32Panel(packF32, d.panel(p), buf, k, r, k)
	}
	return d
}

// Row copies the K weights of output i to dst.
func (d *DenseF32) Row(i int, dst []float32) {
	if i < 0 || i >= d.N || len(dst) < d.K {
		panic("kernels: row out of range")
	}
	panel := d.panel(i / panelLanes)
	for k := range d.K {
		dst[k] = panel[k*panelLanes+i%panelLanes]
	}
}

// Bytes returns the size of the packed weights in bytes.
func (d *DenseF32) Bytes() int { return 4 * len(d.data) }

func newDenseF32(n, k int) *DenseF32 {
	d := new(DenseF32)
	d.resize(n, k)
	return d
}

// resize gives d a new shape; the weights are undefined afterwards.
func (d *DenseF32) resize(n, k int) {
	d.N, d.K = n, k
	size := d.panels() * k * panelLanes
	if cap(d.data) < size {
		d.data = alignedF32(size)
	}
	d.data = d.data[:size]
}

func (d *DenseF32) panels() int { return (d.N + panelLanes - 1) / panelLanes }

// panel returns panel p, K rows of 16 lanes.
func (d *DenseF32) panel(p int) []float32 {
	return d.data[p*d.K*panelLanes : (p+1)*d.K*panelLanes]
}

// alignedF32 returns n zeros whose address is a multiple of 64.
func alignedF32(n int) []float32 {
	s := make([]float32, n+15)
	off := int(-uintptr(unsafe.Pointer(unsafe.SliceData(s)))%64) / 4
	return s[off : off+n : off+n]
}
