package hub

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const maxRedirects = 10

// send makes one request and follows its redirects. The token goes to the origin
// of the endpoint alone; net/http would also give it to other ports and
// sub-domains. With stay, a redirect to another origin that says which commit the
// file is of is the answer: that is how the hub describes files that lie elsewhere.
//
// An answer with a status of 400 or more is returned as an *HTTPError, one that
// did not come as ErrUnreachable.
func (c *Client) send(ctx context.Context, method string, u *url.URL, header http.Header, stay bool) (*http.Response, error) {
	for range maxRedirects {
		req, err := http.NewRequestWithContext(ctx, method, u.String(), nil)
		if err != nil {
			return nil, err
		}
		if header != nil {
			req.Header = header.Clone()
		}
		req.Header.Set("User-Agent", c.agent)
		req.Header.Set("Accept-Encoding", "identity")
		if c.token != "" && sameOrigin(u, c.endpoint) {
			req.Header.Set("Authorization", "Bearer "+c.token)
		}
		resp, err := c.http.Do(req)
		if err != nil {
			return nil, unreached(ctx, method, u, err)
		}
		if resp.StatusCode < 300 || resp.StatusCode == http.StatusNotModified {
			return resp, nil
		}
		if resp.StatusCode >= 400 {
			discard(resp)
			return nil, c.httpError(req, resp)
		}
		next, err := redirect(u, resp)
		if err == nil && stay && !sameOrigin(next, u) && resp.Header.Get(headerCommit) != "" {
			return resp, nil
		}
		discard(resp)
		if err != nil {
			return nil, err
		}
		u = next
	}
	return nil, fmt.Errorf("%w: more than %d, the last to %s", ErrRedirect, maxRedirects, plainURL(u))
}

// discard ends an answer. The little text of redirects is read, so that the
// connection serves again: snapshots of many small files make many of them.
func discard(resp *http.Response) {
	io.CopyN(io.Discard, resp.Body, 4<<10)
	resp.Body.Close()
}

func redirect(from *url.URL, resp *http.Response) (*url.URL, error) {
	location := resp.Header.Get("Location")
	to, err := from.Parse(location)
	switch {
	case location == "" || err != nil:
		return nil, fmt.Errorf("%w: HTTP %d from %s leads nowhere", ErrRedirect, resp.StatusCode, plainURL(from))
	case to.Scheme != "http" && to.Scheme != "https", to.Host == "":
		return nil, fmt.Errorf("%w: from %s to an address of scheme %q", ErrRedirect, plainURL(from), to.Scheme)
	case from.Scheme == "https" && to.Scheme == "http":
		return nil, fmt.Errorf("%w: from %s to %s, which is not encrypted", ErrRedirect, plainURL(from), plainURL(to))
	}
	return to, nil
}

// sameOrigin compares scheme, host and port.
func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	if u.Scheme == "https" {
		return cmp.Or(u.Port(), "443")
	}
	return cmp.Or(u.Port(), "80")
}

// unreached says why no answer came. The context's own end is passed on as it is.
func unreached(ctx context.Context, method string, u *url.URL, err error) error {
	if ctx.Err() != nil {
		if cause := context.Cause(ctx); !errors.Is(cause, ErrStalled) && !errors.Is(cause, ErrUnreachable) {
			return cause
		} else {
			err = cause
		}
	}
	var ue *url.Error
	if errors.As(err, &ue) { // its text repeats the address with its query
		err = ue.Err
	}
	if errors.Is(err, ErrUnreachable) || errors.Is(err, ErrStalled) {
		return fmt.Errorf("%w: %s %s", err, method, plainURL(u))
	}
	return fmt.Errorf("%w: %s %s: %w", ErrUnreachable, method, plainURL(u), err)
}

// httpError reads what the hub's headers say of a failure. The rules are those of
// huggingface_hub (utils/_http.py, hf_raise_for_status).
func (c *Client) httpError(req *http.Request, resp *http.Response) error {
	h := resp.Header
	e := &HTTPError{
		Method:     req.Method,
		URL:        plainURL(req.URL),
		Status:     resp.StatusCode,
		Code:       clip(h.Get("X-Error-Code")),
		Message:    clip(h.Get("X-Error-Message")),
		RequestID:  clip(cmp.Or(h.Get("X-Request-Id"), h.Get("X-Amzn-Trace-Id"), h.Get("X-Amz-Cf-Id"))),
		RetryAfter: retryAfter(resp.StatusCode, h, time.Now()),
	}
	switch {
	case e.Code == "RevisionNotFound":
		e.kind = ErrRevisionNotFound
	case e.Code == "EntryNotFound":
		e.kind = ErrEntryNotFound
	case e.Code == "GatedRepo":
		e.kind = ErrGated
	case e.Code == "RepoNotFound":
		e.kind = ErrRepoNotFound
	case !sameOrigin(req.URL, c.endpoint):
		// What other hosts say is of the transfer, not of the repository.
	case e.Status == http.StatusUnauthorized && c.token == "":
		e.kind = ErrRepoNotFound // also what private repositories say to strangers
	case e.Status == http.StatusUnauthorized, e.Status == http.StatusForbidden:
		e.kind = ErrUnauthorized
	case e.Status == http.StatusNotFound:
		e.kind = ErrNotFound
	}
	if e.kind == ErrEntryNotFound {
		return &missingEntry{e, h.Get(headerCommit)}
	}
	return e
}

// A missingEntry is an *HTTPError that says in which commit the file is missing.
type missingEntry struct {
	*HTTPError
	commit string
}

func (e *missingEntry) Unwrap() error { return e.HTTPError }

// clip bounds what a header may add to a message.
func clip(s string) string {
	if len(s) > 300 {
		s = strings.ToValidUTF8(s[:300], "") + "..."
	}
	return s
}

// transient reports whether another try may help.
func transient(err error) bool {
	var he *HTTPError
	if errors.As(err, &he) {
		switch he.Status {
		case 408, 429, 500, 502, 503, 504:
			return true
		}
		return false
	}
	if errors.Is(err, ErrStalled) {
		return true
	}
	var cert *tls.CertificateVerificationError
	var dns *net.DNSError
	return errors.Is(err, ErrUnreachable) && !errors.As(err, &cert) && !(errors.As(err, &dns) && dns.IsNotFound)
}

// retry calls try until it succeeds, fails for good, or has failed retries times
// more than the first. try reports whether it got on; then the count starts anew.
func (c *Client) retry(ctx context.Context, retries int, try func() (moved bool, err error)) error {
	for n := 0; ; n++ {
		moved, err := try()
		if err == nil || ctx.Err() != nil || !transient(err) {
			return err
		}
		if moved {
			n = 0
		}
		if n >= retries {
			if n > 0 {
				err = fmt.Errorf("%w (tried %d times)", err, n+1)
			}
			return err
		}
		// Pauses of programs that failed together should not end together.
		pause := c.backoff << min(n, 3)
		pause += time.Duration(rand.Int64N(int64(pause)/4 + 1))
		var he *HTTPError
		if errors.As(err, &he) && he.RetryAfter > 0 {
			if he.RetryAfter > c.maxWait {
				return err
			}
			pause = max(pause, he.RetryAfter)
		}
		c.log.Info("hub: trying again", "pause", pause, "error", err)
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
}
