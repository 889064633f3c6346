package hub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

const (
	headerCommit     = "X-Repo-Commit"
	headerLinkedEtag = "X-Linked-Etag"
	headerLinkedSize = "X-Linked-Size"
)

// A description is what the hub says of a file in its headers.
type description struct {
	commit string
	etag   string // SHA-256 of LFS files, git's SHA-1 of others
	size   int64  // bytes, -1 if not said
}

// describe asks the hub about a file of a revision, by a HEAD request.
func (c *Client) describe(ctx context.Context, repo RepoID, revision, file string, retries int) (d description, err error) {
	u := c.address(repo.fileURL(revision, file), "")
	err = c.retry(ctx, retries, func() (bool, error) {
		ctx, cancel := context.WithTimeoutCause(ctx, c.etagTimeout, fmt.Errorf("%w: no answer in %v", ErrUnreachable, c.etagTimeout))
		defer cancel()
		resp, err := c.send(ctx, http.MethodHead, u, nil, true)
		if err != nil {
			return false, err
		}
		resp.Body.Close()
		d, err = descriptionOf(resp.StatusCode, resp.ContentLength, resp.Header)
		return false, err
	})
	return d, err
}

func descriptionOf(status int, length int64, h http.Header) (description, error) {
	d := description{commit: h.Get(headerCommit), size: -1}
	if d.commit == "" {
		return d, fmt.Errorf("%w: no %s header%s", ErrNotHub, headerCommit, ofType(h))
	}
	if !isCommit(d.commit) {
		return d, fmt.Errorf("%w: %s %q is not a commit", ErrNotHub, headerCommit, clip(d.commit))
	}
	tag := cmp.Or(h.Get(headerLinkedEtag), h.Get("ETag"))
	if d.etag = etagOf(tag); d.etag == "" {
		return d, fmt.Errorf("%w: entity tag %q", ErrNotHub, clip(tag))
	}
	switch s := h.Get(headerLinkedSize); {
	case s != "":
		n, err := strconv.ParseUint(s, 10, 63)
		if err != nil {
			return d, fmt.Errorf("%w: %s %q is not a size", ErrNotHub, headerLinkedSize, clip(s))
		}
		d.size = int64(n)
	case status < 300: // a redirect's length is that of its own text
		d.size = length
	}
	return d, nil
}

// ofType describes what came instead.
func ofType(h http.Header) string {
	if t := h.Get("Content-Type"); t != "" {
		return fmt.Sprintf(" but %q", clip(t))
	}
	return ""
}

func isHTML(h http.Header) bool {
	return strings.HasPrefix(strings.ToLower(strings.TrimSpace(h.Get("Content-Type"))), "text/html")
}

// checkSize refuses what is larger than allowed before any of it is fetched.
func (c *Client) checkSize(size int64) error {
	if size > c.maxFile {
		return fmt.Errorf("%w: %s, and %s are allowed (WithMaxFileSize)", ErrTooLarge, bytesText(size), bytesText(c.maxFile))
	}
	return nil
}

// fromCache reports whether an error of the network lets a file of the cache stand
// in: not if the hub was reached and has no such thing, nor if the caller gave up.
func fromCache(ctx context.Context, err error) bool {
	return ctx.Err() == nil && !errors.Is(err, ErrEntryNotFound) && !errors.Is(err, ErrRevisionNotFound)
}
