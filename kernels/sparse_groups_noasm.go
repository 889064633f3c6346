//go:build !arm64 || purego

package kernels

// sparseForms is empty: no variant reads groups.
type sparseForms struct{}
