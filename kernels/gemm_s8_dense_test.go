package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/sparsebio/sparsebio/kernels/internal/race"
)

// denseWith multiplies with one variant.
func denseWith(v variant[gemmS8DenseImpl], x MatU8, w *DenseS8, bias []float32) MatF32 {
	dst := NewMatF32(x.Rows, w.N())
	gemmS8Dense(dst, x, w, bias, 0, w.N(), v.fn)
	return dst
}

func TestGemmS8Dense(t *testing.T) {
	type shape struct{ m, n, k int }
	var shapes []shape
	for m := range 27 { // every size of a tile, for one, two and four panels
		shapes = append(shapes, shape{m, 49, 36}, shape{m, 112, 21})
	}
	for _, n := range []int{1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 384} {
		shapes = append(shapes, shape{5, n, 65}, shape{26, n, 130})
	}
	for _, k := range []int{1, 2, 3, 4, 5, 15, 16, 17, 18, 19, 20, 31, 32, 33, 63, 64, 65, 100, 384, 769} {
		shapes = append(shapes, shape{9, 70, k}, shape{25, 16, k})
	}
	// Several blocks of tokens, several calls for a block, rows that are moved.
	shapes = append(shapes, shape{90, 40, 3072}, shape{150, 17, 2049}, shape{8, 64, 4096})
	for i, s := range shapes {
		rng := rand.New(rand.NewPCG(uint64(i), 3))
		w := uniformS8(rng, s.n, s.k, 0)
		p := mustPackDense(t, rng, w, s.n, s.k)
		x := randomU8(rng, s.m, s.k)
		bias := randomBias(rng, s.n)
		want := gemmS8Plain(x, w, p.Scale(), bias, s.n, s.k)
		for _, v := range gemmS8DenseVariants {
			if cpuHas(v.isa) {
				t.Run(fmt.Sprintf("isa=%s/m=%d/n=%d/k=%d", v.isa, s.m, s.n, s.k), func(t *testing.T) {
					sameBits(t, denseWith(v, x, p, bias), want)
				})
			}
		}
	}
}

// TestGemmS8DenseSparse compares with GemmS8Sparse, whose bits are the same.
func TestGemmS8DenseSparse(t *testing.T) {
	for _, c := range sparseCases {
		t.Run(c.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(3, 4))
			w := c.make(rng, c.n, c.k)
			s := mustPack(t, rng, w, c.n, c.k)
			d, err := PackS8Dense(w, s.Scale(), c.n, c.k)
			if err != nil {
				t.Fatal(err)
			}
			x := randomU8(rng, 29, c.k)
			var tiles TilesS8
			tiles.Prepare(x)
			want := NewMatF32(x.Rows, c.n)
			GemmS8Sparse(want, &tiles, s, nil, 0, s.Blocks())
			eachVariant(t, gemmS8DenseVariants, func(t *testing.T, v variant[gemmS8DenseImpl]) {
				sameBits(t, denseWith(v, x, d, nil), want)
			})
		})
	}
}

// TestGemmS8DenseExtremes reaches the largest sums, which only exact
// arithmetic gets right.
func TestGemmS8DenseExtremes(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, s := range []struct{ m, n, k int }{{13, 20, 3072}, {5, 2, 65536}} {
		for _, weight := range []int8{-128, -127, 127} {
			w := make([]int8, s.n*s.k)
			for i := range w {
				w[i] = weight
			}
			p := mustPackDense(t, rng, w, s.n, s.k)
			for _, value := range []uint8{0, 255} {
				for _, zero := range []int32{0, 255} {
					x := randomU8(rng, s.m, s.k)
					for i := range x.Data {
						x.Data[i] = value
					}
					for i := range x.Zero {
						x.Zero[i] = zero
					}
					bias := randomBias(rng, s.n)
					want := NewMatF32(s.m, s.n)
					for i := range s.m {
						for j := range s.n {
							sum := float32((int(value) - int(zero)) * int(weight) * s.k)
							scaled := sum * (x.Scale[i] * p.Scale()[j])
							want.Row(i)[j] = float32(scaled) + bias[j]
						}
					}
					eachVariant(t, gemmS8DenseVariants, func(t *testing.T, v variant[gemmS8DenseImpl]) {
						sameBits(t, denseWith(v, x, p, bias), want)
					})
				}
			}
		}
	}
}

// TestGemmS8DenseScales gives rows scales that overflow, vanish and are no
// numbers: only their own row shows it.
func TestGemmS8DenseScales(t *testing.T) {
	const n, k = 33, 20
	rng := rand.New(rand.NewPCG(5, 6))
	w := uniformS8(rng, n, k, .5)
	p := mustPackDense(t, rng, w, n, k)
	x := randomU8(rng, 7, k)
	for i, s := range []float32{0, float32(math.Copysign(0, -1)), 1e38, -1e-45, float32(math.Inf(1)), float32(math.NaN())} {
		x.Scale[i] = s
	}
	eachVariant(t, gemmS8DenseVariants, func(t *testing.T, v variant[gemmS8DenseImpl]) {
		got, want := denseWith(v, x, p, nil), gemmS8Plain(x, w, p.Scale(), nil, n, k)
		for i, g := range got.Data {
			if w := want.Data[i]; math.Float32bits(g) != math.Float32bits(w) && (g == g || w == w) {
				t.Errorf("(%d, %d) = %v, want %v", i/n, i%n, g, w)
			}
		}
	})
}

