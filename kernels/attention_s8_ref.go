package kernels

import "math"

// scaleS8 returns the scale of numbers up to most and its inverse.
func scaleS8(most float32) (scale, inverse float32) {
	most = min(most, attentionS8Limit)
	scale = most / 127
	if most < attentionS8Tiny {
		scale = 1
	}
	return scale, 1 / scale
}

// roundS8 returns x rounded to an integer from -127 to 127, 0 for NaN.
func roundS8(x float32) int8 {
	if x != x {
		return 0
	}
	return int8(roundToEven(max(-127, min(127, x))))
}

// largestS8 returns the larger of most and |x|, or most if x is NaN.
func largestS8(most, x float32) float32 {
	if x < 0 {
		x = -x
	}
	if x > most {
		return x
	}
	return most
}

// softPoly holds the coefficients of a polynomial for 255 * 2**f, |f| <= 0.5,
// from the constant term up: relative error below 3e-6, far less than rounding
// to an integer.
var softPoly = [...]float32{255, 176.74667, 61.26145, 14.256138, 2.4436276}

// softDither is added to weight j%8 before it is rounded, so that what many small
// weights lose and gain by it evens out.
var softDither = [8]float32{-7. / 16, 1. / 16, -3. / 16, 5. / 16, -5. / 16, 3. / 16, -1. / 16, 7. / 16}

// softWeight returns round(255*2**z + softDither[j%8]) for z up to 0.
func softWeight(z float32, j int) int32 {
	z = max(z, -31) // also 0
	n := math.RoundToEven(float64(z))
	f := z - float32(n)
	p := softPoly[len(softPoly)-1]
	for i := len(softPoly) - 2; i >= 0; i-- {
		p = fma32(p, f, softPoly[i])
	}
	p = math.Float32frombits(math.Float32bits(p) + uint32(int32(n))<<23)
	return roundToEven(p + softDither[j%len(softDither)])
}

func attentionS8Ref(dst, qkv MatF32, d, h int, s *AttentionS8Scratch) {
	t, c := dst.Rows, h*d
	quantize := func(part int, q []int8, scales []float32) ([]int8, []float32) {
		q, scales = grown(q, t*d), grown(scales, t)
		for i := range t {
			row := qkv.Row(i)[part*dst.Cols+c:][:d]
			var most float32
			for _, x := range row {
				most = largestS8(most, x)
			}
			scale, inverse := scaleS8(most)
			scales[i] = scale
			for j, x := range row {
				q[i*d+j] = roundS8(x * inverse)
			}
		}
		return q, scales
	}
	s.q, s.qs = quantize(0, s.q, s.qs)
	s.k, s.ks = quantize(1, s.k, s.ks)

	s.v, s.vs, s.vi = grown(s.v, t*d), grown(s.vs, d), grown(s.vi, d)
	clear(s.vs)
	for i := range t {
		for j, x := range qkv.Row(i)[2*dst.Cols+c:][:d] {
			s.vs[j] = largestS8(s.vs[j], x)
		}
	}
	for j := range d {
		s.vs[j], s.vi[j] = scaleS8(s.vs[j])
	}
	for i := range t {
		for j, x := range qkv.Row(i)[2*dst.Cols+c:][:d] {
			s.v[i*d+j] = roundS8(x * s.vi[j])
		}
	}

	s.scores, s.result = grown(s.scores, t), grown(s.result, d)
	factor := attentionS8Factor(d)
	for i := range t {
		q, top := s.q[i*d:][:d], float32(math.Inf(-1))
		for j := range t {
			var sum int32
			for l, k := range s.k[j*d:][:d] {
				sum += int32(q[l]) * int32(k)
			}
			s.scores[j] = float32(sum) * s.ks[j]
			top = max(top, s.scores[j])
		}
		var all int32
		scale := s.qs[i] * factor
		clear(s.result)
		for j := range t {
			p := softWeight((s.scores[j]-top)*scale, j)
			all += p
			if p == 0 {
				continue
			}
			for l, v := range s.v[j*d:][:d] {
				s.result[l] += p * int32(v)
			}
		}
		inverse := 1 / float32(all)
		out := dst.Row(i)[c : c+d]
		for l, sum := range s.result {
			out[l] = float32(float32(sum)*s.vs[l]) * inverse
		}
	}
}
