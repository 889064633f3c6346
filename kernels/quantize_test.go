package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// quantizeRows are rows of awkward values.
func quantizeRows() [][]float32 {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	rng := rand.New(rand.NewPCG(1, 2))
	rows := [][]float32{
		{},
		{0},
		{5},
		{-5},
		{0, 0, 0},
		{3, 3, 3},
		{-1, 0, 1},
		{nan},
		{nan, 1, -1, nan},
		{inf, 1},
		{-inf, 1},
		{inf, -inf, nan, 0, 1e30, -2},
		{math.MaxFloat32, -math.MaxFloat32, 1},
		{1e38, -1e38},
		{1e-40, -1e-40},
		{1e-31, 0},
		{1.1e-30, 0, 5e-31},
		{float32(math.Copysign(0, -1)), 2, float32(math.Copysign(0, -1))},
		{255, 0, .5, 1.5, 2.5, 127.5, 128.5, 254.5}, // halves
		{-127.5, 127.5, .5, -.5, 1.5, -1.5},
	}
	for n := range 70 {
		r := make([]float32, n)
		for i := range r {
			r[i] = float32(rng.NormFloat64())
		}
		rows = append(rows, r)
	}
	for _, n := range []int{384, 768, 1000, 3072} {
		r := make([]float32, n)
		for i := range r {
			r[i] = float32(rng.NormFloat64() * math.Exp(3*rng.NormFloat64()))
			if i%97 == 0 {
				r[i] = []float32{inf, -inf, nan, 0}[i/97%4]
			}
		}
		rows = append(rows, r)
	}
	return rows
}

