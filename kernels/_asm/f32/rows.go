package main

import "math"

// A rows generator writes functions that walk over one row of float32 in
// vectors, the last of which may be partial: K1 or Y15 then holds the mask.
type rows struct {
	*asm
	vec
	c *constants
}

func newRows(a *asm, v vec, table string) rows {
	return rows{a, v, &constants{vec: v, table: table}}
}

// finish writes the constants.
func (g rows) finish() {
	g.data(g.c.table, g.c.words)
	if g.lanes == 8 {
		words := make([]uint32, 16)
		for i := range 8 {
			words[i] = 0xffffffff
		}
		g.data("tailmask", words)
	}
}

// masks computes the mask of the n%lanes last elements, n in register CX, and
// leaves n/16 in n's register and n%16 in AX.
func (g rows) masks() {
	g.f("MOVQ CX, BX")
	g.f("ANDQ $15, CX")
	if g.lanes == 16 {
		g.f("MOVL $1, AX")
		g.f("SHLL CX, AX")
		g.f("DECL AX")
		g.f("KMOVW AX, K1")
	} else {
		g.f("MOVQ CX, AX")
		g.f("ANDQ $7, AX")
		g.f("NEGQ AX")
		g.f("LEAQ tailmask<>+32(SB), DX")
		g.f("VMOVUPS (DX)(AX*4), Y15")
	}
	g.f("MOVQ CX, AX")
	g.f("MOVQ BX, CX")
	g.f("SHRQ $4, CX")
}

// each writes a loop over the vectors of a row. Sums have 16 lanes with every
// instruction set, element i in lane i%16: body gets which half of them its
// vector belongs to, 0 or 1 where vectors have 8 lanes, else always 0, and
// whether it is the partial one. Register R15 holds the byte offset of the
// vector.
func (g rows) each(name string, body func(half int, tail bool)) {
	g.f("XORQ R15, R15")
	g.f("MOVQ CX, R14")
	g.f("TESTQ R14, R14")
	g.f("JEQ %stail", name)
	g.label(name)
	for half := range 16 / g.lanes {
		body(half, false)
		g.f("ADDQ $%d, R15", 4*g.lanes)
	}
	g.f("DECQ R14")
	g.f("JNE %s", name)
	g.label(name + "tail")
	if g.lanes == 8 {
		g.f("TESTQ $8, AX")
		g.f("JEQ %slast", name)
		body(0, false)
		g.f("ADDQ $32, R15")
		g.f("TESTQ $7, AX")
		g.f("JEQ %sdone", name)
		body(1, true)
		g.f("JMP %sdone", name)
		g.label(name + "last")
	}
	g.f("TESTQ AX, AX")
	g.f("JEQ %sdone", name)
	body(0, true)
	g.label(name + "done")
}

// loadRow reads a vector at base+R15; the lanes past the end become zero.
func (g rows) loadRow(base, r string, tail bool) {
	switch {
	case !tail:
		g.f("VMOVUPS (%s)(R15*1), %s", base, r)
	case g.lanes == 16:
		g.f("VMOVUPS.Z (%s)(R15*1), K1, %s", base, r)
	default:
		g.f("VMASKMOVPS (%s)(R15*1), Y15, %s", base, r)
	}
}

// storeRow writes a vector at base+R15, except the lanes past the end.
func (g rows) storeRow(base, r string, tail bool) {
	switch {
	case !tail:
		g.f("VMOVUPS %s, (%s)(R15*1)", r, base)
	case g.lanes == 16:
		g.f("VMOVUPS %s, K1, (%s)(R15*1)", r, base)
	default:
		g.f("VMASKMOVPS %s, Y15, (%s)(R15*1)", r, base)
	}
}

// zeroTail clears the lanes of r past the end.
func (g rows) zeroTail(r string, tail bool) {
	switch {
	case !tail:
	case g.lanes == 16:
		g.f("VMOVAPS.Z %s, K1, %s", r, r)
	default:
		g.f("VANDPS %s, Y15, %s", r, r)
	}
}

// fillTail copies fill to the lanes of r past the end.
func (g rows) fillTail(r, fill string, tail bool) {
	switch {
	case !tail:
	case g.lanes == 16:
		g.f("VBLENDMPS %s, %s, K1, %s", r, fill, r)
	default:
		g.f("VBLENDVPS Y15, %s, %s, %s", r, fill, r)
	}
}

// zero clears an accumulator.
func (g rows) zero(acc [2]int) {
	for _, i := range acc[:16/g.lanes] {
		g.f("VXORPS X%d, X%d, X%d", i, i, i)
	}
}

