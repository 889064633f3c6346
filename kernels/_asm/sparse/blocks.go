package main

import "fmt"

// blockVectors is the largest number of vectors of tokens of a tile.
const blockVectors = 4

// A blockISA multiplies blocks of four inputs.
type blockISA struct {
	name, reg string
	size      int // of a vector, in bytes; it holds size/4 tokens
	move, xor string
	dot       func(t *text, w, src, acc int) // acc += src * w; nil without such an instruction
}

func blocksAVX2(t *text) {
	blocks(t, blockISA{"AVX2", "Y", 32, "VMOVDQU", "VPXOR", nil})
	blockArrange(t)
}

func blocksAVXVNNI(t *text) {
	blocks(t, blockISA{"AVXVNNI", "Y", 32, "VMOVDQU", "VPXOR", func(t *text, w, src, acc int) {
		t.vexDot("Y", fmt.Sprintf("Y%d", w), src, acc)
	}})
}

func blocksAVX512VNNI(t *text) {
	blocks(t, blockISA{"AVX512VNNI", "Z", 64, "VMOVDQU64", "VPXORD", func(t *text, w, src, acc int) {
		t.op("VPDPBUSD Z%d, Z%d, Z%d", w, src, acc)
	}})
}

func blocks(t *text, isa blockISA) {
	t.line(`// func blockDot%s(a *blockArgs)
//
//	for r := range rows {
//		for e := range count[r] {
//			for t := range %d*vectors {
//				for q := range 4 {
//					acc[r][t] += act[entry.block/32][t][q] * entry.weight[q]
//				}
//			}
//			entry++
//		}
//	}
//`, isa.name, isa.size/4)
	if isa.dot == nil {
		t.line(`// where acc starts at zero unless add is set. It multiplies |weight| with act-128,
// or with 127-act if the weight is negative, as then the sum of two products fits
// int16; the difference is in base[r], where it starts in place of zero. Both are
// act with some bits flipped. Y0 to Y3 hold the accumulators of a row, Y15
// and Y14 the weights of an entry and what flips the activations, Y13 ones,
// Y12 zeros, Y11 128s.`)
	} else {
		t.line(`// where acc starts at zero unless add is set. Even entries add to registers 0 to
// 3, odd ones to 4 to 7. Registers 14 and 15 hold the weights of two entries.`)
	}
	t.line(`// SI activations, AX entry, CX entries left of the row, R10 counts, R11 base, R12
// accumulators, R13 rows left, DI add, BX and DX blocks of an entry.`)
	t.table("blockDot"+isa.name, blockVectors, 56)
	for n := 1; n <= blockVectors; n++ {
		blockDot(t, isa, n)
	}
}

func blockDot(t *text, isa blockISA, n int) {
	reg := isa.reg
	t.line("TEXT ·blockDot%s%d<>(SB), NOSPLIT, $0-8", isa.name, n)
	for i, r := range []string{"SI", "AX", "R10", "R13", "R12", "R11", "DI"} {
		t.op("MOVQ %d(DI), %s", 8*i, r)
	}
	if isa.dot == nil {
		t.op("VPCMPEQW Y13, Y13, Y13")
		t.op("VPSLLW $15, Y13, Y11")
		t.op("VPACKSSWB Y11, Y11, Y11")
		t.op("VPSRLW $15, Y13, Y13")
		t.op("VPXOR Y12, Y12, Y12")
	}
	t.line("row:")
	t.op("MOVWLZX (R10), CX")
	for i := range n {
		if isa.dot != nil {
			t.op("%s %s%d, %[2]s%d, %[2]s%[3]d", isa.xor, reg, 4+i, 4+i)
		}
	}
	t.op("TESTQ DI, DI")
	t.op("JNE add")
	for i := range n {
		if isa.dot == nil {
			t.op("VPBROADCASTD (R11), Y%d", i)
		} else {
			t.op("%s %s%d, %[2]s%[3]d, %[2]s%[3]d", isa.xor, reg, i)
		}
	}
	t.line("list:")
	if isa.dot == nil {
		blockLoop1(t, n)
	} else {
		blockLoop2(t, isa, n)
	}
	for i := range n {
		t.op("%s %s%d, %d(R12)", isa.move, reg, i, isa.size*i)
	}
	t.op("ADDQ $%d, R12", n*isa.size)
	t.op("ADDQ $2, R10")
	t.op("ADDQ $4, R11")
	t.op("DECQ R13")
	t.op("JNZ row")
	t.op("VZEROUPPER")
	t.op("RET")
	t.line("add:")
	for i := range n {
		t.op("%s %d(R12), %s%d", isa.move, isa.size*i, reg, i)
	}
	t.op("JMP list\n")
}

// blockAt loads the block of the entry at offset into r and returns the address
// of its activations; tokens is their number in steps of eight.
func blockAt(t *text, offset int, r string, tokens int) string {
	t.op("MOVWLZX %d(AX), %s", offset, r)
	if tokens%3 == 0 {
		t.op("LEAQ (%s)(%[1]s*2), %[1]s", r)
		tokens /= 3
	}
	return fmt.Sprintf("(SI)(%s*%d)", r, tokens)
}

