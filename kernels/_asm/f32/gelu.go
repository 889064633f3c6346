package main

import "math"

// geluP and geluQ are the coefficients, from the constant term up, of a
// rational function of a = |x| for Q(a) * exp(a*a/2), where Q is the upper tail
// of the normal distribution. It was fitted for the least largest error of the
// result, GELU, on 0 <= a <= 6 and stays positive and falling beyond.
var (
	geluP = []float32{0.4999999701976776, 0.3140730559825897, 0.09412429481744766, 0.011463558301329613}
	geluQ = []float32{1, 1.4260293245315552, 0.8260660171508789, 0.23493872582912445, 0.028780974447727203}
)

// gelu writes the exact GELU as max(x, 0) - |x| * Q(|x|): the tail Q keeps its
// relative accuracy, so nothing cancels for negative x.
func gelu(a *asm, v vec) {
	g := newRows(a, v, "gelu")
	r := v.r
	e := g.newExp2()
	abs := g.c.bits(0x7fffffff)
	limit := g.c.add(15) // Q is below the smallest float32 from 14.2 on
	c := g.c.add(float32(-math.Log2E / 2))
	p, q := g.addAll(geluP...), g.addAll(geluQ...)
	name := "geluF32" + v.isa
	g.text(name, 24, "func "+name+"(x []float32)")
	g.f("MOVQ x_base+0(FP), DI")
	g.f("MOVQ x_len+8(FP), CX")
	g.masks()
	g.load(limit, r(14))
	g.load(abs, r(13))
	g.load(c, r(12))
	g.f("VXORPS X11, X11, X11")
	g.each("loop", func(tail bool) {
		g.loadRow("DI", r(0), tail)
		g.f("VANDPS %s, %s, %s", r(13), r(0), r(1))
		g.f("VMINPS %s, %s, %s", r(1), r(14), r(1))
		g.f("VMULPS %s, %s, %s", r(1), r(1), r(2))
		g.f("VMULPS %s, %s, %s", r(12), r(2), r(3))
		g.round(r(3), r(4))
		g.flushMask(e, r(3), r(8))
		g.f("VFMSUB132PS %s, %s, %s", r(12), r(4), r(2))
		g.horner(p, r(1), r(6))
		g.horner(q, r(1), r(7))
		g.f("VDIVPS %s, %s, %s", r(7), r(6), r(6))
		g.exp2(e, r(2), r(4), r(5), r(8))
		g.f("VMULPS %s, %s, %s", r(5), r(6), r(6))
		g.f("VMAXPS %s, %s, %s", r(0), r(11), r(0))
		g.f("VFNMADD231PS %s, %s, %s", r(6), r(1), r(0))
		g.storeRow("DI", r(0), tail)
	})
	g.f("VZEROUPPER")
	g.f("RET")
	g.finish()
}

// geluTanh writes the tanh form as x / (1 + 2**t), t = -2*log2(e)*u, where u =
// sqrt(2/pi) * (x + 0.044715*x*x*x). At |x| = 10, t is about 126 and the result
// is x or 0 to the last bit, so t is computed from x cut off there.
func geluTanh(a *asm, v vec) {
	g := newRows(a, v, "gelutanh")
	r := v.r
	e := g.newExp2()
	limit, minus := g.c.add(10), g.c.add(-10)
	k := -2 * math.Log2E * math.Sqrt(2/math.Pi)
	c1, c3 := g.c.add(float32(k)), g.c.add(float32(k*0.044715))
	one := g.c.add(1)
	name := "geluTanhF32" + v.isa
	g.text(name, 24, "func "+name+"(x []float32)")
	g.f("MOVQ x_base+0(FP), DI")
	g.f("MOVQ x_len+8(FP), CX")
	g.masks()
	g.load(limit, r(14))
	g.load(minus, r(13))
	g.load(c3, r(12))
	g.load(one, r(11))
	g.each("loop", func(tail bool) {
		g.loadRow("DI", r(0), tail)
		g.f("VMAXPS %s, %s, %s", r(0), r(13), r(0))
		g.f("VMINPS %s, %s, %s", r(0), r(14), r(1))
		g.f("VMULPS %s, %s, %s", r(1), r(1), r(2))
		g.f("VMULPS %s, %s, %s", r(12), r(2), r(2))
		g.op("VADDPS", c1, r(2)+", "+r(2))
		g.f("VMULPS %s, %s, %s", r(1), r(2), r(3))
		g.round(r(3), r(4))
		g.f("VSUBPS %s, %s, %s", r(4), r(3), r(2))
		g.exp2(e, r(2), r(4), r(5), "")
		g.f("VADDPS %s, %s, %s", r(11), r(5), r(5))
		g.f("VDIVPS %s, %s, %s", r(5), r(0), r(0))
		g.storeRow("DI", r(0), tail)
	})
	g.f("VZEROUPPER")
	g.f("RET")
	g.finish()
}
