package main

import "fmt"

// Registers of the constants of quantization.
const (
	rMost    = 9 // 127
	rLeast   = 10
	rAbs     = 11
	rOne     = 12
	rTiny    = 13
	rLimit   = 14
	rInverse = 8
)

// quantizeConstants loads the constants of scale and round.
func (g *gen) quantizeConstants() {
	g.fill(127, rMost)
	g.fill(-127, rLeast)
	g.fillBits(0x7fffffff, rAbs)
	g.fill(1, rOne)
	g.fill(1e-15, rTiny)
	g.fill(1e15, rLimit)
}

// largest raises the maxima in register 0 by register 1, which is lost, but not
// by NaN.
func (g *gen) largest() {
	g.op("%s %s, %s, %s", g.wide("VPANDD"), g.r(rAbs), g.r(1), g.r(1))
	g.op("VMAXPS %s, %s, %s", g.r(0), g.r(1), g.r(0))
}

// scale turns the maxima in register 0 into scales in register 1 and their
// inverses in register 2.
func (g *gen) scale() {
	g.op("VMINPS %s, %s, %s", g.r(rLimit), g.r(0), g.r(0))
	g.op("VDIVPS %s, %s, %s", g.r(rMost), g.r(0), g.r(1))
	if g.lanes == 16 {
		g.op("VCMPPS $0x11, %s, %s, K2", g.r(rTiny), g.r(0))
		g.op("VMOVAPS %s, K2, %s", g.r(rOne), g.r(1))
	} else {
		g.op("VCMPPS $0x11, %s, %s, %s", g.r(rTiny), g.r(0), g.r(2))
		g.op("VBLENDVPS %s, %s, %s, %s", g.r(2), g.r(rOne), g.r(1), g.r(1))
	}
	g.op("VDIVPS %s, %s, %s", g.r(1), g.r(rOne), g.r(2))
}

// round turns register i into integers from -127 to 127, 0 for NaN. Register
// tmp is lost.
func (g *gen) round(i, inverse, tmp int) {
	x := g.r(i)
	g.op("VMULPS %s, %s, %s", g.r(inverse), x, x)
	if g.lanes == 16 {
		g.op("VCMPPS $7, %s, %s, K2", x, x)
	} else {
		g.op("VCMPPS $7, %s, %s, %s", x, x, g.r(tmp))
	}
	g.op("VMINPS %s, %s, %s", g.r(rMost), x, x)
	g.op("VMAXPS %s, %s, %s", g.r(rLeast), x, x)
	if g.lanes == 16 {
		g.op("VCVTPS2DQ.Z %s, K2, %s", x, x)
	} else {
		g.op("VANDPS %s, %s, %s", g.r(tmp), x, x)
		g.op("VCVTPS2DQ %s, %s", x, x)
	}
}

func (g *gen) quantize() {
	doc := `
//	for i := range rows {
//		s, inverse := scaleS8(src[i][:d])
//		scale[i] = s * factor
//		for j := range d {
//			dst[i][j] = roundS8(src[i][j] * inverse)
//		}
//	}
//
`
	if g.bytes {
		doc += `// xor flip, in bytes. `
	} else {
		doc += `// in 16 bits. `
	}
	doc += `It writes zeros up to a multiple of ` + map[bool]string{true: "16", false: "8"}[g.bytes] + ` columns.
// SI and R8 source and its stride, CX rows left, DX and R10 destination and its
// stride, R11 scale, AX offset in a row. Up to 16 rows of usual numbers are done
// at a time, four by four: R14 counts them, R9 those done, in bytes of scales, R15 is three
// strides, BX source, DI source or destination. Of other rows, R14 counts those
// left and BX is the offset in the destination.`
	g.frame = 64
	g.function("attentionS8Quantize"+g.isa, "attentionS8RowsArgs", doc)
	g.frame = 0
	g.args("SI", "R8", "CX", "R9", "DX", "R10", "R11")
	g.columnsOf()
	g.quantizeConstants()
	if g.bytes {
		g.op("VPBROADCASTD 56(DI), X16")
	}
	g.op("VBROADCASTSS 60(DI), X7")
	g.op("LEAQ (R8)(R8*2), R15")
	g.label("block")
	g.op("MOVQ CX, R14")
	g.op("SHRQ $2, R14")
	g.op("JEQ rest")
	g.op("MOVL $4, AX")
	g.op("CMPQ R14, AX")
	g.op("CMOVQGT AX, R14")
	g.op("SHLQ $4, R14")
	g.quantizeScales()
	g.quantizeFours()
	g.op("JMP block")
	g.label("hard")
	g.op("SHRQ $2, R14")
	g.op("SUBQ R14, CX")
	g.op("JMP row")
	g.label("rest")
	g.op("MOVQ CX, R14")
	g.op("XORL CX, CX")
	g.op("TESTQ R14, R14")
	g.op("JEQ done")
	g.quantizeRows()
	g.op("TESTQ CX, CX")
	g.op("JNE block")
	g.label("done")
	g.end()
}

