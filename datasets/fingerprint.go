package datasets

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// Fingerprint returns a checksum of what the set holds: the names of the columns, their labels, and every
// value, in order. Neither the name of the set nor the file format counts, nor how Arrow stores a value
// (32 or 64 bits, the chunks of a column): a set that is written to a file and loaded again keeps its
// fingerprint as far as the format can hold its values. CSV has no lists, no nulls beside empty
// texts and no labels; JSON has no times.
//
// It is the SHA-256, in hexadecimal, of the columns' contents one after another, and takes a second or
// two a gigabyte. It is not the fingerprint of Python's datasets, which depends on how a set was made.
func (d *Dataset) Fingerprint() string {
	h := &hasher{sum: sha256.New()}
	h.text("sparsebio.dataset 1")
	h.number(uint64(d.NumRows()))
	h.number(uint64(len(d.cols)))
	for k, f := range d.features {
		h.text(f.Name)
		h.labels(&f.Feature)
		for _, a := range d.cols[k].chunks {
			for i := range a.Len() {
				h.value(a, i)
			}
		}
	}
	h.flush()
	return hex.EncodeToString(h.sum.Sum(nil))
}

// A hasher writes values such that no two sequences of values are written alike: a tag of one byte, then
// eight bytes or a length with as many bytes.
type hasher struct {
	sum hash.Hash
	buf []byte
}

func (h *hasher) flush() {
	h.sum.Write(h.buf)
	h.buf = h.buf[:0]
}

func (h *hasher) tagged(tag byte, v uint64) {
	if len(h.buf) > 1<<15 {
		h.flush()
	}
	h.buf = binary.LittleEndian.AppendUint64(append(h.buf, tag), v)
}

func (h *hasher) number(v uint64) { h.tagged('#', v) }

func (h *hasher) text(s string) {
	h.tagged('t', uint64(len(s)))
	h.buf = append(h.buf, s...)
}

// labels writes the names of a ClassLabel, or of those within a list or struct.
func (h *hasher) labels(f *Feature) {
	switch {
	case f.Type == "ClassLabel":
		h.tagged('c', uint64(len(f.Names)))
		for _, n := range f.Names {
			h.text(n)
		}
	case f.Elem != nil:
		h.labels(f.Elem)
	default:
		for i := range f.Fields {
			h.labels(&f.Fields[i].Feature)
		}
	}
}

func (h *hasher) value(a arrow.Array, i int) {
	if a.IsNull(i) || a.DataType().ID() == arrow.NULL {
		h.tagged('n', 0)
		return
	}
	if s, ok := textAt(a, i); ok {
		h.text(s)
		return
	}
	if v, ok := intAt(a, i); ok {
		h.tagged('i', uint64(v))
		return
	}
	if v, ok := floatAt(a, i); ok {
		if math.IsNaN(v) {
			v = math.NaN() // of which there are many
		}
		h.tagged('f', math.Float64bits(v))
		return
	}
	if v, ok := timeAt(a, i); ok {
		h.tagged('m', uint64(v.Unix()))
		h.number(uint64(v.Nanosecond()))
		return
	}
	switch a := a.(type) {
	case *array.Boolean:
		h.tagged('b', uint64(btoi(a.Value(i))))
	case *array.Uint64:
		h.tagged('u', a.Value(i))
	case *array.Binary:
		h.bytes(a.Value(i))
	case *array.LargeBinary:
		h.bytes(a.Value(i))
	case *array.FixedSizeBinary:
		h.bytes(a.Value(i))
	case *array.Dictionary:
		h.value(a.Dictionary(), a.GetValueIndex(i))
	case *array.Struct:
		fields := a.DataType().(*arrow.StructType).Fields()
		h.tagged('s', uint64(len(fields)))
		for k, f := range fields {
			h.text(f.Name)
			h.value(a.Field(k), i)
		}
	case array.ListLike:
		from, to := a.ValueOffsets(i)
		h.tagged('l', uint64(to-from))
		for j := from; j < to; j++ {
			h.value(a.ListValues(), int(j))
		}
	default:
		h.tagged('o', 0)
		h.text(a.ValueStr(i))
	}
}

func (h *hasher) bytes(b []byte) {
	h.tagged('y', uint64(len(b)))
	h.buf = append(h.buf, b...)
}
