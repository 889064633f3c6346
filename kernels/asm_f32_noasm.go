//go:build (!amd64 && !arm64) || purego

package kernels

func gemmF32Asm() []variant[gemmF32Kernel]                 { return nil }
func packF32Asm() []variant[packF32Func]                   { return nil }
func layerNormF32Asm() []variant[layerNormF32Func]         { return nil }
func softmaxF32Asm() []variant[softmaxF32Func]             { return nil }
func geluF32Asm() []variant[mapF32Func]                    { return nil }
func geluCoarseF32Asm() []variant[mapF32Func]              { return nil }
func geluTanhF32Asm() []variant[mapF32Func]                { return nil }
func geluErfF32Asm() []variant[geluErfF32Func]             { return nil }
func quantizeLinearU8Asm() []variant[quantizeLinearU8Func] { return nil }
func fakeQuantizeF32Asm() []variant[fakeQuantizeF32Func]   { return nil }
func expF32Asm() []variant[mapF32Func]                     { return nil }
func float16F32Asm() []variant[float16F32Func]             { return nil }
