package main

// avx2Vectors is the largest number of vectors of eight tokens of a tile.
const avx2Vectors = 4

func avx2(t *text) {
	t.line(`// func sparseDotAVX2(a *sparsePairArgs)
//
//	for r := range rows {
//		for e := start[r]; e < start[r+1]; e++ {
//			for t := range 8*vectors {
//				acc[r][t] += act[pair[e]][t][0]*weight[e][0] + act[pair[e]][t][1]*weight[e][1]
//			}
//		}
//	}
//
// where acc starts at zero. Y0 to Y3 hold the accumulators of a row, Y15 the
// weights of a pair. SI activations, R8 pairs, R9 weights, R10 starts, R11 rows
// left, R12 accumulators, AX and CX entry and end of the list, BX offset of the
// activations.`)
	t.table("sparseDotAVX2", avx2Vectors, 48)
	for n := 1; n <= avx2Vectors; n++ {
		avx2Dot(t, n)
	}
	avx2Arrange(t)
	avx2Finish(t)
}

func avx2Dot(t *text, n int) {
	t.line("TEXT ·sparseDotAVX2%d<>(SB), NOSPLIT, $0-8", n)
	for i, r := range []string{"SI", "R8", "R9", "R10", "R11", "R12"} {
		t.op("MOVQ %d(DI), %s", 8*i, r)
	}
	t.line("row:")
	for i := range n {
		t.op("VPXOR Y%d, Y%[1]d, Y%[1]d", i)
	}
	t.op("MOVL (R10), AX")
	t.op("MOVL 4(R10), CX")
	t.op("CMPQ AX, CX")
	t.op("JCC done")
	t.op("PCALIGN $32")
	t.line("pair:")
	t.op("MOVWLZX (R8)(AX*2), BX")
	t.op("VPBROADCASTD (R9)(AX*4), Y15")
	t.op("IMUL3Q $%d, BX, BX", 32*n)
	for i := range n {
		t.op("VPMADDWD %d(SI)(BX*1), Y15, Y%d", 32*i, 8+i%7)
		t.op("VPADDD Y%d, Y%d, Y%[2]d", 8+i%7, i)
	}
	t.op("INCQ AX")
	t.op("CMPQ AX, CX")
	t.op("JCS pair")
	t.line("done:")
	for i := range n {
		t.op("VMOVDQU Y%d, %d(R12)", i, 32*i)
	}
	t.op("ADDQ $%d, R12", 32*n)
	t.op("ADDQ $4, R10")
	t.op("DECQ R11")
	t.op("JNZ row")
	t.op("VZEROUPPER")
	t.op("RET\n")
}

func avx2Arrange(t *text) {
	t.line(`// func sparseArrangeAVX2(a *sparsePairArrangeArgs)
//
//	for c := range chunks {
//		for p := range 8 {
//			for t := range 8 {
//				for q := range 2 {
//					dst[(8*c+p)*step][t][q] = int16(src[t*stride+16*c+2*p+q])
//				}
//			}
//		}
//	}
//
// It transposes eight rows of eight pairs of bytes, then widens them. SI source
// (R8 of token 4), R9 stride, R10 three strides, DX destination, R11 step, R12
// three steps, CX chunks left.`)
	t.line("TEXT ·sparseArrangeAVX2(SB), NOSPLIT, $0-8")
	t.op("MOVQ a+0(FP), DI")
	for i, r := range []string{"SI", "R9", "DX", "R11", "CX"} {
		t.op("MOVQ %d(DI), %s", 8*i, r)
	}
	t.op("LEAQ (R9)(R9*2), R10")
	t.op("LEAQ (R11)(R11*2), R12")
	t.op("LEAQ (SI)(R9*4), R8")
	t.line("chunk:")
	for i, at := range []string{"(SI)", "(SI)(R9*1)", "(SI)(R9*2)", "(SI)(R10*1)", "(R8)", "(R8)(R9*1)", "(R8)(R9*2)", "(R8)(R10*1)"} {
		t.op("VMOVDQU %s, X%d", at, i)
	}
	for i := range 4 { // words of tokens 2i and 2i+1 side by side: pairs 0 to 3, 4 to 7
		t.op("VPUNPCKLWD X%d, X%d, X%d", 2*i+1, 2*i, 8+2*i)
		t.op("VPUNPCKHWD X%d, X%d, X%d", 2*i+1, 2*i, 9+2*i)
	}
	for h := range 2 { // tokens 4h to 4h+3: pairs 0-1, 2-3, 4-5, 6-7
		a := 8 + 4*h
		t.op("VPUNPCKLDQ X%d, X%d, X%d", a+2, a, 4*h)
		t.op("VPUNPCKHDQ X%d, X%d, X%d", a+2, a, 4*h+1)
		t.op("VPUNPCKLDQ X%d, X%d, X%d", a+3, a+1, 4*h+2)
		t.op("VPUNPCKHDQ X%d, X%d, X%d", a+3, a+1, 4*h+3)
	}
	t.op("LEAQ (DX)(R11*4), BX")
	to := []string{"(DX)", "(DX)(R11*1)", "(DX)(R11*2)", "(DX)(R12*1)", "(BX)", "(BX)(R11*1)", "(BX)(R11*2)", "(BX)(R12*1)"}
	for i := range 4 {
		t.op("VPUNPCKLQDQ X%d, X%d, X8", 4+i, i)
		t.op("VPUNPCKHQDQ X%d, X%d, X9", 4+i, i)
		t.op("VPMOVZXBW X8, Y8")
		t.op("VPMOVZXBW X9, Y9")
		t.op("VMOVDQU Y8, %s", to[2*i])
		t.op("VMOVDQU Y9, %s", to[2*i+1])
	}
	t.op("LEAQ (DX)(R11*8), DX")
	t.op("ADDQ $16, SI")
	t.op("ADDQ $16, R8")
	t.op("DECQ CX")
	t.op("JNZ chunk")
	t.op("VZEROUPPER")
	t.op("RET\n")
}

func avx2Finish(t *text) {
	t.line(`// func sparseFinishAVX2(a *sparsePairFinishArgs)
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
	for i := range 4 {
		t.op("VPUNPCKLDQ Y%d, Y%d, Y%d", 2*i+1, 2*i, 8+2*i)
		t.op("VPUNPCKHDQ Y%d, Y%d, Y%d", 2*i+1, 2*i, 9+2*i)
	}
	for h := range 2 { // rows 4h to 4h+3: tokens i and i+4
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
