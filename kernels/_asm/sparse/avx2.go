package main

func avx2Finish(t *text) {
	t.line(`// func sparseFinishAVX2(a *quartetFinishArgs)
//
//	for t := range 8*vectors {
//		for j := range 8*blocks {
//			sum := acc[j*step][t] - zero[t]*sums[j]
//			dst[t][j] = float32(sum)*(scaleX[t]*scaleW[j]) + bias[j]
//		}
//	}
//
// each operation rounded. It transposes the accumulators of eight rows by eight
// tokens. SI accumulators, R8 their step, R9 three steps, R10 sums, R11 scales,
// R12 bias, R13 and R15 scales and zero points of the tokens, DX destination,
// BX of the token, AX its stride, CX blocks left.`)
	finishStart(t, "AVX2")
	t.op("LEAQ (SI)(R8*4), BX")
	for i, at := range []string{"(SI)", "(SI)(R8*1)", "(SI)(R8*2)", "(SI)(R9*1)", "(BX)", "(BX)(R8*1)", "(BX)(R8*2)", "(BX)(R9*1)"} {
		t.op("VMOVDQU %s, Y%d", at, i)
	}
	transpose(t)
	t.op("VMOVDQU (R10), Y0")
	t.op("VMOVUPS (R11), Y1")
	t.op("VMOVUPS (R12), Y2")
	t.op("MOVQ DX, BX")
	for i := range 8 {
		t.op("VPBROADCASTD %d(R15), Y3", 4*i)
		t.op("VPMULLD Y0, Y3, Y3")
		t.op("VPSUBD Y3, Y%d, Y%[1]d", 8+i)
		t.op("VCVTDQ2PS Y%d, Y%[1]d", 8+i)
		t.op("VBROADCASTSS %d(R13), Y4", 4*i)
		t.op("VMULPS Y1, Y4, Y4")
		t.op("VMULPS Y4, Y%d, Y%[1]d", 8+i)
		t.op("VADDPS Y2, Y%d, Y%[1]d", 8+i)
		t.op("VMOVUPS Y%d, (BX)", 8+i)
		if i < 7 {
			t.op("ADDQ AX, BX")
		}
	}
	finishEnd(t, 32)
}

// finishStart writes the beginning of a function like sparseFinishAVX2, up to
// its loop over blocks.
func finishStart(t *text, isa string) {
	t.line("TEXT ·sparseFinish%s(SB), NOSPLIT, $24-8", isa)
	t.op("MOVQ a+0(FP), DI")
	for i, r := range []string{"SI", "R8", "", "", "", "DX", "AX", "R13", "R15", "", "BX"} {
		if r != "" {
			t.op("MOVQ %d(DI), %s", 8*i, r)
		}
	}
	t.op("LEAQ (R8)(R8*2), R9")
	t.line("vector:")
	t.op("MOVQ BX, left-8(SP)")
	t.op("MOVQ SI, acc-16(SP)")
	t.op("MOVQ DX, dst-24(SP)")
	for i, r := range []string{"R11", "R10", "R12"} {
		t.op("MOVQ %d(DI), %s", 16+8*i, r)
	}
	t.op("MOVQ 72(DI), CX")
	t.line("block:")
}

// finishEnd writes its end, for vectors and blocks of size bytes.
func finishEnd(t *text, size int) {
	t.op("LEAQ (SI)(R8*8), SI")
	if size == 64 {
		t.op("LEAQ (SI)(R8*8), SI")
	}
	for _, r := range []string{"R10", "R11", "R12", "DX"} {
		t.op("ADDQ $%d, %s", size, r)
	}
	t.op("DECQ CX")
	t.op("JNZ block")
	t.op("MOVQ left-8(SP), BX")
	t.op("MOVQ acc-16(SP), SI")
	t.op("MOVQ dst-24(SP), DX")
	t.op("ADDQ $%d, SI", size)
	t.op("LEAQ (DX)(AX*8), DX")
	if size == 64 {
		t.op("LEAQ (DX)(AX*8), DX")
	}
	t.op("ADDQ $%d, R13", size)
	t.op("ADDQ $%d, R15", size)
	t.op("DECQ BX")
	t.op("JNZ vector")
	t.op("VZEROUPPER")
	t.op("RET\n")
}

