package main

import (
	"bytes"
	"fmt"
	"math"
)

// A rows generator writes functions that walk over a row of float32. The number
// of elements left is in R9; R11 is lost.
type rows struct {
	*asm
	labels int
}

// each writes a loop over the vectors of a row whose length is in register n.
// Element i belongs to lane i%16 of four vectors: body gets which of them, and
// whether it is the last, of one to three elements. The instructions of width
// vectors are interleaved, so body must give them registers of their own.
func (g *rows) each(name, n string, width int, body func(c int, part bool)) {
	g.f("MOVD %s, R9", n)
	g.f("CMP $16, R9")
	g.f("BLT %stail", name)
	g.label(name)
	for c := 0; c < 4; c += width {
		g.interleave(width, func(i int) { body(c+i, false) })
	}
	g.f("SUB $16, R9")
	g.f("CMP $16, R9")
	g.f("BGE %s", name)
	g.label(name + "tail")
	for c := range 3 {
		g.f("CMP $4, R9")
		g.f("BLT %spart%d", name, c)
		body(c, false)
		g.f("SUB $4, R9")
	}
	for _, c := range []int{3, 0, 1, 2} {
		g.label(fmt.Sprintf("%spart%d", name, c))
		g.f("CBZ R9, %sdone", name)
		body(c, true)
		if c != 2 {
			g.f("B %sdone", name)
		}
	}
	g.label(name + "done")
}

// interleave writes the lines that write leaves for 0 to n-1, the first lines
// first.
func (g *rows) interleave(n int, write func(i int)) {
	before := g.buf
	var lines [][][]byte
	for i := range n {
		g.buf = bytes.Buffer{}
		write(i)
		lines = append(lines, bytes.SplitAfter(g.buf.Bytes(), []byte("\n")))
	}
	g.buf = before
	for l := range lines[0] {
		for i := range n {
			g.buf.Write(lines[i][l])
		}
	}
}

// load reads a vector at general register p, which advances; the lanes past the
// end become zero.
func (g *rows) load(v, p int, part bool) {
	if !part {
		g.v("ldr q%d, [x%d], #16", v, p)
		return
	}
	g.part("ld", v, p)
}

// store writes a vector at general register p, which advances, except the lanes
// past the end.
func (g *rows) store(v, p int, part bool) {
	if !part {
		g.v("str q%d, [x%d], #16", v, p)
		return
	}
	g.part("st", v, p)
}

// part reads or writes one to three elements.
func (g *rows) part(op string, v, p int) {
	g.labels++
	one, done := fmt.Sprintf("one%d", g.labels), fmt.Sprintf("whole%d", g.labels)
	g.f("TBZ $1, R9, %s", one)
	g.v("%sr d%d, [x%d]", op, v, p)
	g.f("TBZ $0, R9, %s", done)
	g.f("ADD $8, R%d, R11", p)
	g.v("%s1 {v%d.s}[2], [x11]", op, v)
	g.f("B %s", done)
	g.label(one)
	g.v("%sr s%d, [x%d]", op, v, p)
	g.label(done)
}

// mask puts ones in the lanes of v that are within the last, partial vector of
// a row whose length is in register n. Register tmp is lost.
func (g *rows) mask(n string, v, tmp int) {
	g.data("lanes", []uint32{0, 1, 2, 3})
	g.f("MOVD $lanes<>(SB), R11")
	g.v("ldr q%d, [x11]", tmp)
	g.f("AND $3, %s, R11", n)
	g.v("dup v%d.4s, w11", v)
	g.v("cmgt v%d.4s, v%d.4s, v%d.4s", v, v, tmp)
}

