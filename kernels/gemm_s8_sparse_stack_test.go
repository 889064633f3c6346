package kernels

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// BenchmarkGemmS8SparseStack multiplies with all linear layers of a BERT-base
// in turn, as an inference does: their 21 MB lie in the third cache at best,
// and their pages in the TLB only if these are large.
func BenchmarkGemmS8SparseStack(b *testing.B) {
	const layers, sparsity = 12, .9
	shapes := []struct {
		name string
		n, k int
	}{{"qkv", 2304, 768}, {"out", 768, 768}, {"up", 3072, 768}, {"down", 768, 3072}}
	var stack, large [4][]*SparseS8 // layers of each shape
	pack := func(b *testing.B, rng *rand.Rand) {
		size := 0
		for i, s := range shapes {
			for range layers {
				w := mustPack(b, rng, uniformS8(rng, s.n, s.k, sparsity), s.n, s.k)
				stack[i] = append(stack[i], w)
				size += w.Bytes()
			}
		}
		mem := LargeBytes(size)
		for i := range shapes {
			for _, w := range stack[i] {
				n := copy(mem, w.raw)
				l, err := OpenS8Sparse(mem[:n:n])
				if err != nil {
					b.Fatal(err)
				}
				large[i], mem = append(large[i], l), mem[n:]
			}
		}
	}
	benchVariants(b, gemmS8SparseVariants, func(b *testing.B, v variant[*gemmS8SparseImpl]) {
		if v.isa == "ref" {
			b.Skip("too slow")
		}
		rng := rand.New(rand.NewPCG(1, 2))
		if stack[0] == nil {
			pack(b, rng)
		}
		for _, m := range []int{128, 64, 32} {
			var tiles [4]TilesS8
			var dst [4]MatF32
			for i, s := range shapes {
				tiles[i].prepare(randomU8(rng, m, s.k), v.fn)
				dst[i] = NewMatF32(m, s.n)
			}
			bias := randomBias(rng, 3072)
			run := func(pages string, stack *[4][]*SparseS8) {
				b.Run(fmt.Sprintf("m=%d/pages=%s", m, pages), func(b *testing.B) {
					// The best time of each product: other work on the machine spoils some.
					var best [4][layers]time.Duration
					for b.Loop() {
						for l := range layers {
							for i, s := range shapes {
								begin := time.Now()
								w := stack[i][l]
								GemmS8Sparse(dst[i], &tiles[i], w, bias[:s.n], 0, w.Blocks())
								if d := time.Since(begin); best[i][l] == 0 || d < best[i][l] {
									best[i][l] = d
								}
							}
						}
					}
					var time, macs, pairs float64
					for i, s := range shapes {
						var t float64
						for l, w := range stack[i] {
							t += float64(best[i][l].Nanoseconds())
							pairs += float64(m) * float64(w.Slots())
						}
						one := float64(m) * float64(s.n) * float64(s.k) * layers
						b.ReportMetric(one/t, s.name+"-GMAC/s")
						time += t
						macs += one
					}
					b.ReportMetric(macs/time, "GMAC/s")
					if v.isa == "avx512vbmi" {
						b.ReportMetric(pairs/time, "pairs/ns")
					}
				})
			}
			run("small", &stack)
			run("large", &large)
		}
	})
}
