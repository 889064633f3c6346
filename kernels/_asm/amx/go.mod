module github.com/sparsebio/sparsebio/kernels/_asm/amx

go 1.26
