//go:build (!amd64 && !arm64) || purego

package kernels

// attentionS8Memory is empty: there is no assembly.
type attentionS8Memory struct{}

func attentionS8Asm() []variant[attentionS8Func] { return nil }
