package main

import "fmt"

// listAhead is how many bytes ahead entries are fetched. Those of the first tile
// of a run come from the third cache.
const listAhead = 2048

// A quartetISA multiplies quartets of bytes: acc += Σ src[4*i+q] * weights[4*i+q] in
// each dword i, where src is unsigned and the weights signed. It may change src.
type quartetISA struct {
	name string
	ones bool // register 14 holds int16 ones
	mul  func(t *text, reg, weights string, src, acc []int)
}

var quartetAVX2 = quartetISA{"AVX2", true, func(t *text, reg, weights string, src, acc []int) {
	for _, s := range src {
		t.op("VPMADDUBSW %s, %s%d, %[2]s%[3]d", weights, reg, s)
	}
	for _, s := range src {
		t.op("VPMADDWD %s14, %[1]s%d, %[1]s%[2]d", reg, s)
	}
	for i, s := range src {
		t.op("VPADDD %s%d, %[1]s%[3]d, %[1]s%[3]d", reg, s, acc[i])
	}
}}

var quartetAVXVNNI = quartetISA{"AVXVNNI", false, func(t *text, reg, weights string, src, acc []int) {
	for i, s := range src {
		t.vexDot(reg, weights, s, acc[i])
	}
}}

var quartetAVX512VNNI = quartetISA{"AVX512VNNI", false, func(t *text, reg, weights string, src, acc []int) {
	for i, s := range src {
		t.op("VPDPBUSD %s, %s%d, %[2]s%[4]d", weights, reg, s, acc[i])
	}
}}

// vexDot writes VPDPBUSD weights, src, acc in the form with a VEX prefix, which
// the assembler lacks: VEX.66.0F38.W0 50 /r, for registers 0 to 15 of X or Y.
func (t *text) vexDot(reg, weights string, src, acc int) {
	var w int
	fmt.Sscanf(weights, reg+"%d", &w)
	b1 := 2 | (1-acc/8)<<7 | 1<<6 | (1-w/8)<<5 // R, X and B inverted, map 0F38
	b2 := 1 | (15-src)<<3                      // W, vvvv inverted, L, prefix 66
	if reg == "Y" {
		b2 |= 1 << 2
	}
	t.op("BYTE $0xc4; BYTE $%#02x; BYTE $%#02x; BYTE $0x50; BYTE $%#02x // VPDPBUSD %s, %s%d, %[5]s%[7]d", b1, b2, 0xc0|acc%8<<3|w%8, weights, reg, src, acc)
}

func avx2(t *text) {
	t.line(quartetDoc, "AVX2", 32)
	quartetDot(t, quartetAVX2, "Y")
	quartetHalf(t, quartetAVX2)
	quartetArrange(t)
	avx2Finish(t)
}

func avxvnni(t *text) {
	t.line(quartetDoc, "AVXVNNI", 32)
	quartetDot(t, quartetAVXVNNI, "Y")
	quartetHalf(t, quartetAVXVNNI)
}

func avx512vnni(t *text) {
	t.line(quartetDoc, "AVX512VNNI", 64)
	quartetDot(t, quartetAVX512VNNI, "Z")
	quartetDot(t, quartetAVX512VNNI, "Y")
	quartetHalf(t, quartetAVX512VNNI)
	avx512Finish(t)
}

// quartetDoc is the comment on the largest kernel of an instruction set.
const quartetDoc = `// func sparseQuartet%[1]sx%[2]d(a *quartetArgs)
//
//	for r := range rows {
//		for e := range count[r] {
//			for t := range %[2]d {
//				for q := range 4 {
//					acc[r][t] += act[entry.input[q]/8][t] * entry.weight[q]
//				}
//			}
//			entry++
//		}
//	}
//
// where acc starts at zero unless add is set. The bytes of four inputs are
// interleaved, which puts those of a token side by side. That happens in lanes
// of 16 bytes, so act has its tokens in the order of sparseLane. Registers 0 to
// 3 hold the accumulators of a row. SI activations, AX entry, CX entries left of
// the row, R10 counts, R12 accumulators, R13 rows left, DI add, BX, DX, R8 and
// R9 inputs of an entry.`

// quartetStart writes the beginning of a kernel up to its loop over rows.
func quartetStart(t *text, isa quartetISA, tokens int) {
	t.line("TEXT ·sparseQuartet%sx%d(SB), NOSPLIT, $0-8", isa.name, tokens)
	t.op("MOVQ a+0(FP), DI")
	for i, r := range []string{"SI", "AX", "R10", "R13", "R12", "DI"} {
		t.op("MOVQ %d(DI), %s", 8*i, r)
	}
	if isa.ones {
		t.op("VPCMPEQW Y14, Y14, Y14")
		t.op("VPSRLW $15, Y14, Y14")
	}
	t.line("row:")
	t.op("MOVWLZX (R10), CX")
}

// quartetEnd writes the end of the loop over rows, of which each has size bytes of
// accumulators.
func quartetEnd(t *text, size int) {
	t.op("ADDQ $%d, R12", size)
	t.op("ADDQ $2, R10")
	t.op("DECQ R13")
	t.op("JNZ row")
	t.op("VZEROUPPER")
	t.op("RET\n")
}

