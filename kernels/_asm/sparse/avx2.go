package main

func avx2Finish(t *text) {
	t.line(`// func sparseFinishAVX2(a *quartetFinishArgs)
//
//	for b := range blocks {
//		for t := range 8 {
//			for j := 8*b; j < 8*b+8; j++ {
//				sum := acc[j*step][t] - zero[t]*sums[j]
//				dst[t][j] = float32(sum)*(scaleX[t]*scaleW[j]) + bias[j]
//			}
//		}
//	}
//
// each operation rounded. It transposes the accumulators of eight rows by eight
// tokens. SI accumulators, R8 their step, R9 three steps, R10 sums, R11 scales,
// R12 bias, R13 and R15 scales and zero points of the tokens, DX destination,
// BX of the token, AX its stride, CX blocks left.`)
	t.line("TEXT ·sparseFinishAVX2(SB), NOSPLIT, $0-8")
	t.op("MOVQ a+0(FP), DI")
	for i, r := range []string{"SI", "R8", "R11", "R10", "R12", "DX", "AX", "R13", "R15", "CX"} {
		t.op("MOVQ %d(DI), %s", 8*i, r)
	}
	t.op("LEAQ (R8)(R8*2), R9")
	t.line("block:")
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
	t.op("LEAQ (SI)(R8*8), SI")
	for _, r := range []string{"R10", "R11", "R12", "DX"} {
		t.op("ADDQ $32, %s", r)
	}
	t.op("DECQ CX")
	t.op("JNZ block")
	t.op("VZEROUPPER")
	t.op("RET\n")
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
