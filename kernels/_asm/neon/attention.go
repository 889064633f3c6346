package main

// attention writes the functions of attention with products of bytes; those are
// in dense.
func attention(a *asm) {
	attentionMost(a)
	attentionRound(a)
	attentionColumns(a)
	attentionValues(a)
	attentionWeights(a)
	attentionFinish(a)
}

// attentionMost writes the search for the largest absolute value of a row.
func attentionMost(a *asm) {
	a.text("attentionS8MostNEON", 20, "func attentionS8MostNEON(x *float32, n int) float32", "", "It leaves NaN out; n is a positive multiple of 16.")
	a.f("MOVD x+0(FP), R0")
	a.f("MOVD n+8(FP), R1")
	for i := range 4 {
		a.v("movi v%d.16b, #0", 16+i)
	}
	a.label("loop")
	a.v("ldp q0, q1, [x0], #32")
	a.v("ldp q2, q3, [x0], #32")
	for i := range 4 {
		larger(a, 16+i, i, 4+i)
	}
	a.f("SUBS $16, R1")
	a.f("BNE loop")
	a.v("fmax v16.4s, v16.4s, v18.4s")
	a.v("fmax v17.4s, v17.4s, v19.4s")
	a.v("fmax v16.4s, v16.4s, v17.4s")
	a.v("fmaxv s16, v16.4s")
	a.f("FMOVS F16, ret+16(FP)")
	a.f("RET")
}

// larger replaces numbers in register most by |x| where those are larger.
// Registers x and tmp are lost.
func larger(a *asm, most, x, tmp int) {
	a.v("fabs v%d.4s, v%d.4s", x, x)
	a.v("fcmgt v%d.4s, v%d.4s, v%d.4s", tmp, x, most)
	a.v("bit v%d.16b, v%d.16b, v%d.16b", most, x, tmp)
}

// narrow turns the 16 numbers in registers v to v+3 to integers from -128 to
// 127 in v. Conversions saturate and make 0 of NaN.
func narrow(a *asm, v int) {
	for i := range 4 {
		a.v("fcvtns v%d.4s, v%d.4s", v+i, v+i)
	}
	for i := 0; i < 4; i += 2 {
		a.v("sqxtn v%d.4h, v%d.4s", v+i, v+i)
		a.v("sqxtn2 v%d.8h, v%d.4s", v+i, v+i+1)
	}
	a.v("sqxtn v%d.8b, v%d.8h", v, v)
	a.v("sqxtn2 v%d.16b, v%d.8h", v, v+2)
}

// attentionRound writes the quantization of a row.
func attentionRound(a *asm) {
	a.text("attentionS8RoundNEON", 28, "func attentionS8RoundNEON(dst *byte, x *float32, n int, inverse float32)", "", "n is a positive multiple of 16.")
	a.f("MOVD dst+0(FP), R0")
	a.f("MOVD x+8(FP), R1")
	a.f("MOVD n+16(FP), R2")
	a.f("FMOVS inverse+24(FP), F16")
	a.v("dup v16.4s, v16.s[0]")
	a.comment("-127")
	a.v("movi v17.16b, #129")
	a.label("loop")
	a.v("ldp q0, q1, [x1], #32")
	a.v("ldp q2, q3, [x1], #32")
	for i := range 4 {
		a.v("fmul v%d.4s, v%d.4s, v16.4s", i, i)
	}
	narrow(a, 0)
	a.v("smax v0.16b, v0.16b, v17.16b")
	a.v("str q0, [x0], #16")
	a.f("SUBS $16, R2")
	a.f("BNE loop")
	a.f("RET")
}

// attentionColumns writes the search for the largest absolute value of 16
// columns.
func attentionColumns(a *asm) {
	a.text("attentionS8ColumnsNEON", 32, "func attentionS8ColumnsNEON(most *float32, x *float32, stride, rows int)", "",
		"It leaves NaN out. There are 16 columns and at least one row, stride bytes apart.")
	a.f("MOVD most+0(FP), R0")
	a.f("MOVD x+8(FP), R1")
	a.f("MOVD stride+16(FP), R2")
	a.f("MOVD rows+24(FP), R3")
	for i := range 4 {
		a.v("movi v%d.16b, #0", 16+i)
	}
	a.label("loop")
	a.v("ldp q0, q1, [x1]")
	a.v("ldp q2, q3, [x1, #32]")
	a.f("ADD R2, R1")
	for i := range 4 {
		larger(a, 16+i, i, 4+i)
	}
	a.f("SUBS $1, R3")
	a.f("BNE loop")
	a.v("stp q16, q17, [x0]")
	a.v("stp q18, q19, [x0, #32]")
	a.f("RET")
}

