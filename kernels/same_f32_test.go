package kernels

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Tests in this file hold every variant to the bits of the reference.

// hardF32 fills s with numbers of a kind: usual ones, denormal ones, tiny and
// huge ones, any bits, or ones of one size that cancel.
func hardF32(r *rand.Rand, kind int, s []float32) []float32 {
	for i := range s {
		switch kind % 5 {
		case 0:
			s[i] = 3 * float32(r.NormFloat64())
		case 1:
			s[i] = math.Float32frombits(r.Uint32()&(1<<31) | r.Uint32N(1<<24))
		case 2:
			s[i] = float32(math.Ldexp(r.NormFloat64(), r.IntN(250)-125))
		case 3:
			s[i] = math.Float32frombits(r.Uint32())
		case 4:
			s[i] = 100 + float32(r.IntN(64))*0x1p-17
			if r.IntN(2) == 0 {
				s[i] = -s[i]
			}
		}
	}
	return s
}

// others calls f with every variant but the last, the reference, that the CPU
// can run.
func others[F any](t *testing.T, vs []variant[F], f func(isa string, fn, ref F)) {
	t.Helper()
	for _, v := range vs[:len(vs)-1] {
		if cpuHas(v.isa) {
			f(v.isa, v.fn, vs[len(vs)-1].fn)
		}
	}
}

// wantSame fails unless got and want are the same numbers, NaN for NaN.
func wantSame(t *testing.T, got, want []float32, format string, args ...any) {
	t.Helper()
	for i, w := range want {
		if !sameF32(got[i], w) {
			t.Fatalf(format+": element %d of %d is %x, want %x as the reference has it", append(args, i, len(want), got[i], w)...)
		}
	}
}

// sameMap compares the variants of a function of each element.
func sameMap(t *testing.T, vs []variant[mapF32Func], x []float32) {
	t.Helper()
	others(t, vs, func(isa string, fn, ref mapF32Func) {
		got, want := slices.Clone(x), slices.Clone(x)
		fn(got)
		ref(want)
		for i, w := range want {
			if !sameF32(got[i], w) {
				t.Fatalf("isa=%s: of %x is %x, want %x as the reference has it", isa, x[i], got[i], w)
			}
		}
	})
}

// sameSoftmax compares the variants on one row.
func sameSoftmax(t *testing.T, x []float32, scale float32) {
	t.Helper()
	others(t, softmaxF32Variants, func(isa string, fn, ref softmaxF32Func) {
		got, want := slices.Clone(x), slices.Clone(x)
		fn(got, scale)
		ref(want, scale)
		wantSame(t, got, want, "isa=%s scale=%g", isa, scale)
	})
}

// sameLayerNorm compares the variants.
func sameLayerNorm(t *testing.T, x, residual MatF32, gamma, beta []float32, eps float32) {
	t.Helper()
	others(t, layerNormF32Variants, func(isa string, fn, ref layerNormF32Func) {
		got, want := guardMatF32(t, guardEnd[float32], x.Rows, x.Cols, x.Cols+x.Rows%3, sentinel), NewMatF32(x.Rows, x.Cols)
		fn(got, x, residual, gamma, beta, eps)
		ref(want, x, residual, gamma, beta, eps)
		checkGaps(t, got, 0, x.Cols)
		for i := range x.Rows {
			wantSame(t, got.Row(i), want.Row(i), "isa=%s rows=%d row=%d residual=%t eps=%g", isa, x.Rows, i, residual.Data != nil, eps)
		}
	})
}

func TestLayerNormF32Same(t *testing.T) {
	r := newRand()
	for _, n := range edgeCols {
		for kind := range 5 {
			for _, eps := range []float32{1e-12, 1e-5, 0} {
				rows := 1 + r.IntN(9)
				guard := guards[float32]()[kind%2]
				x, residual := guardMatF32(t, guard, rows, n, n+kind%3, sentinel), guardMatF32(t, guard, rows, n, n+kind/2, sentinel)
				for i := range rows {
					hardF32(r, kind, x.Row(i))
					hardF32(r, kind, residual.Row(i))
				}
				gamma, beta := hardF32(r, r.IntN(3), guard(t, n)), hardF32(r, r.IntN(3), guard(t, n))
				sameLayerNorm(t, x, MatF32{}, gamma, beta, eps)
				sameLayerNorm(t, x, residual, gamma, beta, eps)
			}
		}
	}
}

func TestSoftmaxF32Same(t *testing.T) {
	r := newRand()
	for _, n := range edgeCols {
		for kind := range 5 {
			for _, scale := range []float32{1, 0.125, -3, 0} {
				sameSoftmax(t, hardF32(r, kind, make([]float32, n)), scale)
			}
		}
	}
	// Every step of the exponential, and the place where it becomes 0.
	row := []float32{0}
	for b := math.Float32bits(0x1p-30); b < math.Float32bits(100); b += 1009 {
		row = append(row, -math.Float32frombits(b))
	}
	for b, end := math.Float32bits(87.3), math.Float32bits(87.4); b < end; b++ {
		row = append(row, -math.Float32frombits(b))
	}
	for n := range 128 { // halfway between two powers of 2
		half := -(float32(n) + 0.5) * math.Ln2
		row = append(row, math.Nextafter32(half, 0), half, math.Nextafter32(half, -100))
	}
	sameSoftmax(t, row, 1)
	sameSoftmax(t, row, 0.5)
}

