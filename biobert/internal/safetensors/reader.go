// Package safetensors reads files in the safetensors format of HuggingFace
// (github.com/huggingface/safetensors, section Format of its README):
//
//	8 bytes   N, little-endian, the length of the header, at most 100,000,000
//	N bytes   a JSON object that begins with '{' and may end in spaces:
//	          {"NAME": {"dtype": "F16", "shape": [1, 16], "data_offsets": [BEGIN, END]}, ...,
//	           "__metadata__": {"KEY": "VALUE"}}
//	rest      the tensors, little-endian and row-major; offsets count from here
//
// As the reference does, the reader refuses keys that occur twice, offsets that leave holes, overlap or
// end elsewhere than the file, and sizes that do not fit type and shape.
package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"unsafe"

	"github.com/sparsebio/sparsebio/biobert/internal/mmap"
)

// maxHeader is the limit that the reference sets.
const maxHeader = 100_000_000

// ErrFormat is wrapped by every error about the contents of a file.
var ErrFormat = errors.New("not a valid safetensors file")

// elemSize gives the bytes of an element of each type.
var elemSize = map[string]uint64{
	"BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2,
	"I32": 4, "U32": 4, "F32": 4, "I64": 8, "U64": 8, "F64": 8,
}

// A File is an open file. It is safe for concurrent use until it is closed.
type File struct {
	Metadata map[string]string

	path    string
	file    *mmap.File
	names   []string // sorted
	tensors map[string]Tensor
}

// A Tensor is one tensor of a file. Data refers to the file and must not be changed or used
// after the file was closed.
type Tensor struct {
	Name  string
	DType string // "F32", "F16", "BF16", "I64" ...
	Shape []int
	Data  []byte
}

// Open maps the file at path and checks it.
func Open(path string) (*File, error) {
	m, err := mmap.Open(path)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	f, err := parse(m.Data)
	if err != nil {
		m.Close()
		return nil, fmt.Errorf("safetensors: %s: %w", path, err)
	}
	f.path, f.file = path, m
	return f, nil
}

// Close releases the file and the data of its tensors.
func (f *File) Close() error { return f.file.Close() }

// Names returns the names of the tensors, sorted.
func (f *File) Names() []string { return slices.Clone(f.names) }

// Tensor returns the tensor called name.
func (f *File) Tensor(name string) (Tensor, error) {
	t, ok := f.tensors[name]
	if !ok {
		return t, fmt.Errorf("safetensors: %s: no tensor %q among its %d", f.path, name, len(f.names))
	}
	return t, nil
}

type entry struct {
	DType   string    `json:"dtype"`
	Shape   []int     `json:"shape"`
	Offsets [2]uint64 `json:"data_offsets"`
}

func parse(b []byte) (*File, error) {
	bad := func(format string, a ...any) (*File, error) {
		return nil, fmt.Errorf("%w: %s", ErrFormat, fmt.Sprintf(format, a...))
	}
	if len(b) < 8 {
		return bad("%d bytes are too few for a header (download it again)", len(b))
	}
	n := binary.LittleEndian.Uint64(b)
	if n > maxHeader {
		return bad("header of %d bytes, the limit is %d", n, maxHeader)
	}
	if n > uint64(len(b)-8) {
		return bad("header of %d bytes in a file of %d (truncated: download it again)", n, len(b))
	}
	head, data := b[8:8+n], b[8+n:]
	if len(head) == 0 || head[0] != '{' {
		return bad("the header does not begin with '{'")
	}
	f := &File{tensors: map[string]Tensor{}}
	type span struct {
		name     string
		from, to uint64
	}
	var spans []span
	d := json.NewDecoder(bytes.NewReader(head))
	d.Token() // the brace
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return bad("header: %v", err)
		}
		name := key.(string)
		if name == "__metadata__" {
			if f.Metadata != nil {
				return bad("__metadata__ occurs twice")
			}
			f.Metadata = map[string]string{}
			if err := d.Decode(&f.Metadata); err != nil {
				return bad("__metadata__: %v", err)
			}
			continue
		}
		if _, twice := f.tensors[name]; twice {
			return bad("tensor %q occurs twice", name)
		}
		var e entry
		if err := d.Decode(&e); err != nil {
			return bad("tensor %q: %v", name, err)
		}
		size, ok := elemSize[e.DType]
		if !ok {
			return bad("tensor %q has the unknown type %q", name, e.DType)
		}
		for _, dim := range e.Shape {
			hi, lo := bits.Mul64(size, uint64(dim))
			if dim < 0 || hi != 0 || lo > math.MaxInt64 {
				return bad("tensor %q has the impossible shape %v", name, e.Shape)
			}
			size = lo
		}
		from, to := e.Offsets[0], e.Offsets[1]
		switch {
		case to < from || to-from != size:
			return bad("tensor %q: %s %v is %d bytes, its offsets are %d to %d", name, e.DType, e.Shape, size, from, to)
		case to > uint64(len(data)):
			return bad("tensor %q ends at byte %d of %d (truncated: download it again)", name, to, len(data))
		}
		f.names = append(f.names, name)
		f.tensors[name] = Tensor{name, e.DType, e.Shape, data[from:to:to]}
		spans = append(spans, span{name, from, to})
	}
	if _, err := d.Token(); err != nil {
		return bad("header: %v", err)
	}
	if rest := bytes.TrimSpace(head[d.InputOffset():]); len(rest) > 0 {
		return bad("header: text after the object")
	}
	slices.Sort(f.names)
	slices.SortFunc(spans, func(a, b span) int {
		if a.from != b.from {
			return int(min(max(int64(a.from)-int64(b.from), -1), 1))
		}
		return int(min(max(int64(a.to)-int64(b.to), -1), 1))
	})
	at := uint64(0)
	for _, s := range spans {
		if s.from != at {
			return bad("tensor %q begins at byte %d, the one before it ends at %d", s.name, s.from, at)
		}
		at = s.to
	}
	if at != uint64(len(data)) {
		return bad("the tensors end at byte %d of %d", at, len(data))
	}
	return f, nil
}

// Float32s converts a tensor of type F32, F16 or BF16 to float32 in memory of its own, that of dst if
// it is large enough.
func (t Tensor) Float32s(dst []float32) ([]float32, error) {
	size := int(elemSize[t.DType])
	n := len(t.Data) / max(size, 1)
	if cap(dst) < n {
		dst = make([]float32, n)
	}
	dst = dst[:n]
	switch t.DType {
	case "F32":
		if littleEndian && n > 0 {
			copy(unsafe.Slice((*byte)(unsafe.Pointer(&dst[0])), 4*n), t.Data)
			break
		}
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(t.Data[4*i:]))
		}
	case "BF16":
		for i := range dst {
			dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(t.Data[2*i:])) << 16)
		}
	case "F16":
		for i := range dst {
			dst[i] = Float16(binary.LittleEndian.Uint16(t.Data[2*i:]))
		}
	default:
		return nil, fmt.Errorf("safetensors: tensor %q has the type %s (supported: F32, F16, BF16)", t.Name, t.DType)
	}
	return dst, nil
}

var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// Float16 converts an IEEE 754 half-precision number, exactly.
func Float16(h uint16) float32 {
	sign, exp, frac := uint32(h&0x8000)<<16, uint32(h>>10&31), uint32(h&0x3ff)
	switch exp {
	case 0: // zero or subnormal: frac * 2^-24
		return math.Float32frombits(sign | math.Float32bits(float32(frac)*0x1p-24))
	case 31:
		return math.Float32frombits(sign | 0x7f800000 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}
