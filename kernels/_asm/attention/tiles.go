package main

import (
	"fmt"
	"math"
	"math/bits"
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
	g.frame = 32
	g.function("attentionS8Weights"+g.isa, "attentionS8Args", fmt.Sprintf(`
//	for i := range rows {
//		for j := range %d * vectors {
//			p[i][j] = softWeight((scores[i][j]-max(max[i]...))*rowScale[i], j)
//		}
//		inverse[i] = 1 / float32(sum(p[i]))
//	}
//
// in %s. SI and R8 scores and their stride, DX and R9 weights and their
// stride, CX vectors, R10 scales of rows, DI the row, R11 rows, R12 maxima, which
// sums replace, R13 inverse, AX and BX offsets in a row, R15 vectors left. The
// stack holds the maximum of each row.`, g.lanes, form))
	g.frame = 0
	for _, a := range []struct {
		at  int
		reg string
	}{{argScores, "SI"}, {argScoreStride, "R8"}, {argP, "DX"}, {argPStride, "R9"}, {argVectors, "CX"}, {argRowScale, "R10"}, {argRows, "R11"}, {argMax, "R12"}, {argInverse, "R13"}} {
		g.op("MOVQ %d(DI), %s", a.at, a.reg)
	}
	g.weightRows("VMAXPS", func(i int) { g.op("VMOVUPS X0, %d(SP)", 4*i) })
	g.weightConstants()
	g.op("XORL DI, DI")
	g.label("row")
	g.op("VBROADCASTSS (SP)(DI*4), %s", g.r(wTop))
	g.op("VBROADCASTSS (R10)(DI*4), %s", g.r(wScale))
	g.op("VXORPS X%d, X%[1]d, X%[1]d", wSum)
	g.op("XORL AX, AX")
	g.op("XORL BX, BX")
	n := len(g.weightSets())
	g.op("MOVQ CX, R15")
	g.op("SUBQ $%d, R15", n)
	g.op("JLT few")
	g.op("PCALIGN $32")
	g.label("vectors")
	g.weightVectors(n)
	g.op("SUBQ $%d, R15", n)
	g.op("JGE vectors")
	g.label("few")
	g.op("ADDQ $%d, R15", n)
	g.op("JEQ sum")
	g.label("vector")
	g.weightVectors(1)
	g.op("DECQ R15")
	g.op("JNE vector")
	g.label("sum")
	g.op("VMOVUPS %s, (R12)", g.r(wSum))
	g.op("ADDQ $%d, R12", g.size())
	g.op("ADDQ R8, SI")
	g.op("ADDQ R9, DX")
	g.op("INCQ DI")
	g.op("CMPQ DI, R11")
	g.op("JNE row")
	g.op("SHLQ $%d, DI", bits.TrailingZeros(uint(g.size())))
	g.op("SUBQ DI, R12")
	g.op("VBROADCASTSS %s, X8", g.bits(math.Float32bits(1)))
	g.weightRows("VPADDD", func(i int) {
		g.op("VCVTDQ2PS X0, X0")
		g.op("VDIVPS X0, X8, X0")
		g.op("VMOVUPS X0, %d(R13)", 4*i)
	})
	g.end()
}

// weightRows folds the vectors of each row at R12, four rows at a time, and
// calls f, which finds the results of rows i to i+3 in X0.
func (g *gen) weightRows(instr string, f func(i int)) {
	for i := 0; i < g.rows; i += 4 {
		for j := range 4 {
			g.op("VMOVUPS %d(R12), %s", min(i+j, g.rows-1)*g.size(), g.r(j))
		}
		g.reduceFour(instr, [4]int{0, 1, 2, 3}, 4, 5, 6)
		f(i)
	}
}

// Registers of weights. AVX2, which needs one for the least exponent, reads the
// highest coefficient from memory.
const (
	wTop = iota
	wScale
	wSum
	wDither
	wPoly
	wLow    = wPoly + 4 // AVX2
	wLast   = wPoly + 4 // AVX-512, as are those below: the highest coefficient
	wOne    = 16
	wOnes   = 17
	wUnpack = 18
)

// weightSets are the registers of vectors that take turns, so that while an
// instruction of one waits, those of others run: z, n and p.
func (g *gen) weightSets() [][3]int {
	if g.lanes == 8 {
		return [][3]int{{9, 10, 11}, {12, 13, 14}}
	}
	return [][3]int{{20, 21, 22}, {23, 24, 25}, {26, 27, 28}, {29, 30, 31}}
}