// fourRows are the addresses of four rows of the source.
var fourRows = []string{"(BX)", "(BX)(R8*1)", "(BX)(R8*2)", "(BX)(R15*1)"}

// quantizeScales computes the scales of R14/4 rows, a multiple of four, and
// keeps their inverses on the stack. It goes to hard if there are infinities,
// NaN or values to clip.
func (g *gen) quantizeScales() {
	g.op("MOVQ SI, DI")
	g.op("XORL R9, R9")
	g.label("scales")
	for i := range 4 {
		g.op("VPXOR X%d, X%[1]d, X%[1]d", i)
	}
	g.each("largest", func(tail bool) {
		g.op("LEAQ (DI)(AX*1), BX")
		for i, from := range fourRows {
			t := 4 + i%2
			if tail {
				g.load(from, t, true)
				from = g.r(t)
			}
			g.op("%s %s, %s, %s", g.wide("VPANDD"), from, g.r(rAbs), g.r(t))
			g.op("VPMAXSD %s, %s, %[2]s", g.r(t), g.r(i)) // as integers, where NaN is the largest
		}
	})
	g.reduceFour("VPMAXSD", [4]int{0, 1, 2, 3}, 4, 5, 6)
	g.op("VPCMPGTD X%d, X0, X1", rLimit)
	g.op("VPTEST X1, X1")
	g.op("JNE hard")
	g.narrowScale()
	g.op("VMULPS X7, X1, X1")
	g.op("VMOVUPS X1, (R11)(R9*1)")
	g.op("VMOVUPS X2, (SP)(R9*1)")
	g.op("LEAQ (DI)(R8*4), DI")
	g.op("ADDQ $16, R9")
	g.op("CMPQ R9, R14")
	g.op("JNE scales")
}

// quantizeFours quantizes the rows that quantizeScales has seen.
func (g *gen) quantizeFours() {
	g.op("ADDQ R14, R11")
	g.op("XORL R9, R9")
	g.label("four")
	for i := range 4 {
		g.op("VBROADCASTSS %d(SP)(R9*1), %s", 4*i, g.r(2+i))
	}
	g.op("MOVQ DX, DI")
	g.each("quantize", func(tail bool) {
		g.op("LEAQ (SI)(AX*1), BX")
		for i, to := range []string{"(DI)", "(DI)(R10*1)", "(DI)(R10*2)", "(BX)(R10*1)"} {
			from, t := fourRows[i], []int{0, 1, 6}[i%3]
			if tail {
				g.load(from, t, true)
				from = g.r(t)
			}
			g.op("VMULPS %s, %s, %s", from, g.r(2+i), g.r(t))
			g.op("VCVTPS2DQ %s, %[1]s", g.r(t))
			g.pack(t, rInverse)
			if i == 3 {
				g.op("LEAQ (DI)(R10*2), BX")
			}
			g.op("VMOVDQU X%d, %s", t, to)
		}
		g.op("ADDQ $16, DI")
	})
	g.op("LEAQ (SI)(R8*4), SI")
	g.op("LEAQ (DX)(R10*4), DX")
	g.op("SUBQ $4, CX")
	g.op("ADDQ $16, R9")
	g.op("CMPQ R9, R14")
	g.op("JNE four")
}

