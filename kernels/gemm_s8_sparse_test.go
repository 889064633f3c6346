package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/sparsebio/sparsebio/kernels/internal/race"
)

// randomU8 returns m tokens of k random activations.
func randomU8(rng *rand.Rand, m, k int) MatU8 {
	x := NewMatU8(m, k)
	for i := range x.Data {
		x.Data[i] = uint8(rng.Uint32())
	}
	for i := range m {
		x.Scale[i] = rng.Float32()/100 + 1e-3
		x.Zero[i] = rng.Int32N(256)
	}
	return x
}

// randomBias returns n values.
func randomBias(rng *rand.Rand, n int) []float32 {
	b := make([]float32, n)
	for i := range b {
		b[i] = rng.Float32() - .5
	}
	return b
}

// mustPack packs w with random scales.
func mustPack(t testing.TB, rng *rand.Rand, w []int8, n, k int) *SparseS8 {
	t.Helper()
	p, err := PackS8Sparse(w, scalesOf(rng, n), n, k)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// gemmS8Plain computes the product from plain weights, as the comment of
// GemmS8Sparse says, in int64.
func gemmS8Plain(x MatU8, w []int8, scale, bias []float32, n, k int) MatF32 {
	dst := NewMatF32(x.Rows, n)
	for i := range x.Rows {
		for j := range n {
			var sum int64
			for c, v := range w[j*k : (j+1)*k] {
				if v != 0 {
					sum += int64(int32(x.Data[i*x.Stride+c])-x.Zero[i]) * int64(v)
				}
			}
			s := x.Scale[i] * scale[j]
			v := float32(float32(int32(sum)) * s)
			if bias != nil {
				v += bias[j]
			} else {
				v += 0
			}
			dst.Data[i*n+j] = v
		}
	}
	return dst
}

// sameBits fails the test unless got equals want bit by bit.
func sameBits(t *testing.T, got, want MatF32) {
	t.Helper()
	bad := 0
	for i := range want.Rows {
		for j := range want.Cols {
			g, w := got.Data[i*got.Stride+j], want.Data[i*want.Stride+j]
			if math.Float32bits(g) != math.Float32bits(w) {
				if bad++; bad <= 3 {
					t.Errorf("(%d, %d) = %v, want %v", i, j, g, w)
				}
			}
		}
	}
	if bad > 3 {
		t.Errorf("and %d more", bad-3)
	}
}

// gemmWith multiplies with one variant.
func gemmWith(v variant[*gemmS8SparseImpl], x MatU8, w *SparseS8, bias []float32) MatF32 {
	var tiles TilesS8
	tiles.prepare(x, v.fn)
	dst := NewMatF32(x.Rows, w.N())
	GemmS8Sparse(dst, &tiles, w, bias, 0, w.Blocks())
	return dst
}

func TestGemmS8Sparse(t *testing.T) {
	type shape struct{ m, n, k int }
	var shapes []shape
	for m := range 51 {
		shapes = append(shapes, shape{m, 33, 100})
	}
	for _, m := range []int{64, 65, 80, 81, 96, 97, 127, 128, 129} {
		shapes = append(shapes, shape{m, 48, 384})
	}
	for _, n := range []int{1, 15, 16, 17, 33, 63, 64, 65, 384} {
		shapes = append(shapes, shape{5, n, 65}, shape{26, n, 130})
	}
	for _, k := range []int{1, 2, 15, 16, 17, 63, 64, 65, 100, 128, 200, 300, 384, 448, 768, 769, 1536, 3072} {
		shapes = append(shapes, shape{9, 70, k}, shape{25, 16, k})
	}
	for i, s := range shapes {
		sparsities := []float64{.9}
		if i%3 == 0 {
			sparsities = []float64{0, .5, .8, .9, .95, .99, 1}
		}
		for _, sparsity := range sparsities {
			rng := rand.New(rand.NewPCG(uint64(i), 3))
			w := uniformS8(rng, s.n, s.k, sparsity)
			x := randomU8(rng, s.m, s.k)
			bias := randomBias(rng, s.n)
			scale := scalesOf(rng, s.n)
			want := gemmS8Plain(x, w, scale, bias, s.n, s.k)
			for _, sort := range []bool{false, true} {
				p, err := packS8(w, scale, s.n, s.k, sort)
				if err != nil {
					t.Fatal(err)
				}
				for _, v := range gemmS8SparseVariants {
					if !cpuHas(v.isa) {
						continue
					}
					t.Run(fmt.Sprintf("isa=%s/m=%d/n=%d/k=%d/sparsity=%.0f/sort=%v", v.isa, s.m, s.n, s.k, 100*sparsity, sort), func(t *testing.T) {
						sameBits(t, gemmWith(v, x, p, bias), want)
					})
				}
			}
		}
	}
}

// TestGemmS8SparsePatterns multiplies with the matrices of sparseCases.
func TestGemmS8SparsePatterns(t *testing.T) {
	for _, c := range sparseCases {
		t.Run(c.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(3, 4))
			w := c.make(rng, c.n, c.k)
			p := mustPack(t, rng, w, c.n, c.k)
			x := randomU8(rng, 29, c.k)
			want := gemmS8Plain(x, w, p.Scale(), nil, c.n, c.k)
			eachVariant(t, gemmS8SparseVariants, func(t *testing.T, v variant[*gemmS8SparseImpl]) {
				sameBits(t, gemmWith(v, x, p, nil), want)
			})
		})
	}
}

