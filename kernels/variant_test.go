package kernels

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// cpuHas reports whether this CPU can run variants of the isa called name,
// whatever KERNELS_ISA says.
func cpuHas(name string) bool {
	return slices.ContainsFunc(isas, func(s isa) bool { return s.name == name && s.ok })
}

// eachVariant runs f as a sub-test for every variant in vs that the CPU can
// run, also those that KERNELS_ISA excludes from dispatch. The others are
// skipped, or fail if KERNELS_REQUIRE (names separated by commas) lists them,
// so that a skip is not taken for a pass.
func eachVariant[F any](t *testing.T, vs []variant[F], f func(t *testing.T, v variant[F])) {
	t.Helper()
	require := strings.Split(os.Getenv("KERNELS_REQUIRE"), ",")
	for _, v := range vs {
		t.Run("isa="+v.isa, func(t *testing.T) {
			switch {
			case cpuHas(v.isa):
				f(t, v)
			case slices.Contains(require, v.isa):
				t.Fatalf("%s is required on this machine, but the CPU lacks it", v.isa)
			default:
				t.Skipf("CPU lacks %s", v.isa)
			}
		})
	}
}

// benchVariants runs f as a sub-benchmark for every variant in vs that the CPU
// can run.
func benchVariants[F any](b *testing.B, vs []variant[F], f func(b *testing.B, v variant[F])) {
	for _, v := range vs {
		if cpuHas(v.isa) {
			b.Run("isa="+v.isa, func(b *testing.B) { f(b, v) })
		}
	}
}

// TestRequired fails if KERNELS_REQUIRE names an instruction set that this
// package has no variants for or that the CPU lacks.
func TestRequired(t *testing.T) {
	for name := range strings.SplitSeq(os.Getenv("KERNELS_REQUIRE"), ",") {
		if name != "" && !cpuHas(name) {
			t.Errorf("KERNELS_REQUIRE lists %q, which this build or this CPU lacks", name)
		}
	}
}

func TestParseISA(t *testing.T) {
	for _, test := range []struct{ name, want string }{
		{"", ""},
		{"ref", "ref"},
		{"sse9", `kernels: KERNELS_ISA="sse9" is not a known instruction set (have `},
	} {
		got, err := parseISA(test.name)
		switch {
		case err != nil:
			if test.want == "" || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("parseISA(%q): error %q, want prefix %q", test.name, err, test.want)
			}
		case got == nil && test.want != "", got != nil && got.name != test.want:
			t.Errorf("parseISA(%q) = %v, want %q", test.name, got, test.want)
		}
	}
	for _, s := range isas {
		if got, err := parseISA(s.name); s.ok && (err != nil || got.name != s.name) {
			t.Errorf("parseISA(%q) = %v, %v", s.name, got, err)
		} else if !s.ok && (err == nil || !strings.Contains(err.Error(), "this CPU lacks it (needs "+strings.Join(s.flags, " "))) {
			t.Errorf("parseISA(%q): error %v does not name the missing features", s.name, err)
		}
	}
}

func TestSupported(t *testing.T) {
	// Reading the variable here tells the test cache that results depend on it.
	if c, err := parseISA(os.Getenv(isaEnv)); c != isaCap || (err == nil) != (isaErr == nil) {
		t.Errorf("start-up took %s for %v, %v", isaEnv, isaCap, isaErr)
	}
	if s := Supported(); s[len(s)-1] != "ref" {
		t.Errorf("Supported() = %q, want ref last", s)
	}
	if err := Check(); err != nil {
		t.Error(err)
	}
}
