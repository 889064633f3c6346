package main

import "fmt"

// A sparseDot describes the products of one row's weights with the activations
// of a tile of tokens. The activations of a group of inputs are vectors of 16
// bytes, each for a few tokens.
type sparseDot struct {
	name   string
	max    int // vectors of a tile
	weight int // bytes of a group's weights
	sums   int // registers of sums for each vector
	// multiply adds the products of vector act with weights e in register w to
	// the sums in register acc and after it.
	multiply func(a *asm, acc, act, w, e int)
	// blocks says that the number of a group stands beside its weights, not in
	// an array of its own, and that rows have their lengths instead of starts.
	blocks bool
}

var sparseDots = []sparseDot{
	{"sparseDotDOTPROD", 8, 4, 1, sdot, false},
	{"sparseDotNEON", 4, 2, 2, func(a *asm, acc, act, w, e int) {
		a.v("smlal v%d.4s, v%d.4h, v%d.h[%d]", acc, act, w, e)
		a.v("smlal2 v%d.4s, v%d.8h, v%d.h[%d]", acc+1, act, w, e)
	}, false},
	{"blockDotDOTPROD", 8, 4, 1, sdot, true},
}

func sdot(a *asm, acc, act, w, e int) {
	a.v("sdot v%d.4s, v%d.16b, v%d.4b[%d]", acc, act, w, e)
}

// Registers of the sums, and how many there may be.
const sparseSums, sparseSumsMax = 16, 8

func (d sparseDot) write(a *asm) {
	args := "sparseDotArgs"
	if d.blocks {
		args = "blockDotArgs"
	}
	a.text(d.name, 8, fmt.Sprintf("func %s(a *%s)", d.name, args))
	a.f("MOVD a+0(FP), R0")
	a.f("MOVD 0(R0), R1")
	a.f("MOVD 8(R0), R2")
	a.f("MOVD 16(R0), R3")
	a.f("MOVD 24(R0), R4")
	a.f("MOVD 32(R0), R5")
	a.f("MOVD 40(R0), R6")
	a.f("MOVD 48(R0), R7")
	if d.blocks {
		a.comment("R1: activations, R2: blocks, R3: whether to add, R4: lengths of rows,")
		a.comment("R5: rows left, R6: sums.")
	} else {
		a.comment("R1: activations, R2: group numbers, R3: weights, R4: starts of rows,")
		a.comment("R5: rows left, R6: sums, R8: start of this row.")
		a.f("MOVWU.P 4(R4), R8")
		a.f("ADD R8<<1, R2")
		a.f("ADD R8<<%d, R3", d.weight/2)
	}
	for n := d.max; n > 1; n-- {
		a.f("CMP $%d, R7", n)
		a.f("BEQ v%d", n)
	}
	for n := 1; n <= d.max; n++ {
		d.tile(a, n)
	}
}

