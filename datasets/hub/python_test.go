package hub

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sparsebio/sparsebio/datasets/hub/hubtest"
	"github.com/sparsebio/sparsebio/datasets/internal/pythontest"
)

// The tests below use the real huggingface_hub.
func python(t *testing.T, h *hubtest.Hub, home, script string, args ...string) *exec.Cmd {
	t.Helper()
	python := pythontest.Interpreter(t, "huggingface_hub")
	cmd := exec.Command(python, append([]string{"-c", script}, args...)...)
	// Xet would need a server of its own.
	cmd.Env = append(append(os.Environ(), h.Environ(home)...), "HF_HUB_DISABLE_XET=1", "HF_HUB_DISABLE_PROGRESS_BARS=1")
	return cmd
}

func run(t *testing.T, cmd *exec.Cmd, result any) {
	t.Helper()
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out, stderr.String())
	}
	if result == nil {
		return
	}
	if err := json.Unmarshal(out, result); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
}

// readAll prints where Python finds the files, offline if told so.
const readAll = `
import json, os, sys
os.environ["HF_HUB_OFFLINE"] = sys.argv[1]
from huggingface_hub import hf_hub_download, snapshot_download, try_to_load_from_cache, get_cached_repo_tree, scan_cache_dir, _CACHED_NO_EXIST
repo, table = sys.argv[2:4]
kw = dict(repo_type="dataset")
out = {
	"table": hf_hub_download(repo, table, **kw),
	"readme": hf_hub_download(repo, "README.md", **kw),
	"tag": hf_hub_download(repo, "README.md", revision="v1", **kw),
	"missing": try_to_load_from_cache(repo, "no.txt", **kw) is _CACHED_NO_EXIST,
	"snapshot": snapshot_download(repo, allow_patterns=["*.parquet", "*.md"], **kw),
	"tree": [[f.path, f.size] for f in get_cached_repo_tree(repo, **kw)],
}
scan = scan_cache_dir()
out["warnings"] = [str(w) for w in scan.warnings]
out["refs"] = sorted(ref for r in scan.repos for ref in r.refs)
print(json.dumps(out))
`

type found struct {
	Table, Readme, Tag, Snapshot string
	Missing                      bool
	Tree                         [][2]any
	Warnings, Refs               []string
}

// What we fetch Python finds: offline without the network, online without fetching.
func TestPythonFindsOurs(t *testing.T) {
	h, r := newHub(t)
	r.Tag("v1", r.Head("main"))
	home := t.TempDir()
	c := newClient(t, h, WithCacheDir(filepath.Join(home, "hub")))
	path := get(t, c, abstracts, "main", table, big)
	readme := get(t, c, abstracts, "main", "README.md", "# Abstracts of papers\n")
	get(t, c, abstracts, "v1", "README.md", "# Abstracts of papers\n")
	_, err := c.Download(t.Context(), abstracts, "main", "no.txt")
	wantError(t, err, ErrEntryNotFound)
	dir, err := c.Snapshot(t.Context(), abstracts, "main", "*.md", "*.parquet")
	if err != nil {
		t.Fatal(err)
	}
	for _, offline := range []string{"1", "0"} {
		h.Requests()
		var f found
		run(t, python(t, h, home, readAll, offline, abstracts.ID, table), &f)
		if f.Table != path || f.Readme != readme || f.Tag != readme || f.Snapshot != dir || !f.Missing || len(f.Tree) != 4 || len(f.Warnings) != 0 {
			t.Errorf("offline %s: Python finds %+v", offline, f)
		}
		if strings.Join(f.Refs, " ") != "main v1" {
			t.Errorf("refs %q", f.Refs)
		}
		for _, r := range h.Requests() {
			if offline == "1" || r.Host == "cdn" || r.Method == "GET" && strings.Contains(r.Path, "resolve") {
				t.Errorf("offline %s: Python asked %s %s %s", offline, r.Host, r.Method, r.Path)
			}
		}
	}
	intact(t, c)
}

