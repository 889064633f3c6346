package kernels

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// quantizeInto fills a row with values of one kind, of some of which most rows
// of a model have none.
func quantizeInto(rng *rand.Rand, row []float32, kind int) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for i := range row {
		row[i] = float32(rng.NormFloat64() * math.Exp(2*rng.NormFloat64()))
	}
	set := func(values ...float32) {
		for _, v := range values {
			row[rng.IntN(len(row))] = v
		}
	}
	switch kind {
	case 1:
		clear(row)
	case 2:
		set(nan, math.Float32frombits(0xffc00000))
	case 3:
		set(inf)
	case 4:
		set(-inf, nan)
	case 5:
		set(inf, -inf, nan, math.MaxFloat32, 2e38, -1e38)
	case 6:
		set(math.MaxFloat32)
	case 7:
		for i := range row {
			row[i] *= 1e-38
		}
	case 8:
		for i := range row {
			row[i] = nan
		}
	case 9: // halves
		for i := range row {
			row[i] = float32(rng.IntN(510)) / 2
		}
		set(255, 0)
	case 10:
		for i := range row {
			row[i] = -1 - rng.Float32()
		}
	case 11:
		for i := range row {
			row[i] = inf
		}
	}
}

const quantizeKinds = 12

// TestTilesS8Quantize checks that activations are quantized into tiles to the
// bytes that QuantizeU8 and Prepare give.
func TestTilesS8Quantize(t *testing.T) {
	eachVariant(t, gemmS8SparseVariants, func(t *testing.T, v variant[*gemmS8SparseImpl]) {
		if v.fn.quantize == nil {
			t.Skip("quantizes before it arranges")
		}
		rng := rand.New(rand.NewPCG(1, 2))
		var tiles, want TilesS8
		for _, c := range []struct{ rows, k, stride int }{
			{1, 1, 1}, {3, 1, 5}, {2, 15, 15}, {5, 63, 70}, {1, 64, 64}, {7, 65, 65}, {25, 127, 128}, {4, 128, 131},
			{3, 192, 192}, {12, 256, 256}, {5, 312, 312}, {24, 384, 390}, {13, 448, 448}, {49, 512, 512}, {3, 576, 576}, {3, 640, 640},
			{4, 704, 704}, {12, 767, 767}, {24, 768, 768}, {65, 768, 800}, {6, 769, 769}, {3, 1024, 1024}, {2, 3071, 3071},
			{26, 3072, 3072}, {2, 4096, 4096}, {1, sparseMaxDim, sparseMaxDim}, {0, 10, 10},
		} {
			for g, guard := range guards[float32]() {
				name := fmt.Sprintf("%+v, guard %d", c, g)
				size := 0
				if c.rows > 0 {
					size = (c.rows-1)*c.stride + c.k
				}
				x := MatF32{guard(t, size), c.rows, c.k, c.stride}
				for i := range x.Rows {
					quantizeInto(rng, x.Row(i), (i+c.rows+g)%quantizeKinds)
				}
				rows := NewMatU8(c.rows, c.k)
				QuantizeU8(rows, x)
				want.prepare(rows, v.fn)
				tiles.buf = guards[byte]()[g](t, len(want.buf))
				for i := range tiles.buf {
					tiles.buf[i] = 77
				}
				tiles.quantize(x, nil, v.fn)
				if tiles.rows != c.rows || tiles.k != c.k || tiles.tiles != want.tiles && c.rows > 0 {
					t.Errorf("%s: another shape", name)
				}
				if !slices.Equal(tiles.scale, want.scale) || !slices.Equal(tiles.zero, want.zero) {
					t.Errorf("%s: scales %v, zero points %v, want %v, %v", name, tiles.scale, tiles.zero, want.scale, want.zero)
				}
				if c.rows > 0 && !bytes.Equal(tiles.buf, want.buf) {
					t.Errorf("%s: other bytes", name)
				}
			}
		}
	})
}

// Every kind of row must come out the same alone as well: a kind is not to
// depend on what its neighbours left behind.
func TestTilesS8QuantizeKinds(t *testing.T) {
	eachVariant(t, gemmS8SparseVariants, func(t *testing.T, v variant[*gemmS8SparseImpl]) {
		if v.fn.quantize == nil {
			t.Skip("quantizes before it arranges")
		}
		rng := rand.New(rand.NewPCG(3, 4))
		var tiles, want TilesS8
		for _, k := range []int{1, 30, 64, 100, 768, 800, 3072} {
			for kind := range quantizeKinds {
				x, rows := NewMatF32(3, k), NewMatU8(3, k)
				called := 0
				act := func(row []float32) {
					quantizeInto(rng, row, kind)
					called++
				}
				tiles.quantize(x, act, v.fn)
				QuantizeU8(rows, x)
				want.prepare(rows, v.fn)
				if called != 3 || !slices.Equal(tiles.scale, want.scale) || !slices.Equal(tiles.zero, want.zero) || !bytes.Equal(tiles.buf, want.buf) {
					t.Errorf("k=%d, kind %d: differs", k, kind)
				}
			}
		}
	})
}

func TestTilesS8QuantizePanics(t *testing.T) {
	for _, v := range gemmS8SparseVariants {
		if v.fn.quantize == nil || !cpuHas(v.isa) {
			continue
		}
		for _, k := range []int{0, sparseMaxDim + 1} {
			func() {
				defer func() {
					if recover() != "kernels: activations need 1 to 65536 columns" {
						t.Errorf("k=%d: no panic", k)
					}
				}()
				new(TilesS8).quantize(NewMatF32(1, k), nil, v.fn)
			}()
		}
	}
}
