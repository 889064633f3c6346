//go:build amd64 && !purego

#include "textflag.h"

DATA quantizeU8Order512<>+0(SB)/4, $0
DATA quantizeU8Order512<>+4(SB)/4, $4
DATA quantizeU8Order512<>+8(SB)/4, $8
DATA quantizeU8Order512<>+12(SB)/4, $12
DATA quantizeU8Order512<>+16(SB)/4, $1
DATA quantizeU8Order512<>+20(SB)/4, $5
DATA quantizeU8Order512<>+24(SB)/4, $9
DATA quantizeU8Order512<>+28(SB)/4, $13
DATA quantizeU8Order512<>+32(SB)/4, $2
DATA quantizeU8Order512<>+36(SB)/4, $6
DATA quantizeU8Order512<>+40(SB)/4, $10
DATA quantizeU8Order512<>+44(SB)/4, $14
DATA quantizeU8Order512<>+48(SB)/4, $3
DATA quantizeU8Order512<>+52(SB)/4, $7
DATA quantizeU8Order512<>+56(SB)/4, $11
DATA quantizeU8Order512<>+60(SB)/4, $15
GLOBL quantizeU8Order512<>(SB), RODATA|NOPTR, $64

// func quantizeU8BoundsAVX512F(x *float32, n int) (lo, hi float32)
//
//	for i := range n {
//		lo = min(lo, x[i]) // lo if x[i] is not a number
//		hi = max(hi, x[i]) // not a number if one is, but for negative ones
//	}
//
// Maxima are taken of the bits as integers, which have the order of numbers from 0
// on, as that keeps other units busy than the minima do.
// Z0 to Z3 hold minima, Z4 to Z7 maxima, Z8 to Z11 the elements. SI x, CX
// elements left.
TEXT ·quantizeU8BoundsAVX512F(SB), NOSPLIT, $0-24
	MOVQ   x+0(FP), SI
	MOVQ   n+8(FP), CX
	VPXORD Z0, Z0, Z0
	VPXORD Z1, Z1, Z1
	VPXORD Z2, Z2, Z2
	VPXORD Z3, Z3, Z3
	VPXORD Z4, Z4, Z4
	VPXORD Z5, Z5, Z5
	VPXORD Z6, Z6, Z6
	VPXORD Z7, Z7, Z7
	SUBQ   $64, CX
	JLT    rest

four:
	VMOVUPS (SI), Z8
	VMOVUPS 64(SI), Z9
	VMOVUPS 128(SI), Z10
	VMOVUPS 192(SI), Z11
	VMINPS  Z0, Z8, Z0
	VMINPS  Z1, Z9, Z1
	VMINPS  Z2, Z10, Z2
	VMINPS  Z3, Z11, Z3
	VPMAXSD Z4, Z8, Z4
	VPMAXSD Z5, Z9, Z5
	VPMAXSD Z6, Z10, Z6
	VPMAXSD Z7, Z11, Z7
	ADDQ    $256, SI
	SUBQ    $64, CX
	JGE     four

rest:
	ADDQ $64, CX
	JZ   fold

one:
	MOVQ      $-1, AX
	BZHIQ     CX, AX, AX
	KMOVW     AX, K1
	VMOVUPS.Z (SI), K1, Z8
	VMINPS    Z0, Z8, Z0
	VPMAXSD   Z4, Z8, Z4
	ADDQ      $64, SI
	SUBQ      $16, CX
	JGT       one

fold:
	VMINPS        Z1, Z0, Z0
	VMINPS        Z3, Z2, Z2
	VMINPS        Z2, Z0, Z0
	VPMAXSD       Z5, Z4, Z4
	VPMAXSD       Z7, Z6, Z6
	VPMAXSD       Z6, Z4, Z4
	VEXTRACTF64X4 $1, Z0, Y1
	VEXTRACTF64X4 $1, Z4, Y5
	VMINPS        Y1, Y0, Y0
	VPMAXSD       Y5, Y4, Y4
	VEXTRACTF128  $1, Y0, X1
	VEXTRACTF128  $1, Y4, X5
	VMINPS        X1, X0, X0
	VPMAXSD       X5, X4, X4
	VPERMILPS     $0x4e, X0, X1
	VPERMILPS     $0x4e, X4, X5
	VMINPS        X1, X0, X0
	VPMAXSD       X5, X4, X4
	VPERMILPS     $0xb1, X0, X1
	VPERMILPS     $0xb1, X4, X5
	VMINPS        X1, X0, X0
	VPMAXSD       X5, X4, X4
	VMOVSS        X0, lo+16(FP)
	VMOVSS        X4, hi+20(FP)
	VZEROUPPER
	RET

// func quantizeU8RoundAVX512F(dst *uint8, x *float32, n int, inverse float32, zero int32)
//
//	for i := range n {
//		dst[i] = uint8(min(max(round(x[i]*inverse)+zero, 0), 255)) // 0 if x[i] is not a number
//	}
//
// where the products fit int32 unless they are negative. Sums of 16 bits may
// saturate: what does not fit lies outside 0 to 255 anyway. Z4 holds inverse, Z5
// and Z7 zero, Z6 the order of the packed words. DI dst, SI x, CX elements left,
// DX bytes to the elements n further on, mostly those of the next row, which are
// fetched meanwhile.
TEXT ·quantizeU8RoundAVX512F(SB), NOSPLIT, $0-32
	MOVQ         dst+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         n+16(FP), CX
	MOVQ         CX, DX
	SHLQ         $2, DX
	VBROADCASTSS inverse+24(FP), Z4
	MOVL         zero+28(FP), AX
	VPBROADCASTD AX, Z5
	VPBROADCASTW AX, Z7
	VMOVDQU32    quantizeU8Order512<>(SB), Z6
	SUBQ         $64, CX
	JLT          rest

four:
	VMULPS     (SI), Z4, Z0
	PREFETCHT0 (SI)(DX*1)
	VMULPS     64(SI), Z4, Z1
	PREFETCHT0 64(SI)(DX*1)
	VMULPS     128(SI), Z4, Z2
	PREFETCHT0 128(SI)(DX*1)
	VMULPS     192(SI), Z4, Z3
	PREFETCHT0 192(SI)(DX*1)
	VCVTPS2DQ  Z0, Z0
	VCVTPS2DQ  Z1, Z1
	VCVTPS2DQ  Z2, Z2
	VCVTPS2DQ  Z3, Z3
	VPACKSSDW  Z1, Z0, Z0
	VPACKSSDW  Z3, Z2, Z2
	VPADDSW    Z7, Z0, Z0
	VPADDSW    Z7, Z2, Z2
	VPACKUSWB  Z2, Z0, Z0
	VPERMD     Z0, Z6, Z0
	VMOVDQU32  Z0, (DI)
	ADDQ       $256, SI
	ADDQ       $64, DI
	SUBQ       $64, CX
	JGE        four

rest:
	ADDQ   $64, CX
	JZ     done
	VPXORD Z1, Z1, Z1

one:
	MOVQ      $-1, AX
	BZHIQ     CX, AX, AX
	KMOVW     AX, K1
	VMOVUPS.Z (SI), K1, Z0
	VMULPS    Z0, Z4, Z0
	VCVTPS2DQ Z0, Z0
	VPADDD    Z5, Z0, Z0
	VPMAXSD   Z1, Z0, Z0
	VPMOVUSDB Z0, X0
	VMOVDQU8  X0, K1, (DI)
	ADDQ      $64, SI
	ADDQ      $16, DI
	SUBQ      $16, CX
	JGT       one

done:
	VZEROUPPER
	RET
