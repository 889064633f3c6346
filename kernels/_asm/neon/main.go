// Command neon writes the assembly files of package kernels for arm64. Run it by
//
//	go generate ./kernels
//
// after changing it; a test of package kernels fails while its output and the
// committed files differ.
package main

import (
	"flag"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// files maps the name of each generated file to its writer.
var files = map[string]func(*asm){
	"gemm_f32_neon_arm64.s":          gemm,
	"pack_f32_neon_arm64.s":          pack,
	"layernorm_f32_neon_arm64.s":     layerNorm,
	"softmax_f32_neon_arm64.s":       softmax,
	"gelu_f32_neon_arm64.s":          gelu,
	"quantize_u8_neon_arm64.s":       quantize,
	"float16_f32_neon_arm64.s":       float16,
	"attention_s8_neon_arm64.s":      attention,
	"gemm_s8_blocks_dotprod_arm64.s": blocks,
	"gemm_s8_dense_dotprod_arm64.s":  dotProdTile.write,
	"gemm_s8_dense_neon_arm64.s":     dense,
	"gemm_s8_sparse_dotprod_arm64.s": sparseDotProd,
	"gemm_s8_sparse_neon_arm64.s":    sparseNEON,
}

func main() {
	log.SetFlags(0)
	dir := flag.String("out", "../..", "folder to write to")
	flag.Parse()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		a := newAsm()
		files[name](a)
		if err := os.WriteFile(filepath.Join(*dir, name), a.bytes(), 0o666); err != nil {
			log.Fatal(err)
		}
	}
}
