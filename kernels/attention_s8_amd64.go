//go:build amd64 && !purego

package kernels

import "unsafe"

//go:generate go -C _asm/attention run . -out ../..

// attentionS8RowsArgs are the arguments of attentionS8Quantize. Strides are in
// bytes, here and below.
type attentionS8RowsArgs struct {
	src             unsafe.Pointer // float32 [rows][d]
	stride, rows, d int
	dst             unsafe.Pointer
	dstStride       int
	scale           unsafe.Pointer // float32 [rows]
	flip            uint32
	factor          float32 // of the scales
}

// attentionS8ArrangeArgs are the arguments of attentionS8Arrange.
type attentionS8ArrangeArgs struct {
	src                   unsafe.Pointer // [4*quads][4*chunks], 4 bytes each
	stride, quads, chunks int
	dst                   unsafe.Pointer // [vectors][groups][lanes], 4 bytes each
	vector                int            // bytes of a vector's groups
}

// attentionS8ColumnsArgs are the arguments of attentionS8Columns.
type attentionS8ColumnsArgs struct {
	src             unsafe.Pointer // float32 [rows][d]
	stride, rows, d int
	scale, inverse  unsafe.Pointer // float32 [d], whole vectors
	hard            int            // written: 1 if there are infinities, NaN or values to clip
}

// attentionS8ValuesArgs are the arguments of attentionS8Values.
type attentionS8ValuesArgs struct {
	src               unsafe.Pointer // float32 [inner*groups][d]
	stride, groups, d int
	dst               unsafe.Pointer
	inverse           unsafe.Pointer // float32 [d], whole vectors
	hard              int            // as attentionS8Columns wrote it
}

// attentionS8SumsArgs are the arguments of attentionS8Sums.
type attentionS8SumsArgs struct {
	k, init         unsafe.Pointer
	vectors, groups int
}

// attentionS8Args are the arguments of attentionS8Scores, Weights and Context,
// which work on a few queries at a time. The generator knows their offsets.
type attentionS8Args struct {
	q           unsafe.Pointer // first of the queries
	qStride     int
	k           unsafe.Pointer // [vectors][groups][lanes][inner]
	groups      int
	init        unsafe.Pointer // int32 [vectors][lanes]
	keyScale    unsafe.Pointer // float32, as init
	bias        unsafe.Pointer // float32, as init
	scores      unsafe.Pointer // float32 [rows][vectors][lanes]
	scoreStride int
	vectors     int
	max         unsafe.Pointer // float32 [rows][lanes]
	p           unsafe.Pointer // [rows][vectors][lanes]
	pStride     int
	rowScale    unsafe.Pointer // float32, of the first of the queries
	rows        int
	inverse     unsafe.Pointer // float32 [rows, whole fours]
	v           unsafe.Pointer // [vGroups][d, whole vectors][inner]
	vGroups     int
	colScale    unsafe.Pointer // float32 [d], whole vectors
	dst         unsafe.Pointer // row of the first of the queries
	dstStride   int
	d           int
}

func attentionS8QuantizeAVX512VNNI(a *attentionS8RowsArgs)
func attentionS8ArrangeAVX512VNNI(a *attentionS8ArrangeArgs)
func attentionS8ColumnsAVX512VNNI(a *attentionS8ColumnsArgs)
func attentionS8ValuesAVX512VNNI(a *attentionS8ValuesArgs)
func attentionS8SumsAVX512VNNI(a *attentionS8SumsArgs)
func attentionS8ScoresAVX512VNNI(a *attentionS8Args)
func attentionS8WeightsAVX512VNNI(a *attentionS8Args)
func attentionS8ContextAVX512VNNI(a *attentionS8Args)

func attentionS8QuantizeAVX2(a *attentionS8RowsArgs)
func attentionS8ArrangeAVX2(a *attentionS8ArrangeArgs)
func attentionS8ColumnsAVX2(a *attentionS8ColumnsArgs)
func attentionS8ValuesAVX2(a *attentionS8ValuesArgs)
func attentionS8ScoresAVX2(a *attentionS8Args)
func attentionS8WeightsAVX2(a *attentionS8Args)
func attentionS8ContextAVX2(a *attentionS8Args)

// attentionS8Impl is one variant: its functions and the tiles they work on.
type attentionS8Impl struct {
	quantize func(*attentionS8RowsArgs)
	arrange  func(*attentionS8ArrangeArgs)
	columns  func(*attentionS8ColumnsArgs)
	values   func(*attentionS8ValuesArgs)
	sums     func(*attentionS8SumsArgs) // if queries are stored as unsigned bytes, 128 too high
	scores   func(*attentionS8Args)
	weights  func(*attentionS8Args)
	context  func(*attentionS8Args)
	lanes    int // numbers of 32 bits in a vector
	rows     int // queries worked on at a time
	inner    int // products that a lane of a dot product sums, of 4/inner bytes each
}

func attentionS8Asm() []variant[attentionS8Func] {
	vnni := &attentionS8Impl{
		attentionS8QuantizeAVX512VNNI, attentionS8ArrangeAVX512VNNI, attentionS8ColumnsAVX512VNNI, attentionS8ValuesAVX512VNNI, attentionS8SumsAVX512VNNI,
		attentionS8ScoresAVX512VNNI, attentionS8WeightsAVX512VNNI, attentionS8ContextAVX512VNNI, 16, 6, 4,
	}
	avx2 := &attentionS8Impl{
		attentionS8QuantizeAVX2, attentionS8ArrangeAVX2, attentionS8ColumnsAVX2, attentionS8ValuesAVX2, nil,
		attentionS8ScoresAVX2, attentionS8WeightsAVX2, attentionS8ContextAVX2, 8, 4, 2,
	}
	return []variant[attentionS8Func]{{"avx512vnni", vnni.head}, {"avx2", avx2.head}}
}

