package hub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Snapshot returns the folder that holds the files of a repository at a revision
// (a branch, a tag or a commit; "" for main), after fetching those that the cache
// does not have, several at once. The folder may hold other files as well, fetched
// at other times.
//
// Patterns choose files as in huggingface_hub: "*.parquet", "data/", "train-?.csv";
// "*" also stands for "/". Those that begin with "!" exclude. All files are wanted
// without patterns, and it is an error if none matches.
//
// If a file fails, the others are given up and its error is returned; what has
// come stays.
func (c *Client) Snapshot(ctx context.Context, repo RepoID, revision string, patterns ...string) (string, error) {
	revision = cmp.Or(revision, "main")
	dir, err := c.fetchSnapshot(ctx, repo, revision, patterns)
	if err != nil {
		return "", c.wrap(repo, revision, "", err)
	}
	return dir, nil
}

func (c *Client) fetchSnapshot(ctx context.Context, repo RepoID, revision string, patterns []string) (string, error) {
	if err := check(repo, revision); err != nil {
		return "", err
	}
	s := c.repo(repo)
	cached, cacheErr := s.complete(revision, patterns)
	if c.offline {
		if errors.Is(cacheErr, ErrNotCached) {
			return "", fmt.Errorf("%w and %w %s", ErrOffline, cacheErr, c.cache)
		}
		return cached, cacheErr
	}
	tries := c.triesBeside(cacheErr == nil)
	commit, files, err := c.commitFiles(ctx, repo, revision, tries)
	if err != nil {
		if cacheErr == nil && fromCache(ctx, err) {
			c.log.Warn("hub: using the snapshot in the cache", "repo", repo.ID, "revision", revision, "error", err)
			return cached, nil
		}
		return "", err
	}
	if files, err = choose(files, patterns); err != nil {
		return "", err
	}
	if err := c.fetchAll(ctx, repo, commit, files); err != nil {
		return "", err
	}
	c.noteRef(s, revision, commit)
	return s.snapshot(commit), nil
}

func (c *Client) commitFiles(ctx context.Context, repo RepoID, revision string, tries int) (string, []File, error) {
	commit := revision
	if !isCommit(commit) {
		info, err := c.infoTry(ctx, repo, revision, tries)
		if err != nil {
			return "", nil, err
		}
		commit = info.Commit
	}
	files, err := c.tree(ctx, repo, commit, tries)
	return commit, files, err
}

// fetchAll fetches files with several workers. The first error stops all.
func (c *Client) fetchAll(ctx context.Context, repo RepoID, commit string, files []File) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	jobs := make(chan File)
	var wg sync.WaitGroup
	for range min(c.workers, len(files)) {
		wg.Go(func() {
			for f := range jobs {
				if err := c.fetchListed(ctx, repo, commit, f); err != nil {
					cancel(fmt.Errorf("file %q: %w", f.Path, err))
					return
				}
			}
		})
	}
feed:
	for _, f := range files {
		select {
		case jobs <- f:
		case <-ctx.Done():
			break feed
		}
	}
	close(jobs)
	wg.Wait()
	return context.Cause(ctx)
}

// fetchListed fetches a file of a list. The list says all that a HEAD request
// would, unless a mirror leaves checksums out.
func (c *Client) fetchListed(ctx context.Context, repo RepoID, commit string, f File) error {
	d := description{commit: commit, etag: f.Etag(), size: f.Size}
	if d.etag == "" && !whole(c.repo(repo).pointer(commit, f.Path), f.Size) {
		var err error
		if d, err = c.describe(ctx, repo, commit, f.Path, c.retries); err != nil {
			return err
		}
	}
	_, err := c.fetch(ctx, repo, f.Path, d)
	return err
}

// complete returns the snapshot of a revision if the cache has all the files that
// patterns select. The list of the commit tells; without it, as older versions of
// huggingface_hub leave the cache, the files that are there must do, and those that
// patterns name must be there.
func (s store) complete(revision string, patterns []string) (string, error) {
	commit := revision
	if !isCommit(commit) {
		if commit = s.ref(revision); commit == "" {
			return "", ErrNotCached
		}
	}
	dir := s.snapshot(commit)
	files := s.tree(commit)
	listed := files != nil
	if !listed {
		if files = walk(dir); len(files) == 0 {
			return "", ErrNotCached
		}
		for _, p := range patterns {
			if !strings.ContainsAny(p, "*?[!") && !strings.HasSuffix(p, "/") && !whole(s.pointer(commit, p), -1) {
				return "", fmt.Errorf("file %q %w", p, ErrNotCached)
			}
		}
	}
	files, err := choose(files, patterns)
	if err != nil {
		if !listed { // it may well exist
			err = fmt.Errorf("no file that matches %q %w", patterns, ErrNotCached)
		}
		return "", err
	}
	for _, f := range files {
		if !whole(s.pointer(commit, f.Path), f.Size) {
			return "", fmt.Errorf("file %q %w", f.Path, ErrNotCached)
		}
	}
	return dir, nil
}

// walk lists the files of a folder, links followed, sorted by path.
func walk(dir string) []File {
	var files []File
	filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return nil
		}
		rel, err := filepath.Rel(dir, path)
		if st, statErr := os.Stat(path); err == nil && statErr == nil && st.Mode().IsRegular() {
			files = append(files, File{Path: filepath.ToSlash(rel), Size: st.Size()})
		}
		return nil
	})
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return files
}
