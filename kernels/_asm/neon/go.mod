module github.com/sparsebio/sparsebio/kernels/_asm/neon

go 1.26
