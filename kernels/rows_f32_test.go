package kernels

import (
	"math"
	"slices"
	"strconv"
	"testing"
)

// edgeCols are row lengths around the vector widths, and those of models.
var edgeCols = []int{1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 127, 128, 384, 511, 512, 768, 1000}

// ulps32 returns the distance of got from want in units of the last place of
// a float32 of the size of want.
func ulps32(got float32, want float64) float64 {
	_, e := math.Frexp(want)
	return math.Abs(float64(got)-want) / math.Ldexp(1, max(e, -125)-24)
}

// oneRow returns a matrix of one row, or the zero matrix for nil.
func oneRow(x []float32) MatF32 {
	if x == nil {
		return MatF32{}
	}
	return MatF32{Data: x, Rows: 1, Cols: len(x), Stride: len(x)}
}

// TestLayerNormF32 compares with float64. The bound is a few units in the last
// place of the normalized value, of the mean (whose terms may be larger than
// itself) and of the result.
func TestLayerNormF32(t *testing.T) {
	eachVariant(t, layerNormF32Variants, func(t *testing.T, v variant[layerNormF32Func]) {
		r := newRand()
		for _, n := range edgeCols {
			for c, offset := range []float32{0, 3, -100} {
				guard := guards[float32]()[(n+c)%2]
				x, res, gamma, beta := randF32(r, guard(t, n)), randF32(r, guard(t, n)), randF32(r, guard(t, n)), randF32(r, guard(t, n))
				for i := range x {
					x[i] += offset
				}
				for _, residual := range [][]float32{nil, res} {
					const eps = 1e-12
					sum := slices.Clone(x)
					for i := range residual {
						sum[i] += residual[i]
					}
					mean, size, sq := 0.0, 0.0, 0.0
					for _, v := range sum {
						mean += float64(v) / float64(n)
						size += math.Abs(float64(v)) / float64(n)
					}
					for _, v := range sum {
						sq += (float64(v) - mean) * (float64(v) - mean) / float64(n)
					}
					s := 1 / math.Sqrt(sq+eps)
					dst := guard(t, n)
					v.fn(oneRow(dst), oneRow(x), oneRow(residual), gamma, beta, eps)
					if n == 1 {
						continue // 0 times a large number: rounding of the mean decides
					}
					for i, got := range dst {
						norm := (float64(sum[i]) - mean) * s
						want := norm*float64(gamma[i]) + float64(beta[i])
						bound := math.Abs(float64(gamma[i]))*(math.Abs(norm)*0x1p-20+size*s*0x1p-22) + math.Abs(want)*0x1p-23
						if diff := math.Abs(float64(got) - want); !(diff <= bound) {
							t.Fatalf("n=%d offset=%g residual=%t: element %d is %g, want %g, error %.3g above %.3g", n, offset, residual != nil, i, got, want, diff, bound)
						}
					}
					// In place, over x and over the residual: the same bits.
					for _, over := range [][]float32{x, residual} {
						if over == nil {
							continue
						}
						a, b := slices.Clone(x), slices.Clone(residual)
						if &over[0] == &x[0] {
							v.fn(oneRow(a), oneRow(a), oneRow(b), gamma, beta, eps)
							b = a
						} else {
							v.fn(oneRow(b), oneRow(a), oneRow(b), gamma, beta, eps)
						}
						if !slices.EqualFunc(b, dst, sameF32) {
							t.Fatalf("n=%d: in place differs", n)
						}
					}
				}
			}
		}
	})
}

func TestLayerNormF32Special(t *testing.T) {
	eachVariant(t, layerNormF32Variants, func(t *testing.T, v variant[layerNormF32Func]) {
		const n = 21
		one, zero := make([]float32, n), make([]float32, n)
		for i := range one {
			one[i] = 1
		}
		x, dst := make([]float32, n), make([]float32, n)
		// A constant row has variance 0: eps keeps the result finite.
		for i := range x {
			x[i] = 0.5
		}
		v.fn(oneRow(dst), oneRow(x), MatF32{}, one, zero, 1e-12)
		for i, got := range dst {
			if got != 0 {
				t.Errorf("constant row: element %d is %g, want 0", i, got)
			}
		}
		for _, special := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			x[17] = float32(special)
			v.fn(oneRow(dst), oneRow(x), MatF32{}, one, zero, 1e-12)
			if got := dst[17]; got == got {
				t.Errorf("row with %g: got %g there, want NaN", special, got)
			}
		}
	})
}

