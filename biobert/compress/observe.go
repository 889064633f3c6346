package compress

import (
	"math"
	"sync"

	"github.com/sparsebio/sparsebio/biobert/internal/onnx"
)

// bins is how many parts a histogram has on each side of 0.
const bins = 1 << 11

// An observer keeps what is known of the range of activations. Its results do not depend on the order in which it sees them. It is safe for concurrent use.
type observer struct {
	mu     sync.Mutex
	lo, hi float32
	seen   int
	// Histograms of the positive and of the negative numbers, from 0 to limit, a power of two.
	limit              float32
	positive, negative [bins]int
}

// add takes numbers into account.
func (o *observer) add(x []float32) {
	var lo, hi float32
	for _, v := range x {
		lo, hi = min(lo, v), max(hi, v)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lo, o.hi = min(o.lo, lo), max(o.hi, hi)
	o.seen += len(x)
	most := max(hi, -lo)
	if most == 0 || most > math.MaxFloat32/4 {
		return
	}
	if o.limit == 0 {
		o.limit = float32(math.Exp2(math.Floor(math.Log2(float64(most))) + 1))
	}
	for o.limit <= most {
		o.double()
	}
	f := bins / o.limit
	for _, v := range x {
		if v > 0 {
			o.positive[int(v*f)]++
		} else if v < 0 {
			o.negative[int(-v*f)]++
		}
	}
}

// double doubles the limit: two bins become one.
func (o *observer) double() {
	o.limit *= 2
	for _, h := range []*[bins]int{&o.positive, &o.negative} {
		for i := range bins / 2 {
			h[i] = h[2*i] + h[2*i+1]
		}
		clear(h[bins/2:])
	}
}

// bounds returns the range, 0 included, that leaves out the numbers above a percentile and as many at the other end.
func (o *observer) bounds(percentile float64) (lo, hi float32) {
	if percentile == 100 || o.limit == 0 {
		return o.lo, o.hi
	}
	out := int((1 - percentile/100) * float64(o.seen))
	cut := func(h *[bins]int) float32 {
		left := out
		for i := bins - 1; i >= 0; i-- {
			if left -= h[i]; left < 0 {
				return float32(i+1) * o.limit / bins
			}
		}
		return 0
	}
	return max(o.lo, -cut(&o.negative)), min(o.hi, cut(&o.positive))
}

// quant returns how to quantize the range, all numbers alike.
func (o *observer) quant(percentile float64) *onnx.Quant {
	lo, hi := o.bounds(percentile)
	if hi-lo < 1e-30 {
		return &onnx.Quant{Scale: 1}
	}
	scale := (hi - lo) / 255
	return &onnx.Quant{Scale: scale, Zero: uint8(min(max(math.RoundToEven(float64(-lo/scale)), 0), 255))}
}

// symmetric returns how to quantize the range around a zero point of 128.
func (o *observer) symmetric(percentile float64) *onnx.Quant {
	lo, hi := o.bounds(percentile)
	most := max(hi, -lo)
	if most < 1e-30 {
		return &onnx.Quant{Scale: 1, Zero: 128}
	}
	return &onnx.Quant{Scale: most / 127, Zero: 128}
}
