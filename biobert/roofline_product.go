package biobert

import (
	"context"
	"math/rand/v2"

	"github.com/sparsebio/sparsebio/biobert/report"
	"github.com/sparsebio/sparsebio/kernels"
)

// The product of a peak: its operands fit the second cache, and its rows fill the tiles of all kernels.
const peakOutputs, peakInputs, peakTokens = 64, 512, 48

// peakF32 measures the most operations in fp32.
func (o *RooflineOptions) peakF32() (report.Peak, error) {
	w := kernels.PackF32(randomF32(peakOutputs*peakInputs), peakOutputs, peakInputs)
	rate := o.rate(func(int) func() {
		x, dst := randomMat(peakTokens, peakInputs), kernels.NewMatF32(peakTokens, peakOutputs)
		return func() { kernels.GemmF32(dst, x, w, nil, 0, peakOutputs) }
	})
	return report.Peak{Name: "fp32", Kernel: "dense " + kernels.ActiveISA("gemm_f32"), OpsPerSecond: rate * 2 * peakOutputs * peakInputs * peakTokens}, nil
}

// peakS8 measures the most operations in INT8, with the kernels that skip nothing: AMX, where there is one, takes weights as bitmasks.
func (o *RooflineOptions) peakS8() (report.Peak, error) {
	q, scale := randomS8(peakOutputs, peakInputs, 0)
	w, err := kernels.PackS8Dense(q, scale, peakOutputs, peakInputs)
	if err != nil {
		return report.Peak{}, err
	}
	forms := []string{"dense"}
	if kernels.ActiveISA("gemm_s8_bitmask") == "amx" {
		forms = append(forms, "bitmask")
	}
	best := report.Peak{Name: "INT8"}
	for _, form := range forms {
		l, err := kernels.NewLinearDenseS8(w, nil, form)
		if err != nil {
			return best, err
		}
		rate := o.rate(func(int) func() { return multiplier([]*kernels.LinearS8{l}, 0, 1, peakTokens) })
		if ops := rate * 2 * peakOutputs * peakInputs * peakTokens; ops > best.OpsPerSecond {
			best.Kernel, best.OpsPerSecond = l.Kernel(), ops
		}
	}
	return best, nil
}

// multiplier returns what multiplies activations of so many tokens with one of the matrices, in turn: from the given one every step.
func multiplier(ls []*kernels.LinearS8, from, step, tokens int) func() {
	var s kernels.ScratchS8
	l := ls[from%len(ls)]
	dst := kernels.NewMatF32(tokens, l.N())
	l.Quantize(randomMat(tokens, l.K()), nil, &s)
	at := from % len(ls)
	return func() {
		ls[at].Multiply(dst, &s)
		at = (at + step) % len(ls)
	}
}

// A stack is many matrices of the same shape, of which a product takes one after the other.
type stack struct {
	engine, kernel string
	sparsity       float64
	bytes          int // of the weights of a matrix
	activation     int // bytes of an activation
	multiply       func(from, step, tokens int) func()
}

// measure returns the time of a product.
func (s *stack) measure(o *RooflineOptions, tokens int) report.ProductTime {
	rate := o.rate(func(thread int) func() { return s.multiply(thread, o.Threads, tokens) })
	return report.ProductTime{
		Engine: s.engine, Kernel: s.kernel, Outputs: o.Outputs, Inputs: o.Inputs, Tokens: tokens, Sparsity: s.sparsity,
		Bytes:   float64(s.bytes) + float64(tokens)*float64(s.activation*o.Inputs+4*o.Outputs),
		Seconds: 1 / rate,
	}
}

// matrices returns how many matrices of so many bytes are more than the caches hold. It is a multiple of the threads and
// one more, so that a thread comes to all of them.
func (o *RooflineOptions) matrices(size int) int {
	n := max((o.Memory/2+size-1)/size, 1)
	return (n+o.Threads-1)/o.Threads*o.Threads + 1
}

