package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/sparsebio/sparsebio/kernels/internal/race"
)

// mustBlocks packs w with the scales of its rows.
func mustBlocks(t testing.TB, w []int8, scale []float32, n, k int) *BlocksS8 {
	t.Helper()
	p, err := PackS8Blocks(w, scale, n, k)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// gemmBlocksWith multiplies with one variant.
func gemmBlocksWith(v variant[*gemmS8BlocksImpl], x MatU8, w *BlocksS8, bias []float32) MatF32 {
	var quads QuadsS8
	quads.prepare(x, v.fn)
	dst := NewMatF32(x.Rows, w.N())
	GemmS8Blocks(dst, &quads, w, bias, 0, w.Blocks())
	return dst
}

func TestGemmS8Blocks(t *testing.T) {
	type shape struct{ m, n, k int }
	var shapes []shape
	for m := range 82 {
		shapes = append(shapes, shape{m, 17, 100})
	}
	for _, n := range []int{1, 15, 16, 33, 63, 64, 65, 384} {
		shapes = append(shapes, shape{5, n, 65}, shape{26, n, 130})
	}
	for _, k := range []int{1, 2, 3, 4, 5, 31, 32, 33, 63, 64, 100, 384, 767, 768, 769, 1536, 1601, 3072} {
		shapes = append(shapes, shape{9, 70, k}, shape{65, 16, k})
	}
	for i, s := range shapes {
		sparsities := []float64{.9}
		if i%3 == 0 {
			sparsities = []float64{0, .5, .95, 1}
		}
		for _, sparsity := range sparsities {
			rng := rand.New(rand.NewPCG(uint64(i), 3))
			w := blocksS8(rng, s.n, s.k, sparsity)
			if i%2 == 0 {
				w = uniformS8(rng, s.n, s.k, sparsity)
			}
			x := randomU8(rng, s.m, s.k)
			bias := randomBias(rng, s.n)
			scale := scalesOf(rng, s.n)
			want := gemmS8Plain(x, w, scale, bias, s.n, s.k)
			p := mustBlocks(t, w, scale, s.n, s.k)
			for _, v := range gemmS8BlocksVariants {
				if !cpuHas(v.isa) {
					continue
				}
				t.Run(fmt.Sprintf("isa=%s/m=%d/n=%d/k=%d/sparsity=%.0f", v.isa, s.m, s.n, s.k, 100*sparsity), func(t *testing.T) {
					sameBits(t, gemmBlocksWith(v, x, p, bias), want)
				})
			}
		}
	}
}

// TestGemmS8BlocksPatterns multiplies with the matrices of sparseCases and
// compares with the product of the same weights in the other form.
func TestGemmS8BlocksPatterns(t *testing.T) {
	for _, c := range sparseCases {
		t.Run(c.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(3, 4))
			w := c.make(rng, c.n, c.k)
			sparse := mustPack(t, rng, w, c.n, c.k)
			p := mustBlocks(t, w, sparse.Scale(), c.n, c.k)
			x := randomU8(rng, 29, c.k)
			var tiles TilesS8
			tiles.Prepare(x)
			want := NewMatF32(29, c.n)
			GemmS8Sparse(want, &tiles, sparse, nil, 0, sparse.Blocks())
			eachVariant(t, gemmS8BlocksVariants, func(t *testing.T, v variant[*gemmS8BlocksImpl]) {
				sameBits(t, gemmBlocksWith(v, x, p, nil), want)
			})
		})
	}
}

// TestGemmS8BlocksExtremes reaches the largest sums of two, four and all
// products.
func TestGemmS8BlocksExtremes(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, k := range []int{3072, 65536} {
		const m, n = 9, 3
		for _, weight := range []int8{-128, -127, 127} {
			w := make([]int8, n*k)
			for i := range w {
				w[i] = weight
				if i >= 2*k && i%2 == 0 {
					w[i] = -1 - weight
				}
			}
			p := mustBlocks(t, w, scalesOf(rng, n), n, k)
			x := randomU8(rng, m, k)
			for i := range m {
				x.Zero[i] = int32(255 * (i % 2))
				for j := range k {
					x.Data[i*k+j] = uint8(255 * (i / 2 % 2))
					if i > 5 {
						x.Data[i*k+j] = uint8(255 * (j % 2))
					}
				}
			}
			want := gemmS8Plain(x, w, p.scale, nil, n, k)
			eachVariant(t, gemmS8BlocksVariants, func(t *testing.T, v variant[*gemmS8BlocksImpl]) {
				sameBits(t, gemmBlocksWith(v, x, p, nil), want)
			})
		}
	}
}

