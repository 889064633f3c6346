package kernels

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unsafe"
)

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

// sparseCases are the weights that packing, opening and products are tested
// with.
var sparseCases = []struct {
	name string
	n, k int
	make func(rng *rand.Rand, n, k int) []int8
}{
	{"one", 1, 1, func(*rand.Rand, int, int) []int8 { return []int8{-128} }},
	{"empty", 70, 100, func(_ *rand.Rand, n, k int) []int8 { return make([]int8, n*k) }},
	{"dense", 17, 130, func(rng *rand.Rand, n, k int) []int8 { return uniformS8(rng, n, k, 0) }},
	{"uniform", 100, 768, func(rng *rand.Rand, n, k int) []int8 { return uniformS8(rng, n, k, .9) }},
	{"uneven", 130, 769, func(rng *rand.Rand, n, k int) []int8 { return unevenS8(rng, n, k, .9) }},
	{"sorted", 130, 384, func(rng *rand.Rand, n, k int) []int8 { return sortedRowsS8(unevenS8(rng, n, k, .9), n, k) }},
	{"blocks", 64, 1536, func(rng *rand.Rand, n, k int) []int8 { return blocksS8(rng, n, k, .9) }},
	{"some rows empty", 90, 200, func(rng *rand.Rand, n, k int) []int8 {
		w := uniformS8(rng, n, k, .8)
		for i := range n {
			if i%3 != 0 {
				clear(w[i*k : (i+1)*k])
			}
		}
		return w
	}},
	{"one row full", 40, 500, func(rng *rand.Rand, n, k int) []int8 {
		w := make([]int8, n*k)
		copy(w[7*k:], uniformS8(rng, 1, k, 0))
		return w
	}},
	{"one column full", 80, 300, func(rng *rand.Rand, n, k int) []int8 {
		w := make([]int8, n*k)
		for i := range n {
			w[i*k+299] = weightS8(rng)
		}
		return w
	}},
	{"one window full", 33, 640, func(rng *rand.Rand, n, k int) []int8 {
		w := make([]int8, n*k)
		for i := range n {
			copy(w[i*k+64:], uniformS8(rng, 1, 64, 0))
		}
		return w
	}},
}

func TestPackS8Sparse(t *testing.T) {
	for _, c := range sparseCases {
		t.Run(c.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(7, 8))
			w := c.make(rng, c.n, c.k)
			scale := scalesOf(rng, c.n)
			p, err := PackS8Sparse(w, scale, c.n, c.k)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(p.Unpack(), w) {
				t.Error("Unpack differs from what was packed")
			}
			nnz := 0
			for _, v := range w {
				if v != 0 {
					nnz++
				}
			}
			if p.N() != c.n || p.K() != c.k || p.NNZ() != nnz || !slices.Equal(p.Scale(), scale) {
				t.Errorf("N %d K %d NNZ %d, want %d %d %d; scales equal: %v", p.N(), p.K(), p.NNZ(), c.n, c.k, nnz, slices.Equal(p.Scale(), scale))
			}
			if want := 1 - float64(nnz)/float64(c.n*c.k); p.Sparsity() != want {
				t.Errorf("Sparsity() = %v, want %v", p.Sparsity(), want)
			}

			again, err := PackS8Sparse(w, scale, c.n, c.k)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(again.raw, p.raw) {
				t.Error("packing twice gives different bytes")
			}

			b, err := p.AppendBinary([]byte("x"))
			if err != nil {
				t.Fatal(err)
			}
			if len(b) != 1+p.Bytes() {
				t.Errorf("%d bytes, want %d", len(b)-1, p.Bytes())
			}
			// The copy behind "x" starts at an odd address.
			for _, raw := range [][]byte{b[1:], append(alignedBytes(len(b))[:0], b[1:]...)} {
				q, err := OpenS8Sparse(raw)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(q.Unpack(), w) || q.NNZ() != nnz || !slices.Equal(q.Scale(), scale) {
					t.Error("the opened matrix differs")
				}
			}
		})
	}
}

