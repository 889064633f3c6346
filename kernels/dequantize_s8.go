package kernels

import "github.com/sparsebio/sparsebio/kernels/internal/race"

// DequantizeS8 multiplies len(src) 8-bit integers, each byte a two's complement
// int8 as files hold them, with their scale:
//
//	dst[i] = float32(int8(src[i])) * scale
//
// dst must be at least as long as src. Every variant gives the same bits.
func DequantizeS8(dst []float32, src []byte, scale float32) {
	if len(dst) < len(src) {
		panic("kernels: destination too short")
	}
	race.Read(src)
	race.Write(dst[:len(src)])
	for len(src) > 0 {
		n := min(len(src), mapChunk)
		dequantizeS8(dst[:n], src[:n], scale)
		dst, src = dst[n:], src[n:]
	}
}

// A dequantizeS8Func is DequantizeS8 for slices of equal length.
type dequantizeS8Func func(dst []float32, src []byte, scale float32)

var dequantizeS8Variants = append(dequantizeS8Asm(), variant[dequantizeS8Func]{"ref", dequantizeS8Ref})

var dequantizeS8 = choose("dequantize_s8", dequantizeS8Variants)

func dequantizeS8Ref(dst []float32, src []byte, scale float32) {
	for i, v := range src {
		dst[i] = float32(int8(v)) * scale
	}
}