// TestLayerNormF32Wrapper checks strides and the zero residual.
func TestLayerNormF32Wrapper(t *testing.T) {
	const m, n = 5, 37
	r := newRand()
	x := guardMatF32(t, guardEnd[float32], m, n, n+2, sentinel)
	res := guardMatF32(t, guardEnd[float32], m, n, n+1, sentinel)
	dst := guardMatF32(t, guardEnd[float32], m, n, n+3, sentinel)
	gamma, beta := randF32(r, make([]float32, n)), randF32(r, make([]float32, n))
	for i := range m {
		randF32(r, x.Row(i))
		randF32(r, res.Row(i))
	}
	for _, residual := range []MatF32{{}, res} {
		LayerNormF32(dst, x, residual, gamma, beta, 1e-5)
		checkGaps(t, dst, 0, n)
		want := make([]float32, n)
		for i := range m {
			var row []float32
			if residual.Rows > 0 {
				row = residual.Row(i)
			}
			layerNormF32(oneRow(want), oneRow(x.Row(i)), oneRow(row), gamma, beta, 1e-5)
			if !slices.Equal(dst.Row(i), want) {
				t.Errorf("row %d is %v, want %v", i, dst.Row(i), want)
			}
		}
	}
}

func TestLayerNormF32Panics(t *testing.T) {
	a, g := NewMatF32(2, 3), make([]float32, 3)
	const shapes, weights = "kernels: layer norm shapes do not match", "kernels: layer norm weights do not match the columns"
	wantPanic(t, shapes, func() { LayerNormF32(a, NewMatF32(2, 4), MatF32{}, g, g, 1) })
	wantPanic(t, shapes, func() { LayerNormF32(a, NewMatF32(1, 3), MatF32{}, g, g, 1) })
	wantPanic(t, shapes, func() { LayerNormF32(a, a, NewMatF32(1, 3), g, g, 1) })
	wantPanic(t, weights, func() { LayerNormF32(a, a, a, g[:2], g, 1) })
	wantPanic(t, weights, func() { LayerNormF32(a, a, a, g, g[:2], 1) })
	LayerNormF32(NewMatF32(0, 3), NewMatF32(0, 3), NewMatF32(0, 3), g, g, 1) // no rows: nothing to do
}

// TestSoftmaxF32 compares with float64. The bound is 4 units in the last place
// and a quarter of the exponent: rounding errors of an exponent are magnified
// by its size.
func TestSoftmaxF32(t *testing.T) {
	eachVariant(t, softmaxF32Variants, func(t *testing.T, v variant[softmaxF32Func]) {
		r := newRand()
		for _, n := range edgeCols {
			for c, scale := range []float32{1, 0.125, -2, 0} {
				guard := guards[float32]()[(n+c)%2]
				x := guard(t, n)
				for i := range x {
					x[i] = 5 * float32(r.NormFloat64())
				}
				want, top, sum := make([]float64, n), math.Inf(-1), 0.0
				for _, x := range x {
					top = max(top, float64(scale*x))
				}
				for i, x := range x {
					want[i] = math.Exp(float64(float32(float64(scale*x) - top)))
					sum += want[i]
				}
				v.fn(x, scale)
				for i, got := range x {
					bound := 4 - math.Log(want[i])/4
					if u := ulps32(got, want[i]/sum); u > bound {
						t.Fatalf("n=%d scale=%g: element %d is %g, want %g, off by %.1f units, more than %.1f", n, scale, i, got, want[i]/sum, u, bound)
					}
				}
			}
		}
	})
}

