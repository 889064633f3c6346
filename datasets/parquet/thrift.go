package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// A compact reads the compact protocol of Thrift, in which Parquet writes its footer and the headers of pages, without making anything
// of it: arrow makes room for as many elements and bytes as a damaged count says, which no recover can stop. What is
// here has been counted. See thrift-compact-protocol.md of Apache Thrift.
type compact struct {
	buf []byte
	at  int
	err error // the first one; what is read after it is 0
}

// Types of the protocol. A bool among the fields of a struct is its type.
const (
	typeTrue   = 1
	typeFalse  = 2
	typeI8     = 3
	typeI16    = 4
	typeI32    = 5
	typeI64    = 6
	typeDouble = 7
	typeBinary = 8
	typeList   = 9
	typeSet    = 10
	typeMap    = 11
	typeStruct = 12
)

// mostNested is how deep structs and lists may lie in each other; those of Parquet go eight deep.
const mostNested = 32

// errCut says that the bytes end within a value; more of the file may help.
var errCut = errors.New("it ends within a value")

func (c *compact) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

func (c *compact) left() int { return len(c.buf) - c.at }

func (c *compact) byte() byte {
	if c.err == nil && c.left() == 0 {
		c.err = errCut
	}
	if c.err != nil {
		return 0
	}
	c.at++
	return c.buf[c.at-1]
}

func (c *compact) varint() uint64 {
	if c.err != nil {
		return 0
	}
	v, n := binary.Uvarint(c.buf[c.at:])
	switch {
	case n == 0:
		c.err = errCut
	case n < 0:
		c.err = errors.New("a number is longer than 64 bits")
	default:
		c.at += n
		return v
	}
	return 0
}

// i32 reads a number as arrow does, which looks at no more than 32 bits of it.
func (c *compact) i32() int32 {
	v := uint32(c.varint())
	return int32(v>>1) ^ -int32(v&1)
}

// pass skips n bytes, which must be there.
func (c *compact) pass(n uint64) {
	switch {
	case c.err != nil:
	case n > uint64(c.left()):
		c.err = errCut
	default:
		c.at += int(n)
	}
}

// fields calls f with the number and the type of each field of a struct. f reads the value or returns false, and then it is skipped.
func (c *compact) fields(depth int, f func(id int16, typ byte) bool) {
	if depth > mostNested {
		c.fail(fmt.Errorf("nested deeper than %d", mostNested))
	}
	id := int16(0)
	for c.err == nil {
		head := c.byte()
		typ := head & 15
		if typ == 0 || c.err != nil {
			return
		}
		if delta := head >> 4; delta != 0 {
			id += int16(delta)
		} else {
			id = int16(c.i32())
		}
		if !f(id, typ) {
			c.skip(typ, depth)
		}
	}
}

// elements reads the head of a list or a set. Each element takes a byte at least, so that a count is never more than there are bytes.
func (c *compact) elements() (n int, typ byte) {
	head := c.byte()
	count := uint64(head >> 4)
	if count == 15 {
		count = c.varint()
	}
	return c.count(count), head & 15
}

func (c *compact) count(n uint64) int {
	if c.err == nil && n > uint64(c.left()) {
		c.err = errCut
	}
	if c.err != nil {
		return 0
	}
	return int(n)
}

// skip passes over a field of a struct.
func (c *compact) skip(typ byte, depth int) {
	if typ != typeTrue && typ != typeFalse {
		c.value(typ, depth)
	}
}

// value passes over a value.
func (c *compact) value(typ byte, depth int) {
	if depth > mostNested {
		c.fail(fmt.Errorf("nested deeper than %d", mostNested))
	}
	switch typ {
	case typeTrue, typeFalse, typeI8:
		c.pass(1)
	case typeI16, typeI32, typeI64:
		c.varint()
	case typeDouble:
		c.pass(8)
	case typeBinary:
		c.pass(c.varint())
	case typeList, typeSet:
		n, typ := c.elements()
		for range n {
			c.value(typ, depth+1)
		}
	case typeMap:
		if n := c.count(c.varint()); n > 0 {
			types := c.byte()
			for range n {
				c.value(types>>4, depth+1)
				c.value(types&15, depth+1)
			}
		}
	case typeStruct:
		c.fields(depth+1, func(int16, byte) bool { return false })
	default:
		c.fail(fmt.Errorf("unknown type %d", typ))
	}
}
