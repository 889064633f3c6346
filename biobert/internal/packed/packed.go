// Package packed reads and writes packed model files: one flat, checksummed file
// whose sections are used in place, from a memory map or from the program image,
// so that opening a model costs next to nothing.
//
// Layout, all integers little-endian:
//
//	offset  size  what
//	0       8     magic "SPRSBIO1"
//	8       4     format version (1)
//	12      4     CRC-32C of the header
//	16      8     header length H, at most 16 MiB
//	24      8     file length
//	32      32    zero
//	64      H     header: one JSON object {"meta": {...}, "sections": [...]}
//	...           zero up to the next multiple of 64
//	...           sections, each starting at a multiple of 64
//
// A section entry is {"name", "dtype", "shape", "offset", "size", "crc32c"}; the
// offset counts from the start of the file. Readers refuse another version, a
// file whose length is not the one stated, a header or section whose checksum is
// wrong, sections that overlap or leave the file, and shapes that do not fit.
package packed

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"math/bits"
	"slices"
	"unsafe"

	"github.com/sparsebio/sparsebio/biobert/internal/mmap"
)

const (
	magic     = "SPRSBIO1"
	version   = 1
	align     = 64
	maxHeader = 16 << 20
)

// ErrFormat is wrapped by every error that says a file is not a sound packed
// model; the remedy is to make the file again.
var ErrFormat = errors.New("not a valid packed model")

// The types of section elements. Opaque sections (bytes) carry a format of their own.
const (
	F32   = "f32"
	F16   = "f16"
	S8    = "s8"
	Bytes = "bytes"
)

var elemSize = map[string]int{F32: 4, F16: 2, S8: 1, Bytes: 1}

// Meta describes a packed model.
type Meta struct {
	Name     string          `json:"name"`
	Config   json.RawMessage `json:"config,omitempty"`   // HuggingFace config.json
	Table    string          `json:"table,omitempty"`    // shared table that holds the word embedding and the vocabulary
	TableCRC uint32          `json:"table_crc,omitzero"` // its header's checksum, so that a model never meets the wrong table
	Engine   string          `json:"engine,omitempty"`   // form of the encoder's weights: "sparse" or "dense"
	Sparsity float64         `json:"sparsity,omitzero"`  // share of zeros in the encoder's weights before they were quantized
	Source   string          `json:"source,omitempty"`   // what the file was made from, for people
}

type section struct {
	Name   string `json:"name"`
	DType  string `json:"dtype"`
	Shape  []int  `json:"shape"`
	Offset int64  `json:"offset"`
	Size   int64  `json:"size"`
	CRC    uint32 `json:"crc32c"`
}

type header struct {
	Meta     Meta      `json:"meta"`
	Sections []section `json:"sections"`
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A File is an open packed model. It keeps and never changes the bytes that it
// was opened on, and is safe for concurrent use
// but for Close.
type File struct {
	Meta
	CRC  uint32 // checksum of the header, which holds the checksums of the sections: it identifies the file
	data []byte
	sec  map[string]section
	file *mmap.File // nil after Open
}

// OpenFile maps the file at path and verifies its checksums. What Section and Float32s return
// refers to the map and must not be used after Close.
func OpenFile(path string) (*File, error) {
	m, err := mmap.Open(path)
	if err != nil {
		return nil, err
	}
	f, err := Open(m.Data)
	if err == nil {
		err = f.Verify()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), m.Close())
	}
	f.file = m
	return f, nil
}

// Close releases the map of OpenFile; after Open it does nothing.
func (f *File) Close() error {
	if f.file == nil {
		return nil
	}
	return f.file.Close()
}

// Open checks data and returns a File that refers to it.
func Open(data []byte) (*File, error) {
	bad := func(format string, a ...any) (*File, error) {
		return nil, fmt.Errorf("%w: %s", ErrFormat, fmt.Sprintf(format, a...))
	}
	if len(data) < align || string(data[:8]) != magic {
		return bad("no %q at its start (biobert.Convert writes such files; to open a checkpoint, give its folder)", magic)
	}
	if v := binary.LittleEndian.Uint32(data[8:]); v != version {
		return bad("format version %d, this program reads %d", v, version)
	}
	h, n := binary.LittleEndian.Uint64(data[16:]), binary.LittleEndian.Uint64(data[24:])
	if n != uint64(len(data)) {
		return bad("%d bytes where the header says %d (truncated?)", len(data), n)
	}
	if h > maxHeader || h > uint64(len(data)-align) {
		return bad("header of %d bytes", h)
	}
	head := data[align : align+int(h)]
	f := &File{CRC: crc32.Checksum(head, castagnoli), data: data, sec: map[string]section{}}
	if f.CRC != binary.LittleEndian.Uint32(data[12:]) {
		return bad("checksum of the header is wrong")
	}
	var hd header
	if err := json.Unmarshal(head, &hd); err != nil {
		return bad("header: %v", err)
	}
	f.Meta = hd.Meta
	slices.SortFunc(hd.Sections, func(a, b section) int { return int(min(max(a.Offset-b.Offset, -1), 1)) })
	end := int64(align + h)
	for _, s := range hd.Sections {
		if s.Offset < end || s.Size < 0 || s.Offset > int64(len(data)) || s.Size > int64(len(data))-s.Offset || s.Offset%align != 0 {
			return bad("section %q lies outside of the file or on another", s.Name)
		}
		end = s.Offset + s.Size
		es, ok := elemSize[s.DType]
		if !ok {
			return bad("section %q has the unknown type %q", s.Name, s.DType)
		}
		if n, ok := elements(s.Shape); !ok || n > math.MaxInt64/int64(es) || n*int64(es) != s.Size {
			return bad("section %q: shape %v does not fit %d bytes", s.Name, s.Shape, s.Size)
		}
		if _, dup := f.sec[s.Name]; dup {
			return bad("section %q occurs twice", s.Name)
		}
		f.sec[s.Name] = s
	}
	return f, nil
}