// TestGemmS8SparseExtremes reaches the largest sums, which only exact
// arithmetic gets right.
func TestGemmS8SparseExtremes(t *testing.T) {
	const m, n, k = 9, 20, 3072
	rng := rand.New(rand.NewPCG(3, 4))
	for _, weight := range []int8{-128, -127, 127} {
		w := make([]int8, n*k)
		for i := range w {
			w[i] = weight
		}
		p := mustPack(t, rng, w, n, k)
		for _, value := range []uint8{0, 255} {
			for _, zero := range []int32{0, 255} {
				x := randomU8(rng, m, k)
				for i := range x.Data {
					x.Data[i] = value
				}
				for i := range x.Zero {
					x.Zero[i] = zero
				}
				bias := randomBias(rng, n)
				want := gemmS8Plain(x, w, p.Scale(), bias, n, k)
				eachVariant(t, gemmS8SparseVariants, func(t *testing.T, v variant[*gemmS8SparseImpl]) {
					sameBits(t, gemmWith(v, x, p, bias), want)
				})
			}
		}
	}
	t.Run("k=65536", func(t *testing.T) {
		const k = 65536
		w := make([]int8, 2*k)
		for i := range w {
			w[i] = -128
		}
		p := mustPack(t, rng, w, 2, k)
		x := randomU8(rng, 2, k)
		for i := range x.Data {
			x.Data[i] = 255
		}
		clear(x.Zero)
		want := gemmS8Plain(x, w, p.Scale(), nil, 2, k)
		eachVariant(t, gemmS8SparseVariants, func(t *testing.T, v variant[*gemmS8SparseImpl]) {
			sameBits(t, gemmWith(v, x, p, nil), want)
		})
	})
}

