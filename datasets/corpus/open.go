package corpus

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// maxFile is how many bytes of a file are read at most, after decompression. The largest corpus has 7 MB;
// a file that unpacks to more than this is damaged, or made to fill the memory.
const maxFile = 1 << 30

// ReadFile reads the file at path with one of the readers of this package that take one:
//
//	sentences, err := corpus.ReadFile("devel.tsv.gz", corpus.ReadCoNLL)
//
// A file compressed with gzip is unpacked, whatever its name. Errors are [*ParseError] with the path.
func ReadFile[T any](path string, read func(io.Reader) (T, error)) (T, error) {
	var zero T
	f, err := open(path)
	if err != nil {
		return zero, err
	}
	defer f.Close()
	v, err := read(f)
	if err != nil {
		return zero, inFile(path, err)
	}
	return v, nil
}

// An unpacked file is one that is read through its decompression.
type unpacked struct {
	io.Reader
	f *os.File
}

func (u unpacked) Close() error { return u.f.Close() }

// open opens the file at path, unpacks it, and refuses to read more than maxFile.
func open(path string) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &ParseError{Path: path, Err: withoutPath(err)}
	}
	r, err := decompress(f)
	if err != nil {
		f.Close()
		return nil, &ParseError{Path: path, Err: withoutPath(err)}
	}
	return unpacked{&capped{r, maxFile}, f}, nil
}

// withoutPath returns an error of package os without the path, which a ParseError has.
func withoutPath(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// decompress unpacks r if it begins as gzip does.
func decompress(r io.Reader) (io.Reader, error) {
	b := bufio.NewReader(r)
	head, err := b.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if string(head) != "\x1f\x8b" {
		return b, nil
	}
	return gzip.NewReader(b)
}

// A capped reader fails after so many bytes.
type capped struct {
	r    io.Reader
	left int64
}

func (c *capped) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, fmt.Errorf("more than %d bytes", int64(maxFile))
	}
	n, err := c.r.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}

// beside returns the first of the names that there is in the folder of path, with or without .gz at
// its end, or "".
func beside(path string, names ...string) string {
	dir := filepath.Dir(path)
	for _, name := range names {
		name = strings.TrimSuffix(name, ".gz")
		for _, try := range []string{name, name + ".gz"} {
			if st, err := os.Stat(filepath.Join(dir, try)); err == nil && !st.IsDir() {
				return filepath.Join(dir, try)
			}
		}
	}
	return ""
}
