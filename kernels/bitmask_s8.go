package kernels

import "math/bits"

// A BitmaskS8 holds the int8 weights [N, K] of a linear layer as one bit for
// each weight and one byte for each that is not zero, and one scale for each of
// the N outputs. It is never changed, so any number of goroutines may use it at
// a time.
//
// It takes 1/8 byte a weight and 1 byte a nonzero weight: 2.25 bytes for each
// nonzero weight at 90 % sparsity, 9/8 of the plain matrix without zeros.
//
// Products expand it to the plain weights, part by part, and multiply those.
// Their time hardly depends on the sparsity or its pattern.
type BitmaskS8 struct {
	n, k, nnz int

	// Both have zeros from output N on, up to a multiple of bitmaskPanel.
	scale []float32
	sums  []int32 // sum of the weights of each output

	// masks and values hold the weights in the order of the tiles of AMX:
	// panels of 32 outputs; in these, steps of 64 inputs; in these, two tiles of
	// 16 outputs; in these, 16 quads of 4 inputs. Bit 4*i+j of a mask tells
	// whether input j of the quad has a weight for output i of the tile; its
	// weights follow each other in values.
	masks  []uint64
	values []int8 // and 64 zeros, which expansion may read
	start  []int  // of each panel in values
}

const (
	bitmaskPanel = 32 // outputs that are expanded together
	bitmaskTile  = 16 // outputs of a tile
	bitmaskStep  = 64 // inputs of a tile
	bitmaskMasks = bitmaskPanel / bitmaskTile * bitmaskStep / 4
)

// PackS8Bitmask packs w, the row-major weights of n outputs with k inputs each,
// and the scale of each output. It copies what it needs and takes about 4 ns a
// weight, zeros included.
//
// It returns an error if n or k is not in 1 to 65536, if the length of w or
// scale does not match, or if a scale is infinite or not a number.
func PackS8Bitmask(w []int8, scale []float32, n, k int) (*BitmaskS8, error) {
	if err := checkS8(w, scale, n, k); err != nil {
		return nil, err
	}

	rows := roundUp(n, bitmaskPanel)
	p := &BitmaskS8{
		n: n, k: k,
		scale: make([]float32, rows),
		sums:  make([]int32, rows),
		masks: make([]uint64, 0, rows/bitmaskPanel*roundUp(k, bitmaskStep)/bitmaskStep*bitmaskMasks),
		start: make([]int, 0, rows/bitmaskPanel),
	}
	copy(p.scale, scale)
	for i := range n {
		for _, v := range w[i*k : (i+1)*k] {
			p.sums[i] += int32(v)
			if v != 0 {
				p.nnz++
			}
		}
	}
	p.values = make([]int8, 0, p.nnz+bitmaskStep)
	for panel := 0; panel < n; panel += bitmaskPanel {
		p.start = append(p.start, len(p.values))
		for step := 0; step < k; step += bitmaskStep {
			for tile := panel; tile < panel+bitmaskPanel; tile += bitmaskTile {
				for quad := step; quad < step+bitmaskStep; quad += 4 {
					p.pack(w, tile, quad)
				}
			}
		}
	}
	p.values = p.values[:p.nnz+bitmaskStep]
	return p, nil
}

// pack appends the weights of outputs tile to tile+15 and inputs quad to quad+3.
func (w *BitmaskS8) pack(plain []int8, tile, quad int) {
	var mask uint64
	if quad < w.k {
		for i := tile; i < min(tile+bitmaskTile, w.n); i++ {
			for j, v := range plain[i*w.k+quad : i*w.k+min(quad+4, w.k)] {
				if v != 0 {
					mask |= 1 << (4*(i-tile) + j)
					w.values = append(w.values, v)
				}
			}
		}
	}
	w.masks = append(w.masks, mask)
}

// N returns the number of outputs.
func (w *BitmaskS8) N() int { return w.n }

// K returns the number of inputs.
func (w *BitmaskS8) K() int { return w.k }

// NNZ returns the number of nonzero weights.
func (w *BitmaskS8) NNZ() int { return w.nnz }

// Bytes returns the size of the packed matrix in bytes.
func (w *BitmaskS8) Bytes() int {
	return 8*len(w.masks) + len(w.values) + 8*len(w.start) + 4*(len(w.scale)+len(w.sums))
}

// Scale returns the scales of the N outputs. The caller must not change them.
func (w *BitmaskS8) Scale() []float32 { return w.scale[:w.n:w.n] }

// Unpack returns the weights, row-major [N, K]. It is the inverse of
// PackS8Bitmask.
func (w *BitmaskS8) Unpack() []int8 {
	out := make([]int8, w.n*w.k)
	var rows [bitmaskPanel][]int8
	for panel := range w.start {
		for i := range rows {
			rows[i] = nil
			if n := panel*bitmaskPanel + i; n < w.n {
				rows[i] = out[n*w.k : (n+1)*w.k]
			}
		}
		w.unpackPanel(panel, &rows)
	}
	return out
}

// unpackPanel stores the nonzero weights of a panel in the rows of dst.
func (w *BitmaskS8) unpackPanel(panel int, dst *[bitmaskPanel][]int8) {
	masks := w.panelMasks(panel)
	values := w.values[w.start[panel]:]
	for i, mask := range masks {
		tile := i / (bitmaskMasks / 2) % 2 * bitmaskTile
		quad := i/bitmaskMasks*bitmaskStep + i%(bitmaskMasks/2)*4
		for ; mask != 0; mask &= mask - 1 {
			bit := bits.TrailingZeros64(mask)
			dst[tile+bit/4][quad+bit%4] = values[0]
			values = values[1:]
		}
	}
}

// outputs returns outputs n0 to n1, n0 a multiple of bitmaskPanel, as a matrix
// that shares the memory of w.
func (w *BitmaskS8) outputs(n0, n1 int) *BitmaskS8 {
	p0, p1 := n0/bitmaskPanel, (n1+bitmaskPanel-1)/bitmaskPanel
	r0, r1, size := p0*bitmaskPanel, p1*bitmaskPanel, w.steps()*bitmaskMasks
	first, end := w.start[p0], w.nnz
	if p1 < len(w.start) {
		end = w.start[p1]
	}
	p := &BitmaskS8{
		n: n1 - n0, k: w.k, nnz: end - first, scale: w.scale[r0:r1], sums: w.sums[r0:r1],
		masks: w.masks[p0*size : p1*size], values: w.values[first : end+bitmaskStep],
	}
	for _, s := range w.start[p0:p1] {
		p.start = append(p.start, s-first)
	}
	return p
}

// steps returns the number of steps of inputs, the last of which may be part.
func (w *BitmaskS8) steps() int { return (w.k + bitmaskStep - 1) / bitmaskStep }

// panelMasks returns the masks of a panel.
func (w *BitmaskS8) panelMasks(panel int) []uint64 {
	size := w.steps() * bitmaskMasks
	return w.masks[panel*size : (panel+1)*size]
}
