package kernels

import (
	"math"
	"slices"
	"testing"
)

// sqrt2 is the constant that graphs divide by.
const sqrt2 = float32(math.Sqrt2)

// maps returns the variants of GELUErfF32 with given constants.
func maps(times, over float32) (vs []variant[mapF32Func]) {
	for _, v := range geluErfF32Variants {
		vs = append(vs, variant[mapF32Func]{v.isa, func(x []float32) { v.fn(x, times, over) }})
	}
	return vs
}

// steps returns every float32 from lo to hi that is n bits behind the one before, and their negatives.
func steps(lo, hi float32, n int) (x []float32) {
	for b := math.Float32bits(lo); b < math.Float32bits(hi); b += uint32(n) {
		x = append(x, math.Float32frombits(b), -math.Float32frombits(b))
	}
	return x
}

func TestGELUErfF32(t *testing.T) {
	eachVariant(t, maps(1, sqrt2), func(t *testing.T, v variant[mapF32Func]) {
		x := steps(0x1p-126, 64, thin(509, 8191))
		y := slices.Clone(x)
		v.fn(y)
		worst := 0.0
		for i, got := range y {
			want := gelu64(float64(x[i]))
			diff := math.Abs(float64(got) - want)
			worst = max(worst, diff/max(math.Abs(float64(x[i])), 0x1p-120))
			if x[i] > 6 && got != x[i] {
				t.Fatalf("of %g is %g, want it unchanged", x[i], got)
			}
		}
		if t.Logf("largest error of the factor %.3g", worst); worst > 2e-7 {
			t.Error("want at most 2e-7")
		}
	})
	x := append(steps(0x1p-20, 8, thin(997, 8191)), 0, float32(math.Copysign(0, -1)), math.MaxFloat32, -math.MaxFloat32, float32(math.Inf(1)), float32(math.NaN()))
	for _, c := range [][2]float32{{1, sqrt2}, {sqrt2 / 2, 1}} {
		sameMap(t, maps(c[0], c[1]), x)
	}
	for _, n := range edgeCols {
		sameMap(t, maps(1, sqrt2), x[:n])
	}
	// Its wrapper works in chunks.
	long := make([]float32, mapChunk+3)
	for i := range long {
		long[i] = -1
	}
	if GELUErfF32(long, 1, sqrt2); long[0] != long[len(long)-1] || math.Abs(float64(long[0])-gelu64(-1)) > 1e-7 {
		t.Errorf("of -1 is %g and %g", long[0], long[len(long)-1])
	}
}

func TestExpF32(t *testing.T) {
	eachVariant(t, expF32Variants, func(t *testing.T, v variant[mapF32Func]) {
		var x []float32
		for _, s := range steps(0x1p-30, 88, thin(509, 8191)) {
			if s < 0 {
				x = append(x, s)
			}
		}
		y := slices.Clone(x)
		v.fn(y)
		worst := 0.0
		for i, got := range y {
			want := math.Exp(float64(x[i]))
			if x[i] < expLow {
				if got != 0 {
					t.Fatalf("of %g is %g, want 0", x[i], got)
				}
				continue
			}
			worst = max(worst, math.Abs(float64(got)-want)/want)
		}
		if t.Logf("largest relative error %.3g", worst); worst > 1.5e-7 {
			t.Error("want at most 1.5e-7")
		}
		for _, n := range edgeCols {
			for _, guard := range guards[float32]() {
				a := guard(t, n)
				for i := range a {
					a[i] = -float32(i) / 8
				}
				v.fn(a)
				for i, got := range a {
					one := []float32{-float32(i) / 8}
					if v.fn(one); got != one[0] {
						t.Fatalf("n=%d: element %d is %g, alone %g", n, i, got, one[0])
					}
				}
			}
		}
	})
	x := []float32{0, float32(math.Copysign(0, -1)), expLow, math.Nextafter32(expLow, -100), -100, -math.MaxFloat32, float32(math.Inf(-1)), float32(math.NaN())}
	for n := range 126 { // halfway between two powers of 2
		half := -(float32(n) + 0.5) * math.Ln2
		x = append(x, math.Nextafter32(half, 0), half, math.Nextafter32(half, -100))
	}
	sameMap(t, expF32Variants, x)
	got := slices.Clone(x[:8])
	ExpF32(got)
	if got[0] != 1 || got[1] != 1 || got[3] != 0 || got[6] != 0 || got[7] == got[7] {
		t.Errorf("of %v is %v", x[:8], got)
	}
}

