//go:build (!amd64 && !arm64) || purego

package kernels

// sparseForms is empty: no variant reads another form.
type sparseForms struct{}
