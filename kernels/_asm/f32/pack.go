package main

// packAVX2 writes the transposition of 8 rows in blocks of 8 columns. There is
// no AVX-512 form: this one already costs about a percent of an attention.
func packAVX2(a *asm) {
	a.text("packF32AVX2", 64,
		"func packF32AVX2(dst, src []float32, lds, cols int)",
		"",
		"Transposes 8 rows by cols columns (a positive multiple of 8):",
		"dst[16*j+i] = src[i*lds+j].")
	a.f("MOVQ dst_base+0(FP), DI")
	a.f("MOVQ src_base+24(FP), SI")
	a.f("MOVQ lds+48(FP), R8")
	a.f("MOVQ cols+56(FP), CX")
	a.f("SHLQ $2, R8")
	a.f("LEAQ (R8)(R8*2), R9")
	a.label("loop")
	a.f("LEAQ (SI)(R8*4), R10")
	// Rows i and i+4 share a register, so that the unpacks below leave whole
	// columns.
	for i, low := range []string{"(SI)", "(SI)(R8*1)", "(SI)(R8*2)", "(SI)(R9*1)"} {
		high := []string{"(R10)", "(R10)(R8*1)", "(R10)(R8*2)", "(R10)(R9*1)"}[i]
		a.f("VMOVUPS %s, X%d", low, i)
		a.f("VINSERTF128 $1, %s, Y%d, Y%d", high, i, i)
		a.f("VMOVUPS 16%s, X%d", low, i+4)
		a.f("VINSERTF128 $1, 16%s, Y%d, Y%d", high, i+4, i+4)
	}
	for h := range 2 { // columns 0 to 3, then 4 to 7
		b := 4 * h
		a.f("VUNPCKLPS Y%d, Y%d, Y8", b+1, b)
		a.f("VUNPCKHPS Y%d, Y%d, Y9", b+1, b)
		a.f("VUNPCKLPS Y%d, Y%d, Y10", b+3, b+2)
		a.f("VUNPCKHPS Y%d, Y%d, Y11", b+3, b+2)
		a.f("VUNPCKLPD Y10, Y8, Y12")
		a.f("VUNPCKHPD Y10, Y8, Y13")
		a.f("VUNPCKLPD Y11, Y9, Y14")
		a.f("VUNPCKHPD Y11, Y9, Y15")
		for j := range 4 {
			a.f("VMOVUPS Y%d, %d(DI)", 12+j, 64*(b+j))
		}
	}
	a.f("ADDQ $32, SI")
	a.f("ADDQ $512, DI")
	a.f("SUBQ $8, CX")
	a.f("JNE loop")
	a.f("VZEROUPPER")
	a.f("RET")
}
