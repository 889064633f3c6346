package hub

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Info describes a repository at a revision.
type Info struct {
	Repo         RepoID
	Commit       string // the commit that the revision stands for
	Private      bool
	Gated        bool
	LastModified time.Time // zero if not said
	Tags         []string  // such as "license:apache-2.0"
	Files        []File    // by path
}

// A File is an entry of a repository.
type File struct {
	Path   string // with "/" on all systems
	Size   int64  // bytes
	GitOID string // git's SHA-1 of the file, or of the pointer to an LFS file
	SHA256 string // of LFS files, else ""

	xet string // the hash of Xet storage, kept for Python
}

// Etag returns what names the file's contents in the cache.
func (f File) Etag() string { return cmp.Or(f.SHA256, f.GitOID) }

// Info returns what the hub says of a repository at a revision ("" for main). It
// needs the network.
func (c *Client) Info(ctx context.Context, repo RepoID, revision string) (*Info, error) {
	revision = cmp.Or(revision, "main")
	info, err := c.info(ctx, repo, revision)
	if err == nil {
		info.Files, err = c.tree(ctx, repo, info.Commit, c.retries)
	}
	if err != nil {
		return nil, c.wrap(repo, revision, "", err)
	}
	return info, nil
}

// Resolve returns the commit that a branch or tag ("" for main) stands for: the
// hub's, or that of the cache if the hub may not or cannot be asked. A full commit
// hash is returned as it is.
func (c *Client) Resolve(ctx context.Context, repo RepoID, revision string) (string, error) {
	revision = cmp.Or(revision, "main")
	commit, err := c.resolve(ctx, repo, revision)
	if err != nil {
		return "", c.wrap(repo, revision, "", err)
	}
	return commit, nil
}

func (c *Client) resolve(ctx context.Context, repo RepoID, revision string) (string, error) {
	if err := check(repo, revision); err != nil {
		return "", err
	}
	if isCommit(revision) {
		return revision, nil
	}
	cached := c.repo(repo).ref(revision)
	if c.offline && cached != "" {
		return cached, nil
	}
	info, err := c.infoTry(ctx, repo, revision, c.triesBeside(cached != ""))
	switch {
	case err == nil:
		return info.Commit, nil
	case cached != "" && fromCache(ctx, err):
		c.log.Warn("hub: using the commit in the cache", "repo", repo.ID, "revision", revision, "commit", cached, "error", err)
		return cached, nil
	}
	return "", err
}

// List returns the files of a revision ("" for main) that match patterns, sorted
// by path; see Snapshot for patterns. A list that is in the cache serves for
// its commit, which is resolved as Resolve does. Offline and without such a list,
// it is those files that the cache has, without their checksums.
func (c *Client) List(ctx context.Context, repo RepoID, revision string, patterns ...string) ([]File, error) {
	revision = cmp.Or(revision, "main")
	commit, err := c.resolve(ctx, repo, revision)
	var files []File
	if err == nil {
		files, err = c.tree(ctx, repo, commit, c.retries)
	}
	if errors.Is(err, ErrOffline) && commit != "" {
		if files = walk(c.repo(repo).snapshot(commit)); len(files) > 0 {
			err = nil
		}
	}
	if err == nil {
		files, err = choose(files, patterns)
	}
	if err != nil {
		return nil, c.wrap(repo, revision, "", err)
	}
	return files, nil
}

func check(repo RepoID, revision string) error {
	if err := repo.Check(); err != nil {
		return err
	}
	return checkRevision(revision)
}

// triesBeside is how often to try again: not at all if the cache has an answer, so
// that work goes on at once without a network.
func (c *Client) triesBeside(cached bool) int {
	if cached {
		return 0
	}
	return c.retries
}

func (c *Client) info(ctx context.Context, repo RepoID, revision string) (*Info, error) {
	if err := check(repo, revision); err != nil {
		return nil, err
	}
	return c.infoTry(ctx, repo, revision, c.retries)
}

func (c *Client) infoTry(ctx context.Context, repo RepoID, revision string, retries int) (*Info, error) {
	body, _, err := c.getJSON(ctx, c.address(repo.apiURL("revision", revision), ""), retries)
	if err != nil {
		return nil, err
	}
	info, err := parseInfo(body)
	if err != nil {
		return nil, err
	}
	info.Repo = repo
	return info, nil
}

func parseInfo(body []byte) (*Info, error) {
	var v struct {
		SHA          string          `json:"sha"`
		Private      bool            `json:"private"`
		Gated        json.RawMessage `json:"gated"` // false, "auto" or "manual"
		LastModified string          `json:"lastModified"`
		Tags         []string        `json:"tags"`
	}
	if err := json.Unmarshal(body, &v); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotHub, err)
	}
	if !isCommit(v.SHA) {
		return nil, fmt.Errorf("%w: %q is not a commit", ErrNotHub, clip(v.SHA))
	}
	gated := len(v.Gated) > 0 && !bytes.Equal(v.Gated, []byte("false")) && !bytes.Equal(v.Gated, []byte("null"))
	at, _ := time.Parse(time.RFC3339, v.LastModified)
	return &Info{Commit: v.SHA, Private: v.Private, Gated: gated, LastModified: at, Tags: v.Tags}, nil
}

