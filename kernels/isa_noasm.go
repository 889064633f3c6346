//go:build (!amd64 && !arm64) || purego

package kernels

// isas lists the instruction sets that some variant is written for: only the
// reference where there is no assembly.
var isas = []isa{{"ref", nil, true}}
