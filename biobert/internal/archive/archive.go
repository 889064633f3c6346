// Package archive unpacks checkpoints that come as one tar file, compressed with gzip or not, as
// deployment.tar.gz of the SparseZoo does:
//
//	deployment/config.json
//	deployment/model.onnx
//	deployment/tokenizer.json ...
//
// They are unpacked once, into a folder named by the SHA-256 of the file. The folder appears whole or not at
// all. Nothing that an archive says is believed: it may hold folders and files only, no links, below
// the folder it is unpacked to, each name once, within the limits below.
package archive

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofrs/flock"
)

// ErrFormat is in every error about the contents of an archive.
var ErrFormat = errors.New("not an archive of a checkpoint that can be read")

// Limits. The largest BERT of the SparseZoo has 1.3 GB and some twenty files.
const (
	maxFile    = 8 << 30
	maxTotal   = 16 << 30
	maxEntries = 4096
	maxName    = 1024 // bytes
	maxDepth   = 16   // folders in folders

	// What is unpacked may be maxRatio times as large as the archive, or have free bytes if that is more.
	// Weights of which 90 % are zeros come to ten times as much.
	maxRatio = 200
	free     = 64 << 20
)

// lockPoll is how often a lock that another program holds is tried again.
const lockPoll = 50 * time.Millisecond

// limits are those on what an archive unpacks to, in bytes.
type limits struct{ file, total int64 }

// Open returns the checkpoint folder in the archive at path, after unpacking it below the folder cache unless
// that has been done. It stops when ctx ends.
func Open(ctx context.Context, path, cache string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum, err := sumOf(ctx, f)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, sum)
	if err := unpackOnce(ctx, f, dir); err != nil {
		return "", err
	}
	return find(dir)
}

// sumOf returns the SHA-256 of a file, and goes back to its beginning.
func sumOf(ctx context.Context, f *os.File) (string, error) {
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = fmt.Errorf("%s: not a regular file", f.Name())
	}
	if err != nil {
		return "", err
	}
	h := sha256.New()
	if _, err = io.Copy(h, reader{ctx, f}); err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	return hex.EncodeToString(h.Sum(nil)), err
}

// reader is one that ends with a context.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r reader) Read(b []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.r.Read(b)
}

func isDir(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}

func unpackOnce(ctx context.Context, f *os.File, dir string) error {
	if isDir(dir) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	// The lock saves another program the same work. Nothing else hangs on it, so file systems without locks do.
	lock := flock.New(dir + ".lock")
	if locked, _ := lock.TryLockContext(ctx, lockPoll); locked {
		defer lock.Unlock()
		removeLeft(dir)
	}
	if isDir(dir) {
		return nil
	}
	st, err := f.Stat()
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), filepath.Base(dir)+".*.tmp")
	if err != nil {
		return err
	}
	lim := limits{file: maxFile, total: min(maxTotal, max(free, st.Size()*maxRatio))}
	err = unpack(reader{ctx, f}, tmp, lim)
	if err == nil {
		err = flush(tmp)
	}
	if err == nil {
		err = os.Chmod(tmp, 0o755) // MkdirTemp has it for its owner alone
	}
	if err == nil {
		err = os.Rename(tmp, dir)
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	}
	os.RemoveAll(tmp)
	if isDir(dir) { // another program was faster
		return nil
	}
	return err
}

// flush has the files in dir on the disk before they appear under their names.
func flush(dir string) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return err
		}
		return errors.Join(f.Sync(), f.Close())
	})
}

// removeLeft removes what programs left that were killed while they unpacked the same file.
func removeLeft(dir string) {
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(dir), filepath.Base(dir)+".*.tmp"))
	for _, tmp := range left {
		os.RemoveAll(tmp)
	}
}

