package kernels

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/sparsebio/sparsebio/kernels/internal/race"
)

// plainAttentionS8 is the comment of AttentionS8, written out for one head.
func plainAttentionS8(qkv MatF32, d int) []float32 {
	t := qkv.Rows
	column := func(part, c int) (x []float32) {
		for i := range t {
			x = append(x, qkv.Row(i)[part*d+c])
		}
		return x
	}
	quantize := func(x []float32) (q []int, scale float32) {
		var most float32
		for _, v := range x {
			if a := float32(math.Abs(float64(v))); a > most {
				most = a
			}
		}
		most = min(most, 1e15)
		scale = most / 127
		if most < 1e-15 {
			scale = 1
		}
		inverse := 1 / scale
		for _, v := range x {
			if v != v {
				v = 0
			}
			v = max(-1e15, min(1e15, v))
			q = append(q, int(math.RoundToEven(float64(v*inverse))))
		}
		return q, scale
	}
	var q, k, v [][]int
	var sq, sk, sv []float32
	add := func(q *[][]int, s *[]float32, x []float32) {
		n, scale := quantize(x)
		*q, *s = append(*q, n), append(*s, scale)
	}
	for i := range t {
		add(&q, &sq, qkv.Row(i)[:d])
		add(&k, &sk, qkv.Row(i)[d:2*d])
	}
	for c := range d {
		add(&v, &sv, column(2, c))
	}
	out := make([]float32, t*d)
	scores, p := make([]float32, t), make([]int, t)
	for i := range t {
		for j := range t {
			sum := 0
			for l := range d {
				sum += q[i][l] * k[j][l]
			}
			scores[j] = float32(sum) * sk[j]
		}
		top, all := slices.Max(scores), 0
		scale := sq[i] * float32(math.Log2E/math.Sqrt(float64(d)))
		for j := range t {
			p[j] = int(softWeight((scores[j]-top)*scale, j))
			all += p[j]
		}
		for c := range d {
			sum := 0
			for j := range t {
				sum += p[j] * v[c][j]
			}
			a := float32(sum) * sv[c]
			out[i*d+c] = a * (1 / float32(all))
		}
	}
	return out
}

// attentionS8Shapes calls f with shapes around the borders of vectors and
// tiles.
func attentionS8Shapes(f func(tokens, d int)) {
	for _, tokens := range []int{1, 2, 3, 4, 5, 6, 7, 15, 16, 17, 63, 64, 65, 128, 290, 513} {
		for _, d := range []int{1, 3, 8, 16, 31, 32, 48, 64, 80, 130} {
			if tokens > 65 && (d != 32 && d != 31 || race.Enabled || testing.Short()) {
				continue // the plain loops are slow
			}
			f(tokens, d)
		}
	}
}

// hardAttention fills s with normal numbers and, by kind, with what is awkward.
func hardAttention(kind int, s []float32) {
	r := newRand()
	randF32(r, s)
	inf := float32(math.Inf(1))
	for i := range s {
		switch kind {
		case 1:
			s[i] *= 1e3 // one weight of 255, the others 0
		case 2:
			s[i] = []float32{s[i], inf, -inf, float32(math.NaN()), 1e30, 1e-38, 0}[r.IntN(7)]
		case 3:
			s[i] *= 1e-14
		case 4:
			s[i] = 0
		case 5:
			s[i] = []float32{math.MaxFloat32, -math.MaxFloat32}[r.IntN(2)]
		}
	}
}

// TestAttentionS8 compares every variant with the comment of the operation.
func TestAttentionS8(t *testing.T) {
	eachVariant(t, attentionS8Variants, func(t *testing.T, v variant[attentionS8Func]) {
		var scratch AttentionS8Scratch // one for all shapes, growing and shrinking
		attentionS8Shapes(func(tokens, d int) {
			for kind := range 6 {
				if tokens > 17 && kind != 0 && kind != 2 {
					continue
				}
				guard := guards[float32]()[(tokens+kind)%2]
				qkv := guardMatF32(t, guard, tokens, 3*d, 3*d+tokens%2, sentinel)
				all := make([]float32, tokens*3*d)
				hardAttention(kind, all)
				for i := range tokens {
					copy(qkv.Row(i), all[i*3*d:])
				}
				dst := guardMatF32(t, guard, tokens, d, d+tokens%3, sentinel)
				v.fn(dst, qkv, d, 0, &scratch)
				checkGaps(t, dst, 0, d)
				for i, want := range plainAttentionS8(qkv, d) {
					if got := dst.Row(i / d)[i%d]; got != want {
						t.Fatalf("T=%d d=%d kind=%d: token %d, column %d is %g, want %g", tokens, d, kind, i/d, i%d, got, want)
					}
				}
			}
		})
	})
}

