package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
)

var (
	edgeM = []int{0, 1, 2, 5, 6, 7, 11, 12, 13, 24, 25, 128}
	edgeN = []int{1, 11, 15, 16, 17, 31, 32, 33, 48, 384}
	edgeK = []int{0, 1, 2, 3, 63, 64, 65, 384, 768, 1536}
)

// wantGemm computes the exact bits of x * transpose(w) + bias, all dense.
func wantGemm(x, w, bias []float32, m, n, k int) []float32 {
	out := make([]float32, m*n)
	var wg sync.WaitGroup
	for i := range m {
		wg.Go(func() {
			for j := range n {
				var s float32
				wj := w[j*k : (j+1)*k]
				for l, v := range x[i*k : (i+1)*k] {
					s = fma32(v, wj[l], s)
				}
				out[i*n+j] = s + bias[j]
			}
		})
	}
	wg.Wait()
	return out
}

// guarded returns a copy of w whose panels lie beside an unreadable page.
func guarded(t testing.TB, guard func(testing.TB, int) []float32, w *DenseF32) *DenseF32 {
	g := &DenseF32{N: w.N, K: w.K, data: guard(t, len(w.data))}
	copy(g.data, w.data)
	return g
}

// TestGemmF32 compares every edge shape, with odd strides and with every
// buffer beside an unreadable page, with a scalar sum in the same order. An
// element must not depend on the shape, so one result serves all.
func TestGemmF32(t *testing.T) {
	wants := make(map[int][]float32) // by k
	eachVariant(t, gemmF32Variants, func(t *testing.T, v variant[gemmF32Kernel]) {
		const maxM, maxN = 128, 384
		for _, k := range edgeK {
			if k > thin(k, 65) {
				continue // the scalar sums take minutes there
			}
			t.Run("k="+strconv.Itoa(k), func(t *testing.T) {
				r := newRand()
				x, w := randF32(r, make([]float32, maxM*k)), randF32(r, make([]float32, maxN*k))
				bias := randF32(r, make([]float32, maxN))
				if wants[k] == nil {
					wants[k] = wantGemm(x, w, bias, maxM, maxN, k)
				}
				want := wants[k]
				for c, n := range edgeN {
					d := PackF32(w[:n*k], n, k)
					for _, m := range edgeM {
						if m > 0 {
							guard := guards[float32]()[(c+m)%2]
							testGemmF32(t, v.fn, guard, x, guarded(t, guard, d), bias, want, m, maxN)
						}
					}
				}
			})
		}
	})
}

// testGemmF32 runs the first m rows of x through fn, with and without a bias,
// and compares with want, which has ldw columns.
func testGemmF32(t *testing.T, fn gemmF32Kernel, guard func(testing.TB, int) []float32, x []float32, w *DenseF32, bias, want []float32, m, ldw int) {
	t.Helper()
	n, k := w.N, w.K
	gx := guardMatF32(t, guard, m, k, k+m%5, float32(math.NaN()))
	for i := range m {
		copy(gx.Row(i), x[i*k:(i+1)*k])
	}
	gb := guard(t, n)
	copy(gb, bias)
	dst := guardMatF32(t, guard, m, n, n+n%3, sentinel)
	fn.run(dst, gx, w, gb, 0, n)
	checkGaps(t, dst, 0, n)
	for i := range m {
		for j, got := range dst.Row(i) {
			if !sameF32(got, want[i*ldw+j]) {
				t.Fatalf("m=%d n=%d k=%d: element %d, %d is %g, want %g", m, n, k, i, j, got, want[i*ldw+j])
			}
		}
	}
	fn.run(dst, gx, w, nil, 0, n)
	for i := range m {
		for j, got := range dst.Row(i) {
			if got+gb[j] != want[i*ldw+j] {
				t.Fatalf("m=%d n=%d k=%d without bias: element %d, %d is %g, want %g", m, n, k, i, j, got, want[i*ldw+j]-gb[j])
			}
		}
	}
}

// TestGemmF32Accuracy bounds the error against float64 by what k roundings can
// do, on a shape of BERT.
func TestGemmF32Accuracy(t *testing.T) {
	eachVariant(t, gemmF32Variants, func(t *testing.T, v variant[gemmF32Kernel]) {
		const m, n, k = 7, 48, 3072
		r := newRand()
		x, w := NewMatF32(m, k), make([]float32, n*k)
		randF32(r, x.Data)
		randF32(r, w)
		dst := NewMatF32(m, n)
		v.fn.run(dst, x, PackF32(w, n, k), nil, 0, n)
		worst := 0.0
		for i := range m {
			for j := range n {
				var sum, abs float64
				for l, a := range x.Row(i) {
					p := float64(a) * float64(w[j*k+l])
					sum += p
					abs += math.Abs(p)
				}
				worst = max(worst, math.Abs(float64(dst.Row(i)[j])-sum)/abs)
			}
		}
		// The proven bound is k*2**-24; rounding errors of both signs cancel
		// down to about its square root.
		if bound := 2 * math.Sqrt(k) * 0x1p-24; worst > bound {
			t.Errorf("error %.3g of the sum of absolute products, want at most %.3g", worst, bound)
		}
	})
}

