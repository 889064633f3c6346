package kernels

import (
	"math"
	"testing"
)

// TestDequantizeS8 converts all integers, at lengths around those of vectors.
func TestDequantizeS8(t *testing.T) {
	eachVariant(t, dequantizeS8Variants, func(t *testing.T, v variant[dequantizeS8Func]) {
		for _, scale := range []float32{1, 0.0123, -3e36, 1e-40, float32(math.Inf(1))} {
			for _, n := range append([]int{0, 256}, edgeCols...) {
				for i := range guards[float32]() {
					dst, src := guards[float32]()[i](t, n), guards[byte]()[i](t, n)
					for j := range src {
						src[j] = byte(j*7 + n)
					}
					v.fn(dst, src, scale)
					for j, got := range dst {
						if want := float32(int8(src[j])) * scale; !sameF32(got, want) {
							t.Fatalf("n=%d: element %d is %g, want %d*%g = %g", n, j, got, int8(src[j]), scale, want)
						}
					}
				}
			}
		}
	})
}

func TestDequantizeS8Wrapper(t *testing.T) {
	src := make([]byte, mapChunk+5) // two calls
	src[0], src[len(src)-1] = 127, 128
	dst := make([]float32, len(src)+1)
	dst[len(src)] = sentinel
	DequantizeS8(dst, src, 0.5)
	if dst[0] != 63.5 || dst[1] != 0 || dst[len(src)-1] != -64 || dst[len(src)] != sentinel {
		t.Errorf("got %g %g ... %g, then %g", dst[0], dst[1], dst[len(src)-1], dst[len(src)])
	}
	wantPanic(t, "kernels: destination too short", func() { DequantizeS8(dst[:2], src, 1) })
}

func BenchmarkDequantizeS8(b *testing.B) {
	benchVariants(b, dequantizeS8Variants, func(b *testing.B, v variant[dequantizeS8Func]) {
		src, dst := make([]byte, 768), make([]float32, 768)
		b.SetBytes(768)
		for b.Loop() {
			v.fn(dst, src, 0.01)
		}
	})
}
