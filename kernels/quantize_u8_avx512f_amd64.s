//go:build amd64 && !purego

#include "textflag.h"

// func quantizeU8BoundsAVX512F(x *float32, n int) (lo, hi float32)
//
//	for i := range n {
//		lo = min(lo, x[i]) // lo if x[i] is not a number
//		hi = max(hi, x[i])
//	}
//
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
	VMAXPS  Z4, Z8, Z4
	VMAXPS  Z5, Z9, Z5
	VMAXPS  Z6, Z10, Z6
	VMAXPS  Z7, Z11, Z7
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
	VMAXPS    Z4, Z8, Z4
	ADDQ      $64, SI
	SUBQ      $16, CX
	JGT       one

fold:
	VMINPS        Z1, Z0, Z0
	VMINPS        Z3, Z2, Z2
	VMINPS        Z2, Z0, Z0
	VMAXPS        Z5, Z4, Z4
	VMAXPS        Z7, Z6, Z6
	VMAXPS        Z6, Z4, Z4
	VEXTRACTF64X4 $1, Z0, Y1
	VEXTRACTF64X4 $1, Z4, Y5
	VMINPS        Y1, Y0, Y0
	VMAXPS        Y5, Y4, Y4
	VEXTRACTF128  $1, Y0, X1
	VEXTRACTF128  $1, Y4, X5
	VMINPS        X1, X0, X0
	VMAXPS        X5, X4, X4
	VPERMILPS     $0x4e, X0, X1
	VPERMILPS     $0x4e, X4, X5
	VMINPS        X1, X0, X0
	VMAXPS        X5, X4, X4
	VPERMILPS     $0xb1, X0, X1
	VPERMILPS     $0xb1, X4, X5
	VMINPS        X1, X0, X0
	VMAXPS        X5, X4, X4
	VMOVSS        X0, lo+16(FP)
	VMOVSS        X4, hi+20(FP)
	VZEROUPPER
	RET

// func quantizeU8RoundAVX512F(dst *uint8, x *float32, n int, inverse float32, zero int32)
//
//	for i := range n {
//		v := x[i] * inverse // 0 if x[i] is not a number
//		dst[i] = uint8(round(min(max(v, -zero), 255-zero)) + zero)
//	}
//
// Z1 holds inverse, Z2 and Z3 the bounds, Z4 zero. DI dst, SI x, CX elements
// left.
TEXT ·quantizeU8RoundAVX512F(SB), NOSPLIT, $0-32
	MOVQ         dst+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS inverse+24(FP), Z1
	MOVL         zero+28(FP), AX
	VPBROADCASTD AX, Z4
	VPXORD       Z2, Z2, Z2
	VPSUBD       Z4, Z2, Z2
	MOVL         $255, AX
	VPBROADCASTD AX, Z3
	VPSUBD       Z4, Z3, Z3
	VCVTDQ2PS    Z2, Z2
	VCVTDQ2PS    Z3, Z3
	MOVQ         $-1, AX
	KMOVW        AX, K1

loop:
	CMPQ  CX, $16
	JGE   vector
	BZHIQ CX, AX, AX
	KMOVW AX, K1

vector:
	VMOVUPS.Z (SI), K1, Z0
	VCMPPS    $7, Z0, Z0, K2
	VMULPS.Z  Z1, Z0, K2, Z0
	VMAXPS    Z2, Z0, Z0
	VMINPS    Z3, Z0, Z0
	VCVTPS2DQ Z0, Z0
	VPADDD    Z4, Z0, Z0
	VPMOVUSDB Z0, K1, (DI)
	ADDQ      $64, SI
	ADDQ      $16, DI
	SUBQ      $16, CX
	JGT       loop
	VZEROUPPER
	RET
