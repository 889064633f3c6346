//go:build !purego

package limits

import (
	"slices"
	"testing"
	"unsafe"

	"github.com/sparsebio/sparsebio/kernels"
)

// BenchmarkLimit reports GMAC/s, products of a place for a weight and an
// activation a nanosecond.
func BenchmarkLimit(b *testing.B) {
	for _, l := range []struct {
		name, isa string
		run       func(data *byte, n int)
		products  int
	}{
		{"gather", "avx512vbmi", gatherAVX512VBMI, 24 * 64},
		{"quartet", "avx512vnni", quartetAVX512VNNI, 4 * 64},
		{"quartet", "avx2", quartetAVX2, 4 * 32},
		{"block", "avx512vnni", blockAVX512VNNI, 2 * 4 * 64},
		{"block", "avx2", blockAVX2, 4 * 32},
		{"dense", "avx512vnni", dotAVX512VNNI, 24 * 64},
		{"dense", "avx2", pairsAVX2, 8 * 16},
		{"f32", "avx512f", fmaAVX512F, 24 * 16},
		{"f32", "avx2", fmaAVX2, 12 * 8},
	} {
		run(b, l.name, l.isa, l.run, l.products, "GMAC/s")
	}
}

// BenchmarkInstruction reports how many instructions of a kind end in a
// nanosecond.
func BenchmarkInstruction(b *testing.B) {
	for _, l := range []struct {
		name, isa    string
		run          func(data *byte, n int)
		instructions int
	}{
		{"load", "avx512f", loadAVX512F, 24},
		{"store", "avx512f", storeAVX512F, 24},
		{"add", "avx512f", addAVX512F, 12},
		{"fma", "avx512f", fmaAVX512F, 24},
		{"and", "avx512f", andAVX512F, 24},
		{"load", "avx2", loadAVX2, 24},
		{"store", "avx2", storeAVX2, 24},
		{"add", "avx2", addAVX2, 12},
		{"fma", "avx2", fmaAVX2, 12},
		{"and", "avx2", andAVX2, 24},
	} {
		run(b, l.name, l.isa, l.run, l.instructions, "instructions/ns")
	}
}

// run measures loops, each of which does count things.
func run(b *testing.B, name, isa string, f func(data *byte, n int), count int, unit string) {
	if !slices.Contains(kernels.Supported(), isa) {
		return
	}
	data := aligned()
	b.Run(name+"/isa="+isa, func(b *testing.B) {
		const loops = 4096
		for b.Loop() {
			f(data, loops)
		}
		b.ReportMetric(loops*float64(count)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), unit)
	})
}

// aligned returns 8 KiB from a multiple of 64 on.
func aligned() *byte {
	memory := make([]byte, 8192+64)
	return &memory[-uintptr(unsafe.Pointer(&memory[0]))&63]
}
