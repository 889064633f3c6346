package main

// vbmiTokens is the largest number of tokens of a tile: 24 accumulators, a
// slot's places and weights and six temporaries fill the 32 registers.
const vbmiTokens = 24

// vbmiWindows is the largest number of windows of a block of K.
const vbmiWindows = 12

func avx512vbmi(t *text) {
	t.line(`// func sparseDotAVX512VBMI(a *sparseDotArgs)
//
//	for g := range groups {
//		for s := start[g*step]; s < start[g*step+1]; s++ {
//			for t := range tokens {
//				for lane := range 16 {
//					for q := range 4 {
//						acc[g][t][lane] += act[win[s]][t][place[s][4*lane+q]] * weight[s][4*lane+q]
//					}
//				}
//			}
//		}
//	}
//
// where acc starts as it was if add is set, else at zero, or at -zero[t]*sums[j]
// if sums is set. If dst is set acc is not stored but scaled into dst as
// sparseFinishAVX512VBMI does, without from; the product with zero is taken away
// at the start because there it is in nobody's way. Z0 to Z23 hold the
// accumulators of a group, one token each; Z24 and Z25 places and weights of a
// slot. DI arguments, SI activations, R8 windows,
// R9 slots, R10 starts, R11 groups left, R12 accumulators, AX and CX window of
// this slot and end of the list, DX slot, BX activations of the window, R13
// offset of the group in a row of dst, R15 ahead: each slot fetches the one
// that lies so many bytes after it into the second cache.`)
	t.table("sparseDotAVX512VBMI", vbmiTokens, 64)
	for n := 1; n <= vbmiTokens; n++ {
		vbmiDot(t, n)
	}
	vbmiArrange(t)
	vbmiQuantize(t)
	vbmiFinish(t)
}

func vbmiDot(t *text, n int) {
	const temps, ahead = 6, 4
	t.line("TEXT ·sparseDotAVX512VBMI%d<>(SB), NOSPLIT, $0-8", n)
	for i, r := range []string{"SI", "R8", "R9", "R10", "R11", "R12"} {
		t.op("MOVQ %d(DI), %s", 8*i, r)
	}
	t.op("XORL R13, R13")
	t.op("MOVQ 136(DI), R15")
	t.line("group:")
	t.op("CMPQ 56(DI), $0")
	t.op("JNE add")
	t.op("CMPQ 96(DI), $0")
	t.op("JNE minus")
	for i := range n {
		t.op("VPXORD Z%d, Z%[1]d, Z%[1]d", i)
	}
	t.op("JMP list")
	t.line("minus:")
	t.op("MOVQ 96(DI), AX")
	t.op("MOVQ 120(DI), BX")
	t.op("VPXORD Z24, Z24, Z24")
	t.op("VPSUBD (AX)(R13*1), Z24, Z25")
	for i := range n {
		t.op("VPMULLD.BCST %d(BX), Z25, Z%d", 4*i, i)
	}
	t.op("JMP list")
	t.line("add:")
	for i := range n {
		t.op("VMOVDQU64 %d(R12), Z%d", 64*i, i)
	}
	t.line("list:")
	t.op("MOVL (R10), AX")
	t.op("MOVL 4(R10), CX")
	t.op("MOVQ AX, DX")
	t.op("SHLQ $7, DX")
	t.op("ADDQ R9, DX")
	t.op("ADDQ R8, AX")
	t.op("ADDQ R8, CX")
	t.op("CMPQ AX, CX")
	t.op("JCC done")
	t.op("PCALIGN $32")
	t.line("slot:")
	t.op("MOVBLZX (AX), BX")
	t.op("IMUL3Q $%d, BX, BX", 64*n)
	t.op("ADDQ SI, BX")
	t.op("VMOVDQU64 (DX), Z24")
	t.op("VMOVDQU64 64(DX), Z25")
	t.op("PREFETCHT1 (DX)(R15*1)")
	t.op("PREFETCHT1 64(DX)(R15*1)")
	for i := range n + ahead {
		if i < n {
			t.op("VPERMB %d(BX), Z24, Z%d", 64*i, 26+i%temps)
		}
		if j := i - ahead; j >= 0 && j < n {
			t.op("VPDPBUSD Z25, Z%d, Z%d", 26+j%temps, j)
		}
	}
	t.op("INCQ AX")
	t.op("SUBQ $-128, DX")
	t.op("CMPQ AX, CX")
	t.op("JCS slot")
	t.line("done:")
	t.op("CMPQ 72(DI), $0")
	t.op("JNE scale")
	for i := range n {
		t.op("VMOVDQU64 Z%d, %d(R12)", i, 64*i)
	}
	t.line("next:")
	t.op("ADDQ $%d, R12", 64*n)
	t.op("ADDQ $64, R13")
	t.op("ADDQ 48(DI), R10")
	t.op("DECQ R11")
	t.op("JNZ group")
	t.op("VZEROUPPER")
	t.op("RET")
	vbmiScale(t, n)
}