// TestOpenS8SparseInPlace checks that opening aligned bytes copies none.
func TestOpenS8SparseInPlace(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	b := mustPack(t, rng, uniformS8(rng, 70, 100, .8), 70, 100).raw
	w, err := OpenS8Sparse(b)
	if err != nil {
		t.Fatal(err)
	}
	l := newSparseLayout(70, 100, w.Slots())
	if &w.slots[0] != &b[l.slots] || &w.win[0] != &b[l.windows] || &w.from[0] != &b[l.from] {
		t.Error("bytes were copied")
	}
	for name, p := range map[string][2]unsafe.Pointer{
		"scale":  {unsafe.Pointer(&w.scale[0]), unsafe.Pointer(&b[l.scale])},
		"sums":   {unsafe.Pointer(&w.sums[0]), unsafe.Pointer(&b[l.sums])},
		"starts": {unsafe.Pointer(&w.start[0]), unsafe.Pointer(&b[l.starts])},
	} {
		if p[0] != p[1] {
			t.Errorf("%s were copied", name)
		}
	}
}

// TestPackS8SparseFill states how well the packer fills its slots; products
// slow down in proportion.
func TestPackS8SparseFill(t *testing.T) {
	for _, c := range []struct {
		name     string
		n, k     int
		sparsity float64
		make     func(rng *rand.Rand, n, k int, sparsity float64) []int8
		sort     bool
		want     float64
	}{
		{"uniform", 768, 768, .8, uniformS8, false, .88},
		{"uniform", 768, 768, .9, uniformS8, false, .79},
		{"uniform", 768, 768, .95, uniformS8, false, .52},
		{"uniform", 384, 384, .9, uniformS8, false, .75},
		{"uniform", 768, 3072, .9, uniformS8, false, .79},
		{"uniform sorted", 768, 768, .9, uniformS8, true, .82},
		{"uniform sorted", 768, 768, .8, uniformS8, true, .95},
		{"uneven", 768, 768, .9, unevenS8, false, .72},
		{"uneven sorted", 768, 768, .9, unevenS8, true, .80},
		{"blocks", 768, 768, .9, blocksS8, false, .57},
	} {
		rng := rand.New(rand.NewPCG(1, 2))
		w := c.make(rng, c.n, c.k, c.sparsity)
		if c.sort {
			w = sortedRowsS8(w, c.n, c.k)
		}
		p := mustPack(t, rng, w, c.n, c.k)
		if c.sort && !p.natural {
			t.Errorf("%s: rows were moved, but none had to be", c.name)
		}
		if p.Fill() < c.want {
			t.Errorf("%s %d x %d, sparsity %v: fill %.3f, want %.2f", c.name, c.n, c.k, c.sparsity, p.Fill(), c.want)
		}
	}
}

func TestPackS8SparseErrors(t *testing.T) {
	one := []float32{1}
	for _, c := range []struct {
		w     []int8
		scale []float32
		n, k  int
		want  string
	}{
		{nil, nil, 0, 1, "0 x 1 matrix"},
		{nil, one, 1, 0, "1 x 0 matrix"},
		{nil, one, -1, -1, "-1 x -1 matrix"},
		{nil, one, 1, 65537, "1 x 65537 matrix"},
		{make([]int8, 3), one, 1, 4, "3 weights for a 1 x 4"},
		{make([]int8, 4), nil, 1, 4, "0 scales for 1 rows"},
		{make([]int8, 4), []float32{float32(math.NaN())}, 1, 4, "scale of row 0 is NaN"},
		{make([]int8, 4), []float32{1, float32(math.Inf(1))}, 2, 2, "scale of row 1 is +Inf"},
	} {
		if _, err := PackS8Sparse(c.w, c.scale, c.n, c.k); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d x %d: error %v, want one with %q", c.n, c.k, err, c.want)
		}
	}
}

