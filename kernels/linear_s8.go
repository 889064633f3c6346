package kernels

import (
	"fmt"
	"slices"
	"strings"
)

// A LinearS8 is a linear layer with INT8 weights [N outputs, K inputs], a scale
// for each output and a bias, in one of several forms that give the same bits
// at different speeds. It is immutable and safe for concurrent use.
type LinearS8 struct {
	n, k     int
	sparsity float64
	bias     []float32 // nil or n
	form     *formS8
	product  productS8
}

// A formS8 is a way to hold and multiply INT8 weights.
type formS8 struct {
	name string
	op   string // whose variant does the work, see Active
	// pack brings weights into the form.
	pack func(w sourceS8) (productS8, error)
	// offered tells whether the form could be the fastest for w, before anything
	// is measured. It must be cheap. A form that does not offer itself can
	// still be asked for by name.
	offered func(w sourceS8) bool
}

// A sourceS8 is where the weights of a layer come from: one of its fields.
type sourceS8 struct {
	gather *SparseS8
	dense  *DenseS8
}

// A productS8 is the weights of a layer in some form.
type productS8 interface {
	// quantize quantizes act(x), arranged for multiply, into s; multiply writes
	// the product with it to dst.
	quantize(s *ScratchS8, x MatF32, act func(row []float32))
	multiply(dst MatF32, s *ScratchS8, bias []float32)
	bytes() int
	// work is the number of steps that every token, or every call, takes; their
	// time is that of the form, see costS8.
	work() int
	// outputs returns the same for outputs n0 to n1, n0 a multiple of 64.
	outputs(n0, n1 int) productS8
}

// formsS8 lists the forms; the first serves where no other is better.
var formsS8 = []*formS8{
	{name: "gather", op: "gemm_s8_sparse", pack: packGather, offered: func(sourceS8) bool { return true }},
	{name: "blocks", op: "gemm_s8_blocks", pack: packBlocks, offered: inBlocks},
	{name: "dense", op: "gemm_s8_dense", pack: packDense, offered: func(w sourceS8) bool { return w.sparsity() < 0.8 }},
	{name: "bitmask", op: "gemm_s8_bitmask", pack: packBitmask, offered: func(sourceS8) bool { return ActiveISA("gemm_s8_bitmask") == "amx" }},
}

// LinearS8Forms returns the names of the forms that NewLinearS8 takes:
//
//	gather   nonzero weights with a table look-up of the activations, see SparseS8
//	blocks   nonzero weights in groups of four neighbours, see BlocksS8
//	dense    all weights, see DenseS8
//	bitmask  nonzero weights and a bit for every weight, for AMX, see BitmaskS8
func LinearS8Forms() []string {
	var names []string
	for _, f := range formsS8 {
		names = append(names, f.name)
	}
	return names
}

// NewLinearS8 returns a layer with weights w and a bias, which may be nil. form
// is one of LinearS8Forms, or empty for the one that takes the least time for
// some tens of tokens on this machine, by measurement where it is not obvious.
// w and bias must not change afterwards; w is kept in the form gather only.
//
// It returns an error if there is no such form or the bias has another length.
func NewLinearS8(w *SparseS8, bias []float32, form string) (*LinearS8, error) {
	return newLinearS8(sourceS8{gather: w}, w.n, w.k, bias, form, measuredCosts)
}

// NewLinearDenseS8 is NewLinearS8 for weights that are not packed as sparse. If
// no form is asked for, they stay dense.
func NewLinearDenseS8(w *DenseS8, bias []float32, form string) (*LinearS8, error) {
	if form == "" {
		form = "dense"
	}
	return newLinearS8(sourceS8{dense: w}, w.n, w.k, bias, form, measuredCosts)
}

func newLinearS8(w sourceS8, n, k int, bias []float32, form string, costs func() map[string]costS8) (*LinearS8, error) {
	if bias != nil && len(bias) != n {
		return nil, fmt.Errorf("kernels: bias of %d numbers for %d outputs", len(bias), n)
	}
	l := &LinearS8{n: n, k: k, sparsity: w.sparsity(), bias: bias}
	if form != "" {
		i := slices.IndexFunc(formsS8, func(f *formS8) bool { return f.name == form })
		if i < 0 {
			return nil, fmt.Errorf("kernels: unknown form of INT8 weights %q (have %s)", form, strings.Join(LinearS8Forms(), ", "))
		}
		var err error
		l.form = formsS8[i]
		l.product, err = l.form.pack(w)
		return l, err
	}
	least := 0.0
	for _, f := range formsS8 {
		if !f.offered(w) {
			continue
		}
		p, err := f.pack(w)
		if err != nil {
			return nil, err
		}
		if l.form == nil {
			l.form, l.product = f, p
			continue
		}
		c := costs()
		if least == 0 {
			least = c[l.form.name].of(l.product, costTokens)
		}
		if t := c[f.name].of(p, costTokens); t < least {
			l.form, l.product, least = f, p, t
		}
	}
	return l, nil
}