// toBytes64 is QuantizeLinear less the zero point in float64; the quotient is one of float32.
func toBytes64(v, scale float32, zero uint8) float64 {
	if v != v {
		return -float64(zero)
	}
	return min(max(math.RoundToEven(float64(v/scale)), -float64(zero)), 255-float64(zero))
}

// quantizeCases calls f with rows of numbers of all lengths and parameters: multiples and halves of the scale, and extreme numbers.
func quantizeCases(f func(x []float32, scale float32, zero uint8)) {
	r := newRand()
	for _, n := range append([]int{0, 700}, edgeCols...) {
		for _, scale := range []float32{0.037, 1, 1e-30, 1e30} {
			for _, zero := range []uint8{0, 1, 128, 255} {
				x := randF32(r, make([]float32, n))
				for i := range x {
					switch i % 3 {
					case 0:
						x[i] *= 100 * scale
					case 1:
						x[i] = (float32(i%300) - 40.5) * scale
					}
				}
				for i, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat32, -math.MaxFloat32, math.Copysign(0, -1), 3e9 * float64(scale)} {
					if i < n-8 {
						x[n-1-i] = float32(v)
					}
				}
				f(x, scale, zero)
			}
		}
	}
}

func TestQuantizeLinearU8(t *testing.T) {
	eachVariant(t, quantizeLinearU8Variants, func(t *testing.T, v variant[quantizeLinearU8Func]) {
		quantizeCases(func(x []float32, scale float32, zero uint8) {
			dst := make([]uint8, len(x)+1)
			dst[len(x)] = 77
			v.fn(dst[:len(x)], x, scale, zero)
			for i, got := range dst[:len(x)] {
				if want := toBytes64(x[i], scale, zero) + float64(zero); float64(got) != want {
					t.Fatalf("%d numbers: %g with scale %g and zero point %d is %d, want %g", len(x), x[i], scale, zero, got, want)
				}
			}
			if dst[len(x)] != 77 {
				t.Fatalf("%d numbers: writes past the end", len(x))
			}
		})
	})
	long, dst := make([]float32, mapChunk+5), make([]uint8, mapChunk+5)
	long[mapChunk+4] = 2
	if QuantizeLinearU8(dst, long, 1, 3); dst[0] != 3 || dst[mapChunk+4] != 5 {
		t.Errorf("the ends of a long row are %d and %d, want 3 and 5", dst[0], dst[mapChunk+4])
	}
	defer func() {
		if recover() == nil {
			t.Error("a destination that is too short is taken")
		}
	}()
	QuantizeLinearU8(dst[:3:3], long[:4], 1, 0)
}

func TestFakeQuantizeF32(t *testing.T) {
	eachVariant(t, fakeQuantizeF32Variants, func(t *testing.T, v variant[fakeQuantizeF32Func]) {
		quantizeCases(func(x []float32, scale float32, zero uint8) {
			for _, by := range []float32{scale, 1} {
				y := slices.Clone(x)
				v.fn(y, scale, zero, by)
				for i, got := range y {
					if want := float32(toBytes64(x[i], scale, zero)) * by; math.Float32bits(got+0) != math.Float32bits(want+0) {
						t.Fatalf("%d numbers: %g with scale %g and zero point %d is %g, want %g", len(x), x[i], scale, zero, got, want)
					}
				}
			}
		})
	})
	x := []float32{-1, 0.26, 100}
	if FakeQuantizeF32(x, 0.5, 1, 0.5); !slices.Equal(x, []float32{-0.5, 0.5, 100}) {
		t.Errorf("is %v", x)
	}
}

func BenchmarkGELUErfF32(b *testing.B) {
	benchVariants(b, maps(1, sqrt2), func(b *testing.B, v variant[mapF32Func]) { benchMap(b, v.fn) })
}

func BenchmarkFakeQuantizeF32(b *testing.B) {
	benchVariants(b, fakeQuantizeF32Variants, func(b *testing.B, v variant[fakeQuantizeF32Func]) {
		benchMap(b, func(x []float32) { v.fn(x, 0.03, 128, 0.03) })
	})
}