func denseF32Stack(o *RooflineOptions, ctx context.Context) (*stack, error) {
	f := randomF32(o.Outputs * o.Inputs)
	ws := make([]*kernels.DenseF32, o.matrices(4*o.Outputs*o.Inputs))
	for i := range ws {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		ws[i] = kernels.PackF32(f, o.Outputs, o.Inputs)
	}
	return &stack{denseF32, "dense " + kernels.ActiveISA("gemm_f32"), 0, ws[0].Bytes(), 4, func(from, step, tokens int) func() {
		x, dst := randomMat(tokens, o.Inputs), kernels.NewMatF32(tokens, o.Outputs)
		at := from % len(ws)
		return func() {
			kernels.GemmF32(dst, x, ws[at], nil, 0, o.Outputs)
			at = (at + step) % len(ws)
		}
	}}, nil
}

func s8Stack(engine string, sparsity float64, activation int, ls []*kernels.LinearS8) *stack {
	return &stack{engine, ls[0].Kernel(), sparsity, ls[0].Bytes(), activation, func(from, step, tokens int) func() {
		return multiplier(ls, from, step, tokens)
	}}
}

func denseS8Stack(o *RooflineOptions, ctx context.Context) (*stack, error) {
	q, scale := randomS8(o.Outputs, o.Inputs, 0)
	ls := make([]*kernels.LinearS8, o.matrices(o.Outputs*o.Inputs))
	for i := range ls {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		w, err := kernels.PackS8Dense(q, scale, o.Outputs, o.Inputs)
		if err != nil {
			return nil, err
		}
		if ls[i], err = kernels.NewLinearDenseS8(w, nil, ""); err != nil {
			return nil, err
		}
	}
	return s8Stack("dense INT8", 0, 1, ls), nil
}

// sparseStack packs one matrix and copies it: packing takes long.
func sparseStack(o *RooflineOptions, ctx context.Context) (*stack, error) {
	q, scale := randomS8(o.Outputs, o.Inputs, o.Sparsity)
	first, err := kernels.PackS8Sparse(q, scale, o.Outputs, o.Inputs)
	if err != nil {
		return nil, err
	}
	raw, err := first.MarshalBinary()
	if err != nil {
		return nil, err
	}
	ls := make([]*kernels.LinearS8, o.matrices(len(raw)))
	all := kernels.LargeBytes(len(ls) * len(raw))
	for i := range ls {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		own := all[i*len(raw) : (i+1)*len(raw) : (i+1)*len(raw)]
		copy(own, raw)
		w, err := kernels.OpenS8Sparse(own)
		if err != nil {
			return nil, err
		}
		if ls[i], err = kernels.NewLinearS8(w, nil, ""); err != nil {
			return nil, err
		}
		if ls[i].Form() == "gather" {
			w.Prepare()
		}
	}
	return s8Stack("sparse INT8", first.Sparsity(), 1, ls), nil
}

// The random numbers mean nothing: no kernel is faster for some than for others.

func randomF32(n int) []float32 {
	r := rand.New(rand.NewPCG(5, 6))
	v := make([]float32, n)
	for i := range v {
		v[i] = r.Float32() - 0.5
	}
	return v
}

func randomMat(rows, cols int) kernels.MatF32 {
	m := kernels.NewMatF32(rows, cols)
	copy(m.Data, randomF32(rows*cols))
	return m
}

// randomS8 returns weights of which about the given share is zero.
func randomS8(n, k int, sparsity float64) (w []int8, scale []float32) {
	r := rand.New(rand.NewPCG(7, 8))
	w, scale = make([]int8, n*k), make([]float32, n)
	for i := range w {
		if r.Float64() >= sparsity {
			w[i] = int8(1 + r.IntN(127))
		}
	}
	for i := range scale {
		scale[i] = 1
	}
	return w, scale
}
