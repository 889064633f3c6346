package main

// quantize writes the two loops of QuantizeU8, for multiples of 16 elements.
func quantize(a *asm) {
	a.text("quantizeU8BoundsNEON", 24, "func quantizeU8BoundsNEON(x *float32, n int) (lo, hi float32)", "", "Comparisons leave NaN out; n is a positive multiple of 16.")
	a.f("MOVD x+0(FP), R0")
	a.f("MOVD n+8(FP), R1")
	const lo, hi = 16, 20
	for i := range 4 {
		a.v("movi v%d.16b, #0", lo+i)
		a.v("movi v%d.16b, #0", hi+i)
	}
	a.label("loop")
	a.v("ldp q0, q1, [x0], #32")
	a.v("ldp q2, q3, [x0], #32")
	for i := range 4 {
		a.v("fcmgt v%d.4s, v%d.4s, v%d.4s", 4+i, lo+i, i)
		a.v("fcmgt v%d.4s, v%d.4s, v%d.4s", 8+i, i, hi+i)
		a.v("bit v%d.16b, v%d.16b, v%d.16b", lo+i, i, 4+i)
		a.v("bit v%d.16b, v%d.16b, v%d.16b", hi+i, i, 8+i)
	}
	a.f("SUBS $16, R1")
	a.f("BNE loop")
	for _, r := range []struct {
		op string
		v  int
	}{{"fmin", lo}, {"fmax", hi}} {
		a.v("%s v%d.4s, v%d.4s, v%d.4s", r.op, r.v, r.v, r.v+2)
		a.v("%s v%d.4s, v%d.4s, v%d.4s", r.op, r.v+1, r.v+1, r.v+3)
		a.v("%s v%d.4s, v%d.4s, v%d.4s", r.op, r.v, r.v, r.v+1)
		a.v("%sv s%d, v%d.4s", r.op, r.v, r.v)
	}
	a.f("FMOVS F%d, lo+16(FP)", lo)
	a.f("FMOVS F%d, hi+20(FP)", hi)
	a.f("RET")

	a.text("quantizeU8RoundNEON", 32, "func quantizeU8RoundNEON(dst *uint8, x *float32, n int, inverse float32, zero int32)", "", "n is a positive multiple of 16.")
	a.f("MOVD dst+0(FP), R0")
	a.f("MOVD x+8(FP), R1")
	a.f("MOVD n+16(FP), R2")
	a.f("FMOVS inverse+24(FP), F16")
	a.f("MOVW zero+28(FP), R3")
	a.v("dup v16.4s, v16.s[0]")
	a.v("dup v17.4s, w3")
	a.label("round")
	a.v("ldp q0, q1, [x1], #32")
	a.v("ldp q2, q3, [x1], #32")
	for i := range 4 {
		a.v("fmul v%d.4s, v%d.4s, v16.4s", i, i)
	}
	for i := range 4 {
		a.v("fcmeq v%d.4s, v%d.4s, v%d.4s", 4+i, i, i)
		a.v("fcvtns v%d.4s, v%d.4s", i, i)
	}
	a.comment("Everything saturates; NaN becomes 0.")
	for i := range 4 {
		a.v("sqadd v%d.4s, v%d.4s, v17.4s", i, i)
		a.v("and v%d.16b, v%d.16b, v%d.16b", i, i, 4+i)
	}
	a.v("sqxtun v0.4h, v0.4s")
	a.v("sqxtun2 v0.8h, v1.4s")
	a.v("sqxtun v2.4h, v2.4s")
	a.v("sqxtun2 v2.8h, v3.4s")
	a.v("uqxtn v0.8b, v0.8h")
	a.v("uqxtn2 v0.16b, v2.8h")
	a.v("str q0, [x0], #16")
	a.f("SUBS $16, R2")
	a.f("BNE round")
	a.f("RET")
}

// transpose writes the transposition of 4 x 4 elements of 32 bits in registers
// v to v+3; t to t+3 are lost.
func transpose(a *asm, v, t int) {
	for i, op := range []string{"zip1", "zip2"} {
		a.v("%s v%d.4s, v%d.4s, v%d.4s", op, t+i, v, v+2)
		a.v("%s v%d.4s, v%d.4s, v%d.4s", op, t+2+i, v+1, v+3)
	}
	for i := range 2 {
		a.v("zip1 v%d.4s, v%d.4s, v%d.4s", v+2*i, t+i, t+2+i)
		a.v("zip2 v%d.4s, v%d.4s, v%d.4s", v+2*i+1, t+i, t+2+i)
	}
}

// pack writes the transposition of 4 rows in blocks of 4 columns.
func pack(a *asm) {
	a.text("packF32NEON", 64, "func packF32NEON(dst, src []float32, lds, cols int)", "",
		"Transposes 4 rows by cols columns (a positive multiple of 4):", "dst[16*j+i] = src[i*lds+j].")
	a.f("MOVD dst_base+0(FP), R0")
	a.f("MOVD src_base+24(FP), R1")
	a.f("MOVD lds+48(FP), R5")
	a.f("MOVD cols+56(FP), R6")
	for i := range 3 {
		a.f("ADD R5<<2, R%d, R%d", 1+i, 2+i)
	}
	a.label("loop")
	for i := range 4 {
		a.v("ldr q%d, [x%d], #16", i, 1+i)
	}
	transpose(a, 0, 4)
	for i := range 4 {
		a.v("str q%d, [x0], #64", i)
	}
	a.f("SUBS $4, R6")
	a.f("BNE loop")
	a.f("RET")
}

// float16 writes the conversion from half precision, 8 at a time.
func float16(a *asm) {
	a.text("float16F32NEON", 24, "func float16F32NEON(dst *float32, src *uint16, n int)", "", "n is a positive multiple of 8.")
	a.f("MOVD dst+0(FP), R0")
	a.f("MOVD src+8(FP), R1")
	a.f("MOVD n+16(FP), R2")
	a.label("loop")
	a.v("ldr q0, [x1], #16")
	a.v("fcvtl v1.4s, v0.4h")
	a.v("fcvtl2 v2.4s, v0.8h")
	a.v("stp q1, q2, [x0], #32")
	a.f("SUBS $8, R2")
	a.f("BNE loop")
	a.f("RET")
}
