package hub

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// incomplete ends the names of what transfers left.
const incomplete = ".incomplete"

// Cached returns the path of a file in the cache, as it was fetched last for a
// revision ("" for main), without network. The error wraps ErrNotCached, or
// ErrEntryNotFound if the revision is known not to have the file.
func (c *Client) Cached(repo RepoID, revision, file string) (string, error) {
	revision = cmp.Or(revision, "main")
	err := check(repo, revision)
	if err == nil {
		err = checkFile(file)
	}
	if err != nil {
		return "", c.wrap(repo, revision, file, err)
	}
	path, err := c.repo(repo).lookup(revision, file)
	if err != nil {
		return "", c.wrap(repo, revision, file, err)
	}
	return path, nil
}

// A store is the folder of one repository in the cache.
type store struct {
	dir   string // <cache>/datasets--owner--name
	locks string // <cache>/.locks/datasets--owner--name
}

func (c *Client) repo(id RepoID) store {
	return store{filepath.Join(c.cache, id.folder()), filepath.Join(c.cache, ".locks", id.folder())}
}

func (s store) blob(etag string) string { return filepath.Join(s.dir, "blobs", etag) }

func (s store) snapshot(commit string) string { return filepath.Join(s.dir, "snapshots", commit) }

func (s store) pointer(commit, file string) string {
	return filepath.Join(s.snapshot(commit), filepath.FromSlash(file))
}

func (s store) missing(commit, file string) string {
	return filepath.Join(s.dir, ".no_exist", commit, filepath.FromSlash(file))
}

func (s store) refFile(revision string) string {
	return filepath.Join(s.dir, "refs", filepath.FromSlash(revision))
}

// ref returns the commit that the cache knows for a branch or tag, or "".
func (s store) ref(revision string) string {
	b, err := readSmall(s.refFile(revision), 1<<10)
	if commit := strings.TrimSpace(string(b)); err == nil && isCommit(commit) {
		return commit
	}
	return ""
}

// setRef notes the commit of a branch or tag.
func (s store) setRef(revision, commit string) error {
	if revision == commit || s.ref(revision) == commit {
		return nil
	}
	return writeSmall(s.refFile(revision), []byte(commit))
}

// lookup finds a file that is whole and, for a branch or tag, of its last known
// commit.
func (s store) lookup(revision, file string) (string, error) {
	commit := revision
	if !isCommit(commit) {
		if commit = s.ref(revision); commit == "" {
			return "", ErrNotCached
		}
	}
	if path := s.pointer(commit, file); whole(path, -1) {
		return path, nil
	}
	if _, err := os.Stat(s.missing(commit, file)); err == nil {
		return "", fmt.Errorf("%w in commit %s", ErrEntryNotFound, commit)
	}
	return "", ErrNotCached
}

// setMissing notes that a commit does not have a file.
func (s store) setMissing(commit, file string) error {
	path := s.missing(commit, file)
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return f.Close()
}

// whole reports whether path is a file, through links, of the size (-1 for any).
func whole(path string, size int64) bool {
	st, err := os.Stat(path)
	return err == nil && st.Mode().IsRegular() && (size < 0 || st.Size() == size)
}

// link makes pointer lead to blob: by a relative link, so that the cache may be
// moved, or by a copy where there are no links. It replaces what is there.
func (s store) link(blob, pointer string, symlinks bool) error {
	if err := os.MkdirAll(filepath.Dir(pointer), 0o777); err != nil {
		return err
	}
	if symlinks {
		target, err := filepath.Rel(filepath.Dir(pointer), blob)
		if err != nil {
			return err
		}
		err = os.Symlink(target, pointer)
		if errors.Is(err, fs.ErrExist) {
			if have, err := os.Readlink(pointer); err == nil && have == target {
				return nil
			}
			err = replace(pointer, func(tmp string) error { return os.Symlink(target, tmp) })
		}
		if err == nil || errors.Is(err, fs.ErrExist) {
			return err
		}
		// Such as Windows without developer mode, or a file system without links.
	}
	return replace(pointer, func(tmp string) error { return copyFile(tmp, blob) })
}

// replace makes a file under a temporary name and renames it to path.
func replace(path string, make func(tmp string) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+shorten(filepath.Base(path))+".*.tmp")
	if err != nil {
		return err
	}
	tmp := f.Name()
	err = errors.Join(f.Close(), os.Remove(tmp)) // the name is what is wanted
	if err == nil {
		err = make(tmp)
	}
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		os.Remove(tmp)
	}
	return err
}

// shorten leaves room in a file name for what is added to it.
func shorten(name string) string {
	if len(name) > 200 {
		return name[:200]
	}
	return name
}

func copyFile(to, from string) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, src)
	if err == nil {
		err = dst.Sync()
	}
	return errors.Join(err, dst.Close())
}

// writeSmall writes a file of a few bytes, whole or not at all.
func writeSmall(path string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return replace(path, func(tmp string) error {
		return os.WriteFile(tmp, b, 0o666)
	})
}

// readSmall reads a file that must not be larger than limit.
func readSmall(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("%s: %w: above %d bytes", path, ErrTooLarge, limit)
	}
	return b, err
}

// cachedirTag marks a folder that backups may leave out (bford.info/cachedir).
const cachedirTag = "Signature: 8a477f597d28d172789f06886806bc55\n# This folder is a cache of the Hugging Face hub.\n"

func (c *Client) tagCache() {
	path := filepath.Join(c.cache, "CACHEDIR.TAG")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		_ = writeSmall(path, []byte(cachedirTag)) // a courtesy
	}
}
