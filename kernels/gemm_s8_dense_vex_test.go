package kernels

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// vexLine finds instructions that are written as bytes, with what they are in a
// comment.
var vexLine = regexp.MustCompile(`(?m)^\tBYTE \$(.*) // (.*)$`)

// TestGemmS8DenseVEX decodes the instructions that the assembler does not know
// and compares them with their comments.
func TestGemmS8DenseVEX(t *testing.T) {
	const known = "\tBYTE $0xc4; BYTE $0x42; BYTE $0x05; BYTE $0x50; BYTE $0xd4 // VPDPBUSD Y12, Y15, Y10\n" // as binutils has it
	source, err := os.ReadFile("gemm_s8_dense_avxvnni_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	lines := vexLine.FindAllStringSubmatch(known+string(source), -1)
	if len(lines) < 100 {
		t.Errorf("%d instructions", len(lines))
	}
	for _, l := range lines {
		var c [5]byte
		if n, err := fmt.Sscanf(strings.ReplaceAll(l[1], "; BYTE $", " "), "%v %v %v %v %v", &c[0], &c[1], &c[2], &c[3], &c[4]); n != 5 {
			t.Fatalf("%s: %v", l[0], err)
		}
		// VEX.256.66.0F38.W0 50 /r between registers; R, X, B and vvvv inverted.
		if c[0] != 0xc4 || c[1]&0x5f != 0x42 || c[2]&0x87 != 0x05 || c[3] != 0x50 || c[4]>>6 != 3 {
			t.Errorf("%s: not a VPDPBUSD of AVX-VNNI", l[0])
		}
		reg := c[4]>>3&7 + ^c[1]>>7<<3
		rm := c[4]&7 + ^c[1]>>5&1<<3
		if got := fmt.Sprintf("VPDPBUSD Y%d, Y%d, Y%d", rm, ^c[2]>>3&15, reg); got != l[2] {
			t.Errorf("%s: is %s", l[0], got)
		}
	}
}
