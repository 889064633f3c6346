package main

// The polynomials of error function and exponential, highest power first; the
// references in package kernels have them, too.
var (
	erfSmall = []float32{-5.99104969e-4, 4.99339588e-3, -2.67667342e-2, 1.12818025e-1, -3.76124859e-1, 1.28379151e-1}
	erfBig   = []float32{1.72948930e-5, -3.83208680e-4, 3.88393435e-3, -2.42545605e-2, 1.06777847e-1, 6.34846687e-1, 1.28717512e-1}
	erfExp   = []float32{1.38319808e-3, 8.37550033e-3, 4.16689515e-2, 1.66664466e-1, 4.99999851e-1, 1, 1}
	expPoly  = []float32{0x1.694p-10, 0x1.125edcp-7, 0x1.555b5ap-5, 0x1.55545p-3, 0x1.fffff6p-2, 1, 1}
)

const (
	erfLimit = 3.925
	erfSplit = 0.921875
	expLow   = -87.25
	log2e    = 1.44269504
	ln2High  = -6.93145752e-1
	ln2Low   = -1.42860677e-6
)

// polynomial writes y = poly in x by Horner's rule, fused.
func (g rows) polynomial(poly []constant, x, y string) {
	g.load(poly[0], y)
	for _, c := range poly[1:] {
		g.op("VFMADD213PS", c, x+", "+y)
	}
}

func (c *constants) addAll(x []float32) (cs []constant) {
	for _, v := range x {
		cs = append(cs, c.add(v))
	}
	return cs
}

// An exponential is what e**x takes: a power of 2 and a polynomial.
type exponential struct {
	log2e, magic, high, low, one constant
	poly                         []constant
}

func (g rows) newExponential(poly []float32) exponential {
	one := g.c.add(1)
	return exponential{g.c.add(log2e), g.c.add(geluMagic), g.c.add(ln2High), g.c.add(ln2Low), one, g.c.addAll(poly)}
}

// write writes y = e**x; x is lost, and so is tmp.
func (e exponential) write(g rows, x, y, tmp string) {
	g.load(e.log2e, tmp)
	g.op("VFMADD213PS", e.magic, x+", "+tmp)
	g.op("VSUBPS", e.magic, tmp+", "+y)
	g.op("VFMADD231PS", e.high, y+", "+x)
	g.op("VFMADD231PS", e.low, y+", "+x)
	g.polynomial(e.poly, x, y)
	g.f("VPSLLD $23, %s, %[1]s", tmp)
	g.op("VPADDD", e.one, tmp+", "+tmp)
	g.f("VMULPS %s, %s, %[2]s", tmp, y)
}

// geluErf writes GELU with the error function.
func geluErf(a *asm, v vec) {
	g := newRows(a, v, "geluerf")
	r := v.r
	limit, split := g.c.add(erfLimit), g.c.add(erfSplit)
	small, big, exp := g.c.addAll(erfSmall), g.c.addAll(erfBig), g.newExponential(erfExp)
	abs, sign, half := g.c.bits(0x7fffffff), g.c.bits(1<<31), g.c.add(0.5)
	g.text("geluErfF32"+v.isa, 32, "func geluErfF32"+v.isa+"(x []float32, times, over float32)")
	g.f("VBROADCASTSS times+24(FP), %s", r(7))
	g.f("VBROADCASTSS over+28(FP), %s", r(8))
	g.f("MOVQ x_base+0(FP), DI")
	g.f("MOVQ x_len+8(FP), CX")
	g.masks()
	g.load(abs, r(9))
	g.load(sign, r(10))
	g.load(limit, r(11))
	g.load(split, r(12))
	g.load(exp.one, r(13))
	g.each("loop", func(_ int, tail bool) {
		g.loadRow("DI", r(14), tail)
		g.f("VMULPS %s, %s, %s", r(7), r(14), r(0))
		g.f("VDIVPS %s, %s, %s", r(8), r(0), r(0))
		g.f("VANDPS %s, %s, %s", r(9), r(0), r(1))
		g.f("VMINPS %s, %s, %s", r(1), r(11), r(1)) // NaN stays
		g.f("VANDPS %s, %s, %s", r(10), r(0), r(0))
		g.f("VMULPS %s, %s, %s", r(1), r(1), r(2))
		g.polynomial(small, r(2), r(3))
		g.f("VFMADD213PS %s, %s, %s", r(1), r(1), r(3))
		g.polynomial(big, r(1), r(4))
		g.f("VFMADD213PS %s, %s, %s", r(1), r(1), r(4))
		g.f("VXORPS %s, %s, %s", r(10), r(4), r(4))
		exp.write(g, r(4), r(5), r(6))
		g.f("VSUBPS %s, %s, %s", r(5), r(13), r(5))
		if v.lanes == 16 {
			g.f("VCMPPS $2, %s, %s, K2", r(1), r(12))
			g.f("VMOVAPS %s, K2, %s", r(5), r(3))
		} else {
			g.f("VCMPPS $2, %s, %s, %s", r(1), r(12), r(2))
			g.f("VBLENDVPS %s, %s, %s, %s", r(2), r(5), r(3), r(3))
		}
		g.f("VORPS %s, %s, %s", r(0), r(3), r(0))
		g.f("VADDPS %s, %s, %s", r(13), r(0), r(0))
		g.f("VMULPS %s, %s, %s", r(14), r(0), r(0))
		g.op("VMULPS", half, r(0)+", "+r(0))
		g.storeRow("DI", r(0), tail)
	})
	g.f("VZEROUPPER")
	g.f("RET")
	g.finish()
}

