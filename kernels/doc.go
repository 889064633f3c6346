// Package kernels holds the numeric kernels of a BERT encoder on CPUs: linear
// layers with dense float32, dense int8 and sparse int8 weights, attention,
// layer norm, softmax, GELU, and the conversions between number formats. It
// uses no cgo and knows nothing of models, text or files.
//
// Weights are packed once and used many times:
//
//	w := kernels.PackF32(weights, n, k)            // [n outputs, k inputs]
//	y := kernels.NewMatF32(x.Rows, n)              // x is [tokens, k]
//	kernels.GemmF32(y, x, w, bias, 0, n)           // y = x * transpose(w) + bias
//
// # Shapes and memory
//
// A matrix of activations is a [MatF32] or a [MatU8]: a slice, rows (tokens),
// columns, and the stride between rows in elements. Nothing needs alignment.
// Kernels read and write only the rows and columns that their comment names,
// never the gap between two rows, nothing past the end of a slice. They keep
// no reference to their arguments. Operations on rows work in place; products
// and attention must not have their result overlap an argument.
//
// Kernels start no goroutines. To share one operation among goroutines, give
// each a part of the result: rows through [MatF32.Sub], or a range of outputs
// or heads through the arguments meant for it. Packed weights may be shared; an
// [AttentionScratch] or [AttentionS8Scratch] may not. A call is not preempted
// while it is in assembly, which lasts less than about 0.1 ms.
//
// # Rounding
//
// Every result depends on its own row (for attention, its own sequence) and the
// weights, and on nothing else: not on the number of rows, the place of the row
// among them, alignment, or how the work is shared out. So a document gives the
// same bits whatever it is batched with.
//
// Every variant gives the same bits, so results are the same on every machine.
// An operation is a fixed sequence of IEEE operations on each element: one
// polynomial, FMA at fixed places, division and square root rounded correctly.
// GemmF32 adds products in the order of the inputs, fused with the addition.
// Sums over a row are kept in 16 parts, element i in part i%16, which are then
// added up those 8 apart, 4, 2 and 1; integer sums are exact. The reference in
// Go is the definition, and tests hold the other variants to its bits. It does
// FMA without an instruction for it, which makes it slow.
//
// NaN and infinities propagate as IEEE arithmetic has them, but the sign and
// the other bits of a NaN may differ. The comments name what else differs.
//
// # Errors
//
// Shapes that do not fit, ranges outside a matrix and slices that are too short
// are mistakes of the program: they panic with a constant text that starts with
// "kernels: ". What may come from a file returns an error.
//
// # Instruction sets
//
// Every operation has a reference in plain Go, which is built everywhere, and
// on amd64 and arm64 variants in assembly; the best one that the CPU can run is
// chosen when the process starts. [Active] lists the choices. README.md says how
// fast the variants are, and how far from what their instructions allow.
//
//	name         CPU features needed
//	amx          those of avx512vbmi2, amx_tile, amx_int8; on Linux only
//	avx512vbmi2  those of avx512vbmi, avx512_vbmi2
//	avx512vbmi   those of avx512vnni, avx512vbmi
//	avx512vnni   those of avx512f, avx512_vnni
//	avx512f      those of avx2, avx512f, avx512bw, avx512dq, avx512vl
//	avxvnni      those of avx2, avx_vnni
//	avx2         avx2, fma
//	dotprod      those of neon, asimddp
//	neon         asimd
//	ref          none
//
//	operation        amx  avx512vbmi2  avx512vbmi  avx512vnni  avx512f  avxvnni  avx2
//	gemm_f32                                                   x                 x
//	attention_f32                                              x                 x
//	attention_s8                                   x                             x
//	layernorm_f32                                              x                 x
//	softmax_f32                                                x                 x
//	gelu_f32                                                   x                 x
//	gelu_coarse_f32                                            x                 x
//	gelu_tanh_f32                                              x                 x
//	gelu_erf_f32                                               x                 x
//	exp_f32                                                    x                 x
//	fake_quantize_f32                                          x                 x
//	quantize_linear_u8                                         x                 x
//	pack_f32                                                                     x
//	float16_f32                                                x
//	gemm_s8_dense                                  x                    x        x
//	gemm_s8_bitmask  x    x
//	gemm_s8_sparse                     x           x                    x        x
//	gemm_s8_blocks                                 x                    x        x
//	quantize_u8                                                x                 x
//	dequantize_s8                                              x                 x
//
//	operation        dotprod  neon
//	gemm_f32                  x
//	attention_f32             x
//	attention_s8     x        x
//	layernorm_f32             x
//	softmax_f32               x
//	gelu_f32                  x
//	gelu_coarse_f32           x
//	gelu_tanh_f32             x
//	pack_f32                  x
//	float16_f32               x
//	gemm_s8_blocks   x
//	gemm_s8_dense    x        x
//	gemm_s8_sparse   x        x
//	quantize_u8               x
//
// The environment variable KERNELS_ISA=<name> restricts the choice to variants
// that need no more than the features of that name, for tests and comparisons;
// [Check] reports a value that cannot be obeyed. Tests run every variant that
// the CPU has; KERNELS_REQUIRE=<name>,<name> makes them fail where one is
// missing. The build tag purego leaves all assembly out.
package kernels
