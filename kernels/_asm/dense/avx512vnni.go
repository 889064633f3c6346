package main

import "fmt"

// avx512vnni keeps the sums of 16 outputs in a register. Up to 12 tokens by 2
// panels, or 6 by 4, leave 24 independent sums in 32 registers.
type avx512vnni struct{}

func (avx512vnni) name() string          { return "AVX512VNNI" }
func (avx512vnni) note() string          { return "" }
func (avx512vnni) panels() []int         { return []int{1, 2, 4} }
func (avx512vnni) tokens(panels int) int { return min(12, 24/panels) }
func (avx512vnni) register(i int) string { return fmt.Sprintf("Z%d", i) }
func (avx512vnni) lanes() int            { return 16 }
func (avx512vnni) bytes() int            { return 4 }

func (v avx512vnni) start(t *text, s tile) {
	for c := range s.panels {
		t.op("VMOVDQU64 %d(AX), %s", 64*c, free(v, s, c))
	}
	for i := range s.tokens {
		for c := range s.panels {
			t.op("VPMULLD.BCST %d(CX), %s, %s", 4*i, free(v, s, c), acc(v, s, i, c))
		}
	}
}

func (v avx512vnni) quad(t *text, s tile, j int) {
	for c := range s.panels {
		t.op("VMOVDQU64 %s, %s", weight(v, c, j), free(v, s, c))
	}
	temps := 32 - (s.tokens+1)*s.panels
	for i := range s.tokens {
		b := free(v, s, s.panels+(j*s.tokens+i)%temps)
		t.op("VPBROADCASTD %s, %s", x(i, 4*j), b)
		for c := range s.panels {
			t.op("VPDPBUSD %s, %s, %s", free(v, s, c), b, acc(v, s, i, c))
		}
	}
}

func (v avx512vnni) scale(t *text, s tile) {
	for c := range s.panels {
		t.op("VMOVUPS %d(AX), %s", 64*c, free(v, s, c))
	}
	for i := range s.tokens {
		for c := range s.panels {
			a, b := acc(v, s, i, c), free(v, s, s.panels+(i*s.panels+c)%4)
			t.op("VCVTDQ2PS %s, %[1]s", a)
			t.op("VMULPS.BCST %d(CX), %s, %s", 4*i, free(v, s, c), b)
			t.op("VMULPS %s, %s, %[2]s", b, a)
			t.op("VADDPS %d(BX), %s, %[2]s", 64*c, a)
			t.op("VMOVUPS %s, %d(DX)", a, 64*c)
		}
		t.op("ADDQ %d(DI), DX", argLDD)
	}
}