// TestAttentionS8Error compares with AttentionF32: the error of a token's
// context relative to its size.
func TestAttentionS8Error(t *testing.T) {
	for _, c := range []struct{ tokens, d int }{{1, 32}, {16, 32}, {128, 64}, {290, 32}} {
		qkv := NewMatF32(c.tokens, 3*c.d)
		r := newRand()
		for i := range qkv.Data {
			qkv.Data[i] = float32(r.NormFloat64())
		}
		want, got := NewMatF32(c.tokens, c.d), NewMatF32(c.tokens, c.d)
		AttentionF32(want, qkv, 1, 0, 1, new(AttentionScratch))
		AttentionS8(got, qkv, 1, 0, 1, new(AttentionS8Scratch))
		var sum, all float64
		for i, w := range want.Data {
			sum += math.Pow(float64(got.Data[i]-w), 2)
			all += math.Pow(float64(w), 2)
		}
		e := math.Sqrt(sum / all)
		t.Logf("T=%d d=%d: %.2g", c.tokens, c.d, e)
		if e > 0.02 {
			t.Errorf("T=%d d=%d: relative error %.3g", c.tokens, c.d, e)
		}
	}
}

// TestSoftWeight checks the power of 2 and its ends, and that rounding errors
// even out.
func TestSoftWeight(t *testing.T) {
	for z := 0.0; z > -40; z -= 1.0 / 1024 {
		want, sum := 255*math.Exp2(z), 0.0
		for j := range 8 {
			got := float64(softWeight(float32(z), j))
			if math.Abs(got-want) > 0.94 {
				t.Errorf("softWeight(%g, %d) = %g, want %g", z, j, got, want)
			}
			sum += got
		}
		if math.Abs(sum/8-want) > 1./16+1e-3 {
			t.Errorf("weights for %g are %g on average, want %g", z, sum/8, want)
		}
	}
	for z, want := range map[float32]int32{0: 255, -1e-9: 255, -31: 0, -1e30: 0, float32(math.Inf(-1)): 0} {
		for j := range 8 {
			if got := softWeight(z, j); got != want {
				t.Errorf("softWeight(%g, %d) = %d, want %d", z, j, got, want)
			}
		}
	}
}

// TestAttentionS8Heads computes the heads in ranges, at the same time, and
// wants the same bits.
func TestAttentionS8Heads(t *testing.T) {
	for _, c := range []struct{ heads, d int }{{1, 20}, {3, 80}, {12, 32}} {
		const tokens = 37
		qkv := NewMatF32(tokens, 3*c.heads*c.d)
		randF32(newRand(), qkv.Data)
		want := NewMatF32(tokens, c.heads*c.d)
		AttentionS8(want, qkv, c.heads, 0, c.heads, new(AttentionS8Scratch))
		for _, step := range []int{1, 2, 5} {
			dst := NewMatF32(tokens, c.heads*c.d)
			var wg sync.WaitGroup
			for h := 0; h < c.heads; h += step {
				wg.Go(func() { AttentionS8(dst, qkv, c.heads, h, min(h+step, c.heads), new(AttentionS8Scratch)) })
			}
			wg.Wait()
			if !slices.Equal(dst.Data, want.Data) {
				t.Errorf("heads=%d, %d at a time: results differ", c.heads, step)
			}
		}
		for h := range c.heads { // each on its own
			one := NewMatF32(tokens, 3*c.d)
			for i := range tokens {
				for part := range 3 {
					copy(one.Row(i)[part*c.d:(part+1)*c.d], qkv.Row(i)[(part*c.heads+h)*c.d:])
				}
			}
			dst := NewMatF32(tokens, c.d)
			AttentionS8(dst, one, 1, 0, 1, new(AttentionS8Scratch))
			for i := range tokens {
				if !slices.Equal(dst.Row(i), want.Row(i)[h*c.d:(h+1)*c.d]) {
					t.Fatalf("heads=%d: head %d differs by itself", c.heads, h)
				}
			}
		}
	}
}