// TestGemmS8SparseGuards places every buffer beside unreadable memory, gives
// rows odd strides and checks that what lies between rows stays as it was.
func TestGemmS8SparseGuards(t *testing.T) {
	for _, s := range []struct{ m, n, k int }{{1, 1, 1}, {7, 17, 65}, {8, 64, 64}, {25, 70, 769}, {26, 130, 100}} {
		rng := rand.New(rand.NewPCG(11, 12))
		w := uniformS8(rng, s.n, s.k, .8)
		scale := scalesOf(rng, s.n)
		plain := randomU8(rng, s.m, s.k)
		biases := randomBias(rng, s.n)
		want := gemmS8Plain(plain, w, scale, biases, s.n, s.k)
		eachVariant(t, gemmS8SparseVariants, func(t *testing.T, v variant[*gemmS8SparseImpl]) {
			for i := range 4 {
				g := i % 2
				packed, err := packS8(w, scale, s.n, s.k, i/2 == 1)
				if err != nil {
					t.Fatal(err)
				}
				bytes, floats, ints := guards[uint8]()[g], guards[float32]()[g], guards[int32]()[g]
				x := MatU8{Rows: s.m, Cols: s.k, Stride: s.k + 3, Data: bytes(t, (s.m-1)*(s.k+3)+s.k), Scale: floats(t, s.m), Zero: ints(t, s.m)}
				for i := range s.m {
					copy(x.Data[i*x.Stride:], plain.Data[i*s.k:(i+1)*s.k])
				}
				copy(x.Scale, plain.Scale)
				copy(x.Zero, plain.Zero)
				raw := bytes(t, packed.Bytes())
				copy(raw, packed.raw)
				p, err := OpenS8Sparse(raw)
				if err != nil {
					t.Fatal(err)
				}
				bias := floats(t, s.n)
				copy(bias, biases)
				dst := MatF32{Rows: s.m, Cols: s.n, Stride: s.n + 5, Data: floats(t, (s.m-1)*(s.n+5)+s.n)}
				for i := range dst.Data {
					dst.Data[i] = -1
				}
				var tiles TilesS8
				tiles.prepare(x, v.fn)
				GemmS8Sparse(dst, &tiles, p, bias, 0, p.Blocks())
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

// TestGemmS8SparseParts computes a product in parts, by blocks and by tokens,
// on several goroutines: every part must be what the whole product has.
func TestGemmS8SparseParts(t *testing.T) {
	const m, n, k = 61, 200, 800
	rng := rand.New(rand.NewPCG(13, 14))
	p := mustPack(t, rng, uniformS8(rng, n, k, .9), n, k)
	raw, _ := p.MarshalBinary()
	x := randomU8(rng, m, k)
	bias := randomBias(rng, n)
	eachVariant(t, gemmS8SparseVariants, func(t *testing.T, v variant[*gemmS8SparseImpl]) {
		want := gemmWith(v, x, p, bias)
		fresh, err := OpenS8Sparse(raw) // whose other forms are not made yet
		if err != nil {
			t.Fatal(err)
		}

		var tiles TilesS8
		tiles.prepare(x, v.fn)
		dst := NewMatF32(m, n)
		var wg sync.WaitGroup
		for b := range p.Blocks() {
			wg.Go(func() { GemmS8Sparse(dst, &tiles, fresh, bias, b, b+1) })
		}
		wg.Wait()
		sameBits(t, dst, want)

		dst = NewMatF32(m, n)
		for t0 := 0; t0 < m; t0 += 7 {
			wg.Go(func() {
				t1 := min(t0+7, m)
				var tiles TilesS8
				tiles.prepare(MatU8{Data: x.Data[t0*k : t1*k], Rows: t1 - t0, Cols: k, Stride: k, Scale: x.Scale[t0:t1], Zero: x.Zero[t0:t1]}, v.fn)
				part := dst.Sub(t0, t1, 0, n)
				GemmS8Sparse(part, &tiles, p, bias, 0, 1)
				GemmS8Sparse(part, &tiles, p, bias, 1, p.Blocks())
			})
		}
		wg.Wait()
		sameBits(t, dst, want)
	})
}

func FuzzGemmS8Sparse(f *testing.F) {
	f.Add(uint64(1), uint16(20), uint16(70), uint16(800), uint8(90), true)
	f.Add(uint64(2), uint16(1), uint16(1), uint16(1), uint8(0), false)
	f.Fuzz(func(t *testing.T, seed uint64, m, n, k uint16, sparsity uint8, sort bool) {
		rng := rand.New(rand.NewPCG(seed, 0))
		rows, outs, ins := int(m%60), 1+int(n%150), 1+int(k%1700)
		w := unevenS8(rng, outs, ins, float64(sparsity%101)/100)
		scale := scalesOf(rng, outs)
		p, err := packS8(w, scale, outs, ins, sort)
		if err != nil {
			t.Fatal(err)
		}
		x := randomU8(rng, rows, ins)
		want := gemmS8Plain(x, w, scale, nil, outs, ins)
		for _, v := range gemmS8SparseVariants {
			if cpuHas(v.isa) {
				sameBits(t, gemmWith(v, x, p, nil), want)
			}
		}
	})
}

// TestTilesS8Reuse prepares shrinking and growing activations in one TilesS8.
func TestTilesS8Reuse(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	eachVariant(t, gemmS8SparseVariants, func(t *testing.T, v variant[*gemmS8SparseImpl]) {
		var tiles TilesS8
		for _, s := range []struct{ m, k int }{{30, 500}, {3, 70}, {0, 70}, {50, 769}, {11, 65}} {
			w := uniformS8(rng, 20, s.k, .7)
			p := mustPack(t, rng, w, 20, s.k)
			x := randomU8(rng, s.m, s.k)
			tiles.prepare(x, v.fn)
			want := gemmS8Plain(x, w, p.Scale(), nil, 20, s.k)
			clear(x.Data) // x is the caller's again
			clear(x.Scale)
			dst := NewMatF32(s.m, 20)
			GemmS8Sparse(dst, &tiles, p, nil, 0, p.Blocks())
			sameBits(t, dst, want)
			if tiles.Rows() != s.m || tiles.K() != s.k {
				t.Errorf("%d x %d, want %d x %d", tiles.Rows(), tiles.K(), s.m, s.k)
			}
		}
	})
}

// TestGemmS8SparseAllocs checks that products allocate nothing once buffers
// have grown.
func TestGemmS8SparseAllocs(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector makes pools forget")
	}
	rng := rand.New(rand.NewPCG(1, 1))
	p := mustPack(t, rng, uniformS8(rng, 70, 900, .9), 70, 900)
	values := NewMatF32(30, 900)
	x := NewMatU8(30, 900)
	bias := randomBias(rng, 70)
	dst := NewMatF32(30, 70)
	for _, v := range gemmS8SparseVariants {
		if !cpuHas(v.isa) || v.isa == "ref" {
			continue
		}
		var tiles TilesS8
		if n := testing.AllocsPerRun(10, func() {
			QuantizeU8(x, values)
			tiles.prepare(x, v.fn)
			GemmS8Sparse(dst, &tiles, p, bias, 0, p.Blocks())
		}); n > 0 {
			t.Errorf("%s: %v allocations a product", v.isa, n)
		}
	}
}

func TestGemmS8SparsePanics(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	w := mustPack(t, rng, uniformS8(rng, 70, 80, .5), 70, 80)
	var x, other, unused TilesS8
	x.Prepare(NewMatU8(5, 80))
	other.Prepare(NewMatU8(5, 81))
	for _, c := range []struct {
		want string
		f    func()
	}{
		{"kernels: activations and weights differ in K", func() { GemmS8Sparse(NewMatF32(5, 70), &other, w, nil, 0, 2) }},
		{"kernels: product of another shape", func() { GemmS8Sparse(NewMatF32(4, 70), &x, w, nil, 0, 2) }},
		{"kernels: product of another shape", func() { GemmS8Sparse(NewMatF32(5, 71), &x, w, nil, 0, 2) }},
		{"kernels: product of another shape", func() { GemmS8Sparse(NewMatF32(5, 70), &unused, w, nil, 0, 2) }},
		{"kernels: bias of another length", func() { GemmS8Sparse(NewMatF32(5, 70), &x, w, make([]float32, 64), 0, 2) }},
		{"kernels: block range out of bounds", func() { GemmS8Sparse(NewMatF32(5, 70), &x, w, nil, -1, 2) }},
		{"kernels: block range out of bounds", func() { GemmS8Sparse(NewMatF32(5, 70), &x, w, nil, 0, 3) }},
		{"kernels: block range out of bounds", func() { GemmS8Sparse(NewMatF32(5, 70), &x, w, nil, 2, 1) }},
		{"kernels: activations need 1 to 65536 columns", func() { x.Prepare(NewMatU8(1, 0)) }},
		{"kernels: matrix data too short", func() { x.Prepare(MatU8{Rows: 2, Cols: 3, Stride: 3, Data: make([]uint8, 5)}) }},
		{"kernels: weights do not match their shape", func() { SparseOrderS8(make([]int8, 5), 2, 3) }},
		{"kernels: weights do not match their shape", func() { QuantizeS8Rows(make([]float32, 5), 2, 3) }},
		{"kernels: quantized matrix of another shape", func() { QuantizeU8(NewMatU8(2, 3), NewMatF32(3, 2)) }},
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

func BenchmarkGemmS8Sparse(b *testing.B) {
	benchVariants(b, gemmS8SparseVariants, func(b *testing.B, v variant[*gemmS8SparseImpl]) {
		for _, c := range []struct {
			m, n, k  int
			sparsity float64
		}{
			{128, 768, 768, .9}, {128, 768, 768, .8}, {128, 768, 768, .95},
			{16, 768, 768, .9}, {384, 768, 768, .9},
			{16, 3072, 768, .9}, {128, 3072, 768, .9}, {16, 768, 3072, .9}, {128, 768, 3072, .9},
			{128, 384, 384, .9}, {128, 1536, 384, .9}, {128, 384, 1536, .9},
		} {
			b.Run(fmt.Sprintf("m=%d/n=%d/k=%d/sparsity=%.0f", c.m, c.n, c.k, 100*c.sparsity), func(b *testing.B) {
				rng := rand.New(rand.NewPCG(1, 2))
				// Several matrices in turn, so that weights do not lie in the first cache.
				ws := make([]*SparseS8, max(1, 4*768*768/(c.n*c.k)))
				slots := 0
				for i := range ws {
					ws[i] = mustPack(b, rng, uniformS8(rng, c.n, c.k, c.sparsity), c.n, c.k)
					slots += ws[i].Slots()
				}
				x := randomU8(rng, c.m, c.k)
				bias := randomBias(rng, c.n)
				dst := NewMatF32(c.m, c.n)
				var tiles TilesS8
				tiles.prepare(x, v.fn)
				for _, w := range ws {
					GemmS8Sparse(dst, &tiles, w, bias, 0, 1)
				}
				i := 0
				for b.Loop() {
					w := ws[i%len(ws)]
					GemmS8Sparse(dst, &tiles, w, bias, 0, w.Blocks())
					i++
				}
				seconds := b.Elapsed().Seconds() / float64(b.N)
				b.ReportMetric(float64(c.m)*float64(c.n)*float64(c.k)/seconds/1e9, "GMAC/s")
				if v.isa == "avx512vbmi" {
					b.ReportMetric(float64(c.m)*float64(slots)/float64(len(ws))/seconds/1e9, "Gpairs/s")
				}
			})
		}
	})
}

func BenchmarkPrepareS8(b *testing.B) {
	benchVariants(b, gemmS8SparseVariants, func(b *testing.B, v variant[*gemmS8SparseImpl]) {
		for _, k := range []int{384, 768, 3072} {
			b.Run(fmt.Sprintf("m=128/k=%d", k), func(b *testing.B) {
				x := randomU8(rand.New(rand.NewPCG(1, 2)), 128, k)
				b.SetBytes(int64(len(x.Data)))
				var tiles TilesS8
				for b.Loop() {
					tiles.prepare(x, v.fn)
				}
			})
		}
	})
}