// reduce folds the 16 lanes of accumulator acc with instruction op (VADD, VMAX)
// and leaves the result in lane 0 of the first register: lanes 8 apart, then 4,
// 2 and 1. Register tmp is lost. VMAX may lose a NaN.
func (g rows) reduce(op string, acc [2]int, tmp int) {
	i := acc[0]
	if g.lanes == 16 {
		g.f("VEXTRACTF64X4 $1, Z%d, Y%d", i, tmp)
	} else {
		tmp = acc[1]
	}
	g.f("%sPS Y%d, Y%d, Y%d", op, tmp, i, i)
	g.f("VEXTRACTF128 $1, Y%d, X%d", i, tmp)
	g.f("%sPS X%d, X%d, X%d", op, tmp, i, i)
	g.f("VPERMILPS $0x4e, X%d, X%d", i, tmp)
	g.f("%sPS X%d, X%d, X%d", op, tmp, i, i)
	g.f("VPERMILPS $0xb1, X%d, X%d", i, tmp)
	g.f("%sSS X%d, X%d, X%d", op, tmp, i, i)
}

// exp2Poly holds the coefficients of a polynomial for 2**f, |f| <= 0.5, from
// the constant term up: relative error below 4e-9.
var exp2Poly = []float32{
	1, 0.6931472029849752, 0.24022647896880178, 0.05550332162955892,
	0.009618438601497463, 0.0013399003450696356, 0.0001535325784284857,
}

// exp2Low is the least t for which 2**t is not taken as 0, so that no denormal
// number arises: above -126, since the polynomial may be a little below 2**f.
const exp2Low = -126 + 1.0/32

// exp2 holds the constants of 2**t.
type exp2 struct {
	poly []constant
	low  constant
}

func (g rows) newExp2() exp2 {
	var e exp2
	for _, c := range exp2Poly {
		e.poly = append(e.poly, g.c.add(c))
	}
	e.low = g.c.add(exp2Low)
	return e
}

// round writes n = t rounded to an integer.
func (g rows) round(t, n string) {
	if g.lanes == 16 {
		g.f("VRNDSCALEPS $0, %s, %s", t, n)
	} else {
		g.f("VROUNDPS $0, %s, %s", t, n)
	}
}

// flushMask notes in K2 or m where t is not below exp2Low. NaN is not below.
func (g rows) flushMask(e exp2, t, m string) {
	if g.lanes == 16 {
		g.f("VCMPPS.BCST $0x15, %s, %s, K2", e.low.mem, t)
	} else {
		g.f("VCMPPS $0x15, %s, %s, %s", e.low.mem, t, m)
	}
}

// exp2 writes p = 2**(n+f) for integers n from -126 to 0 and |f| <= 0.5; n
// is lost. p becomes 0 where flushMask said so.
func (g rows) exp2(e exp2, f, n, p, flush string) {
	d := len(e.poly) - 1
	g.load(e.poly[d], p)
	for i := d - 1; i >= 0; i-- {
		g.op("VFMADD213PS", e.poly[i], f+", "+p)
	}
	if g.lanes == 16 {
		g.f("VSCALEFPS.Z %s, %s, K2, %s", n, p, p)
	} else {
		g.f("VCVTPS2DQ %s, %s", n, n)
		g.f("VPSLLD $23, %s, %s", n, n)
		g.f("VPADDD %s, %s, %s", n, p, p)
		g.f("VANDPS %s, %s, %s", flush, p, p)
	}
}

// softmax writes the softmax of one row.
func softmax(a *asm, v vec) {
	g := newRows(a, v, "softmax")
	r := v.r
	e := g.newExp2()
	log2e := g.c.add(float32(math.Log2E))
	one := g.c.add(1)
	minusInf := g.c.bits(0xff800000)
	name := "softmaxF32" + v.isa
	g.text(name, 28, "func "+name+"(x []float32, scale float32)")
	g.f("MOVQ x_base+0(FP), DI")
	g.f("MOVQ x_len+8(FP), CX")
	g.f("VBROADCASTSS scale+24(FP), %s", r(8))
	g.masks()
	g.comment("Largest of scale*x.")
	g.load(minusInf, r(9))
	top, sum := [2]int{10, 13}, [2]int{11, 14}
	for _, acc := range top[:16/g.lanes] {
		g.f("VMOVAPS %s, %s", r(9), r(acc))
	}
	g.each("max", func(half int, tail bool) {
		g.loadRow("DI", r(0), tail)
		g.f("VMULPS %s, %s, %s", r(8), r(0), r(0))
		g.fillTail(r(0), r(9), tail)
		g.f("VMAXPS %s, %s, %s", r(0), r(top[half]), r(top[half]))
	})
	g.reduce("VMAX", top, 0)
	g.f("VBROADCASTSS X10, %s", r(10))
	g.comment("e**(scale*x - largest) and the sum of it.")
	g.zero(sum)
	g.load(log2e, r(12))
	g.each("exp", func(half int, tail bool) {
		g.loadRow("DI", r(0), tail)
		g.f("VMULPS %s, %s, %s", r(8), r(0), r(0))
		g.f("VSUBPS %s, %s, %s", r(10), r(0), r(0))
		g.f("VMULPS %s, %s, %s", r(12), r(0), r(1))
		g.round(r(1), r(2))
		g.flushMask(e, r(1), r(4))
		g.f("VFMSUB132PS %s, %s, %s", r(12), r(2), r(0))
		g.exp2(e, r(0), r(2), r(3), r(4))
		g.zeroTail(r(3), tail)
		g.f("VADDPS %s, %s, %s", r(3), r(sum[half]), r(sum[half]))
		g.storeRow("DI", r(3), tail)
	})
	g.reduce("VADD", sum, 0)
	g.f("VMOVSS %s, X0", one.mem)
	g.f("VDIVSS X11, X0, X0")
	g.f("VBROADCASTSS X0, %s", r(11))
	g.each("scale", func(_ int, tail bool) {
		g.loadRow("DI", r(0), tail)
		g.f("VMULPS %s, %s, %s", r(11), r(0), r(0))
		g.storeRow("DI", r(0), tail)
	})
	g.f("VZEROUPPER")
	g.f("RET")
	g.finish()
}

