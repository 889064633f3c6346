package hubtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// serveHub answers as the hub does: the API, and for files a redirect to itself
// (small files) or to the second host (large ones), with the headers that describe
// them.
func (h *Hub) serveHub(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.Error(w, "method", http.StatusMethodNotAllowed)
		return
	}
	if a := r.Header.Get("Authorization"); a != "" && a != "Bearer "+Token {
		fail(w, http.StatusUnauthorized, "", "Invalid credentials in Authorization header")
		return
	}
	path := strings.TrimPrefix(r.URL.EscapedPath(), "/")
	if rest, ok := strings.CutPrefix(path, "api/resolve-cache/"); ok {
		h.serveSmall(w, r, rest)
		return
	}
	if rest, ok := strings.CutPrefix(path, "api/"); ok {
		h.serveAPI(w, r, rest)
		return
	}
	kind := "models/"
	if rest, ok := strings.CutPrefix(path, "datasets/"); ok {
		kind, path = "datasets/", rest
	}
	id, rest, ok := strings.Cut(path, "/resolve/")
	rev, name, ok2 := strings.Cut(rest, "/")
	if !ok || !ok2 {
		http.NotFound(w, r)
		return
	}
	repo, commit, files := h.find(w, r, kind+id, rev)
	if repo == nil {
		return
	}
	if repo.closedTo(r) {
		w.Header().Set("X-Repo-Commit", commit)
		fail(w, http.StatusForbidden, "GatedRepo", "Access to "+repo.kind+" "+repo.id+" is restricted and you are not in the authorized list.")
		return
	}
	name, err := url.PathUnescape(name)
	f := files[name]
	w.Header().Set("X-Repo-Commit", commit)
	if err != nil || f == nil {
		fail(w, http.StatusNotFound, "EntryNotFound", "Entry not found")
		return
	}
	if f.sha256 == "" {
		w.Header().Set("ETag", strconv.Quote(f.oid))
		w.Header().Set("X-Linked-Size", strconv.Itoa(len(f.content)))
		http.Redirect(w, r, "/api/resolve-cache/"+kind+id+"/"+commit+"/"+escape(name), http.StatusTemporaryRedirect)
		return
	}
	w.Header().Set("X-Linked-Etag", strconv.Quote(f.sha256))
	w.Header().Set("X-Linked-Size", strconv.Itoa(len(f.content)))
	http.Redirect(w, r, h.CDN()+"/"+kind+id+"/"+commit+"/"+escape(name)+"?X-Amz-Signature=secret", http.StatusFound)
}

func (h *Hub) serveAPI(w http.ResponseWriter, r *http.Request, path string) {
	kind, rest, _ := strings.Cut(path, "/")
	for _, call := range []string{"revision", "tree"} {
		id, rev, ok := strings.Cut(rest, "/"+call+"/")
		if !ok {
			continue
		}
		repo, commit, files := h.find(w, r, kind+"/"+id, rev)
		if repo == nil {
			return
		}
		if call == "revision" {
			reply(w, repo.describe(commit, files))
		} else {
			h.serveTree(w, r, files)
		}
		return
	}
	http.NotFound(w, r)
}

func (r *Repo) describe(commit string, files map[string]*file) map[string]any {
	r.h.mu.Lock()
	defer r.h.mu.Unlock()
	var siblings []map[string]string
	for _, path := range slices.Sorted(maps.Keys(files)) {
		siblings = append(siblings, map[string]string{"rfilename": path})
	}
	var gated any = false
	if r.gated {
		gated = "auto"
	}
	return map[string]any{
		"_id": "621ffdc036468d709f17434d", "id": r.id, "sha": commit, "private": r.private, "gated": gated,
		"lastModified": "2024-05-06T07:08:09.000Z", "tags": []string{"license:apache-2.0"}, "siblings": siblings,
		"disabled": false, "downloads": 1, "likes": 1,
	}
}

