module github.com/sparsebio/sparsebio/kernels/_asm/sparse

go 1.26
