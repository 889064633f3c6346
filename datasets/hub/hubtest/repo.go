package hubtest

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// A Repo is a repository of a Hub.
type Repo struct {
	h        *Hub
	kind, id string
	// Guarded by h.mu.
	refs    map[string]string           // branch, tag or refs/convert/parquet -> commit
	commits map[string]map[string]*file // commit -> path -> file
	private bool
	gated   bool
	open    bool // to Token, though gated
}

type file struct {
	path    string
	content string
	oid     string // git's SHA-1 of the file or the LFS pointer
	sha256  string // of LFS files
}

func (f *file) etag() string {
	if f.sha256 != "" {
		return f.sha256
	}
	return f.oid
}

// Add makes a repository with one commit on main. The kind is "model" or
// "dataset".
func (h *Hub) Add(kind, id string, files map[string]string) *Repo {
	r := &Repo{h: h, kind: kind, id: id, refs: map[string]string{}, commits: map[string]map[string]*file{}}
	h.mu.Lock()
	h.repos[kind+"s/"+id] = r
	h.mu.Unlock()
	r.Commit("main", files)
	return r
}

// AddDir makes a repository of the files in a folder. It fails the test, or panics
// after Start, if they cannot be read.
func (h *Hub) AddDir(kind, id, dir string) *Repo {
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		files[filepath.ToSlash(rel)] = string(b)
		return err
	})
	switch {
	case err == nil:
	case h.t == nil:
		panic(err)
	default:
		h.t.Helper()
		h.t.Fatal(err)
	}
	return h.Add(kind, id, files)
}

// Commit adds and replaces files on a branch, which is made of main if there is
// none, and returns the commit.
func (r *Repo) Commit(branch string, files map[string]string) string {
	r.h.mu.Lock()
	defer r.h.mu.Unlock()
	from, ok := r.refs[branch]
	if !ok {
		from = r.refs["main"]
	}
	all := maps.Clone(r.commits[from])
	if all == nil {
		all = map[string]*file{}
	}
	for path, content := range files {
		f := &file{path: path, content: content}
		if r.h.LFS(path, len(content)) {
			f.sha256 = fmt.Sprintf("%x", sha256.Sum256([]byte(content)))
			pointer := fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n", f.sha256, len(content))
			f.oid = gitOID(pointer)
		} else {
			f.oid = gitOID(content)
		}
		all[path] = f
	}
	s := fmt.Sprintln(r.kind, r.id, branch, len(r.commits), from)
	for _, path := range slices.Sorted(maps.Keys(all)) {
		s += path + all[path].etag()
	}
	commit := gitOID(s)
	r.commits[commit] = all
	r.refs[branch] = commit
	return commit
}

func gitOID(content string) string {
	sum := sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(content), content))
	return hex.EncodeToString(sum[:])
}

// Tag gives a commit a name.
func (r *Repo) Tag(name, commit string) {
	r.h.mu.Lock()
	defer r.h.mu.Unlock()
	r.refs[name] = commit
}

// Head returns the commit of a branch or tag.
func (r *Repo) Head(branch string) string {
	r.h.mu.Lock()
	defer r.h.mu.Unlock()
	return r.refs[branch]
}

// Etag returns what names a file's content: SHA-256 of LFS files, git's SHA-1 of
// others.
func (r *Repo) Etag(branch, path string) string {
	r.h.mu.Lock()
	defer r.h.mu.Unlock()
	return r.commits[r.refs[branch]][path].etag()
}

// Private shows the repository to those who send Token only.
func (r *Repo) Private() { r.set(func() { r.private = true }) }

// Gate demands that conditions are accepted first.
func (r *Repo) Gate() { r.set(func() { r.gated = true }) }

// Accept accepts the conditions for the owner of Token.
func (r *Repo) Accept() { r.set(func() { r.open = true }) }

func (r *Repo) set(f func()) {
	r.h.mu.Lock()
	defer r.h.mu.Unlock()
	f()
}
