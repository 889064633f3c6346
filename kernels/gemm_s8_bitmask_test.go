package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sparsebio/sparsebio/kernels/internal/race"
)

// mustPackBitmask packs w with random scales.
func mustPackBitmask(t testing.TB, rng *rand.Rand, w []int8, n, k int) *BitmaskS8 {
	t.Helper()
	p, err := PackS8Bitmask(w, scalesOf(rng, n), n, k)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// bitmaskWith multiplies with one variant.
func bitmaskWith(v variant[gemmS8BitmaskFunc], x MatU8, w *BitmaskS8, bias []float32) MatF32 {
	dst := NewMatF32(x.Rows, w.N())
	gemmS8Bitmask(dst, x, w, bias, 0, w.N(), v.fn)
	return dst
}

func TestPackS8Bitmask(t *testing.T) {
	for _, s := range []shape{{1, 1}, {15, 3}, {16, 64}, {17, 65}, {33, 130}, {64, 100}, {70, 769}} {
		for _, sparsity := range []float64{0, .5, .9, 1} {
			rng := rand.New(rand.NewPCG(uint64(s.n), uint64(s.k)))
			w := uniformS8(rng, s.n, s.k, sparsity)
			scale := scalesOf(rng, s.n)
			p, err := PackS8Bitmask(w, scale, s.n, s.k)
			if err != nil {
				t.Fatal(err)
			}
			nnz := len(w)
			for _, v := range w {
				if v == 0 {
					nnz--
				}
			}
			if p.N() != s.n || p.K() != s.k || p.NNZ() != nnz || !slices.Equal(p.Scale(), scale) {
				t.Errorf("%d x %d with %d nonzeros, want %d x %d with %d", p.N(), p.K(), p.NNZ(), s.n, s.k, nnz)
			}
			if !slices.Equal(p.Unpack(), w) {
				t.Errorf("%v at %v %%: Unpack does not return the weights", s, 100*sparsity)
			}
		}
	}
	// The packed form is as small as its comment says.
	const n, k = 768, 768
	rng := rand.New(rand.NewPCG(1, 2))
	p := mustPackBitmask(t, rng, uniformS8(rng, n, k, .9), n, k)
	if got := float64(p.Bytes()) / float64(p.NNZ()); got < 2.2 || got > 2.4 {
		t.Errorf("%.2f bytes a nonzero weight", got)
	}
}

func TestPackS8BitmaskErrors(t *testing.T) {
	for _, c := range []struct {
		w     []int8
		scale []float32
		n, k  int
		want  string
	}{
		{nil, nil, 0, 1, "kernels: cannot pack a 0 x 1 matrix"},
		{nil, nil, 1, 65537, "kernels: cannot pack a 1 x 65537 matrix"},
		{make([]int8, 5), make([]float32, 2), 2, 3, "kernels: 5 weights for a 2 x 3 matrix"},
		{make([]int8, 6), make([]float32, 3), 2, 3, "kernels: 3 scales for 2 rows"},
		{make([]int8, 6), []float32{1, float32(math.Inf(1))}, 2, 3, "kernels: scale of row 1 is +Inf"},
		{make([]int8, 6), []float32{float32(math.NaN()), 1}, 2, 3, "kernels: scale of row 0 is NaN"},
	} {
		if _, err := PackS8Bitmask(c.w, c.scale, c.n, c.k); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

func TestGemmS8Bitmask(t *testing.T) {
	type shape struct{ m, n, k int }
	var shapes []shape
	for m := range 36 {
		shapes = append(shapes, shape{m, 40, 100})
	}
	for _, m := range []int{48, 49, 63, 64, 65, 100} {
		shapes = append(shapes, shape{m, 33, 128})
	}
	for _, n := range []int{1, 15, 16, 17, 31, 32, 33, 64, 65, 130} {
		shapes = append(shapes, shape{5, n, 65}, shape{33, n, 64})
	}
	for _, k := range []int{1, 2, 3, 4, 5, 63, 64, 65, 127, 128, 300, 768, 769} {
		shapes = append(shapes, shape{9, 20, k}, shape{34, 16, k})
	}
	for i, s := range shapes {
		sparsities := []float64{.9}
		if i%4 == 0 {
			sparsities = []float64{0, .5, .9, .99, 1}
		}
		for _, sparsity := range sparsities {
			rng := rand.New(rand.NewPCG(uint64(i), 5))
			w := uniformS8(rng, s.n, s.k, sparsity)
			p := mustPackBitmask(t, rng, w, s.n, s.k)
			x := randomU8(rng, s.m, s.k)
			var bias []float32
			if i%2 == 0 {
				bias = randomBias(rng, s.n)
			}
			want := gemmS8Plain(x, w, p.Scale(), bias, s.n, s.k)
			for _, v := range gemmS8BitmaskVariants {
				if !cpuHas(v.isa) {
					continue
				}
				t.Run(fmt.Sprintf("isa=%s/m=%d/n=%d/k=%d/sparsity=%.0f", v.isa, s.m, s.n, s.k, 100*sparsity), func(t *testing.T) {
					sameBits(t, bitmaskWith(v, x, p, bias), want)
				})
			}
		}
	}
}

// TestGemmS8BitmaskSparse compares with GemmS8Sparse.
func TestGemmS8BitmaskSparse(t *testing.T) {
	const m, n, k = 37, 96, 200
	rng := rand.New(rand.NewPCG(3, 4))
	w, scale := uniformS8(rng, n, k, .8), scalesOf(rng, n)
	x, bias := randomU8(rng, m, k), randomBias(rng, n)
	sparse, err := PackS8Sparse(w, scale, n, k)
	if err != nil {
		t.Fatal(err)
	}
	p, err := PackS8Bitmask(w, scale, n, k)
	if err != nil {
		t.Fatal(err)
	}
	var tiles TilesS8
	tiles.Prepare(x)
	want, got := NewMatF32(m, n), NewMatF32(m, n)
	GemmS8Sparse(want, &tiles, sparse, bias, 0, sparse.Blocks())
	GemmS8Bitmask(got, x, p, bias, 0, n)
	sameBits(t, got, want)
}

// TestGemmS8BitmaskExtremes reaches the largest sums, which only exact
// arithmetic gets right.
func TestGemmS8BitmaskExtremes(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, c := range []struct {
		m, n, k int
		weight  int8
		value   uint8
		zero    int32
	}{
		{17, 20, 768, -128, 255, 0}, {17, 20, 768, -128, 0, 255}, {17, 20, 768, 127, 255, 0}, {17, 20, 768, 127, 0, 255},
		{17, 20, 768, -127, 255, 255}, {2, 2, 65536, -128, 255, 0}, {2, 2, 65536, 127, 0, 255},
	} {
		w := make([]int8, c.n*c.k)
		for i := range w {
			w[i] = c.weight
		}
		p := mustPackBitmask(t, rng, w, c.n, c.k)
		x := randomU8(rng, c.m, c.k)
		for i := range x.Data {
			x.Data[i] = c.value
		}
		for i := range x.Zero {
			x.Zero[i] = c.zero
		}
		bias := randomBias(rng, c.n)
		want := gemmS8Plain(x, w, p.Scale(), bias, c.n, c.k)
		eachVariant(t, gemmS8BitmaskVariants, func(t *testing.T, v variant[gemmS8BitmaskFunc]) {
			sameBits(t, bitmaskWith(v, x, p, bias), want)
		})
	}
}

// TestGemmS8BitmaskGuards places every buffer beside unreadable memory, gives
// rows odd strides and checks that what lies between rows stays as it was.
func TestGemmS8BitmaskGuards(t *testing.T) {
	for _, s := range []struct{ m, n, k int }{{1, 1, 1}, {7, 17, 65}, {16, 64, 64}, {33, 70, 129}, {20, 49, 63}} {
		rng := rand.New(rand.NewPCG(11, 12))
		w := uniformS8(rng, s.n, s.k, .5)
		packed := mustPackBitmask(t, rng, w, s.n, s.k)
		plain := randomU8(rng, s.m, s.k)
		biases := randomBias(rng, s.n)
		want := gemmS8Plain(plain, w, packed.Scale(), biases, s.n, s.k)
		eachVariant(t, gemmS8BitmaskVariants, func(t *testing.T, v variant[gemmS8BitmaskFunc]) {
			for g := range 2 {
				bytes, floats, ints := guards[uint8]()[g], guards[float32]()[g], guards[int32]()[g]
				x := MatU8{Rows: s.m, Cols: s.k, Stride: s.k + 3, Data: bytes(t, (s.m-1)*(s.k+3)+s.k), Scale: floats(t, s.m), Zero: ints(t, s.m)}
				for i := range s.m {
					copy(x.Data[i*x.Stride:], plain.Data[i*s.k:(i+1)*s.k])
				}
				copy(x.Scale, plain.Scale)
				copy(x.Zero, plain.Zero)
				p := *packed
				p.values = guards[int8]()[g](t, len(packed.values))
				p.masks = guards[uint64]()[g](t, len(packed.masks))
				p.scale, p.sums = floats(t, len(packed.scale)), ints(t, len(packed.sums))
				copy(p.values, packed.values)
				copy(p.masks, packed.masks)
				copy(p.scale, packed.scale)
				copy(p.sums, packed.sums)
				bias := floats(t, s.n)
				copy(bias, biases)
				dst := MatF32{Rows: s.m, Cols: s.n, Stride: s.n + 5, Data: floats(t, (s.m-1)*(s.n+5)+s.n)}
				for i := range dst.Data {
					dst.Data[i] = -1
				}
				gemmS8Bitmask(dst, x, &p, bias, 0, s.n, v.fn)
				sameBits(t, dst, want)
				for i, d := range dst.Data {
					if i%dst.Stride >= s.n && d != -1 {
						t.Fatalf("element %d, between rows, was written", i)
					}
				}
			}
		})
	}
}

// TestGemmS8BitmaskParts computes a product in parts on several goroutines:
// every part must be what the whole product has.
func TestGemmS8BitmaskParts(t *testing.T) {
	const m, n, k = 61, 200, 300
	rng := rand.New(rand.NewPCG(13, 14))
	p := mustPackBitmask(t, rng, uniformS8(rng, n, k, .9), n, k)
	x := randomU8(rng, m, k)
	bias := randomBias(rng, n)
	eachVariant(t, gemmS8BitmaskVariants, func(t *testing.T, v variant[gemmS8BitmaskFunc]) {
		want := bitmaskWith(v, x, p, bias)
		var wg sync.WaitGroup
		dst := NewMatF32(m, n)
		for n0 := 0; n0 < n; n0 += bitmaskGrain {
			wg.Go(func() { gemmS8Bitmask(dst, x, p, bias, n0, min(n0+bitmaskGrain, n), v.fn) })
		}
		wg.Wait()
		sameBits(t, dst, want)

		dst = NewMatF32(m, n)
		for t0 := 0; t0 < m; t0 += 7 {
			wg.Go(func() {
				t1 := min(t0+7, m)
				part := MatU8{Data: x.Data[t0*k : t1*k], Rows: t1 - t0, Cols: k, Stride: k, Scale: x.Scale[t0:t1], Zero: x.Zero[t0:t1]}
				gemmS8Bitmask(dst.Sub(t0, t1, 0, n), part, p, bias, 0, n, v.fn)
			})
		}
		wg.Wait()
		sameBits(t, dst, want)
	})
}

// TestGemmS8BitmaskPreemption multiplies on several goroutines that the garbage
// collector keeps stopping, in calls long enough for that: no state may get lost,
// and none may outlive its call.
func TestGemmS8BitmaskPreemption(t *testing.T) {
	const n, k = 32, 8192
	rng := rand.New(rand.NewPCG(17, 18))
	w := uniformS8(rng, n, k, .5)
	p := mustPackBitmask(t, rng, w, n, k)
	xs := []MatU8{randomU8(rng, 40, k), randomU8(rng, 13, k)}
	wants := make([]MatF32, len(xs))
	for i, x := range xs {
		wants[i] = gemmS8Plain(x, w, p.Scale(), nil, n, k)
	}
	eachVariant(t, gemmS8BitmaskVariants, func(t *testing.T, v variant[gemmS8BitmaskFunc]) {
		var wg sync.WaitGroup
		for i, x := range xs {
			wg.Go(func() {
				for range 5 {
					sameBits(t, bitmaskWith(v, x, p, nil), wants[i])
				}
			})
		}
		wg.Go(func() {
			for range 5 {
				runtime.GC()
			}
		})
		wg.Wait()
	})
}

func FuzzGemmS8Bitmask(f *testing.F) {
	f.Add(uint64(1), uint16(40), uint16(70), uint16(300), uint8(90))
	f.Add(uint64(2), uint16(1), uint16(1), uint16(1), uint8(0))
	f.Fuzz(func(t *testing.T, seed uint64, m, n, k uint16, sparsity uint8) {
		rng := rand.New(rand.NewPCG(seed, 0))
		rows, outs, ins := int(m%100), 1+int(n%150), 1+int(k%600)
		w := unevenS8(rng, outs, ins, float64(sparsity%101)/100)
		p := mustPackBitmask(t, rng, w, outs, ins)
		if !slices.Equal(p.Unpack(), w) {
			t.Error("Unpack does not return the weights")
		}
		x := randomU8(rng, rows, ins)
		want := gemmS8Plain(x, w, p.Scale(), nil, outs, ins)
		for _, v := range gemmS8BitmaskVariants {
			if cpuHas(v.isa) {
				sameBits(t, bitmaskWith(v, x, p, nil), want)
			}
		}
	})
}

// TestGemmS8BitmaskAllocs checks that products allocate nothing once buffers
// have grown.
func TestGemmS8BitmaskAllocs(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector makes pools forget")
	}
	rng := rand.New(rand.NewPCG(1, 1))
	p := mustPackBitmask(t, rng, uniformS8(rng, 70, 300, .9), 70, 300)
	x, bias, dst := randomU8(rng, 45, 300), randomBias(rng, 70), NewMatF32(45, 70)
	for _, v := range gemmS8BitmaskVariants {
		if !cpuHas(v.isa) || v.isa == "ref" {
			continue
		}
		if n := testing.AllocsPerRun(10, func() { gemmS8Bitmask(dst, x, p, bias, 0, 70, v.fn) }); n > 0 {
			t.Errorf("%s: %v allocations a product", v.isa, n)
		}
	}
}

func TestGemmS8BitmaskPanics(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	w := mustPackBitmask(t, rng, uniformS8(rng, 70, 80, .5), 70, 80)
	x := NewMatU8(5, 80)
	const out = "kernels: range of outputs out of bounds or not in 64s"
	for _, c := range []struct {
		want   string
		dst    MatF32
		x      MatU8
		bias   []float32
		n0, n1 int
	}{
		{"kernels: activations and weights differ in K", NewMatF32(5, 70), NewMatU8(5, 81), nil, 0, 70},
		{"kernels: product of another shape", NewMatF32(4, 70), x, nil, 0, 70},
		{"kernels: product of another shape", NewMatF32(5, 71), x, nil, 0, 70},
		{"kernels: bias of another length", NewMatF32(5, 70), x, make([]float32, 64), 0, 70},
		{"kernels: matrix data too short", NewMatF32(5, 70), MatU8{Rows: 5, Cols: 80, Stride: 80}, nil, 0, 70},
		{out, NewMatF32(5, 70), x, nil, -64, 70},
		{out, NewMatF32(5, 70), x, nil, 0, 71},
		{out, NewMatF32(5, 70), x, nil, 0, 128},
		{out, NewMatF32(5, 70), x, nil, 0, 32},
		{out, NewMatF32(5, 70), x, nil, 32, 70},
		{out, NewMatF32(5, 70), x, nil, 64, 0},
	} {
		func() {
			defer func() {
				if got := recover(); got != c.want {
					t.Errorf("panic %v, want %q", got, c.want)
				}
			}()
			GemmS8Bitmask(c.dst, c.x, w, c.bias, c.n0, c.n1)
		}()
	}
}

func BenchmarkGemmS8Bitmask(b *testing.B) {
	benchVariants(b, gemmS8BitmaskVariants, func(b *testing.B, v variant[gemmS8BitmaskFunc]) {
		for _, c := range []struct {
			m, n, k  int
			sparsity float64
		}{
			{128, 768, 768, .9}, {128, 768, 768, 0},
			{16, 768, 768, .9}, {384, 768, 768, .9},
			{128, 3072, 768, .9}, {128, 768, 3072, .9},
		} {
			b.Run(fmt.Sprintf("m=%d/n=%d/k=%d/sparsity=%.0f", c.m, c.n, c.k, 100*c.sparsity), func(b *testing.B) {
				rng := rand.New(rand.NewPCG(1, 2))
				// Several matrices in turn, so that weights do not lie in the first cache.
				ws := make([]*BitmaskS8, max(1, 4*768*768/(c.n*c.k)))
				for i := range ws {
					ws[i] = mustPackBitmask(b, rng, uniformS8(rng, c.n, c.k, c.sparsity), c.n, c.k)
				}
				x, bias, dst := randomU8(rng, c.m, c.k), randomBias(rng, c.n), NewMatF32(c.m, c.n)
				i := 0
				for b.Loop() {
					gemmS8Bitmask(dst, x, ws[i%len(ws)], bias, 0, c.n, v.fn)
					i++
				}
				b.ReportMetric(float64(c.m)*float64(c.n)*float64(c.k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
			})
		}
	})
}

func BenchmarkPackS8Bitmask(b *testing.B) {
	const n, k = 768, 768
	rng := rand.New(rand.NewPCG(1, 2))
	w, scale := uniformS8(rng, n, k, .9), scalesOf(rng, n)
	for b.Loop() {
		if _, err := PackS8Bitmask(w, scale, n, k); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(n*k), "ns/weight")
}
