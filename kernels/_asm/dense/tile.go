package main

import "fmt"

// A tile is a number of tokens by a number of panels of 16 outputs, whose sums
// are kept in registers.
type tile struct{ tokens, panels int }

// isa is what differs between instruction sets.
type isa interface {
	name() string  // suffix of symbols
	note() string  // for the comment of the function
	panels() []int // numbers of panels of a tile
	tokens(panels int) int
	register(i int) string
	lanes() int
	bytes() int // of a quad of a token
	start(t *text, s tile)
	quad(t *text, s tile, j int)
	scale(t *text, s tile)
}

// Offsets in denseS8Args.
const (
	argX, argStride, argWeights, argPanel, argQuads      = 0, 8, 16, 24, 32
	argDst, argLDD, argScale, argFix, argBias            = 40, 48, 56, 64, 72
	argScaleX, argZero, argTiles, argTokens, argPanelsOf = 80, 88, 96, 104, 112
)

// acc names the accumulator of token i and vector c.
func acc(v isa, s tile, i, c int) string { return v.register(i*vectors(v, s) + c) }

// vectors returns the number of vectors of a token's sums.
func vectors(v isa, s tile) int { return s.panels * 16 / v.lanes() }

// free names register i of those that are no accumulators.
func free(v isa, s tile, i int) string { return v.register(s.tokens*vectors(v, s) + i) }

// x is the operand of token i, off bytes on.
func x(i, off int) string {
	s := fmt.Sprintf("%d(R%d)", off, 8+i/3)
	if i%3 > 0 {
		s += fmt.Sprintf("(R12*%d)", i%3)
	}
	return s
}

// weight is the operand of vector c, quad j.
func weight(v isa, c, j int) string {
	per := 16 / v.lanes()
	off := 64*j + 4*v.lanes()*(c%per)
	return fmt.Sprintf([]string{"%d(BX)", "%d(BX)(R13*1)", "%d(BX)(R13*2)", "%d(R15)"}[c/per], off)
}

// unroll is the number of quads of a turn of the loop.
const unroll = 4

// prefetchFrom is the least number of tokens of tiles that prefetch the panels
// after their own into the second cache and their place in dst into the first.
// Where weights come from memory that makes up to 1.5 times as fast. Tiles of
// fewer tokens are bound by loads and only lose.
const prefetchFrom = 4

// writeTiles writes the function that computes tiles of all shapes.
func writeTiles(t *text, v isa) {
	name := "gemmS8Dense" + v.name()
	t.line(`// func %s(a *denseS8Args)
//
//	for range tiles {
//		for t := range tokens {
//			for j := range 16 * panels {
//				sum := zero[t] * fix[j]
//				for q := range quads {
//					for i := range 4 {
//						sum += x[t*stride+4*q+i] * w[j/16*panel+64*q+4*(j%%16)+i]
//					}
//				}
//				dst[t*ldd+j] = float32(sum)*(scaleX[t]*scale[j]) + bias[j]
//			}
//		}
//		x, dst, scaleX, zero = x[tokens*stride:], dst[tokens*ldd:], scaleX[tokens:], zero[tokens:]
//	}
//
// each operation rounded.%s DI arguments, SI x of the tile, R8 to R11 its
// tokens 0, 3, 6 and 9, R12 stride, BX weights, R13 panel, R15 panel 3, DX dst,
// R14 offset of the tile's tokens in scaleX and zero, CX quads left, AX what is
// prefetched.`, name, v.note())
	ps := v.panels()
	t.line("TEXT ·%s(SB), NOSPLIT, $0-8", name)
	t.op("MOVQ a+0(FP), DI")
	t.op("MOVQ %d(DI), AX", argTokens)
	for _, p := range ps[1:] {
		t.op("CMPQ %d(DI), $%d", argPanelsOf, p)
		t.op("JEQ panels%d", p)
	}
	for i, p := range ps {
		if i > 0 {
			t.line("panels%d:", p)
		}
		t.op("LEAQ ·%sTable%d<>(SB), BX", name, p)
		t.op("MOVQ -8(BX)(AX*8), BX")
		t.op("JMP BX")
	}
	t.line("")
	for _, p := range ps {
		n := v.tokens(p)
		for i := range n {
			t.line("DATA ·%sTable%d<>+%d(SB)/8, $·%sTile%dx%d<>(SB)", name, p, 8*i, name, i+1, p)
		}
		t.line("GLOBL ·%sTable%d<>(SB), RODATA, $%d\n", name, p, 8*n)
	}
	for _, p := range ps {
		for n := 1; n <= v.tokens(p); n++ {
			t.line("TEXT ·%sTile%dx%d<>(SB), NOSPLIT, $0-8", name, n, p)
			writeTile(t, v, tile{n, p})
		}
	}
}

