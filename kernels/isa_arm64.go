//go:build arm64 && !purego

package kernels

import (
	"runtime"

	"golang.org/x/sys/cpu"
)

var (
	flagsNEON    = []string{"asimd"}
	flagsDotProd = append(flagsNEON[:1:1], "asimddp")
)

// hasDotProd is true of every CPU that macOS runs on, also where an old version
// does not tell.
var hasDotProd = cpu.ARM64.HasASIMD && (cpu.ARM64.HasASIMDDP || runtime.GOOS == "darwin")

// isas lists the instruction sets that some variant is written for, best first.
var isas = []isa{
	{"dotprod", flagsDotProd, hasDotProd},
	{"neon", flagsNEON, cpu.ARM64.HasASIMD},
	{"ref", nil, true},
}
