// Package pytorch reads the weights in a pytorch_model.bin, a state dict as torch.save writes it, without running
// anything that it holds.
//
// Since PyTorch 1.6 such a file is a zip archive whose members are stored as they are:
//
//	NAME/data.pkl    a pickle of an ordered map, from the names of tensors to calls of torch._utils._rebuild_tensor_v2
//	NAME/data/KEY    the bytes of a storage, little-endian; several tensors may be views of one
//	NAME/byteorder   "little", in newer files
//
// Before, and with _use_new_zipfile_serialization=False since, it is a row of pickles and what they describe:
//
//	0x1950a86a20f9469cfc6c     a pickle of this number
//	1001                       one of the version
//	{"little_endian": True …}  one of the system
//	{"NAME": tensor …}         one of the ordered map
//	["KEY" …]                  one of the order of the storages
//	int64, bytes               for each the number of its elements, and these, little-endian
//
// The tar files of PyTorch before 0.1.10 are not read.
//
// A pickle is a program. This package runs the part of it that builds such a map, and lets it name only the functions and types
// which that needs: another name is refused and reported. It reads no storage before it is asked for a tensor,
// and a tensor that is contiguous is a view of the file, which is mapped. No length in the file makes it allocate more than the
// file itself has bytes.
//
// nlpodyssey/gopickle can read these files too. It is not used here because it allocates what a length in the file says, holds
// all weights in memory as float32, and panics on files that are not what it expects.
package pytorch

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/sparsebio/sparsebio/biobert/internal/mmap"
	"github.com/sparsebio/sparsebio/biobert/internal/safetensors"
)

// ErrFormat is in every error about the contents of a file.
var ErrFormat = errors.New("not a valid file of PyTorch weights")

// Limits, far above what a checkpoint has: BERT-large's pickle is 60 kB with 400 tensors of at most two dimensions.
const (
	maxPickle = 64 << 20
	maxDims   = 16
)

// A File is an open file. It is safe for concurrent use until it is closed.
type File struct {
	path    string
	file    *mmap.File // nil after Parse
	tensors map[string]*tensor
}

// A tensor is a view of a storage. Sizes and strides are in elements.
type tensor struct {
	storage       *storage
	offset        int
	shape, stride []int
}

type storage struct {
	dtype safetensors.DType
	n     int // numbers
	data  []byte
}

// Open maps the file at path and reads its table of tensors. Close it when its tensors are no longer used.
func Open(path string) (*File, error) {
	m, err := mmap.Open(path)
	if err != nil {
		return nil, fmt.Errorf("pytorch: %w", err)
	}
	f, err := parse(m.Data)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("pytorch: %s: %w: %w", path, ErrFormat, err), m.Close())
	}
	f.path, f.file = path, m
	return f, nil
}

// Parse reads a file that is in memory already. Its tensors may be views of data.
func Parse(data []byte) (*File, error) {
	f, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("pytorch: %w: %w", ErrFormat, err)
	}
	return f, nil
}

// Close releases the mapping. The Data of all tensors must not be used any more. A second call does nothing.
func (f *File) Close() error {
	if f.file == nil {
		return nil
	}
	if err := f.file.Close(); err != nil {
		return fmt.Errorf("pytorch: %s: %w", f.path, err)
	}
	return nil
}

// Names returns the names of all tensors, sorted.
func (f *File) Names() []string { return slices.Sorted(maps.Keys(f.tensors)) }

// Tensor returns the tensor of that name, row-major: a view of the file, or a copy if it lies there in another order.
func (f *File) Tensor(name string) (safetensors.Tensor, error) {
	t, ok := f.tensors[name]
	if !ok {
		where := ""
		if f.path != "" {
			where = f.path + ": "
		}
		return safetensors.Tensor{}, fmt.Errorf("pytorch: %stensor %q: %w (it has %d tensors)", where, name, safetensors.ErrNoTensor, len(f.tensors))
	}
	return safetensors.Tensor{Name: name, DType: t.storage.dtype, Shape: t.shape, Data: t.data()}, nil
}