func avx512Finish(t *text) {
	t.line(`// func sparseFinishAVX512VNNI(a *quartetFinishArgs)
//
// It does what sparseFinishAVX2 does, with vectors of 16 tokens and blocks of 16
// rows, and has the same registers.`)
	finishStart(t, "AVX512VNNI")
	t.op("MOVQ SI, BX")
	for i := 0; i < 16; i += 4 {
		for j, at := range []string{"(BX)", "(BX)(R8*1)", "(BX)(R8*2)", "(BX)(R9*1)"} {
			t.op("VMOVDQU64 %s, Z%d", at, i+j)
		}
		if i < 12 {
			t.op("LEAQ (BX)(R8*4), BX")
		}
	}
	for i := range 8 {
		t.op("VPUNPCKLDQ Z%d, Z%d, Z%d", 2*i+1, 2*i, 16+2*i)
		t.op("VPUNPCKHDQ Z%d, Z%d, Z%d", 2*i+1, 2*i, 17+2*i)
	}
	for h := range 4 { // rows 4h to 4h+3: token j of each lane in Z(4h+j)
		a := 16 + 4*h
		t.op("VPUNPCKLQDQ Z%d, Z%d, Z%d", a+2, a, 4*h)
		t.op("VPUNPCKHQDQ Z%d, Z%d, Z%d", a+2, a, 4*h+1)
		t.op("VPUNPCKLQDQ Z%d, Z%d, Z%d", a+3, a+1, 4*h+2)
		t.op("VPUNPCKHQDQ Z%d, Z%d, Z%d", a+3, a+1, 4*h+3)
	}
	for j := range 4 { // lanes 0 and 2, then 1 and 3, of two groups of rows
		t.op("VSHUFI32X4 $0x88, Z%d, Z%d, Z%d", 4+j, j, 16+j)
		t.op("VSHUFI32X4 $0x88, Z%d, Z%d, Z%d", 12+j, 8+j, 20+j)
		t.op("VSHUFI32X4 $0xdd, Z%d, Z%d, Z%d", 4+j, j, 24+j)
		t.op("VSHUFI32X4 $0xdd, Z%d, Z%d, Z%d", 12+j, 8+j, 28+j)
	}
	for j := range 4 { // tokens j, j+8, j+4, j+12
		t.op("VSHUFI32X4 $0x88, Z%d, Z%d, Z%d", 20+j, 16+j, j)
		t.op("VSHUFI32X4 $0xdd, Z%d, Z%d, Z%d", 20+j, 16+j, 8+j)
		t.op("VSHUFI32X4 $0x88, Z%d, Z%d, Z%d", 28+j, 24+j, 4+j)
		t.op("VSHUFI32X4 $0xdd, Z%d, Z%d, Z%d", 28+j, 24+j, 12+j)
	}
	t.op("VMOVDQU64 (R10), Z16")
	t.op("VMOVUPS (R11), Z17")
	t.op("VMOVUPS (R12), Z18")
	t.op("MOVQ DX, BX")
	for i := range 16 {
		a, b := 20+i%4, 24+i%4
		t.op("VPMULLD.BCST %d(R15), Z16, Z%d", 4*i, a)
		t.op("VPSUBD Z%d, Z%d, Z%[2]d", a, i)
		t.op("VCVTDQ2PS Z%d, Z%[1]d", i)
		t.op("VMULPS.BCST %d(R13), Z17, Z%d", 4*i, b)
		t.op("VMULPS Z%d, Z%d, Z%[2]d", b, i)
		t.op("VADDPS Z18, Z%d, Z%[1]d", i)
		t.op("VMOVUPS Z%d, (BX)", i)
		if i < 15 {
			t.op("ADDQ AX, BX")
		}
	}
	finishEnd(t, 64)
}

// transpose transposes the dwords of Y0 to Y7 into Y8 to Y15.
func transpose(t *text) {
	for i := range 4 {
		t.op("VPUNPCKLDQ Y%d, Y%d, Y%d", 2*i+1, 2*i, 8+2*i)
		t.op("VPUNPCKHDQ Y%d, Y%d, Y%d", 2*i+1, 2*i, 9+2*i)
	}
	for h := range 2 { // rows 4h to 4h+3: columns i and i+4
		a := 8 + 4*h
		t.op("VPUNPCKLQDQ Y%d, Y%d, Y%d", a+2, a, 4*h)
		t.op("VPUNPCKHQDQ Y%d, Y%d, Y%d", a+2, a, 4*h+1)
		t.op("VPUNPCKLQDQ Y%d, Y%d, Y%d", a+3, a+1, 4*h+2)
		t.op("VPUNPCKHQDQ Y%d, Y%d, Y%d", a+3, a+1, 4*h+3)
	}
	for i := range 4 {
		t.op("VPERM2I128 $0x20, Y%d, Y%d, Y%d", 4+i, i, 8+i)
		t.op("VPERM2I128 $0x31, Y%d, Y%d, Y%d", 4+i, i, 12+i)
	}
}
