package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
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
	for _, m := range []int{127, 128, 129} {
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
			p := mustPack(t, rng, w, s.n, s.k)
			want := gemmS8Plain(x, w, p.Scale(), bias, s.n, s.k)
			for _, v := range gemmS8SparseVariants {
				if !cpuHas(v.isa) {
					continue
				}
				t.Run(fmt.Sprintf("isa=%s/m=%d/n=%d/k=%d/sparsity=%.0f", v.isa, s.m, s.n, s.k, 100*sparsity), func(t *testing.T) {
					sameBits(t, gemmWith(v, x, p, bias), want)
				})
			}
		}
	}
}

func BenchmarkGemmS8Sparse(b *testing.B) {
	for _, c := range []struct {
		m, n, k  int
		sparsity float64
	}{
		{128, 768, 768, .9}, {128, 768, 768, .8}, {128, 768, 768, .95},
		{16, 768, 768, .9}, {384, 768, 768, .9},
		{128, 3072, 768, .9}, {128, 768, 3072, .9},
		{128, 384, 384, .9}, {128, 1536, 384, .9}, {128, 384, 1536, .9},
	} {
		rng := rand.New(rand.NewPCG(1, 2))
		// Several matrices in turn, so that weights come from the second or third cache.
		ws := make([]*SparseS8, max(1, 4*768*768/(c.n*c.k)))
		for i := range ws {
			ws[i] = mustPack(b, rng, uniformS8(rng, c.n, c.k, c.sparsity), c.n, c.k)
		}
		x := randomU8(rng, c.m, c.k)
		bias := randomBias(rng, c.n)
		dst := NewMatF32(c.m, c.n)
		benchVariants(b, gemmS8SparseVariants, func(b *testing.B, v variant[*gemmS8SparseImpl]) {
			b.Run(fmt.Sprintf("m=%d/n=%d/k=%d/sparsity=%.0f", c.m, c.n, c.k, 100*c.sparsity), func(b *testing.B) {
				var tiles TilesS8
				tiles.prepare(x, v.fn)
				for _, w := range ws {
					GemmS8Sparse(dst, &tiles, w, bias, 0, 1)
				}
				i := 0
				for b.Loop() {
					GemmS8Sparse(dst, &tiles, ws[i%len(ws)], bias, 0, ws[i%len(ws)].Blocks())
					i++
				}
				seconds := b.Elapsed().Seconds() / float64(b.N)
				b.ReportMetric(float64(c.m)*float64(c.n)*float64(c.k)/seconds/1e9, "GMAC/s")
				if v.isa == "avx512vbmi" {
					b.ReportMetric(float64(c.m)*float64(ws[0].Slots())/seconds/1e9, "Gpairs/s")
				}
			})
		})
	}
}

func BenchmarkPrepareS8(b *testing.B) {
	for _, k := range []int{384, 768, 3072} {
		x := randomU8(rand.New(rand.NewPCG(1, 2)), 128, k)
		benchVariants(b, gemmS8SparseVariants, func(b *testing.B, v variant[*gemmS8SparseImpl]) {
			b.Run(fmt.Sprintf("m=128/k=%d", k), func(b *testing.B) {
				b.SetBytes(int64(len(x.Data)))
				var tiles TilesS8
				for b.Loop() {
					tiles.prepare(x, v.fn)
				}
			})
		})
	}
}

var _ sync.Mutex
