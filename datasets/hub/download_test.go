package hub

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// The layout is huggingface_hub's to the letter.
func TestDownloadLayout(t *testing.T) {
	h, r := newHub(t)
	c := newClient(t, h)
	path := get(t, c, abstracts, "main", table, big)
	get(t, c, abstracts, "", "README.md", "# Abstracts of papers\n")
	get(t, c, abstracts, "main", "empty.txt", "")

	dir := filepath.Join(c.CacheDir(), "datasets--zeroshot--arxiv-biology")
	commit := r.Head("main")
	if want := filepath.Join(dir, "snapshots", commit, filepath.FromSlash(table)); path != want {
		t.Errorf("path %s, want %s", path, want)
	}
	link, err := os.Readlink(path)
	if want := filepath.Join("..", "..", "..", "blobs", r.Etag("main", table)); err != nil || link != want {
		t.Errorf("link to %q, want %q (%v)", link, want, err)
	}
	link, err = os.Readlink(filepath.Join(dir, "snapshots", commit, "README.md"))
	if want := filepath.Join("..", "..", "blobs", r.Etag("main", "README.md")); err != nil || link != want {
		t.Errorf("link to %q, want %q (%v)", link, want, err)
	}
	sameFile(t, filepath.Join(dir, "refs", "main"), commit)
	if _, err := os.Stat(filepath.Join(c.CacheDir(), ".locks", filepath.Base(dir), r.Etag("main", table)+".lock")); err != nil {
		t.Error(err)
	}
	sameFile(t, filepath.Join(c.CacheDir(), "CACHEDIR.TAG"), cachedirTag)
	if n := intact(t, c); n != 0 {
		t.Errorf("%d partial files", n)
	}
}

// What is there is not fetched again, and that of a commit not even asked for.
func TestDownloadTwice(t *testing.T) {
	h, r := newHub(t)
	c := newClient(t, h)
	get(t, c, abstracts, "main", table, big)
	h.Requests()
	get(t, c, abstracts, "main", table, big)
	if gets := h.Gets(); len(gets) != 0 {
		t.Errorf("fetched %q again", gets)
	}
	h.Requests()
	get(t, c, abstracts, r.Head("main"), table, big)
	if rs := h.Requests(); len(rs) != 0 {
		t.Errorf("requests %v for a file of a commit in the cache", rs)
	}
}

// A new commit shares the files that did not change, and refs move on.
func TestDownloadNewCommit(t *testing.T) {
	h, r := newHub(t)
	c := newClient(t, h)
	get(t, c, abstracts, "main", table, big)
	first := r.Head("main")
	second := r.Commit("main", map[string]string{"README.md": "new"})
	h.Requests()
	path := get(t, c, abstracts, "main", table, big)
	if gets := h.Gets(); len(gets) != 0 {
		t.Errorf("fetched %q again", gets)
	}
	if !strings.Contains(path, second) {
		t.Errorf("path %s is not of the new commit %s", path, second)
	}
	get(t, c, abstracts, "main", "README.md", "new")
	get(t, c, abstracts, first, "README.md", "# Abstracts of papers\n")
	sameFile(t, c.repo(abstracts).refFile("main"), second)
	intact(t, c)
}

func TestDownloadRevisions(t *testing.T) {
	h, r := newHub(t)
	r.Commit("refs/convert/parquet", map[string]string{"default/train/0000.parquet": "PAR1"})
	r.Tag("v1.0", r.Head("main"))
	c := newClient(t, h)
	get(t, c, abstracts, "refs/convert/parquet", "default/train/0000.parquet", "PAR1")
	get(t, c, abstracts, "v1.0", "README.md", "# Abstracts of papers\n")
	sameFile(t, filepath.Join(c.repo(abstracts).dir, "refs", "refs", "convert", "parquet"), r.Head("refs/convert/parquet"))
	sameFile(t, filepath.Join(c.repo(abstracts).dir, "refs", "v1.0"), r.Head("main"))
}

