package bert

import "github.com/sparsebio/sparsebio/kernels"

// A linear computes y = x W^T + bias with weights in one of the engine's forms.
type linear struct {
	n, k  int
	zeros float64 // number of weights that are zero
	dense *kernels.DenseF32
	bias  []float32         // [n], of dense
	s8    *kernels.LinearS8 // if dense is nil
	// static holds the weights of the engine Static: query, key and value apart.
	static []*staticLinear
}

func denseLinear(w, bias []float32, n, k int) linear {
	return linear{n: n, k: k, zeros: float64(countZeros(w)), dense: kernels.PackF32(w, n, k), bias: bias}
}

func s8Linear(s *kernels.LinearS8) linear {
	n, k := s.N(), s.K()
	return linear{n: n, k: k, zeros: s.Sparsity() * float64(n) * float64(k), s8: s}
}

func (l *linear) bytes() int {
	if l.s8 != nil {
		return l.s8.Bytes()
	}
	if l.static != nil {
		b := 0
		for _, x := range l.static {
			b += x.bytes()
		}
		return b
	}
	return 4 * l.n * l.k
}