// And the other way round.
func TestWeFindPythons(t *testing.T) {
	h, r := newHub(t)
	r.Tag("v1", r.Head("main"))
	home := t.TempDir()
	var f found
	run(t, python(t, h, home, readAll, "0", abstracts.ID, table), &f)
	h.Requests()
	off := newClient(t, h, WithCacheDir(filepath.Join(home, "hub")), WithOffline(true))
	for _, rev := range []string{"main", "v1", r.Head("main")} {
		if path := get(t, off, abstracts, rev, "README.md", "# Abstracts of papers\n"); path != f.Readme {
			t.Errorf("%s: %s, Python has %s", rev, path, f.Readme)
		}
	}
	if path := get(t, off, abstracts, "main", table, big); path != f.Table {
		t.Errorf("%s, Python has %s", path, f.Table)
	}
	dir, err := off.Snapshot(t.Context(), abstracts, "main", "*.parquet", "*.md")
	if dir != f.Snapshot {
		t.Errorf("%s, Python has %s, %v", dir, f.Snapshot, err)
	}
	files, err := off.List(t.Context(), abstracts, "main")
	if err != nil || len(files) != 4 {
		t.Errorf("%v, %v", files, err)
	}
	_, err = off.Snapshot(t.Context(), abstracts, "main")
	wantError(t, err, ErrOffline, `file "data/b.csv" not in the cache`)
	if rs := h.Requests(); len(rs) != 0 {
		t.Errorf("asked %v", rs)
	}
	on := newClient(t, h, WithCacheDir(off.CacheDir()))
	get(t, on, abstracts, "main", table, big)
	if _, err := on.Snapshot(t.Context(), abstracts, "main", "*.parquet", "*.md"); err != nil {
		t.Error(err)
	}
	if gets := h.Gets(); len(gets) != 0 {
		t.Errorf("fetched %q", gets)
	}
	intact(t, on)
}

// While Python holds the lock of a blob we wait, and while we do Python does.
func TestPythonLocks(t *testing.T) {
	h, r := newHub(t)
	home := t.TempDir()
	c := newClient(t, h, WithCacheDir(filepath.Join(home, "hub")))
	locks := c.repo(abstracts).locks
	if err := os.MkdirAll(locks, 0o777); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(locks, r.Etag("main", table)+".lock")
	cmd := python(t, h, home, `
import sys
from huggingface_hub.utils import WeakFileLock
import filelock
path = sys.argv[1]
with WeakFileLock(path):
	print("held", flush=True)
	sys.stdin.readline()
print("free", flush=True)
sys.stdin.readline()
try:
	with WeakFileLock(path, timeout=0.2):
		print("taken", flush=True)
except filelock.Timeout:
	print("refused", flush=True)
`, path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer in.Close()
	lines := bufio.NewScanner(out)
	says := func(want string) {
		t.Helper()
		if !lines.Scan() || lines.Text() != want {
			t.Fatalf("Python says %q, want %q (is huggingface_hub there?)", lines.Text(), want)
		}
	}
	says("held")
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := c.Download(ctx, abstracts, "main", table); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v while Python holds the lock", err)
	}
	in.Write([]byte("\n"))
	says("free")
	unlock, err := lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	in.Write([]byte("\n"))
	says("refused")
	unlock()
	get(t, c, abstracts, "main", table, big)
}

// match is Python's fnmatchcase.
func TestMatchPython(t *testing.T) {
	h := hubtest.New(t)
	var cases [][2]string
	for _, m := range matches {
		cases = append(cases, [2]string{m.pattern, m.name})
	}
	arg, err := json.Marshal(cases)
	if err != nil {
		t.Fatal(err)
	}
	var got []bool
	run(t, python(t, h, t.TempDir(), `
import fnmatch, json, sys
print(json.dumps([fnmatch.fnmatchcase(n, p) for p, n in json.loads(sys.argv[1])]))
`, string(arg)), &got)
	for i, m := range matches {
		if got[i] != m.want {
			t.Errorf("%q matches %q: Python says %v", m.pattern, m.name, got[i])
		}
	}
}