// vbmiScale writes the end of vbmiDot that scales the sums of a group. Z24 and
// Z26 hold the scales and the bias of its rows, K1 marks those within the
// matrix. AX scales of the tokens, DX destination, CX its stride.
func vbmiScale(t *text, n int) {
	t.line("scale:")
	t.op("MOVQ 128(DI), AX")
	t.op("MOVQ R13, BX")
	t.op("SHRQ $2, BX")
	t.op("SUBQ BX, AX") // columns left, maybe none
	t.op("XORL BX, BX")
	t.op("CMPQ AX, BX")
	t.op("CMOVQLT BX, AX")
	t.op("MOVL $16, BX")
	t.op("CMPQ AX, BX")
	t.op("CMOVQGT BX, AX")
	t.op("MOVQ $-1, BX")
	t.op("BZHIQ AX, BX, BX")
	t.op("KMOVW BX, K1")
	t.op("MOVQ 88(DI), AX")
	t.op("VMOVUPS (AX)(R13*1), Z24")
	t.op("VPXORD Z26, Z26, Z26")
	t.op("MOVQ 104(DI), AX")
	t.op("TESTQ AX, AX")
	t.op("JZ nobias")
	t.op("VMOVUPS.Z (AX)(R13*1), K1, Z26")
	t.line("nobias:")
	t.op("MOVQ 112(DI), AX")
	t.op("MOVQ 72(DI), DX")
	t.op("ADDQ R13, DX")
	t.op("MOVQ 80(DI), CX")
	for i := range n {
		b := 29 + i%2
		t.op("VCVTDQ2PS Z%d, Z%[1]d", i)
		t.op("VMULPS.BCST %d(AX), Z24, Z%d", 4*i, b)
		t.op("VMULPS Z%d, Z%d, Z%[2]d", b, i)
		t.op("VADDPS Z26, Z%d, Z%[1]d", i)
		t.op("VMOVUPS Z%d, K1, (DX)", i)
		if i < n-1 {
			t.op("ADDQ CX, DX")
		}
	}
	t.op("JMP next\n")
}

