package main

import (
	"fmt"
	"math"
)

// gelu writes a GELU as max(x, 0) - |x| * tail(|x|), where tail(a) falls from
// 1/2 to 0: it is 1 less the factor that GELU multiplies positive a with. The
// tail comes from polynomials on equal segments, as many as a permutation can
// select from: 16 lanes with AVX-512, 8 with AVX2, which needs a higher degree
// instead. Segment i is centred on i*width and the last one is 0: from there
// on the product is below 3e-7.
func gelu(a *asm, v vec, name string, tail func(float64) float64) {
	degree, width := 4, 0.375
	if v.lanes == 8 {
		degree, width = 6, 0.83
	}
	g := newRows(a, v, name)
	r := v.r
	abs := g.c.bits(0x7fffffff)
	limit := g.c.add(float32(float64(v.lanes-1) * width))
	scale := g.c.add(float32(1 / width))
	// Adding it rounds to an integer, which is left in the lowest bits.
	magic := g.c.add(1.5 * (1 << 23))

	var table []uint32
	coefs := make([][]float64, v.lanes-1)
	for i := range coefs {
		coefs[i] = interpolate(degree, func(d float64) float64 { return tail((float64(i) + d) * width) })
	}
	for power := range degree + 1 {
		for i := range v.lanes {
			c := 0.0
			if i < len(coefs) {
				c = coefs[i][power]
			}
			table = append(table, math.Float32bits(float32(c)))
		}
	}
	a.data(name+"tab", table)
	coef := func(power int) string { return fmt.Sprintf("%stab<>+%d(SB)", name, power*4*v.lanes) }
	g.text(name+"F32"+v.isa, 24, "func "+name+"F32"+v.isa+"(x []float32)")
	if v.lanes == 16 { // there are registers for the table
		for power := range degree + 1 {
			g.f("VMOVUPS %s, %s", coef(power), r(16+power))
		}
		coef = func(power int) string { return r(16 + power) }
	}
	g.f("MOVQ x_base+0(FP), DI")
	g.f("MOVQ x_len+8(FP), CX")
	g.masks()
	g.load(limit, r(14))
	g.load(abs, r(13))
	g.load(scale, r(12))
	g.load(magic, r(11))
	g.f("VXORPS X10, X10, X10")
	g.each("loop", func(tail bool) {
		g.loadRow("DI", r(0), tail)
		g.f("VANDPS %s, %s, %s", r(13), r(0), r(1))
		g.f("VMINPS %s, %s, %s", r(1), r(14), r(1)) // NaN stays
		g.f("VMOVAPS %s, %s", r(11), r(2))
		g.f("VFMADD231PS %s, %s, %s", r(12), r(1), r(2))
		g.f("VSUBPS %s, %s, %s", r(11), r(2), r(3))
		g.f("VFMSUB231PS %s, %s, %s", r(12), r(1), r(3))
		g.f("VPERMPS %s, %s, %s", coef(degree), r(2), r(4))
		for power := degree - 1; power >= 0; power-- {
			g.f("VPERMPS %s, %s, %s", coef(power), r(2), r(5))
			g.f("VFMADD213PS %s, %s, %s", r(5), r(3), r(4))
		}
		g.f("VMAXPS %s, %s, %s", r(0), r(10), r(0))
		g.f("VFNMADD231PS %s, %s, %s", r(4), r(1), r(0))
		g.storeRow("DI", r(0), tail)
	})
	g.f("VZEROUPPER")
	g.f("RET")
	g.finish()
}

// exactTail is the upper tail of the normal distribution.
func exactTail(a float64) float64 { return math.Erfc(a/math.Sqrt2) / 2 }

// tanhTail is its counterpart in the tanh form of GELU.
func tanhTail(a float64) float64 {
	u := math.Sqrt(2/math.Pi) * (a + 0.044715*a*a*a)
	return 1 / (1 + math.Exp(2*u))
}

// interpolate returns the coefficients, from the constant term up, of the
// polynomial that equals f at the Chebyshev points of [-0.5, 0.5], which is
// near the one of least largest error.
func interpolate(degree int, f func(float64) float64) []float64 {
	n := degree + 1
	x, y := make([]float64, n), make([]float64, n)
	for i := range n {
		x[i] = math.Cos(math.Pi*(float64(i)+0.5)/float64(n)) / 2
		y[i] = f(x[i])
	}
	for j := 1; j < n; j++ { // divided differences
		for i := n - 1; i >= j; i-- {
			y[i] = (y[i] - y[i-1]) / (x[i] - x[i-j])
		}
	}
	c := make([]float64, n) // Newton's form, multiplied out
	for i := n - 1; i >= 0; i-- {
		for k := n - 1; k > 0; k-- {
			c[k] = c[k-1] - x[i]*c[k]
		}
		c[0] = y[i] - x[i]*c[0]
	}
	return c
}