func TestSoftmaxF32Special(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	eachVariant(t, softmaxF32Variants, func(t *testing.T, v variant[softmaxF32Func]) {
		for _, test := range []struct {
			name    string
			x, want []float32
		}{
			{"one", []float32{-7}, []float32{1}},
			{"equal", []float32{3e38, 3e38}, []float32{0.5, 0.5}},
			{"all negative", []float32{-1000, -1000, -2000}, []float32{0.5, 0.5, 0}},
			{"huge spread", []float32{-3e38, 3e38}, []float32{0, 1}},
			{"masked", []float32{1, -inf, 1, -inf}, []float32{0.5, 0, 0.5, 0}},
			{"denormal", []float32{0, -87, -87.5, -95, -150}, []float32{1, float32(math.Exp(-87)), 0, 0, 0}},
			{"nan", []float32{1, nan, 2}, []float32{nan, nan, nan}},
			{"inf", []float32{1, inf, 2}, []float32{nan, nan, nan}},
			{"all masked", []float32{-inf, -inf}, []float32{nan, nan}},
		} {
			// Also inside longer rows, so that vectors and tails see it.
			for _, pad := range []int{0, 16, 40} {
				x := append(make([]float32, pad), test.x...)
				for i := range pad {
					x[i] = -inf
				}
				v.fn(x, 1)
				for i, want := range test.want {
					if got := x[pad+i]; !(sameF32(got, want) || ulps32(got, float64(want)) < 32) {
						t.Errorf("%s, pad %d: element %d is %g, want %g", test.name, pad, i, got, want)
					}
				}
			}
		}
	})
}

func TestSoftmaxF32Wrapper(t *testing.T) {
	const m, n = 4, 19
	x := guardMatF32(t, guardEnd[float32], m, n, n+2, sentinel)
	r := newRand()
	for i := range m {
		randF32(r, x.Row(i))
	}
	SoftmaxF32(x, 0.5)
	checkGaps(t, x, 0, n)
	for i := range m {
		sum := 0.0
		for _, v := range x.Row(i) {
			sum += float64(v)
		}
		if math.Abs(sum-1) > 1e-6 {
			t.Errorf("row %d sums to %g", i, sum)
		}
	}
}

// gelu64 and geluTanh64 are the definitions in float64.
func gelu64(x float64) float64 { return x * 0.5 * math.Erfc(-x/math.Sqrt2) }

func geluTanh64(x float64) float64 {
	return x * 0.5 * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
}

func TestGELUF32(t *testing.T) { testMap(t, geluF32Variants, gelu64, 3e-7, 1e-6) }

func TestGELUCoarseF32(t *testing.T) { testMap(t, geluCoarseF32Variants, gelu64, 3e-5, 3e-5) }

func TestGELUTanhF32(t *testing.T) { testMap(t, geluTanhF32Variants, geluTanh64, 3e-7, 1e-6) }

// testMap compares a GELU with float64 on every 509th float32 (8191st with -short) up to 128 in
// size. abs bounds the error where the result is below 8 (larger ones must
// equal x), rel the relative error for x from -0.5 up.
func testMap(t *testing.T, variants []variant[mapF32Func], f func(float64) float64, abs, rel float64) {
	eachVariant(t, variants, func(t *testing.T, v variant[mapF32Func]) {
		var x []float32
		for b := uint32(0); b < math.Float32bits(128); b += uint32(thin(509, 8191)) {
			x = append(x, math.Float32frombits(b), -math.Float32frombits(b))
		}
		y := slices.Clone(x)
		v.fn(y)
		worstAbs, worstRel := 0.0, 0.0
		for i, got := range y {
			want := f(float64(x[i]))
			diff := math.Abs(float64(got) - want)
			if math.Abs(want) < 8 {
				worstAbs = max(worstAbs, diff)
			} else if got != x[i] {
				t.Fatalf("of %g is %g, want it unchanged", x[i], got)
			}
			if x[i] > -0.5 && math.Abs(want) >= minNormal {
				worstRel = max(worstRel, diff/math.Abs(want))
			}
		}
		t.Logf("largest error %.3g, relative %.3g", worstAbs, worstRel)
		if worstAbs > abs || worstRel > rel {
			t.Errorf("largest error %.3g, relative %.3g; want at most %.3g and %.3g", worstAbs, worstRel, abs, rel)
		}
		for _, test := range []struct{ x, want float64 }{
			{0, 0}, {math.Inf(1), math.Inf(1)}, {math.Inf(-1), 0}, {math.NaN(), math.NaN()},
			{math.MaxFloat32, math.MaxFloat32}, {-math.MaxFloat32, 0}, {1000, 1000}, {-1000, 0}, {-20, 0}, {20, 20},
		} {
			x := []float32{float32(test.x)}
			v.fn(x)
			if got, want := x[0], float32(test.want); !(got == want || sameF32(got, want) || want == 0 && math.Abs(float64(got)) < 1e-36) {
				t.Errorf("of %g is %g, want %g", test.x, got, want)
			}
		}
		for _, n := range append([]int{0}, edgeCols...) { // the place in a vector changes nothing
			for _, guard := range guards[float32]() {
				a := guard(t, n)
				for i := range a {
					a[i] = float32(i)/16 - 5
				}
				v.fn(a)
				for i, got := range a {
					one := []float32{float32(i)/16 - 5}
					v.fn(one)
					if got != one[0] {
						t.Fatalf("n=%d: element %d is %g, alone %g", n, i, got, one[0])
					}
				}
			}
		}
	})
}

