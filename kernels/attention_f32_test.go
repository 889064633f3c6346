package kernels

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
)

// wantAttention computes attention in float64.
func wantAttention(qkv MatF32, heads int) []float64 {
	t, h := qkv.Rows, qkv.Cols/3
	d := h / heads
	out := make([]float64, t*h)
	p := make([]float64, t)
	for head := range heads {
		c := head * d
		for i := range t {
			q, sum := qkv.Row(i)[c:c+d], 0.0
			for j := range t {
				s := 0.0
				for l, v := range qkv.Row(j)[h+c : h+c+d] {
					s += float64(q[l]) * float64(v)
				}
				p[j] = math.Exp(s / math.Sqrt(float64(d)))
				sum += p[j]
			}
			for j := range t {
				for l, v := range qkv.Row(j)[2*h+c : 2*h+c+d] {
					out[i*h+c+l] += p[j] / sum * float64(v)
				}
			}
		}
	}
	return out
}

// TestAttentionF32 compares with float64. A result is a mean of values no
// larger than 5; its error is that of the scores, sums of d products.
func TestAttentionF32(t *testing.T) {
	eachVariant(t, attentionF32Variants, func(t *testing.T, v variant[attentionF32Kernel]) {
		var scratch AttentionScratch // one for all shapes, growing and shrinking
		r := newRand()
		worst := 0.0
		for _, tokens := range []int{1, 2, 7, 15, 16, 17, 23, 24, 25, 48, 61, 128, 513} {
			for _, d := range []int{1, 8, 20, 32, 64, 80} {
				if tokens > 61 && d != 64 || tokens > thin(tokens, 61) {
					continue // the float64 loops are slow
				}
				const heads = 3
				h := heads * d
				guard := guards[float32]()[(tokens+d)%2]
				qkv := guardMatF32(t, guard, tokens, 3*h, 3*h+tokens%2, sentinel)
				for i := range tokens {
					for j := range qkv.Row(i) {
						qkv.Row(i)[j] = float32(min(max(r.NormFloat64(), -5), 5))
					}
				}
				dst := guardMatF32(t, guard, tokens, h, h+d%3, sentinel)
				for head := range heads {
					v.fn.head(dst, qkv, d, head, &scratch)
					checkGaps(t, dst, 0, (head+1)*d)
				}
				for i, want := range wantAttention(qkv, heads) {
					diff := math.Abs(float64(dst.Row(i / h)[i%h]) - want)
					worst = max(worst, diff)
					if !(diff <= 5e-6) {
						t.Fatalf("T=%d d=%d: token %d, column %d is %g, want %g", tokens, d, i/h, i%h, dst.Row(i / h)[i%h], want)
					}
				}
			}
		}
		t.Logf("largest error %.3g", worst)
	})
}

// TestAttentionF32Heads computes the heads in ranges, at the same time, and
// wants the same bits.
func TestAttentionF32Heads(t *testing.T) {
	const tokens, heads, d = 37, 6, 20
	qkv := NewMatF32(tokens, 3*heads*d)
	randF32(newRand(), qkv.Data)
	want := NewMatF32(tokens, heads*d)
	AttentionF32(want, qkv, heads, 0, heads, new(AttentionScratch))
	for _, step := range []int{1, 2, 4} {
		dst := NewMatF32(tokens, heads*d)
		var wg sync.WaitGroup
		for h := 0; h < heads; h += step {
			wg.Go(func() { AttentionF32(dst, qkv, heads, h, min(h+step, heads), new(AttentionScratch)) })
		}
		wg.Wait()
		if !slices.Equal(dst.Data, want.Data) {
			t.Errorf("%d heads at a time: results differ", step)
		}
	}
}

// TestAttentionF32NaN checks that a NaN in one head stays there and reaches all
// of its tokens.
func TestAttentionF32NaN(t *testing.T) {
	const tokens, heads, d = 19, 2, 8
	qkv := NewMatF32(tokens, 3*heads*d)
	randF32(newRand(), qkv.Data)
	qkv.Row(5)[heads*d+d+3] = float32(math.NaN()) // a key of head 1
	dst := NewMatF32(tokens, heads*d)
	AttentionF32(dst, qkv, heads, 0, heads, new(AttentionScratch))
	for i := range tokens {
		for j, v := range dst.Row(i) {
			if isNaN := v != v; isNaN != (j >= d) {
				t.Fatalf("token %d, column %d is %g", i, j, v)
			}
		}
	}
}

func TestAttentionF32Panics(t *testing.T) {
	const shapes, ranges = "kernels: attention shapes do not match", "kernels: bad range of heads"
	for _, test := range []struct {
		want            string
		dst, qkv        MatF32
		heads, from, to int
	}{
		{want: "kernels: columns are not a multiple of the heads", dst: NewMatF32(2, 7), qkv: NewMatF32(2, 21), heads: 2},
		{want: "kernels: columns are not a multiple of the heads", dst: NewMatF32(2, 8), qkv: NewMatF32(2, 24), heads: 0},
		{want: shapes, dst: NewMatF32(2, 8), qkv: NewMatF32(2, 16), heads: 2},
		{want: shapes, dst: NewMatF32(2, 8), qkv: NewMatF32(3, 24), heads: 2},
		{want: ranges, dst: NewMatF32(2, 8), qkv: NewMatF32(2, 24), heads: 2, to: 3},
		{want: ranges, dst: NewMatF32(2, 8), qkv: NewMatF32(2, 24), heads: 2, from: 2, to: 1},
	} {
		wantPanic(t, test.want, func() {
			AttentionF32(test.dst, test.qkv, test.heads, test.from, test.to, new(AttentionScratch))
		})
	}
	AttentionF32(NewMatF32(0, 8), NewMatF32(0, 24), 2, 0, 2, new(AttentionScratch)) // no tokens: nothing to do
}

// BenchmarkAttentionF32 runs all heads of one layer.
func BenchmarkAttentionF32(b *testing.B) {
	benchVariants(b, attentionF32Variants, func(b *testing.B, v variant[attentionF32Kernel]) {
		for _, c := range attentionBenchShapes {
			b.Run(fmt.Sprintf("t=%d/heads=12/d=%d", c.tokens, c.d), func(b *testing.B) {
				const heads = 12
				tokens, d := c.tokens, c.d
				qkv, dst := NewMatF32(tokens, 3*heads*d), NewMatF32(tokens, heads*d)
				randF32(newRand(), qkv.Data)
				var scratch AttentionScratch
				for b.Loop() {
					for h := range heads {
						v.fn.head(dst, qkv, d, h, &scratch)
					}
				}
				b.ReportMetric(float64(2*tokens*tokens*heads*d)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GMAC/s")
			})
		}
	})
}