// tile writes the loops for n vectors. Where those are few, groups take turns
// with several sets of sums, so that one need not wait for the other.
func (d sparseDot) tile(a *asm, n int) {
	l := func(s string) string { return fmt.Sprintf("v%d%s", n, s) }
	set := n * d.sums // registers
	sets := min(sparseSumsMax/set, 4)
	if sets == 3 {
		sets = 2
	}
	// group writes the products of a group with weights e in v0.
	act := 0
	group := func(e int) {
		w, element := 0, e // register and place of the weights
		a.f("MOVHU.P 2(R2), R%d", 10+e)
		if d.blocks {
			w, element = 28+e, 0
			a.v("ldr s%d, [x2], #4", w)
			a.f("MUL R7, R%d", 10+e)
			a.f("ADD R%d>>1, R1, R%d", 10+e, 10+e)
		} else {
			a.f("MADD R7, R1, R%d, R%d", 10+e, 10+e)
		}
		for i := 0; i < n; i += 2 {
			// Registers v1 to v15 in turn.
			r := 1 + act%14
			act += 2
			if i+1 < n {
				a.v("ldp q%d, q%d, [x%d, #%d]", r, r+1, 10+e, 16*i)
			} else {
				a.v("ldr q%d, [x%d, #%d]", r, 10+e, 16*i)
			}
			for j := i; j < min(i+2, n); j++ {
				d.multiply(a, sparseSums+e%sets*set+j*d.sums, r+j-i, w, element)
			}
		}
	}
	a.label(l(""))
	if d.blocks {
		a.comment("The number of a block is 32 times too high, and R7 32/2 times too low.")
		a.f("MOVD $%d, R7", n)
	} else {
		a.comment("R7: bytes of a group's activations.")
		a.f("MOVD $%d, R7", 16*n)
	}
	a.label(l("row"))
	for i := range sets * set {
		a.v("movi v%d.16b, #0", sparseSums+i)
	}
	if d.blocks {
		a.f("MOVHU.P 2(R4), R14")
		a.f("CBZ R3, %s", l("new"))
		for i := range set {
			a.v("ldr q%d, [x6, #%d]", sparseSums+i, 16*i)
		}
		a.label(l("new"))
	} else {
		a.f("MOVWU.P 4(R4), R9")
		a.f("SUB R8, R9, R14")
		a.f("MOVD R9, R8")
	}
	a.f("SUBS $4, R14")
	a.f("BLT %s", l("tail"))
	a.label(l("loop"))
	switch {
	case d.blocks:
	case d.weight == 4:
		a.v("ldr q0, [x3], #16")
	default:
		a.v("ldr d0, [x3], #8")
	}
	for e := range 4 {
		group(e)
	}
	a.f("SUBS $4, R14")
	a.f("BGE %s", l("loop"))
	a.label(l("tail"))
	a.f("ADDS $4, R14")
	a.f("BEQ %s", l("store"))
	a.label(l("one"))
	switch {
	case d.blocks:
	case d.weight == 4:
		a.v("ldr s0, [x3], #4")
	default:
		a.v("ldr h0, [x3], #2")
	}
	group(0)
	a.f("SUBS $1, R14")
	a.f("BNE %s", l("one"))
	a.label(l("store"))
	for half := sets / 2; half > 0; half /= 2 {
		for i := range half * set {
			a.v("add v%d.4s, v%d.4s, v%d.4s", sparseSums+i, sparseSums+i, sparseSums+half*set+i)
		}
	}
	for i := 0; i < set; i += 2 {
		if i+1 < set {
			a.v("stp q%d, q%d, [x6], #32", sparseSums+i, sparseSums+i+1)
		} else {
			a.v("str q%d, [x6], #16", sparseSums+i)
		}
	}
	a.f("SUBS $1, R5")
	a.f("BNE %s", l("row"))
	a.f("RET")
}

// blocks writes the function of the dotprod variant for blocks; the others are
// those of sparse products.
func blocks(a *asm) { sparseDots[2].write(a) }

// sparseArrange writes the start of the functions that arrange 16 inputs of a
// few tokens at a time. Registers: R1 source, R2 its stride, R3 destination, R4
// bytes from one group to the next, R5 chunks of 16, v16 what is flipped.
func sparseArrange(a *asm, groups string, tokens int) {
	name := "sparseArrange" + groups + "NEON"
	a.text(name, 8, fmt.Sprintf("func %s(a *sparseArrangeArgs)", name), "", fmt.Sprintf("Arranges %d tokens.", tokens))
	a.f("MOVD a+0(FP), R0")
	for i := range 5 {
		a.f("MOVD %d(R0), R%d", 8*i, 1+i)
	}
	if groups == "Fours" {
		a.f("MOVWU 40(R0), R6")
		a.v("dup v16.4s, w6")
	}
	a.label("loop")
	a.f("MOVD R1, R6")
	for i := range tokens {
		a.v("ldr q%d, [x6]", i)
		if i < tokens-1 {
			a.f("ADD R2, R6")
		}
	}
	a.f("ADD $16, R1")
}

