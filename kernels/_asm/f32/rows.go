package main

import (
	"fmt"
	"math"
)

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

// loadFrom reads a vector; the lanes past the end become zero.
func (g rows) loadFrom(from, r string, tail bool) {
	switch {
	case !tail:
		g.f("VMOVUPS %s, %s", from, r)
	case g.lanes == 16:
		g.f("VMOVUPS.Z %s, K1, %s", from, r)
	default:
		g.f("VMASKMOVPS %s, Y15, %s", from, r)
	}
}

// storeTo writes a vector, except the lanes past the end.
func (g rows) storeTo(r, to string, tail bool) {
	switch {
	case !tail:
		g.f("VMOVUPS %s, %s", r, to)
	case g.lanes == 16:
		g.f("VMOVUPS %s, K1, %s", r, to)
	default:
		g.f("VMASKMOVPS %s, Y15, %s", r, to)
	}
}

// loadRow reads a vector at base+R15; the lanes past the end become zero.
func (g rows) loadRow(base, r string, tail bool) { g.loadFrom("("+base+")(R15*1)", r, tail) }

// storeRow writes a vector at base+R15, except the lanes past the end.
func (g rows) storeRow(base, r string, tail bool) { g.storeTo(r, "("+base+")(R15*1)", tail) }

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

// A band is the rows of a matrix that a function works on: a base register and,
// where there is more than one row, those of the stride and of three strides.
type band struct{ base, stride, stride3 string }

// at returns the operand of row i, off bytes from where the base stands.
func (b band) at(off, i int) string {
	s := fmt.Sprintf("%d(%s)", off, b.base)
	return s + []string{"", "(" + b.stride + "*1)", "(" + b.stride + "*2)", "(" + b.stride3 + "*1)"}[i]
}

// loadBand loads the registers of a band of n rows from a slice argument and
// the int after it.
func (g rows) loadBand(b band, n int, name, stride string, at int) {
	g.f("MOVQ %s_base+%d(FP), %s", name, at, b.base)
	if n > 1 {
		g.f("MOVQ %s+%d(FP), %s", stride, at+24, b.stride)
		g.f("SHLQ $2, %s", b.stride)
		g.f("LEAQ (%s)(%[1]s*2), %s", b.stride, b.stride3)
	}
}

// walk is each for several rows: it moves the base registers along, body gets
// the offset from them, and R14 is the only other register that changes.
func (g rows) walk(name string, bases []string, body func(off, half int, tail bool)) {
	g.f("MOVQ CX, R14")
	g.f("TESTQ R14, R14")
	g.f("JEQ %stail", name)
	g.f("PCALIGN $32")
	g.label(name)
	for half := range 16 / g.lanes {
		body(32*half, half, false)
	}
	for _, b := range bases {
		g.f("ADDQ $64, %s", b)
	}
	g.f("DECQ R14")
	g.f("JNE %s", name)
	g.label(name + "tail")
	if g.lanes == 8 {
		g.f("TESTQ $8, AX")
		g.f("JEQ %slast", name)
		body(0, 0, false)
		g.f("TESTQ $7, AX")
		g.f("JEQ %sdone", name)
		body(32, 1, true)
		g.f("JMP %sdone", name)
		g.label(name + "last")
	}
	g.f("TESTQ AX, AX")
	g.f("JEQ %sdone", name)
	body(0, 0, true)
	g.label(name + "done")
}

// rewind takes back what a walk added to a base register.
func (g rows) rewind(base string) {
	g.f("MOVQ CX, R14")
	g.f("SHLQ $6, R14")
	g.f("SUBQ R14, %s", base)
}

// layerNorms writes the layer norm of one row and that of four, which keeps
// four sums going: a sum alone waits for its additions.
func layerNorms(a *asm, v vec) {
	g := newRows(a, v, "layernorm")
	one := g.c.add(1)
	g.layerNorm("layerNormF32"+v.isa, 1, one)
	g.layerNorm("layerNormF32Four"+v.isa, 4, one)
	g.finish()
}

