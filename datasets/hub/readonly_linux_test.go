package hub

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// unprivileged makes the permissions of files bind the test, even if root runs it.
func unprivileged(t *testing.T) {
	if os.Getuid() != 0 {
		return
	}
	runtime.LockOSThread()
	if err := syscall.Setfsuid(65534); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() {
		syscall.Setfsuid(0)
		runtime.UnlockOSThread()
	})
}

// A cache that may only be read serves what it has, and says what to do if it must
// be written.
func TestReadOnlyCache(t *testing.T) {
	h, r := newHub(t)
	c := newClient(t, h, WithWorkers(1))
	get(t, c, abstracts, "main", "README.md", "# Abstracts of papers\n")
	if err := os.Chmod(filepath.Dir(filepath.Dir(c.cache)), 0o755); err != nil {
		t.Fatal(err)
	}
	filepath.WalkDir(c.cache, func(path string, e os.DirEntry, _ error) error {
		if e.IsDir() {
			os.Chmod(path, 0o555)
			t.Cleanup(func() { os.Chmod(path, 0o755) })
		}
		return nil
	})
	r.Commit("main", map[string]string{"data/b.csv": "new"})
	offline := newClient(t, h, WithCacheDir(c.cache), WithOffline(true))
	unprivileged(t)
	_, err := c.Download(t.Context(), abstracts, "main", table)
	wantError(t, err, os.ErrPermission, "set HF_HUB_CACHE to a folder that can")
	_, err = c.Download(t.Context(), abstracts, "main", "no.txt")
	wantError(t, err, ErrEntryNotFound)
	get(t, offline, abstracts, "main", "README.md", "# Abstracts of papers\n")
}

// /dev/full answers every write as a full disk does.
func TestDiskFull(t *testing.T) {
	h, r := newHub(t)
	c := newClient(t, h)
	blob := c.repo(abstracts).blob(r.Etag("main", table))
	if err := os.MkdirAll(filepath.Dir(blob), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/full", partialOf(blob)); err != nil {
		t.Fatal(err)
	}
	_, err := c.Download(t.Context(), abstracts, "main", table)
	wantError(t, err, ErrNoSpace, "no space left on device", "set HF_HUB_CACHE to a folder on another disk")
	get(t, c, abstracts, "main", table, big) // the link is gone
	intact(t, c)
}

// A quota is as good as a full disk.
func TestQuota(t *testing.T) {
	err := diskError(&os.PathError{Op: "write", Path: "x", Err: syscall.EDQUOT})
	wantError(t, err, ErrNoSpace, "quota")
}