// narrowScale is scale for the four numbers of a 128-bit register.
func (g *gen) narrowScale() {
	narrow := *g
	narrow.reg = "X"
	narrow.text = text{}
	narrow.scale()
	g.Write(narrow.Bytes())
	g.words = narrow.words
}

// pack turns the integers of register i into the bytes or 16-bit numbers that
// are stored. Register tmp is lost.
func (g *gen) pack(i, tmp int) {
	if g.bytes {
		g.op("VPMOVSDB Z%d, X%[1]d", i)
		g.op("VPXORD X16, X%d, X%[1]d", i)
	} else {
		g.op("VEXTRACTI128 $1, Y%d, X%d", i, tmp)
		g.op("VPACKSSDW X%d, X%d, X%[2]d", tmp, i)
	}
}

// quantizeRows quantizes R14 rows of any numbers.
func (g *gen) quantizeRows() {
	g.label("row")
	g.op("VXORPS X0, X0, X0")
	g.each("max", func(tail bool) {
		g.load("(SI)(AX*1)", 1, tail)
		g.largest()
	})
	g.reduce("VMAXPS", 0, 1)
	g.narrowScale()
	g.op("VMULSS X7, X1, X1")
	g.op("VMOVSS X1, (R11)")
	g.op("VBROADCASTSS X2, %s", g.r(rInverse))
	g.op("XORL BX, BX")
	g.each("round", func(tail bool) {
		g.load("(SI)(AX*1)", 1, tail)
		g.round(1, rInverse, 2)
		g.pack(1, 2)
		g.op("VMOVDQU X1, (DX)(BX*1)")
		g.op("ADDQ $16, BX")
	})
	g.op("ADDQ R8, SI")
	g.op("ADDQ R10, DX")
	g.op("ADDQ $4, R11")
	g.op("DECQ R14")
	g.op("JNE row")
}

// arrange transposes blocks of 4 tokens by 4 groups of 4 bytes.
func (g *gen) arrange() {
	g.function("attentionS8Arrange"+g.isa, "attentionS8ArrangeArgs", fmt.Sprintf(`
//	for i := range 4 * quads {
//		for g := range 4 * chunks {
//			dst[i/%[1]d][g][i%%%[1]d] = src[i][g]
//		}
//	}
//
// where elements have 4 bytes and a row of dst may have fewer than 4*chunks
// groups: what is too much spills to the next, to be overwritten. SI and R8
// source and its stride, R10 three strides, CX quads left, R9 chunks, DX
// destination, R11 bytes of a vector of keys, R12 quads left of the vector, R13
// source, BX destination, AX chunks left.`, g.lanes))
	g.args("SI", "R8", "CX", "R9", "DX", "R11")
	g.op("LEAQ (R8)(R8*2), R10")
	g.op("MOVL $%d, R12", g.lanes/4)
	g.label("quad")
	g.op("MOVQ SI, R13")
	g.op("MOVQ DX, BX")
	g.op("MOVQ R9, AX")
	g.label("chunk")
	for i, from := range []string{"(R13)", "(R13)(R8*1)", "(R13)(R8*2)", "(R13)(R10*1)"} {
		g.op("VMOVDQU %s, X%d", from, i)
	}
	g.op("VPUNPCKLDQ X1, X0, X4")
	g.op("VPUNPCKLDQ X3, X2, X5")
	g.op("VPUNPCKHDQ X1, X0, X6")
	g.op("VPUNPCKHDQ X3, X2, X7")
	for i := range 4 {
		g.op("VPUNPCK%sQDQ X%d, X%d, X%d", "LH"[i%2:][:1], 5+i/2*2, 4+i/2*2, i)
		g.op("VMOVDQU X%d, %d(BX)", i, i*g.size())
	}
	g.op("ADDQ $16, R13")
	g.op("ADDQ $%d, BX", 4*g.size())
	g.op("DECQ AX")
	g.op("JNE chunk")
	g.op("LEAQ (SI)(R8*4), SI")
	g.op("ADDQ $16, DX")
	g.op("DECQ R12")
	g.op("JNE same")
	g.op("MOVL $%d, R12", g.lanes/4)
	g.op("SUBQ $%d, DX", g.size())
	g.op("ADDQ R11, DX")
	g.label("same")
	g.op("DECQ CX")
	g.op("JNE quad")
	g.end()
}

