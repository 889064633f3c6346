// Command f32 writes the assembly files of the float32 operations of package
// kernels, and the tables that their references share. Run it by
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
	"gemm_f32_avx512f_amd64.s":           gemmAVX512F,
	"gemm_f32_avx2_amd64.s":              gemmAVX2,
	"pack_f32_avx2_amd64.s":              packAVX2,
	"gelu_f32_avx512f_amd64.s":           func(a *asm) { gelus[0].write(a, avx512f) },
	"gelu_f32_avx2_amd64.s":              func(a *asm) { gelus[0].write(a, avx2) },
	"gelu_coarse_f32_avx512f_amd64.s":    func(a *asm) { gelus[1].write(a, avx512f) },
	"gelu_coarse_f32_avx2_amd64.s":       func(a *asm) { gelus[1].write(a, avx2) },
	"gelu_tanh_f32_avx512f_amd64.s":      func(a *asm) { gelus[2].write(a, avx512f) },
	"gelu_tanh_f32_avx2_amd64.s":         func(a *asm) { gelus[2].write(a, avx2) },
	"gelu_erf_f32_avx512f_amd64.s":       func(a *asm) { geluErf(a, avx512f) },
	"gelu_erf_f32_avx2_amd64.s":          func(a *asm) { geluErf(a, avx2) },
	"quantize_linear_u8_avx512f_amd64.s": func(a *asm) { quantizeLinear(a, avx512f) },
	"quantize_linear_u8_avx2_amd64.s":    func(a *asm) { quantizeLinear(a, avx2) },
	"fake_quantize_f32_avx512f_amd64.s":  func(a *asm) { fakeQuantize(a, avx512f) },
	"fake_quantize_f32_avx2_amd64.s":     func(a *asm) { fakeQuantize(a, avx2) },
	"exp_f32_avx512f_amd64.s":            func(a *asm) { exp(a, avx512f) },
	"exp_f32_avx2_amd64.s":               func(a *asm) { exp(a, avx2) },
	"softmax_f32_avx512f_amd64.s":        func(a *asm) { softmax(a, avx512f) },
	"softmax_f32_avx2_amd64.s":           func(a *asm) { softmax(a, avx2) },
	"layernorm_f32_avx512f_amd64.s":      func(a *asm) { layerNorms(a, avx512f) },
	"layernorm_f32_avx2_amd64.s":         func(a *asm) { layerNorms(a, avx2) },
}

func main() {
	log.SetFlags(0)
	dir := flag.String("out", "../..", "folder to write to")
	flag.Parse()
	write := func(name string, b []byte) {
		if err := os.WriteFile(filepath.Join(*dir, name), b, 0o666); err != nil {
			log.Fatal(err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		a := newAsm()
		files[name](a)
		write(name, a.bytes())
	}
	tables, err := geluTables()
	if err != nil {
		log.Fatal(err)
	}
	write("gelu_f32_table.go", tables)
}
