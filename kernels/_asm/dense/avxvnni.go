package main

import (
	"fmt"
	"strings"
)

// avxvnni multiplies as avx512vnni does, in registers half as long.
type avxvnni struct{ ymm }

func (avxvnni) name() string            { return "AVXVNNI" }
func (avxvnni) note() string            { return "" }
func (avxvnni) bytes() int              { return 4 }
func (v avxvnni) start(t *text, s tile) { ymmStart(t, v, s) }
func (v avxvnni) scale(t *text, s tile) { ymmScale(t, v, s) }

func (v avxvnni) quad(t *text, s tile, j int) {
	n := 2 * s.tokens // accumulators, then two vectors of weights
	for c := range 2 {
		t.op("VMOVDQU %s, Y%d", weight(v, c, j), n+c)
	}
	for i := range s.tokens {
		b := n + 2 + (j*s.tokens+i)%2
		t.op("VPBROADCASTD %s, Y%d", x(i, 4*j), b)
		for c := range 2 {
			t.op("%s // VPDPBUSD Y%d, Y%d, Y%d", vpdpbusd(n+c, b, 2*i+c), n+c, b, 2*i+c)
		}
	}
}

// vpdpbusd returns the instruction VPDPBUSD Yw, Yx, Yacc of AVX-VNNI, with
// weights in w and activations in x, as bytes: the Go assembler writes the form
// of AVX-512. It is VEX.256.66.0F38.W0 50 /r.
func vpdpbusd(w, x, acc int) string {
	code := [...]int{
		0xc4,
		(1-acc>>3)<<7 | 1<<6 | (1-w>>3)<<5 | 2, // inverted R, X and B, then map 0F38
		(15-x)<<3 | 1<<2 | 1,                   // inverted vvvv, 256 bits, prefix 66
		0x50,
		3<<6 | (acc&7)<<3 | w&7,
	}
	var ops []string
	for _, b := range code {
		ops = append(ops, fmt.Sprintf("BYTE $%#02x", b))
	}
	return strings.Join(ops, "; ")
}
