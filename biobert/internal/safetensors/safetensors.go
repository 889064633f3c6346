// Package safetensors reads weight files in the safetensors format, checked as
// strictly as the reference implementation checks them.
//
// A file is:
//
//	bytes
//	8    n, the length of the header, little-endian; at most 100,000,000
//	n    header: UTF-8 JSON, begins with '{', may end with blanks
//	...  the data: tensors end to end, row-major, little-endian
//
// The header is one object. Its key "__metadata__", if there, holds an object
// of strings. Every other key is the name of a tensor, its value
//
//	{"dtype": "F32", "shape": [768, 768], "data_offsets": [begin, end]}
//
// with offsets counted from the first byte of data. Refused are: keys that
// occur twice, unknown types, offsets that leave a gap, overlap or exceed the
// file, lengths that are not shape x size of the type, and files with bytes
// missing or to spare. The format is that of huggingface/safetensors 0.8.
//
// Open maps the file, so that it costs little and pages are read when used.
// Data of a Tensor is a view of the mapping: read-only, and gone after Close.
// A file must not be cut short while it is open. Everything else is safe for
// concurrent use.
package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/sparsebio/sparsebio/biobert/internal/mmap"
)

// ErrFormat is in every error about the contents of a file.
var ErrFormat = errors.New("not a valid safetensors file")

// ErrNoTensor is in the error of File.Tensor for a name the file does not have.
var ErrNoTensor = errors.New("no such tensor")

// maxHeader is the reference implementation's limit, in bytes.
const maxHeader = 100_000_000

// A DType is the type of a tensor's elements, spelled as in the file.
type DType string

// The types that a checkpoint of BERT may hold; others are readable as bytes.
const (
	F64  DType = "F64"
	F32  DType = "F32"
	F16  DType = "F16"
	BF16 DType = "BF16"
	I64  DType = "I64"
	I32  DType = "I32"
	I16  DType = "I16"
	I8   DType = "I8"
	U8   DType = "U8"
	Bool DType = "BOOL"
)

// dtypeBits holds every type of the format and the bits of an element.
var dtypeBits = map[DType]uint64{
	F64: 64, F32: 32, F16: 16, BF16: 16, I64: 64, I32: 32, I16: 16, I8: 8, U8: 8, Bool: 8,
	"U64": 64, "U32": 32, "U16": 16, "C64": 64,
	"F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
	"F6_E2M3": 6, "F6_E3M2": 6, "F4": 4,
}

// Bits returns the bits of an element, or 0 for a type that the format lacks.
func (d DType) Bits() int { return int(dtypeBits[d]) }

// A Tensor is one tensor of a file.
type Tensor struct {
	Name  string
	DType DType
	Shape []int  // empty for a scalar; shared, do not change
	Data  []byte // row-major, little-endian; a view, valid until the file is closed
}

// Len returns the number of elements.
func (t Tensor) Len() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// Row returns element i of the first dimension, which must be of whole bytes and is not copied.
func (t Tensor) Row(i int) Tensor {
	n := len(t.Data) / t.Shape[0]
	return Tensor{Name: t.Name, DType: t.DType, Shape: t.Shape[1:], Data: t.Data[i*n : (i+1)*n]}
}

// A File is an open file. The zero value is not usable.
type File struct {
	Metadata map[string]string // the free-form entries of the header

	path    string
	file    *mmap.File // nil after Parse
	tensors map[string]Tensor
}

// Open maps the file at path and reads its header. Close it when its tensors
// are no longer used.
func Open(path string) (*File, error) {
	m, err := mmap.Open(path)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	f, err := parse(m.Data)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("safetensors: %s: %w: %w", path, ErrFormat, err), m.Close())
	}
	f.path, f.file = path, m
	return f, nil
}

// Parse reads a file that is in memory already. The tensors are views of data.
func Parse(data []byte) (*File, error) {
	f, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w: %w", ErrFormat, err)
	}
	return f, nil
}