// blockLoop2 writes the loop over the entries of a row, two at a time, so that
// sums do not wait for each other.
func blockLoop2(t *text, isa blockISA, n int) {
	multiply := func(at string, w, acc int) {
		for i := range n {
			src := 8 + (acc+i)%6
			t.op("%s %d%s, %s%d", isa.move, isa.size*i, at, isa.reg, src)
			isa.dot(t, w, src, acc+i)
		}
	}
	tokens := n * isa.size / 32
	t.op("SUBL $2, CX")
	t.op("JLT last")
	t.op("PCALIGN $32")
	t.line("two:")
	t.op("PREFETCHT0 %d(AX)", listAhead)
	first, second := blockAt(t, 0, "BX", tokens), blockAt(t, 6, "DX", tokens)
	t.op("VPBROADCASTD 2(AX), %s14", isa.reg)
	t.op("VPBROADCASTD 8(AX), %s15", isa.reg)
	t.op("ADDQ $12, AX")
	multiply(first, 14, 0)
	multiply(second, 15, 4)
	t.op("SUBL $2, CX")
	t.op("JGE two")
	t.line("last:")
	t.op("CMPL CX, $-1")
	t.op("JNE done")
	first = blockAt(t, 0, "BX", tokens)
	t.op("VPBROADCASTD 2(AX), %s14", isa.reg)
	t.op("ADDQ $6, AX")
	multiply(first, 14, 0)
	t.line("done:")
	for i := range n {
		t.op("VPADDD %s%d, %[1]s%[3]d, %[1]s%[3]d", isa.reg, 4+i, i)
	}
}

// blockLoop1 writes the loop over the entries of a row for AVX2.
func blockLoop1(t *text, n int) {
	t.op("TESTL CX, CX")
	t.op("JZ done")
	t.op("PCALIGN $32")
	t.line("block:")
	t.op("PREFETCHT0 %d(AX)", listAhead)
	at := blockAt(t, 0, "BX", n)
	t.op("VPBROADCASTD 2(AX), Y15")
	t.op("ADDQ $6, AX")
	t.op("VPCMPGTB Y15, Y12, Y14")
	t.op("VPABSB Y15, Y15")
	t.op("VPXOR Y11, Y14, Y14")
	for i := range n {
		t.op("VPXOR %d%s, Y14, Y%d", 32*i, at, 4+i)
	}
	for i := range n {
		t.op("VPMADDUBSW Y%d, Y15, Y%[1]d", 4+i)
	}
	for i := range n {
		t.op("VPMADDWD Y13, Y%d, Y%[1]d", 4+i)
	}
	for i := range n {
		t.op("VPADDD Y%d, Y%d, Y%[2]d", 4+i, i)
	}
	t.op("DECL CX")
	t.op("JNZ block")
	t.line("done:")
}

// blockArrange writes the transposition of activations.
func blockArrange(t *text) {
	t.line(`// func blockArrangeAVX2(a *blockArrangeArgs)
//
//	for b := range 8*chunks {
//		for t := range 8 {
//			copy(dst[b*step+4*t:][:4], src[t*stride+4*b:])
//		}
//	}
//
// SI source (R8 of token 4), R9 stride, R10 three strides, DX destination (BX of
// block 4), R11 step, R12 three steps, CX chunks left.`)
	t.line("TEXT ·blockArrangeAVX2(SB), NOSPLIT, $0-8")
	t.op("MOVQ a+0(FP), DI")
	for i, r := range []string{"SI", "R9", "DX", "R11", "CX"} {
		t.op("MOVQ %d(DI), %s", 8*i, r)
	}
	t.op("LEAQ (R9)(R9*2), R10")
	t.op("LEAQ (R11)(R11*2), R12")
	t.op("LEAQ (SI)(R9*4), R8")
	t.line("chunk:")
	for i, at := range []string{"(SI)", "(SI)(R9*1)", "(SI)(R9*2)", "(SI)(R10*1)", "(R8)", "(R8)(R9*1)", "(R8)(R9*2)", "(R8)(R10*1)"} {
		t.op("VMOVDQU %s, Y%d", at, i)
	}
	transpose(t)
	t.op("LEAQ (DX)(R11*4), BX")
	for i, at := range []string{"(DX)", "(DX)(R11*1)", "(DX)(R11*2)", "(DX)(R12*1)", "(BX)", "(BX)(R11*1)", "(BX)(R11*2)", "(BX)(R12*1)"} {
		t.op("VMOVDQU Y%d, %s", 8+i, at)
	}
	t.op("LEAQ (DX)(R11*8), DX")
	t.op("ADDQ $32, SI")
	t.op("ADDQ $32, R8")
	t.op("DECQ CX")
	t.op("JNZ chunk")
	t.op("VZEROUPPER")
	t.op("RET\n")
}