// writeTile writes the loop over tiles of one shape.
func writeTile(t *text, v isa, s tile) {
	rows := (s.tokens + 2) / 3 // registers that point to tokens
	t.op("MOVQ %d(DI), SI", argX)
	t.op("MOVQ %d(DI), R12", argStride)
	t.op("MOVQ %d(DI), R13", argPanel)
	t.op("MOVQ %d(DI), DX", argDst)
	t.op("XORL R14, R14")
	t.line("tile:")
	t.op("MOVQ SI, R8")
	if rows > 1 {
		t.op("LEAQ (R12)(R12*2), AX")
	}
	for i := 1; i < rows; i++ {
		t.op("LEAQ (R%d)(AX*1), R%d", 7+i, 8+i)
	}
	t.op("MOVQ %d(DI), BX", argWeights)
	if s.panels > 3 {
		t.op("LEAQ (R13)(R13*2), R15")
		t.op("ADDQ BX, R15")
	}
	if s.tokens >= prefetchFrom {
		prefetchDst(t, s)
	}
	t.op("MOVQ %d(DI), AX", argFix)
	t.op("MOVQ %d(DI), CX", argZero)
	t.op("ADDQ R14, CX")
	v.start(t, s)
	if s.tokens >= prefetchFrom {
		t.op("LEAQ (BX)(R13*%d), AX", s.panels)
	}
	t.op("MOVQ %d(DI), CX", argQuads)
	t.op("SUBQ $%d, CX", unroll)
	t.op("JLT rest")
	t.op("PCALIGN $32")
	t.line("loop:")
	if s.tokens >= prefetchFrom {
		for j := range unroll * s.panels {
			t.op("PREFETCHT1 %d(AX)", 64*j)
		}
		t.op("ADDQ $%d, AX", 64*unroll*s.panels)
	}
	turn(t, v, s, unroll)
	t.op("SUBQ $%d, CX", unroll)
	t.op("JGE loop")
	t.line("rest:")
	t.op("ADDQ $%d, CX", unroll)
	t.op("JEQ scale")
	t.line("one:")
	turn(t, v, s, 1)
	t.op("DECQ CX")
	t.op("JNZ one")
	t.line("scale:")
	t.op("MOVQ %d(DI), AX", argScale)
	t.op("MOVQ %d(DI), BX", argBias)
	t.op("MOVQ %d(DI), CX", argScaleX)
	t.op("ADDQ R14, CX")
	v.scale(t, s)
	t.op("IMUL3Q $%d, R12, AX", s.tokens)
	t.op("ADDQ AX, SI")
	t.op("ADDQ $%d, R14", 4*s.tokens)
	t.op("DECQ %d(DI)", argTiles)
	t.op("JNZ tile")
	t.op("VZEROUPPER")
	t.op("RET\n")
}

// prefetchDst prefetches what a tile will write.
func prefetchDst(t *text, s tile) {
	t.op("MOVQ DX, AX")
	for i := range s.tokens {
		for c := range s.panels {
			t.op("PREFETCHT0 %d(AX)", 64*c)
		}
		if i < s.tokens-1 {
			t.op("ADDQ %d(DI), AX", argLDD)
		}
	}
}

// turn writes n quads and moves the pointers past them.
func turn(t *text, v isa, s tile, n int) {
	for j := range n {
		v.quad(t, s, j)
	}
	for i := range (s.tokens + 2) / 3 {
		t.op("ADDQ $%d, R%d", v.bytes()*n, 8+i)
	}
	t.op("ADDQ $%d, BX", 64*n)
	if s.panels > 3 {
		t.op("ADDQ $%d, R15", 64*n)
	}
}