func (g rows) layerNorm(name string, n int, one constant) {
	r := g.r
	g.text(name, 148, "func "+name+"(dst []float32, ldd int, x []float32, ldx int, residual []float32, ldr int, gamma, beta []float32, eps float32)")
	dst, x, residual := band{"DI", "R8", "R9"}, band{"SI", "R10", "R11"}, band{"DX", "R12", "R13"}
	g.f("MOVQ gamma_len+104(FP), CX")
	g.masks()
	g.loadBand(dst, n, "dst", "ldd", 0)
	g.loadBand(x, n, "x", "ldx", 32)
	g.loadBand(residual, n, "residual", "ldr", 64)
	inverse := func() { // X0 becomes 1 / columns, lost with X1
		g.f("MOVQ gamma_len+104(FP), BX")
		g.f("VXORPS X0, X0, X0")
		g.f("VCVTSI2SSQ BX, X0, X0")
		g.f("VMOVSS %s, X1", one.mem)
		g.f("VDIVSS X0, X1, X0")
	}
	means := [][2]int{{4, 8}, {5, 9}, {6, 10}, {7, 11}}[:n]
	squares := [][2]int{{8, 12}, {9, 13}, {10, 14}, {11, 3}}[:n]
	g.comment("dst = x + residual, and its mean.")
	for _, acc := range means {
		g.zero(acc)
	}
	sum := func(plain bool) func(off, half int, tail bool) {
		return func(off, half int, tail bool) {
			for i, acc := range means {
				t := r(i % 2)
				g.loadFrom(x.at(off, i), t, tail)
				switch {
				case plain:
				case tail:
					g.loadFrom(residual.at(off, i), r(2), true)
					g.f("VADDPS %s, %s, %s", r(2), t, t)
				default:
					g.f("VADDPS %s, %s, %s", residual.at(off, i), t, t)
				}
				g.f("VADDPS %s, %s, %s", t, r(acc[half]), r(acc[half]))
				g.storeTo(t, dst.at(off, i), tail)
			}
		}
	}
	g.f("TESTQ DX, DX")
	g.f("JEQ plain")
	g.walk("sum", []string{"SI", "DX", "DI"}, sum(false))
	g.f("JMP mean")
	g.label("plain")
	g.walk("copy", []string{"SI", "DI"}, sum(true))
	g.label("mean")
	g.rewind("DI")
	inverse()
	for _, acc := range means {
		g.reduce("VADD", acc, 1)
		g.f("VMULSS X0, X%d, X%[1]d", acc[0])
		g.f("VBROADCASTSS X%d, %s", acc[0], r(acc[0]))
	}
	g.comment("Mean of the squared differences from the mean.")
	for _, acc := range squares {
		g.zero(acc)
	}
	// The function for several rows fetches those that the next call will read: x
	// here, residual below. It may go past the end, since nothing is loaded.
	ahead := func(b band, name string, at int) []string {
		if n == 1 {
			return nil
		}
		g.f("MOVQ %s_base+%d(FP), %s", name, at, b.base)
		g.f("LEAQ (%s)(%s*%d), %[1]s", b.base, b.stride, n)
		return []string{b.base}
	}
	fetch := func(b band, half int, tail bool) {
		if n == 1 || half > 0 || tail {
			return
		}
		for i := range n {
			g.f("PREFETCHT0 %s", b.at(0, i))
		}
	}
	g.walk("var", append(ahead(x, "x", 32), "DI"), func(off, half int, tail bool) {
		fetch(x, half, tail)
		for i, acc := range squares {
			t := r(i % 2)
			g.loadFrom(dst.at(off, i), t, tail)
			g.f("VSUBPS %s, %s, %s", r(means[i][0]), t, t)
			g.zeroTail(t, tail)
			g.f("VFMADD231PS %s, %s, %s", t, t, r(acc[half]))
		}
	})
	g.rewind("DI")
	inverse()
	for _, acc := range squares {
		i := acc[0]
		g.reduce("VADD", acc, 2)
		g.f("VMULSS X0, X%d, X%[1]d", i)
		g.f("VADDSS eps+144(FP), X%d, X%[1]d", i)
		g.f("VSQRTSS X%d, X%[1]d, X%[1]d", i)
		g.f("VDIVSS X%d, X1, X%[1]d", i)
		g.f("VBROADCASTSS X%d, %s", i, r(i))
	}
	g.f("MOVQ gamma_base+96(FP), BX")
	g.f("MOVQ beta_base+120(FP), R15")
	bases := append(ahead(residual, "residual", 64), "BX", "R15", "DI")
	if n > 1 { // no residual: something that is there
		g.f("TESTQ R12, R12")
		g.f("CMOVQEQ BX, DX")
	}
	g.walk("norm", bases, func(off, half int, tail bool) {
		fetch(residual, half, tail)
		g.loadFrom(band{base: "BX"}.at(off, 0), r(12), tail)
		g.loadFrom(band{base: "R15"}.at(off, 0), r(13), tail)
		for i := range n {
			t := r(i)
			g.loadFrom(dst.at(off, i), t, tail)
			g.f("VSUBPS %s, %s, %s", r(means[i][0]), t, t)
			g.f("VMULPS %s, %s, %s", r(squares[i][0]), t, t)
			g.f("VFMADD213PS %s, %s, %s", r(13), r(12), t)
			g.storeTo(t, dst.at(off, i), tail)
		}
	})
	g.f("VZEROUPPER")
	g.f("RET")
}