// TestGemmF32Independent computes the same rows alone, in batches of every
// size and in ranges of outputs, and wants the same bits.
func TestGemmF32Independent(t *testing.T) {
	eachVariant(t, gemmF32Variants, func(t *testing.T, v variant[gemmF32Kernel]) {
		const m, n, k = 61, 100, 131
		r := newRand()
		x := NewMatF32(m, k)
		randF32(r, x.Data)
		w := PackF32(randF32(r, make([]float32, n*k)), n, k)
		bias := randF32(r, make([]float32, n))
		want := NewMatF32(m, n)
		v.fn.run(want, x, w, bias, 0, n)
		for rows := 1; rows <= m; rows += thin(1, 3) {
			for i := 0; i < m; i += rows {
				i1 := min(i+rows, m)
				dst := NewMatF32(i1-i, n)
				v.fn.run(dst, x.Sub(i, i1, 0, k), w, bias, 0, n)
				for j, got := range dst.Data {
					if !sameF32(got, want.Data[i*n+j]) {
						t.Fatalf("batches of %d rows: element %d of row %d changed from %g to %g", rows, j%n, i+j/n, want.Data[i*n+j], got)
					}
				}
			}
		}
		for n0 := 0; n0 < n; n0 += panelLanes {
			for n1 := n0 + 1; n1 <= n; n1 += thin(1, 5) {
				dst := guardMatF32(t, func(_ testing.TB, n int) []float32 { return make([]float32, n) }, m, n, n+1, sentinel)
				v.fn.run(dst, x, w, bias, n0, n1)
				checkGaps(t, dst, n0, n1)
				for i := range m {
					for j := n0; j < n1; j++ {
						if got := dst.Row(i)[j]; !sameF32(got, want.Row(i)[j]) {
							t.Fatalf("outputs %d to %d: element %d of row %d changed from %g to %g", n0, n1, j, i, want.Row(i)[j], got)
						}
					}
				}
			}
		}
	})
}

// TestGemmF32Special checks that infinities and NaN stay in their own row or
// output and are not lost.
func TestGemmF32Special(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	eachVariant(t, gemmF32Variants, func(t *testing.T, v variant[gemmF32Kernel]) {
		const m, n, k = 13, 35, 9
		for _, special := range []float32{inf, -inf, nan, math.MaxFloat32, math.SmallestNonzeroFloat32} {
			r := newRand()
			x, w := NewMatF32(m, k), make([]float32, n*k)
			for i := range x.Data {
				x.Data[i] = r.Float32() + 0.5
			}
			for i := range w {
				w[i] = r.Float32() + 0.5
			}
			x.Row(4)[7], w[33*k+2] = special, special
			dst := NewMatF32(m, n)
			v.fn.run(dst, x, PackF32(w, n, k), nil, 0, n)
			want := wantGemm(x.Data, w, make([]float32, n), m, n, k)
			for i, got := range dst.Data {
				if !sameF32(got, want[i]) {
					t.Fatalf("with %g: element %d, %d is %g, want %g", special, i/n, i%n, got, want[i])
				}
			}
		}
	})
}

// TestGemmF32Race shares the outputs of one product among goroutines; under
// the race detector it fails if the wrapper reports more than it touches.
func TestGemmF32Race(t *testing.T) {
	const m, n, k = 5, 96, 40
	r := newRand()
	x := NewMatF32(m, k)
	randF32(r, x.Data)
	w := PackF32(randF32(r, make([]float32, n*k)), n, k)
	dst, want := NewMatF32(m, n), NewMatF32(m, n)
	var wg sync.WaitGroup
	for n0 := 0; n0 < n; n0 += panelLanes {
		wg.Go(func() { GemmF32(dst, x, w, nil, n0, n0+panelLanes) })
	}
	wg.Wait()
	GemmF32(want, x, w, nil, 0, n)
	for i, got := range dst.Data {
		if got != want.Data[i] {
			t.Fatalf("element %d is %g, want %g", i, got, want.Data[i])
		}
	}
}

