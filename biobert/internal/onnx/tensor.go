package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/sparsebio/sparsebio/biobert/internal/safetensors"
)

// A tensor is a TensorProto: its data is row-major and little-endian, a view of the file where that is possible.
type tensor struct {
	name  string
	dtype safetensors.DType
	shape []int
	data  []byte
}

// dtypes are the types of TensorProto.DataType that a BERT may have.
var dtypes = map[uint64]safetensors.DType{
	1: safetensors.F32, 2: safetensors.U8, 3: safetensors.I8, 5: safetensors.I16, 6: safetensors.I32, 7: safetensors.I64,
	9: safetensors.Bool, 10: safetensors.F16, 11: safetensors.F64, 16: safetensors.BF16,
}

// parseTensor reads a TensorProto; external finds the data that lies in other files.
func parseTensor(data []byte, external func(location string) ([]byte, error)) (*tensor, error) {
	t := &tensor{shape: []int{}}
	var dtype uint64
	var dims []uint64
	var outside bool
	var small []uint64 // int32_data, which holds all types of up to 32 bits
	entries := map[string]string{}
	err := fields(data, func(num protowire.Number, typ protowire.Type, v uint64, b []byte) error {
		switch num {
		case 1:
			return numbers(typ, v, b, func(v uint64) { dims = append(dims, v) })
		case 2:
			dtype = v
		case 3:
			return errors.New("a tensor in segments")
		case 4, 10: // float_data, double_data
			t.data = fixed(t.data, typ, v, b)
		case 5:
			return numbers(typ, v, b, func(v uint64) { small = append(small, v) })
		case 7: // int64_data
			return numbers(typ, v, b, func(v uint64) { t.data = binary.LittleEndian.AppendUint64(t.data, v) })
		case 8:
			t.name = string(b)
		case 9: // raw_data
			t.data = b
		case 13:
			var key, value string
			err := fields(b, func(num protowire.Number, _ protowire.Type, _ uint64, b []byte) error {
				switch num {
				case 1:
					key = string(b)
				case 2:
					value = string(b)
				}
				return nil
			})
			entries[key] = value
			return err
		case 14:
			outside = v == 1
		}
		return nil
	})
	fail := func(err error) (*tensor, error) { return nil, fmt.Errorf("tensor %q: %w", t.name, err) }
	if err != nil {
		return fail(err)
	}
	t.dtype = dtypes[dtype]
	if t.dtype == "" {
		return fail(fmt.Errorf("data type %d (supported: floats of 16 to 64 bits, integers of 8 to 64)", dtype))
	}
	if len(dims) > maxDims {
		return fail(fmt.Errorf("%d dimensions (at most %d)", len(dims), maxDims))
	}
	size := uint64(t.dtype.Bits() / 8)
	want := size
	for _, d := range dims {
		if d > math.MaxInt64 || d != 0 && want > math.MaxInt64/d {
			return fail(fmt.Errorf("a shape of %d", dims))
		}
		want *= d
		t.shape = append(t.shape, int(d))
	}
	if outside {
		if t.data, err = outsideData(entries, external, want); err != nil {
			return fail(err)
		}
	}
	if len(small) > 0 {
		t.data = nil
		for _, v := range small {
			t.data = append(t.data, binary.LittleEndian.AppendUint64(nil, v)[:min(size, 4)]...)
		}
	}
	if uint64(len(t.data)) != want {
		return fail(fmt.Errorf("%d bytes for %s of shape %v, want %d", len(t.data), t.dtype, t.shape, want))
	}
	return t, nil
}

// outsideData returns the part of another file that external_data names.
func outsideData(entries map[string]string, external func(location string) ([]byte, error), size uint64) ([]byte, error) {
	if external == nil {
		return nil, errors.New("its data is in another file (give the path of the model)")
	}
	file, err := external(entries["location"])
	if err != nil {
		return nil, err
	}
	offset, length := uint64(0), size
	for key, v := range map[string]*uint64{"offset": &offset, "length": &length} {
		if s, ok := entries[key]; ok {
			if *v, err = strconv.ParseUint(s, 10, 63); err != nil {
				return nil, fmt.Errorf("%s %q of external data", key, s)
			}
		}
	}
	if n := uint64(len(file)); offset > n || length > n-offset {
		return nil, fmt.Errorf("%d bytes from %d on of %q, which has %d (truncated? download it again)", length, offset, entries["location"], n)
	}
	return file[offset : offset+length : offset+length], nil
}

// len returns the number of elements.
func (t *tensor) len() int { return len(t.data) / (t.dtype.Bits() / 8) }

// isFloat says whether t holds floating-point numbers.
func (t *tensor) isFloat() bool {
	switch t.dtype {
	case safetensors.F64, safetensors.F32, safetensors.F16, safetensors.BF16:
		return true
	}
	return false
}

// is8Bit says whether t holds numbers that stand for others.
func (t *tensor) is8Bit() bool { return t.dtype == safetensors.U8 || t.dtype == safetensors.I8 }

// floats returns the values of t.
func (t *tensor) floats() ([]float32, error) {
	le, n := binary.LittleEndian, t.len()
	if t.isFloat() {
		return safetensors.Tensor{Name: t.name, DType: t.dtype, Shape: t.shape, Data: t.data}.Float32s(nil)
	}
	out := make([]float32, n)
	for i := range out {
		switch t.dtype {
		case safetensors.U8, safetensors.Bool:
			out[i] = float32(t.data[i])
		case safetensors.I8:
			out[i] = float32(int8(t.data[i]))
		case safetensors.I16:
			out[i] = float32(int16(le.Uint16(t.data[2*i:])))
		case safetensors.I32:
			out[i] = float32(int32(le.Uint32(t.data[4*i:])))
		case safetensors.I64:
			out[i] = float32(int64(le.Uint64(t.data[8*i:])))
		default:
			return nil, fmt.Errorf("tensor %q: numbers of type %s", t.name, t.dtype)
		}
	}
	return out, nil
}
