package main

import (
	"fmt"
	"math"
)

// Offsets of the arguments in an attentionS8Args.
const (
	argQ = 8 * iota
	argQStride
	argK
	argGroups
	argInit
	argKeyScale
	argBias
	argScores
	argScoreStride
	argVectors
	argMax
	argP
	argPStride
	argRowScale
	argRows
	argInverse
	argV
	argVGroups
	argColScale
	argDst
	argDstStride
	argD
)

// rowAddresses are those of the rows of a tile: SI the first, R10 the fourth,
// R8 the stride.
var rowAddresses = []string{"(SI)", "(SI)(R8*1)", "(SI)(R8*2)", "(R10)", "(R10)(R8*1)", "(R10)(R8*2)"}

// tileRows points SI and R10 at the rows.
func (g *gen) tileRows(arg int) {
	g.op("MOVQ %d(DI), SI", arg)
	g.op("LEAQ (SI)(R8*2), R10")
	g.op("ADDQ R8, R10")
}

// multiply adds the products of a tile of n vectors, whose addresses are given,
// for the next inner numbers of each row.
func (g *gen) multiply(n int, vectors []string) {
	for v, from := range vectors[:n] {
		g.op("VMOVUPS %s, %s", from, g.r(g.temps+v))
	}
	x := g.temps + g.tile
	for i, from := range rowAddresses[:g.rows] {
		q := x
		if g.bytes {
			q += i % 2
		}
		g.op("VPBROADCASTD %s, %s", from, g.r(q))
		for v := range n {
			g.dot(g.temps+v, q, i*n+v, x+1+(i*n+v)%4)
		}
	}
}

func (g *gen) scores() {
	start := "0"
	if g.bytes {
		start = "init[j]"
	}
	g.function("attentionS8Scores"+g.isa, "attentionS8Args", fmt.Sprintf(`
//	for i := range %d {
//		for j := range %d * vectors {
//			sum := %s
//			for l := range %d * groups {
//				sum += q[i][l] * k[j/%d][l/%[4]d][j%%%[5]d][l%%%[4]d]
//			}
//			scores[i][j] = float32(sum)*keyScale[j] + bias[j]
//			max[i][j%%%[5]d] = max(max[i][j%%%[5]d], scores[i][j])
//		}
//	}
//
// where bias is 0, or so low that the weight is 0, and the maxima start at -Inf. SI, R10 and R8 rows of
// q and their stride, DX and BX keys, R9 bytes of a vector of keys, R11 groups,
// CX groups left, R12 scores, R13 vectors left, R15 offset of the vector.`, g.rows, g.lanes, start, g.inner(), g.lanes))
	for _, a := range []struct {
		at  int
		reg string
	}{{argQStride, "R8"}, {argK, "DX"}, {argGroups, "R11"}, {argScores, "R12"}, {argVectors, "R13"}, {argMax, "CX"}} {
		g.op("MOVQ %d(DI), %s", a.at, a.reg)
	}
	g.op("MOVQ R11, R9")
	g.op("IMULQ $%d, R9", g.size())
	g.op("XORL R15, R15")
	g.fill(float32(math.Inf(-1)), 0)
	for i := range g.rows {
		g.store(0, fmt.Sprintf("%d(CX)", i*g.size()), false)
	}
	g.label("tile")
	for n := g.tile; n > 0; n-- {
		g.op("CMPQ R13, $%d", n)
		g.op("JLT less%d", n)
		g.scoreTile(n)
		if n == g.tile {
			g.op("JMP tile")
		} else {
			g.op("JMP less1")
		}
		g.label(fmt.Sprintf("less%d", n))
	}
	g.end()
}