func (g *gen) weightConstants() {
	g.op("VMOVUPS dither<>(SB), %s", g.r(wDither))
	for i, c := range exp2Poly[:4] {
		g.fill(c, wPoly+i)
	}
	if g.lanes == 8 {
		g.fill(exp2Low, wLow)
		return
	}
	g.fill(1, wOne)
	g.fillBits(0x01010101, wOnes)
	g.op("VMOVDQU32 unpack<>(SB), %s", g.r(wUnpack))
	g.fill(exp2Poly[4], wLast)
}

// weightVectors computes the weights of n vectors.
func (g *gen) weightVectors(n int) {
	turns := func(f func(i int, z, n, p string)) {
		for i, s := range g.weightSets()[:n] {
			f(i, g.r(s[0]), g.r(s[1]), g.r(s[2]))
		}
	}
	turns(func(i int, z, n, p string) {
		g.op("VMOVUPS %d(SI)(AX*1), %s", i*g.size(), z)
		g.op("VSUBPS %s, %s, %[2]s", g.r(wTop), z)
		g.op("VMULPS %s, %s, %[2]s", g.r(wScale), z)
		if g.lanes == 8 {
			g.op("VMAXPS %s, %s, %[2]s", g.r(wLow), z)
		}
	})
	turns(func(i int, z, n, p string) {
		if g.lanes == 16 {
			g.op("VRNDSCALEPS $0, %s, %s", z, n)
			g.op("VFNMADD231PS %s, %s, %s", g.r(wOne), n, z) // z - n where there are fewer subtractions
			g.op("VMOVAPS %s, %s", g.r(wLast), p)
		} else {
			g.op("VROUNDPS $0, %s, %s", z, n)
			g.op("VSUBPS %s, %s, %[2]s", n, z)
			g.op("VBROADCASTSS %s, %s", g.bits(math.Float32bits(exp2Poly[4])), p)
		}
	})
	for c := 3; c >= 0; c-- {
		turns(func(i int, z, n, p string) { g.op("VFMADD213PS %s, %s, %s", g.r(wPoly+c), z, p) })
	}
	turns(func(i int, z, n, p string) {
		if g.lanes == 16 {
			g.op("VSCALEFPS %s, %s, %[2]s", n, p)
		} else {
			g.op("VCVTPS2DQ %s, %[1]s", n)
			g.op("VPSLLD $23, %s, %[1]s", n)
			g.op("VPADDD %s, %s, %[2]s", n, p)
		}
		g.op("VADDPS %s, %s, %[2]s", g.r(wDither), p)
		g.op("VCVTPS2DQ %s, %[1]s", p)
	})
	sets := g.weightSets()
	p := func(i int) string { return g.r(sets[i][2]) }
	switch {
	case n == 4:
		g.op("VPACKUSDW %s, %s, %[2]s", p(1), p(0))
		g.op("VPACKUSDW %s, %s, %[2]s", p(3), p(2))
		g.op("VPACKUSWB %s, %s, %[2]s", p(2), p(0))
		g.op("VPDPBUSD %s, %s, %s", g.r(wOnes), p(0), g.r(wSum))
		g.op("VPERMD %s, %s, %[1]s", p(0), g.r(wUnpack))
		g.op("VMOVDQU32 %s, (DX)(BX*1)", p(0))
	case n == 2:
		g.op("VPADDD %s, %s, %[2]s", p(0), g.r(wSum))
		g.op("VPADDD %s, %s, %[2]s", p(1), g.r(wSum))
		g.op("VPACKSSDW %s, %s, %[2]s", p(1), p(0))
		g.op("VPERMQ $0xd8, %s, %[1]s", p(0))
		g.op("VMOVDQU %s, (DX)(BX*1)", p(0))
	default:
		g.op("VPADDD %s, %s, %[2]s", p(0), g.r(wSum))
		if g.bytes {
			g.op("VPMOVDB %s, (DX)(BX*1)", p(0))
		} else {
			g.op("VEXTRACTI128 $1, %s, X%d", p(0), sets[0][0])
			g.op("VPACKSSDW X%d, X%d, X%[1]d", sets[0][0], sets[0][2])
			g.op("VMOVDQU X%d, (DX)(BX*1)", sets[0][0])
		}
	}
	g.op("ADDQ $%d, AX", n*g.size())
	g.op("ADDQ $%d, BX", 16*n)
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
