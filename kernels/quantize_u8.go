package kernels

import "github.com/sparsebio/sparsebio/kernels/internal/race"

// quantizeLimit bounds what quantized values may stand for, so that a range
// never overflows; quantizeTiny is the smallest range that is not taken for
// zero, so that its reciprocal does not.
const (
	quantizeLimit = 1e38
	quantizeTiny  = 1e-30
)

// QuantizeU8 quantizes each row of x to unsigned 8 bits with the smallest
// range that holds its values and zero. In float32 arithmetic, each operation
// rounded:
//
//	lo, hi   = min(0, x...), max(0, x...)
//	scale    = (hi - lo) / 255
//	inverse  = 1 / scale
//	zero     = round(-lo * inverse)
//	q        = clamp(round(x * inverse) + zero, 0, 255)
//
// where round rounds half to even. It stores q in dst.Data, scale in dst.Scale
// and zero in dst.Zero. A row whose range hi - lo is below 1e-30 becomes all
// zeros with scale 1 and zero point 0. NaN has no part in lo and hi and becomes
// q = 0. lo and hi are held within -1e38 to 1e38, so that infinities become 0
// or 255. Every variant gives the same bits.
//
// It panics if the shapes of dst and x differ. dst and x must not overlap.
func QuantizeU8(dst MatU8, x MatF32) { quantizeU8(dst, x, quantizeU8Best) }

// quantizeU8Impl is one variant: the two loops over a row.
type quantizeU8Impl struct {
	// bounds returns the smallest and the largest of 0 and the elements of x,
	// leaving out NaN.
	bounds func(x []float32) (lo, hi float32)
	// round sets dst[i] = clamp(round(x[i]*inverse) + zero, 0, 255), 0 for NaN,
	// for len(x) elements; zero is 0 to 255. No element is above quantizeLimit.
	round func(dst []uint8, x []float32, inverse float32, zero int32)
}

// quantizeU8Variants holds every variant, best first and the reference last.
var quantizeU8Variants = append(quantizeU8Asm, variant[quantizeU8Impl]{"ref", quantizeU8Impl{quantizeU8BoundsRef, quantizeU8RoundRef}})

var quantizeU8Best = choose("quantize_u8", quantizeU8Variants)

func quantizeU8(dst MatU8, x MatF32, f quantizeU8Impl) {
	dst.check()
	x.check()
	if dst.Rows != x.Rows || dst.Cols != x.Cols {
		panic("kernels: quantized matrix of another shape")
	}
	for i := range x.Rows {
		var in []float32
		var out []uint8
		if x.Cols > 0 {
			in = x.Row(i)
			out = dst.Data[i*dst.Stride : i*dst.Stride+dst.Cols]
			race.Read(in)
			race.Write(out)
		}
		lo, hi := f.bounds(in)
		round := f.round
		if hi > quantizeLimit {
			round = quantizeU8RoundRef // a product may not fit int32
		}
		var inverse float32
		dst.Scale[i], inverse, dst.Zero[i] = quantizeU8Range(lo, hi)
		if inverse == 0 {
			clear(out)
			continue
		}
		round(out, in, inverse, dst.Zero[i])
	}
}

// quantizeU8Range returns the scale, its inverse and the zero point for values
// from lo to hi, the inverse 0 if all values become 0.
func quantizeU8Range(lo, hi float32) (scale, inverse float32, zero int32) {
	lo, hi = max(lo, -quantizeLimit), min(hi, quantizeLimit)
	if hi-lo < quantizeTiny {
		return 1, 0, 0
	}
	scale = (hi - lo) / 255
	inverse = 1 / scale
	return scale, inverse, min(max(roundToEven(-lo*inverse), 0), 255)
}