func (g *gen) scoreTile(n int) {
	if g.bytes {
		g.op("MOVQ %d(DI), AX", argInit)
	}
	for v := range n {
		if g.bytes {
			g.op("VMOVUPS %d(AX)(R15*1), %s", v*g.size(), g.r(v))
		} else {
			g.op("VXORPS X%d, X%[1]d, X%[1]d", v)
		}
	}
	for i := n; i < n*g.rows; i++ {
		g.op("VMOVAPS %s, %s", g.r(i%n), g.r(i))
	}
	g.tileRows(argQ)
	if n > 2 {
		g.op("LEAQ (DX)(R9*2), BX")
	}
	g.op("MOVQ R11, CX")
	g.op("PCALIGN $32")
	loop := fmt.Sprintf("group%d", n)
	g.label(loop)
	g.multiply(n, []string{"(DX)", "(DX)(R9*1)", "(BX)", "(BX)(R9*1)"})
	g.op("ADDQ $%d, DX", g.size())
	if n > 2 {
		g.op("ADDQ $%d, BX", g.size())
	}
	g.op("ADDQ $4, SI")
	g.op("ADDQ $4, R10")
	g.op("DECQ CX")
	g.op("JNE %s", loop)
	for range n - 1 {
		g.op("ADDQ R9, DX")
	}
	g.op("MOVQ %d(DI), AX", argKeyScale)
	g.op("MOVQ %d(DI), BX", argBias)
	for v := range n {
		g.op("VMOVUPS %d(AX)(R15*1), %s", v*g.size(), g.r(g.temps+v))
	}
	g.op("MOVQ %d(DI), CX", argMax)
	g.op("MOVQ R12, AX")
	g.op("MOVQ %d(DI), SI", argScoreStride)
	top := g.temps + g.tile
	for i := range g.rows {
		g.op("VMOVUPS %d(CX), %s", i*g.size(), g.r(top))
		for v := range n {
			acc := g.r(i*n + v)
			g.op("VCVTDQ2PS %s, %[1]s", acc)
			g.op("VFMADD213PS %d(BX)(R15*1), %s, %s", v*g.size(), g.r(g.temps+v), acc)
			g.op("VMAXPS %s, %s, %[2]s", acc, g.r(top))
			g.op("VMOVUPS %s, %d(AX)", acc, v*g.size())
		}
		g.op("VMOVUPS %s, %d(CX)", g.r(top), i*g.size())
		if i < g.rows-1 {
			g.op("ADDQ SI, AX")
		}
	}
	g.op("ADDQ $%d, R12", n*g.size())
	g.op("ADDQ $%d, R15", n*g.size())
	g.op("SUBQ $%d, R13", n)
}

// exp2Poly holds the coefficients of a polynomial for 255 * 2**f, |f| <= 0.5,
// from the constant term up: relative error below 3e-6.
var exp2Poly = []float32{255, 176.74667, 61.26145, 14.256138, 2.4436276}

// dither is what is added to weights before they are rounded.
var dither = []float32{-7. / 16, 1. / 16, -3. / 16, 5. / 16, -5. / 16, 3. / 16, -1. / 16, 7. / 16}

// exp2Low is an exponent whose power of 2 rounds to a weight of 0. Where the
// instruction set scales by any power of 2, there is no need to stop at it.
const exp2Low = -31