func vbmiArrange(t *text) {
	t.line(`// func sparseArrangeAVX512VBMI(a *sparseArrangeArgs)
//
//	for c := range windows {
//		for t := range tokens {
//			v := src[t*stride+64*c:][:64] // zero from rest-64*c on
//			copy(dst[64*(c*tokens+t):], v)
//			for l := range 4 {
//				copy(dst[lanes[4*c+l]+64*t:], v[16*l:16*l+16])
//			}
//		}
//	}
//
// DI arguments, SI source of the window, R13 stride, DX destination, R12 lanes,
// CX windows left, AX bytes left of the row, R8 to R11 destinations of the four
// lanes, R15 source, BX tokens left.`)
	t.line("TEXT ·sparseArrangeAVX512VBMI(SB), NOSPLIT, $0-8")
	t.op("MOVQ a+0(FP), DI")
	for i, r := range []string{"SI", "R13", "DX", "R12", "CX", "AX"} {
		t.op("MOVQ %d(DI), %s", 8*i, r)
	}
	t.line("window:")
	t.op("XORL R8, R8")
	t.op("MOVL $64, R9")
	t.op("MOVQ AX, R10")
	t.op("CMPQ R10, R8")
	t.op("CMOVQLT R8, R10")
	t.op("CMPQ R10, R9")
	t.op("CMOVQGT R9, R10")
	t.op("MOVQ $-1, R8")
	t.op("BZHIQ R10, R8, R8")
	t.op("KMOVQ R8, K1")
	for l := range 4 {
		t.op("MOVQ %d(R12), R%d", 8*l, 8+l)
		t.op("ADDQ 16(DI), R%d", 8+l)
	}
	t.op("MOVQ SI, R15")
	t.op("MOVQ 48(DI), BX")
	t.line("token:")
	t.op("VMOVDQU8.Z (R15), K1, Z0")
	t.op("VMOVDQU64 Z0, (DX)")
	t.op("VMOVDQU X0, (R8)")
	for l := 1; l < 4; l++ {
		t.op("VEXTRACTI32X4 $%d, Z0, (R%d)", l, 8+l)
	}
	t.op("ADDQ R13, R15")
	t.op("ADDQ $64, DX")
	for l := range 4 {
		t.op("ADDQ $64, R%d", 8+l)
	}
	t.op("DECQ BX")
	t.op("JNZ token")
	t.op("ADDQ $64, SI")
	t.op("SUBQ $64, AX")
	t.op("ADDQ $32, R12")
	t.op("DECQ CX")
	t.op("JNZ window")
	t.op("VZEROUPPER")
	t.op("RET\n")
}

func vbmiQuantize(t *text) {
	for i := range 16 {
		t.line("DATA ·sparseQuantizeOrder<>+%d(SB)/4, $%d", 4*i, i%4*4+i/4)
	}
	t.line("GLOBL ·sparseQuantizeOrder<>(SB), RODATA|NOPTR, $64\n")
	t.line(`// func sparseQuantizeAVX512VBMI(a *sparseQuantizeArgs)
//
//	for b := range blocks {
//		for w := range windows {
//			for i := range 64 {
//				x := src[64*(windows*b+w)+i]
//				q := uint8(min(max(round(x*inverse)+zero, 0), 255)) // 0 if x is not a number
//				dst[step*(2*windows*b+w)+i] = q
//				dst[step*(2*windows*b+windows+(w+d[i/16])%%windows)+i] = q
//			}
//		}
//	}
//
// where the products fit int32 unless they are negative, and d is as SparseS8
// tells. Sums are taken of 16 bits, where they saturate: what does not fit lies
// outside 0 to 255 anyway. Windows of the second view are put together in
// registers: stores of a few bytes to memory that is not in the first cache take
// longer than those of a whole line. Z16 to Z27 hold the windows of a block, Z4
// inverse, Z5 zero, Z6 the order of the packed words; K1 to K3 mark the lanes 1
// to 3. DI arguments, SI source, DX window of the destination, CX step, BX blocks
// left, R8 bytes from an element to the one to fetch into the first cache.`)
	t.table("sparseQuantizeAVX512VBMI", vbmiWindows, 24)
	for n := 1; n <= vbmiWindows; n++ {
		vbmiQuantizeBlocks(t, n)
	}
}