// Outputs returns outputs n0 to n1 of l as a layer of their own, in the same
// form. It shares the memory of l, but for blocks of many inputs.
//
// It panics unless 0 <= n0 < n1 <= N, n0 is a multiple of 64 and n1 is another or N.
func (l *LinearS8) Outputs(n0, n1 int) *LinearS8 {
	if n0 < 0 || n0 >= n1 || n1 > l.n || n0%sparseBlock != 0 || n1%sparseBlock != 0 && n1 != l.n {
		panic("kernels: range of outputs out of bounds or not in 64s")
	}
	o := &LinearS8{n: n1 - n0, k: l.k, sparsity: l.sparsity, form: l.form, product: l.product.outputs(n0, n1)}
	if l.bias != nil {
		o.bias = l.bias[n0:n1]
	}
	return o
}

// N returns the number of outputs.
func (l *LinearS8) N() int { return l.n }

// K returns the number of inputs.
func (l *LinearS8) K() int { return l.k }

// Sparsity returns the share of weights that are zero, 0 to 1.
func (l *LinearS8) Sparsity() float64 { return l.sparsity }

// Form returns the name of the form that the weights are held in.
func (l *LinearS8) Form() string { return l.form.name }

// Kernel returns the form and the instruction set of its kernel, such as
// "gather avx512vbmi".
func (l *LinearS8) Kernel() string { return l.form.name + " " + ActiveISA(l.form.op) }

// Bytes returns the size of the weights in that form.
func (l *LinearS8) Bytes() int { return l.product.bytes() }

// A ScratchS8 holds quantized activations for a LinearS8. The zero value is ready
// to use; it grows as needed and can be used for any layer, but by one
// goroutine at a time.
type ScratchS8 struct {
	rows  MatU8
	tiles TilesS8
	quads QuadsS8
}

// Apply computes the outputs [tokens, N] for the activations x [tokens, K]:
// Quantize, then Multiply.
func (l *LinearS8) Apply(dst, x MatF32, act func(row []float32), s *ScratchS8) {
	l.Quantize(x, act, s)
	l.Multiply(dst, s)
}

// Quantize quantizes the activations x [tokens, K], each row as QuantizeU8 does,
// and arranges them in s as the kernel of l wants them. If act is not nil it is
// called first, with each row of x, to change it in place. Afterwards x may
// change. It panics if x has not K columns.
func (l *LinearS8) Quantize(x MatF32, act func(row []float32), s *ScratchS8) {
	if x.Cols != l.k {
		panic("kernels: activations and weights differ in K")
	}
	l.product.quantize(s, x, act)
}

// Multiply writes the products with the activations that Quantize left in s to
// dst [tokens, N], to the bits that GemmS8Sparse documents. A row of dst depends
// on nothing but its own activations, so goroutines can share the tokens, each
// with a ScratchS8 of its own. It panics if dst has another shape.
func (l *LinearS8) Multiply(dst MatF32, s *ScratchS8) { l.product.multiply(dst, s, l.bias) }

// quantize leaves act(x) in s.rows, row by row: a row fits the first cache.
func (s *ScratchS8) quantize(x MatF32, act func(row []float32)) {
	x.check()
	s.rows = MatU8{
		Data: grown(s.rows.Data, x.Rows*x.Cols), Rows: x.Rows, Cols: x.Cols, Stride: x.Cols,
		Scale: grown(s.rows.Scale, x.Rows), Zero: grown(s.rows.Zero, x.Rows),
	}
	if act == nil {
		QuantizeU8(s.rows, x)
		return
	}
	for i := range x.Rows {
		act(x.Row(i))
		row := s.rows
		row.Data, row.Rows, row.Scale, row.Zero = row.Data[i*x.Cols:], 1, row.Scale[i:], row.Zero[i:]
		QuantizeU8(row, x.Sub(i, i+1, 0, x.Cols))
	}
}

func (w sourceS8) sparsity() float64 {
	if w.gather != nil {
		return w.gather.Sparsity()
	}
	all, nonzero := w.dense.n*w.dense.k, 0
	for _, v := range w.dense.data { // places outside the matrix are zero
		if v != 0 {
			nonzero++
		}
	}
	return float64(all-nonzero) / float64(all)
}

// plain returns the weights row by row, and the scales.
func (w sourceS8) plain() (q []int8, scale []float32, n, k int) {
	if w.gather != nil {
		return w.gather.Unpack(), w.gather.Scale(), w.gather.n, w.gather.k
	}
	return w.dense.Unpack(), w.dense.Scale(), w.dense.n, w.dense.k
}

