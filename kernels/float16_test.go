package kernels

import (
	"math"
	"slices"
	"testing"
)

// TestFloat16F32 converts all 65536 halves.
func TestFloat16F32(t *testing.T) {
	eachVariant(t, float16F32Variants, func(t *testing.T, v variant[float16F32Func]) {
		src, dst := make([]uint16, 1<<16), make([]float32, 1<<16)
		for i := range src {
			src[i] = uint16(i)
		}
		v.fn(dst, src)
		for i, got := range dst {
			sign, exp, frac := i>>15, i>>10&31, float64(i&1023)
			want := math.Ldexp(frac/1024, -14)
			switch {
			case exp == 31 && frac > 0:
				want = math.NaN()
			case exp == 31:
				want = math.Inf(1)
			case exp > 0:
				want = math.Ldexp(1+frac/1024, exp-15)
			}
			if sign == 1 {
				want = math.Copysign(want, -1)
			}
			if !sameF32(got, float32(want)) || math.Signbit(float64(got)) != (sign == 1) {
				t.Fatalf("%#04x is %g, want %g", i, got, want)
			}
			if b := math.Float32bits(float16Value(uint16(i))); b != math.Float32bits(got) {
				t.Fatalf("%#04x is %#08x, the reference has %#08x", i, math.Float32bits(got), b)
			}
		}
		for n := range 40 {
			for _, place := range []func() ([]float32, []uint16){
				func() ([]float32, []uint16) { return guardEnd[float32](t, n), guardEnd[uint16](t, n) },
				func() ([]float32, []uint16) { return guardStart[float32](t, n), guardStart[uint16](t, n) },
			} {
				dst, src := place()
				for i := range src {
					src[i] = 0x3c00 + uint16(i)
				}
				v.fn(dst, src)
				for i, got := range dst {
					if want := 1 + float32(i)/1024; got != want {
						t.Fatalf("n=%d: element %d is %g, want %g", n, i, got, want)
					}
				}
			}
		}
	})
}

func TestF32ToFloat16(t *testing.T) {
	src, half, back := make([]float32, 1<<16), make([]uint16, 1<<16), make([]uint16, 1<<16)
	for i := range half {
		half[i] = uint16(i)
	}
	Float16ToF32(src, half)
	twice := make([]float32, 2<<16) // several calls
	Float16ToF32(twice, append(half[:len(half):len(half)], half...))
	if !slices.EqualFunc(twice[:1<<16], src, sameF32) || !slices.EqualFunc(twice[1<<16:], src, sameF32) {
		t.Error("a long slice differs from a short one")
	}
	F32ToFloat16(back, src)
	for i, got := range back {
		if v := src[i]; v != v {
			if v := float16Value(got); v == v {
				t.Errorf("%#04x: NaN became %g", i, v)
			}
		} else if got != half[i] {
			t.Fatalf("%#04x became %#04x", half[i], got)
		}
	}
	// Between two halves: the nearer one, or the even one.
	for i := uint16(0); i < 0x7bff; i++ {
		a, b := float16Value(i), float16Value(i+1)
		mid := (a + b) / 2
		for _, test := range []struct {
			v    float32
			want uint16
		}{
			{mid, i + i&1},
			{math.Nextafter32(mid, a), i},
			{math.Nextafter32(mid, b), i + 1},
		} {
			if got := float16Bits(test.v); got != test.want {
				t.Fatalf("%g became %#04x, want %#04x", test.v, got, test.want)
			}
			if got := float16Bits(-test.v); got != test.want|0x8000 {
				t.Fatalf("%g became %#04x, want %#04x", -test.v, got, test.want|0x8000)
			}
		}
	}
	for v, want := range map[float32]uint16{65519.996: 0x7bff, 65520: 0x7c00, -1e30: 0xfc00, 0x1p-25: 0, 0x1.000002p-25: 1, 1e-44: 0} {
		if got := float16Bits(v); got != want {
			t.Errorf("%g became %#04x, want %#04x", v, got, want)
		}
	}
}

func TestBFloat16(t *testing.T) {
	for _, test := range []struct {
		v    float32
		want uint16
	}{
		{0, 0}, {1, 0x3f80}, {-2, 0xc000},
		{1 + 0x1p-8, 0x3f80}, {1 + 0x3p-8, 0x3f82}, // ties go to even
		{1 + 0x1.01p-8, 0x3f81},
		{math.MaxFloat32, 0x7f80},
		{float32(math.Inf(-1)), 0xff80},
		{math.Float32frombits(0x7f800001), 0x7fc0}, // a NaN stays one
	} {
		var got [1]uint16
		F32ToBFloat16(got[:], []float32{test.v})
		if got[0] != test.want {
			t.Errorf("%g became %#04x, want %#04x", test.v, got[0], test.want)
		}
	}
	src, f, back := make([]uint16, 1<<16), make([]float32, 1<<16), make([]uint16, 1<<16)
	for i := range src {
		src[i] = uint16(i)
	}
	BFloat16ToF32(f, src)
	F32ToBFloat16(back, f)
	for i, v := range f {
		if v == v && back[i] != src[i] || math.Float32bits(v)>>16 != uint32(i) {
			t.Fatalf("%#04x became %#04x by way of %g", i, back[i], v)
		}
	}
}

func BenchmarkFloat16F32(b *testing.B) {
	benchVariants(b, float16F32Variants, func(b *testing.B, v variant[float16F32Func]) {
		src, dst := make([]uint16, 4096), make([]float32, 4096)
		b.SetBytes(2 * 4096)
		for b.Loop() {
			v.fn(dst, src)
		}
	})
}
