package main

import "fmt"

// vbmi2Tokens is the largest number of tokens of a tile: 24 accumulators, two
// vectors of weights and six temporaries fill the 32 registers.
const vbmi2Tokens = 12

func avx512vbmi2(t *text) {
	t.line(`// func bitmaskExpandAVX512VBMI2(a *bitmaskArgs)
//
//	for s := range steps { // and one for tail
//		for row := range 32 {
//			weights[s][row] = expand(masks[s][row], values)
//		}
//	}
//
// DI arguments, DX weights, R10 masks, R11 values, R12 steps left.`)
	t.line("TEXT ·bitmaskExpandAVX512VBMI2(SB), NOSPLIT, $0-8")
	t.op("MOVQ a+0(FP), DI")
	allSteps(t, "R12")
	t.op("MOVQ %d(DI), R10", argMasks)
	t.op("MOVQ %d(DI), R11", argValues)
	t.op("MOVQ %d(DI), DX", argWeights)
	t.line("step:")
	expand(t, 0)
	t.op("ADDQ $2048, DX")
	t.op("DECQ R12")
	t.op("JNZ step")
	t.op("VZEROUPPER")
	t.op("RET\n")

	t.line(`// func bitmaskDotAVX512VBMI2(a *bitmaskArgs)
//
// is bitmaskDotAMX for one tile whose weights are expanded. Z0 to Z23 hold the
// sums, two vectors for each token, Z24 and Z25 the weights of a quad of inputs.
// DI arguments, SI, R9 and R10 activations of tokens 0, 5 and 10, R8 and R13
// their stride and three times their stride, DX weights, R12 steps left, CX
// quads left, R15 tail or zero.`)
	for i := range vbmi2Tokens {
		t.line("DATA ·bitmaskDotAVX512VBMI2Table<>+%d(SB)/8, $·bitmaskDotAVX512VBMI2%d<>(SB)", 8*i, i+1)
	}
	t.line("GLOBL ·bitmaskDotAVX512VBMI2Table<>(SB), RODATA, $%d\n", 8*vbmi2Tokens)
	t.line("TEXT ·bitmaskDotAVX512VBMI2(SB), NOSPLIT, $0-8")
	t.op("MOVQ a+0(FP), DI")
	t.op("MOVQ %d(DI), AX", argTokens)
	t.op("LEAQ ·bitmaskDotAVX512VBMI2Table<>(SB), BX")
	t.op("MOVQ -8(BX)(AX*8), BX")
	t.op("JMP BX\n")
	for n := 1; n <= vbmi2Tokens; n++ {
		vbmi2Dot(t, n)
	}
}

// bases holds the pointers to every fifth token.
var bases = []string{"SI", "R9", "R10"}

// operand returns the operand of the activations of token i.
func operand(i int) string {
	return fmt.Sprintf("(%s)", bases[i/5]) + []string{"", "(R8*1)", "(R8*2)", "(R13*1)", "(R8*4)"}[i%5]
}

func vbmi2Dot(t *text, n int) {
	const temps, ahead = 6, 4
	used := bases[:(n+4)/5]
	// others sets the pointers to tokens 5 and 10 and three times the stride.
	others := func() {
		if n > 3 {
			t.op("LEAQ (R8)(R8*2), R13")
		}
		for i := 1; i < len(used); i++ {
			t.op("LEAQ (%s)(R8*4), %s", used[i-1], used[i])
			t.op("ADDQ R8, %s", used[i])
		}
	}
	t.line("TEXT ·bitmaskDotAVX512VBMI2%d<>(SB), NOSPLIT, $0-8", n)
	t.op("MOVQ %d(DI), SI", argX)
	t.op("MOVQ %d(DI), R8", argStride)
	t.op("MOVQ %d(DI), R12", argSteps)
	t.op("MOVQ %d(DI), R15", argTail)
	t.op("MOVQ %d(DI), DX", argWeights)
	others()
	for i := range 2 * n {
		t.op("VPXORD Z%d, Z%[1]d, Z%[1]d", i)
	}
	t.op("TESTQ R12, R12")
	t.op("JZ tail")
	t.line("step:")
	t.op("MOVL $16, CX")
	t.op("PCALIGN $32")
	t.line("quad:")
	t.op("VMOVDQU64 (DX), Z24")
	t.op("VMOVDQU64 1024(DX), Z25")
	for i := range n + ahead {
		if i < n {
			t.op("VPBROADCASTD %s, Z%d", operand(i), 26+i%temps)
		}
		if j := i - ahead; j >= 0 {
			t.op("VPDPBUSD Z24, Z%d, Z%d", 26+j%temps, 2*j)
			t.op("VPDPBUSD Z25, Z%d, Z%d", 26+j%temps, 2*j+1)
		}
	}
	for _, r := range used {
		t.op("ADDQ $4, %s", r)
	}
	t.op("ADDQ $64, DX")
	t.op("DECQ CX")
	t.op("JNZ quad")
	t.op("ADDQ $1024, DX")
	t.op("DECQ R12")
	t.op("JNZ step")
	t.line("tail:")
	t.op("TESTQ R15, R15")
	t.op("JZ scale")
	t.op("MOVQ R15, SI")
	t.op("MOVL $64, R8")
	others()
	t.op("XORL R15, R15")
	t.op("MOVL $1, R12")
	t.op("JMP step")
	t.line("scale:")
	columns(t, 24)
	t.op("MOVQ %d(DI), DX", argDst)
	t.op("MOVQ %d(DI), CX", argDstStride)
	t.op("MOVQ %d(DI), AX", argScaleX)
	t.op("MOVQ %d(DI), BX", argZero)
	for i := range n {
		scale(t, 2*i, 2*i+1, 24, 30, fmt.Sprintf("%d(AX)", 4*i), fmt.Sprintf("%d(BX)", 4*i))
		if i < n-1 {
			t.op("ADDQ CX, DX")
		}
	}
	t.op("VZEROUPPER")
	t.op("RET\n")
}
