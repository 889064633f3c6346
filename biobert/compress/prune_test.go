package compress

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/sparsebio/sparsebio/biobert/internal/safetensors"
	"github.com/sparsebio/sparsebio/kernels"
)

// reference holds the tensors of testdata/reference.safetensors, which torch made.
type reference map[string]kernels.MatF32

func openReference(t *testing.T) reference {
	t.Helper()
	f, err := safetensors.Open("testdata/reference.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := reference{}
	for _, name := range f.Names() {
		x, err := f.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		v, err := x.Float32s(nil)
		if err != nil {
			t.Fatal(err)
		}
		m := kernels.MatF32{Data: v, Rows: 1, Cols: len(v), Stride: len(v)}
		if len(x.Shape) == 2 {
			m.Rows, m.Cols, m.Stride = x.Shape[0], x.Shape[1], x.Shape[1]
		}
		r[name] = m
	}
	return r
}

// matrix returns a copy of the matrix to prune.
func (r reference) matrix() matrix { return matrix{r["w"], r["bias"].Data}.clone() }

func (r reference) gram(t *testing.T, threads int) *gram {
	t.Helper()
	g := newGram(r["x"].Cols, true)
	if err := g.add(t.Context(), threads, r["x"], r["dense"]); err != nil {
		t.Fatal(err)
	}
	return g
}

// pruned runs a method on the matrix of the reference.
func (r reference) pruned(t *testing.T, method Method, block, threads int) matrix {
	t.Helper()
	p := &pruner{method: method, sparsity: 0.7, block: block, threads: threads, inputs: r.gram(t, threads)}
	if err := p.prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	m := r.matrix()
	if err := p.prune(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestReference(t *testing.T) {
	r := openReference(t)
	for method, tolerance := range map[Method]float64{Magnitude: 0, Wanda: 0, SparseGPT: 1e-4} {
		for _, block := range []int{1, 4} {
			t.Run(fmt.Sprintf("method=%s/block=%d", method, block), func(t *testing.T) {
				got, want := r.pruned(t, method, block, 2).w, r[fmt.Sprintf("%s.%d", method, block)]
				worst := 0.0
				for i, v := range want.Data {
					if (v == 0) != (got.Data[i] == 0) {
						t.Fatalf("weight %d is %v, torch has %v", i, got.Data[i], v)
					}
					worst = max(worst, math.Abs(float64(v-got.Data[i])))
				}
				t.Logf("largest difference %.2g", worst)
				if worst > tolerance {
					t.Errorf("weights differ by %v from torch's (at most %v)", worst, tolerance)
				}
			})
		}
	}
}

// The weights that a mask leaves are the solution of least squares, and the bias goes with them.
func TestRefine(t *testing.T) {
	r := openReference(t)
	for i, v := range r["x5"].Data {
		r["x"].Row(i)[5] = v
	}
	s, err := newSolver(t.Context(), 2, r.gram(t, 2))
	if err != nil {
		t.Fatal(err)
	}
	s.steps, s.to = 60, 1e-4
	m := r.matrix()
	(&pruner{sparsity: 0.7, block: 1}).magnitude(m.w)
	if err := s.solve(t.Context(), 2, m, r.matrix().w); err != nil {
		t.Fatal(err)
	}
	for i, v := range r["refined.w"].Data {
		if d := math.Abs(float64(m.w.Data[i] - v)); d > 2e-3*(1+math.Abs(float64(v))) {
			t.Fatalf("weight %d is %v, torch has %v", i, m.w.Data[i], v)
		}
	}
	for i, v := range r["refined.bias"].Data {
		if d := math.Abs(float64(m.bias[i] - v)); d > 5e-3 {
			t.Fatalf("bias %d is %v, torch has %v", i, m.bias[i], v)
		}
	}
}

// Better methods leave smaller errors, and every method removes what it is asked to, whatever the number of threads.
func TestMethods(t *testing.T) {
	r := openReference(t)
	g := r.gram(t, 2)
	for _, block := range []int{1, 4} {
		errs := map[Method]float64{}
		for _, method := range Methods {
			m := r.pruned(t, method, block, 2)
			if again := r.pruned(t, method, block, 1); !slices.Equal(m.w.Data, again.w.Data) || !slices.Equal(m.bias, again.bias) {
				t.Errorf("%s: the result depends on the number of threads", method)
			}
			if got, want := zeros(m.w), 0.7*float64(len(m.w.Data)); math.Abs(float64(got)-want) > 0.01*want {
				t.Errorf("%s: %d zeros, want %.0f", method, got, want)
			}
			for i := 0; i < len(m.w.Data); i += block {
				if n := zeros(kernels.MatF32{Data: m.w.Data[i : i+block]}); n != 0 && n != block {
					t.Fatalf("%s: %d zeros in a block of %d", method, n, block)
				}
			}
			e, err := relativeError(t.Context(), 2, g, r.matrix(), m)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("block %d, %s: error %.4f", block, method, e)
			errs[method] = e
		}
		if errs[SparseGPT] >= min(errs[Magnitude], errs[Wanda]) || errs[ADMM] >= errs[SparseGPT] {
			t.Errorf("block %d: errors %v", block, errs)
		}
	}
}

// The error is that of the outputs themselves.
func TestRelativeError(t *testing.T) {
	r := openReference(t)
	was, is := r.matrix(), r.pruned(t, ADMM, 1, 2)
	e, err := relativeError(t.Context(), 2, r.gram(t, 2), was, is)
	if err != nil {
		t.Fatal(err)
	}
	var diff, all float64
	for i := range r["x"].Rows {
		x := r["x"].Row(i)
		for o := range was.w.Rows {
			a, b := dot(was.w.Row(o), x), dot(is.w.Row(o), x)+float64(is.bias[o])-float64(was.bias[o])
			diff, all = diff+(a-b)*(a-b), all+a*a
		}
	}
	if want := math.Sqrt(diff / all); math.Abs(e-want) > 1e-4 {
		t.Errorf("error %v, want %v", e, want)
	}
}

func TestInvert(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 5, 64, 65, 200} {
		a := kernels.NewMatF32(n, n)
		x := kernels.NewMatF32(n, 2*n)
		for i := range x.Data {
			x.Data[i] = float32(rnd.NormFloat64())
		}
		kernels.GemmF32(a, x, packed(x), nil, 0, n)
		h := slices.Clone(a.Data)
		inverse, err := invert(t.Context(), 2, a)
		if err != nil {
			t.Fatal(err)
		}
		one := kernels.NewMatF32(n, n)
		kernels.GemmF32(one, kernels.MatF32{Data: h, Rows: n, Cols: n, Stride: n}, packed(inverse), nil, 0, n)
		for i, v := range one.Data {
			want := 0.0
			if i%(n+1) == 0 {
				want = 1
			}
			if math.Abs(float64(v)-want) > 2e-3 {
				t.Fatalf("n=%d: element %d of the product with the inverse is %v", n, i, v)
			}
		}
	}
	a := kernels.NewMatF32(70, 70)
	for i := range 70 {
		a.Row(i)[i] = 1
	}
	a.Row(69)[69] = -1
	if _, err := invert(t.Context(), 1, a); err != errNotPositive {
		t.Errorf("a matrix with a negative eigenvalue: %v", err)
	}
}

func TestLowest(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for n := range 300 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(rnd.IntN(1 + n/3)) // with ties
		}
		order := make([]int, n)
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int { return int(v[a]) - int(v[b]) })
		m := rnd.IntN(n + 1)
		var got []int
		lowest(v, m, nil, func(i int) { got = append(got, i) })
		want := slices.Sorted(slices.Values(order[:m]))
		if !slices.Equal(got, want) {
			t.Fatalf("%d lowest of %v: %v, want %v", m, v, got, want)
		}
	}
}
