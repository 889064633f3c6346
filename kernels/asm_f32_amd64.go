//go:build amd64 && !purego

package kernels

//go:generate go -C _asm/f32 run . -out ../..

//go:noescape
func gemmF32AVX512F(dst []float32, ldd int, x []float32, ldx int, w []float32, ldw, k int, bias []float32, rows, panels int, add bool)

//go:noescape
func gemmF32AVX2(dst []float32, ldd int, x []float32, ldx int, w []float32, ldw, k int, bias []float32, rows, panels int, add bool)

//go:noescape
func packF32AVX2(dst, src []float32, lds, cols int)

//go:noescape
func layerNormF32AVX512F(dst []float32, ldd int, x []float32, ldx int, residual []float32, ldr int, gamma, beta []float32, eps float32)

//go:noescape
func layerNormF32FourAVX512F(dst []float32, ldd int, x []float32, ldx int, residual []float32, ldr int, gamma, beta []float32, eps float32)

//go:noescape
func layerNormF32AVX2(dst []float32, ldd int, x []float32, ldx int, residual []float32, ldr int, gamma, beta []float32, eps float32)

//go:noescape
func layerNormF32FourAVX2(dst []float32, ldd int, x []float32, ldx int, residual []float32, ldr int, gamma, beta []float32, eps float32)

//go:noescape
func softmaxF32AVX512F(x []float32, scale float32)

//go:noescape
func softmaxF32AVX2(x []float32, scale float32)

//go:noescape
func geluF32AVX512F(x []float32)

//go:noescape
func geluF32AVX2(x []float32)

//go:noescape
func geluCoarseF32AVX512F(x []float32)

//go:noescape
func geluCoarseF32AVX2(x []float32)

//go:noescape
func geluTanhF32AVX512F(x []float32)

//go:noescape
func geluTanhF32AVX2(x []float32)

//go:noescape
func geluErfF32AVX512F(x []float32, times, over float32)

//go:noescape
func geluErfF32AVX2(x []float32, times, over float32)

//go:noescape
func expF32AVX512F(x []float32)

//go:noescape
func expF32AVX2(x []float32)

//go:noescape
func quantizeLinearU8AVX512F(dst []uint8, x []float32, scale float32, zero, last int32)

//go:noescape
func quantizeLinearU8AVX2(dst []uint8, x []float32, scale float32, zero, last int32)

//go:noescape
func fakeQuantizeF32AVX512F(x []float32, scale float32, zero, last int32, by float32)

//go:noescape
func fakeQuantizeF32AVX2(x []float32, scale float32, zero, last int32, by float32)

//go:noescape
func float16F32AVX512F(dst []float32, src []uint16)

func gemmF32Asm() []variant[gemmF32Kernel] {
	return []variant[gemmF32Kernel]{
		{"avx512f", gemmF32Kernel{gemmF32AVX512F, 12, 2}},
		{"avx2", gemmF32Kernel{gemmF32AVX2, 6, 1}},
	}
}

func packF32Asm() []variant[packF32Func] {
	return []variant[packF32Func]{{"avx2", packF32Blocks}}
}

// packF32Blocks leaves what is not a whole block of 8 x 8 to the reference.
func packF32Blocks(dst, src []float32, lds, rows, cols int) {
	r, c := rows&^7, cols&^7
	if c > 0 {
		for i := 0; i < r; i += 8 {
			packF32AVX2(dst[i:], src[i*lds:], lds, c)
		}
	}
	if c < cols && r > 0 {
		packF32Ref(dst[c*panelLanes:], src[c:], lds, r, cols-c)
	}
	if r < rows {
		packF32Ref(dst[r:], src[r*lds:], lds, rows-r, cols)
	}
}