// layerNorm writes the layer norm of one row.
func layerNorm(a *asm, v vec) {
	g := newRows(a, v, "layernorm")
	r := v.r
	one := g.c.add(1)
	name := "layerNormF32" + v.isa
	g.text(name, 124, "func "+name+"(dst, x, residual, gamma, beta []float32, eps float32)")
	g.f("MOVQ dst_base+0(FP), DI")
	g.f("MOVQ dst_len+8(FP), CX")
	g.f("MOVQ x_base+24(FP), SI")
	g.f("MOVQ residual_base+48(FP), R8")
	g.f("MOVQ residual_len+56(FP), R9")
	g.f("MOVQ gamma_base+72(FP), R10")
	g.f("MOVQ beta_base+96(FP), R11")
	g.f("VXORPS X12, X12, X12")
	g.f("VCVTSI2SSQ CX, X12, X12")
	g.f("VMOVSS %s, X11", one.mem)
	g.f("VDIVSS X12, X11, X12")
	g.masks()
	g.comment("dst = x + residual, and its mean.")
	mean, square := [2]int{8, 10}, [2]int{9, 13}
	g.zero(mean)
	g.f("TESTQ R9, R9")
	g.f("JEQ plain")
	g.each("sum", func(half int, tail bool) {
		g.loadRow("SI", r(0), tail)
		g.loadRow("R8", r(1), tail)
		g.f("VADDPS %s, %s, %s", r(1), r(0), r(0))
		g.f("VADDPS %s, %s, %s", r(0), r(mean[half]), r(mean[half]))
		g.storeRow("DI", r(0), tail)
	})
	g.f("JMP mean")
	g.label("plain")
	g.each("copy", func(half int, tail bool) {
		g.loadRow("SI", r(0), tail)
		g.f("VADDPS %s, %s, %s", r(0), r(mean[half]), r(mean[half]))
		g.storeRow("DI", r(0), tail)
	})
	g.label("mean")
	g.reduce("VADD", mean, 0)
	g.f("VMULSS X12, X8, X8")
	g.f("VBROADCASTSS X8, %s", r(8))
	g.comment("Mean of the squared differences from the mean.")
	g.zero(square)
	g.each("var", func(half int, tail bool) {
		g.loadRow("DI", r(0), tail)
		g.f("VSUBPS %s, %s, %s", r(8), r(0), r(0))
		g.zeroTail(r(0), tail)
		g.f("VFMADD231PS %s, %s, %s", r(0), r(0), r(square[half]))
	})
	g.reduce("VADD", square, 0)
	g.f("VMULSS X12, X9, X9")
	g.f("VADDSS eps+120(FP), X9, X9")
	g.f("VSQRTSS X9, X9, X9")
	g.f("VDIVSS X9, X11, X9")
	g.f("VBROADCASTSS X9, %s", r(9))
	g.each("norm", func(_ int, tail bool) {
		g.loadRow("DI", r(0), tail)
		g.loadRow("R10", r(1), tail)
		g.loadRow("R11", r(2), tail)
		g.f("VSUBPS %s, %s, %s", r(8), r(0), r(0))
		g.f("VMULPS %s, %s, %s", r(9), r(0), r(0))
		g.f("VFMADD213PS %s, %s, %s", r(2), r(1), r(0))
		g.storeRow("DI", r(0), tail)
	})
	g.f("VZEROUPPER")
	g.f("RET")
	g.finish()
}