func (g *gen) columns() {
	g.function("attentionS8Columns"+g.isa, "attentionS8ColumnsArgs", `
//	for j := range d {
//		scale[j], inverse[j] = scaleS8(src[:][j])
//	}
//
// It writes whole vectors, and to hard 1 if there are infinities, NaN or values
// to clip, else 0. SI and R8 source and its stride, CX rows, R10 scale, R11
// inverse, AX offset of the columns, BX source, DX rows left.`)
	g.args("SI", "R8", "CX", "R9", "R10", "R11")
	g.columnsOf()
	g.quantizeConstants()
	most := g.r(7) // of all columns, as integers, where NaN is the largest
	g.op("VPXOR X7, X7, X7")
	columns := func(name string, n int, tail bool) {
		for i := range n {
			g.op("VPXOR X%d, X%[1]d, X%[1]d", 3+i)
		}
		g.op("LEAQ (SI)(AX*1), BX")
		g.op("MOVQ CX, DX")
		g.label(name)
		for i := range n {
			t, from := 1+i%2, fmt.Sprintf("%d(BX)", i*g.size())
			if tail {
				g.load(from, t, true)
				from = g.r(t)
			}
			g.op("%s %s, %s, %s", g.wide("VPANDD"), from, g.r(rAbs), g.r(t))
			g.op("VPMAXSD %s, %s, %[2]s", g.r(t), g.r(3+i))
		}
		g.op("ADDQ R8, BX")
		g.op("DECQ DX")
		g.op("JNE %s", name)
		for i := range n {
			g.op("VPMAXSD %s, %s, %[2]s", g.r(3+i), most)
			g.op("VMOVAPS %s, %s", g.r(3+i), g.r(0))
			g.scale()
			g.store(1, fmt.Sprintf("%d(R10)(AX*1)", i*g.size()), false)
			g.store(2, fmt.Sprintf("%d(R11)(AX*1)", i*g.size()), false)
		}
	}
	g.op("XORL AX, AX")
	g.label("four")
	g.op("LEAQ %d(AX), DX", 4*g.size())
	g.op("CMPQ DX, R12")
	g.op("JGT few")
	columns("rowfour", 4, false)
	g.op("ADDQ $%d, AX", 4*g.size())
	g.op("JMP four")
	g.label("few")
	g.op("CMPQ AX, R12")
	g.op("JEQ last")
	columns("rowone", 1, false)
	g.op("ADDQ $%d, AX", g.size())
	g.op("JMP few")
	g.label("last")
	g.op("TESTQ R13, R13")
	g.op("JEQ all")
	columns("rowlast", 1, true)
	g.label("all")
	g.op("MOVQ $0, 48(DI)")
	if g.lanes == 16 {
		g.op("VPCMPGTD %s, %s, K2", g.r(rLimit), most)
		g.op("KTESTW K2, K2")
	} else {
		g.op("VPCMPGTD %s, %s, %[2]s", g.r(rLimit), most)
		g.op("VPTEST %s, %[1]s", most)
	}
	g.op("JNE hard")
	g.end()
	g.label("hard")
	g.op("MOVQ $1, 48(DI)")
	g.each("column", func(tail bool) {
		name := "row"
		if tail {
			name = "rowtail"
		}
		g.op("VXORPS X0, X0, X0")
		g.op("LEAQ (SI)(AX*1), BX")
		g.op("MOVQ CX, DX")
		g.label(name)
		g.load("(BX)", 1, tail)
		g.largest()
		g.op("ADDQ R8, BX")
		g.op("DECQ DX")
		g.op("JNE %s", name)
		g.scale()
		g.store(1, "(R10)(AX*1)", false)
		g.store(2, "(R11)(AX*1)", false)
	})
	g.end()
}

