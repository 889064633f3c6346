package hub

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
	"strconv"
)

// verifiable reports whether an etag is a checksum: SHA-256 of LFS files, or the
// SHA-1 that git gives a blob. Mirrors may have others.
func verifiable(etag string) bool { return isSHA256(etag) || isCommit(etag) }

// verify compares the file at path with its etag and size (-1 if not known), as it
// lies on the disk, so whatever brought it there is checked too.
func verify(path, etag string, size int64) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	if size >= 0 && st.Size() != size {
		return fmt.Errorf("%w: %d bytes instead of %d", ErrMismatch, st.Size(), size)
	}
	var h hash.Hash
	switch {
	case isSHA256(etag):
		h = sha256.New()
	case isCommit(etag):
		h = sha1.New()
		io.WriteString(h, "blob "+strconv.FormatInt(st.Size(), 10)+"\x00")
	default:
		return nil
	}
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != etag {
		return fmt.Errorf("%w: checksum %s instead of %s", ErrMismatch, got, etag)
	}
	return nil
}
