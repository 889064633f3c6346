package kernels

import "math"

// An AttentionS8Scratch is the working memory of AttentionS8. The zero value is
// ready to use; it grows as needed and can be used again and again, but by one
// goroutine at a time.
type AttentionS8Scratch struct {
	attentionS8Memory // of the assembly

	// Of the reference.
	q, k, v []int8    // one head, [T, d] each
	qs, ks  []float32 // scales of the rows of q and k
	vs, vi  []float32 // scales of the columns of v and their inverses
	scores  []float32 // of one query
	result  []int32   // sums of one query
}

const (
	// attentionS8Limit bounds what the 8 bits may stand for, so that no score
	// overflows; attentionS8Tiny is the least range that is not taken for zero.
	// attentionS8Never is the score of a token that is not there: below all
	// others, and of weight 0 for every scale that the two allow.
	attentionS8Limit = 1e15
	attentionS8Tiny  = 1e-15
	attentionS8Never = -1e24
	// attentionS8Max bounds tokens and dimensions, so that sums fit int32.
	attentionS8Max = 65536
)

// AttentionS8 is AttentionF32 with products of 8-bit integers. Queries and keys
// are quantized by token, values by column, the weights of a token relative to
// the largest; nothing is calibrated. In float32 arithmetic, each operation
// rounded, for each head:
//
//	sq[i], sk[i] = max(|q[i]|...) / 127, max(|k[i]|...) / 127
//	sv[c]        = max(|v[:][c]|...) / 127
//	t[i][j]      = sum(round(q[i]/sq[i]) * round(k[j]/sk[j])) * sk[j]
//	z[i][j]      = (t[i][j] - max(t[i]...)) * (sq[i] * (log2(e)/sqrt(d)))
//	p[i][j]      = round(255 * 2**z[i][j] + u[j%8])
//	dst[i][c]    = sum(p[i][j] * round(v[j][c]/sv[c])) * sv[c] * (1/sum(p[i]...))
//
// where x/s stands for x * (1/s), round rounds half to even, sums of products
// are exact, the power of 2 has a relative error below 3e-6, and u = (-7, 1, -3, 5,
// -5, 3, -1, 7)/16 lets the rounding errors of many small weights even out. So a
// weight below 1/4080 of the largest counts as zero.
//
// A range below 1e-15 counts as zero. NaN counts as zero too, and infinities
// and values beyond 1e15 as 1e15 with their sign: no result is a NaN. Every
// variant gives the same bits, and those of a head depend on nothing but its
// own queries, keys and values.
//
// The result differs from that of AttentionF32 by 1 to 2 % of the size of the
// row, most of which is the rounding of weights. It panics for more than 65536 tokens or dimensions of a head.
func AttentionS8(dst, qkv MatF32, heads, h0, h1 int, scratch *AttentionS8Scratch) {
	d := attentionDims(dst, qkv, heads, h0, h1)
	if dst.Rows > attentionS8Max || d > attentionS8Max {
		panic("kernels: attention over too many tokens or dimensions")
	}
	if dst.Rows == 0 || d == 0 {
		return
	}
	for h := h0; h < h1; h++ {
		attentionS8(dst, qkv, d, h, scratch)
	}
}

// An attentionS8Func computes head h of d dimensions; there is at least one
// token.
type attentionS8Func func(dst, qkv MatF32, d, h int, s *AttentionS8Scratch)

// attentionS8Variants holds every variant, best first and the reference last.
var attentionS8Variants = append(attentionS8Asm(), variant[attentionS8Func]{"ref", attentionS8Ref})

var attentionS8 = choose("attention_s8", attentionS8Variants)

// attentionS8Factor turns scores scaled by the queries into exponents of 2.
func attentionS8Factor(d int) float32 { return float32(math.Log2E / math.Sqrt(float64(d))) }

// grown returns s with n elements, whose content is arbitrary.
func grown[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
