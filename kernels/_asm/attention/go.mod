module github.com/sparsebio/sparsebio/kernels/_asm/attention

go 1.26
