package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)


type sparsePattern struct {
	name string
	// density returns the probability that (i, j) is not zero.
	make func(rng *rand.Rand, n, k int) []int8
}

func weightS8(rng *rand.Rand) int8 {
	for {
		if v := int8(rng.IntN(256) - 128); v != 0 {
			return v
		}
	}
}

// uniformS8 returns random weights, each nonzero with probability 1-sparsity.
func uniformS8(rng *rand.Rand, n, k int, sparsity float64) []int8 {
	w := make([]int8, n*k)
	for i := range w {
		if rng.Float64() >= sparsity {
			w[i] = weightS8(rng)
		}
	}
	return w
}

// unevenS8 returns random weights whose rows and columns have lognormal
// densities, as magnitude pruning leaves them.
func unevenS8(rng *rand.Rand, n, k int, sparsity float64) []int8 {
	row, col := make([]float64, n), make([]float64, k)
	var rs, cs float64
	for i := range row {
		row[i] = math.Exp(.35 * rng.NormFloat64())
		rs += row[i]
	}
	for j := range col {
		col[j] = math.Exp(.6 * rng.NormFloat64())
		cs += col[j]
	}
	f := (1 - sparsity) * float64(n) * float64(k) / (rs * cs)
	w := make([]int8, n*k)
	for i := range n {
		for j := range k {
			if rng.Float64() < row[i]*col[j]*f {
				w[i*k+j] = weightS8(rng)
			}
		}
	}
	return w
}

// blocksS8 returns random weights pruned in blocks of four inputs.
func blocksS8(rng *rand.Rand, n, k int, sparsity float64) []int8 {
	w := make([]int8, n*k)
	for i := range n {
		for j := 0; j < k; j += 4 {
			if rng.Float64() >= sparsity {
				for c := j; c < min(j+4, k); c++ {
					w[i*k+c] = weightS8(rng)
				}
			}
		}
	}
	return w
}

// sortedRowsS8 returns w with its rows in the order of SparseOrderS8.
func sortedRowsS8(w []int8, n, k int) []int8 {
	s := make([]int8, 0, len(w))
	for _, i := range SparseOrderS8(w, n, k) {
		s = append(s, w[i*k:(i+1)*k]...)
	}
	return s
}

func scalesOf(rng *rand.Rand, n int) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = float32(rng.Float64()+.1) / 127
	}
	return s
}

func BenchmarkPackS8Sparse(b *testing.B) {
	for _, c := range []struct {
		name string
		n, k int
		make func(rng *rand.Rand, n, k int, sparsity float64) []int8
		sort bool
	}{
		{"uniform", 768, 768, uniformS8, false},
		{"uniform", 3072, 768, uniformS8, false},
		{"uniform", 768, 3072, uniformS8, false},
		{"uniform", 384, 384, uniformS8, false},
		{"uneven", 768, 768, unevenS8, false},
		{"uneven-sorted", 768, 768, unevenS8, true},
		{"blocks", 768, 768, blocksS8, false},
	} {
		for _, sparsity := range []float64{.8, .9, .95} {
			b.Run(fmt.Sprintf("%s/n=%d/k=%d/sparsity=%.0f", c.name, c.n, c.k, 100*sparsity), func(b *testing.B) {
				rng := rand.New(rand.NewPCG(1, 2))
				w := c.make(rng, c.n, c.k, sparsity)
				if c.sort {
					w = sortedRowsS8(w, c.n, c.k)
				}
				scale := scalesOf(rng, c.n)
				var p *SparseS8
				for b.Loop() {
					var err error
					if p, err = PackS8Sparse(w, scale, c.n, c.k); err != nil {
						b.Fatal(err)
					}
				}
				if !slices.Equal(p.Unpack(), w) {
					b.Fatal("wrong")
				}
				b.ReportMetric(p.Fill(), "fill")
				b.ReportMetric(float64(p.Bytes())/float64(p.NNZ()), "B/nonzero")
			})
		}
	}
}