// attentionValues writes the quantization of 16 columns, four tokens at a time,
// as [column][token].
func attentionValues(a *asm) {
	const inverse, sums, least = 16, 20, 24
	a.text("attentionS8ValuesNEON", 8, "func attentionS8ValuesNEON(a *attentionS8ValuesArgs)")
	a.f("MOVD a+0(FP), R0")
	for i := range 6 {
		a.f("MOVD %d(R0), R%d", 8*i, 1+i)
	}
	a.comment("R1: numbers, R2 their stride; R3: groups of tokens left; R4: results;")
	a.comment("R5, R6: inverse scales and sums of the columns.")
	for c := range 4 {
		a.v("ldr q%d, [x5, #%d]", inverse+c, 16*c)
		a.v("ldr q%d, [x6, #%d]", sums+c, 16*c)
	}
	a.v("movi v%d.16b, #129", least)
	a.label("loop")
	for i := range 4 { // tokens, to registers 4 to 7
		a.v("ldp q8, q9, [x1]")
		a.v("ldp q10, q11, [x1, #32]")
		a.f("ADD R2, R1")
		for c := range 4 {
			a.v("fmul v%d.4s, v%d.4s, v%d.4s", 8+c, 8+c, inverse+c)
		}
		narrow(a, 8)
		a.v("smax v%d.16b, v8.16b, v%d.16b", 4+i, least)
	}
	for i, op := range []string{"zip1", "zip2"} {
		a.v("%s v%d.16b, v4.16b, v6.16b", op, i)
		a.v("%s v%d.16b, v5.16b, v7.16b", op, 2+i)
	}
	for c := range 4 {
		a.v("%s v%d.16b, v%d.16b, v%d.16b", []string{"zip1", "zip2"}[c%2], 8+c, c/2, 2+c/2)
		a.v("saddlp v%d.8h, v%d.16b", 12+c, 8+c)
		a.v("sadalp v%d.4s, v%d.8h", sums+c, 12+c)
	}
	a.v("stp q8, q9, [x4], #32")
	a.v("stp q10, q11, [x4], #32")
	a.f("SUBS $1, R3")
	a.f("BNE loop")
	for c := range 4 {
		a.v("str q%d, [x6, #%d]", sums+c, 16*c)
	}
	a.f("RET")
}

