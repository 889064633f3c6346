package kernels

import (
	"math"
	"slices"

	"github.com/sparsebio/sparsebio/kernels/internal/race"
)

// An AttentionScratch is the working memory of AttentionF32. The zero value is
// ready to use; it grows as needed and can be used again and again, but by one
// goroutine at a time.
type AttentionScratch struct {
	k      DenseF32  // keys of one head: outputs are positions, inputs dimensions
	v      DenseF32  // values of one head: outputs are dimensions, inputs positions
	scores []float32 // attentionRows x T, rows padded
}

// attentionRows is how many queries are worked on together: a multiple of the
// rows of every tile, few enough that their scores stay in the first-level
// cache at usual lengths.
const attentionRows = 2 * maxTileRows

// AttentionF32 computes multi-head self-attention of one sequence of T tokens,
// where every token sees every other:
//
//	d := dst.Cols / heads
//	for h := h0; h < h1; h++ {
//		q, k, v := columns h*d to (h+1)*d of each third of qkv
//		dst[:, h*d:(h+1)*d] = softmax(q * transpose(k) / sqrt(d)) * v
//	}
//
// dst is [T, H], qkv is [T, 3*H] with queries, keys and values side by side; H
// is a multiple of heads. Only the columns of heads h0 to h1 (h1 excluded) are
// written, so that goroutines may share the heads, each with its own scratch.
// dst must not overlap qkv. The products are those of GemmF32, the softmax is
// SoftmaxF32. The bits of a head do not depend on h0 and h1, and every variant
// gives the same.
func AttentionF32(dst, qkv MatF32, heads, h0, h1 int, scratch *AttentionScratch) {
	d := attentionDims(dst, qkv, heads, h0, h1)
	if dst.Rows == 0 || d == 0 {
		return
	}
	for h := h0; h < h1; h++ {
		attentionF32.head(dst, qkv, d, h, scratch)
	}
}

// attentionDims checks the arguments of attention, tells the race detector what
// it reads and writes, and returns the dimensions of a head.
func attentionDims(dst, qkv MatF32, heads, h0, h1 int) int {
	dst.check()
	qkv.check()
	if heads <= 0 || dst.Cols%heads != 0 {
		panic("kernels: columns are not a multiple of the heads")
	}
	if qkv.Cols != 3*dst.Cols || qkv.Rows != dst.Rows {
		panic("kernels: attention shapes do not match")
	}
	if h0 < 0 || h1 < h0 || h1 > heads {
		panic("kernels: bad range of heads")
	}
	d := dst.Cols / heads
	if race.Enabled && d > 0 && h0 < h1 {
		for i := range dst.Rows {
			for part := range 3 {
				race.Read(qkv.Row(i)[part*dst.Cols+h0*d : part*dst.Cols+h1*d])
			}
			race.Write(dst.Row(i)[h0*d : h1*d])
		}
	}
	return d
}

// An attentionF32Kernel holds the parts that attention is made of.
type attentionF32Kernel struct {
	gemm    gemmF32Kernel
	softmax softmaxF32Func
	pack    packF32Func
}

var attentionF32Variants = attentionF32Parts()

var attentionF32 = choose("attention_f32", attentionF32Variants)

// attentionF32Parts combines the variants of the parts: for each variant of the
// product, the best of the others that needs no more CPU features.
func attentionF32Parts() []variant[attentionF32Kernel] {
	var vs []variant[attentionF32Kernel]
	for _, g := range gemmF32Variants {
		vs = append(vs, variant[attentionF32Kernel]{g.isa, attentionF32Kernel{
			g.fn, within(softmaxF32Variants, g.isa), within(packF32Variants, g.isa),
		}})
	}
	return vs
}

// within returns the first variant that runs wherever name does.
func within[F any](vs []variant[F], name string) F {
	flags := func(name string) []string {
		return isas[slices.IndexFunc(isas, func(s isa) bool { return s.name == name })].flags
	}
	have := flags(name)
	for _, v := range vs {
		if !slices.ContainsFunc(flags(v.isa), func(f string) bool { return !slices.Contains(have, f) }) {
			return v.fn
		}
	}
	panic("kernels: operation without a reference")
}

// head computes head h of d dimensions.
func (a attentionF32Kernel) head(dst, qkv MatF32, d, h int, s *AttentionScratch) {
	t, c := dst.Rows, h*d
	wide := (t + panelLanes - 1) / panelLanes * panelLanes
	q := qkv.Sub(0, t, c, c+d)
	k := qkv.Sub(0, t, dst.Cols+c, dst.Cols+c+d)
	v := qkv.Sub(0, t, 2*dst.Cols+c, 2*dst.Cols+c+d)
	out := dst.Sub(0, t, c, c+d)

	s.k.resize(wide, d)
	for p := range s.k.panels() {
		i := p * panelLanes
		packF32Panel(a.pack, s.k.panel(p), k.Data[i*k.Stride:], k.Stride, min(panelLanes, t-i), d)
	}
	s.v.resize(d, t)
	for i := range t {
		row := v.Row(i)
		for p := range s.v.panels() {
			lanes := s.v.panel(p)[i*panelLanes:][:panelLanes:panelLanes]
			if from := row[p*panelLanes:]; len(from) >= panelLanes {
				*(*[panelLanes]float32)(lanes) = [panelLanes]float32(from)
			} else {
				clear(lanes[copy(lanes, from):])
			}
		}
	}
	stride := oddLines(wide)
	if size := min(attentionRows, t) * stride; len(s.scores) < size {
		s.scores = alignedF32(size)
	}
	scale := float32(1 / math.Sqrt(float64(d)))
	for i0 := 0; i0 < t; i0 += attentionRows {
		i1 := min(i0+attentionRows, t)
		scores := MatF32{Data: s.scores, Rows: i1 - i0, Cols: wide, Stride: stride}
		a.gemm.run(scores, q.Sub(i0, i1, 0, d), &s.k, nil, 0, wide)
		scores.Cols = t // drop the padding
		for i := range scores.Rows {
			a.softmax(scores.Row(i), scale)
		}
		a.gemm.run(out.Sub(i0, i1, 0, d), scores, &s.v, nil, 0, d)
	}
}