const again = `in Python, torch.save(torch.load("pytorch_model.bin", weights_only=True), "pytorch_model.bin") writes it anew`

func parse(data []byte) (*File, error) {
	switch {
	case len(data) == 0:
		return nil, errors.New("it is empty (download it again)")
	case bytes.HasPrefix(data, []byte("version https://git-lfs")):
		return nil, errors.New("it is the pointer that Git LFS left in the place of the file (run: git lfs pull)")
	}
	tensors, err := map[string]*tensor(nil), error(nil)
	if at, ok := isLegacy(data); ok {
		tensors, err = parseLegacy(data, at)
	} else if data[0] == opProto {
		err = barePickle(data)
	} else {
		tensors, err = parseZip(data)
	}
	if err != nil {
		return nil, err
	}
	return &File{tensors: tensors}, nil
}

// barePickle says what is wrong with a pickle that is not in one of torch.save's formats: above all whether it wants to run something.
func barePickle(data []byte) error {
	if _, err := (&legacy{data: data}).load(nil); err != nil {
		return err
	}
	return fmt.Errorf("a pickle that torch.save did not write (%s)", again)
}

// stateDict returns the tensors that a pickle has by name.
func stateDict(v any) (map[string]*tensor, error) {
	d, ok := v.(*dict)
	if !ok {
		return nil, fmt.Errorf("it holds %s (want the state dict of a model)", kind(v))
	}
	tensors := map[string]*tensor{}
	for k, v := range d.m {
		name, ok := k.(string)
		if t, is := v.(*tensor); ok && is {
			tensors[name] = t
		}
	}
	if len(tensors) == 0 {
		return nil, errors.New("it holds no tensors by name (is it a checkpoint of a training run? want the state dict of a model)")
	}
	return tensors, nil
}

func parseZip(data []byte) (map[string]*tensor, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("%w (truncated? download it again)", err)
	}
	a := archive{data: data, members: make(map[string]*zip.File, len(z.File))}
	root, found := "", false
	for _, f := range z.File {
		if _, ok := a.members[f.Name]; ok {
			return nil, fmt.Errorf("member %q occurs twice", f.Name)
		}
		a.members[f.Name] = f
		if dir, ok := strings.CutSuffix(f.Name, "data.pkl"); ok && strings.Count(f.Name, "/") <= 1 {
			if found {
				return nil, errors.New("it has more than one data.pkl")
			}
			root, found = dir, true
		}
	}
	if !found {
		return nil, errors.New("an archive without data.pkl (was it written by torch.save?)")
	}
	if _, ok := a.members[root+"byteorder"]; ok {
		b, err := a.read(root + "byteorder")
		if err != nil {
			return nil, err
		}
		if string(b) != "little" {
			return nil, fmt.Errorf("byte order %.10q (only \"little\" is supported)", b)
		}
	}
	program, err := a.read(root + "data.pkl")
	if err != nil {
		return nil, err
	}
	if len(program) > maxPickle {
		return nil, fmt.Errorf("data.pkl has %d bytes, more than %d", len(program), maxPickle)
	}
	p := unpickler{in: program, storage: a.storages(root + "data/")}
	v, err := p.run()
	if err != nil {
		return nil, fmt.Errorf("data.pkl: %w", err)
	}
	tensors, err := stateDict(v)
	if err != nil {
		return nil, fmt.Errorf("data.pkl: %w", err)
	}
	return tensors, nil
}

// An archive gives the members of a zip file as parts of it.
type archive struct {
	data    []byte
	members map[string]*zip.File
}

