package kernels

import (
	"fmt"
	"unsafe"
)

// A DenseS8 is a matrix of weights [N outputs, K inputs] in int8 with one
// float32 scale per output: the real value of weight (n, k) is
// q(n, k) * scale(n). It is packed for GemmS8Dense, immutable and safe for
// concurrent use.
//
// The weights lie in panels of 16 outputs. A panel is a row of quads, each of
// which holds four inputs of every output, so that weight (n, k) is
//
//	data[(n/16*Q+k/4)*64 + n%16*4 + k%4]    with Q = ceil(K/4)
//
// Places outside the matrix are zero.
type DenseS8 struct {
	n, k  int
	data  []int8    // 64-byte aligned
	scale []float32 // of each output, 0 up to a multiple of 16
	fix   []int32   // minus the sum of the weights of each output, likewise
}

// quadBytes is the size of a quad of a panel.
const quadBytes = 4 * panelLanes

// PackS8Dense packs w, the row-major weights of n outputs with k inputs each,
// and the scale of each output. It copies what it needs, in about one byte for
// each weight.
//
// It returns an error if n or k is not in 1 to 65536, if the length of w or
// scale does not match, or if a scale is infinite or not a number.
func PackS8Dense(w []int8, scale []float32, n, k int) (*DenseS8, error) {
	if err := checkS8(w, scale, n, k); err != nil {
		return nil, err
	}
	d := &DenseS8{n: n, k: k}
	rows, quads := roundUp(n, panelLanes), d.quads()
	d.data = alignedS8(rows * quads * 4)
	d.scale = make([]float32, rows)
	d.fix = make([]int32, rows)
	copy(d.scale, scale)
	for i := range n {
		row := w[i*k : (i+1)*k]
		to := d.data[i/panelLanes*quads*quadBytes+i%panelLanes*4:]
		var sum int32
		for q := range k / 4 {
			v := [4]int8(row[4*q:])
			sum += int32(v[0]) + int32(v[1]) + int32(v[2]) + int32(v[3])
			*(*[4]int8)(to[q*quadBytes:]) = v
		}
		for j := k &^ 3; j < k; j++ {
			sum += int32(row[j])
			to[j/4*quadBytes+j%4] = row[j]
		}
		d.fix[i] = -sum
	}
	return d, nil
}

// checkS8 returns an error unless w and scale are the weights of a layer.
func checkS8(w []int8, scale []float32, n, k int) error {
	switch {
	case n < 1 || n > sparseMaxDim || k < 1 || k > sparseMaxDim:
		return fmt.Errorf("kernels: cannot pack a %d x %d matrix (each side must be 1 to %d)", n, k, sparseMaxDim)
	case uint64(len(w)) != uint64(n)*uint64(k):
		return fmt.Errorf("kernels: %d weights for a %d x %d matrix", len(w), n, k)
	case len(scale) != n:
		return fmt.Errorf("kernels: %d scales for %d rows", len(scale), n)
	}
	for i, s := range scale {
		if !isFinite(s) {
			return fmt.Errorf("kernels: scale of row %d is %v", i, s)
		}
	}
	return nil
}

// N returns the number of outputs.
func (w *DenseS8) N() int { return w.n }

// K returns the number of inputs.
func (w *DenseS8) K() int { return w.k }

// Bytes returns the size of the packed matrix in bytes.
func (w *DenseS8) Bytes() int { return len(w.data) + 4*len(w.scale) + 4*len(w.fix) }

// Scale returns the scales of the N outputs. The caller must not change them.
func (w *DenseS8) Scale() []float32 { return w.scale[:w.n:w.n] }

// Unpack returns the weights, row-major [N, K]. It is the inverse of
// PackS8Dense.
func (w *DenseS8) Unpack() []int8 {
	out := make([]int8, w.n*w.k)
	for i := range w.n {
		row := out[i*w.k : (i+1)*w.k]
		from := w.data[i/panelLanes*w.quads()*quadBytes+i%panelLanes*4:]
		for j := range row {
			row[j] = from[j/4*quadBytes+j%4]
		}
	}
	return out
}

// quads returns the number of quads of a panel.
func (w *DenseS8) quads() int { return (w.k + 3) / 4 }

// alignedS8 returns n zeros that start at a multiple of 64.
func alignedS8(n int) []int8 {
	b := alignedBytes(n)
	return unsafe.Slice((*int8)(unsafe.Pointer(unsafe.SliceData(b))), n)
}
