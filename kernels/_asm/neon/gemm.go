package main

import "fmt"

// gemmRows is the most rows of a tile: 24 accumulators, a register for each
// row's inputs and two for weights are all 32.
const gemmRows = 6

// gemm writes the product of up to six rows and a panel. Each row's inputs are
// read four at a time and multiplied by element.
func gemm(a *asm) {
	const name = "gemmF32NEON"
	a.text(name, 145,
		fmt.Sprintf("func %s(dst []float32, ldd int, x []float32, ldx int, w []float32, ldw, k int, bias []float32, rows, panels int, add bool)", name),
		"",
		"There is always one panel.")
	a.f("MOVD dst_base+0(FP), R0")
	a.f("MOVD ldd+24(FP), R1")
	a.f("MOVD x_base+32(FP), R2")
	a.f("MOVD ldx+56(FP), R11")
	a.f("MOVD w_base+64(FP), R8")
	a.f("MOVD k+96(FP), R9")
	a.f("MOVD bias_base+104(FP), R10")
	a.f("MOVD rows+128(FP), R12")
	a.f("MOVBU add+144(FP), R13")
	a.f("LSL $2, R1")
	a.f("LSL $2, R11")
	a.comment("R2 to R7: rows of x.")
	for i := 1; i < gemmRows; i++ {
		a.f("ADD R11, R%d, R%d", 1+i, 2+i)
	}
	for r := gemmRows; r > 1; r-- {
		a.f("CMP $%d, R12", r)
		a.f("BEQ r%d", r)
	}
	for r := 1; r <= gemmRows; r++ {
		gemmTile(a, r)
	}
}

// gemmTile writes the loop for exactly rows rows.
func gemmTile(a *asm, rows int) {
	acc := func(i, c int) int { return 4*i + c }
	x := func(i int) int { return 4*gemmRows + i }
	const w = 30 // and 31
	l := func(s string) string { return fmt.Sprintf("r%d%s", rows, s) }
	// step multiplies the inputs in element j of the rows.
	step := func(j int) {
		for half := range 2 {
			a.v("ldp q%d, q%d, [x8], #32", w, w+1)
			for c := range 2 {
				for i := range rows {
					a.v("fmla v%d.4s, v%d.4s, v%d.s[%d]", acc(i, 2*half+c), w+c, x(i), j)
				}
			}
		}
	}

	a.label(l(""))
	a.f("CBNZ R13, %s", l("add"))
	for i := range 4 * rows {
		a.v("movi v%d.16b, #0", i)
	}
	a.label(l("start"))
	a.f("SUBS $4, R9")
	a.f("BLT %s", l("tail"))
	a.label(l("loop"))
	for i := range rows {
		a.v("ldr q%d, [x%d], #16", x(i), 2+i)
	}
	for j := range 4 {
		step(j)
	}
	a.f("SUBS $4, R9")
	a.f("BGE %s", l("loop"))
	a.label(l("tail"))
	a.f("ADDS $4, R9")
	a.f("BEQ %s", l("store"))
	a.label(l("one"))
	for i := range rows {
		a.v("ldr s%d, [x%d], #4", x(i), 2+i)
	}
	step(0)
	a.f("SUBS $1, R9")
	a.f("BNE %s", l("one"))
	a.label(l("store"))
	for c := range 4 {
		a.v("ldr q%d, [x10, #%d]", x(c), 16*c)
	}
	for i := range rows {
		for c := range 4 {
			a.v("fadd v%d.4s, v%d.4s, v%d.4s", acc(i, c), acc(i, c), x(c))
		}
		a.v("stp q%d, q%d, [x0]", acc(i, 0), acc(i, 1))
		a.v("stp q%d, q%d, [x0, #32]", acc(i, 2), acc(i, 3))
		if i < rows-1 {
			a.f("ADD R1, R0")
		}
	}
	a.f("RET")
	a.label(l("add"))
	a.f("MOVD R0, R11")
	for i := range rows {
		a.v("ldp q%d, q%d, [x11]", acc(i, 0), acc(i, 1))
		a.v("ldp q%d, q%d, [x11, #32]", acc(i, 2), acc(i, 3))
		if i < rows-1 {
			a.f("ADD R1, R11")
		}
	}
	a.f("B %s", l("start"))
}
