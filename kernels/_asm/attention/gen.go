package main

import (
	"fmt"
	"math"
	"strings"
)

// vec describes an instruction set and the tiles that its registers hold.
type vec struct {
	isa   string // suffix of symbols
	reg   string // register letter
	lanes int    // of 32 bits
	rows  int    // queries of a tile
	tile  int    // vectors of keys or columns of a tile
	temps int    // first register past the accumulators of a tile
	bytes bool   // four products of bytes are summed at a time, else two of 16 bits
}

var (
	avx512vnni = vec{"AVX512VNNI", "Z", 16, 6, 4, 24, true}
	avx2       = vec{"AVX2", "Y", 8, 4, 2, 8, false}
)

// r names vector register i.
func (v vec) r(i int) string { return fmt.Sprintf("%s%d", v.reg, i) }

// size is the number of bytes of a vector.
func (v vec) size() int { return 4 * v.lanes }

// inner is the number of products that one lane of a dot product sums.
func (v vec) inner() int {
	if v.bytes {
		return 4
	}
	return 2
}

// wide returns the name of an instruction on whole registers: those of AVX-512
// name the size of an element, which the 256-bit ones leave out.
func (v vec) wide(name string) string {
	if v.lanes == 8 {
		return strings.TrimSuffix(name, "D")
	}
	return name
}

// A gen writes the functions of one instruction set.
type gen struct {
	text
	vec
	words []uint32 // constants
}

// bits returns the operand of a constant word.
func (g *gen) bits(w uint32) string {
	for i, have := range g.words {
		if have == w {
			return fmt.Sprintf("attention<>+%d(SB)", 4*i)
		}
	}
	g.words = append(g.words, w)
	return fmt.Sprintf("attention<>+%d(SB)", 4*(len(g.words)-1))
}

// fill loads a constant into every lane of register i.
func (g *gen) fill(x float32, i int) { g.fillBits(math.Float32bits(x), i) }

func (g *gen) fillBits(w uint32, i int) { g.op("VBROADCASTSS %s, %s", g.bits(w), g.r(i)) }

// constants writes the tables.
func (g *gen) constants() {
	g.line("")
	for i, w := range g.words {
		g.line("DATA attention<>+%d(SB)/4, $%#08x", 4*i, w)
	}
	g.line("GLOBL attention<>(SB), RODATA|NOPTR, $%d", 4*len(g.words))
	g.line("")
	for i := range g.lanes {
		g.line("DATA dither<>+%d(SB)/4, $%#08x", 4*i, math.Float32bits(dither[i%len(dither)]))
	}
	g.line("GLOBL dither<>(SB), RODATA|NOPTR, $%d", g.size())
	if g.bytes { // VPACKUSDW and VPACKUSWB of four vectors leave their quarters mixed
		g.line("")
		for i := range 16 {
			g.line("DATA unpack<>+%d(SB)/4, $%d", 4*i, i%4*4+i/4)
		}
		g.line("GLOBL unpack<>(SB), RODATA|NOPTR, $64")
	}
	if g.lanes == 8 {
		g.line("")
		for i := range 16 {
			g.line("DATA tailmask<>+%d(SB)/4, $%#08x", 4*i, []uint32{0xffffffff, 0}[i/8])
		}
		g.line("GLOBL tailmask<>(SB), RODATA|NOPTR, $64")
	}
}

// mask makes the mask of the first n lanes, n in a register: K1 or Y15. AX and
// BX are lost.
func (g *gen) mask(n string) {
	if g.lanes == 16 {
		g.op("MOVQ $-1, AX")
		g.op("BZHIQ %s, AX, AX", n)
		g.op("KMOVW AX, K1")
		return
	}
	g.op("MOVQ %s, AX", n)
	g.op("NEGQ AX")
	g.op("LEAQ tailmask<>+32(SB), BX")
	g.op("VMOVUPS (BX)(AX*4), Y15")
}

// load reads a vector, zeros beyond the mask if it is the last of a row.
func (g *gen) load(from string, i int, tail bool) {
	switch {
	case !tail:
		g.op("VMOVUPS %s, %s", from, g.r(i))
	case g.lanes == 16:
		g.op("VMOVUPS.Z %s, K1, %s", from, g.r(i))
	default:
		g.op("VMASKMOVPS %s, Y15, %s", from, g.r(i))
	}
}

