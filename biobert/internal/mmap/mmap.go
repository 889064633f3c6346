// Package mmap maps files into memory for reading.
package mmap

import (
	"fmt"
	"io"
	"math"
	"os"
)

// A File is the contents of a file. Data is read-only and only valid until Close:
// writing to it crashes the program.
type File struct {
	Data  []byte
	unmap func() error
}

// Open maps the file at path; where the system cannot, it reads it. An empty
// file gives empty Data.
func Open(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	switch {
	case !st.Mode().IsRegular():
		return nil, fmt.Errorf("%s: not a regular file", path)
	case st.Size() > math.MaxInt:
		return nil, fmt.Errorf("%s: %d bytes are too many for this system", path, st.Size())
	case st.Size() == 0:
		return &File{}, nil
	}
	if m, err := mapFile(f, int(st.Size())); err == nil {
		return m, nil
	}
	b, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	return &File{Data: b}, nil
}

// Close releases the memory. A second call does nothing.
func (f *File) Close() error {
	unmap := f.unmap
	f.Data, f.unmap = nil, nil
	if unmap == nil {
		return nil
	}
	return unmap()
}