func vbmiQuantizeBlocks(t *text, n int) {
	t.line("TEXT ·sparseQuantizeAVX512VBMI%d<>(SB), NOSPLIT, $0-8", n)
	t.op("MOVQ (DI), SI")
	t.op("MOVQ 8(DI), DX")
	t.op("MOVQ 16(DI), CX")
	t.op("MOVQ 32(DI), BX")
	t.op("MOVQ 48(DI), R8")
	t.op("VBROADCASTSS 40(DI), Z4")
	t.op("VPBROADCASTW 44(DI), Z5")
	t.op("VMOVDQU64 ·sparseQuantizeOrder<>(SB), Z6")
	for l := 1; l < 4; l++ {
		t.op("MOVL $%d, AX", 0xf<<(4*l))
		t.op("KMOVW AX, K%d", l)
	}
	t.line("block:")
	for w := range n {
		for i := range 4 {
			t.op("VMULPS %d(SI), Z4, Z%d", 256*w+64*i, i)
			t.op("PREFETCHT0 %d(SI)(R8*1)", 256*w+64*i)
		}
		for i := range 4 {
			t.op("VCVTPS2DQ Z%d, Z%[1]d", i)
		}
		t.op("VPACKSSDW Z1, Z0, Z0")
		t.op("VPACKSSDW Z3, Z2, Z2")
		t.op("VPADDSW Z5, Z0, Z0")
		t.op("VPADDSW Z5, Z2, Z2")
		t.op("VPACKUSWB Z2, Z0, Z0")
		t.op("VPERMD Z0, Z6, Z%d", 16+w)
		t.op("VMOVDQU64 Z%d, (DX)", 16+w)
		t.op("ADDQ CX, DX")
	}
	for w := range n {
		t.op("VMOVDQA64 Z%d, Z0", 16+w)
		for l, d := range vbmiShifts(n) {
			if d%n != 0 {
				t.op("VMOVDQA32 Z%d, K%d, Z0", 16+(w+n-d)%n, l)
			}
		}
		t.op("VMOVDQU64 Z0, (DX)")
		t.op("ADDQ CX, DX")
	}
	t.op("ADDQ $%d, SI", 256*n)
	t.op("DECQ BX")
	t.op("JNZ block")
	t.op("VZEROUPPER")
	t.op("RET\n")
}

// vbmiShifts returns by how many windows each lane is moved in the second view
// of a block of n windows.
func vbmiShifts(n int) [4]int {
	switch {
	case n >= 7:
		return [4]int{0, 1, 4, 6}
	case n >= 5:
		return [4]int{0, 1, 2, 4}
	}
	return [4]int{0, 1 % n, 2 % n, 3 % n}
}