// store writes a vector, as far as the mask if it is the last of a row.
func (g *gen) store(i int, to string, tail bool) {
	switch {
	case !tail:
		g.op("VMOVUPS %s, %s", g.r(i), to)
	case g.lanes == 16:
		g.op("VMOVUPS %s, K1, %s", g.r(i), to)
	default:
		g.op("VMASKMOVPS %s, Y15, %s", g.r(i), to)
	}
}

// columnsOf prepares each for rows of R9 elements: R12 becomes the bytes of
// their whole vectors, R13 the elements of the partial one.
func (g *gen) columnsOf() {
	g.op("MOVQ R9, R13")
	g.op("ANDQ $%d, R13", g.lanes-1)
	g.op("MOVQ R9, R12")
	g.op("SUBQ R13, R12")
	g.op("SHLQ $2, R12")
	g.mask("R13")
}

// each writes a loop over the vectors of a row. AX holds their offset.
func (g *gen) each(name string, body func(tail bool)) {
	g.op("XORL AX, AX")
	g.op("CMPQ AX, R12")
	g.op("JEQ %stail", name)
	g.label(name)
	body(false)
	g.op("ADDQ $%d, AX", g.size())
	g.op("CMPQ AX, R12")
	g.op("JNE %s", name)
	g.label(name + "tail")
	g.op("TESTQ R13, R13")
	g.op("JEQ %sdone", name)
	body(true)
	g.label(name + "done")
}

// reduce folds the lanes of register i, which end up in lane 0. Register tmp is
// lost.
func (g *gen) reduce(instr string, i, tmp int) {
	if g.lanes == 16 {
		g.op("VEXTRACTF64X4 $1, Z%d, Y%d", i, tmp)
		g.op("%s Y%d, Y%d, Y%d", instr, tmp, i, i)
	}
	g.op("VEXTRACTF128 $1, Y%d, X%d", i, tmp)
	g.op("%s X%d, X%d, X%d", instr, tmp, i, i)
	g.op("VPERMILPS $0x4e, X%d, X%d", i, tmp)
	g.op("%s X%d, X%d, X%d", instr, tmp, i, i)
	g.op("VPERMILPS $0xb1, X%d, X%d", i, tmp)
	g.op("%s X%d, X%d, X%d", instr, tmp, i, i)
}

// reduceFour folds the lanes of four registers, which end up in the lanes of
// the first, 128 bits of it. Registers a, b and tmp are lost.
func (g *gen) reduceFour(instr string, from [4]int, a, b, tmp int) {
	fold := func(size string, i, j, to int) {
		g.op("VUNPCKL%s %s, %s, %s", size, g.r(j), g.r(i), g.r(to))
		g.op("VUNPCKH%s %s, %s, %s", size, g.r(j), g.r(i), g.r(tmp))
		g.op("%s %s, %s, %[3]s", instr, g.r(tmp), g.r(to))
	}
	fold("PS", from[0], from[1], a)
	fold("PS", from[2], from[3], b)
	fold("PD", a, b, from[0])
	if g.lanes == 16 {
		g.op("VEXTRACTF64X4 $1, Z%d, Y%d", from[0], tmp)
		g.op("%s Y%d, Y%d, Y%[3]d", instr, tmp, from[0])
	}
	g.op("VEXTRACTF128 $1, Y%d, X%d", from[0], tmp)
	g.op("%s X%d, X%d, X%[3]d", instr, tmp, from[0])
}

// dot adds products to accumulator acc: vector y of signed numbers times x,
// the same in every lane.
func (g *gen) dot(y, x, acc, tmp int) {
	if g.bytes {
		g.op("VPDPBUSD %s, %s, %s", g.r(y), g.r(x), g.r(acc))
		return
	}
	g.op("VPMADDWD %s, %s, %s", g.r(y), g.r(x), g.r(tmp))
	g.op("VPADDD %s, %s, %s", g.r(tmp), g.r(acc), g.r(acc))
}