// Close releases the mapping. The Data of all tensors must not be used any
// more. A second call does nothing.
func (f *File) Close() error {
	if f.file == nil {
		return nil
	}
	if err := f.file.Close(); err != nil {
		return fmt.Errorf("safetensors: %s: %w", f.path, err)
	}
	return nil
}

// Names returns the names of all tensors, sorted.
func (f *File) Names() []string { return slices.Sorted(maps.Keys(f.tensors)) }

// Tensor returns the tensor of that name.
func (f *File) Tensor(name string) (Tensor, error) {
	t, ok := f.tensors[name]
	if !ok {
		where := ""
		if f.path != "" {
			where = f.path + ": "
		}
		return Tensor{}, fmt.Errorf("safetensors: %stensor %q: %w (it has %d tensors)", where, name, ErrNoTensor, len(f.tensors))
	}
	return t, nil
}

func parse(data []byte) (*File, error) {
	if len(data) < 8 {
		return nil, fmt.Errorf("%d bytes are too few for a header (truncated? download it again)", len(data))
	}
	if bytes.HasPrefix(data, []byte("version https://git-lfs")) {
		return nil, errors.New("it is the pointer that Git LFS left in the place of the file (run: git lfs pull)")
	}
	n := binary.LittleEndian.Uint64(data)
	if n > maxHeader {
		return nil, fmt.Errorf("header of %d bytes, more than %d (not a safetensors file?)", n, maxHeader)
	}
	if n > uint64(len(data)-8) {
		return nil, fmt.Errorf("header of %d bytes in a file of %d (truncated? download it again)", n, len(data))
	}
	header, rest := data[8:8+n], data[8+n:]
	infos, meta, err := parseHeader(header)
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	slices.SortStableFunc(infos, func(a, b info) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	f := &File{Metadata: meta, tensors: make(map[string]Tensor, len(infos))}
	at := uint64(0)
	for _, t := range infos {
		if t.begin != at || t.end < t.begin {
			return nil, fmt.Errorf("tensor %q: data offsets %d to %d, want them to begin at %d, where the one before ends", t.name, t.begin, t.end, at)
		}
		size, err := t.size()
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", t.name, err)
		}
		if size != t.end-t.begin {
			return nil, fmt.Errorf("tensor %q: %s of shape %v takes %d bytes, data offsets give %d", t.name, t.dtype, t.shape, size, t.end-t.begin)
		}
		if t.end > uint64(len(rest)) {
			return nil, fmt.Errorf("tensor %q: truncated? got %d bytes, header wants %d at least; download it again", t.name, len(data), 8+n+t.end)
		}
		at = t.end
	}
	if at != uint64(len(rest)) {
		return nil, fmt.Errorf("got %d bytes, header wants %d; download it again", len(data), 8+n+at)
	}
	for _, t := range infos {
		f.tensors[t.name] = Tensor{Name: t.name, DType: t.dtype, Shape: t.ints(), Data: rest[t.begin:t.end:t.end]}
	}
	return f, nil
}

// size returns the bytes that shape and type ask for.
func (t *info) size() (uint64, error) {
	bits, ok := dtypeBits[t.dtype]
	if !ok {
		return 0, fmt.Errorf("unknown dtype %q", t.dtype)
	}
	// The reference multiplies from the left and refuses any overflow on the
	// way, also one that a later zero would undo.
	n := uint64(1)
	for _, d := range append(slices.Clip(t.shape), bits) {
		if d != 0 && n > math.MaxInt64/d {
			return 0, fmt.Errorf("shape %v of %s overflows", t.shape, t.dtype)
		}
		n *= d
	}
	if n%8 != 0 {
		return 0, fmt.Errorf("shape %v of %s is not a whole number of bytes", t.shape, t.dtype)
	}
	return n / 8, nil
}

func (t *info) ints() []int {
	s := make([]int, len(t.shape))
	for i, d := range t.shape {
		s[i] = int(d)
	}
	return s
}
