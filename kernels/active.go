package kernels

import (
	"cmp"
	"slices"
)

// A Choice names the variant that an operation uses in this process.
type Choice struct {
	Op  string // operation and type: "gemm_f32", "layernorm_f32" ...
	ISA string // instruction set of its variant: "avx512f", "avx2", "ref" ...
}

// op is one registered operation.
type op struct {
	name string
	isas []string // of its variants, best first
	used string   // the one that dispatch uses
}

// ops holds every operation of the package; choose fills it at start-up.
var ops []op

// choose registers the operation called name and returns the best of its
// variants. Each operation calls it once, to initialize a package variable.
func choose[F any](name string, vs []variant[F]) F {
	b := best(vs)
	o := op{name: name, used: b.isa}
	for _, v := range vs {
		o.isas = append(o.isas, v.isa)
	}
	ops = append(ops, o)
	return b.fn
}

// Active returns which variant every operation uses, sorted by operation, for
// logs and benchmark reports. The choice is made once, when the process starts.
func Active() []Choice {
	cs := make([]Choice, 0, len(ops))
	for _, o := range ops {
		cs = append(cs, Choice{o.name, o.used})
	}
	slices.SortFunc(cs, func(a, b Choice) int { return cmp.Compare(a.Op, b.Op) })
	return cs
}

// ActiveISA returns the instruction set that the operation called name uses in
// this process, or "" if there is no such operation.
func ActiveISA(name string) string {
	i := slices.IndexFunc(ops, func(o op) bool { return o.name == name })
	if i < 0 {
		return ""
	}
	return ops[i].used
}
