module github.com/sparsebio/sparsebio/kernels/_asm/dense

go 1.26