type linearGather struct{ w *SparseS8 }

func packGather(w sourceS8) (productS8, error) {
	if w.gather != nil {
		return linearGather{w.gather}, nil
	}
	s, err := PackS8Sparse(w.plain())
	return linearGather{s}, err
}

func (p linearGather) quantize(s *ScratchS8, x MatF32, act func(row []float32)) {
	if gemmS8SparseBest.quantize != nil {
		s.tiles.quantize(x, act, gemmS8SparseBest)
		return
	}
	s.quantize(x, act)
	s.tiles.Prepare(s.rows)
}
func (p linearGather) multiply(dst MatF32, s *ScratchS8, bias []float32) {
	GemmS8Sparse(dst, &s.tiles, p.w, bias, 0, p.w.Blocks())
}
func (p linearGather) bytes() int { return p.w.Bytes() }
func (p linearGather) work() int  { return p.w.Slots() }

func (p linearGather) outputs(n0, n1 int) productS8 {
	return linearGather{p.w.outputs(n0/sparseBlock, (n1+sparseBlock-1)/sparseBlock)}
}

type linearBlocks struct{ w *BlocksS8 }

func packBlocks(w sourceS8) (productS8, error) {
	b, err := PackS8Blocks(w.plain())
	return linearBlocks{b}, err
}

// inBlocks tells whether the weights of the first outputs lie in groups of four neighbours. It looks at few,
// because it does so whenever a model is opened.
func inBlocks(w sourceS8) bool {
	if w.gather == nil || w.gather.Slots() == 0 {
		return false
	}
	some := w.gather.outputs(0, 1)
	weights, blocks := 0, 0
	q := some.Unpack()
	for r := range min(some.n, 8) {
		row := q[r*some.k : (r+1)*some.k]
		for i := 0; i < len(row); i += blockInputs {
			in := 0
			for _, v := range row[i:min(i+blockInputs, len(row))] {
				if v != 0 {
					in++
				}
			}
			weights, blocks = weights+in, blocks+min(in, 1)
		}
	}
	return weights > 2*blocks
}

func (p linearBlocks) quantize(s *ScratchS8, x MatF32, act func(row []float32)) {
	s.quantize(x, act)
	s.quads.Prepare(s.rows)
}
func (p linearBlocks) multiply(dst MatF32, s *ScratchS8, bias []float32) {
	GemmS8Blocks(dst, &s.quads, p.w, bias, 0, p.w.Blocks())
}
func (p linearBlocks) bytes() int { return p.w.Bytes() }
func (p linearBlocks) work() int  { return p.w.total() }

func (p linearBlocks) outputs(n0, n1 int) productS8 {
	return linearBlocks{p.w.outputs(n0/sparseBlock, (n1+sparseBlock-1)/sparseBlock)}
}

type linearDense struct{ w *DenseS8 }

func packDense(w sourceS8) (productS8, error) {
	if w.dense != nil {
		return linearDense{w.dense}, nil
	}
	d, err := PackS8Dense(w.plain())
	return linearDense{d}, err
}

func (p linearDense) quantize(s *ScratchS8, x MatF32, act func(row []float32)) { s.quantize(x, act) }
func (p linearDense) multiply(dst MatF32, s *ScratchS8, bias []float32) {
	GemmS8Dense(dst, s.rows, p.w, bias, 0, p.w.n)
}
func (p linearDense) bytes() int { return p.w.Bytes() }
func (p linearDense) work() int  { return (p.w.n + 15) / 16 * p.w.quads() }

func (p linearDense) outputs(n0, n1 int) productS8 {
	rows := roundUp(n1, panelLanes)
	size := 4 * p.w.quads()
	return linearDense{&DenseS8{n1 - n0, p.w.k, p.w.data[n0*size : rows*size], p.w.scale[n0:rows], p.w.fix[n0:rows]}}
}

type linearBitmask struct{ w *BitmaskS8 }

func packBitmask(w sourceS8) (productS8, error) {
	b, err := PackS8Bitmask(w.plain())
	return linearBitmask{b}, err
}

func (p linearBitmask) quantize(s *ScratchS8, x MatF32, act func(row []float32)) { s.quantize(x, act) }
func (p linearBitmask) multiply(dst MatF32, s *ScratchS8, bias []float32) {
	GemmS8Bitmask(dst, s.rows, p.w, bias, 0, p.w.n)
}
func (p linearBitmask) outputs(n0, n1 int) productS8 { return linearBitmask{p.w.outputs(n0, n1)} }
func (p linearBitmask) bytes() int                   { return p.w.Bytes() }
func (p linearBitmask) work() int                    { return (p.w.n + 15) / 16 * p.w.steps() }
