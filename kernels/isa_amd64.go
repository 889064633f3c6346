//go:build amd64 && !purego

package kernels

import "golang.org/x/sys/cpu"

var (
	flagsAVX2        = []string{"avx2", "fma"}
	flagsAVX512F     = append(flagsAVX2[:2:2], "avx512f", "avx512bw", "avx512dq", "avx512vl")
	flagsAVX512VNNI  = append(flagsAVX512F[:6:6], "avx512_vnni")
	flagsAVX512VBMI  = append(flagsAVX512VNNI[:7:7], "avx512vbmi")
	flagsAVX512VBMI2 = append(flagsAVX512VBMI[:8:8], "avx512_vbmi2")
	flagsAMX         = append(flagsAVX512VBMI2[:9:9], "amx_tile", "amx_int8")
	flagsAVXVNNI     = append(flagsAVX2[:2:2], "avx_vnni")
)

var (
	hasAVX2        = cpu.X86.HasAVX2 && cpu.X86.HasFMA
	hasAVX512F     = hasAVX2 && cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL
	hasAVX512VNNI  = hasAVX512F && cpu.X86.HasAVX512VNNI
	hasAVX512VBMI  = hasAVX512VNNI && cpu.X86.HasAVX512VBMI
	hasAVX512VBMI2 = hasAVX512VBMI && cpu.X86.HasAVX512VBMI2
)

// isas lists the instruction sets that some variant is written for, best first.
var isas = []isa{
	{"amx", flagsAMX, hasAVX512VBMI2 && hasAMX()},
	{"avx512vbmi2", flagsAVX512VBMI2, hasAVX512VBMI2},
	{"avx512vbmi", flagsAVX512VBMI, hasAVX512VBMI},
	{"avx512vnni", flagsAVX512VNNI, hasAVX512VNNI},
	{"avx512f", flagsAVX512F, hasAVX512F},
	{"avxvnni", flagsAVXVNNI, hasAVX2 && cpu.X86.HasAVXVNNI},
	{"avx2", flagsAVX2, hasAVX2},
	{"ref", nil, true},
}
