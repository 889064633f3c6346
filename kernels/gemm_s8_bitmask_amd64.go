//go:build !purego

package kernels

import (
	"runtime"
	"sync"
	"unsafe"
)

//go:generate go -C _asm/amx run . -out ../..

var gemmS8BitmaskAsm = []variant[gemmS8BitmaskFunc]{
	{"amx", gemmS8BitmaskAMX},
	{"avx512vbmi2", gemmS8BitmaskAVX512VBMI2},
}

// Both variants go through the panels of 32 outputs. They expand the weights of
// a panel to [steps][2 tiles][16 quads][16 outputs][4 inputs], which is 24 KiB
// for 768 inputs, and multiply all tokens with them. Activations are read where
// they lie, except for the last inputs where K is no multiple of 64: these are
// copied first, as a whole step would be read past the end of a row.

// bitmaskArgs are the arguments of the assembly. Strides are in bytes. The
// generator knows the offsets.
type bitmaskArgs struct {
	x         unsafe.Pointer // first token
	stride    int
	tail      unsafe.Pointer // the inputs after the whole steps, [tokens][64], or nil
	steps     int            // whole steps
	masks     unsafe.Pointer // of the panel, or nil if weights is filled
	values    unsafe.Pointer
	weights   unsafe.Pointer // the expanded panel
	dst       unsafe.Pointer
	dstStride int
	scaleW    unsafe.Pointer
	sums      unsafe.Pointer
	bias      unsafe.Pointer // or nil
	scaleX    unsafe.Pointer
	zero      unsafe.Pointer
	cols      int // outputs that exist, at most 32
	tokens    int // of a tile
	tiles     int
	acc       unsafe.Pointer // room for the sums of a tile
	config    tileConfig
}

//go:noescape
func bitmaskDotAMX(a *bitmaskArgs)

//go:noescape
func bitmaskExpandAVX512VBMI2(a *bitmaskArgs)

//go:noescape
func bitmaskDotAVX512VBMI2(a *bitmaskArgs)

const (
	amxTokens   = 32
	vbmi2Tokens = 12

	// bitmaskWork bounds the products in one call of assembly, about 0.01 ms
	// for AMX.
	bitmaskWork = 1 << 25
)

// bitmaskScratch is memory that a product needs.
type bitmaskScratch struct{ weights, tail, acc []byte }

var bitmaskPool = sync.Pool{New: func() any { return new(bitmaskScratch) }}

// bytes returns n aligned bytes of arbitrary content, in *b if they fit.
func (*bitmaskScratch) bytes(b *[]byte, n int) unsafe.Pointer {
	if len(*b) < n {
		*b = alignedBytes(n)
	}
	return at(*b, 0)
}

// bitmaskProduct is one call of GemmS8Bitmask.
type bitmaskProduct struct {
	dst     MatF32
	x       MatU8
	w       *BitmaskS8
	bias    []float32
	scratch *bitmaskScratch
	tail    bool
	args    bitmaskArgs
}

// newBitmaskProduct prepares what is the same for all panels.
func newBitmaskProduct(dst MatF32, x MatU8, w *BitmaskS8, bias []float32) bitmaskProduct {
	s := bitmaskPool.Get().(*bitmaskScratch)
	p := bitmaskProduct{dst: dst, x: x, w: w, bias: bias, scratch: s, tail: w.k%bitmaskStep != 0}
	p.args = bitmaskArgs{
		stride:    x.Stride,
		steps:     w.k / bitmaskStep,
		weights:   s.bytes(&s.weights, w.steps()*bitmaskPanel*bitmaskStep),
		dstStride: 4 * dst.Stride,
		acc:       s.bytes(&s.acc, 4*amxTokens*bitmaskPanel),
	}
	if p.tail {
		s.bytes(&s.tail, x.Rows*bitmaskStep)
		first := w.k / bitmaskStep * bitmaskStep
		for t := range x.Rows {
			// What is left there from before meets weights of zero.
			copy(s.tail[t*bitmaskStep:], x.Data[t*x.Stride+first:t*x.Stride+x.Cols])
		}
	}
	return p
}

// panel sets the arguments to outputs n to n1, at most 32.
func (p *bitmaskProduct) panel(n, n1 int) {
	a, i := &p.args, n/bitmaskPanel
	a.masks, a.values = at(p.w.panelMasks(i), 0), at(p.w.values, p.w.start[i])
	a.scaleW, a.sums = at(p.w.scale, n), at(p.w.sums, n)
	if p.bias != nil {
		a.bias = at(p.bias, n)
	}
	a.cols = min(bitmaskPanel, n1-n)
}

// tokens sets the arguments to tiles of tokens from t on.
func (p *bitmaskProduct) tokens(n, t, tokens, tiles int) {
	a := &p.args
	a.x = at(p.x.Data, t*p.x.Stride)
	if p.tail {
		a.tail = at(p.scratch.tail, t*bitmaskStep)
	}
	a.dst = at(p.dst.Data, t*p.dst.Stride+n)
	a.scaleX, a.zero = at(p.x.Scale, t), at(p.x.Zero, t)
	a.tokens, a.tiles = tokens, tiles
}

// done ends the product.
func (p *bitmaskProduct) done() {
	runtime.KeepAlive(p)
	bitmaskPool.Put(p.scratch)
}

func gemmS8BitmaskAMX(dst MatF32, x MatU8, w *BitmaskS8, bias []float32, n0, n1 int) {
	p := newBitmaskProduct(dst, x, w, bias)
	most := max(1, bitmaskWork/(amxTokens*bitmaskPanel*bitmaskStep*w.steps()))
	for n := n0; n < n1; n += bitmaskPanel {
		p.panel(n, n1)
		for t := 0; t < x.Rows; {
			tokens, tiles := amxTokens, min(most, (x.Rows-t)/amxTokens)
			if tiles == 0 {
				tokens, tiles = x.Rows-t, 1
			}
			p.tokens(n, t, tokens, tiles)
			p.args.config = amxConfig(tokens)
			bitmaskDotAMX(&p.args)
			p.args.masks = nil
			t += tokens * tiles
		}
	}
	p.done()
}

func gemmS8BitmaskAVX512VBMI2(dst MatF32, x MatU8, w *BitmaskS8, bias []float32, n0, n1 int) {
	p := newBitmaskProduct(dst, x, w, bias)
	tiles := (x.Rows + vbmi2Tokens - 1) / vbmi2Tokens
	for n := n0; n < n1; n += bitmaskPanel {
		p.panel(n, n1)
		p.tokens(n, 0, 0, 0)
		bitmaskExpandAVX512VBMI2(&p.args)
		for i := range tiles {
			t0, t1 := x.Rows*i/tiles, x.Rows*(i+1)/tiles
			p.tokens(n, t0, t1-t0, 1)
			bitmaskDotAVX512VBMI2(&p.args)
		}
	}
	p.done()
}