func (a *archive) read(name string) ([]byte, error) {
	f, ok := a.members[name]
	if !ok {
		return nil, fmt.Errorf("member %q is missing", name)
	}
	if f.Method != zip.Store || f.CompressedSize64 != f.UncompressedSize64 {
		return nil, fmt.Errorf("member %q is compressed, which torch.save does not do (%s)", name, again)
	}
	at, err := f.DataOffset()
	if err != nil {
		return nil, fmt.Errorf("member %q: %w", name, err)
	}
	size := uint64(len(a.data))
	if at < 0 || uint64(at) > size || f.UncompressedSize64 > size-uint64(at) {
		return nil, fmt.Errorf("member %q: %d bytes from %d on, in a file of %d (truncated? download it again)", name, f.UncompressedSize64, at, size)
	}
	return a.data[at : uint64(at)+f.UncompressedSize64 : uint64(at)+f.UncompressedSize64], nil
}

// storages returns a function that finds each storage once.
func (a *archive) storages(dir string) storageFunc {
	found := map[string]*storage{}
	return func(id storageID) (*storage, error) {
		s, ok := found[id.key]
		if !ok {
			b, err := a.read(dir + id.key)
			if err != nil {
				return nil, err
			}
			s = &storage{id.dtype, len(b) / (id.dtype.Bits() / 8), b}
			found[id.key] = s
		}
		switch {
		case s.dtype != id.dtype:
			return nil, fmt.Errorf("storage %q is of type %s in one place, %s in another", id.key, s.dtype, id.dtype)
		case id.n < 0 || id.n > s.n:
			return nil, fmt.Errorf("storage %q of %d numbers has bytes for %d (truncated? download it again)", id.key, id.n, s.n)
		case id.isView:
			return nil, fmt.Errorf("storage %q is a view of another, as in the legacy format only", id.key)
		}
		return s, nil
	}
}

// newTensor checks that a view stays within its storage.
func newTensor(s *storage, offset int, shape, stride []int) (*tensor, error) {
	if len(shape) != len(stride) {
		return nil, fmt.Errorf("a shape %v with strides %v", shape, stride)
	}
	if len(shape) > maxDims {
		return nil, fmt.Errorf("a tensor of %d dimensions (at most %d)", len(shape), maxDims)
	}
	have := s.n
	n, last, over := uint64(1), uint64(0), offset < 0
	for i, d := range shape {
		if d < 0 || stride[i] < 0 {
			return nil, fmt.Errorf("a shape %v with strides %v (none may be negative)", shape, stride)
		}
		hi, lo := bits.Mul64(n, uint64(d))
		over, n = over || hi != 0, lo
		hi, lo = bits.Mul64(uint64(max(d-1, 0)), uint64(stride[i]))
		over = over || hi != 0 || lo > math.MaxInt
		last += lo
		over = over || last > math.MaxInt
	}
	switch {
	// A view larger than its storage, which a stride of 0 makes, is legal in PyTorch. No model stores its weights so.
	case over, n > uint64(have), n > 0 && (uint64(offset) >= uint64(have) || last >= uint64(have-offset)):
		return nil, fmt.Errorf("a tensor of shape %v, strides %v and offset %d does not fit its storage of %d numbers", shape, stride, offset, have)
	}
	return &tensor{s, offset, shape, stride}, nil
}

// data returns the bytes of t in row-major order.
func (t *tensor) data() []byte {
	size := t.storage.dtype.Bits() / 8
	n, contiguous := 1, true
	for i := len(t.shape) - 1; i >= 0; i-- {
		contiguous = contiguous && (t.shape[i] == 1 || t.stride[i] == n)
		n *= t.shape[i]
	}
	switch {
	case n == 0:
		return nil
	case contiguous:
		return t.storage.data[t.offset*size : (t.offset+n)*size : (t.offset+n)*size]
	}
	out := make([]byte, 0, n*size)
	at, index := t.offset, make([]int, len(t.shape))
	for {
		out = append(out, t.storage.data[at*size:(at+1)*size]...)
		d := len(index) - 1
		for ; d >= 0; d-- {
			index[d]++
			at += t.stride[d]
			if index[d] < t.shape[d] {
				break
			}
			at -= t.stride[d] * t.shape[d]
			index[d] = 0
		}
		if d < 0 {
			return out
		}
	}
}
