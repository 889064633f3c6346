module github.com/sparsebio/sparsebio/kernels/_asm/f32

go 1.26