// TestOpenS8SparseRefuses damages a good file in one place at a time.
func TestOpenS8SparseRefuses(t *testing.T) {
	const n, k = 70, 900
	rng := rand.New(rand.NewPCG(5, 6))
	p := mustPack(t, rng, uniformS8(rng, n, k, .9), n, k)
	l := newSparseLayout(n, k, p.Slots())
	put := func(at uint64, v uint32) func([]byte) []byte {
		return func(b []byte) []byte {
			binary.LittleEndian.PutUint32(b[at:], v)
			return b
		}
	}
	set := func(at uint64, v byte) func([]byte) []byte {
		return func(b []byte) []byte {
			b[at] = v
			return b
		}
	}
	for _, c := range []struct {
		name   string
		damage func([]byte) []byte
		want   string
	}{
		{"nothing", func([]byte) []byte { return nil }, "of 0 bytes (the header alone has 64)"},
		{"part of the header", func(b []byte) []byte { return b[:63] }, "of 63 bytes"},
		{"magic", set(0, 'X'), `starts with "XPARSES8"`},
		{"version", put(8, 2), "version 2"},
		{"N zero", put(12, 0), "0 x 900"},
		{"N huge", put(12, 65537), "65537 x 900"},
		{"K zero", put(16, 0), "70 x 0"},
		{"K huge", put(16, 1<<31), "70 x 2147483648"},
		{"slots huge", put(20, 1<<32-1), "claims 4294967295 slots"},
		{"one slot too many", put(20, uint32(p.Slots()+1)), "its header asks for"},
		{"another K", put(16, 60000), "its header asks for"},
		{"nonzeros huge", put(28, 1), "nonzero weights in"},
		{"reserved field", set(40, 1), "unknown fields"},
		{"short", func(b []byte) []byte { return b[:len(b)-64] }, "its header asks for"},
		{"long", func(b []byte) []byte { return append(b, 0) }, "its header asks for"},
		{"scale NaN", put(l.scale, math.Float32bits(float32(math.NaN()))), "scale of row 0 is NaN"},
		{"scale infinite", put(l.scale+4*127, math.Float32bits(float32(math.Inf(-1)))), "scale of row 127 is -Inf"},
		{"first start", put(l.starts, 1), "lists span slots 1"},
		{"last start", put(l.starts+4*16, uint32(p.Slots()-1)), "lists span slots 0"},
		{"starts fall", put(l.starts+4*3, uint32(p.Slots()+1)), "list 3 starts at slot"},
		{"starts overflow", put(l.starts+4*3, 1<<32-1), "list 3 starts at slot"},
		{"place twice", func(b []byte) []byte { b[l.from] = b[l.from+1]; return b }, "rows 0 to 63 are not permuted"},
		{"place outside", set(l.from+64, 64), "rows 64 to 127 are not permuted"},
		{"window", set(l.windows+2, 2*8), "slot 2 is of window 16 (there are 16)"},
		{"index", set(l.slots+128*5+63, 64), "slot 5 holds a place above 63"},
		{"index high", set(l.slots, 128), "slot 0 holds a place above 63"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, _ := p.MarshalBinary()
			if _, err := OpenS8Sparse(c.damage(b)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

// FuzzOpenS8Sparse checks that whatever opens can be used.
func FuzzOpenS8Sparse(f *testing.F) {
	rng := rand.New(rand.NewPCG(9, 9))
	for _, c := range sparseCases {
		if c.n*c.k < 40_000 {
			f.Add(mustPack(f, rng, c.make(rng, c.n, c.k), c.n, c.k).raw)
		}
	}
	f.Add([]byte(sparseMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		w, err := OpenS8Sparse(b)
		if err != nil || w.N()*w.K() > 1<<20 {
			return
		}
		w.Unpack()
		x := randomU8(rand.New(rand.NewPCG(1, 1)), 3, w.K())
		for _, v := range gemmS8SparseVariants {
			if cpuHas(v.isa) {
				gemmWith(v, x, w, nil)
			}
		}
	})
}

func TestSparseOrderS8(t *testing.T) {
	w := []int8{
		0, 0, 1,
		1, 1, 1,
		0, 2, 0,
		0, 0, 0,
	}
	if got, want := SparseOrderS8(w, 4, 3), []int{1, 0, 2, 3}; !slices.Equal(got, want) {
		t.Errorf("SparseOrderS8 = %v, want %v", got, want)
	}
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

// BenchmarkOpenS8Sparse opens the 48 matrices of a BERT-base, 21 MB.
func BenchmarkOpenS8Sparse(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	var files [][]byte
	size := 0
	for _, s := range []shape{{2304, 768}, {768, 768}, {3072, 768}, {768, 3072}} {
		w := mustPack(b, rng, uniformS8(rng, s.n, s.k, .9), s.n, s.k)
		for range 12 {
			files = append(files, append(alignedBytes(w.Bytes())[:0], w.raw...))
			size += w.Bytes()
		}
	}
	b.SetBytes(int64(size))
	for b.Loop() {
		for _, f := range files {
			if _, err := OpenS8Sparse(f); err != nil {
				b.Fatal(err)
			}
		}
	}
}
