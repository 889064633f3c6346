package kernels

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// bigFMA is fma32 by arithmetic of any precision, for finite arguments whose
// exact result is not 0.
func bigFMA(x, y, z float32) float32 {
	f := func(v float32) *big.Float { return new(big.Float).SetPrec(1000).SetFloat64(float64(v)) }
	sum := f(x)
	sum.Add(sum.Mul(sum, f(y)), f(z))
	got, _ := sum.Float32()
	return got
}

// checkFMA compares one case, with each sign of the product.
func checkFMA(t *testing.T, x, y, z float32) {
	t.Helper()
	for _, x := range []float32{x, -x} {
		want := float32(float64(x)*float64(y) + float64(z)) // of what is exact
		exact := float64(x)*float64(y) == -float64(z)
		if finite := math.Abs(float64(x)+float64(y)+float64(z)) < math.Inf(1); finite && !exact {
			want = bigFMA(x, y, z)
		}
		if got := fma32(x, y, z); !sameF32(got, want) {
			t.Fatalf("fma32(%x, %x, %x) = %x, want %x", x, y, z, got, want)
		}
	}
}

func TestFMA32(t *testing.T) {
	// Sums that lie on, just above and just below the middle of two float32,
	// for results of every size, also denormal ones.
	r := newRand()
	bits := math.Float32frombits
	for exp := -149; exp < 128; exp++ {
		for range thin(40, 4) {
			z := float32(math.Ldexp(1+float64(r.IntN(8)), exp))
			if r.IntN(2) == 0 {
				z = bits(math.Float32bits(z) + r.Uint32N(5) - 2)
			}
			half := math.Ldexp(1, max(exp, -126)-24) // of the last place, or near it
			for _, off := range []float64{0, 0x1p-23, -0x1p-23, 0x1p-22, 1} {
				for shift := -3; shift < 3; shift++ {
					// x * y is about half; the factors hold its exponent together.
					e := math.Ilogb(half) + shift
					x := float32(math.Ldexp(1+off, e/2))
					y := float32(math.Ldexp(1, e-e/2))
					checkFMA(t, x, y, z)
					checkFMA(t, x, float32(float64(y)*(1+0x1p-20)), z)
				}
			}
		}
	}
	inf, nan := math.Inf(1), math.NaN()
	special := []float64{0, math.Copysign(0, -1), 1, -1, 0x1p-149, -0x1p-149, 0x1p-126, math.MaxFloat32, -math.MaxFloat32, 1 + 0x1p-23, inf, -inf, nan}
	for _, x := range special {
		for _, y := range special {
			for _, z := range special {
				checkFMA(t, float32(x), float32(y), float32(z))
			}
		}
	}
	for range thin(100000, 10000) { // of any bits
		checkFMA(t, bits(r.Uint32()), bits(r.Uint32()), bits(r.Uint32()))
	}
	for range thin(100000, 10000) { // of one size, and of few bits, so that many are halfway
		f := func() float32 { return float32(r.IntN(1<<13)) * 0x1p-12 }
		checkFMA(t, f(), f(), float32(r.IntN(1<<24)))
	}
	// Rounding to float64 first ends halfway between two float32, and to even
	// from there is wrong.
	for _, test := range []struct{ x, y, z, want float32 }{
		{1 + 0x1p-12, 0x1p-24 * (1 - 4095*0x1p-24), 1, 1 + 0x1p-23},
		{1 + 0x1p-20, 0x1p-24 * (1 - 0x1p-20), 1 + 0x1p-23, 1 + 0x1p-23},
		// The same among denormal ones, 2**-75 * 2**-75 being half of the least.
		{0x1p-75 * (1 + 0x1p-12), 0x1p-75 * (1 - 4095*0x1p-24), 0x1p-126, 0x1p-126 + 0x1p-149},
		{0x1p-75 * (1 + 0x1p-20), 0x1p-75 * (1 - 0x1p-20), 0x1p-127 + 0x1p-149, 0x1p-127 + 0x1p-149},
		{-1 - 0x1p-12, 0x1p-24 * (1 - 4095*0x1p-24), -1, -1 - 0x1p-23},
		{-1 - 0x1p-20, 0x1p-24 * (1 - 0x1p-20), -1 - 0x1p-23, -1 - 0x1p-23},
	} {
		if got := fma32(test.x, test.y, test.z); got != test.want {
			t.Errorf("fma32(%x, %x, %x) = %x, want %x", test.x, test.y, test.z, got, test.want)
		}
		if twice := float32(float64(test.x)*float64(test.y) + float64(test.z)); twice == test.want {
			t.Errorf("fma32(%x, %x, %x) needs no care", test.x, test.y, test.z)
		}
	}
}

func FuzzFMA32(f *testing.F) {
	f.Add(uint32(0x39800000), uint32(0x39800001), uint32(0x3f800000))
	f.Add(uint32(1), uint32(0x3f000000), uint32(0x80000001))
	f.Fuzz(func(t *testing.T, x, y, z uint32) {
		checkFMA(t, math.Float32frombits(x), math.Float32frombits(y), math.Float32frombits(z))
	})
}

func BenchmarkFMA32(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	x, y, z := r.Float32(), r.Float32(), r.Float32()
	for b.Loop() {
		z = fma32(x, y, z)
	}
}