// sparseDotProd writes the product of the dotprod variant: groups of four
// inputs, four tokens to a vector.
func sparseDotProd(a *asm) { sparseDots[0].write(a) }

// sparseNEON writes the functions of the neon variant, single inputs and eight
// tokens to a vector of 16 bits each, and those of dotprod that do not need
// SDOT.
func sparseNEON(a *asm) {
	sparseDots[1].write(a)

	sparseArrange(a, "Fours", 4)
	transpose(a, 0, 4)
	for i := range 4 {
		a.v("eor v%d.16b, v%d.16b, v16.16b", i, i)
		a.v("str q%d, [x3]", i)
		a.f("ADD R4, R3")
	}
	a.f("SUBS $1, R5")
	a.f("BNE loop")
	a.f("RET")

	sparseArrange(a, "Ones", 8)
	a.comment("Three rounds of zip leave inputs 2i and 2i+1 of the tokens in register i.")
	for round := range 3 {
		from, to := 16*(round%2), 16*((round+1)%2)
		for i := range 4 {
			a.v("zip1 v%d.16b, v%d.16b, v%d.16b", to+2*i, from+i, from+i+4)
			a.v("zip2 v%d.16b, v%d.16b, v%d.16b", to+2*i+1, from+i, from+i+4)
		}
	}
	for i := range 8 {
		a.v("uxtl v0.8h, v%d.8b", 16+i)
		a.v("uxtl2 v1.8h, v%d.16b", 16+i)
		a.v("str q0, [x3]")
		a.f("ADD R4, R3")
		a.v("str q1, [x3]")
		a.f("ADD R4, R3")
	}
	a.f("SUBS $1, R5")
	a.f("BNE loop")
	a.f("RET")

	const tokens, zero, scale = 16, 17, 18
	a.text("sparseFinishNEON", 8, "func sparseFinishNEON(a *sparseFinishArgs)", "", "Scales the sums of 4 tokens, 4 rows at a time.")
	a.f("MOVD a+0(FP), R0")
	for i := range 10 {
		a.f("MOVD %d(R0), R%d", 8*i, 1+i)
	}
	a.comment("R1: sums, R2: bytes from one row to the next; R3, R4, R5: scales,")
	a.comment("sums of weights and biases of the rows; R6: results, R7 their stride.")
	a.v("ldr q%d, [x8]", tokens)
	a.v("ldr q%d, [x9]", zero)
	a.f("MOVW 80(R0), R11")
	a.v("dup v0.4s, w11")
	a.v("sub v%d.4s, v%d.4s, v0.4s", zero, zero)
	a.f("ADD R6, R7, R11")
	a.f("ADD R7, R11, R12")
	a.f("ADD R7, R12, R13")
	a.label("finish")
	for i := range 4 {
		a.v("ldr q%d, [x1]", i)
		a.f("ADD R2, R1")
	}
	a.v("ldr q4, [x4], #16")
	for i := range 4 {
		a.v("mls v%d.4s, v%d.4s, v4.s[%d]", i, zero, i)
	}
	transpose(a, 0, 4)
	a.v("ldr q%d, [x3], #16", scale)
	for i := range 4 {
		a.v("scvtf v%d.4s, v%d.4s", i, i)
		a.v("fmul v%d.4s, v%d.4s, v%d.s[%d]", 4+i, scale, tokens, i)
	}
	a.v("ldr q8, [x5], #16")
	for i := range 4 {
		a.v("fmul v%d.4s, v%d.4s, v%d.4s", i, i, 4+i)
	}
	for i, p := range []int{6, 11, 12, 13} {
		a.v("fadd v%d.4s, v%d.4s, v8.4s", i, i)
		a.v("str q%d, [x%d], #16", i, p)
	}
	a.f("SUBS $1, R10")
	a.f("BNE finish")
	a.f("RET")
}
