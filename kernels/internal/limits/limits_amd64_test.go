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
	memory := make([]byte, 8192+64)
	data := &memory[-uintptr(unsafe.Pointer(&memory[0]))&63]
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
		if !slices.Contains(kernels.Supported(), l.isa) {
			continue
		}
		b.Run(l.name+"/isa="+l.isa, func(b *testing.B) {
			const loops = 4096
			for b.Loop() {
				l.run(data, loops)
			}
			b.ReportMetric(loops*float64(l.products)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GMAC/s")
		})
	}
}