// unpack puts what r holds into the folder dir.
func unpack(r io.Reader, dir string, lim limits) error {
	br := bufio.NewReaderSize(r, 1<<16)
	r = br
	if magic, _ := br.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(br)
		if err != nil {
			return damaged(err)
		}
		r = z
	}
	// Headers count, too: there may be any number of them between entries.
	bounded := &counter{r: r, left: lim.total + 1<<20}
	t := tar.NewReader(bounded)
	seen := map[string]bool{}
	total := int64(0)
	for n := 0; ; n++ {
		h, err := t.Next()
		if err == io.EOF {
			return drain(bounded)
		}
		if err != nil {
			return damaged(err)
		}
		if n == maxEntries {
			return fmt.Errorf("%w: more than %d entries", ErrFormat, maxEntries)
		}
		name, err := entryName(h)
		if err != nil {
			return err
		}
		if name == "" {
			continue
		}
		if h.Typeflag == tar.TypeDir {
			if err := os.MkdirAll(filepath.Join(dir, filepath.FromSlash(name)), 0o755); err != nil {
				return err
			}
			continue
		}
		key := strings.ToLower(name) // some file systems do not tell them apart
		if seen[key] {
			return fmt.Errorf("%w: %q is in it twice", ErrFormat, name)
		}
		seen[key] = true
		if total += h.Size; h.Size > lim.file || total > lim.total || total < 0 {
			return fmt.Errorf("%w: with %q it unpacks to more than %d bytes, or the file alone to more than %d", ErrFormat, name, lim.total, lim.file)
		}
		if err := write(filepath.Join(dir, filepath.FromSlash(name)), t); err != nil {
			return err
		}
	}
}

// entryName returns the name of an entry with "/", or "" for one that is not wanted.
func entryName(h *tar.Header) (string, error) {
	refuse := func(why string) (string, error) {
		return "", fmt.Errorf("%w: entry %q: %s", ErrFormat, clip(h.Name), why)
	}
	switch h.Typeflag {
	case tar.TypeReg, tar.TypeDir, tar.TypeGNUSparse:
	case tar.TypeXGlobalHeader:
		return "", nil
	case tar.TypeSymlink, tar.TypeLink:
		return refuse("a link")
	default:
		return refuse(fmt.Sprintf("neither a file nor a folder (type %q)", h.Typeflag))
	}
	name := h.Name
	switch {
	case len(name) > maxName:
		return refuse(fmt.Sprintf("a name of %d bytes", len(name)))
	case !utf8.ValidString(name):
		return refuse("a name that is not UTF-8")
	case strings.HasPrefix(name, "/"):
		return refuse("an absolute path")
	case strings.ContainsAny(name, "\\:"):
		return refuse("a name with a character that leads elsewhere on Windows")
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return refuse("a name with control characters")
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return refuse("leads out of the folder")
		}
	}
	name = path.Clean(name)
	switch base := path.Base(name); {
	case name == ".":
		return "", nil
	case !filepath.IsLocal(filepath.FromSlash(name)):
		return refuse("not a name on this system")
	case strings.Count(name, "/") > maxDepth:
		return refuse(fmt.Sprintf("more than %d folders deep", maxDepth))
	case strings.HasPrefix(base, "._"): // what macOS adds
		return "", nil
	}
	return name, nil
}

func write(path string, r io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	if _, err = io.Copy(f, r); err != nil {
		err = damaged(err)
	}
	return errors.Join(err, f.Close())
}

// damaged wraps what reading an archive gave, unless the archive is not to blame.
func damaged(err error) error {
	if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
		return err
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: it ends too early (download it again)", ErrFormat)
	}
	return fmt.Errorf("%w: %w", ErrFormat, err)
}

// drain reads to the end, where gzip keeps its checksum.
func drain(r io.Reader) error {
	if _, err := io.Copy(io.Discard, r); err != nil {
		return damaged(err)
	}
	return nil
}

// A counter gives no more than left bytes.
type counter struct {
	r    io.Reader
	left int64
}

func (c *counter) Read(b []byte) (int, error) {
	if c.left <= 0 {
		return 0, errors.New("it unpacks to more than it may")
	}
	n, err := c.r.Read(b[:min(int64(len(b)), c.left)])
	c.left -= int64(n)
	return n, err
}

func clip(s string) string {
	const most = 200
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}

// find returns the folder with config.json: dir itself, deployment in it, or the only one.
func find(dir string) (string, error) {
	var found []string
	err := filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && e.Name() == "config.json" {
			found = append(found, filepath.Dir(p))
		}
		return err
	})
	if err != nil {
		return "", err
	}
	for _, want := range []string{dir, filepath.Join(dir, "deployment")} {
		for _, f := range found {
			if f == want {
				return f, nil
			}
		}
	}
	switch len(found) {
	case 0:
		return "", fmt.Errorf("%w: no config.json in it", ErrFormat)
	case 1:
		return found[0], nil
	}
	return "", fmt.Errorf("%w: %d folders with config.json in it (unpack it and give the path of one of them)", ErrFormat, len(found))
}
