package kernels

import (
	"testing"

	"github.com/sparsebio/sparsebio/kernels/internal/race"
)

// TestAllocsF32 checks that operations allocate nothing once they are warm.
func TestAllocsF32(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector empties pools at random")
	}
	const tokens, heads, d = 20, 2, 20
	h := heads * d
	r := newRand()
	// An edge of outputs and rows 2 KiB apart: both kinds of scratch memory.
	x, y := NewMatF32(tokens, 512), NewMatF32(tokens, 75)
	randF32(r, x.Data)
	w := PackF32(randF32(r, make([]float32, 75*512)), 75, 512)
	qkv, out := NewMatF32(tokens, 3*h), NewMatF32(tokens, h)
	gamma := make([]float32, h)
	var scratch AttentionScratch
	for _, test := range []struct {
		name string
		f    func()
	}{
		{"gemm_f32", func() { GemmF32(y, x, w, nil, 0, 75) }},
		{"attention_f32", func() { AttentionF32(out, qkv, heads, 0, heads, &scratch) }},
		{"layernorm_f32", func() { LayerNormF32(out, out, MatF32{}, gamma, gamma, 1e-12) }},
		{"softmax_f32", func() { SoftmaxF32(out, 1) }},
		{"gelu_f32", func() { GELUF32(out.Data) }},
	} {
		if n := testing.AllocsPerRun(50, test.f); n >= 1 {
			t.Errorf("%s allocates %g times a call", test.name, n)
		}
	}
}