func (h *Hub) serveTree(w http.ResponseWriter, r *http.Request, files map[string]*file) {
	var entries []map[string]any
	folders := map[string]bool{}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		for i := range path {
			if dir := path[:i]; path[i] == '/' && !folders[dir] {
				folders[dir] = true
				entries = append(entries, map[string]any{"type": "directory", "oid": gitOID(dir), "size": 0, "path": dir})
			}
		}
		f := files[path]
		e := map[string]any{"type": "file", "oid": f.oid, "size": len(f.content), "path": path}
		if f.sha256 != "" {
			e["lfs"] = map[string]any{"oid": f.sha256, "size": len(f.content), "pointerSize": 130}
		}
		entries = append(entries, e)
	}
	from, _ := strconv.Atoi(r.URL.Query().Get("cursor"))
	from = min(max(from, 0), len(entries))
	to := min(from+h.PageSize, len(entries))
	if to < len(entries) {
		q := r.URL.Query()
		q.Set("cursor", strconv.Itoa(to))
		w.Header().Set("Link", fmt.Sprintf(`<%s%s?%s>; rel="next"`, h.URL(), r.URL.EscapedPath(), q.Encode()))
	}
	page := entries[from:to]
	if page == nil {
		page = []map[string]any{}
	}
	reply(w, page)
}

// serveSmall serves a file from the hub's own cache.
func (h *Hub) serveSmall(w http.ResponseWriter, r *http.Request, rest string) {
	repo, commit, f := h.byCommit(rest)
	if f == nil || repo.closedTo(r) {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("X-Repo-Commit", commit)
	w.Header().Set("ETag", strconv.Quote(f.oid))
	serve(w, r, f)
}

// serveCDN serves large files. Like a bucket with signed addresses it refuses
// requests that bear a token as well.
func (h *Hub) serveCDN(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" {
		http.Error(w, "Only one auth mechanism allowed", http.StatusBadRequest)
		return
	}
	if r.URL.Query().Get("X-Amz-Signature") != "secret" {
		http.Error(w, "Access denied", http.StatusForbidden)
		return
	}
	_, _, f := h.byCommit(strings.TrimPrefix(r.URL.EscapedPath(), "/"))
	if f == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("ETag", strconv.Quote("store-"+f.sha256[:8]))
	serve(w, r, f)
}

func serve(w http.ResponseWriter, r *http.Request, f *file) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(f.content))
}

// byCommit finds models/owner/name/<commit>/<file>.
func (h *Hub) byCommit(path string) (*Repo, string, *file) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for key, repo := range h.repos {
		rest, ok := strings.CutPrefix(path, key+"/")
		commit, name, ok2 := strings.Cut(rest, "/")
		if !ok || !ok2 {
			continue
		}
		name, _ = url.PathUnescape(name)
		return repo, commit, repo.commits[commit][name]
	}
	return nil, "", nil
}

// find finds a repository and a revision of it, or answers that there is none.
func (h *Hub) find(w http.ResponseWriter, r *http.Request, key, rev string) (*Repo, string, map[string]*file) {
	h.mu.Lock()
	defer h.mu.Unlock()
	known := r.Header.Get("Authorization") != ""
	repo := h.repos[key]
	if repo == nil || repo.private && !known {
		if known {
			fail(w, http.StatusNotFound, "RepoNotFound", "Repository not found")
		} else {
			fail(w, http.StatusUnauthorized, "RepoNotFound", "Invalid username or password.")
		}
		return nil, "", nil
	}
	rev, err := url.PathUnescape(rev)
	commit := rev
	if c, ok := repo.refs[rev]; ok {
		commit = c
	}
	files, ok := repo.commits[commit]
	if err != nil || !ok {
		fail(w, http.StatusNotFound, "RevisionNotFound", "Invalid rev id: "+rev)
		return nil, "", nil
	}
	return repo, commit, files
}

func (r *Repo) closedTo(req *http.Request) bool {
	r.h.mu.Lock()
	defer r.h.mu.Unlock()
	return r.gated && !(r.open && req.Header.Get("Authorization") != "")
}

func fail(w http.ResponseWriter, status int, code, message string) {
	if code != "" {
		w.Header().Set("X-Error-Code", code)
	}
	w.Header().Set("X-Error-Message", message)
	w.Header().Set("X-Request-Id", "Root=1-hubtest")
	http.Error(w, message, status)
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(v) // fails if the client has gone
}

func escape(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/")
}
