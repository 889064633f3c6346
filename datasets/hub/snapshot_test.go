package hub

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/hub/hubtest"
)

func TestSnapshot(t *testing.T) {
	h, r := newHub(t)
	c := newClient(t, h)
	dir, err := c.Snapshot(t.Context(), abstracts, "main", "*.csv", "*.parquet")
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(c.CacheDir(), "datasets--zeroshot--arxiv-biology", "snapshots", r.Head("main")); dir != want {
		t.Errorf("%s, want %s", dir, want)
	}
	sameFile(t, filepath.Join(dir, filepath.FromSlash(table)), big)
	if _, err := os.Stat(filepath.Join(dir, "README.md")); err == nil {
		t.Error("fetched a file that no pattern wants")
	}
	// The list says what a HEAD request would.
	for _, r := range h.Requests() {
		if r.Method == "HEAD" {
			t.Errorf("HEAD %s", r.Path)
		}
	}
	all, err := c.Snapshot(t.Context(), abstracts, "")
	if err != nil || all != dir {
		t.Errorf("%s, %v", all, err)
	}
	for _, g := range h.Gets() {
		if strings.Contains(g, table) {
			t.Errorf("fetched %s again", g)
		}
	}
	h.Requests()
	if _, err := c.Snapshot(t.Context(), abstracts, r.Head("main")); err != nil {
		t.Error(err)
	}
	if rs := h.Requests(); len(rs) != 0 {
		t.Errorf("requests %v for a snapshot that is there", rs)
	}
	sameFile(t, c.repo(abstracts).refFile("main"), r.Head("main"))
	intact(t, c)
	_, err = c.Snapshot(t.Context(), abstracts, "main", "*.xml")
	wantError(t, err, ErrEntryNotFound, `"*.xml"`)
	_, err = c.Snapshot(t.Context(), Model("a/b/c"), "main")
	wantError(t, err, nil, "is not the id of a model")
}

func TestSnapshotMany(t *testing.T) {
	h := hubtest.New(t)
	files := map[string]string{}
	for i := range 60 {
		files[fmt.Sprintf("data/%02d.csv", i)] = fmt.Sprint(i % 7) // some alike
	}
	h.Add("model", "a/b", files)
	h.Fault(hubtest.Match{Method: "GET", Path: "resolve-cache", Skip: 3, Times: 5}, hubtest.Cut(0))
	c := newClient(t, h)
	dir, err := c.Snapshot(t.Context(), Model("a/b"), "main")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		sameFile(t, filepath.Join(dir, filepath.FromSlash(name)), content)
	}
	intact(t, c)
}

// One file that cannot be had stops all, and is named; ref and files stay as they
// were.
func TestSnapshotFails(t *testing.T) {
	h, r := newHub(t)
	c := newClient(t, h)
	get(t, c, abstracts, "main", "README.md", "# Abstracts of papers\n")
	before := r.Head("main")
	r.Commit("main", map[string]string{table: random(1000), "README.md": "new"})
	h.Fault(hubtest.Match{Host: "cdn"}, hubtest.Corrupt())
	_, err := c.Snapshot(t.Context(), abstracts, "main")
	wantError(t, err, ErrMismatch, `file "`+table+`"`)
	intact(t, c)
	sameFile(t, c.repo(abstracts).refFile("main"), before)
	off := newClient(t, h, WithCacheDir(c.CacheDir()), WithOffline(true))
	get(t, off, abstracts, "main", "README.md", "# Abstracts of papers\n")
}

// A name that would lead out of the cache is refused, unless nobody wants it.
func TestSnapshotUnsafe(t *testing.T) {
	h := hubtest.New(t)
	for _, name := range []string{"../../evil.csv", "/evil.csv", `..\evil.csv`, "C:evil.csv", "a/../../evil.csv"} {
		h.Add("dataset", "a/b", map[string]string{name: "x", "good.txt": "y"})
		c := newClient(t, h)
		_, err := c.Snapshot(t.Context(), Dataset("a/b"), "main")
		wantError(t, err, ErrUnsafeName, fmt.Sprintf("%q", name))
		if _, err := c.Snapshot(t.Context(), Dataset("a/b"), "main", "*.txt"); err != nil {
			t.Error(err)
		}
		filepath.WalkDir(filepath.Dir(c.cache), func(path string, _ os.DirEntry, _ error) error {
			if strings.Contains(path, "evil") {
				t.Errorf("%s was made", path)
			}
			return nil
		})
	}
}

func TestSnapshotOffline(t *testing.T) {
	h, r := newHub(t)
	c := newClient(t, h)
	if _, err := c.Snapshot(t.Context(), abstracts, "main", "data/"); err != nil {
		t.Fatal(err)
	}
	off := newClient(t, h, WithCacheDir(c.CacheDir()), WithOffline(true))
	tree := c.repo(abstracts).treePath(r.Head("main"))
	for _, listed := range []bool{true, false} {
		if !listed { // as older versions of huggingface_hub leave it
			if err := os.Remove(tree); err != nil {
				t.Fatal(err)
			}
		}
		for _, rev := range []string{"main", r.Head("main")} {
			if _, err := off.Snapshot(t.Context(), abstracts, rev, "data/*"); err != nil {
				t.Error(err)
			}
		}
		_, err := off.Snapshot(t.Context(), abstracts, "main", "README.md", "data/")
		wantError(t, err, ErrOffline, `file "README.md" not in the cache`, "leave WithOffline out")
		_, err = off.Snapshot(t.Context(), abstracts, "v2")
		wantError(t, err, ErrOffline, "hf download zeroshot/arxiv-biology --repo-type dataset --revision v2")
		_, err = off.Snapshot(t.Context(), abstracts, "main", "*.xml")
		if err == nil || errors.Is(err, ErrEntryNotFound) != listed {
			t.Errorf("listed %v: %v", listed, err)
		}
		files, err := off.List(t.Context(), abstracts, "main")
		if want := map[bool]int{true: 4, false: 2}[listed]; err != nil || len(files) != want || files[want/2].Path != table {
			t.Errorf("listed %v: %v, %v", listed, files, err)
		}
		_, err = off.Snapshot(t.Context(), abstracts, "main")
		if listed {
			wantError(t, err, ErrOffline, `file "README.md" not in the cache`)
		} else if err != nil {
			t.Error(err)
		}
	}
	// A hub that is down is no worse, and the log says what happens.
	var log bytes.Buffer
	c = newClient(t, h, WithCacheDir(c.CacheDir()), WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	h.Close()
	if _, err := c.Snapshot(t.Context(), abstracts, "main", "data/"); err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "using the snapshot in the cache") {
		t.Errorf("log %s", log.String())
	}
}

// The empty snapshot of an empty repository is one all the same.
func TestSnapshotEmpty(t *testing.T) {
	h := hubtest.New(t)
	h.Add("model", "a/empty", nil)
	c := newClient(t, h)
	if _, err := c.Snapshot(t.Context(), Model("a/empty"), "main"); err != nil {
		t.Error(err)
	}
}