// exp writes the exponential function of numbers up to 0.
func exp(a *asm, v vec) {
	g := newRows(a, v, "exp")
	r := v.r
	low, e := g.c.add(expLow), g.newExponential(expPoly)
	g.text("expF32"+v.isa, 24, "func expF32"+v.isa+"(x []float32)")
	g.f("MOVQ x_base+0(FP), DI")
	g.f("MOVQ x_len+8(FP), CX")
	g.masks()
	g.load(low, r(9))
	g.each("loop", func(_ int, tail bool) {
		g.loadRow("DI", r(0), tail)
		g.f("VMAXPS %s, %s, %s", r(0), r(9), r(1)) // NaN stays
		e.write(g, r(1), r(2), r(3))
		if v.lanes == 16 {
			g.f("VCMPPS $5, %s, %s, K2", r(9), r(0)) // not less
			g.f("VMOVAPS.Z %s, K2, %s", r(2), r(2))
		} else {
			g.f("VCMPPS $5, %s, %s, %s", r(9), r(0), r(0))
			g.f("VANDPS %s, %s, %s", r(0), r(2), r(2))
		}
		g.storeRow("DI", r(2), tail)
	})
	g.f("VZEROUPPER")
	g.f("RET")
	g.finish()
}

// quantizeLinear writes QuantizeLinear to 8 bits, for whole vectors.
func quantizeLinear(a *asm, v vec) {
	g := newRows(a, v, "")
	r := v.r
	g.text("quantizeLinearU8"+v.isa, 60, "func quantizeLinearU8"+v.isa+"(dst []uint8, x []float32, scale float32, zero, last int32)")
	g.f("MOVQ dst_base+0(FP), SI")
	g.toBytes(24, func() {
		g.f("VPADDD %s, %s, %[2]s", r(2), r(0))
		if v.lanes == 16 {
			g.f("VPMOVDB %s, (SI)", r(0))
		} else {
			g.f("VEXTRACTI128 $1, Y0, X6")
			g.f("VPACKUSDW X6, X0, X0")
			g.f("VPACKUSWB X0, X0, X0")
			g.f("VMOVQ X0, (SI)")
		}
		g.f("ADDQ $%d, SI", v.lanes)
	})
}

// fakeQuantize writes the same with the results taken back to float32.
func fakeQuantize(a *asm, v vec) {
	g := newRows(a, v, "")
	r := v.r
	g.text("fakeQuantizeF32"+v.isa, 40, "func fakeQuantizeF32"+v.isa+"(x []float32, scale float32, zero, last int32, by float32)")
	g.f("VBROADCASTSS by+36(FP), %s", r(5))
	g.toBytes(0, func() {
		g.f("VCVTDQ2PS %s, %[1]s", r(0))
		g.f("VMULPS %s, %s, %[2]s", r(5), r(0))
		g.f("VMOVUPS %s, (DI)", r(0))
	})
}

// toBytes writes a loop over the vectors of x, at offset at of the arguments, with
// scale, zero and last behind it. store gets 8-bit numbers less zero in register
// 0, as int32, zero in register 2, and the place of x in DI.
func (g rows) toBytes(at int, store func()) {
	r := g.r
	g.f("MOVQ x_base+%d(FP), DI", at)
	g.f("MOVQ x_len+%d(FP), CX", at+8)
	g.f("VBROADCASTSS scale+%d(FP), %s", at+24, r(1))
	g.f("VBROADCASTSS zero+%d(FP), %s", at+28, r(2))
	g.f("VBROADCASTSS last+%d(FP), %s", at+32, r(4))
	g.f("VCVTDQ2PS %s, %s", r(2), r(3))
	g.f("VCVTDQ2PS %s, %[1]s", r(4))
	g.f("VXORPS X6, X6, X6")
	g.f("VSUBPS %s, %s, %s", r(3), r(6), r(3))
	g.f("SHRQ $%d, CX", map[int]int{8: 3, 16: 4}[g.lanes])
	g.f("JEQ done")
	g.label("loop")
	g.f("VMOVUPS (DI), %s", r(0))
	g.f("VDIVPS %s, %s, %[2]s", r(1), r(0))
	g.f("VMAXPS %s, %s, %[2]s", r(3), r(0)) // NaN becomes the lowest
	g.f("VMINPS %s, %s, %[2]s", r(4), r(0))
	g.f("VCVTPS2DQ %s, %[1]s", r(0))
	store()
	g.f("ADDQ $%d, DI", 4*g.lanes)
	g.f("DECQ CX")
	g.f("JNE loop")
	g.label("done")
	g.f("VZEROUPPER")
	g.f("RET")
}