// TestGemmS8BlocksGuards places every buffer of the caller beside unreadable
// memory, gives rows odd strides and checks that what lies between rows stays as
// it was.
func TestGemmS8BlocksGuards(t *testing.T) {
	for _, s := range []struct{ m, n, k int }{{1, 1, 1}, {7, 17, 65}, {8, 64, 64}, {16, 64, 768}, {25, 70, 769}, {90, 130, 100}} {
		rng := rand.New(rand.NewPCG(11, 12))
		w := blocksS8(rng, s.n, s.k, .8)
		p := mustBlocks(t, w, scalesOf(rng, s.n), s.n, s.k)
		plain := randomU8(rng, s.m, s.k)
		biases := randomBias(rng, s.n)
		want := gemmS8Plain(plain, w, p.scale, biases, s.n, s.k)
		eachVariant(t, gemmS8BlocksVariants, func(t *testing.T, v variant[*gemmS8BlocksImpl]) {
			for g := range 2 {
				bytes, floats, ints := guards[uint8]()[g], guards[float32]()[g], guards[int32]()[g]
				p := *p
				p.data = bytes(t, len(p.data))
				copy(p.data, mustBlocks(t, w, p.scale[:s.n], s.n, s.k).data)
				x := MatU8{Rows: s.m, Cols: s.k, Stride: s.k + 3, Data: bytes(t, (s.m-1)*(s.k+3)+s.k), Scale: floats(t, s.m), Zero: ints(t, s.m)}
				for i := range s.m {
					copy(x.Data[i*x.Stride:], plain.Data[i*s.k:(i+1)*s.k])
				}
				copy(x.Scale, plain.Scale)
				copy(x.Zero, plain.Zero)
				bias := floats(t, s.n)
				copy(bias, biases)
				dst := MatF32{Rows: s.m, Cols: s.n, Stride: s.n + 5, Data: floats(t, (s.m-1)*(s.n+5)+s.n)}
				for i := range dst.Data {
					dst.Data[i] = -1
				}
				var quads QuadsS8
				quads.prepare(x, v.fn)
				GemmS8Blocks(dst, &quads, &p, bias, 0, p.Blocks())
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

// TestGemmS8BlocksParts computes a product in parts, by blocks and by tokens, on
// several goroutines, with activations that shrink and grow.
func TestGemmS8BlocksParts(t *testing.T) {
	const m, n, k = 77, 330, 801
	rng := rand.New(rand.NewPCG(13, 14))
	p := mustBlocks(t, blocksS8(rng, n, k, .9), scalesOf(rng, n), n, k)
	x := randomU8(rng, m, k)
	bias := randomBias(rng, n)
	eachVariant(t, gemmS8BlocksVariants, func(t *testing.T, v variant[*gemmS8BlocksImpl]) {
		want := gemmBlocksWith(v, x, p, bias)
		var quads QuadsS8
		quads.prepare(x, v.fn)
		dst := NewMatF32(m, n)
		var wg sync.WaitGroup
		for b := range p.Blocks() {
			wg.Go(func() { GemmS8Blocks(dst, &quads, p, bias, b, b+1) })
		}
		wg.Wait()
		sameBits(t, dst, want)

		dst = NewMatF32(m, n)
		for t0 := range 3 {
			wg.Go(func() {
				var quads QuadsS8
				for t0 := 7 * t0; t0 < m; t0 += 21 {
					t1 := min(t0+7, m)
					quads.prepare(MatU8{Data: x.Data[t0*k : t1*k], Rows: t1 - t0, Cols: k, Stride: k, Scale: x.Scale[t0:t1], Zero: x.Zero[t0:t1]}, v.fn)
					GemmS8Blocks(dst.Sub(t0, t1, 0, n), &quads, p, bias, 0, p.Blocks())
				}
			})
		}
		wg.Wait()
		sameBits(t, dst, want)
	})
}

func FuzzGemmS8Blocks(f *testing.F) {
	f.Add(uint64(1), uint16(20), uint16(70), uint16(800), uint8(90), true)
	f.Add(uint64(2), uint16(1), uint16(1), uint16(1), uint8(0), false)
	f.Fuzz(func(t *testing.T, seed uint64, m, n, k uint16, sparsity uint8, blocks bool) {
		rng := rand.New(rand.NewPCG(seed, 0))
		rows, outs, ins := int(m%90), 1+int(n%150), 1+int(k%1700)
		w := unevenS8(rng, outs, ins, float64(sparsity%101)/100)
		if blocks {
			w = blocksS8(rng, outs, ins, float64(sparsity%101)/100)
		}
		p := mustBlocks(t, w, scalesOf(rng, outs), outs, ins)
		x := randomU8(rng, rows, ins)
		want := gemmS8Plain(x, w, p.scale, nil, outs, ins)
		for _, v := range gemmS8BlocksVariants {
			if cpuHas(v.isa) {
				sameBits(t, gemmBlocksWith(v, x, p, nil), want)
			}
		}
	})
}

// TestGemmS8BlocksAllocs checks that products allocate nothing once buffers have
// grown.
func TestGemmS8BlocksAllocs(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector makes pools forget")
	}
	rng := rand.New(rand.NewPCG(1, 1))
	p := mustBlocks(t, blocksS8(rng, 70, 900, .9), scalesOf(rng, 70), 70, 900)
	x := randomU8(rng, 30, 900)
	bias := randomBias(rng, 70)
	dst := NewMatF32(30, 70)
	for _, v := range gemmS8BlocksVariants {
		if !cpuHas(v.isa) || v.isa == "ref" {
			continue
		}
		var quads QuadsS8
		if n := testing.AllocsPerRun(10, func() {
			quads.prepare(x, v.fn)
			GemmS8Blocks(dst, &quads, p, bias, 0, p.Blocks())
		}); n > 0 {
			t.Errorf("%s: %v allocations a product", v.isa, n)
		}
	}
}

func TestGemmS8BlocksPanics(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	w := mustBlocks(t, blocksS8(rng, 70, 80, .5), scalesOf(rng, 70), 70, 80)
	var x, other, unused QuadsS8
	x.Prepare(NewMatU8(5, 80))
	other.Prepare(NewMatU8(5, 81))
	for _, c := range []struct {
		want string
		f    func()
	}{
		{"kernels: activations and weights differ in K", func() { GemmS8Blocks(NewMatF32(5, 70), &other, w, nil, 0, 2) }},
		{"kernels: product of another shape", func() { GemmS8Blocks(NewMatF32(4, 70), &x, w, nil, 0, 2) }},
		{"kernels: product of another shape", func() { GemmS8Blocks(NewMatF32(5, 71), &x, w, nil, 0, 2) }},
		{"kernels: product of another shape", func() { GemmS8Blocks(NewMatF32(5, 70), &unused, w, nil, 0, 2) }},
		{"kernels: bias of another length", func() { GemmS8Blocks(NewMatF32(5, 70), &x, w, make([]float32, 64), 0, 2) }},
		{"kernels: block range out of bounds", func() { GemmS8Blocks(NewMatF32(5, 70), &x, w, nil, -1, 2) }},
		{"kernels: block range out of bounds", func() { GemmS8Blocks(NewMatF32(5, 70), &x, w, nil, 0, 3) }},
		{"kernels: block range out of bounds", func() { GemmS8Blocks(NewMatF32(5, 70), &x, w, nil, 2, 1) }},
		{"kernels: activations need 1 to 65536 columns", func() { x.Prepare(NewMatU8(1, 0)) }},
		{"kernels: matrix data too short", func() { x.Prepare(MatU8{Rows: 2, Cols: 3, Stride: 3, Data: make([]uint8, 5)}) }},
	} {
		func() {
			defer func() {
				if got := recover(); got != c.want {
					t.Errorf("panic %v, want %q", got, c.want)
				}
			}()
			c.f()
		}()
	}
}

func TestPackS8Blocks(t *testing.T) {
	w := []int8{
		0, 0, 0, 0, 1, -2, 3, 4, 0,
		0, 0, 0, 0, 0, 0, 0, 0, -128,
		0, 0, 0, 0, 0, 0, 0, 0, 0,
	}
	p := mustBlocks(t, w, []float32{1, 2, 3}, 3, 9)
	if p.N() != 3 || p.K() != 9 || p.NNZ() != 5 || p.Blocks() != 1 || p.Fill() != 5./8 {
		t.Errorf("%d x %d with %d weights in %d blocks, fill %v", p.N(), p.K(), p.NNZ(), p.Blocks(), p.Fill())
	}
	if want := 3*4*64 + 2*4 + 16*2 + 2*6; p.Bytes() != want {
		t.Errorf("%d bytes, want %d", p.Bytes(), want)
	}
	if p := mustBlocks(t, w[18:], []float32{1}, 1, 9); p.Fill() != 1 || p.NNZ() != 0 {
		t.Errorf("fill %v of %d weights", p.Fill(), p.NNZ())
	}
	for _, c := range []struct {
		w     int
		scale []float32
		n, k  int
		want  string
	}{
		{0, nil, 0, 4, "0 x 4 matrix"},
		{4, []float32{1}, 1, 1 << 17, "1 x 131072 matrix"},
		{5, []float32{1}, 1, 4, "5 weights"},
		{4, nil, 1, 4, "0 scales"},
		{4, []float32{float32(math.NaN())}, 1, 4, "scale of row 0 is NaN"},
	} {
		if _, err := PackS8Blocks(make([]int8, c.w), c.scale, c.n, c.k); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one about %q", err, c.want)
		}
	}
}

func BenchmarkGemmS8Blocks(b *testing.B) {
	benchVariants(b, gemmS8BlocksVariants, func(b *testing.B, v variant[*gemmS8BlocksImpl]) {
		for _, c := range []struct {
			m, n, k  int
			sparsity float64
		}{
			{128, 768, 768, .9}, {128, 768, 768, .8}, {128, 768, 768, .95},
			{16, 768, 768, .9}, {64, 768, 768, .9}, {384, 768, 768, .9},
			{16, 3072, 768, .9}, {128, 3072, 768, .9}, {16, 768, 3072, .9}, {128, 768, 3072, .9},
			{128, 384, 384, .9}, {128, 1536, 384, .9}, {128, 384, 1536, .9},
		} {
			b.Run(fmt.Sprintf("m=%d/n=%d/k=%d/sparsity=%.0f", c.m, c.n, c.k, 100*c.sparsity), func(b *testing.B) {
				rng := rand.New(rand.NewPCG(1, 2))
				// Several matrices in turn, so that weights do not lie in the first cache.
				ws := make([]*BlocksS8, max(1, 4*768*768/(c.n*c.k)))
				for i := range ws {
					ws[i] = mustBlocks(b, blocksS8(rng, c.n, c.k, c.sparsity), scalesOf(rng, c.n), c.n, c.k)
				}
				x := randomU8(rng, c.m, c.k)
				bias := randomBias(rng, c.n)
				dst := NewMatF32(c.m, c.n)
				var quads QuadsS8
				quads.prepare(x, v.fn)
				i := 0
				for b.Loop() {
					w := ws[i%len(ws)]
					GemmS8Blocks(dst, &quads, w, bias, 0, w.Blocks())
					i++
				}
				b.ReportMetric(float64(c.m)*float64(c.n)*float64(c.k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
			})
		}
	})
}

func BenchmarkPrepareBlocks(b *testing.B) {
	benchVariants(b, gemmS8BlocksVariants, func(b *testing.B, v variant[*gemmS8BlocksImpl]) {
		for _, k := range []int{768, 3072} {
			b.Run(fmt.Sprintf("m=128/k=%d", k), func(b *testing.B) {
				x := randomU8(rand.New(rand.NewPCG(1, 2)), 128, k)
				b.SetBytes(int64(len(x.Data)))
				var quads QuadsS8
				for b.Loop() {
					quads.prepare(x, v.fn)
				}
			})
		}
	})
}
