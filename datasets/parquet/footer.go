package parquet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

var (
	magic          = []byte("PAR1")
	magicEncrypted = []byte("PARE")
)

// footerTail is the length of the footer, and the magic.
const footerTail = 8

// mostGroups is how deep the groups of a schema may lie in each other.
const mostGroups = 100

// checkFooter looks at the counts in the footer of a file before arrow reads it, and returns where the data end.
func checkFooter(r io.ReaderAt, size int64) (dataEnd int64, err error) {
	var tail [footerTail]byte
	if size < footerTail {
		return 0, io.ErrUnexpectedEOF
	}
	if _, err := r.ReadAt(tail[:], size-footerTail); err != nil && err != io.EOF {
		return 0, err
	}
	switch {
	case bytes.Equal(tail[4:], magicEncrypted):
		return 0, errors.New("the file is encrypted, which is not supported (write it without encryption)")
	case !bytes.Equal(tail[4:], magic):
		return 0, errors.New("not a Parquet file, or cut short: it does not end with PAR1")
	}
	n := int64(binary.LittleEndian.Uint32(tail[:]))
	if n > size-footerTail-int64(len(magic)) {
		return 0, fmt.Errorf("not a Parquet file, or cut short: it claims a footer of %d bytes in a file of %d", n, size)
	}
	dataEnd = size - footerTail - n
	footer := make([]byte, n)
	if _, err := r.ReadAt(footer, dataEnd); err != nil && err != io.EOF {
		return 0, err
	}
	if err := checkFileMetaData(footer); err != nil {
		return 0, fmt.Errorf("the footer is damaged: %w", err)
	}
	return dataEnd, nil
}

// checkFileMetaData checks the struct FileMetaData of parquet.thrift: the counts of its lists, and those in the tree of the schema,
// whose elements follow one another in depth-first order.
func checkFileMetaData(footer []byte) error {
	c := &compact{buf: footer}
	c.fields(0, func(id int16, typ byte) bool {
		if id != 2 || typ != typeList {
			return false
		}
		n, typ := c.elements()
		if typ != typeStruct {
			for range n {
				c.value(typ, 1)
			}
			return true
		}
		var open []int // children that groups still miss, the innermost last
		for range n {
			children := 0
			c.fields(1, func(id int16, typ byte) bool {
				if id != 5 || typ != typeI32 {
					return false
				}
				children = int(c.i32())
				return true
			})
			for len(open) > 0 && open[len(open)-1] == 0 {
				open = open[:len(open)-1]
			}
			if len(open) > 0 {
				open[len(open)-1]--
			}
			switch {
			case children < 0 || children >= n:
				c.fail(fmt.Errorf("a group of %d columns among the %d elements of the schema", children, n))
			case len(open) == mostGroups:
				c.fail(fmt.Errorf("groups of columns nested deeper than %d", mostGroups))
			case children > 0:
				open = append(open, children)
			}
			if c.err != nil {
				break
			}
		}
		return true
	})
	return c.err
}