func TestGELUF32Same(t *testing.T) {
	var x []float32
	for b := uint32(0); b < 1<<31; b += uint32(thin(1499, 24989)) {
		x = append(x, math.Float32frombits(b), -math.Float32frombits(b))
	}
	for b := math.Float32bits(0.25); b < math.Float32bits(6); b += uint32(thin(31, 499)) { // over borders of segments
		x = append(x, math.Float32frombits(b), -math.Float32frombits(b))
	}
	negativeNaN := math.Float32frombits(0xffc00001)
	x = append(x, 0, float32(math.Copysign(0, -1)), float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), negativeNaN)
	sameMap(t, geluF32Variants, x)
	sameMap(t, geluCoarseF32Variants, x)
	sameMap(t, geluTanhF32Variants, x)
}

func TestAttentionF32Same(t *testing.T) {
	r := newRand()
	var scratch AttentionScratch
	for _, tokens := range []int{1, 2, 7, 15, 16, 17, 23, 24, 25, 61, 130} {
		for _, d := range []int{1, 8, 20, 64} {
			for kind := range 5 {
				qkv := NewMatF32(tokens, 3*d)
				hardF32(r, kind, qkv.Data)
				others(t, attentionF32Variants, func(isa string, fn, ref attentionF32Kernel) {
					got, want := NewMatF32(tokens, d), NewMatF32(tokens, d)
					fn.head(got, qkv, d, 0, &scratch)
					ref.head(want, qkv, d, 0, &scratch)
					wantSame(t, got.Data, want.Data, "isa=%s T=%d d=%d kind=%d", isa, tokens, d, kind)
				})
			}
		}
	}
}

func TestGemmF32Same(t *testing.T) {
	r := newRand()
	for _, k := range []int{1, 17, 130, gemmBlockK + 300} {
		for kind := range 5 {
			const m, n = 14, 40
			x, w, bias := NewMatF32(m, k), hardF32(r, kind, make([]float32, n*k)), hardF32(r, kind, make([]float32, n))
			hardF32(r, kind, x.Data)
			d := PackF32(w, n, k)
			others(t, gemmF32Variants, func(isa string, fn, ref gemmF32Kernel) {
				got, want := NewMatF32(m, n), NewMatF32(m, n)
				fn.run(got, x, d, bias, 0, n)
				ref.run(want, x, d, bias, 0, n)
				wantSame(t, got.Data, want.Data, "isa=%s k=%d kind=%d", isa, k, kind)
			})
		}
	}
}

// TestBitsF32 compares with a sum of the bits on the machine that the test was
// written on: results are the same on every machine, not just with every
// variant of one.
func TestBitsF32(t *testing.T) {
	const rows, heads, d, outputs = 37, 2, 24, 50
	r := rand.New(rand.NewPCG(3, 4))
	numbers := func(n int) []float32 { // without functions that round
		s := make([]float32, n)
		for i := range s {
			s[i] = float32(r.IntN(1<<24)-1<<23) * 0x1p-21
		}
		return s
	}
	h := fnv.New64a()
	sum := func(m MatF32) {
		for i := range m.Rows {
			for _, v := range m.Row(i) {
				h.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(v)))
			}
		}
	}
	qkv := MatF32{Data: numbers(rows * 3 * heads * d), Rows: rows, Cols: 3 * heads * d, Stride: 3 * heads * d}
	x, y := NewMatF32(rows, heads*d), NewMatF32(rows, outputs)
	AttentionF32(x, qkv, heads, 0, heads, new(AttentionScratch))
	sum(x)
	GemmF32(y, x, PackF32(numbers(outputs*heads*d), outputs, heads*d), numbers(outputs), 0, outputs)
	sum(y)
	LayerNormF32(y, y, MatF32{}, numbers(outputs), numbers(outputs), 1e-12)
	sum(y)
	for _, gelu := range []func([]float32){GELUF32, GELUCoarseF32, GELUTanhF32} {
		gelu(y.Data)
		sum(y)
	}
	SoftmaxF32(y, 0.3)
	sum(y)
	if got, want := h.Sum64(), uint64(0x7833c740ad679ae2); got != want {
		t.Errorf("sum of bits %#x, want %#x", got, want)
	}
}

// FuzzRowsF32 takes the bytes for float32 of any bits.
func FuzzRowsF32(f *testing.F) {
	for _, n := range []int{1, 9, 16, 25, 40} {
		b := make([]byte, 0, 4*n)
		for i := range n {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(i)/3-4))
		}
		f.Add(b, float32(0.125), float32(1e-12))
	}
	f.Fuzz(func(t *testing.T, b []byte, scale, eps float32) {
		var x []float32
		for ; len(b) >= 4; b = b[4:] {
			x = append(x, math.Float32frombits(binary.LittleEndian.Uint32(b)))
		}
		if len(x) == 0 {
			return
		}
		sameMap(t, geluF32Variants, x)
		sameMap(t, geluCoarseF32Variants, x)
		sameMap(t, geluTanhF32Variants, x)
		sameSoftmax(t, x, scale)
		reversed := slices.Clone(x)
		slices.Reverse(reversed)
		sameLayerNorm(t, oneRow(x), MatF32{}, reversed, x, eps)
		sameLayerNorm(t, oneRow(x), oneRow(reversed), x, reversed, eps)
	})
}
