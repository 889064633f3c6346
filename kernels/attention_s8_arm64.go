//go:build arm64 && !purego

package kernels

import "unsafe"

// attentionS8Memory is the working memory of the assembly.
type attentionS8Memory struct {
	bytes  []byte
	values [4 * panelLanes]float32 // of four tokens, where not all are there
}

func attentionS8Asm() []variant[attentionS8Func] {
	return []variant[attentionS8Func]{
		{"dotprod", func(dst, qkv MatF32, d, h int, s *AttentionS8Scratch) { attentionS8NEON(true, dst, qkv, d, h, s) }},
		{"neon", func(dst, qkv MatF32, d, h int, s *AttentionS8Scratch) { attentionS8NEON(false, dst, qkv, d, h, s) }},
	}
}

//go:noescape
func attentionS8MostNEON(x *float32, n int) float32

//go:noescape
func attentionS8RoundNEON(dst *byte, x *float32, n int, inverse float32)

//go:noescape
func attentionS8ColumnsNEON(most *float32, x *float32, stride, rows int)

// attentionS8ValuesArgs are the arguments of attentionS8ValuesNEON, which
// quantizes 16 columns and adds the results to sums. Strides are in bytes, here
// and below.
type attentionS8ValuesArgs struct {
	x       unsafe.Pointer // float32 [4*groups][16]
	stride  int
	groups  int
	dst     unsafe.Pointer // [groups][16][4]
	inverse unsafe.Pointer // float32 [16]
	sums    unsafe.Pointer // int32 [16]
}

//go:noescape
func attentionS8ValuesNEON(a *attentionS8ValuesArgs)

// attentionS8WeightsArgs are the arguments of attentionS8WeightsNEON, which
// turns the sums of one query to scores and to weights.
type attentionS8WeightsArgs struct {
	scores   unsafe.Pointer // int32, then float32 [keys]
	keyScale unsafe.Pointer // float32 [keys]
	bias     unsafe.Pointer // float32 [keys]
	p        unsafe.Pointer // weights less 128 [keys]
	keys     int            // a multiple of 16
	scale    float32
	sum      int32 // result: of the weights
}

//go:noescape
func attentionS8WeightsNEON(a *attentionS8WeightsArgs)

// attentionS8FinishArgs are the arguments of attentionS8FinishNEON, which
// scales the sums of one query.
type attentionS8FinishArgs struct {
	sums     unsafe.Pointer // int32 [columns]
	vSums    unsafe.Pointer // int32 [columns]
	colScale unsafe.Pointer // float32 [columns]
	dst      unsafe.Pointer
	columns  int // a multiple of 16
	inverse  float32
}

//go:noescape
func attentionS8FinishNEON(a *attentionS8FinishArgs)

// attentionS8NEON computes head h of d dimensions, with SDOT or without. Signed
// bytes are multiplied, so that weights are stored less 128, and 128 times the
// sum of a column of values is added at the end.
func attentionS8NEON(dotProd bool, dst, qkv MatF32, d, h int, scratch *AttentionS8Scratch) {
	s := &scratch.attentionS8Memory
	t, c := dst.Rows, h*d
	row := roundUp(d, panelLanes)  // dimensions
	wide := roundUp(t, panelLanes) // keys
	need := 0
	part := func(n int) int {
		at := need
		need = roundUp(need+n, sparseAlign)
		return at
	}
	qAt, rowsAt, kAt, vAt := part(t*row), part(wide*row), part(wide*row), part(wide*row)
	qsAt, ksAt, biasAt := part(4*t), part(4*wide), part(4*wide)
	vsAt, viAt, vSumsAt := part(4*row), part(4*row), part(4*row)
	scoresAt, pAt := part(tileS8Rows*wide*4), part(tileS8Rows*wide)
	sumsAt, outAt := part(tileS8Rows*row*4), part(row*4)
	if len(s.bytes) < need {
		s.bytes = alignedBytes(need)
	}
	mem := func(offset int) unsafe.Pointer { return unsafe.Pointer(&s.bytes[offset]) }
	floats := func(offset, n int) []float32 { return unsafe.Slice((*float32)(mem(offset)), n) }

	qs, ks := floats(qsAt, t), floats(ksAt, wide)
	quantizeRowsS8(s.bytes[qAt:], qs, qkv.Sub(0, t, c, c+d))
	quantizeRowsS8(s.bytes[rowsAt:], ks, qkv.Sub(0, t, dst.Cols+c, dst.Cols+c+d))
	// The keys past the last token are arbitrary; these keep them out.
	bias := floats(biasAt, wide)
	clear(bias[:t])
	for j := t; j < wide; j++ {
		ks[j], bias[j] = 0, attentionS8Never
	}
	for j := 0; j < t; j += 4 {
		sparseArrangeFoursNEON(&sparseArrangeArgs{
			src:    mem(rowsAt + j*row),
			stride: row,
			dst:    mem(kAt + j/panelLanes*panelLanes*row + j%panelLanes*4),
			step:   4 * panelLanes,
			chunks: row / 16,
		})
	}
	vSums := unsafe.Slice((*int32)(mem(vSumsAt)), row)
	s.arrangeValues(s.bytes[vAt:vAt+wide*row], floats(vsAt, row), floats(viAt, row), vSums, qkv.Sub(0, t, 2*dst.Cols+c, 2*dst.Cols+c+d))

	factor := attentionS8Factor(d)
	out := floats(outAt, row)
	for i := 0; i < t; i += tileS8Rows {
		rows := min(tileS8Rows, t-i)
		tileS8(dotProd, tileS8Args{
			x: mem(qAt + i*row), stride: row, rows: rows,
			w: mem(kAt), quads: row / 4, panels: wide / panelLanes,
			sums: mem(scoresAt), sumsStride: 4 * wide,
		})
		for r := range rows {
			a := attentionS8WeightsArgs{
				scores: mem(scoresAt + r*wide*4), keyScale: mem(ksAt), bias: mem(biasAt),
				p: mem(pAt + r*wide), keys: wide, scale: qs[i+r] * factor,
			}
			attentionS8WeightsNEON(&a)
			qs[i+r] = 1 / float32(a.sum)
		}
		tileS8(dotProd, tileS8Args{
			x: mem(pAt), stride: wide, rows: rows,
			w: mem(vAt), quads: wide / 4, panels: row / panelLanes,
			sums: mem(sumsAt), sumsStride: 4 * row,
		})
		for r := range rows {
			to := dst.Row(i + r)[c : c+d]
			a := attentionS8FinishArgs{
				sums: mem(sumsAt + r*row*4), vSums: mem(vSumsAt), colScale: mem(vsAt),
				dst: unsafe.Pointer(&to[0]), columns: row, inverse: qs[i+r],
			}
			if d == row {
				attentionS8FinishNEON(&a)
				continue
			}
			a.dst = unsafe.Pointer(&out[0])
			attentionS8FinishNEON(&a)
			copy(to, out)
		}
	}
}

