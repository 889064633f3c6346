package main

func amx(t *text) {
	t.line(`// func bitmaskDotAMX(a *bitmaskArgs)
//
//	for tile := range tiles {
//		var acc [tokens][32]int32
//		for s := range steps { // and one for tail
//			if masks != nil && tile == 0 {
//				for row := range 32 { // quads of one tile, then of the other
//					weights[s][row] = expand(masks[s][row], values)
//				}
//			}
//			for t := range tokens {
//				for n := range 32 {
//					for k := range 64 {
//						acc[t][n] += x[tile*tokens+t][64*s+k] * weights[s][n/16*16+k/4][n%%16*4+k%%4]
//					}
//				}
//			}
//		}
//		for t := range tokens {
//			for n := range cols {
//				sum := acc[t][n] - zero[t]*sums[n]
//				dst[t][n] = float32(sum)*(scaleX[t]*scaleW[n]) + bias[n]
//			}
//		}
//	}
//
// TMM0 to TMM3 hold the sums of tokens 0 to 15 and 16 to 31 with outputs 0 to
// 15 and 16 to 31, TMM4 and TMM5 the activations of these tokens, TMM6 and TMM7
// the weights of these outputs. Weights are expanded beside the products of the
// first tile, so that both run at a time, and one step ahead, so that a tile is
// not loaded while its bytes are still on their way to the cache.
//
// DI arguments, SI and R9 activations of the two groups of tokens, R8 their
// stride, DX weights, BX their stride, R10 masks or zero once expanded, R11
// values, CX steps left to expand, R12 steps left, R15 tail or zero, R13 tiles
// left. Z16 to Z21 hold the constants of the outputs, K1 and K2 which of them
// exist.`)
	t.line("TEXT ·bitmaskDotAMX(SB), NOSPLIT, $40-8")
	t.op("MOVQ a+0(FP), DI")
	t.op("LEAQ %d(DI), AX", argConfig)
	t.ldtilecfg("AX")
	columns(t, 16)
	for _, v := range []struct {
		name   string
		at, in int
	}{{"x", 8, argX}, {"tail", 16, argTail}, {"dst", 24, argDst}, {"scale", 32, argScaleX}, {"zero", 40, argZero}} {
		t.op("MOVQ %d(DI), AX", v.in)
		t.op("MOVQ AX, %s-%d(SP)", v.name, v.at)
	}
	t.op("MOVQ %d(DI), R13", argTiles)
	t.op("MOVQ %d(DI), R10", argMasks)
	t.op("MOVQ %d(DI), R11", argValues)
	t.op("MOVL $64, BX")
	t.line("tile:")
	t.op("MOVQ x-8(SP), SI")
	t.op("MOVQ %d(DI), R8", argStride)
	t.op("MOVQ R8, R9")
	t.op("SHLQ $4, R9")
	t.op("ADDQ SI, R9")
	t.op("MOVQ tail-16(SP), R15")
	t.op("MOVQ %d(DI), R12", argSteps)
	t.op("MOVQ %d(DI), DX", argWeights)
	t.op("CMPQ %d(DI), $16", argTokens)
	t.op("JHI second")

	t.tilezero(0)
	t.tilezero(1)
	t.op("TESTQ R10, R10")
	t.op("JNZ oneExpand")
	amxInputs(t, "one", false, false)
	t.op("JMP oneStore")
	amxInputs(t, "oneExpand", false, true)
	t.line("oneStore:")
	amxStore(t, false)
	t.op("JMP tokens")

	t.line("second:")
	for i := range 4 {
		t.tilezero(i)
	}
	t.op("TESTQ R10, R10")
	t.op("JNZ twoExpand")
	amxInputs(t, "two", true, false)
	t.op("JMP twoStore")
	amxInputs(t, "twoExpand", true, true)
	t.line("twoStore:")
	amxStore(t, true)

	t.line("tokens:")
	t.op("MOVQ dst-24(SP), DX")
	t.op("MOVQ scale-32(SP), SI")
	t.op("MOVQ zero-40(SP), R9")
	t.op("MOVQ %d(DI), R8", argDstStride)
	t.op("MOVQ %d(DI), CX", argTokens)
	t.line("token:")
	t.op("VMOVDQU64 (AX), Z0")
	t.op("VMOVDQU64 64(AX), Z1")
	scale(t, 0, 1, 16, 2, "(SI)", "(R9)")
	t.op("ADDQ $128, AX")
	t.op("ADDQ $4, SI")
	t.op("ADDQ $4, R9")
	t.op("ADDQ R8, DX")
	t.op("DECQ CX")
	t.op("JNZ token")
	t.op("DECQ R13")
	t.op("JZ done")
	t.op("MOVQ DX, dst-24(SP)")
	t.op("MOVQ SI, scale-32(SP)")
	t.op("MOVQ R9, zero-40(SP)")
	t.op("MOVQ %d(DI), AX", argTokens)
	t.op("MOVQ AX, CX")
	t.op("IMULQ %d(DI), AX", argStride)
	t.op("ADDQ AX, x-8(SP)")
	t.op("CMPQ %d(DI), $0", argTail)
	t.op("JEQ tile")
	t.op("SHLQ $6, CX")
	t.op("ADDQ CX, tail-16(SP)")
	t.op("JMP tile")
	t.line("done:")
	t.tilerelease()
	t.op("VZEROUPPER")
	t.op("RET")
}

