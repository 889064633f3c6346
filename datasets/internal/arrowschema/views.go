package arrowschema

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Values of the unions MessageHeader and Type in Message.fbs and Schema.fbs.
const (
	headerSchema, headerDictionary, headerRecord = 1, 2, 3

	typeBinaryView, typeUtf8View = 23, 24
)

// views are how many columns of views, at any depth, the batches of a stream have: each has a number of buffers that the batch says.
type views struct {
	record       int
	dictionaries map[uint64]int // by ID
	batches      int            // that check has seen
}

// newViews reads the message that a stream begins with.
func newViews(buf flat) (*views, error) {
	kind, table, err := buf.header()
	if err != nil {
		return nil, err
	}
	if kind != headerSchema {
		return nil, errors.New("it does not begin with a schema")
	}
	budget := len(buf)
	if err := buf.checkFields(table, 1, 0, &budget); err != nil {
		return nil, err
	}
	v := &views{dictionaries: make(map[uint64]int)}
	v.record = v.count(buf, table, 1)
	return v, nil
}

// header returns what a message is, and the position of its table.
func (f flat) header() (kind byte, table int, err error) {
	message := f.u32(0)
	k, p := f.slot(message, 1), f.slot(message, 2)
	if k == 0 || p == 0 {
		return 0, 0, errors.New("a message without a header")
	}
	return f[k], p + f.u32(p), nil
}

// check looks at the next batch of a stream. Arrow takes as many as there are dictionaries for these, whatever they are.
func (v *views) check(buf flat) error {
	v.batches++
	return v.batch(buf, v.batches > len(v.dictionaries))
}

// batch looks at a batch of a dictionary, or of records if that may be.
func (v *views) batch(buf flat, record bool) error {
	kind, table, err := buf.header()
	switch {
	case err != nil:
		return err
	case kind == headerRecord && record:
		return buf.checkBatch(table, v.record)
	case kind == headerDictionary:
		if data := buf.slot(table, 1); data != 0 {
			return buf.checkBatch(data+buf.u32(data), v.dictionaries[buf.id(table)])
		}
		return errors.New("a dictionary without values")
	}
	return fmt.Errorf("a message of kind %d where a dictionary or a batch should be", kind)
}

// CheckBlocks does for an IPC file what CheckMessages does for a stream, if there are views in it. The file has passed CheckFile.
func CheckBlocks(r io.ReaderAt, size int64) (err error) {
	defer inside("the footer or in a message", &err)
	footer, _, err := readFooter(r, size)
	if err != nil {
		return err
	}
	root := footer.u32(0)
	schema := footer.slot(root, 1)
	v := &views{dictionaries: make(map[uint64]int)}
	if v.record = v.count(footer, schema+footer.u32(schema), 1); v.record == 0 && len(v.dictionaries) == 0 {
		return nil
	}
	for _, slot := range []int{2, 3} { // of dictionaries and of records, blocks of 24 bytes
		at, n, err := footer.vector(root, slot)
		if err != nil {
			return err
		}
		for ; n > 0; n-- {
			block := footer[at : at+24]
			at += 24
			from, length := int64(binary.LittleEndian.Uint64(block)), int64(int32(binary.LittleEndian.Uint32(block[8:])))
			if from < 0 || length < 8 || length > size || from > size-length {
				return fmt.Errorf("a message of %d bytes at byte %d of %d", length, from, size)
			}
			message := make(flat, length)
			if _, err := r.ReadAt(message, from); err != nil {
				return err
			}
			skip := 4 // its length
			if message.u32(0) == 0xffffffff {
				skip = 8
			}
			if err := v.batch(message[skip:], slot == 3); err != nil {
				return err
			}
		}
	}
	return nil
}

// count counts the views in the fields in field i of table t, which checkFields has checked, and below them.
func (v *views) count(buf flat, t, i int) (n int) {
	at, fields, _ := buf.vector(t, i)
	for k := range fields {
		field := at + 4*k
		field += buf.u32(field)
		here := v.count(buf, field, 5)
		if typ := buf.slot(field, 2); typ != 0 && (buf[typ] == typeBinaryView || buf[typ] == typeUtf8View) {
			here++
		}
		if p := buf.slot(field, 4); p != 0 { // the views are in the dictionary
			id := buf.id(p + buf.u32(p))
			v.dictionaries[id] = max(v.dictionaries[id], here) // columns may share one
			here = 0
		}
		n += here
	}
	return n
}

// id returns field 0 of a table, the ID of a dictionary, 0 if it is not there.
func (f flat) id(t int) uint64 {
	if p := f.slot(t, 0); p != 0 {
		return binary.LittleEndian.Uint64(f[p:])
	}
	return 0
}

// checkBatch checks how many buffers each of the views of the RecordBatch at t has.
func (f flat) checkBatch(t, views int) error {
	p := f.slot(t, 4)
	if p == 0 { // then none has any
		return nil
	}
	p += f.u32(p)
	n := f.u32(p)
	if n < views || p+4+8*n > len(f) {
		return fmt.Errorf("counts of buffers for %d columns of views, want %d", n, views)
	}
	_, buffers, err := f.vector(t, 2)
	if err != nil {
		return err
	}
	for k := range n {
		if c := binary.LittleEndian.Uint64(f[p+4+8*k:]); c > uint64(buffers) {
			return fmt.Errorf("%d buffers of a column, %d of all", c, buffers)
		}
	}
	return nil
}
