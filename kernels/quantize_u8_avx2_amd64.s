//go:build amd64 && !purego

#include "textflag.h"

DATA quantizeU8Order<>+0(SB)/4, $0
DATA quantizeU8Order<>+4(SB)/4, $4
DATA quantizeU8Order<>+8(SB)/4, $1
DATA quantizeU8Order<>+12(SB)/4, $5
DATA quantizeU8Order<>+16(SB)/4, $2
DATA quantizeU8Order<>+20(SB)/4, $6
DATA quantizeU8Order<>+24(SB)/4, $3
DATA quantizeU8Order<>+28(SB)/4, $7
GLOBL quantizeU8Order<>(SB), RODATA|NOPTR, $32

// func quantizeU8BoundsAVX2(x *float32, n int) (lo, hi float32)
//
//	for i := range n { // n is a multiple of 32, not 0
//		lo = min(lo, x[i]) // lo if x[i] is not a number
//		hi = max(hi, x[i]) // not a number if one is, but for negative ones
//	}
//
// Maxima are taken of the bits as integers, which have the order of numbers from 0
// on, as that keeps other units busy than the minima do.
// Y0 to Y3 hold minima, Y4 to Y7 maxima, Y8 to Y11 the elements. SI x, CX
// elements left.
TEXT ·quantizeU8BoundsAVX2(SB), NOSPLIT, $0-24
	MOVQ  x+0(FP), SI
	MOVQ  n+8(FP), CX
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	VPXOR Y2, Y2, Y2
	VPXOR Y3, Y3, Y3
	VPXOR Y4, Y4, Y4
	VPXOR Y5, Y5, Y5
	VPXOR Y6, Y6, Y6
	VPXOR Y7, Y7, Y7

loop:
	VMOVUPS (SI), Y8
	VMOVUPS 32(SI), Y9
	VMOVUPS 64(SI), Y10
	VMOVUPS 96(SI), Y11
	VMINPS  Y0, Y8, Y0
	VMINPS  Y1, Y9, Y1
	VMINPS  Y2, Y10, Y2
	VMINPS  Y3, Y11, Y3
	VPMAXSD Y4, Y8, Y4
	VPMAXSD Y5, Y9, Y5
	VPMAXSD Y6, Y10, Y6
	VPMAXSD Y7, Y11, Y7
	ADDQ    $128, SI
	SUBQ    $32, CX
	JNZ     loop

	VMINPS       Y1, Y0, Y0
	VMINPS       Y3, Y2, Y2
	VMINPS       Y2, Y0, Y0
	VPMAXSD      Y5, Y4, Y4
	VPMAXSD      Y7, Y6, Y6
	VPMAXSD      Y6, Y4, Y4
	VEXTRACTF128 $1, Y0, X1
	VEXTRACTF128 $1, Y4, X5
	VMINPS       X1, X0, X0
	VPMAXSD      X5, X4, X4
	VPERMILPS    $0x4e, X0, X1
	VPERMILPS    $0x4e, X4, X5
	VMINPS       X1, X0, X0
	VPMAXSD      X5, X4, X4
	VPERMILPS    $0xb1, X0, X1
	VPERMILPS    $0xb1, X4, X5
	VMINPS       X1, X0, X0
	VPMAXSD      X5, X4, X4
	VMOVSS       X0, lo+16(FP)
	VMOVSS       X4, hi+20(FP)
	VZEROUPPER
	RET

// func quantizeU8RoundAVX2(dst *uint8, x *float32, n int, inverse float32, zero int32)
//
//	for i := range n { // n is a multiple of 32, not 0
//		dst[i] = uint8(min(max(round(x[i]*inverse)+zero, 0), 255)) // 0 if x[i] is not a number
//	}
//
// where the products fit int32 unless they are negative. Sums of 16 bits may
// saturate: what does not fit lies outside 0 to 255 anyway. Y4 holds inverse, Y5
// zero, Y6 the order of the packed words. DI dst, SI x, CX elements left, DX bytes
// to the elements n further on, mostly those of the next row, which are fetched
// meanwhile.
TEXT ·quantizeU8RoundAVX2(SB), NOSPLIT, $0-32
	MOVQ         dst+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         n+16(FP), CX
	MOVQ         CX, DX
	SHLQ         $2, DX
	VBROADCASTSS inverse+24(FP), Y4
	MOVL         zero+28(FP), AX
	MOVQ         AX, X5
	VPBROADCASTW X5, Y5
	VMOVDQU      quantizeU8Order<>(SB), Y6

loop:
	VMULPS     (SI), Y4, Y0
	PREFETCHT0 (SI)(DX*1)
	VMULPS     32(SI), Y4, Y1
	VMULPS     64(SI), Y4, Y2
	PREFETCHT0 64(SI)(DX*1)
	VMULPS     96(SI), Y4, Y3
	VCVTPS2DQ  Y0, Y0
	VCVTPS2DQ  Y1, Y1
	VCVTPS2DQ  Y2, Y2
	VCVTPS2DQ  Y3, Y3
	VPACKSSDW  Y1, Y0, Y0
	VPACKSSDW  Y3, Y2, Y2
	VPADDSW    Y5, Y0, Y0
	VPADDSW    Y5, Y2, Y2
	VPACKUSWB  Y2, Y0, Y0
	VPERMD     Y0, Y6, Y0
	VMOVDQU    Y0, (DI)
	ADDQ       $128, SI
	ADDQ       $32, DI
	SUBQ       $32, CX
	JNZ        loop
	VZEROUPPER
	RET
