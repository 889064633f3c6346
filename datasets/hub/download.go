package hub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Download returns the path of a file of a repository at a revision (a branch, a
// tag or a commit; "" for main), after fetching it if the cache does not have it.
// The hub is asked whether a branch or tag has moved; a file of a full commit that
// is in the cache is returned without network.
//
// An interrupted transfer goes on where it stopped, also in another program. When
// ctx ends, Download returns its cause.
func (c *Client) Download(ctx context.Context, repo RepoID, revision, file string) (string, error) {
	revision = cmp.Or(revision, "main")
	path, err := c.download(ctx, repo, revision, file)
	if err != nil {
		return "", c.wrap(repo, revision, file, err)
	}
	return path, nil
}

func (c *Client) download(ctx context.Context, repo RepoID, revision, file string) (string, error) {
	if err := check(repo, revision); err != nil {
		return "", err
	}
	if err := checkFile(file); err != nil {
		return "", err
	}
	s := c.repo(repo)
	cached, err := s.lookup(revision, file)
	known := err == nil
	switch {
	case known && (c.offline || isCommit(revision)):
		return cached, nil
	case errors.Is(err, ErrEntryNotFound) && (c.offline || isCommit(revision)):
		return "", err
	case c.offline:
		return "", fmt.Errorf("%w and %w %s", ErrOffline, ErrNotCached, c.cache)
	}
	d, err := c.describe(ctx, repo, revision, file, c.triesBeside(known))
	if err != nil {
		var me *missingEntry
		if errors.As(err, &me) && isCommit(me.commit) {
			if err := s.setMissing(me.commit, file); err != nil {
				c.log.Debug("hub: missing file not noted", "error", err)
			}
		}
		if known && fromCache(ctx, err) {
			c.log.Warn("hub: using the file in the cache", "repo", repo.ID, "file", file, "revision", revision, "error", err)
			return cached, nil
		}
		return "", err
	}
	path, err := c.fetch(ctx, repo, file, d)
	if err != nil {
		return "", err
	}
	c.noteRef(s, revision, d.commit)
	return path, nil
}

// noteRef is done after files have come: until then, those of the commit before
// serve offline.
func (c *Client) noteRef(s store, revision, commit string) {
	if err := s.setRef(revision, commit); err != nil {
		c.log.Debug("hub: commit of the revision not noted", "revision", revision, "error", err)
	}
}

// fetch returns the path of the file that d describes, after getting its blob
// unless the cache has it.
func (c *Client) fetch(ctx context.Context, repo RepoID, file string, d description) (string, error) {
	s := c.repo(repo)
	pointer := s.pointer(d.commit, file)
	if whole(pointer, d.size) {
		return pointer, nil // without writing: the cache may be read-only
	}
	if err := c.checkSize(d.size); err != nil {
		return "", err
	}
	blob := s.blob(d.etag)
	for _, dir := range []string{filepath.Dir(blob), s.locks} {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return "", err
		}
	}
	c.tagCache()
	unlock, err := lock(ctx, filepath.Join(s.locks, d.etag+".lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	if !whole(blob, d.size) && !whole(pointer, d.size) {
		m := c.newMeter(repo, file, d.size)
		err := c.transfer(ctx, c.address(repo.fileURL(d.commit, file), ""), file, blob, d, m)
		m.finish(err)
		if err != nil {
			return "", err
		}
	}
	if whole(pointer, d.size) { // another program was faster
		return pointer, nil
	}
	return pointer, s.link(blob, pointer, c.symlinks)
}
