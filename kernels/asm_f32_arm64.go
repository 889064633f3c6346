//go:build arm64 && !purego

package kernels

import "unsafe"

//go:generate go -C _asm/neon run . -out ../..

//go:noescape
func gemmF32NEON(dst []float32, ldd int, x []float32, ldx int, w []float32, ldw, k int, bias []float32, rows, panels int, add bool)

//go:noescape
func packF32NEON(dst, src []float32, lds, cols int)

//go:noescape
func layerNormF32NEON(dst, x, residual, gamma, beta []float32, eps float32)

//go:noescape
func softmaxF32NEON(x []float32, scale float32)

//go:noescape
func geluF32NEON(x []float32, c *geluConsts, first, magic float32)

//go:noescape
func float16F32NEON(dst *float32, src *uint16, n int)

func gemmF32Asm() []variant[gemmF32Kernel] {
	return []variant[gemmF32Kernel]{{"neon", gemmF32Kernel{gemmF32NEON, 6, 1}}}
}

func packF32Asm() []variant[packF32Func] {
	return []variant[packF32Func]{{"neon", packF32Blocks}}
}

// packF32Blocks leaves what is not a whole block of 4 x 4 to the reference.
func packF32Blocks(dst, src []float32, lds, rows, cols int) {
	r, c := rows&^3, cols&^3
	if c > 0 {
		for i := 0; i < r; i += 4 {
			packF32NEON(dst[i:], src[i*lds:], lds, c)
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
	return []variant[layerNormF32Func]{{"neon", layerNormF32RowFunc(layerNormF32NEON).normalize}}
}

func softmaxF32Asm() []variant[softmaxF32Func] {
	return []variant[softmaxF32Func]{{"neon", softmaxF32NEON}}
}

func geluF32Asm() []variant[mapF32Func] {
	return []variant[mapF32Func]{{"neon", func(x []float32) { geluF32NEON(x, &geluExact, geluFirst, geluMagic) }}}
}

func geluCoarseF32Asm() []variant[mapF32Func] {
	return []variant[mapF32Func]{{"neon", func(x []float32) { geluF32NEON(x, &geluCoarse, geluFirst, geluMagic) }}}
}

func geluTanhF32Asm() []variant[mapF32Func] {
	return []variant[mapF32Func]{{"neon", func(x []float32) { geluF32NEON(x, &geluTanh, geluFirst, geluMagic) }}}
}

func geluErfF32Asm() []variant[geluErfF32Func] { return nil }

func quantizeLinearU8Asm() []variant[quantizeLinearU8Func] { return nil }

func fakeQuantizeF32Asm() []variant[fakeQuantizeF32Func] { return nil }

func expF32Asm() []variant[mapF32Func] { return nil }

func float16F32Asm() []variant[float16F32Func] {
	return []variant[float16F32Func]{{"neon", float16F32Eights}}
}

// float16F32Eights leaves what is not a whole vector to the reference.
func float16F32Eights(dst []float32, src []uint16) {
	n := len(src) &^ 7
	if n > 0 {
		float16F32NEON(unsafe.SliceData(dst), unsafe.SliceData(src), n)
	}
	float16F32Ref(dst[n:], src[n:])
}
