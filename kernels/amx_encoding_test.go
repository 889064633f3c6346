package kernels

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// amxEncodings holds the bytes of the AMX instructions in use, as
//
//	llvm-mc -assemble -show-encoding -triple=x86_64 -mattr=+amx-tile,+amx-int8
//
// gives them (operands in the order of the Go assembler are those of AT&T).
var amxEncodings = map[string]string{
	"LDTILECFG (AX)":              "c4 e2 78 49 00",
	"TILERELEASE":                 "c4 e2 78 49 c0",
	"TILEZERO TMM0":               "c4 e2 7b 49 c0",
	"TILEZERO TMM1":               "c4 e2 7b 49 c8",
	"TILEZERO TMM2":               "c4 e2 7b 49 d0",
	"TILEZERO TMM3":               "c4 e2 7b 49 d8",
	"TILELOADD (SI)(R8*1), TMM4":  "c4 a2 7b 4b 24 06",
	"TILELOADD (R9)(R8*1), TMM5":  "c4 82 7b 4b 2c 01",
	"TILELOADD (DX)(BX*1), TMM6":  "c4 e2 7b 4b 34 1a",
	"TILELOADD (AX)(BX*1), TMM7":  "c4 e2 7b 4b 3c 18",
	"TILESTORED TMM0, (AX)(CX*1)": "c4 e2 7a 4b 04 08",
	"TILESTORED TMM1, (DX)(CX*1)": "c4 e2 7a 4b 0c 0a",
	"TILESTORED TMM2, (SI)(CX*1)": "c4 e2 7a 4b 14 0e",
	"TILESTORED TMM3, (DX)(CX*1)": "c4 e2 7a 4b 1c 0a",
	"TDPBUSD TMM6, TMM4, TMM0":    "c4 e2 49 5e c4",
	"TDPBUSD TMM6, TMM5, TMM2":    "c4 e2 49 5e d5",
	"TDPBUSD TMM7, TMM4, TMM1":    "c4 e2 41 5e cc",
	"TDPBUSD TMM7, TMM5, TMM3":    "c4 e2 41 5e dd",
}

// TestAMXEncodings compares the bytes in the assembly, which the Go assembler
// cannot check, with those of another assembler.
func TestAMXEncodings(t *testing.T) {
	source, err := os.ReadFile("gemm_s8_bitmask_amx_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	raw := regexp.MustCompile(`BYTE \$0x([0-9a-f]{2})`)
	used := make(map[string]bool)
	for line := range strings.Lines(string(source)) {
		code, name, _ := strings.Cut(strings.TrimSpace(line), " // ")
		if !strings.HasPrefix(code, "BYTE") {
			continue
		}
		var bytes []string
		for _, m := range raw.FindAllStringSubmatch(code, -1) {
			bytes = append(bytes, m[1])
		}
		if got, want := strings.Join(bytes, " "), amxEncodings[name]; got != want {
			t.Errorf("%s is %s, want %q", name, got, want)
		}
		used[name] = true
	}
	for name := range amxEncodings {
		if !used[name] {
			t.Errorf("%s is in no assembly", name)
		}
	}
}