// TestGemmS8DenseGuards places every buffer beside unreadable memory, gives
// rows odd strides and checks that what lies between rows and beyond the range
// stays as it was.
func TestGemmS8DenseGuards(t *testing.T) {
	for _, s := range []struct{ m, n, k, n1 int }{
		{1, 1, 1, 1}, {7, 17, 65, 17}, {8, 64, 64, 64}, {25, 70, 769, 70}, {26, 130, 100, 97}, {13, 96, 32, 80}, {6, 192, 36, 192},
	} {
		rng := rand.New(rand.NewPCG(11, 12))
		w := uniformS8(rng, s.n, s.k, 0)
		packed := mustPackDense(t, rng, w, s.n, s.k)
		plain := randomU8(rng, s.m, s.k)
		biases := randomBias(rng, s.n)
		want := gemmS8Plain(plain, w, packed.Scale(), biases, s.n, s.k)
		eachVariant(t, gemmS8DenseVariants, func(t *testing.T, v variant[gemmS8DenseImpl]) {
			for g := range 2 {
				bytes, weights, floats, ints := guards[uint8]()[g], guards[int8]()[g], guards[float32]()[g], guards[int32]()[g]
				x := MatU8{Rows: s.m, Cols: s.k, Stride: s.k + 3, Data: bytes(t, (s.m-1)*(s.k+3)+s.k), Scale: floats(t, s.m), Zero: ints(t, s.m)}
				for i := range s.m {
					copy(x.Data[i*x.Stride:], plain.Data[i*s.k:(i+1)*s.k])
				}
				copy(x.Scale, plain.Scale)
				copy(x.Zero, plain.Zero)
				p := &DenseS8{n: s.n, k: s.k, data: weights(t, len(packed.data)), scale: floats(t, len(packed.scale)), fix: ints(t, len(packed.fix))}
				copy(p.data, packed.data)
				copy(p.scale, packed.scale)
				copy(p.fix, packed.fix)
				bias := floats(t, s.n)
				copy(bias, biases)
				dst := MatF32{Rows: s.m, Cols: s.n, Stride: s.n + 5, Data: floats(t, (s.m-1)*(s.n+5)+s.n)}
				for i := range dst.Data {
					dst.Data[i] = -1
				}
				gemmS8Dense(dst, x, p, bias, 0, s.n1, v.fn)
				sameBits(t, dst.Sub(0, s.m, 0, s.n1), want.Sub(0, s.m, 0, s.n1))
				for i, d := range dst.Data {
					if i%dst.Stride >= s.n1 && d != -1 {
						t.Fatalf("element %d, outside the range, was written", i)
					}
				}
			}
		})
	}
}

// TestGemmS8DenseParts computes a product in parts, by outputs and by tokens,
// on several goroutines: every part must be what the whole product has.
func TestGemmS8DenseParts(t *testing.T) {
	const m, n, k = 61, 200, 801
	rng := rand.New(rand.NewPCG(13, 14))
	p := mustPackDense(t, rng, uniformS8(rng, n, k, 0), n, k)
	x := randomU8(rng, m, k)
	bias := randomBias(rng, n)
	eachVariant(t, gemmS8DenseVariants, func(t *testing.T, v variant[gemmS8DenseImpl]) {
		want := denseWith(v, x, p, bias)
		var wg sync.WaitGroup
		dst := NewMatF32(m, n)
		for n0 := 0; n0 < n; n0 += denseS8Range {
			wg.Go(func() { gemmS8Dense(dst, x, p, bias, n0, min(n0+denseS8Range, n), v.fn) })
		}
		wg.Wait()
		sameBits(t, dst, want)

		dst = NewMatF32(m, n)
		for t0 := 0; t0 < m; t0 += 7 {
			wg.Go(func() {
				t1 := min(t0+7, m)
				rows := MatU8{Data: x.Data[t0*k : t1*k], Rows: t1 - t0, Cols: k, Stride: k, Scale: x.Scale[t0:t1], Zero: x.Zero[t0:t1]}
				part := dst.Sub(t0, t1, 0, n)
				gemmS8Dense(part, rows, p, bias, 0, 64, v.fn)
				gemmS8Dense(part, rows, p, bias, 64, n, v.fn)
			})
		}
		wg.Wait()
		sameBits(t, dst, want)
	})
}

