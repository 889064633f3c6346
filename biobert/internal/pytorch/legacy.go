package pytorch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/sparsebio/sparsebio/biobert/internal/safetensors"
)

// magic ends the first pickle of a file in the legacy format: a number of 10 bytes.
var magic = []byte("\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.")

// legacyVersion is the only one that there has been since PyTorch 0.1.10.
const legacyVersion = 1001

// isLegacy says whether data is in the legacy format, and where its second pickle begins.
func isLegacy(data []byte) (at int, ok bool) {
	const before = 2 + 9 // the protocol, and from protocol 4 on the size of a frame
	i := bytes.Index(data[:min(len(data), before+len(magic))], magic)
	return i + len(magic), i >= 0 && data[0] == opProto
}

// A legacy is a file in the legacy format while it is read from its beginning to its end.
type legacy struct {
	data     []byte
	at       int
	storages map[string]*storage // by key, those whose bytes have not been found
	views    []storageView
}

// A storageView is a storage that is part of another, as PyTorch before 0.4 has them. Its offset is in numbers.
type storageView struct {
	part, of *storage
	offset   int
}

func parseLegacy(data []byte, at int) (map[string]*tensor, error) {
	l := &legacy{data: data, at: at, storages: map[string]*storage{}}
	version, err := l.load(nil)
	if err != nil {
		return nil, fmt.Errorf("the version of its format: %w", err)
	}
	if n, ok := version.(int); !ok {
		return nil, fmt.Errorf("%s where the version of its format should be", kind(version))
	} else if n != legacyVersion {
		return nil, fmt.Errorf("version %d of the legacy format (only %d is supported)", n, legacyVersion)
	}
	system, err := l.load(nil)
	if err != nil {
		return nil, fmt.Errorf("what it says of the system: %w", err)
	}
	if d, ok := system.(*dict); !ok || d.m["little_endian"] != true {
		return nil, errors.New("it was not written by a little-endian system (only that is supported)")
	}
	v, err := l.load(l.storage)
	if err != nil {
		return nil, err
	}
	tensors, err := stateDict(v)
	if err != nil {
		return nil, err
	}
	keys, err := l.load(nil)
	if err != nil {
		return nil, fmt.Errorf("the list of its storages: %w", err)
	}
	return tensors, l.fill(keys)
}

// load runs the next pickle.
func (l *legacy) load(storage storageFunc) (any, error) {
	in := l.data[:min(len(l.data), l.at+maxPickle)]
	p := unpickler{in: in, at: l.at, storage: storage}
	v, err := p.run()
	if errors.Is(err, errTruncated) && len(in) < len(l.data) {
		err = fmt.Errorf("a pickle of more than %d bytes", maxPickle)
	}
	l.at = p.at
	return v, err
}

// storage returns a storage whose bytes come later: from here on there must be room for them.
func (l *legacy) storage(id storageID) (*storage, error) {
	s, ok := l.storages[id.key]
	if !ok {
		room := (len(l.data) - l.at) / (id.dtype.Bits() / 8)
		if id.n < 0 || id.n > room {
			return nil, fmt.Errorf("storage %.50q of %d numbers in a file of %d bytes (truncated? download it again)", id.key, id.n, len(l.data))
		}
		s = &storage{dtype: id.dtype, n: id.n}
		l.storages[id.key] = s
	}
	if s.dtype != id.dtype || s.n != id.n {
		return nil, fmt.Errorf("storage %.50q has %d numbers of type %s in one place, %d of %s in another", id.key, s.n, s.dtype, id.n, id.dtype)
	}
	if !id.isView {
		return s, nil
	}
	if id.size < 0 || id.offset < 0 || id.offset > s.n || id.size > s.n-id.offset {
		return nil, fmt.Errorf("%d numbers from %d on of storage %.50q, which has %d", id.size, id.offset, id.key, s.n)
	}
	part := &storage{dtype: s.dtype, n: id.size}
	l.views = append(l.views, storageView{part, s, id.offset})
	return part, nil
}

// fill finds the bytes of the storages, which follow in the order of keys, each after the number of its elements.
func (l *legacy) fill(keys any) error {
	order, ok := keys.(*list)
	if !ok {
		return fmt.Errorf("%s where the list of its storages should be", kind(keys))
	}
	for _, k := range order.items {
		key, ok := k.(string)
		if !ok {
			return fmt.Errorf("%s in the list of its storages (want a string)", kind(k))
		}
		s := l.storages[key]
		if s == nil {
			return fmt.Errorf("storage %.50q is of no tensor, or comes twice", key)
		}
		delete(l.storages, key)
		rest := l.data[l.at:]
		if len(rest) < 8 {
			return fmt.Errorf("storage %.50q: %w", key, errTruncated)
		}
		if n := binary.LittleEndian.Uint64(rest); n != uint64(s.n) {
			return fmt.Errorf("storage %.50q has %d numbers, its tensors want %d", key, n, s.n)
		}
		rest = rest[8:]
		size := s.n * (s.dtype.Bits() / 8)
		if size > len(rest) {
			return fmt.Errorf("storage %.50q of %d bytes: %w", key, size, errTruncated)
		}
		s.data = rest[:size:size]
		l.at += 8 + size
	}
	if left := slices.Sorted(maps.Keys(l.storages)); len(left) > 0 {
		return fmt.Errorf("the bytes of storage %.50q are missing", left[0])
	}
	for _, v := range l.views {
		size := v.of.dtype.Bits() / 8
		v.part.data = v.of.data[v.offset*size : (v.offset+v.part.n)*size]
	}
	return nil
}

// A storageID is what a pickle says of a storage.
type storageID struct {
	key   string
	dtype safetensors.DType
	n     int // how many numbers it has

	// A view is size numbers of it from offset on.
	isView       bool
	offset, size int
}

type storageFunc func(id storageID) (*storage, error)
