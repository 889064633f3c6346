package kernels

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// vexLine finds lines with bytes in place of an instruction, which a comment
// names.
var vexLine = regexp.MustCompile(`(?m)^\t((?:BYTE|WORD|LONG|QUAD) .*) // (.*)$`)

// TestAVXVNNIEncodings decodes the instructions of AVX-VNNI, which the Go
// assembler does not know, and compares them with their comments. Few machines
// of developers could run them.
func TestAVXVNNIEncodings(t *testing.T) {
	files, err := filepath.Glob("*_avxvnni_amd64.s")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	// As binutils has it:
	const known = "\tBYTE $0xc4; BYTE $0x42; BYTE $0x05; BYTE $0x50; BYTE $0xd4 // VPDPBUSD Y12, Y15, Y10\n"
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := vexLine.FindAllStringSubmatch(known+string(source), -1)
		if len(lines) < 5 {
			t.Errorf("%s: %d instructions", file, len(lines))
		}
		for _, l := range lines {
			var c [5]byte
			for i, b := range strings.Split(l[1], "; ") {
				if _, err := fmt.Sscanf(b, "BYTE $%v", &c[min(i, 4)]); err != nil || i > 4 {
					t.Fatalf("%s: %s: not five bytes (%v)", file, l[0], err)
				}
			}
			// VEX.66.0F38.W0 50 /r between registers; R, X, B and vvvv inverted.
			if c[0] != 0xc4 || c[1]&0x5f != 0x42 || c[2]&0x83 != 0x01 || c[3] != 0x50 || c[4]>>6 != 3 {
				t.Errorf("%s: %s: not a VPDPBUSD of AVX-VNNI", file, l[0])
			}
			kind := "XY"[c[2]>>2&1]
			reg := c[4]>>3&7 + ^c[1]>>7<<3
			rm := c[4]&7 + ^c[1]>>5&1<<3
			if got := fmt.Sprintf("VPDPBUSD %c%d, %c%d, %c%d", kind, rm, kind, ^c[2]>>3&15, kind, reg); got != l[2] {
				t.Errorf("%s: %s: is %s", file, l[0], got)
			}
		}
	}
}
