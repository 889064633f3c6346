package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unsafe"
)

// mustPackDense packs w with random scales.
func mustPackDense(t testing.TB, rng *rand.Rand, w []int8, n, k int) *DenseS8 {
	t.Helper()
	p, err := PackS8Dense(w, scalesOf(rng, n), n, k)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPackS8Dense(t *testing.T) {
	for _, s := range []shape{{1, 1}, {1, 5}, {15, 3}, {16, 4}, {17, 7}, {33, 64}, {64, 100}, {70, 769}} {
		t.Run(fmt.Sprintf("n=%d/k=%d", s.n, s.k), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, uint64(s.n*s.k)))
			w := uniformS8(rng, s.n, s.k, .1)
			scale := scalesOf(rng, s.n)
			p, err := PackS8Dense(w, scale, s.n, s.k)
			if err != nil {
				t.Fatal(err)
			}
			if p.N() != s.n || p.K() != s.k {
				t.Errorf("%d x %d", p.N(), p.K())
			}
			if !slices.Equal(p.Unpack(), w) {
				t.Error("Unpack is not what was packed")
			}
			if !slices.Equal(p.Scale(), scale) {
				t.Error("Scale is not what was packed")
			}
			if got, want := p.Bytes(), roundUp(s.n, 16)*(roundUp(s.k, 4)+8); got != want {
				t.Errorf("%d bytes, want %d", got, want)
			}
			if uintptr(unsafe.Pointer(unsafe.SliceData(p.data)))%64 != 0 {
				t.Error("weights are not aligned")
			}
			clear(w) // w and scale are the caller's again
			clear(scale)
			if slices.Max(p.Unpack()) == 0 || p.Scale()[0] == 0 {
				t.Error("PackS8Dense kept its arguments")
			}
		})
	}
}

func TestPackS8DenseErrors(t *testing.T) {
	one := []float32{1}
	for _, c := range []struct {
		w     []int8
		scale []float32
		n, k  int
		want  string
	}{
		{nil, nil, 0, 1, "0 x 1 matrix"},
		{nil, one, 1, 0, "1 x 0 matrix"},
		{nil, one, -1, -1, "-1 x -1 matrix"},
		{nil, one, 1, 65537, "1 x 65537 matrix"},
		{make([]int8, 3), one, 1, 4, "3 weights for a 1 x 4"},
		{make([]int8, 4), nil, 1, 4, "0 scales for 1 rows"},
		{make([]int8, 4), []float32{float32(math.NaN())}, 1, 4, "scale of row 0 is NaN"},
		{make([]int8, 4), []float32{1, float32(math.Inf(1))}, 2, 2, "scale of row 1 is +Inf"},
	} {
		if _, err := PackS8Dense(c.w, c.scale, c.n, c.k); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d x %d: error %v, want one with %q", c.n, c.k, err, c.want)
		}
	}
}

func BenchmarkPackS8Dense(b *testing.B) {
	for _, s := range []shape{{768, 768}, {3072, 768}, {768, 3072}} {
		b.Run(fmt.Sprintf("n=%d/k=%d", s.n, s.k), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 2))
			w, scale := uniformS8(rng, s.n, s.k, 0), scalesOf(rng, s.n)
			b.SetBytes(int64(len(w)))
			for b.Loop() {
				if _, err := PackS8Dense(w, scale, s.n, s.k); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