// quantizePlain is the comment of QuantizeU8, written out for one row.
func quantizePlain(x []float32) (q []uint8, scale float32, zero int32) {
	q = make([]uint8, len(x))
	var lo, hi float32
	for _, v := range x {
		if v == v {
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	lo, hi = max(lo, -1e38), min(hi, 1e38)
	if hi-lo < 1e-30 {
		return q, 1, 0
	}
	scale = (hi - lo) / 255
	inverse := 1 / scale
	zero = int32(math.RoundToEven(float64(-lo * inverse)))
	for i, v := range x {
		if v != v {
			continue
		}
		r := math.RoundToEven(float64(v*inverse)) + float64(zero)
		q[i] = uint8(min(max(r, 0), 255))
	}
	return q, scale, zero
}

func TestQuantizeU8(t *testing.T) {
	eachVariant(t, quantizeU8Variants, func(t *testing.T, v variant[quantizeU8Impl]) {
		for i, row := range quantizeRows() {
			want, scale, zero := quantizePlain(row)
			for g := range guards[uint8]() {
				x := MatF32{Data: guards[float32]()[g](t, len(row)), Rows: 1, Cols: len(row), Stride: len(row)}
				copy(x.Data, row)
				dst := MatU8{Data: guards[uint8]()[g](t, len(row)), Rows: 1, Cols: len(row), Stride: len(row), Scale: make([]float32, 1), Zero: make([]int32, 1)}
				for j := range dst.Data {
					dst.Data[j] = 77
				}
				quantizeU8(dst, x, v.fn)
				if dst.Scale[0] != scale || dst.Zero[0] != zero {
					t.Errorf("row %d: scale %v zero %d, want %v %d", i, dst.Scale[0], dst.Zero[0], scale, zero)
				}
				if !slices.Equal(dst.Data, want) {
					t.Errorf("row %d: %v, want %v", i, dst.Data, want)
				}
			}
		}
	})
}

// TestQuantizeU8Strides checks rows with gaps between them.
func TestQuantizeU8Strides(t *testing.T) {
	const rows, cols = 5, 100
	rng := rand.New(rand.NewPCG(1, 2))
	x := MatF32{Data: make([]float32, rows*107), Rows: rows, Cols: cols, Stride: 107}
	for i := range x.Data {
		x.Data[i] = rng.Float32() - .3
	}
	eachVariant(t, quantizeU8Variants, func(t *testing.T, v variant[quantizeU8Impl]) {
		dst := MatU8{Data: make([]uint8, rows*103), Rows: rows, Cols: cols, Stride: 103, Scale: make([]float32, rows), Zero: make([]int32, rows)}
		for i := range dst.Data {
			dst.Data[i] = 77
		}
		quantizeU8(dst, x, v.fn)
		for i := range rows {
			want, scale, zero := quantizePlain(x.Row(i))
			if !slices.Equal(dst.Data[i*103:i*103+cols], want) || dst.Scale[i] != scale || dst.Zero[i] != zero {
				t.Errorf("row %d differs", i)
			}
			for j, q := range dst.Data[i*103+cols : (i+1)*103] {
				if q != 77 {
					t.Errorf("byte %d after row %d was written", j, i)
				}
			}
		}
	})
}

// TestQuantizeU8Error checks that no finite value is off by more than half a
// step, apart from rounding.
func TestQuantizeU8Error(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	x := NewMatF32(1, 1000)
	for i := range x.Data {
		x.Data[i] = float32(rng.NormFloat64())
	}
	q := NewMatU8(1, 1000)
	QuantizeU8(q, x)
	for i, v := range x.Data {
		back := float32(int32(q.Data[i])-q.Zero[0]) * q.Scale[0]
		// The zero point is rounded, so the ends of the range move by up to half a step too.
		if e := math.Abs(float64(back - v)); e > 1.001*float64(q.Scale[0]) {
			t.Fatalf("%v became %v, off by %.3f steps", v, back, e/float64(q.Scale[0]))
		}
	}
}

func FuzzQuantizeU8(f *testing.F) {
	f.Add(uint32(0x3f800000), uint32(0x7fc00000), uint32(0xff800000), 40)
	f.Fuzz(func(t *testing.T, a, b, c uint32, n int) {
		x := NewMatF32(1, 1+n&127)
		for i := range x.Data {
			x.Data[i] = math.Float32frombits([]uint32{a, b, c}[i%3] + uint32(i/3))
		}
		want, scale, zero := quantizePlain(x.Data)
		for _, v := range quantizeU8Variants {
			if !cpuHas(v.isa) {
				continue
			}
			dst := NewMatU8(1, x.Cols)
			quantizeU8(dst, x, v.fn)
			if dst.Scale[0] != scale || dst.Zero[0] != zero || !slices.Equal(dst.Data, want) {
				t.Errorf("%s: %v %d %v, want %v %d %v", v.isa, dst.Scale, dst.Zero, dst.Data, scale, zero, want)
			}
		}
	})
}

func TestQuantizeS8Rows(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, c := range []struct {
		row   []float32
		q     []int8
		scale float32
	}{
		{[]float32{0, 0, 0}, []int8{0, 0, 0}, 1},
		{[]float32{127, -127, 0}, []int8{127, -127, 0}, 1},
		{[]float32{254, 1, -3}, []int8{127, 0, -2}, 2}, // halves go to even
		{[]float32{nan, 127, -1}, []int8{0, 127, -1}, 1},
		{[]float32{inf, -inf, 0}, []int8{127, -127, 0}, quantizeLimit / 127},
		{[]float32{1e-36, 0, 0}, []int8{0, 0, 0}, 1},
	} {
		q, scale := QuantizeS8Rows(c.row, 1, 3)
		if !slices.Equal(q, c.q) || scale[0] != c.scale {
			t.Errorf("QuantizeS8Rows(%v) = %v, %v, want %v, %v", c.row, q, scale[0], c.q, c.scale)
		}
	}
	q, scale := QuantizeS8Rows([]float32{1, 2, 0, -4}, 2, 2)
	if want := []int8{64, 127, 0, -127}; !slices.Equal(q, want) || scale[0] != float32(2)/127 || scale[1] != float32(4)/127 {
		t.Errorf("two rows: %v, %v", q, scale)
	}
}

func BenchmarkQuantizeU8(b *testing.B) {
	benchVariants(b, quantizeU8Variants, func(b *testing.B, v variant[quantizeU8Impl]) {
		for _, cols := range []int{384, 768, 3072} {
			b.Run(fmt.Sprintf("m=128/k=%d", cols), func(b *testing.B) {
				rng := rand.New(rand.NewPCG(1, 2))
				x := NewMatF32(128, cols)
				for i := range x.Data {
					x.Data[i] = float32(rng.NormFloat64())
				}
				dst := NewMatU8(128, cols)
				b.SetBytes(int64(4 * len(x.Data)))
				for b.Loop() {
					quantizeU8(dst, x, v.fn)
				}
			})
		}
	})
}
