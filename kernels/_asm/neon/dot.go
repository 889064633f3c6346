package main

import "fmt"

// A dotTile describes the product of a tile of signed bytes.
type dotTile struct {
	isa  string
	rows int // most rows
	sums int // registers of sums for four outputs
}

var (
	// Six rows: 24 sums, a register for each row and two for the other factor
	// are all 32.
	dotProdTile = dotTile{"DOTPROD", 6, 1}
	// Two rows: 16 sums, a register and one to copy from it for each row, four
	// for the other factor and eight for products.
	neonTile = dotTile{"NEON", 2, 2}
)

func (d dotTile) write(a *asm) {
	a.text("gemmS8Tile"+d.isa, 8, fmt.Sprintf("func gemmS8Tile%s(a *tileS8Args)", d.isa))
	a.f("MOVD a+0(FP), R0")
	a.f("MOVD 0(R0), R1")
	a.f("MOVD 8(R0), R9")
	a.f("MOVD 16(R0), R8")
	a.f("MOVD 24(R0), R10")
	a.f("MOVD 32(R0), R11")
	a.f("MOVD 40(R0), R12")
	a.f("MOVD 48(R0), R7")
	a.f("MOVD 56(R0), R13")
	a.comment("R1 to R6: rows, R8: panels, R10: bytes of a row, R11: panels left,")
	a.comment("R7: sums, R13 their stride.")
	a.f("LSL $2, R10")
	for i := 1; i < d.rows; i++ {
		a.f("ADD R9, R%d, R%d", i, i+1)
	}
	for r := d.rows; r > 1; r-- {
		a.f("CMP $%d, R12", r)
		a.f("BEQ r%d", r)
	}
	for r := 1; r <= d.rows; r++ {
		d.tile(a, r)
	}
}

// dense writes the functions of the neon variant of dense products, of which
// the dotprod variant shares the end.
func dense(a *asm) {
	neonTile.write(a)

	const scale, zero = 16, 17
	a.text("gemmS8DenseFinishNEON", 8, "func gemmS8DenseFinishNEON(a *denseFinishArgs)")
	a.f("MOVD a+0(FP), R0")
	for i := range 9 {
		a.f("MOVD %d(R0), R%d", 8*i, 1+i)
	}
	a.comment("R1: sums; R2, R3, R4: scales, fixes and biases of the outputs; R5: results,")
	a.comment("R6 their stride; R7, R8: scales and zero points of the rows, R9 left.")
	a.v("movi v18.4s, #128")
	for c := range 4 {
		a.v("ldr q%d, [x2, #%d]", 20+c, 16*c)
		a.v("ldr q%d, [x3, #%d]", 24+c, 16*c)
		a.v("ldr q%d, [x4, #%d]", 28+c, 16*c)
	}
	a.label("row")
	a.v("ld1r {v%d.4s}, [x7], #4", scale)
	a.v("ld1r {v%d.4s}, [x8], #4", zero)
	a.v("sub v%d.4s, v%d.4s, v18.4s", zero, zero)
	a.v("ldp q0, q1, [x1], #32")
	a.v("ldp q2, q3, [x1], #32")
	for c := range 4 {
		a.v("mla v%d.4s, v%d.4s, v%d.4s", c, 24+c, zero)
		a.v("fmul v%d.4s, v%d.4s, v%d.4s", 4+c, 20+c, scale)
	}
	for c := range 4 {
		a.v("scvtf v%d.4s, v%d.4s", c, c)
		a.v("fmul v%d.4s, v%d.4s, v%d.4s", c, c, 4+c)
		a.v("fadd v%d.4s, v%d.4s, v%d.4s", c, c, 28+c)
	}
	a.v("stp q0, q1, [x5]")
	a.v("stp q2, q3, [x5, #32]")
	a.f("ADD R6, R5")
	a.f("SUBS $1, R9")
	a.f("BNE row")
	a.f("RET")
}

// tile writes the loops for exactly rows rows.
func (d dotTile) tile(a *asm, rows int) {
	acc := func(i, c int) int { return (4*i + c) * d.sums }
	row := func(i int) int { return 4*d.rows*d.sums + i }
	l := func(s string) string { return fmt.Sprintf("r%d%s", rows, s) }
	// step multiplies the bytes in element j of the rows.
	step := func(j int) {
		if d.sums == 2 {
			d.multiply(a, rows, j, acc, row)
			return
		}
		const w = 30 // and 31
		for half := range 2 {
			a.v("ldp q%d, q%d, [x8], #32", w, w+1)
			for c := range 2 {
				for i := range rows {
					a.v("sdot v%d.4s, v%d.16b, v%d.4b[%d]", acc(i, 2*half+c), w+c, row(i), j)
				}
			}
		}
	}
	a.label(l(""))
	for i := range 4 * rows * d.sums {
		a.v("movi v%d.16b, #0", i)
	}
	a.f("SUBS $16, R10, R9")
	a.f("BLT %s", l("tail"))
	a.label(l("loop"))
	for i := range rows {
		a.v("ldr q%d, [x%d], #16", row(i), 1+i)
	}
	for j := range 4 {
		step(j)
	}
	a.f("SUBS $16, R9")
	a.f("BGE %s", l("loop"))
	a.label(l("tail"))
	a.f("ADDS $16, R9")
	a.f("BEQ %s", l("store"))
	a.label(l("one"))
	for i := range rows {
		a.v("ldr s%d, [x%d], #4", row(i), 1+i)
	}
	step(0)
	a.f("SUBS $4, R9")
	a.f("BNE %s", l("one"))
	a.label(l("store"))
	a.f("MOVD R7, R9")
	for i := range rows {
		if d.sums == 2 {
			for c := range 4 {
				a.v("addp v%d.4s, v%d.4s, v%d.4s", acc(i, c), acc(i, c), acc(i, c)+1)
			}
		}
		a.v("stp q%d, q%d, [x9]", acc(i, 0), acc(i, 1))
		a.v("stp q%d, q%d, [x9, #32]", acc(i, 2), acc(i, 3))
		if i < rows-1 {
			a.f("ADD R13, R9")
		}
	}
	a.f("SUBS $1, R11")
	a.f("BEQ %s", l("done"))
	a.f("ADD $64, R7")
	for i := range rows {
		a.f("SUB R10, R%d", 1+i)
	}
	a.f("B %s", l(""))
	a.label(l("done"))
	a.f("RET")
}

// multiply writes what SDOT does without it: products in 16 bits are added to
// sums of pairs, two registers for four outputs.
func (d dotTile) multiply(a *asm, rows, j int, acc func(i, c int) int, row func(i int) int) {
	x, w, t := row(d.rows), row(2*d.rows), row(2*d.rows)+4
	for i := range rows {
		a.v("dup v%d.4s, v%d.s[%d]", x+i, row(i), j)
	}
	a.v("ldp q%d, q%d, [x8], #32", w, w+1)
	a.v("ldp q%d, q%d, [x8], #32", w+2, w+3)
	for c := range 4 {
		for i := range rows {
			p := t + (2*c+i)%4*2
			a.v("smull v%d.8h, v%d.8b, v%d.8b", p, w+c, x+i)
			a.v("smull2 v%d.8h, v%d.16b, v%d.16b", p+1, w+c, x+i)
			a.v("sadalp v%d.4s, v%d.8h", acc(i, c), p)
			a.v("sadalp v%d.4s, v%d.8h", acc(i, c)+1, p+1)
		}
	}
}