// Names with spaces, percent signs, Greek letters and the like arrive as they are.
func TestDownloadNames(t *testing.T) {
	h, _ := newHub(t)
	names := []string{"a b.txt", "50%.txt", "α-β.csv", "x+y&z=1?.json", "#1.txt", "deep/er/~tilde.txt", "..txt", "a:b.txt", "resolve/main/x.txt", "[1].txt"}
	files := map[string]string{}
	for _, n := range names {
		files[n] = "content of " + n
	}
	h.Add("model", "bert-base", files)
	c := newClient(t, h)
	for _, n := range names {
		if n == "a:b.txt" { // a drive of Windows
			_, err := c.Download(t.Context(), Model("bert-base"), "main", n)
			wantError(t, err, ErrUnsafeName)
			continue
		}
		get(t, c, Model("bert-base"), "main", n, files[n])
	}
}

func TestDownloadWithoutSymlinks(t *testing.T) {
	h, r := newHub(t)
	t.Setenv("HF_HUB_DISABLE_SYMLINKS", "1")
	c := newClient(t, h)
	path := get(t, c, abstracts, "main", table, big)
	if st, err := os.Lstat(path); err != nil || !st.Mode().IsRegular() {
		t.Errorf("%v, %v, want a copy", st.Mode(), err)
	}
	h.Requests()
	get(t, c, abstracts, "main", table, big)
	r.Commit("main", map[string]string{"README.md": "new"})
	get(t, c, abstracts, "main", table, big)
	if gets := h.Gets(); len(gets) != 0 {
		t.Errorf("fetched %q again", gets)
	}
	intact(t, c)
}

// A file that was cut short in the cache, as by a crash, and a link that leads
// nowhere are mended.
func TestDownloadMends(t *testing.T) {
	h, r := newHub(t)
	c := newClient(t, h)
	get(t, c, abstracts, "main", table, big)
	blob := c.repo(abstracts).blob(r.Etag("main", table))
	if err := os.Truncate(blob, 7); err != nil {
		t.Fatal(err)
	}
	get(t, c, abstracts, "main", table, big)
	if err := os.Remove(blob); err != nil {
		t.Fatal(err)
	}
	path := get(t, c, abstracts, r.Head("main"), table, big)
	if err := errors.Join(os.Remove(path), os.Symlink("elsewhere", path)); err != nil {
		t.Fatal(err)
	}
	get(t, c, abstracts, "main", table, big)
	intact(t, c)
}

// Many goroutines and clients fetch one file once.
func TestDownloadConcurrently(t *testing.T) {
	h, _ := newHub(t)
	a := newClient(t, h)
	b := newClient(t, h, WithCacheDir(a.CacheDir()))
	var wg sync.WaitGroup
	for i := range 12 {
		c := []*Client{a, b}[i%2]
		wg.Go(func() {
			path, err := c.Download(t.Context(), abstracts, "main", table)
			if err != nil {
				t.Error(err)
				return
			}
			if st, err := os.Stat(path); err != nil || st.Size() != int64(len(big)) {
				t.Error(st, err)
			}
		})
	}
	wg.Wait()
	served := 0
	for _, r := range h.Requests() {
		if r.Host == "cdn" {
			served++
		}
	}
	if served != 1 {
		t.Errorf("fetched %d times", served)
	}
	intact(t, a)
}