// reduce folds the 16 lanes in registers v to v+3 with instruction op, fadd or
// fmax, and copies the result to all of v: lanes 8 apart, then 4, 2 and 1.
func (g *rows) reduce(op string, v int) {
	g.v("%s v%d.4s, v%d.4s, v%d.4s", op, v, v, v+2)
	g.v("%s v%d.4s, v%d.4s, v%d.4s", op, v+1, v+1, v+3)
	g.v("%s v%d.4s, v%d.4s, v%d.4s", op, v, v, v+1)
	g.v("ext v%d.16b, v%d.16b, v%d.16b, #8", v+1, v, v)
	g.v("%s v%d.2s, v%d.2s, v%d.2s", op, v, v, v+1)
	g.v("%sp s%d, v%d.2s", op, v, v)
	g.v("dup v%d.4s, v%d.s[0]", v, v)
}

// zero clears registers v to v+3.
func (g *rows) zero(v int) {
	for i := range 4 {
		g.v("movi v%d.16b, #0", v+i)
	}
}

// splat fills registers first on with the float32 at register p and after it.
func (g *rows) splat(p string, first, n int) {
	for i := range n {
		g.v("ld1r {v%d.4s}, [%s], #4", first+i, reg(p))
	}
}

// layerNorm writes the layer norm of one row.
func layerNorm(a *asm) {
	g := &rows{asm: a}
	const mean, square, inverse, one, eps, mask = 16, 20, 24, 25, 26, 31
	g.text("layerNormF32NEON", 124, "func layerNormF32NEON(dst, x, residual, gamma, beta []float32, eps float32)")
	g.f("MOVD dst_base+0(FP), R0")
	g.f("MOVD dst_len+8(FP), R1")
	g.f("MOVD x_base+24(FP), R2")
	g.f("MOVD residual_base+48(FP), R3")
	g.f("MOVD residual_len+56(FP), R7")
	g.f("MOVD gamma_base+72(FP), R4")
	g.f("MOVD beta_base+96(FP), R5")
	g.f("FMOVS eps+120(FP), F%d", eps)
	g.f("FMOVS $1.0, F%d", one)
	g.v("scvtf s%d, x1", inverse)
	g.v("fdiv s%d, s%d, s%d", inverse, one, inverse)
	g.mask("R1", mask, 0)
	g.comment("dst = x + residual, and its mean.")
	g.zero(mean)
	g.f("MOVD R0, R6")
	g.f("CBZ R7, plain")
	g.each("sum", "R1", 4, func(c int, part bool) {
		g.load(c, 2, part)
		g.load(4+c, 3, part)
		g.v("fadd v%d.4s, v%d.4s, v%d.4s", c, c, 4+c)
		g.v("fadd v%d.4s, v%d.4s, v%d.4s", mean+c, mean+c, c)
		g.store(c, 6, part)
	})
	g.f("B mean")
	g.label("plain")
	g.each("copy", "R1", 4, func(c int, part bool) {
		g.load(c, 2, part)
		g.v("fadd v%d.4s, v%d.4s, v%d.4s", mean+c, mean+c, c)
		g.store(c, 6, part)
	})
	g.label("mean")
	g.reduce("fadd", mean)
	g.v("fmul v%d.4s, v%d.4s, v%d.s[0]", mean, mean, inverse)
	g.comment("Mean of the squared differences from the mean.")
	g.zero(square)
	g.f("MOVD R0, R6")
	g.each("var", "R1", 4, func(c int, part bool) {
		g.load(c, 6, part)
		g.v("fsub v%d.4s, v%d.4s, v%d.4s", c, c, mean)
		if part {
			g.v("and v%d.16b, v%d.16b, v%d.16b", c, c, mask)
		}
		g.v("fmla v%d.4s, v%d.4s, v%d.4s", square+c, c, c)
	})
	g.reduce("fadd", square)
	g.v("fmul s%d, s%d, s%d", square, square, inverse)
	g.v("fadd s%d, s%d, s%d", square, square, eps)
	g.v("fsqrt s%d, s%d", square, square)
	g.v("fdiv s%d, s%d, s%d", square, one, square)
	g.f("MOVD R0, R6")
	g.each("norm", "R1", 4, func(c int, part bool) {
		g.load(c, 0, part)
		g.load(4+c, 4, part)
		g.load(8+c, 5, part)
		g.v("fsub v%d.4s, v%d.4s, v%d.4s", c, c, mean)
		g.v("fmul v%d.4s, v%d.4s, v%d.s[0]", c, c, square)
		g.v("fmla v%d.4s, v%d.4s, v%d.4s", 8+c, c, 4+c)
		g.store(8+c, 6, part)
	})
	g.f("RET")
}

