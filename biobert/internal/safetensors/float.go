package safetensors

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// Float32s returns all elements as float32, [t.Len()], in dst's memory if it is
// large enough. F16 and BF16 convert exactly, NaN staying NaN; F64 rounds to
// nearest. Another type is an error.
func (t Tensor) Float32s(dst []float32) ([]float32, error) {
	n := t.Len()
	dst = slices.Grow(dst[:0], n)[:n]
	le, data := binary.LittleEndian, t.Data
	switch t.DType {
	case F32:
		for i := range dst {
			dst[i] = math.Float32frombits(le.Uint32(data[4*i:]))
		}
	case F16:
		data = data[:2*len(dst)]
		for i := range dst {
			h := uint32(le.Uint16(data[2*i:]))
			if h&0x7c00-0x400 < 0x7800 { // normal numbers only need their exponent's bias changed
				dst[i] = math.Float32frombits(h&0x8000<<16 | (h&0x7fff<<13 + 112<<23))
			} else {
				dst[i] = float16Rare(h)
			}
		}
	case BF16:
		data = data[:2*n]
		for i := range dst {
			dst[i] = math.Float32frombits(uint32(le.Uint16(data[2*i:])) << 16)
		}
	case F64:
		for i := range dst {
			dst[i] = float32(math.Float64frombits(le.Uint64(data[8*i:])))
		}
	default:
		return nil, fmt.Errorf("safetensors: tensor %q: %s is not a floating-point type that can be converted (F32, F16, BF16, F64 can)", t.Name, t.DType)
	}
	return dst, nil
}

// CheckFinite returns an error that names the first of a tensor's values that is infinite or not a number.
func CheckFinite(name string, values []float32) error {
	for i, x := range values {
		if x-x != 0 {
			return NotFinite(name, i, x)
		}
	}
	return nil
}

// NotFinite is the error for a value of a tensor that is infinite or not a number.
func NotFinite(name string, i int, x float32) error {
	return fmt.Errorf("tensor %q: value %d is %v (damaged, or diverged in training?)", name, i, x)
}

// float16Rare converts zeros, subnormal numbers, infinities and NaN.
func float16Rare(h uint32) float32 {
	sign, mantissa := h&0x8000<<16, h&0x3ff
	if h&0x7c00 != 0 {
		return math.Float32frombits(sign | 0x7f800000 | mantissa<<13)
	}
	return math.Float32frombits(sign | math.Float32bits(float32(mantissa)*0x1p-24))
}