// quantizeRowsS8 quantizes the rows of x, with zeros up to a multiple of 16
// columns, and stores their scales.
func quantizeRowsS8(dst []byte, scales []float32, x MatF32) {
	d, n := roundUp(x.Cols, 16), x.Cols&^15
	for i := range x.Rows {
		from, to := x.Row(i), dst[i*d:(i+1)*d]
		var most float32
		if n > 0 {
			most = attentionS8MostNEON(&from[0], n)
		}
		for _, v := range from[n:] {
			most = largestS8(most, v)
		}
		scale, inverse := scaleS8(most)
		scales[i] = scale
		if n > 0 {
			attentionS8RoundNEON(&to[0], &from[0], n, inverse)
		}
		clear(to[n:])
		for j, v := range from[n:] {
			to[n+j] = byte(roundS8(v * inverse))
		}
	}
}

// arrangeValues quantizes the columns of v to dst, [column/16][token/4][16][4],
// and stores their scales, the inverses and the sums of what they become.
func (s *attentionS8Memory) arrangeValues(dst []byte, scale, inverse []float32, sums []int32, v MatF32) {
	t, whole := v.Rows, v.Cols&^15
	clear(scale[whole:])
	for j := 0; j < whole; j += 16 {
		attentionS8ColumnsNEON(&scale[j], &v.Data[j], 4*v.Stride, t)
	}
	for i := range t {
		for j, x := range v.Row(i)[whole:] {
			scale[whole+j] = largestS8(scale[whole+j], x)
		}
	}
	for j := range scale {
		scale[j], inverse[j] = scaleS8(scale[j])
	}
	clear(sums)
	groups := len(dst) / (4 * len(scale)) // of all tokens, and of none
	for j := 0; j < len(scale); j += panelLanes {
		panel := dst[j*groups*4:][:groups*quadBytes]
		direct := 0
		if j < whole {
			direct = t / 4
		}
		a := attentionS8ValuesArgs{
			stride: 4 * v.Stride, groups: direct, dst: unsafe.Pointer(&panel[0]),
			inverse: unsafe.Pointer(&inverse[j]), sums: unsafe.Pointer(&sums[j]),
		}
		if direct > 0 {
			a.x = unsafe.Pointer(&v.Data[j])
			attentionS8ValuesNEON(&a)
		}
		a.x, a.stride, a.groups = unsafe.Pointer(&s.values), 4*panelLanes, 1
		for g := direct; 4*g < t; g++ {
			clear(s.values[:])
			for i := 4 * g; i < min(4*g+4, t); i++ {
				copy(s.values[i%4*panelLanes:][:panelLanes], v.Row(i)[j:])
			}
			a.dst = unsafe.Pointer(&panel[g*quadBytes])
			attentionS8ValuesNEON(&a)
		}
		clear(panel[(t+3)/4*quadBytes:])
	}
}