const (
	maxAnswer = 64 << 20 // bytes of one answer of the API
	maxPages  = 10_000   // of a list of files; the hub puts 1,000 on one
)

// tree lists a commit's files, from the cache if they are there.
func (c *Client) tree(ctx context.Context, repo RepoID, commit string, retries int) ([]File, error) {
	store := c.repo(repo)
	if files := store.tree(commit); files != nil {
		return files, nil
	}
	files := []File{}
	u := c.address(repo.apiURL("tree", commit), "recursive=true&expand=false")
	for pages := 0; u != nil; pages++ {
		if pages == maxPages {
			return nil, fmt.Errorf("%w: a list of files of more than %d pages", ErrTooLarge, maxPages)
		}
		body, h, err := c.getJSON(ctx, u, retries)
		if err != nil {
			return nil, err
		}
		page, err := parseTree(body)
		if err != nil {
			return nil, err
		}
		files = append(files, page...)
		if u, err = c.onEndpoint(u, nextPage(h)); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	if err := store.setTree(commit, files); err != nil {
		c.log.Debug("hub: list of files not kept", "error", err)
	}
	return files, nil
}

func parseTree(body []byte) ([]File, error) {
	var entries []struct {
		Type string `json:"type"`
		Path string `json:"path"`
		Size int64  `json:"size"`
		OID  string `json:"oid"`
		LFS  *struct {
			OID  string `json:"oid"`
			Size int64  `json:"size"`
		} `json:"lfs"`
		Xet string `json:"xetHash"`
	}
	if err := json.Unmarshal(body, &entries); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotHub, err)
	}
	var files []File
	for _, e := range entries {
		if e.Type != "file" {
			continue
		}
		f := File{Path: e.Path, Size: e.Size, xet: e.Xet}
		if isCommit(e.OID) {
			f.GitOID = e.OID
		}
		if e.LFS != nil {
			f.Size, f.SHA256 = e.LFS.Size, e.LFS.OID
			if !isSHA256(f.SHA256) {
				return nil, fmt.Errorf("%w: file %q has the checksum %q", ErrNotHub, clip(e.Path), clip(f.SHA256))
			}
		}
		if f.Size < 0 {
			return nil, fmt.Errorf("%w: file %q has the size %d", ErrNotHub, clip(e.Path), f.Size)
		}
		files = append(files, f)
	}
	return files, nil
}

// nextPage returns the address of rel="next" in a Link header (RFC 8288), or "".
func nextPage(h http.Header) string {
	for _, links := range h.Values("Link") {
		for links != "" {
			_, rest, ok := strings.Cut(links, "<")
			target, params, ok2 := strings.Cut(rest, ">")
			if !ok || !ok2 {
				break
			}
			params, links, _ = strings.Cut(params, ",")
			for p := range strings.SplitSeq(params, ";") {
				k, v, _ := strings.Cut(strings.TrimSpace(p), "=")
				if strings.EqualFold(k, "rel") && strings.EqualFold(strings.Trim(v, `"`), "next") {
					return target
				}
			}
		}
	}
	return ""
}

// onEndpoint resolves the address of a further page. Mirrors pass on the addresses
// of the hub they mirror, so another host is replaced by the endpoint's.
func (c *Client) onEndpoint(from *url.URL, next string) (*url.URL, error) {
	if next == "" {
		return nil, nil
	}
	u, err := from.Parse(next)
	if err != nil {
		return nil, fmt.Errorf("%w: the next page is at %q", ErrNotHub, clip(next))
	}
	if !sameOrigin(u, c.endpoint) {
		u = c.address(u.EscapedPath(), u.RawQuery)
	}
	return u, nil
}

// getJSON asks the API.
func (c *Client) getJSON(ctx context.Context, u *url.URL, retries int) (body []byte, h http.Header, err error) {
	if c.offline {
		return nil, nil, ErrOffline
	}
	err = c.retry(ctx, retries, func() (bool, error) {
		ctx, w := newWatch(ctx, c.downloadTimeout)
		defer w.close()
		resp, err := c.send(ctx, http.MethodGet, u, http.Header{"Accept": {"application/json"}}, false)
		if err != nil {
			return false, err
		}
		defer resp.Body.Close()
		if isHTML(resp.Header) {
			return false, fmt.Errorf("%w: %s is an HTML page", ErrNotHub, plainURL(u))
		}
		body, err = io.ReadAll(io.LimitReader(w.reader(resp.Body), maxAnswer+1))
		if err != nil {
			return false, unreached(ctx, http.MethodGet, u, err)
		}
		if len(body) > maxAnswer {
			return false, fmt.Errorf("%w: the answer of %s", ErrTooLarge, plainURL(u))
		}
		h = resp.Header
		return false, nil
	})
	return body, h, err
}