// amxInputs writes the loop over the inputs, for one or two groups of tokens,
// that expands the weights or finds them expanded.
func amxInputs(t *text, label string, two, expands bool) {
	t.line("%s:", label)
	if expands {
		allSteps(t, "CX")
		expand(t, 0)
		t.op("DECQ CX")
	}
	t.op("TESTQ R12, R12")
	t.op("JZ %sTail", label)
	t.line("%sStep:", label)
	if expands {
		t.op("TESTQ CX, CX")
		t.op("JZ %sProducts", label)
		expand(t, stepBytes)
		t.op("DECQ CX")
		t.line("%sProducts:", label)
	}
	t.tileload("SI", "R8", 4)
	if two {
		t.tileload("R9", "R8", 5)
	}
	t.tileload("DX", "BX", 6)
	t.tdpbusd(6, 4, 0)
	if two {
		t.tdpbusd(6, 5, 2)
	}
	t.op("LEAQ 1024(DX), AX")
	t.tileload("AX", "BX", 7)
	t.tdpbusd(7, 4, 1)
	if two {
		t.tdpbusd(7, 5, 3)
	}
	t.op("ADDQ $64, SI")
	if two {
		t.op("ADDQ $64, R9")
	}
	t.op("ADDQ $%d, DX", stepBytes)
	t.op("DECQ R12")
	t.op("JNZ %sStep", label)
	t.line("%sTail:", label)
	t.op("TESTQ R15, R15")
	t.op("JZ %sEnd", label)
	t.op("MOVQ R15, SI")
	if two {
		t.op("LEAQ 1024(R15), R9")
	}
	t.op("MOVQ BX, R8")
	t.op("XORL R15, R15")
	t.op("MOVL $1, R12")
	t.op("JMP %sStep", label)
	t.line("%sEnd:", label)
	if expands {
		t.op("XORL R10, R10")
	}
}

// amxStore stores the sums as [tokens][32] and leaves their address in AX.
func amxStore(t *text, two bool) {
	t.op("MOVQ %d(DI), AX", argAcc)
	t.op("MOVL $128, CX")
	t.op("LEAQ 64(AX), DX")
	t.tilestore(0, "AX", "CX")
	t.tilestore(1, "DX", "CX")
	if two {
		t.op("LEAQ 2048(AX), SI")
		t.op("LEAQ 2112(AX), DX")
		t.tilestore(2, "SI", "CX")
		t.tilestore(3, "DX", "CX")
	}
}
