package kernels

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Every form must give the bits of GemmS8Sparse, for activations with and
// without a function.
func TestLinearS8Forms(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var s ScratchS8
	for _, shape := range []struct {
		m, n, k  int
		sparsity float64
	}{{1, 1, 1, 0}, {3, 70, 130, 0.5}, {65, 192, 384, 0.9}, {17, 64, 900, 0.99}} {
		w, scale := uniformS8(rng, shape.n, shape.k, shape.sparsity), scalesOf(rng, shape.n)
		sparse, err := PackS8Sparse(w, scale, shape.n, shape.k)
		if err != nil {
			t.Fatal(err)
		}
		dense, err := PackS8Dense(w, scale, shape.n, shape.k)
		if err != nil {
			t.Fatal(err)
		}
		bias, x := make([]float32, shape.n), make([]float32, shape.m*shape.k)
		for i := range bias {
			bias[i] = rng.Float32() - 0.5
		}
		for i := range x {
			x[i] = rng.Float32() - 0.5
		}
		in := MatF32{x, shape.m, shape.k, shape.k}
		for _, act := range []func([]float32){nil, GELUF32} {
			activated := MatF32{slices.Clone(x), shape.m, shape.k, shape.k}
			if act != nil {
				act(activated.Data)
			}
			rows := MatU8{make([]uint8, len(x)), shape.m, shape.k, shape.k, make([]float32, shape.m), make([]int32, shape.m)}
			QuantizeU8(rows, activated)
			var tiles TilesS8
			tiles.Prepare(rows)
			want := MatF32{make([]float32, shape.m*shape.n), shape.m, shape.n, shape.n}
			GemmS8Sparse(want, &tiles, sparse, bias, 0, sparse.Blocks())
			for _, form := range LinearS8Forms() {
				for _, source := range []string{"sparse", "dense"} {
					l, err := NewLinearS8(sparse, bias, form)
					if source == "dense" {
						l, err = NewLinearDenseS8(dense, bias, form)
					}
					if err != nil {
						t.Fatal(err)
					}
					if l.N() != shape.n || l.K() != shape.k || l.Sparsity() != sparse.Sparsity() || l.Form() != form || l.Bytes() <= 0 {
						t.Errorf("%v, %s from %s: %d x %d, sparsity %v, form %s", shape, form, source, l.N(), l.K(), l.Sparsity(), l.Form())
					}
					got := MatF32{make([]float32, shape.m*shape.n), shape.m, shape.n, shape.n}
					in := in
					in.Data = slices.Clone(x)
					l.Apply(got, in, act, &s)
					if !slices.Equal(got.Data, want.Data) {
						t.Errorf("%v, %s from %s: other bits than GemmS8Sparse", shape, form, source)
					}
					for n0 := 0; n0 < shape.n; n0 += 128 {
						n1 := min(n0+128, shape.n)
						part := MatF32{make([]float32, shape.m*(n1-n0)), shape.m, n1 - n0, n1 - n0}
						p := l.Outputs(n0, n1)
						p.Multiply(part, &s)
						for i := range shape.m {
							if !slices.Equal(part.Row(i), want.Row(i)[n0:n1]) {
								t.Fatalf("%v, %s from %s, outputs %d to %d, row %d: other bits", shape, form, source, n0, n1, i)
							}
						}
						if p.N() != n1-n0 || p.Bytes() > l.Bytes() {
							t.Errorf("%v, %s from %s, outputs %d to %d: %d outputs, %d bytes of %d", shape, form, source, n0, n1, p.N(), p.Bytes(), l.Bytes())
						}
					}
				}
			}
		}
	}
}

func TestLinearS8Choice(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	cheap := func(form string) func() map[string]costS8 {
		return func() map[string]costS8 {
			c := map[string]costS8{}
			for _, f := range formsS8 {
				if c[f.name] = (costS8{call: 1, token: 1}); f.name == form {
					c[f.name] = costS8{token: 1e-9}
				}
			}
			c["bitmask"] = costS8{call: 100, token: 100} // offered with AMX only
			return c
		}
	}
	for _, test := range []struct {
		sparsity   float64
		cheap      string
		want       string
		mayMeasure bool
	}{
		{0.95, "dense", "gather", ActiveISA("gemm_s8_bitmask") == "amx"}, // not offered: nothing to measure
		{0.2, "dense", "dense", true},
		{0.2, "gather", "gather", true},
	} {
		w, scale := uniformS8(rng, 64, 128, test.sparsity), scalesOf(rng, 64)
		s, err := PackS8Sparse(w, scale, 64, 128)
		if err != nil {
			t.Fatal(err)
		}
		measured := false
		l, err := newLinearS8(sourceS8{gather: s}, 64, 128, nil, "", func() map[string]costS8 {
			measured = true
			return cheap(test.cheap)()
		})
		if err != nil || l.Form() != test.want || measured && !test.mayMeasure {
			t.Errorf("sparsity %v, %s cheap: got %v, %v, measured %v; want %s", test.sparsity, test.cheap, l.Form(), err, measured, test.want)
		}
		if l.Expected(64) <= 0 || l.Expected(640) < l.Expected(64) {
			t.Errorf("expected times %v for 64, %v for 640 tokens", l.Expected(64), l.Expected(640))
		}
		if isa := strings.TrimPrefix(l.Kernel(), l.Form()+" "); !slices.Contains(Supported(), isa) {
			t.Errorf("kernel %q", l.Kernel())
		}
	}
}

func TestNewLinearS8Errors(t *testing.T) {
	s, err := PackS8Sparse(make([]int8, 64), make([]float32, 8), 8, 8)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		bias []float32
		form string
		want string
	}{
		{nil, "gathr", `kernels: unknown form of INT8 weights "gathr" (have gather, `},
		{make([]float32, 7), "", "kernels: bias of 7 numbers for 8 outputs"},
	} {
		if _, err := NewLinearS8(s, test.bias, test.form); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("got %v, want %s...", err, test.want)
		}
	}
}

// BenchmarkLinearS8Quantize measures what comes before the products of
// BERT-base, for the tokens that go through a layer at a time.
func BenchmarkLinearS8Quantize(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		k   int
		act func([]float32)
	}{{768, nil}, {3072, nil}, {3072, GELUF32}} {
		l, err := NewLinearS8(mustPack(b, rng, uniformS8(rng, 64, c.k, 0.9), 64, c.k), nil, "gather")
		if err != nil {
			b.Fatal(err)
		}
		name := fmt.Sprintf("m=64/k=%d", c.k)
		if c.act != nil {
			name += "/gelu"
		}
		b.Run(name, func(b *testing.B) {
			x := NewMatF32(64, c.k)
			for i := range x.Data {
				x.Data[i] = 6 + rng.Float32() // GELU does not change it: the next call finds the same
			}
			var s ScratchS8
			b.SetBytes(int64(4 * len(x.Data)))
			for b.Loop() {
				l.Quantize(x, c.act, &s)
			}
		})
	}
}