func FuzzGemmS8Dense(f *testing.F) {
	f.Add(uint64(1), uint16(20), uint16(70), uint16(800), uint8(0), uint8(3), uint16(64))
	f.Add(uint64(2), uint16(1), uint16(1), uint16(1), uint8(90), uint8(0), uint16(0))
	f.Fuzz(func(t *testing.T, seed uint64, m, n, k uint16, sparsity, gap uint8, first uint16) {
		rng := rand.New(rand.NewPCG(seed, 0))
		rows, outs, ins := int(m%60), 1+int(n%300), 1+int(k%1700)
		w := uniformS8(rng, outs, ins, float64(sparsity%101)/100)
		p := mustPackDense(t, rng, w, outs, ins)
		x := NewMatU8(rows, ins+int(gap))
		x.Cols = ins
		plain := randomU8(rng, rows, ins)
		for i := range rows {
			copy(x.Data[i*x.Stride:], plain.Data[i*ins:(i+1)*ins])
		}
		x.Scale, x.Zero = plain.Scale, plain.Zero
		n0 := int(first) % outs &^ (denseS8Range - 1)
		want := gemmS8Plain(plain, w, p.Scale(), nil, outs, ins)
		for _, v := range gemmS8DenseVariants {
			if cpuHas(v.isa) {
				dst := NewMatF32(rows, outs)
				gemmS8Dense(dst, x, p, nil, n0, outs, v.fn)
				sameBits(t, dst.Sub(0, rows, n0, outs), want.Sub(0, rows, n0, outs))
			}
		}
	})
}

// TestGemmS8DenseAllocs checks that products allocate nothing once buffers
// have grown.
func TestGemmS8DenseAllocs(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector makes pools forget")
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for _, k := range []int{801, 900} {
		p := mustPackDense(t, rng, uniformS8(rng, 70, k, 0), 70, k)
		x := randomU8(rng, 30, k)
		bias := randomBias(rng, 70)
		dst := NewMatF32(30, 70)
		for _, v := range gemmS8DenseVariants {
			if !cpuHas(v.isa) {
				continue
			}
			if n := testing.AllocsPerRun(10, func() { gemmS8Dense(dst, x, p, bias, 0, 70, v.fn) }); n > 0 {
				t.Errorf("%s: %v allocations a product", v.isa, n)
			}
		}
	}
}

func TestGemmS8DensePanics(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	w := mustPackDense(t, rng, uniformS8(rng, 70, 80, 0), 70, 80)
	x := NewMatU8(5, 80)
	short := x
	short.Scale = short.Scale[:4]
	for _, c := range []struct {
		want string
		f    func()
	}{
		{"kernels: activations and weights differ in K", func() { GemmS8Dense(NewMatF32(5, 70), NewMatU8(5, 81), w, nil, 0, 70) }},
		{"kernels: product of another shape", func() { GemmS8Dense(NewMatF32(4, 70), x, w, nil, 0, 70) }},
		{"kernels: product of another shape", func() { GemmS8Dense(NewMatF32(5, 71), x, w, nil, 0, 70) }},
		{"kernels: bias of another length", func() { GemmS8Dense(NewMatF32(5, 70), x, w, make([]float32, 64), 0, 70) }},
		{"kernels: bad range of outputs", func() { GemmS8Dense(NewMatF32(5, 70), x, w, nil, -64, 70) }},
		{"kernels: bad range of outputs", func() { GemmS8Dense(NewMatF32(5, 70), x, w, nil, 32, 70) }},
		{"kernels: bad range of outputs", func() { GemmS8Dense(NewMatF32(5, 70), x, w, nil, 0, 71) }},
		{"kernels: bad range of outputs", func() { GemmS8Dense(NewMatF32(5, 70), x, w, nil, 64, 63) }},
		{"kernels: a quantized row lacks its scale or zero point", func() { GemmS8Dense(NewMatF32(5, 70), short, w, nil, 0, 70) }},
		{"kernels: matrix data too short", func() { GemmS8Dense(MatF32{Rows: 5, Cols: 70, Stride: 70}, x, w, nil, 0, 70) }},
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

func BenchmarkGemmS8Dense(b *testing.B) {
	benchVariants(b, gemmS8DenseVariants, func(b *testing.B, v variant[gemmS8DenseImpl]) {
		for _, c := range []struct{ m, n, k int }{
			{128, 768, 768}, {128, 3072, 768}, {128, 768, 3072},
			{1, 768, 768}, {4, 768, 768}, {16, 768, 768}, {16, 3072, 768}, {16, 768, 3072}, {384, 768, 768}, {384, 768, 3072},
			{128, 384, 384}, {128, 1536, 384}, {128, 384, 1536}, {128, 1024, 4096},
		} {
			b.Run(fmt.Sprintf("m=%d/n=%d/k=%d", c.m, c.n, c.k), func(b *testing.B) {
				rng := rand.New(rand.NewPCG(1, 2))
				// Several matrices in turn, so that weights do not lie in the first cache.
				ws := make([]*DenseS8, max(1, 4*768*768/(c.n*c.k)))
				for i := range ws {
					ws[i] = mustPackDense(b, rng, uniformS8(rng, c.n, c.k, 0), c.n, c.k)
				}
				x := randomU8(rng, c.m, c.k)
				bias := randomBias(rng, c.n)
				dst := NewMatF32(c.m, c.n)
				i := 0
				for b.Loop() {
					gemmS8Dense(dst, x, ws[i%len(ws)], bias, 0, c.n, v.fn)
					i++
				}
				b.ReportMetric(float64(c.m)*float64(c.n)*float64(c.k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
			})
		}
	})
}