func TestGemmF32Panics(t *testing.T) {
	w := PackF32(make([]float32, 33*4), 33, 4)
	ok, x := NewMatF32(3, 33), NewMatF32(3, 4)
	for _, test := range []struct {
		name, want string
		f          func()
	}{
		{"k", "kernels: gemm shapes do not match", func() { GemmF32(ok, NewMatF32(3, 5), w, nil, 0, 33) }},
		{"n", "kernels: gemm shapes do not match", func() { GemmF32(NewMatF32(3, 32), x, w, nil, 0, 32) }},
		{"m", "kernels: gemm shapes do not match", func() { GemmF32(NewMatF32(2, 33), x, w, nil, 0, 33) }},
		{"bias", "kernels: bias does not match the outputs", func() { GemmF32(ok, x, w, make([]float32, 32), 0, 33) }},
		{"n0", "kernels: bad range of outputs", func() { GemmF32(ok, x, w, nil, 8, 33) }},
		{"n1", "kernels: bad range of outputs", func() { GemmF32(ok, x, w, nil, 0, 34) }},
		{"short", "kernels: matrix data too short", func() { GemmF32(MatF32{ok.Data[:98], 3, 33, 33}, x, w, nil, 0, 33) }},
		{"stride", "kernels: bad matrix shape", func() { GemmF32(MatF32{ok.Data, 3, 33, 32}, x, w, nil, 0, 33) }},
		{"weights", "kernels: weights too short", func() { PackF32(make([]float32, 7), 2, 4) }},
	} {
		t.Run(test.name, func(t *testing.T) { wantPanic(t, test.want, test.f) })
	}
	GemmF32(NewMatF32(0, 33), NewMatF32(0, 4), w, nil, 0, 33) // no rows: nothing to do
	GemmF32(ok, x, w, nil, 16, 16)
}

func FuzzGemmF32(f *testing.F) {
	f.Add(uint8(12), uint16(33), uint16(7), uint8(0), uint16(33), uint64(1))
	f.Add(uint8(25), uint16(64), uint16(65), uint8(2), uint16(40), uint64(2))
	f.Fuzz(func(t *testing.T, m8 uint8, n16, k16 uint16, p0 uint8, n116 uint16, seed uint64) {
		m, n, k := int(m8%40), int(n16%140), int(k16%140)
		n0 := min(int(p0)*panelLanes, n/panelLanes*panelLanes)
		n1 := n0 + int(n116)%(n-n0+1)
		r := rand.New(rand.NewPCG(seed, 0))
		w, bias := randF32(r, make([]float32, n*k)), randF32(r, make([]float32, n))
		if n0 == n1 || m == 0 {
			return
		}
		for _, v := range gemmF32Variants {
			if !cpuHas(v.isa) {
				continue
			}
			guard := guards[float32]()[seed%2]
			x := guardMatF32(t, guard, m, k, k+r.IntN(3), sentinel)
			packed := make([]float32, 0, m*k)
			for i := range m {
				packed = append(packed, randF32(r, x.Row(i))...)
			}
			want := wantGemm(packed, w, bias, m, n, k)
			dst := guardMatF32(t, guard, m, n, n+r.IntN(3), sentinel)
			v.fn.run(dst, x, guarded(t, guard, PackF32(w, n, k)), bias, n0, n1)
			checkGaps(t, dst, n0, n1)
			for i := range m {
				for j := n0; j < n1; j++ {
					if got := dst.Row(i)[j]; !sameF32(got, want[i*n+j]) {
						t.Fatalf("isa=%s m=%d n=%d k=%d: element %d, %d is %g, want %g", v.isa, m, n, k, i, j, got, want[i*n+j])
					}
				}
			}
		}
	})
}

// BenchmarkGemmF32 reports GMAC/s, products of one weight and one activation
// a nanosecond.
func BenchmarkGemmF32(b *testing.B) {
	benchVariants(b, gemmF32Variants, func(b *testing.B, v variant[gemmF32Kernel]) {
		for _, s := range benchShapes(b) {
			for _, m := range []int{1, 16, 128, 384} {
				b.Run(fmt.Sprintf("m=%d/n=%d/k=%d", m, s.n, s.k), func(b *testing.B) {
					r := newRand()
					x, dst := NewMatF32(m, s.k), NewMatF32(m, s.n)
					randF32(r, x.Data)
					w := PackF32(randF32(r, make([]float32, s.n*s.k)), s.n, s.k)
					bias := make([]float32, s.n)
					for b.Loop() {
						v.fn.run(dst, x, w, bias, 0, s.n)
					}
					b.ReportMetric(float64(m*s.n*s.k)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GMAC/s")
				})
			}
		}
	})
}