// elements returns the product of shape, and whether it is one.
func elements(shape []int) (int64, bool) {
	n := uint64(1)
	for _, d := range shape {
		if d < 0 {
			return 0, false
		}
		hi, lo := bits.Mul64(n, uint64(d))
		if hi != 0 || lo > math.MaxInt64 {
			return 0, false
		}
		n = lo
	}
	return int64(n), true
}

// Verify compares the checksum of every section.
func (f *File) Verify() error {
	for _, s := range f.sec {
		if crc32.Checksum(f.data[s.Offset:s.Offset+s.Size], castagnoli) != s.CRC {
			return fmt.Errorf("%w: checksum of section %q is wrong (damaged? make the file again)", ErrFormat, s.Name)
		}
	}
	return nil
}

// Section returns the bytes of the section called name, not copied, if it has
// the given type and shape. A negative number in shape stands for any.
func (f *File) Section(name, dtype string, shape ...int) ([]byte, error) {
	s, ok := f.sec[name]
	if !ok {
		return nil, fmt.Errorf("%w: no section %q", ErrFormat, name)
	}
	same := s.DType == dtype && len(s.Shape) == len(shape)
	for i := 0; same && i < len(shape); i++ {
		same = shape[i] < 0 || s.Shape[i] == shape[i]
	}
	if !same {
		return nil, fmt.Errorf("%w: section %q is %s%v, want %s%v", ErrFormat, name, s.DType, s.Shape, dtype, shape)
	}
	return f.data[s.Offset : s.Offset+s.Size : s.Offset+s.Size], nil
}

// Shape returns the shape of the section called name, or nil.
func (f *File) Shape(name string) []int { return f.sec[name].Shape }

// Float32s returns an f32 section as a slice. The slice refers to the file where
// the memory is aligned, and is a copy elsewhere.
func (f *File) Float32s(name string, shape ...int) ([]float32, error) {
	b, err := f.Section(name, F32, shape...)
	if err != nil || len(b) == 0 {
		return nil, err
	}
	if littleEndian && uintptr(unsafe.Pointer(&b[0]))%4 == 0 {
		return unsafe.Slice((*float32)(unsafe.Pointer(&b[0])), len(b)/4), nil
	}
	v := make([]float32, len(b)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return v, nil
}

var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// A Writer collects sections and writes the file.
type Writer struct {
	Meta Meta
	sec  []section
	data [][]byte
}

// Add appends a section; data is kept until WriteTo. It panics if the shape does
// not fit the data, which is a programming error.
func (w *Writer) Add(name, dtype string, data []byte, shape ...int) {
	if n, ok := elements(shape); !ok || n*int64(elemSize[dtype]) != int64(len(data)) {
		panic("packed: shape does not fit the data")
	}
	w.sec = append(w.sec, section{Name: name, DType: dtype, Shape: shape, Size: int64(len(data)), CRC: crc32.Checksum(data, castagnoli)})
	w.data = append(w.data, data)
}

// AddFloat32s appends an f32 section.
func (w *Writer) AddFloat32s(name string, v []float32, shape ...int) {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	w.Add(name, F32, b, shape...)
}

func roundUp(n int64) int64 { return (n + align - 1) &^ (align - 1) }

// WriteTo writes the file.
func (w *Writer) WriteTo(out io.Writer) (int64, error) {
	// The offsets are part of the header, so its length is settled with room for
	// the largest of them: spaces at the end of JSON change nothing.
	sec := slices.Clone(w.sec)
	for i := range sec {
		sec[i].Offset = 1 << 52
	}
	probe, err := json.Marshal(header{w.Meta, sec})
	if err != nil {
		return 0, fmt.Errorf("packed: header: %w", err)
	}
	hlen := len(probe)
	at := roundUp(int64(align + hlen))
	for i := range sec {
		sec[i].Offset = at
		at = roundUp(at + sec[i].Size)
	}
	if len(sec) > 0 {
		at = sec[len(sec)-1].Offset + sec[len(sec)-1].Size
	}
	head, err := json.Marshal(header{w.Meta, sec})
	if err != nil {
		return 0, fmt.Errorf("packed: header: %w", err)
	}
	for len(head) < hlen {
		head = append(head, ' ')
	}
	pre := make([]byte, align, align+hlen)
	copy(pre, magic)
	binary.LittleEndian.PutUint32(pre[8:], version)
	binary.LittleEndian.PutUint32(pre[12:], crc32.Checksum(head, castagnoli))
	binary.LittleEndian.PutUint64(pre[16:], uint64(hlen))
	binary.LittleEndian.PutUint64(pre[24:], uint64(at))
	n := int64(0)
	put := func(b []byte) {
		if err == nil {
			var k int
			k, err = out.Write(b)
			n += int64(k)
		}
	}
	put(append(pre, head...))
	var zero [align]byte
	for i, s := range sec {
		if err != nil {
			break
		}
		put(zero[:s.Offset-n])
		put(w.data[i])
	}
	return n, err
}
