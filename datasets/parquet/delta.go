package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v15/parquet/compress"
)

// Encodings of values as differences, whose first numbers arrow makes room for.
const (
	deltaBinaryPacked = 5
	deltaLengths      = 6 // DELTA_LENGTH_BYTE_ARRAY: lengths as differences, then the bytes
	deltaBytes        = 7 // DELTA_BYTE_ARRAY: lengths of prefixes, then the same for suffixes
)

// mostDeltaBlock is the number of values in a block; writers take 128 to some thousands.
const mostDeltaBlock = 1 << 20

// checkDelta looks at the values of a page, which it decompresses, of an encoding by differences.
func (w *pageWalk) checkDelta(h *pageHeader, codec compress.Compression, at int64, repeated, optional bool) error {
	data, err := w.unpacked(h, codec, at)
	if err != nil {
		return err
	}
	if h.kind == dataPage {
		for _, has := range []bool{repeated, optional} {
			if !has {
				continue
			}
			if len(data) < 4 || uint64(binary.LittleEndian.Uint32(data)) > uint64(len(data)-4) {
				return errors.New("its levels are longer than it is")
			}
			data = data[4+binary.LittleEndian.Uint32(data):]
		}
	}
	d := &deltas{c: compact{buf: data}, values: uint64(h.values)}
	d.head()
	if h.encoding == deltaBytes {
		d.blocks()
		d.head()
	}
	if d.c.err != nil {
		return fmt.Errorf("its values, encoded as differences, are damaged: %w", d.c.err)
	}
	return nil
}

// deltas passes over DELTA_BINARY_PACKED numbers. Their variable-length integers are those of Thrift.
type deltas struct {
	c      compact
	values uint64 // of the page, nulls among them

	block, minis, total uint64
}

func (d *deltas) head() {
	c := &d.c
	if d.block, d.minis, d.total = c.varint(), c.varint(), c.varint(); c.err != nil {
		return
	}
	c.varint() // the first value
	switch {
	case d.block == 0 || d.block > mostDeltaBlock || d.minis == 0 || d.minis > d.block:
		c.fail(fmt.Errorf("%d parts in blocks of %d", d.minis, d.block))
	case d.total > d.values:
		c.fail(fmt.Errorf("%d values in a page of %d", d.total, d.values))
	}
}

func (d *deltas) blocks() {
	c := &d.c
	if c.err != nil || d.total == 0 {
		return
	}
	mini := d.block / d.minis
	for left := d.total - 1; left > 0 && c.err == nil; {
		c.varint() // the least difference
		widths := c.at
		c.pass(d.minis)
		for i := range d.minis {
			if left == 0 || c.err != nil {
				break
			}
			c.pass(uint64(c.buf[widths+int(i)]) * mini / 8)
			left -= min(left, mini)
		}
	}
}