var quartetInputs = []string{"BX", "DX", "R8", "R9"}

// quartetMerge interleaves the bytes of registers 4 and other[0], of 6 and
// other[1], then the words of both, into registers 8 to 11.
func quartetMerge(t *text, reg string, other [2]string) {
	t.op("VPUNPCKHBW %s, %s4, %[2]s5", other[0], reg)
	t.op("VPUNPCKLBW %s, %s4, %[2]s4", other[0], reg)
	t.op("VPUNPCKHBW %s, %s6, %[2]s7", other[1], reg)
	t.op("VPUNPCKLBW %s, %s6, %[2]s6", other[1], reg)
	t.op("VPUNPCKLWD %s6, %[1]s4, %[1]s8", reg)
	t.op("VPUNPCKHWD %s6, %[1]s4, %[1]s9", reg)
	t.op("VPUNPCKLWD %s7, %[1]s5, %[1]s10", reg)
	t.op("VPUNPCKHWD %s7, %[1]s5, %[1]s11", reg)
}

// quartetDot writes the kernel for as many tokens as a register has bytes.
func quartetDot(t *text, isa quartetISA, reg string) {
	size, move, xor := 32, "VMOVDQU", "VPXOR"
	if reg == "Z" {
		size, move, xor = 64, "VMOVDQU64", "VPXORD"
	}
	quartetStart(t, isa, size)
	t.op("TESTQ DI, DI")
	t.op("JNE add")
	for i := range 4 {
		t.op("%s %s%d, %[2]s%[3]d, %[2]s%[3]d", xor, reg, i)
	}
	t.op("TESTL CX, CX")
	t.op("JZ done")
	t.op("PCALIGN $32")
	t.line("four:")
	var at [4]string
	for i, r := range quartetInputs {
		t.op("MOVWLZX %d(AX), %s", 2*i, r)
		at[i] = fmt.Sprintf("(SI)(%s*%d)", r, size/8)
	}
	t.op("PREFETCHT0 %d(AX)", listAhead)
	t.op("VPBROADCASTD 8(AX), %s15", reg)
	t.op("ADDQ $12, AX")
	t.op("%s %s, %s4", move, at[0], reg)
	t.op("%s %s, %s6", move, at[2], reg)
	quartetMerge(t, reg, [2]string{at[1], at[3]})
	isa.mul(t, reg, reg+"15", []int{8, 9, 10, 11}, []int{0, 1, 2, 3})
	t.op("DECL CX")
	t.op("JNZ four")
	t.line("done:")
	for i := range 4 {
		t.op("%s %s%d, %d(R12)", move, reg, i, size*i)
	}
	quartetEnd(t, 4*size)
	t.Truncate(t.Len() - 1)
	t.line("add:")
	for i := range 4 {
		t.op("%s %d(R12), %s%d", move, size*i, reg, i)
	}
	t.op("TESTL CX, CX")
	t.op("JNZ four")
	t.op("JMP done\n")
}

// quartetHalf writes the kernel for 16 tokens, which takes one entry in each half
// of a register of 32 bytes.
func quartetHalf(t *text, isa quartetISA) {
	t.line(`// func sparseQuartet%sx16(a *quartetArgs)
//
// It does the same for 16 tokens, which keep their order. Each half of a
// register works on an entry of its own. An odd entry comes last.`, isa.name)
	quartetStart(t, isa, 16)
	var at [4]string
	for i, r := range quartetInputs {
		at[i] = fmt.Sprintf("(SI)(%s*2)", r)
	}
	for i := range 4 {
		t.op("VPXOR X%d, X%[1]d, X%[1]d", i)
	}
	t.op("TESTQ DI, DI")
	t.op("JEQ zero")
	for i := range 4 {
		t.op("VMOVDQU %d(R12), X%d", 16*i, i)
	}
	t.line("zero:")
	t.op("SUBL $2, CX")
	t.op("JLT last")
	t.op("PCALIGN $32")
	t.line("two:")
	t.op("PREFETCHT0 %d(AX)", listAhead)
	for i, r := range quartetInputs {
		t.op("MOVWLZX %d(AX), %s", 2*i, r)
	}
	t.op("VPBROADCASTD 8(AX), X15")
	t.op("VPBROADCASTD 20(AX), X13")
	t.op("VINSERTI128 $1, X13, Y15, Y15")
	regs := [4]string{"4", "12", "6", "13"}
	for i := range 4 {
		t.op("VMOVDQU %s, X%s", at[i], regs[i])
	}
	for i, r := range quartetInputs {
		t.op("MOVWLZX %d(AX), %s", 12+2*i, r)
	}
	for i := range 4 {
		t.op("VINSERTI128 $1, %s, Y%s, Y%[2]s", at[i], regs[i])
	}
	t.op("ADDQ $24, AX")
	quartetMerge(t, "Y", [2]string{"Y12", "Y13"})
	isa.mul(t, "Y", "Y15", []int{8, 9, 10, 11}, []int{0, 1, 2, 3})
	t.op("SUBL $2, CX")
	t.op("JGE two")
	t.line("last:")
	for i := range 4 {
		t.op("VEXTRACTI128 $1, Y%d, X%d", i, 8+i)
		t.op("VPADDD X%d, X%d, X%[2]d", 8+i, i)
	}
	t.op("CMPL CX, $-1")
	t.op("JNE done")
	for i, r := range quartetInputs {
		t.op("MOVWLZX %d(AX), %s", 2*i, r)
	}
	t.op("VPBROADCASTD 8(AX), X15")
	t.op("ADDQ $12, AX")
	t.op("VMOVDQU %s, X4", at[0])
	t.op("VMOVDQU %s, X6", at[2])
	quartetMerge(t, "X", [2]string{at[1], at[3]})
	isa.mul(t, "X", "X15", []int{8, 9, 10, 11}, []int{0, 1, 2, 3})
	t.line("done:")
	for i := range 4 {
		t.op("VMOVDQU X%d, %d(R12)", i, 16*i)
	}
	quartetEnd(t, 64)
}

