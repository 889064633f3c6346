package main

import "fmt"

// ymm is what the two instruction sets with 16 registers of 8 sums have in
// common: up to 6 tokens by one panel, which leave 4 registers.
type ymm struct{}

func (ymm) panels() []int         { return []int{1} }
func (ymm) tokens(panels int) int { return 6 }
func (ymm) register(i int) string { return fmt.Sprintf("Y%d", i) }
func (ymm) lanes() int            { return 8 }

func ymmStart(t *text, v isa, s tile) {
	for i := range s.tokens {
		b := free(v, s, 0)
		t.op("VPBROADCASTD %d(CX), %s", 4*i, b)
		for c := range 2 {
			t.op("VPMULLD %d(AX), %s, %s", 32*c, b, acc(v, s, i, c))
		}
	}
}

func ymmScale(t *text, v isa, s tile) {
	for c := range 2 {
		t.op("VMOVUPS %d(AX), %s", 32*c, free(v, s, c))
	}
	for i := range s.tokens {
		b, p := free(v, s, 2), free(v, s, 3)
		t.op("VBROADCASTSS %d(CX), %s", 4*i, b)
		for c := range 2 {
			a := acc(v, s, i, c)
			t.op("VCVTDQ2PS %s, %[1]s", a)
			t.op("VMULPS %s, %s, %s", free(v, s, c), b, p)
			t.op("VMULPS %s, %s, %[2]s", p, a)
			t.op("VADDPS %d(BX), %s, %[2]s", 32*c, a)
			t.op("VMOVUPS %s, %d(DX)", a, 32*c)
		}
		t.op("ADDQ %d(DI), DX", argLDD)
	}
}

// avx2 multiplies pairs of int16. The weights of a quad become two vectors of
// pairs, inputs 0 and 2 and inputs 1 and 3, by shifts; the activations come
// with their pairs in that order.
type avx2 struct{ ymm }

func (avx2) name() string { return "AVX2" }
func (avx2) note() string {
	return " A token of x\n// is what gemmS8DenseWidenAVX2 makes of it, so its quads are 8 bytes."
}
func (avx2) bytes() int              { return 8 }
func (v avx2) start(t *text, s tile) { ymmStart(t, v, s) }
func (v avx2) scale(t *text, s tile) { ymmScale(t, v, s) }

func (v avx2) quad(t *text, s tile, j int) {
	w := func(c int) string { return free(v, s, c) }
	b, p := free(v, s, 2), free(v, s, 3)
	for half := range 2 {
		for c := range 2 {
			t.op("VMOVDQU %s, %s", weight(v, c, j), w(c))
			if half == 0 {
				t.op("VPSLLW $8, %s, %[1]s", w(c))
			}
			t.op("VPSRAW $8, %s, %[1]s", w(c))
		}
		for i := range s.tokens {
			t.op("VPBROADCASTD %s, %s", x(i, 8*j+4*half), b)
			t.op("VPMADDWD %s, %s, %s", w(0), b, p)
			t.op("VPMADDWD %s, %s, %[2]s", w(1), b)
			t.op("VPADDD %s, %s, %[2]s", p, acc(v, s, i, 0))
			t.op("VPADDD %s, %s, %[2]s", b, acc(v, s, i, 1))
		}
	}
}

func avx2Widen(t *text) {
	t.line(`// func gemmS8DenseWidenAVX2(dst *byte, src *byte, chunks int)
//
//	for q := range 8 * chunks {
//		for i, j := range []int{0, 2, 1, 3} {
//			dst16[4*q+i] = uint16(src[4*q+j])
//		}
//	}
//
// SI source, DI destination, CX chunks of 32 bytes left, Y7 the mask of even
// bytes.`)
	t.line("TEXT ·gemmS8DenseWidenAVX2(SB), NOSPLIT, $0-24")
	t.op("MOVQ dst+0(FP), DI")
	t.op("MOVQ src+8(FP), SI")
	t.op("MOVQ chunks+16(FP), CX")
	t.op("VPCMPEQW Y7, Y7, Y7")
	t.op("VPSRLW $8, Y7, Y7")
	t.line("chunk:")
	t.op("VMOVDQU (SI), Y0")
	t.op("VPAND Y7, Y0, Y1")
	t.op("VPSRLW $8, Y0, Y0")
	t.op("VPUNPCKLDQ Y0, Y1, Y2")
	t.op("VPUNPCKHDQ Y0, Y1, Y3")
	t.op("VMOVDQU X2, (DI)")
	t.op("VMOVDQU X3, 16(DI)")
	t.op("VEXTRACTI128 $1, Y2, 32(DI)")
	t.op("VEXTRACTI128 $1, Y3, 48(DI)")
	t.op("ADDQ $32, SI")
	t.op("ADDQ $64, DI")
	t.op("DECQ CX")
	t.op("JNZ chunk")
	t.op("VZEROUPPER")
	t.op("RET")
}
