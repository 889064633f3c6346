//go:build amd64 && !purego

package kernels

import "golang.org/x/sys/cpu"

var (
	flagsAVX2       = []string{"avx2", "fma"}
	flagsAVX512F    = append(flagsAVX2[:2:2], "avx512f", "avx512bw", "avx512dq", "avx512vl")
	flagsAVX512VBMI = append(flagsAVX512F[:6:6], "avx512_vnni", "avx512vbmi")
)

var hasAVX512F = cpu.X86.HasAVX2 && cpu.X86.HasFMA && cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL

// isas lists the instruction sets that some variant is written for, best first.
var isas = []isa{
	{"avx512vbmi", flagsAVX512VBMI, hasAVX512F && cpu.X86.HasAVX512VNNI && cpu.X86.HasAVX512VBMI},
	{"avx512f", flagsAVX512F, hasAVX512F},
	{"avx2", flagsAVX2, cpu.X86.HasAVX2 && cpu.X86.HasFMA},
	{"ref", nil, true},
}