// attentionWeights writes the weights of one query.
func attentionWeights(a *asm) {
	g := &rows{asm: a}
	const poly, polyLast, dither, scale, least, top, all, flip = 16, 20, 21, 23, 24, 25, 26, 30
	g.data("least", append(bits(-31), 0xff800000))
	g.text("attentionS8WeightsNEON", 8, "func attentionS8WeightsNEON(a *attentionS8WeightsArgs)")
	g.f("MOVD a+0(FP), R0")
	for i := range 5 {
		g.f("MOVD %d(R0), R%d", 8*i, 1+i)
	}
	g.f("ADD $40, R0")
	g.comment("R1: sums of products, which become scores; R2, R3: scales of the keys and")
	g.comment("what is added to their scores; R4: weights; R5: keys.")
	g.splat("R0", scale, 1)
	g.f("MOVD $·softPoly(SB), R6")
	g.splat("R6", poly, polyLast-poly+1)
	g.f("MOVD $·softDither(SB), R6")
	g.v("ldp q%d, q%d, [x6]", dither, dither+1)
	g.f("MOVD $least<>(SB), R6")
	g.splat("R6", least, 2) // and top
	g.v("movi v%d.16b, #128", flip)
	g.f("MOVD R1, R6")
	g.f("MOVD R5, R9")
	for c := range 4 {
		g.v("mov v%d.16b, v%d.16b", all+c, top)
	}
	g.label("scores")
	g.interleave(4, func(c int) {
		g.v("ldr q%d, [x6, #%d]", c, 16*c)
		g.v("ldr q%d, [x2], #16", 4+c)
		g.v("ldr q%d, [x3], #16", 8+c)
		g.v("scvtf v%d.4s, v%d.4s", c, c)
		g.v("fmul v%d.4s, v%d.4s, v%d.4s", c, c, 4+c)
		g.v("fadd v%d.4s, v%d.4s, v%d.4s", c, c, 8+c)
		g.v("fmax v%d.4s, v%d.4s, v%d.4s", all+c, all+c, c)
		g.v("str q%d, [x6], #16", c)
	})
	g.f("SUBS $16, R9")
	g.f("BNE scores")
	g.reduce("fmax", all)
	g.v("mov v%d.16b, v%d.16b", top, all)
	g.zero(all)
	g.label("weights")
	g.interleave(4, func(c int) {
		z, n, p, q := 4*c, 4*c+1, 4*c+2, 4*c+3
		g.v("ldr q%d, [x1], #16", z)
		g.v("fsub v%d.4s, v%d.4s, v%d.4s", z, z, top)
		g.v("fmul v%d.4s, v%d.4s, v%d.4s", z, z, scale)
		g.v("fmax v%d.4s, v%d.4s, v%d.4s", z, z, least)
		g.v("frintn v%d.4s, v%d.4s", n, z)
		g.v("fsub v%d.4s, v%d.4s, v%d.4s", z, z, n)
		p = g.horner(z, poly, polyLast, p, q)
		g.v("fcvtns v%d.4s, v%d.4s", n, n)
		g.v("shl v%d.4s, v%d.4s, #23", n, n)
		g.v("add v%d.4s, v%d.4s, v%d.4s", p, p, n)
		g.v("fadd v%d.4s, v%d.4s, v%d.4s", p, p, dither+c%2)
		g.v("fcvtns v%d.4s, v%d.4s", z, p)
		g.v("add v%d.4s, v%d.4s, v%d.4s", all+c, all+c, z)
	})
	g.comment("Sixteen weights to bytes, less 128.")
	g.v("sqxtun v0.4h, v0.4s")
	g.v("sqxtun2 v0.8h, v4.4s")
	g.v("sqxtun v8.4h, v8.4s")
	g.v("sqxtun2 v8.8h, v12.4s")
	g.v("uqxtn v0.8b, v0.8h")
	g.v("uqxtn2 v0.16b, v8.8h")
	g.v("eor v0.16b, v0.16b, v%d.16b", flip)
	g.v("str q0, [x4], #16")
	g.f("SUBS $16, R5")
	g.f("BNE weights")
	for c := 1; c < 4; c++ {
		g.v("add v%d.4s, v%d.4s, v%d.4s", all, all, all+c)
	}
	g.v("addv s%d, v%d.4s", all, all)
	g.f("FMOVS F%d, (R0)", all)
	g.f("RET")
}

// attentionFinish writes the scaling of the sums of one query, 16 at a time.
func attentionFinish(a *asm) {
	a.text("attentionS8FinishNEON", 8, "func attentionS8FinishNEON(a *attentionS8FinishArgs)")
	a.f("MOVD a+0(FP), R0")
	for i := range 5 {
		a.f("MOVD %d(R0), R%d", 8*i, 1+i)
	}
	a.f("ADD $40, R0")
	a.comment("R1: sums; R2, R3: sums and scales of the values' columns; R4: results;")
	a.comment("R5: columns.")
	a.v("ld1r {v16.4s}, [x0]")
	a.label("loop")
	for c := range 4 {
		a.v("ldr q%d, [x1], #16", c)
		a.v("ldr q%d, [x2], #16", 4+c)
		a.v("ldr q%d, [x3], #16", 8+c)
	}
	a.comment("Weights are 128 too low.")
	for c := range 4 {
		a.v("shl v%d.4s, v%d.4s, #7", 4+c, 4+c)
		a.v("add v%d.4s, v%d.4s, v%d.4s", c, c, 4+c)
		a.v("scvtf v%d.4s, v%d.4s", c, c)
		a.v("fmul v%d.4s, v%d.4s, v%d.4s", c, c, 8+c)
		a.v("fmul v%d.4s, v%d.4s, v16.4s", c, c)
		a.v("str q%d, [x4], #16", c)
	}
	a.f("SUBS $16, R5")
	a.f("BNE loop")
	a.f("RET")
}