func (g *gen) values() {
	doc := `
//	for b := range groups {
//		for j := range d {
//			for i := range 4 {
//				dst[b][j][i] = roundS8(src[4*b+i][j] * inverse[j])
//			}
//		}
//	}
//
// in bytes. `
	if !g.bytes {
		doc = `
//	for b := range groups {
//		for j := range d {
//			for i := range 2 {
//				dst[b][j][i] = roundS8(src[2*b+i][j] * inverse[j])
//			}
//		}
//	}
//
// in 16 bits. `
	}
	g.function("attentionS8Values"+g.isa, "attentionS8ValuesArgs", doc+`It writes whole vectors. SI and R8 source and its stride, R10
// three strides, CX groups left, DX destination, R11 inverse, AX offset of the
// columns, BX source.`)
	g.args("SI", "R8", "CX", "R9", "DX", "R11")
	g.op("LEAQ (R8)(R8*2), R10")
	g.columnsOf()
	g.quantizeConstants()
	if g.bytes {
		g.fillBits(0xff, 15)
		g.fillBits(0xffffff, 16)
		g.fillBits(0xffff, 17)
	}
	g.op("CMPQ 48(DI), $0")
	g.op("JNE hard")
	g.valueGroups("group", "column", false)
	g.end()
	g.valueGroups("hard", "columnhard", true)
	g.end()
}

// valueGroups writes the loop of values over groups. If hard, it clips and looks
// for NaN.
func (g *gen) valueGroups(name, column string, hard bool) {
	g.label(name)
	g.each(column, func(tail bool) {
		g.op("LEAQ (SI)(AX*1), BX")
		g.op("VMOVUPS (R11)(AX*1), %s", g.r(rInverse))
		for i, from := range []string{"(BX)", "(BX)(R8*1)", "(BX)(R8*2)", "(BX)(R10*1)"}[:g.inner()] {
			if hard || tail {
				g.load(from, i, tail)
				from = g.r(i)
			}
			if hard {
				g.round(i, rInverse, 4)
				continue
			}
			g.op("VMULPS %s, %s, %s", from, g.r(rInverse), g.r(i))
			g.op("VCVTPS2DQ %s, %[1]s", g.r(i))
		}
		if g.bytes {
			for i := range 3 {
				g.op("VPSLLD $%d, Z%d, Z%[2]d", 8*(i+1), i+1)
			}
			const choose = 0xe4 // by the mask: the destination, else the other
			g.op("VPTERNLOGD $%d, Z15, Z1, Z0", choose)
			g.op("VPTERNLOGD $%d, Z16, Z3, Z2", choose)
			g.op("VPTERNLOGD $%d, Z17, Z2, Z0", choose)
		} else {
			g.op("VPSLLD $16, Y1, Y1")
			g.op("VPBLENDW $0xaa, Y1, Y0, Y0")
		}
		g.store(0, "(DX)", false)
		g.op("ADDQ $%d, DX", g.size())
	})
	g.op("LEAQ (SI)(R8*%d), SI", g.inner())
	g.op("DECQ CX")
	g.op("JNE %s", name)
}

// sums writes what corrects products with queries stored 128 too high.
func (g *gen) sums() {
	g.function("attentionS8Sums"+g.isa, "attentionS8SumsArgs", `
//	for j := range 16 * vectors {
//		init[j] = -128 * sum(k[j][:4*groups])
//	}
//
// SI keys, DX init, CX vectors left, R8 groups, BX groups left.`)
	g.args("SI", "DX", "CX", "R8")
	g.fillBits(0x80808080, 1)
	g.label("vector")
	g.op("VPXORD Z0, Z0, Z0")
	g.op("VPXORD Z2, Z2, Z2")
	g.op("MOVQ R8, BX")
	g.label("group")
	g.op("VPDPBUSD (SI), Z1, Z0")
	g.op("ADDQ $64, SI")
	g.op("DECQ BX")
	g.op("JNE group")
	g.op("VPSUBD Z0, Z2, Z0")
	g.op("VMOVDQU32 Z0, (DX)")
	g.op("ADDQ $64, DX")
	g.op("DECQ CX")
	g.op("JNE vector")
	g.end()
}