// A lock that another holds is waited for, and given up with the context.
func TestDownloadWaitsForLock(t *testing.T) {
	h, r := newHub(t)
	c := newClient(t, h)
	s := c.repo(abstracts)
	if err := os.MkdirAll(s.locks, 0o777); err != nil {
		t.Fatal(err)
	}
	unlock, err := lock(t.Context(), filepath.Join(s.locks, r.Etag("main", table)+".lock"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
	defer cancel()
	if _, err := c.Download(ctx, abstracts, "main", table); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want that of the context", err)
	}
	if gets := h.Gets(); len(gets) != 0 {
		t.Errorf("fetched %q in spite of the lock", gets)
	}
	unlock()
	get(t, c, abstracts, "main", table, big)
}

func TestOffline(t *testing.T) {
	h, r := newHub(t)
	on := newClient(t, h)
	get(t, on, abstracts, "main", "README.md", "# Abstracts of papers\n")
	_, err := on.Download(t.Context(), abstracts, "main", "no.txt")
	wantError(t, err, ErrEntryNotFound)
	h.Requests()
	t.Setenv("HF_HUB_OFFLINE", "1")
	off, err := New(WithEndpoint(h.URL()), WithCacheDir(on.CacheDir()))
	if err != nil {
		t.Fatal(err)
	}
	get(t, off, abstracts, "main", "README.md", "# Abstracts of papers\n")
	get(t, off, abstracts, r.Head("main"), "README.md", "# Abstracts of papers\n")
	_, err = off.Download(t.Context(), abstracts, "main", table)
	wantError(t, err, ErrOffline, "unset HF_HUB_OFFLINE", "hf download zeroshot/arxiv-biology "+table+" --repo-type dataset", on.CacheDir())
	if !errors.Is(err, ErrNotCached) {
		t.Errorf("%v does not say that it is not in the cache", err)
	}
	_, err = off.Download(t.Context(), abstracts, "v2", "README.md")
	wantError(t, err, ErrOffline, "--revision v2")
	_, err = off.Download(t.Context(), abstracts, "main", "no.txt")
	wantError(t, err, ErrEntryNotFound)
	_, err = off.Resolve(t.Context(), abstracts, "v2")
	wantError(t, err, ErrOffline, "--revision v2")
	commit, err := off.Resolve(t.Context(), abstracts, "main")
	if commit != r.Head("main") {
		t.Errorf("main is %s, %v", commit, err)
	}
	_, err = off.Info(t.Context(), abstracts, "main")
	wantError(t, err, ErrOffline)
	files, err := off.List(t.Context(), abstracts, "main") // what is there
	if err != nil || len(files) != 1 || files[0].Path != "README.md" {
		t.Errorf("%v, %v", files, err)
	}
	_, err = off.List(t.Context(), abstracts, "v2")
	wantError(t, err, ErrOffline)
	if rs := h.Requests(); len(rs) != 0 {
		t.Errorf("requests though offline: %v", rs)
	}
}

// Without an answer of the hub the cache's file is returned at once.
func TestUnreachable(t *testing.T) {
	h, _ := newHub(t)
	c := newClient(t, h)
	get(t, c, abstracts, "main", "README.md", "# Abstracts of papers\n")
	h.Close()
	get(t, c, abstracts, "main", "README.md", "# Abstracts of papers\n")
	_, err := c.Download(t.Context(), abstracts, "main", table)
	wantError(t, err, ErrUnreachable, "connection refused", "tried 4 times", "check the connection")
}

func TestCached(t *testing.T) {
	h, r := newHub(t)
	c := newClient(t, h)
	_, err := c.Cached(abstracts, "main", "README.md")
	wantError(t, err, ErrNotCached)
	path := get(t, c, abstracts, "main", "README.md", "# Abstracts of papers\n")
	for _, rev := range []string{"", "main", r.Head("main")} {
		if got, err := c.Cached(abstracts, rev, "README.md"); got != path {
			t.Errorf("%q: %s, %v", rev, got, err)
		}
	}
	_, _ = c.Download(t.Context(), abstracts, "main", "no.txt")
	_, err = c.Cached(abstracts, "main", "no.txt")
	wantError(t, err, ErrEntryNotFound)
	_, err = c.Cached(abstracts, "main", "../README.md")
	wantError(t, err, ErrUnsafeName)
	// A commit never changes: what it does not have it will not have.
	h.Requests()
	_, err = c.Download(t.Context(), abstracts, r.Head("main"), "no.txt")
	wantError(t, err, ErrEntryNotFound)
	if rs := h.Requests(); len(rs) != 0 {
		t.Errorf("asked %v", rs)
	}
}