// quartetArrange writes the transposition of activations. Each of its four rounds
// interleaves the bytes of registers i and i+8 into 2i and 2i+1, which turns the
// eight bits of a byte's address (register, place) by one.
func quartetArrange(t *text) {
	t.line(`// func sparseArrangeAVX2(a *quartetArrangeArgs)
//
//	for i := range 32*chunks {
//		for t := range 16 {
//			dst[i*step+t] = src[t/4*group+t%%4*stride+i]
//		}
//	}
//
// A chunk is 32 inputs of 16 tokens, the first 16 of them in the low halves of
// the registers. SI, R8, R11 and R12 sources of tokens 0, 4, 8 and 12, R9
// stride, R10 three strides, DX and BX destinations of both halves, AX step,
// CX chunks left. One of the sixteen registers waits in memory.`)
	t.line("TEXT ·sparseArrangeAVX2(SB), NOSPLIT, $32-8")
	t.op("MOVQ a+0(FP), DI")
	for i, r := range []string{"SI", "R9", "R10", "DX", "AX", "CX"} {
		t.op("MOVQ %d(DI), %s", 8*i, r)
	}
	t.op("LEAQ (SI)(R10*1), R8")
	t.op("LEAQ (SI)(R10*2), R11")
	t.op("LEAQ (R8)(R10*2), R12")
	t.op("LEAQ (R9)(R9*2), R10")
	t.line("chunk:")
	at := func(i int) string {
		base := []string{"SI", "R8", "R11", "R12"}[i/4]
		return "(" + base + ")" + []string{"", "(R9*1)", "(R9*2)", "(R10*1)"}[i%4]
	}
	var reg [16]int
	for i := range 8 {
		t.op("VMOVDQU %s, Y%d", at(i), 2*i+1)
		t.op("VPUNPCKLBW %s, Y%d, Y%d", at(i+8), 2*i+1, 2*i)
		t.op("VPUNPCKHBW %s, Y%d, Y%[2]d", at(i+8), 2*i+1)
		reg[2*i], reg[2*i+1] = 2*i, 2*i+1
	}
	t.op("VMOVDQU Y15, wait-32(SP)")
	free := 15
	for range 2 {
		var next [16]int
		for _, i := range []int{7, 0, 1, 2, 3, 4, 5, 6} {
			other := fmt.Sprintf("Y%d", reg[i+8])
			if i == 7 {
				other = "wait-32(SP)"
			}
			t.op("VPUNPCKLBW %s, Y%d, Y%d", other, reg[i], free)
			t.op("VPUNPCKHBW %s, Y%d, Y%[2]d", other, reg[i])
			next[2*i], next[2*i+1] = free, reg[i]
			if i == 7 {
				t.op("VMOVDQU Y%d, wait-32(SP)", reg[i])
				free = reg[i]
			} else {
				free = reg[i+8]
			}
		}
		reg = next
	}
	t.op("MOVQ AX, BX")
	t.op("SHLQ $4, BX")
	t.op("ADDQ DX, BX")
	for i := range 8 {
		other := fmt.Sprintf("Y%d", reg[i+8])
		if i == 7 {
			other = "wait-32(SP)"
		}
		t.op("VPUNPCKLBW %s, Y%d, Y%d", other, reg[i], free)
		t.op("VPUNPCKHBW %s, Y%d, Y%[2]d", other, reg[i])
		for _, r := range []int{free, reg[i]} {
			t.op("VMOVDQU X%d, (DX)", r)
			t.op("VEXTRACTI128 $1, Y%d, (BX)", r)
			t.op("ADDQ AX, DX")
			t.op("ADDQ AX, BX")
		}
	}
	t.op("MOVQ BX, DX")
	for _, r := range []string{"SI", "R8", "R11", "R12"} {
		t.op("ADDQ $32, %s", r)
	}
	t.op("DECQ CX")
	t.op("JNZ chunk")
	t.op("VZEROUPPER")
	t.op("RET\n")
}
