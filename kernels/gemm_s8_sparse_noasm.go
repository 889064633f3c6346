//go:build (!amd64 && !arm64) || purego

package kernels

var gemmS8SparseAsm []variant[*gemmS8SparseImpl]