func TestGELUF32Wrapper(t *testing.T) {
	for _, f := range []func([]float32){GELUF32, GELUTanhF32} {
		x := []float32{-1, 0, 1}
		if f(x); math.Abs(float64(x[0])+0.1588) > 2e-4 || x[1] != 0 || math.Abs(float64(x[2])-0.8412) > 2e-4 {
			t.Errorf("of -1, 0, 1 is %v", x)
		}
		f(nil)
		long := make([]float32, 2*mapChunk+3) // several calls
		for i := range long {
			long[i] = -1
		}
		f(long)
		for i, got := range long {
			if got != x[0] {
				t.Fatalf("element %d of a long slice is %g, want %g", i, got, x[0])
			}
		}
	}
}

func BenchmarkLayerNormF32(b *testing.B) {
	benchVariants(b, layerNormF32Variants, func(b *testing.B, v variant[layerNormF32Func]) {
		for _, n := range []int{384, 768} {
			b.Run("n="+strconv.Itoa(n), func(b *testing.B) {
				const rows = 64
				x, res, one := NewMatF32(rows, n), NewMatF32(rows, n), make([]float32, n)
				randF32(newRand(), x.Data)
				b.SetBytes(4 * rows * int64(n))
				for b.Loop() {
					v.fn(x, x, res, one, one, 1e-12)
				}
			})
		}
	})
}

func BenchmarkSoftmaxF32(b *testing.B) {
	benchVariants(b, softmaxF32Variants, func(b *testing.B, v variant[softmaxF32Func]) {
		for _, n := range []int{128, 512} {
			b.Run("n="+strconv.Itoa(n), func(b *testing.B) {
				x := randF32(newRand(), make([]float32, n))
				b.SetBytes(int64(4 * n))
				for b.Loop() {
					v.fn(x, 1)
				}
			})
		}
	})
}

func BenchmarkGELUF32(b *testing.B) {
	benchVariants(b, geluF32Variants, func(b *testing.B, v variant[mapF32Func]) { benchMap(b, v.fn) })
}

func BenchmarkGELUCoarseF32(b *testing.B) {
	benchVariants(b, geluCoarseF32Variants, func(b *testing.B, v variant[mapF32Func]) { benchMap(b, v.fn) })
}

func BenchmarkGELUTanhF32(b *testing.B) {
	benchVariants(b, geluTanhF32Variants, func(b *testing.B, v variant[mapF32Func]) { benchMap(b, v.fn) })
}

// benchMap measures fn on a row of BERT-base's feed-forward layer.
func benchMap(b *testing.B, fn mapF32Func) {
	x := make([]float32, 3072)
	for i := range x {
		x[i] = 6 + float32(i)/3072 // neither GELU changes it: the next call finds the same
	}
	b.SetBytes(4 * 3072)
	for b.Loop() {
		fn(x)
	}
}
