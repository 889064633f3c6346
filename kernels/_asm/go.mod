module github.com/sparsebio/sparsebio/kernels/_asm

go 1.26