func (g *gen) weights() {
	form := "bytes"
	if !g.bytes {
		form = "16 bits"
	}
	g.function("attentionS8Weights"+g.isa, "attentionS8Args", fmt.Sprintf(`
//	for i := range rows {
//		for j := range %d * vectors {
//			p[i][j] = softWeight((scores[i][j]-max(max[i]...))*rowScale[i], j)
//		}
//		inverse[i] = 1 / float32(sum(p[i]))
//	}
//
// in %s. SI and R8 scores and their stride, DX and R9 weights and their
// stride, CX vectors, R10 scale of the row, R11 rows left, R12 maxima, R13
// inverse, AX and BX offsets in a row, R15 vectors left.`, g.lanes, form))
	for _, a := range []struct {
		at  int
		reg string
	}{{argScores, "SI"}, {argScoreStride, "R8"}, {argP, "DX"}, {argPStride, "R9"}, {argVectors, "CX"}, {argRowScale, "R10"}, {argRows, "R11"}, {argMax, "R12"}, {argInverse, "R13"}} {
		g.op("MOVQ %d(DI), %s", a.at, a.reg)
	}
	top, scale, z, n, p, poly, sum := g.r(0), g.r(1), g.r(2), g.r(3), g.r(4), 6, g.r(11)
	g.op("VMOVUPS dither<>(SB), %s", g.r(13))
	if g.lanes == 8 {
		g.fill(exp2Low, 5)
	}
	for i, c := range exp2Poly {
		g.fill(c, poly+i)
	}
	g.label("row")
	g.op("VMOVUPS (R12), %s", top)
	g.reduce("VMAXPS", 0, 12)
	g.op("VBROADCASTSS X0, %s", top)
	g.op("VBROADCASTSS (R10), %s", scale)
	g.op("VXORPS X11, X11, X11")
	g.op("XORL AX, AX")
	g.op("XORL BX, BX")
	g.op("MOVQ CX, R15")
	g.op("PCALIGN $32")
	g.label("vector")
	g.op("VMOVUPS (SI)(AX*1), %s", z)
	g.op("VSUBPS %s, %s, %[2]s", top, z)
	g.op("VMULPS %s, %s, %[2]s", scale, z)
	if g.lanes == 16 {
		g.op("VRNDSCALEPS $0, %s, %s", z, n)
	} else {
		g.op("VMAXPS %s, %s, %[2]s", g.r(5), z)
		g.op("VROUNDPS $0, %s, %s", z, n)
	}
	g.op("VSUBPS %s, %s, %[2]s", n, z)
	d := len(exp2Poly) - 1
	g.op("VMOVAPS %s, %s", g.r(poly+d), p)
	for i := d - 1; i >= 0; i-- {
		g.op("VFMADD213PS %s, %s, %s", g.r(poly+i), z, p)
	}
	if g.lanes == 16 {
		g.op("VSCALEFPS %s, %s, %[2]s", n, p)
	} else {
		g.op("VCVTPS2DQ %s, %[1]s", n)
		g.op("VPSLLD $23, %s, %[1]s", n)
		g.op("VPADDD %s, %s, %[2]s", n, p)
	}
	g.op("VADDPS %s, %s, %[2]s", g.r(13), p)
	g.op("VCVTPS2DQ %s, %[1]s", p)
	g.op("VPADDD %s, %s, %[2]s", p, sum)
	if g.bytes {
		g.op("VPMOVDB %s, (DX)(BX*1)", p)
	} else {
		g.op("VEXTRACTI128 $1, %s, X12", p)
		g.op("VPACKSSDW X12, X4, X12")
		g.op("VMOVDQU X12, (DX)(BX*1)")
	}
	g.op("ADDQ $%d, AX", g.size())
	g.op("ADDQ $16, BX")
	g.op("DECQ R15")
	g.op("JNE vector")
	g.reduce("VPADDD", 11, 12)
	g.op("VCVTDQ2PS X11, X11")
	g.op("VMOVSS %s, X12", g.bits(math.Float32bits(1)))
	g.op("VDIVSS X11, X12, X11")
	g.op("VMOVSS X11, (R13)")
	g.op("ADDQ R8, SI")
	g.op("ADDQ R9, DX")
	g.op("ADDQ $4, R10")
	g.op("ADDQ $%d, R12", g.size())
	g.op("ADDQ $4, R13")
	g.op("DECQ R11")
	g.op("JNE row")
	g.end()
}

