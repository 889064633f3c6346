package kernels

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// A variant is one implementation of an operation. Every operation keeps its
// variants in one slice, best first and the plain Go reference last; dispatch,
// tests, the fuzzers and the benchmarks all range over that slice.
type variant[F any] struct {
	isa string // name as in the isa table: "ref", "avx2", "avx512f" ...
	fn  F
}

// An isa is a named set of CPU features that a variant may rely on. The sets
// are not a ladder: a CPU can have one without another.
type isa struct {
	name  string
	flags []string // features needed, in the spelling of /proc/cpuinfo
	ok    bool     // the CPU (and the operating system) offers all of them
}

// isaEnv names the environment variable that restricts dispatch.
const isaEnv = "KERNELS_ISA"

// isaCap and isaErr hold what KERNELS_ISA said at start-up.
var isaCap, isaErr = parseISA(os.Getenv(isaEnv))

// parseISA returns the isa that name selects, or nil for no restriction.
func parseISA(name string) (*isa, error) {
	if name == "" {
		return nil, nil
	}
	var names []string
	for i, s := range isas {
		if s.name == name {
			if !s.ok {
				return nil, fmt.Errorf("kernels: %s=%q, but this CPU lacks it (needs %s)", isaEnv, name, strings.Join(s.flags, " "))
			}
			return &isas[i], nil
		}
		names = append(names, s.name)
	}
	return nil, fmt.Errorf("kernels: %s=%q is not a known instruction set (have %s)", isaEnv, name, strings.Join(names, ", "))
}

// usable reports whether variants of the isa called name may run: the CPU has
// its features, and they are among those that KERNELS_ISA allows.
func usable(name string) bool {
	i := slices.IndexFunc(isas, func(s isa) bool { return s.name == name })
	if i < 0 || !isas[i].ok {
		return false
	}
	if isaCap == nil {
		return true
	}
	for _, f := range isas[i].flags {
		if !slices.Contains(isaCap.flags, f) {
			return false
		}
	}
	return true
}

// best returns the first usable variant.
func best[F any](vs []variant[F]) variant[F] {
	for _, v := range vs {
		if usable(v.isa) {
			return v
		}
	}
	panic("kernels: operation without a reference")
}

// Check returns an error if the environment variable KERNELS_ISA names an
// instruction set that is unknown or that this CPU lacks. Dispatch ignores
// such a value; programs that measure must call Check, so that a figure is not
// taken for that of another variant.
func Check() error { return isaErr }

// Supported returns the names of the instruction sets whose variants this
// process may use, best first. It always ends in "ref", the plain Go reference.
func Supported() []string {
	var names []string
	for _, s := range isas {
		if usable(s.name) {
			names = append(names, s.name)
		}
	}
	return names
}