// softmax writes the softmax of one row.
func softmax(a *asm) {
	g := &rows{asm: a}
	const lanes, top, poly, last, least, log2e, scale, low, mask = 10, 14, 16, 22, 23, 24, 25, 26, 31
	g.data("softmax", append(bits(math.Log2E, exp2Low), 0xff800000))
	g.text("softmaxF32NEON", 28, "func softmaxF32NEON(x []float32, scale float32)")
	g.f("MOVD x_base+0(FP), R0")
	g.f("MOVD x_len+8(FP), R1")
	g.f("FMOVS scale+24(FP), F%d", scale)
	g.v("dup v%d.4s, v%d.s[0]", scale, scale)
	g.f("MOVD $·exp2Poly(SB), R2")
	g.splat("R2", poly, last-poly+1)
	g.f("MOVD $softmax<>(SB), R2")
	for _, v := range []int{log2e, low, least} {
		g.splat("R2", v, 1)
	}
	g.mask("R1", mask, 0)
	g.comment("Largest of scale*x.")
	for c := range 4 {
		g.v("mov v%d.16b, v%d.16b", lanes+c, least)
	}
	g.f("MOVD R0, R2")
	g.each("max", "R1", 4, func(c int, part bool) {
		g.load(c, 2, part)
		g.v("fmul v%d.4s, v%d.4s, v%d.4s", c, c, scale)
		if part {
			g.v("bif v%d.16b, v%d.16b, v%d.16b", c, least, mask)
		}
		g.v("fmax v%d.4s, v%d.4s, v%d.4s", lanes+c, lanes+c, c)
	})
	g.reduce("fmax", lanes)
	g.v("mov v%d.16b, v%d.16b", top, lanes)
	g.comment("e**(scale*x - largest) and the sum of it.")
	g.zero(lanes)
	g.f("MOVD R0, R2")
	g.f("MOVD R0, R3")
	g.each("exp", "R1", 2, func(c int, part bool) {
		x := c % 2 * 5
		t, n, flush, p := x+1, x+2, x+3, x+4
		g.load(x, 2, part)
		g.v("fmul v%d.4s, v%d.4s, v%d.4s", x, x, scale)
		g.v("fsub v%d.4s, v%d.4s, v%d.4s", x, x, top)
		g.v("fmul v%d.4s, v%d.4s, v%d.4s", t, x, log2e)
		g.v("fcmgt v%d.4s, v%d.4s, v%d.4s", flush, low, t)
		g.v("frintn v%d.4s, v%d.4s", n, t)
		g.v("fneg v%d.4s, v%d.4s", t, n)
		g.v("fmla v%d.4s, v%d.4s, v%d.4s", t, x, log2e)
		p = g.horner(t, poly, last, p, x)
		g.v("fcvtns v%d.4s, v%d.4s", n, n)
		g.v("shl v%d.4s, v%d.4s, #23", n, n)
		g.v("add v%d.4s, v%d.4s, v%d.4s", p, p, n)
		g.v("bic v%d.16b, v%d.16b, v%d.16b", p, p, flush)
		if part {
			g.v("and v%d.16b, v%d.16b, v%d.16b", p, p, mask)
		}
		g.v("fadd v%d.4s, v%d.4s, v%d.4s", lanes+c, lanes+c, p)
		g.store(p, 3, part)
	})
	g.reduce("fadd", lanes)
	g.f("FMOVS $1.0, F0")
	g.v("fdiv s%d, s0, s%d", lanes, lanes)
	g.f("MOVD R0, R2")
	g.each("scale", "R1", 1, func(c int, part bool) {
		g.load(c, 2, part)
		g.v("fmul v%d.4s, v%d.4s, v%d.s[0]", c, c, lanes)
		g.store(c, 0, part)
	})
	g.f("RET")
}

