package main

import (
	"fmt"
	"strings"
)

// The Go assembler does not know AMX, so its instructions are written as bytes:
//
//	C4  R̄X̄B̄ 00010  0 v̄v̄v̄v̄ 0 pp  opcode  ModRM  [SIB]
//
// a VEX prefix for the opcode map 0F38 with W and L zero. R, X and B are the
// fourth bits of ModRM.reg, of the index and of ModRM.rm or the base; v is the
// second source; R, X, B and v are stored inverted.

// Values of pp, the prefix that VEX stands for.
const (
	ppNone = iota
	pp66
	ppF3
	ppF2
)

// regs numbers the general registers as instructions do.
var regs = map[string]int{
	"AX": 0, "CX": 1, "DX": 2, "BX": 3, "SI": 6, "DI": 7,
	"R8": 8, "R9": 9, "R10": 10, "R11": 11, "R12": 12, "R13": 13, "R14": 14, "R15": 15,
}

// raw writes an instruction as bytes, with its text as a comment.
func (t *text) raw(comment string, bytes ...int) {
	var b strings.Builder
	for i, c := range bytes {
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "BYTE $0x%02x", c)
	}
	t.op("%s // %s", b.String(), comment)
}

// vex returns the prefix and the opcode. r, x and b are 0 or 8 and up for
// registers that need the fourth bit.
func vex(pp, opcode, r, x, b, v int) []int {
	return []int{0xc4, (^r>>3&1)<<7 | (^x>>3&1)<<6 | (^b>>3&1)<<5 | 2, (^v&15)<<3 | pp, opcode}
}

// memory returns ModRM and SIB for base and index, unscaled, without an offset.
func memory(reg, base, index int) []int {
	if base&7 == 5 || index == 4 {
		panic("amx: this register needs another encoding")
	}
	return []int{reg<<3 | 4, (index&7)<<3 | base&7}
}

// ldtilecfg loads the configuration at base.
func (t *text) ldtilecfg(base string) {
	b := regs[base]
	if b&7 == 4 || b&7 == 5 {
		panic("amx: this register needs another encoding")
	}
	t.raw(fmt.Sprintf("LDTILECFG (%s)", base), append(vex(ppNone, 0x49, 0, 0, b, 0), b&7)...)
}

func (t *text) tilerelease() { t.raw("TILERELEASE", append(vex(ppNone, 0x49, 0, 0, 0, 0), 0xc0)...) }

func (t *text) tilezero(tmm int) {
	t.raw(fmt.Sprintf("TILEZERO TMM%d", tmm), append(vex(ppF2, 0x49, 0, 0, 0, 0), 0xc0|tmm<<3)...)
}

// tileload loads the rows at base, base+stride, base+2*stride ...
func (t *text) tileload(base, stride string, tmm int) {
	b, i := regs[base], regs[stride]
	t.raw(fmt.Sprintf("TILELOADD (%s)(%s*1), TMM%d", base, stride, tmm), append(vex(ppF2, 0x4b, 0, i, b, 0), memory(tmm, b, i)...)...)
}

// tilestore stores what tileload loads.
func (t *text) tilestore(tmm int, base, stride string) {
	b, i := regs[base], regs[stride]
	t.raw(fmt.Sprintf("TILESTORED TMM%d, (%s)(%s*1)", tmm, base, stride), append(vex(ppF3, 0x4b, 0, i, b, 0), memory(tmm, b, i)...)...)
}

// tdpbusd adds to c the products of unsigned bytes in a and signed bytes in b.
func (t *text) tdpbusd(b, a, c int) {
	t.raw(fmt.Sprintf("TDPBUSD TMM%d, TMM%d, TMM%d", b, a, c), append(vex(pp66, 0x5e, 0, 0, 0, b), 0xc0|c<<3|a)...)
}