func vbmiFinish(t *text) {
	t.line(`// func sparseFinishAVX512VBMI(a *sparseFinishArgs)
//
//	for t := range tokens {
//		for j := range cols { // at most 64
//			sum := acc[from[j]/16][t][from[j]%%16] - zero[t]*sums[j]
//			dst[t][j] = float32(sum)*(scaleX[t]*scaleW[j]) + bias[j]
//		}
//	}
//
// each operation rounded, with zeros for a missing bias. Z16 to Z19 hold from, Z20 to Z23 the scales, Z24 to Z27 the sums
// and Z28 to Z31 the bias of the 64 rows; K1 to K4 mark the rows that come from
// the second half of acc. Z0 to Z3 are the accumulators of a token.
// DI arguments, SI accumulators of group 0 (R8, R9, R10 of groups 1 to 3),
// DX destination, R11 its stride, R12 and R13 scales and zero points of the
// tokens, CX tokens left, BX masks of the columns.`)
	t.line("TEXT ·sparseFinishAVX512VBMI(SB), NOSPLIT, $0-8")
	t.op("MOVQ a+0(FP), DI")
	// Masks of the columns, 16 bits for each vector.
	t.op("MOVQ 80(DI), AX")
	t.op("MOVQ $-1, BX")
	t.op("BZHIQ AX, BX, BX")
	t.op("MOVQ 16(DI), AX")
	t.op("MOVQ 24(DI), CX")
	for j := range 4 {
		t.op("VMOVUPS %d(AX), Z%d", 64*j, 20+j)
		t.op("VMOVDQU64 %d(CX), Z%d", 64*j, 24+j)
	}
	t.op("MOVQ 32(DI), AX")
	for j := range 4 {
		t.op("VPXORD Z%d, Z%[1]d, Z%[1]d", 28+j)
	}
	t.op("TESTQ AX, AX")
	t.op("JZ nobias")
	t.op("MOVQ BX, DX")
	for j := range 4 {
		t.op("KMOVW DX, K1")
		t.op("VMOVUPS.Z %d(AX), K1, Z%d", 64*j, 28+j)
		t.op("SHRQ $16, DX")
	}
	t.line("nobias:")
	t.op("MOVQ 0(DI), SI")
	t.op("MOVQ 72(DI), CX")
	t.op("MOVQ CX, R10")
	t.op("SHLQ $6, R10")
	t.op("LEAQ (SI)(R10*1), R8")
	t.op("LEAQ (R8)(R10*1), R9")
	t.op("ADDQ R9, R10")
	for i, r := range []string{"DX", "R11", "R12", "R13"} {
		t.op("MOVQ %d(DI), %s", 40+8*i, r)
	}
	t.op("MOVQ 8(DI), AX")
	t.op("MOVL $32, DI")
	t.op("VPBROADCASTD DI, Z0")
	for j := range 4 {
		t.op("VPMOVZXBD %d(AX), Z%d", 16*j, 16+j)
		t.op("VPTESTMD Z0, Z%d, K%d", 16+j, 1+j)
	}
	t.op("CMPQ BX, $-1")
	t.op("JNE part")
	vbmiFinishLoop(t, "all", false)
	vbmiFinishLoop(t, "part", true)
}

func vbmiFinishLoop(t *text, label string, masked bool) {
	t.line("%s:", label)
	t.op("VPBROADCASTD (R13), Z13")
	t.op("VBROADCASTSS (R12), Z12")
	for g, r := range []string{"SI", "R8", "R9", "R10"} {
		t.op("VMOVDQU64 (%s), Z%d", r, g)
	}
	if masked {
		t.op("MOVQ BX, AX")
	}
	for j := range 4 {
		sum := 4 + j
		t.op("VMOVDQA64 Z%d, Z%d", 16+j, 4+j)
		t.op("VPERMI2D Z1, Z0, Z%d", 4+j)
		t.op("VMOVDQA64 Z%d, Z%d", 16+j, 8+j)
		t.op("VPERMI2D Z3, Z2, Z%d", 8+j)
		t.op("VPBLENDMD Z%d, Z%d, K%d, Z%[2]d", 8+j, 4+j, 1+j)
		t.op("VPMULLD Z%d, Z13, Z14", 24+j)
		t.op("VPSUBD Z14, Z%d, Z%[1]d", sum)
		t.op("VCVTDQ2PS Z%d, Z%[1]d", sum)
		t.op("VMULPS Z%d, Z12, Z15", 20+j)
		t.op("VMULPS Z15, Z%d, Z%[1]d", sum)
		t.op("VADDPS Z%d, Z%d, Z%[2]d", 28+j, sum)
		if masked {
			t.op("KMOVW AX, K5")
			t.op("VMOVUPS Z%d, K5, %d(DX)", sum, 64*j)
			t.op("SHRQ $16, AX")
		} else {
			t.op("VMOVUPS Z%d, %d(DX)", sum, 64*j)
		}
	}
	for _, r := range []string{"SI", "R8", "R9", "R10"} {
		t.op("ADDQ $64, %s", r)
	}
	t.op("ADDQ $4, R12")
	t.op("ADDQ $4, R13")
	t.op("ADDQ R11, DX")
	t.op("DECQ CX")
	t.op("JNZ %s", label)
	t.op("VZEROUPPER")
	t.op("RET\n")
}