// exp2Low is the least t for which 2**t is not taken as 0.
const exp2Low = -126 + 1.0/32

// horner writes the value at t of the polynomial whose coefficients, by rising
// power, are in registers first to last. It uses a and b and returns the one
// that holds the result.
func (g *rows) horner(t, first, last, a, b int) int {
	p := last
	for k := last - 1; k >= first; k-- {
		g.v("mov v%d.16b, v%d.16b", a, k)
		g.v("fmla v%d.4s, v%d.4s, v%d.4s", a, p, t)
		if p == last {
			p = b
		}
		a, p = p, a
	}
	return p
}

// gelu writes both forms of GELU, which differ in their constants.
func gelu(a *asm) {
	g := &rows{asm: a}
	const table, limit, scale, first, magic, seven, four, offsets = 12, 24, 25, 26, 27, 28, 29, 30
	g.data("gelu", []uint32{7, 0x04040404, 0x03020100})
	g.text("geluF32NEON", 40, "func geluF32NEON(x []float32, c *geluConsts, first, magic float32)")
	g.f("MOVD x_base+0(FP), R0")
	g.f("MOVD x_len+8(FP), R1")
	g.f("MOVD c+24(FP), R2")
	g.f("FMOVS first+32(FP), F%d", first)
	g.f("FMOVS magic+36(FP), F%d", magic)
	g.v("dup v%d.4s, v%d.s[0]", first, first)
	g.v("dup v%d.4s, v%d.s[0]", magic, magic)
	g.splat("R2", limit, 2)
	for k := range geluDegree + 1 {
		g.v("ldp q%d, q%d, [x2], #32", table+2*k, table+2*k+1)
	}
	g.f("MOVD $gelu<>(SB), R2")
	g.splat("R2", seven, 3)
	g.f("MOVD R0, R2")
	g.each("loop", "R1", 2, func(c int, part bool) {
		x := c % 2 * 6
		a, b, index, p, q := x+1, x+2, x+3, x+4, x+5
		// coef looks up the coefficients of power k.
		coef := func(v, k int) {
			g.v("tbl v%d.16b, {v%d.16b, v%d.16b}, v%d.16b", v, table+2*k, table+2*k+1, index)
		}
		g.load(x, 2, part)
		g.v("fabs v%d.4s, v%d.4s", a, x)
		g.v("fmin v%d.4s, v%d.4s, v%d.4s", a, a, limit)
		g.v("mov v%d.16b, v%d.16b", b, first)
		g.v("fmla v%d.4s, v%d.4s, v%d.4s", b, a, scale)
		g.v("fadd v%d.4s, v%d.4s, v%d.4s", index, b, magic)
		g.v("and v%d.16b, v%d.16b, v%d.16b", index, index, seven)
		g.v("mul v%d.4s, v%d.4s, v%d.4s", index, index, four)
		g.v("add v%d.4s, v%d.4s, v%d.4s", index, index, offsets)
		coef(p, geluDegree)
		for k := geluDegree - 1; k >= 0; k-- {
			coef(q, k)
			g.v("fmla v%d.4s, v%d.4s, v%d.4s", q, p, b)
			p, q = q, p
		}
		g.v("fcmlt v%d.4s, v%d.4s, #0.0", q, x)
		g.v("bic v%d.16b, v%d.16b, v%d.16b", x, x, q)
		g.v("fmls v%d.4s, v%d.4s, v%d.4s", x, a, p)
		g.store(x, 0, part)
	})
	g.f("RET")
}

// geluDegree is the degree of the polynomials of GELU.
const geluDegree = 5
