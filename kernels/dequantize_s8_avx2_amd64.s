//go:build amd64 && !purego

#include "textflag.h"

// func dequantizeS8AVX2(dst []float32, src []byte, scale float32)
TEXT ·dequantizeS8AVX2(SB), NOSPLIT, $0-52
	MOVQ dst_base+0(FP), DI
	MOVQ src_base+24(FP), SI
	MOVQ src_len+32(FP), CX
	VBROADCASTSS scale+48(FP), Y1
	SUBQ $8, CX
	JLT  tail

loop:
	VPMOVSXBD (SI), Y0
	VCVTDQ2PS Y0, Y0
	VMULPS    Y1, Y0, Y0
	VMOVUPS   Y0, (DI)
	ADDQ      $8, SI
	ADDQ      $32, DI
	SUBQ      $8, CX
	JGE       loop

tail:
	ADDQ $8, CX
	JEQ  done

one:
	MOVBLSX    (SI), AX
	VCVTSI2SSL AX, X1, X0
	VMULSS     X1, X0, X0
	VMOVSS     X0, (DI)
	INCQ       SI
	ADDQ       $4, DI
	DECQ       CX
	JNE        one

done:
	VZEROUPPER
	RET
