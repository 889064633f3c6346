package kernels

import (
	"math"
	"math/rand/v2"
	"sync"
	"time"
)

// A costS8 says how long a form of INT8 weights takes on this machine: a call
// with M tokens takes work * (call + M*token) nanoseconds.
type costS8 struct{ call, token float64 }

// costTokens is for how many tokens the fastest form is chosen: about as many
// as a goroutine takes through a layer at a time.
const costTokens = 64

// of returns the expected time of p for some tokens, in nanoseconds.
func (c costS8) of(p productS8, tokens int) float64 {
	return float64(p.work()) * (c.call + c.token*float64(tokens))
}

// Expected returns how long Apply should take for so many tokens on one core,
// by what the form took for other weights on this machine: the first call in a
// process measures that, in some milliseconds. It leaves out the quantization
// and arrangement of the activations.
func (l *LinearS8) Expected(tokens int) time.Duration {
	return time.Duration(math.Round(measuredCosts()[l.form.name].of(l.product, tokens)))
}

// measuredCosts returns the cost of every form, by its name. It is measured and
// not tabulated, as it differs between CPUs that have the same instructions,
// and takes too little time to be kept on disk.
var measuredCosts = sync.OnceValue(func() map[string]costS8 {
	const n, k, few, many = 64, 768, 16, 64
	r := rand.New(rand.NewPCG(1, 2))
	w, scale := make([]int8, n*k), make([]float32, n)
	for i := range w {
		if r.IntN(10) == 0 {
			w[i] = int8(1 + r.IntN(127))
		}
	}
	sparse, err := PackS8Sparse(w, scale, n, k)
	if err != nil {
		panic(err) // not reached: the matrix is a good one
	}
	x := MatF32{Data: make([]float32, many*k), Rows: many, Cols: k, Stride: k}
	for i := range x.Data {
		x.Data[i] = r.Float32()
	}
	dst := MatF32{Data: make([]float32, many*n), Rows: many, Cols: n, Stride: n}
	costs := map[string]costS8{}
	for _, f := range formsS8 {
		p, err := f.pack(sourceS8{gather: sparse})
		if err != nil {
			panic(err)
		}
		least := func(tokens int) float64 {
			var s ScratchS8
			p.quantize(&s, x.Sub(0, tokens, 0, k), nil)
			d := dst.Sub(0, tokens, 0, n)
			p.multiply(d, &s, nil) // also for what is made at first use
			best, began := time.Duration(math.MaxInt64), time.Now()
			for i := 0; i < 9 && (i < 2 || time.Since(began) < time.Millisecond); i++ {
				t := time.Now()
				p.multiply(d, &s, nil)
				best = min(best, time.Since(t))
			}
			return float64(max(best, 1))
		}
		a, b := least(few), least(many)
		token := max(b-a, b/100) / (many - few)
		costs[f.name] = costS8{max(a-few*token, 0) / float64(p.work()), token / float64(p.work())}
	}
	return costs
})