func (g *gen) context() {
	g.function("attentionS8Context"+g.isa, "attentionS8Args", fmt.Sprintf(`
//	for i := range rows {
//		for c := range d {
//			sum := 0
//			for j := range %[2]d * vGroups {
//				sum += p[i][j] * v[j/%[2]d][c][j%%%[2]d]
//			}
//			dst[i][c] = float32(sum) * colScale[c] * inverse[i]
//		}
//	}
//
// It works on %[1]d rows, but writes only those asked for. SI, R10 and R8 rows of p
// and their stride, DX values, BX of the group, R9 bytes of a group, R11 groups,
// CX groups left, R12 destination, R13 vectors of columns left, R15 offset of
// the column.`, g.rows, g.inner()))
	for _, a := range []struct {
		at  int
		reg string
	}{{argPStride, "R8"}, {argV, "DX"}, {argVGroups, "R11"}, {argDst, "R12"}, {argD, "R13"}} {
		g.op("MOVQ %d(DI), %s", a.at, a.reg)
	}
	g.op("ADDQ $%d, R13", g.lanes-1)
	g.op("SHRQ $%d, R13", map[int]int{16: 4, 8: 3}[g.lanes])
	g.op("MOVQ R13, R9")
	g.op("IMULQ $%d, R9", g.size())
	g.op("XORL R15, R15")
	g.label("tile")
	for n := g.tile; n > 0; n-- {
		g.op("CMPQ R13, $%d", n)
		g.op("JLT less%d", n)
		g.contextTile(n)
		if n == g.tile {
			g.op("JMP tile")
		} else {
			g.op("JMP less1")
		}
		g.label(fmt.Sprintf("less%d", n))
	}
	g.end()
}

func (g *gen) contextTile(n int) {
	for i := range n * g.rows {
		g.op("%s %s, %[2]s, %[2]s", g.wide("VPXORD"), g.r(i))
	}
	g.tileRows(argP)
	g.op("LEAQ (DX)(R15*1), BX")
	g.op("MOVQ R11, CX")
	g.op("PCALIGN $32")
	loop := fmt.Sprintf("group%d", n)
	g.label(loop)
	var vectors []string
	for v := range n {
		vectors = append(vectors, fmt.Sprintf("%d(BX)", v*g.size()))
	}
	g.multiply(n, vectors)
	g.op("ADDQ R9, BX")
	g.op("ADDQ $4, SI")
	g.op("ADDQ $4, R10")
	g.op("DECQ CX")
	g.op("JNE %s", loop)
	// Elements of the last vector: only that of the last tile may be partial.
	g.op("MOVQ R15, AX")
	g.op("SHRQ $2, AX")
	g.op("MOVQ %d(DI), CX", argD)
	g.op("SUBQ AX, CX")
	g.op("SUBQ $%d, CX", (n-1)*g.lanes)
	g.op("MOVL $%d, AX", g.lanes)
	g.op("CMPQ CX, AX")
	g.op("CMOVQGT AX, CX")
	g.mask("CX")
	g.op("MOVQ %d(DI), AX", argColScale)
	for v := range n {
		g.op("VMOVUPS %d(AX)(R15*1), %s", v*g.size(), g.r(g.temps+v))
	}
	g.op("LEAQ (R12)(R15*1), AX")
	g.op("MOVQ %d(DI), BX", argInverse)
	g.op("MOVQ %d(DI), CX", argRows)
	g.op("MOVQ %d(DI), SI", argDstStride)
	inverse := g.r(g.temps + g.tile)
	stored := fmt.Sprintf("stored%d", n)
	for i := range g.rows {
		g.op("VBROADCASTSS %d(BX), %s", 4*i, inverse)
		for v := range n {
			acc := g.r(i*n + v)
			g.op("VCVTDQ2PS %s, %[1]s", acc)
			g.op("VMULPS %s, %s, %[2]s", g.r(g.temps+v), acc)
			g.op("VMULPS %s, %s, %[2]s", inverse, acc)
			g.store(i*n+v, fmt.Sprintf("%d(AX)", v*g.size()), v == n-1)
		}
		if i < g.rows-1 {
			g.op("CMPQ CX, $%d", i+1)
			g.op("JEQ %s", stored)
			g.op("ADDQ SI, AX")
		}
	}
	g.label(stored)
	g.op("ADDQ $%d, R15", n*g.size())
	g.op("SUBQ $%d, R13", n)
}
