package main

import "fmt"

// gemmAVX512F writes the tile of up to 12 rows by one or two panels. Twelve
// rows by two panels fill 24 of the 32 registers with accumulators: enough
// independent sums to hide the latency of the FMA, and each broadcast feeds
// two products.
func gemmAVX512F(a *asm) {
	g := gemm{asm: a, v: avx512f, rows: 12, panels: 2, unroll: 4}
	g.write("gemmF32AVX512F")
}

// gemmAVX2 writes the tile of up to 6 rows by one panel: 12 accumulators, two
// registers of weights and two broadcasts.
func gemmAVX2(a *asm) {
	g := gemm{asm: a, v: avx2, rows: 6, panels: 1, unroll: 4}
	g.write("gemmF32AVX2")
}

// ahead is how many steps of k before their use weights are prefetched, which
// gains 5 to 10 percent where they come from the third-level cache. Tiles of
// few rows are bound by loads and only lose.
const ahead = 24

// gemm is the generator of one tile function.
type gemm struct {
	*asm
	v      vec
	rows   int // most rows of a tile
	panels int // most panels of a tile
	unroll int // steps of k per iteration
}

func (g gemm) write(name string) {
	g.text(name, 145,
		fmt.Sprintf("func %s(dst []float32, ldd int, x []float32, ldx int, w []float32, ldw, k int, bias []float32, rows, panels int, add bool)", name))
	g.f("MOVQ dst_base+0(FP), DI")
	g.f("MOVQ ldd+24(FP), R13")
	g.f("MOVQ x_base+32(FP), R8")
	g.f("MOVQ ldx+56(FP), R12")
	g.f("MOVQ w_base+64(FP), BX")
	g.f("MOVQ k+96(FP), CX")
	g.f("MOVQ bias_base+104(FP), SI")
	g.f("MOVQ rows+128(FP), AX")
	g.f("SHLQ $2, R13")
	g.f("SHLQ $2, R12")
	g.comment("R8, R9, R10, R11: rows 0, 3, 6, 9 of x.")
	g.f("LEAQ (R12)(R12*2), R14")
	g.f("LEAQ (R8)(R14*1), R9")
	if g.rows > 6 {
		g.f("LEAQ (R9)(R14*1), R10")
		g.f("LEAQ (R10)(R14*1), R11")
	}
	if g.panels > 1 {
		g.comment("DX: the second panel.")
		g.f("MOVQ ldw+88(FP), DX")
		g.f("SHLQ $2, DX")
		g.f("ADDQ BX, DX")
		g.f("CMPQ panels+136(FP), $2")
		g.f("JEQ two")
	}
	for p := 1; p <= g.panels; p++ {
		if p == 2 {
			g.label("two")
		}
		for r := g.rows; r > 1; r-- {
			g.f("CMPQ AX, $%d", r)
			g.f("JEQ r%dp%d", r, p)
		}
		for r := 1; r <= g.rows; r++ {
			g.tile(r, p)
		}
	}
}

// x returns the operand of row i of x, j steps of k ahead.
func (g gemm) x(i, j int) string {
	s := fmt.Sprintf("%d(R%d)", 4*j, 8+i/3)
	if i%3 > 0 {
		s += fmt.Sprintf("(R12*%d)", i%3)
	}
	return s
}

// acc names the accumulator of row i and vector c.
func (g gemm) acc(i, c, vecs int) string { return g.v.r(i*vecs + c) }

// tile writes the loop for exactly rows rows and p panels.
func (g gemm) tile(rows, p int) {
	vecs := p * 16 / g.v.lanes // vectors across the tile
	last := 32
	if g.v.lanes == 8 {
		last = 16
	}
	free := rows * vecs // registers from here on: weights, then broadcasts
	w := func(c int) string { return g.v.r(free + c) }
	tmps := last - free - vecs
	tmp := func(i int) string { return g.v.r(free + vecs + i%tmps) }
	wmem := func(c, j int) string {
		base, off := "BX", c*4*g.v.lanes
		if off >= 64 {
			base, off = "DX", off-64
		}
		return fmt.Sprintf("%d(%s)", 64*j+off, base)
	}
	l := func(s string) string { return fmt.Sprintf("r%dp%d%s", rows, p, s) }

	steps := func(n int) {
		for j := range n {
			for c := range vecs {
				g.f("VMOVUPS %s, %s", wmem(c, j), w(c))
			}
			if rows >= 4 {
				g.f("PREFETCHT0 %d(BX)", 64*(j+ahead))
				if p == 2 {
					g.f("PREFETCHT0 %d(DX)", 64*(j+ahead))
				}
			}
			for i := range rows {
				if g.v.lanes == 16 && vecs == 1 {
					g.f("VFMADD231PS.BCST %s, %s, %s", g.x(i, j), w(0), g.acc(i, 0, vecs))
					continue
				}
				g.f("VBROADCASTSS %s, %s", g.x(i, j), tmp(i))
				for c := range vecs {
					g.f("VFMADD231PS %s, %s, %s", w(c), tmp(i), g.acc(i, c, vecs))
				}
			}
		}
		for b := 8; b <= 8+(rows-1)/3; b++ {
			g.f("ADDQ $%d, R%d", 4*n, b)
		}
		g.f("ADDQ $%d, BX", 64*n)
		if p == 2 {
			g.f("ADDQ $%d, DX", 64*n)
		}
	}

	g.label(l(""))
	g.f("CMPB add+144(FP), $0")
	g.f("JNE %s", l("add"))
	for i := range rows * vecs {
		g.f("VXORPS X%d, X%d, X%d", i, i, i)
	}
	g.label(l("start"))
	g.f("SUBQ $%d, CX", g.unroll)
	g.f("JLT %s", l("tail"))
	g.label(l("loop"))
	steps(g.unroll)
	g.f("SUBQ $%d, CX", g.unroll)
	g.f("JGE %s", l("loop"))
	g.label(l("tail"))
	g.f("ADDQ $%d, CX", g.unroll)
	g.f("JEQ %s", l("store"))
	g.label(l("one"))
	steps(1)
	g.f("DECQ CX")
	g.f("JNE %s", l("one"))
	g.label(l("store"))
	for c := range vecs {
		g.f("VMOVUPS %d(SI), %s", 4*g.v.lanes*c, w(c))
	}
	for i := range rows {
		for c := range vecs {
			g.f("VADDPS %s, %s, %s", w(c), g.acc(i, c, vecs), g.acc(i, c, vecs))
			g.f("VMOVUPS %s, %d(DI)", g.acc(i, c, vecs), 4*g.v.lanes*c)
		}
		if i < rows-1 {
			g.f("ADDQ R13, DI")
		}
	}
	g.f("VZEROUPPER")
	g.f("RET")
	g.label(l("add"))
	g.f("MOVQ DI, R14")
	for i := range rows {
		for c := range vecs {
			g.f("VMOVUPS %d(R14), %s", 4*g.v.lanes*c, g.acc(i, c, vecs))
		}
		if i < rows-1 {
			g.f("ADDQ R13, R14")
		}
	}
	g.f("JMP %s", l("start"))
}
