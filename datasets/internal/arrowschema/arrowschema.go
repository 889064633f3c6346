// Package arrowschema looks at the counts in an Arrow schema before arrow reads it:
// arrow makes room for as many fields as a damaged count says, which no recover can
// stop. What it looks at is the table Schema of Schema.fbs in the Arrow format.
package arrowschema

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// CheckFile checks the schema of an IPC file, CheckStream that of a stream or of
// the message that Parquet files hold. They read no further.
func CheckFile(r io.ReaderAt, size int64) error { return check(r, size, true) }

// CheckStream checks the schema of an IPC stream; see CheckFile.
func CheckStream(r io.ReaderAt, size int64) error { return check(r, size, false) }

// CheckMessages checks the lengths of the messages of an IPC stream, up to its end mark or the last byte, since some writers of files
// leave the mark out: arrow makes room for as much as each claims before it reads, and for as many buffers as columns of views claim.
func CheckMessages(r io.ReaderAt, size int64) (err error) {
	defer inside("a message", &err)
	var head [8]byte
	var v *views
	for at := int64(0); at < size; {
		if _, err := r.ReadAt(head[:], at); err != nil {
			return io.ErrUnexpectedEOF
		}
		if binary.LittleEndian.Uint32(head[:]) != 0xffffffff {
			return fmt.Errorf("no message begins at byte %d", at)
		}
		n := int64(int32(binary.LittleEndian.Uint32(head[4:])))
		if n == 0 {
			return nil
		}
		if at += 8; n < 8 || n > size-at {
			return fmt.Errorf("a message of %d bytes at byte %d of %d", n, at, size)
		}
		buf := make(flat, n)
		if _, err := r.ReadAt(buf, at); err != nil {
			return io.ErrUnexpectedEOF
		}
		if v == nil {
			if v, err = newViews(buf); err != nil {
				return err
			}
		} else if err := v.check(buf); err != nil {
			return err
		}
		at += n
		body := int64(0)
		if p := buf.slot(buf.u32(0), 3); p != 0 {
			body = int64(binary.LittleEndian.Uint64(buf[p:]))
		}
		if body < 0 || body > size-at {
			return fmt.Errorf("a message with %d bytes of data at byte %d of %d", body, at, size)
		}
		at += body
	}
	return nil
}

// Dictionaries returns how many dictionaries the footer of an IPC file names, and where the stream of messages ends that
// lies between the first eight bytes and it. The file has passed CheckFile.
func Dictionaries(r io.ReaderAt, size int64) (n int, end int64, err error) {
	defer inside("the footer", &err)
	buf, end, err := readFooter(r, size)
	if err != nil {
		return 0, 0, err
	}
	if _, n, err = buf.vector(buf.u32(0), 2); err != nil {
		return 0, 0, err
	}
	return n, end, nil
}

// readFooter returns the footer of a file that has passed CheckFile, and where it begins.
func readFooter(r io.ReaderAt, size int64) (buf flat, at int64, err error) {
	var length [4]byte
	if _, err := r.ReadAt(length[:], size-10); err != nil {
		return nil, 0, err
	}
	at = size - 10 - int64(binary.LittleEndian.Uint32(length[:]))
	buf = make(flat, size-10-at)
	_, err = r.ReadAt(buf, at)
	return buf, at, err
}

func check(r io.ReaderAt, size int64, file bool) (err error) {
	var head [8]byte
	at := int64(0)
	if file {
		at = size - 10 // length of the footer, ARROW1
	}
	if at < 0 {
		return io.ErrUnexpectedEOF
	}
	if _, err := r.ReadAt(head[:], at); err != nil {
		return io.ErrUnexpectedEOF
	}
	n, from := int64(int32(binary.LittleEndian.Uint32(head[4:]))), int64(8)
	switch {
	case file:
		n = int64(binary.LittleEndian.Uint32(head[:]))
		from = at - n
	case binary.LittleEndian.Uint32(head[:]) != 0xffffffff:
		return errors.New("it does not begin with a message")
	}
	if n < 4 || from < 0 || from+n > size {
		return errors.New("the length of the schema is wrong")
	}
	buf := make(flat, n)
	if _, err := r.ReadAt(buf, from); err != nil && err != io.EOF {
		return err
	}
	defer inside("the schema", &err)
	slot := 2 // of a message: its header
	if file {
		slot = 1 // of a footer
	}
	schema := buf.slot(buf.u32(0), slot)
	if schema == 0 {
		return errors.New("no schema")
	}
	budget := len(buf)
	return buf.checkFields(schema+buf.u32(schema), 1, 0, &budget)
}

// inside turns a slice out of range into an error. It is to be deferred.
func inside(what string, err *error) {
	if recover() != nil {
		*err = fmt.Errorf("an offset in %s points outside it", what)
	}
}

const maxDepth = 64

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
	if depth > maxDepth {
		err = fmt.Errorf("fields nested deeper than %d", maxDepth)
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