func layerNormF32Asm() []variant[layerNormF32Func] {
	return []variant[layerNormF32Func]{
		{"avx512f", layerNormF32Rows{layerNormF32FourAVX512F, layerNormF32AVX512F}.normalize},
		{"avx2", layerNormF32Rows{layerNormF32FourAVX2, layerNormF32AVX2}.normalize},
	}
}

// layerNormF32Rows normalizes the first four rows, or the first, of matrices
// whose distances between rows it is given; residual may be nil.
type layerNormF32Rows struct {
	four, one func(dst []float32, ldd int, x []float32, ldx int, residual []float32, ldr int, gamma, beta []float32, eps float32)
}

func (f layerNormF32Rows) normalize(dst, x, residual MatF32, gamma, beta []float32, eps float32) {
	for i := 0; i < x.Rows; {
		next, n := f.one, 1
		if x.Rows-i >= 4 {
			next, n = f.four, 4
		}
		next(dst.Data[i*dst.Stride:], dst.Stride, x.Data[i*x.Stride:], x.Stride, residual.Data[i*residual.Stride:], residual.Stride, gamma, beta, eps)
		i += n
	}
}

func softmaxF32Asm() []variant[softmaxF32Func] {
	return []variant[softmaxF32Func]{{"avx512f", softmaxF32AVX512F}, {"avx2", softmaxF32AVX2}}
}

func geluF32Asm() []variant[mapF32Func] {
	return []variant[mapF32Func]{{"avx512f", geluF32AVX512F}, {"avx2", geluF32AVX2}}
}

func geluCoarseF32Asm() []variant[mapF32Func] {
	return []variant[mapF32Func]{{"avx512f", geluCoarseF32AVX512F}, {"avx2", geluCoarseF32AVX2}}
}

func geluTanhF32Asm() []variant[mapF32Func] {
	return []variant[mapF32Func]{{"avx512f", geluTanhF32AVX512F}, {"avx2", geluTanhF32AVX2}}
}

func geluErfF32Asm() []variant[geluErfF32Func] {
	return []variant[geluErfF32Func]{{"avx512f", geluErfF32AVX512F}, {"avx2", geluErfF32AVX2}}
}

func quantizeLinearU8Asm() []variant[quantizeLinearU8Func] {
	return []variant[quantizeLinearU8Func]{
		{"avx512f", func(dst []uint8, x []float32, scale float32, zero uint8) {
			n := len(x) &^ 15
			quantizeLinearU8AVX512F(dst, x[:n], scale, int32(zero), 255-int32(zero))
			quantizeLinearU8Ref(dst[n:], x[n:], scale, zero)
		}},
		{"avx2", func(dst []uint8, x []float32, scale float32, zero uint8) {
			n := len(x) &^ 7
			quantizeLinearU8AVX2(dst, x[:n], scale, int32(zero), 255-int32(zero))
			quantizeLinearU8Ref(dst[n:], x[n:], scale, zero)
		}},
	}
}

func fakeQuantizeF32Asm() []variant[fakeQuantizeF32Func] {
	return []variant[fakeQuantizeF32Func]{
		{"avx512f", func(x []float32, scale float32, zero uint8, by float32) {
			n := len(x) &^ 15
			fakeQuantizeF32AVX512F(x[:n], scale, int32(zero), 255-int32(zero), by)
			fakeQuantizeF32Ref(x[n:], scale, zero, by)
		}},
		{"avx2", func(x []float32, scale float32, zero uint8, by float32) {
			n := len(x) &^ 7
			fakeQuantizeF32AVX2(x[:n], scale, int32(zero), 255-int32(zero), by)
			fakeQuantizeF32Ref(x[n:], scale, zero, by)
		}},
	}
}

func expF32Asm() []variant[mapF32Func] {
	return []variant[mapF32Func]{{"avx512f", expF32AVX512F}, {"avx2", expF32AVX2}}
}

func float16F32Asm() []variant[float16F32Func] {
	return []variant[float16F32Func]{{"avx512f", float16F32AVX512F}}
}