// attentionS8Memory is the working memory of the assembly. The arguments are in
// it because those of a function value escape.
type attentionS8Memory struct {
	rowsArgs    attentionS8RowsArgs
	arrangeArgs attentionS8ArrangeArgs
	columnsArgs attentionS8ColumnsArgs
	valuesArgs  attentionS8ValuesArgs
	sumsArgs    attentionS8SumsArgs
	args        attentionS8Args
	bytes       []byte
	last        []float32 // the last tokens of the values, then zeros
}

// head computes head h of d dimensions.
func (f *attentionS8Impl) head(dst, qkv MatF32, d, h int, scratch *AttentionS8Scratch) {
	s := &scratch.attentionS8Memory
	t, c := dst.Rows, h*d
	size := 4 * f.lanes          // of a vector
	element := 4 / f.inner       // bytes of a quantized number
	row := roundUp(d, f.lanes)   // elements of a row of queries or keys
	wide := roundUp(t, f.lanes)  // keys
	scores := 4 * oddLines(wide) // bytes of a row of scores
	groups := (d + f.inner - 1) / f.inner
	vGroups := (t + f.inner - 1) / f.inner

	need := 0
	part := func(n int) int {
		at := need
		need = roundUp(need+n, sparseAlign)
		return at
	}
	q := part(roundUp(t, f.rows) * row * element)
	qScale := part(4 * t)
	rows := part(roundUp(t, 4) * row * element)
	k := part(wide*groups*4 + 3*size) // attentionS8Arrange writes up to three groups more
	keyScale, init, bias := part(4*wide), part(4*wide), part(4*wide)
	v := part(vGroups * row * 4)
	colScale, colInverse := part(4*row), part(4*row)
	scoresAt, top := part(f.rows*scores), part(f.rows*size)
	p, inverse := part(f.rows*wide*element), part(4*roundUp(f.rows, 4))
	if len(s.bytes) < need {
		s.bytes = alignedBytes(need)
	}
	mem := func(offset int) unsafe.Pointer { return unsafe.Pointer(&s.bytes[offset]) }
	of := func(part, i int) unsafe.Pointer { return unsafe.Pointer(&qkv.Data[i*qkv.Stride+part*dst.Cols+c]) }

	s.rowsArgs = attentionS8RowsArgs{of(0, 0), 4 * qkv.Stride, t, d, mem(q), row * element, mem(qScale), 0, attentionS8Factor(d)}
	if f.sums != nil {
		s.rowsArgs.flip = 0x80808080
	}
	f.quantize(&s.rowsArgs)
	s.rowsArgs = attentionS8RowsArgs{of(1, 0), 4 * qkv.Stride, t, d, mem(rows), row * element, mem(keyScale), 0, 1}
	f.quantize(&s.rowsArgs)
	s.arrangeArgs = attentionS8ArrangeArgs{mem(rows), row * element, (t + 3) / 4, (groups + 3) / 4, mem(k), groups * size}
	f.arrange(&s.arrangeArgs)
	if f.sums != nil {
		s.sumsArgs = attentionS8SumsArgs{mem(k), mem(init), wide / f.lanes, groups}
		f.sums(&s.sumsArgs)
	}
	// The keys past the last token are arbitrary; these keep them out.
	clear(unsafe.Slice((*float32)(mem(keyScale)), wide)[t:])
	biases := unsafe.Slice((*float32)(mem(bias)), wide)
	clear(biases[:t])
	for i := t; i < wide; i++ {
		biases[i] = attentionS8Never
	}

	s.columnsArgs = attentionS8ColumnsArgs{of(2, 0), 4 * qkv.Stride, t, d, mem(colScale), mem(colInverse), 0}
	f.columns(&s.columnsArgs)
	whole := t / f.inner
	if whole > 0 {
		s.valuesArgs = attentionS8ValuesArgs{of(2, 0), 4 * qkv.Stride, whole, d, mem(v), mem(colInverse), s.columnsArgs.hard}
		f.values(&s.valuesArgs)
	}
	if whole < vGroups {
		s.last = grown(s.last, f.inner*d)
		clear(s.last)
		for i := whole * f.inner; i < t; i++ {
			copy(s.last[i%f.inner*d:][:d], qkv.Row(i)[2*dst.Cols+c:])
		}
		s.valuesArgs = attentionS8ValuesArgs{unsafe.Pointer(&s.last[0]), 4 * d, 1, d, mem(v + whole*row*4), mem(colInverse), s.columnsArgs.hard}
		f.values(&s.valuesArgs)
	}

	s.args = attentionS8Args{
		qStride: row * element, k: mem(k), groups: groups, init: mem(init), keyScale: mem(keyScale), bias: mem(bias),
		scores: mem(scoresAt), scoreStride: scores, vectors: wide / f.lanes, max: mem(top),
		p: mem(p), pStride: wide * element, inverse: mem(inverse),
		v: mem(v), vGroups: vGroups, colScale: mem(colScale), dstStride: 4 * dst.Stride, d: d,
	}
	for i := 0; i < t; i += f.rows {
		s.args.q, s.args.rowScale = mem(q+i*row*element), mem(qScale+4*i)
		s.args.rows = min(f.rows, t-i)
		s.args.dst = unsafe.Pointer(&dst.Data[i*dst.Stride+c])
		f.scores(&s.args)
		f.weights(&s.args)
		f.context(&s.args)
	}
	s.rowsArgs, s.columnsArgs, s.valuesArgs, s.args = attentionS8RowsArgs{}, attentionS8ColumnsArgs{}, attentionS8ValuesArgs{}, attentionS8Args{}
}
