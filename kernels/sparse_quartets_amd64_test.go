//go:build !purego

package kernels

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestQuartetsS8 checks that the lists hold every weight once, and that their
// pairs fit int16 as VPMADDUBSW needs it.
func TestQuartetsS8(t *testing.T) {
	cases := sparseCases[:len(sparseCases):len(sparseCases)]
	for _, c := range []struct {
		name  string
		value func(rng *rand.Rand) int8
	}{
		{"positive", func(rng *rand.Rand) int8 { return int8(rng.IntN(128)) }},
		{"negative", func(rng *rand.Rand) int8 { return int8(-rng.IntN(129)) }},
		{"most negative", func(*rand.Rand) int8 { return -128 }},
		{"127 and -128", func(rng *rand.Rand) int8 { return int8(127 + rng.IntN(2)) }},
		{"small", func(rng *rand.Rand) int8 { return int8(rng.IntN(5) - 1) }},
	} {
		cases = append(cases, sparseCases[0])
		last := &cases[len(cases)-1]
		last.name, last.n, last.k = c.name, 67, 801
		last.make = func(rng *rand.Rand, n, k int) []int8 {
			w := make([]int8, n*k)
			for i := range w {
				if rng.IntN(3) == 0 {
					w[i] = c.value(rng)
				}
			}
			return w
		}
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(5, 6))
			w := c.make(rng, c.n, c.k)
			p := mustPack(t, rng, w, c.n, c.k)
			q := p.quartets()
			list, data := 0, q.data
			for kb := range p.kblocks {
				for r := range q.groups * sparseGroup {
					if r%sparseGroup == 0 && len(q.from(kb, r/sparseGroup)) != len(data) {
						t.Fatalf("group %d of block %d starts at entry %d", r/sparseGroup, kb, q.first[kb*q.groups+r/sparseGroup])
					}
					for range q.count[list] {
						e := data[:quartetBytes]
						data = data[quartetBytes:]
						for j := 0; j < 4; j += 2 {
							x, y := int(int8(e[8+j])), int(int8(e[9+j]))
							if lo, hi := 255*(min(x, 0)+min(y, 0)), 255*(max(x, 0)+max(y, 0)); lo < -1<<15 || hi >= 1<<15 {
								t.Fatalf("weights %d and %d share a pair", x, y)
							}
						}
						for j, v := range e[8:] {
							if v == 0 {
								continue
							}
							k := kb*q.size + int(binary.LittleEndian.Uint16(e[2*j:]))/quartetScale
							if r >= c.n || k >= c.k || w[r*c.k+k] != int8(v) {
								t.Fatalf("weight %d of row %d, input %d, which is wrong or there twice", int8(v), r, k)
							}
							w[r*c.k+k] = 0
						}
					}
					list++
				}
			}
			for i, v := range w {
				if v != 0 {
					t.Fatalf("weight (%d, %d) is missing", i/c.k, i%c.k)
				}
			}
		})
	}
}

// BenchmarkQuartetsS8 measures the conversion to quartets, which some variants
// do once for each matrix.
func BenchmarkQuartetsS8(b *testing.B) {
	const n, k = 768, 768
	for _, sparsity := range []float64{.8, .9, .95} {
		b.Run(fmt.Sprintf("sparsity=%.0f", 100*sparsity), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 2))
			w := mustPack(b, rng, uniformS8(rng, n, k, sparsity), n, k)
			var q *quartetsS8
			for b.Loop() {
				q = newQuartetsS8(w)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(n*k), "ns/weight")
			b.ReportMetric(float64(w.NNZ())/float64(len(q.data)/quartetBytes*4), "fill")
		})
	}
}
