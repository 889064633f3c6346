package kernels

import "github.com/sparsebio/sparsebio/kernels/internal/race"

// arrangedS8 is what TilesS8 and QuadsS8 have in common: the quantized
// activations of some tokens, arranged for a kernel.
type arrangedS8 struct {
	rows, k int
	scale   []float32 // of each token, then zeros up to a multiple of 8
	zero    []int32
	buf     []byte
	spare   []byte // for the last tokens, if the variant wants a multiple
}

// take prepares t for the rows of x, but for buf.
func (t *arrangedS8) take(x MatU8) {
	x.check()
	t.resize(x.Rows, x.Cols)
	copy(t.scale, x.Scale[:x.Rows])
	copy(t.zero, x.Zero[:x.Rows])
	if race.Enabled {
		for i := range x.Rows {
			race.Read(x.Data[i*x.Stride : i*x.Stride+x.Cols])
		}
	}
}

// resize prepares t for rows of k inputs, but for their scales and zero points
// and buf.
func (t *arrangedS8) resize(rows, k int) {
	if k < 1 || k > sparseMaxDim {
		panic("kernels: activations need 1 to 65536 columns")
	}
	t.rows, t.k = rows, k
	n := roundUp(rows, 8)
	t.scale, t.zero = grown(t.scale, n), grown(t.zero, n)
	clear(t.scale[rows:])
	clear(t.zero[rows:])
}

// begin checks the arguments of a product of t with weights [n, k], of which
// blocks b0 to b1 of 64 outputs are wanted, and tells whether there is anything
// to compute.
func (t *arrangedS8) begin(dst MatF32, n, k int, bias []float32, b0, b1 int) bool {
	dst.check()
	switch {
	case t.rows > 0 && t.k != k:
		panic("kernels: activations and weights differ in K")
	case dst.Rows != t.rows || dst.Cols != n:
		panic("kernels: product of another shape")
	case bias != nil && len(bias) != n:
		panic("kernels: bias of another length")
	case b0 < 0 || b1 < b0 || b1 > (n+sparseBlock-1)/sparseBlock:
		panic("kernels: block range out of bounds")
	}
	if b0 == b1 || t.rows == 0 {
		return false
	}
	if race.Enabled {
		race.Read(t.buf)
		race.Read(bias)
		for i := range dst.Rows {
			race.Write(dst.Row(i)[b0*sparseBlock : min(b1*sparseBlock, n)])
		}
	}
	return true
}

// grow makes t.buf n bytes long, aligned, with arbitrary content.
func (t *arrangedS8) grow(n int) {
	if cap(t.buf) < n {
		t.buf = alignedBytes(n)
	}
	t.buf = t.buf[:n]
}
