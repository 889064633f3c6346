package kernels

import "math"

func geluF32Ref(x []float32) { geluExact.apply(x) }

func geluCoarseF32Ref(x []float32) { geluCoarse.apply(x) }

func geluTanhF32Ref(x []float32) { geluTanh.apply(x) }

// geluConsts are the constants of one form of GELU; every variant uses the same
// and computes
//
//	a = min(|x|, limit)
//	b = fma(a, scale, geluFirst)
//	p = the polynomial in b of segment round(b) mod 8, by Horner's rule, fused
//	x = fma(-a, p, max(x, 0))
type geluConsts struct {
	limit, scale float32
	table        [6][8]float32 // coefficients by power and segment; the powers at the end may be zero
}

func (g *geluConsts) apply(x []float32) {
	for i, v := range x {
		if v != v {
			continue
		}
		a := min(math.Float32frombits(math.Float32bits(v)&^(1<<31)), g.limit)
		b := fma32(a, g.scale, geluFirst)
		segment := math.Float32bits(b+geluMagic) % 8
		p := g.table[len(g.table)-1][segment]
		for k := len(g.table) - 2; k >= 0; k-- {
			p = fma32(p, b, g.table[k][segment])
		}
		if v < 0 {
			v = 0
		}
		x[i] = fma32(-a, p, v)
	}
}
