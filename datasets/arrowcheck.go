package datasets

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// checkArrowSchema looks at the counts in the schema of an Arrow file or stream
// before arrow reads it: arrow makes room for as many fields as a damaged count
// says, which no recover can stop. What it looks at is the table "Schema" of
// Schema.fbs in the Arrow format; a slice out of range panics, for the caller to
// recover.
func checkArrowSchema(r *io.SectionReader, file bool) error {
	var head [8]byte
	at := int64(0)
	if file {
		at = r.Size() - 10 // length of the footer, ARROW1
	}
	if _, err := r.ReadAt(head[:], at); err != nil {
		return err
	}
	n, from := int64(int32(binary.LittleEndian.Uint32(head[4:]))), int64(8)
	switch {
	case file:
		n = int64(binary.LittleEndian.Uint32(head[:]))
		from = r.Size() - 10 - n
	case binary.LittleEndian.Uint32(head[:]) != 0xffffffff:
		return errors.New("the stream does not begin with a message")
	}
	if n < 4 || from < 0 || from+n > r.Size() {
		return errors.New("the length of the schema is wrong")
	}
	buf := make(flat, n)
	if _, err := r.ReadAt(buf, from); err != nil {
		return err
	}
	schema := buf.slot(buf.u32(0), 1) // of a footer
	if !file {
		schema = buf.slot(buf.u32(0), 2) // of a message: its header
	}
	if schema == 0 {
		return errors.New("no schema")
	}
	budget := len(buf)
	return buf.checkFields(schema+buf.u32(schema), 1, 0, &budget)
}

// flat is a FlatBuffer. Positions are offsets from its start, 0 for none.
type flat []byte

func (f flat) u32(p int) int { return int(binary.LittleEndian.Uint32(f[p:])) }

func (f flat) u16(p int) int { return int(binary.LittleEndian.Uint16(f[p:])) }

// slot returns the position of field i of the table at t.
func (f flat) slot(t, i int) int {
	vtable := t - int(int32(f.u32(t)))
	if at := 4 + 2*i; at < f.u16(vtable) {
		if off := f.u16(vtable + at); off != 0 {
			return t + off
		}
	}
	return 0
}

// vector returns where the 32-bit elements of the vector in field i of table t
// begin, and how many there are.
func (f flat) vector(t, i int) (at, n int, err error) {
	p := f.slot(t, i)
	if p == 0 {
		return 0, 0, nil
	}
	p += f.u32(p)
	if n = f.u32(p); p+4+4*n > len(f) {
		return 0, 0, fmt.Errorf("a count of %d in a schema of %d bytes", n, len(f))
	}
	return p + 4, n, nil
}

// checkFields checks the fields in field i of table t, and what is below them.
func (f flat) checkFields(t, i, depth int, budget *int) error {
	at, n, err := f.vector(t, i)
	if err == nil {
		err = tooDeep(depth)
	}
	if err == nil {
		_, _, err = f.vector(t, i+1) // custom metadata comes after the fields, in both tables
	}
	if err != nil {
		return err
	}
	for k := range n {
		if *budget--; *budget < 0 {
			return errors.New("more fields than the schema has room for")
		}
		field := at + 4*k
		if err := f.checkFields(field+f.u32(field), 5, depth+1, budget); err != nil {
			return err
		}
	}
	return nil
}