func TestAttentionS8Panics(t *testing.T) {
	for _, test := range []struct {
		want            string
		dst, qkv        MatF32
		heads, from, to int
	}{
		{want: "kernels: columns are not a multiple of the heads", dst: NewMatF32(2, 7), qkv: NewMatF32(2, 21), heads: 2},
		{want: "kernels: attention shapes do not match", dst: NewMatF32(2, 8), qkv: NewMatF32(3, 24), heads: 2},
		{want: "kernels: bad range of heads", dst: NewMatF32(2, 8), qkv: NewMatF32(2, 24), heads: 2, to: 3},
		{want: "kernels: attention over too many tokens or dimensions", dst: NewMatF32(65537, 1), qkv: NewMatF32(65537, 3), heads: 1, to: 1},
	} {
		wantPanic(t, test.want, func() {
			AttentionS8(test.dst, test.qkv, test.heads, test.from, test.to, new(AttentionS8Scratch))
		})
	}
	AttentionS8(NewMatF32(0, 8), NewMatF32(0, 24), 2, 0, 2, new(AttentionS8Scratch)) // no tokens: nothing to do
}

func TestAttentionS8Allocs(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector allocates")
	}
	eachVariant(t, attentionS8Variants, func(t *testing.T, v variant[attentionS8Func]) {
		const tokens, d = 21, 20
		qkv, out := NewMatF32(tokens, 3*d), NewMatF32(tokens, d)
		randF32(newRand(), qkv.Data)
		var scratch AttentionS8Scratch
		if n := testing.AllocsPerRun(50, func() { v.fn(out, qkv, d, 0, &scratch) }); n >= 1 {
			t.Errorf("%g allocations a call", n)
		}
	})
}

// FuzzAttentionS8 takes the bytes for float32 of any bits.
func FuzzAttentionS8(f *testing.F) {
	for _, n := range []int{3, 9, 96, 150} {
		b := make([]byte, 0, 4*n)
		for i := range n {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(i*7%11)/3-1.5))
		}
		f.Add(b, uint8(n/9))
	}
	f.Fuzz(func(t *testing.T, b []byte, dims uint8) {
		var x []float32
		for ; len(b) >= 4; b = b[4:] {
			x = append(x, math.Float32frombits(binary.LittleEndian.Uint32(b)))
		}
		d := 1 + int(dims)%80
		tokens := len(x) / (3 * d)
		if tokens == 0 {
			return
		}
		qkv := MatF32{Data: x, Rows: tokens, Cols: 3 * d, Stride: 3 * d}
		want := plainAttentionS8(qkv, d)
		for _, v := range attentionS8Variants {
			if !cpuHas(v.isa) {
				continue
			}
			dst := NewMatF32(tokens, d)
			v.fn(dst, qkv, d, 0, new(AttentionS8Scratch))
			if !slices.Equal(dst.Data, want) {
				t.Errorf("isa=%s T=%d d=%d: %v, want %v", v.isa, tokens, d, dst.Data, want)
			}
		}
	})
}

// attentionBenchShapes are those of our small model and of BERT-base.
var attentionBenchShapes = []struct{ tokens, d int }{{16, 64}, {128, 32}, {290, 32}, {128, 64}, {512, 64}}

func BenchmarkAttentionS8(b *testing.B) {
	benchVariants(b, attentionS8Variants, func(b *testing.B, v variant[attentionS8Func]) {
		for _, c := range attentionBenchShapes {
			b.Run(fmt.Sprintf("t=%d/heads=12/d=%d", c.tokens, c.d), func(b *testing.B) {
				const heads = 12
				qkv, dst := NewMatF32(c.tokens, 3*heads*c.d), NewMatF32(c.tokens, heads*c.d)
				randF32(newRand(), qkv.Data)
				var scratch AttentionS8Scratch
				for b.Loop() {
					for h := range heads {
						v.fn(dst, qkv, c.d, h, &scratch)
					}
				}
				b.ReportMetric(float64(2*c.tokens*c.tokens*heads*c.d)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GMAC/s")
			})
		}
	})
}
