package kernels

import (
	"fmt"
	"testing"
)

// TestPackF32 packs every number of rows of a panel, beside unreadable pages.
func TestPackF32(t *testing.T) {
	eachVariant(t, packF32Variants, func(t *testing.T, v variant[packF32Func]) {
		for _, guard := range guards[float32]() {
			for rows := 1; rows <= panelLanes; rows++ {
				for _, cols := range []int{1, 7, 8, 9, 16, 33, 64} {
					src := guardMatF32(t, guard, rows, cols, cols+rows%3, sentinel)
					for i := range rows {
						for j := range cols {
							src.Row(i)[j] = float32(100*i + j)
						}
					}
					dst := guard(t, cols*panelLanes)
					for i := range dst {
						dst[i] = -1
					}
					packF32Panel(v.fn, dst, src.Data, src.Stride, rows, cols)
					for i, got := range dst {
						want := float32(0)
						if i%panelLanes < rows {
							want = float32(100*(i%panelLanes) + i/panelLanes)
						}
						if got != want {
							t.Fatalf("rows=%d cols=%d: lane %d of column %d is %g, want %g", rows, cols, i%panelLanes, i/panelLanes, got, want)
						}
					}
				}
			}
		}
	})
}

func TestDenseF32(t *testing.T) {
	for _, s := range []shape{{0, 0}, {0, 5}, {5, 0}, {1, 1}, {16, 8}, {17, 9}, {40, 33}} {
		w := randF32(newRand(), make([]float32, s.n*s.k))
		a := PackF32(w, s.n, s.k)
		next := 0
		b := PackF32Func(s.n, s.k, func(i int, dst []float32) {
			if i != next || len(dst) != s.k {
				t.Fatalf("row(%d) with %d elements, want row %d with %d", i, len(dst), next, s.k)
			}
			next++
			copy(dst, w[i*s.k:])
		})
		if next != s.n || a.Bytes() != (s.n+15)/16*16*s.k*4 {
			t.Errorf("%v: %d rows read, %d bytes", s, next, a.Bytes())
		}
		got := make([]float32, s.k)
		for _, d := range []*DenseF32{a, b} {
			for i := range s.n {
				d.Row(i, got)
				if fmt.Sprint(got) != fmt.Sprint(w[i*s.k:(i+1)*s.k]) {
					t.Fatalf("%v: row %d is %v, want %v", s, i, got, w[i*s.k:(i+1)*s.k])
				}
			}
		}
	}
}

func BenchmarkPackF32(b *testing.B) {
	benchVariants(b, packF32Variants, func(b *testing.B, v variant[packF32Func]) {
		const rows, cols = 16, 64
		src, dst := make([]float32, rows*cols), make([]float32, rows*cols)
		b.SetBytes(4 * rows * cols)
		for b.Loop() {
			v.fn(dst, src, cols, rows, cols)
		}
	})
}
