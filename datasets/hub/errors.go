package hub

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"
)

// What went wrong, for errors.Is.
var (
	// ErrNotFound is what the three kinds below have in common: the hub was reached
	// and does not have it.
	ErrNotFound = errors.New("not found")
	// ErrRepoNotFound says that there is no such repository, or that it is private
	// and the token, if any, does not open it: the hub does not tell these apart.
	ErrRepoNotFound = fmt.Errorf("repository %w", ErrNotFound)
	// ErrRevisionNotFound says that the repository has no such branch, tag or commit.
	ErrRevisionNotFound = fmt.Errorf("revision %w", ErrNotFound)
	// ErrEntryNotFound says that there is no such file in the revision.
	ErrEntryNotFound = fmt.Errorf("file %w", ErrNotFound)

	// ErrGated says that the repository's conditions must be accepted first.
	ErrGated = errors.New("gated repository")
	// ErrUnauthorized says that the token is missing, wrong or not strong enough.
	ErrUnauthorized = errors.New("not authorized")
	// ErrOffline says that the network may not be used and the cache does not have it.
	ErrOffline = errors.New("offline")
	// ErrNotCached says that the cache does not have it.
	ErrNotCached = errors.New("not in the cache")
	// ErrUnreachable says that the hub could not be reached or did not answer in
	// time, and that the cache does not have it.
	ErrUnreachable = errors.New("hub not reached")
	// ErrNotHub says that whatever answered is not a hub: usually a login page, a
	// proxy or a wrong HF_ENDPOINT.
	ErrNotHub = errors.New("not an answer of a hub")
	// ErrMismatch says that a file did not have the size or the checksum that the
	// hub states. Nothing of it is kept.
	ErrMismatch = errors.New("not what the hub describes")
	// ErrStalled says that data came too slowly or not at all, again and again. What
	// has come is kept, and the next download takes it up.
	ErrStalled = errors.New("transfer stalled")
	// ErrTooLarge says that a file or an answer is larger than is allowed.
	ErrTooLarge = errors.New("too large")
	// ErrNoSpace says that the file does not fit on the cache's disk.
	ErrNoSpace = errors.New("no space left for the cache")
	// ErrUnsafeName says that the name of a file or a revision could lead out of the
	// folder it belongs in.
	ErrUnsafeName = errors.New("unsafe name")
	// ErrRedirect says that redirects go in circles or from https to http.
	ErrRedirect = errors.New("bad redirect")
)

// An HTTPError is an answer of the hub with a status that is none of success.
type HTTPError struct {
	Method     string
	URL        string // without query, which may hold a signature
	Status     int
	Code       string        // X-Error-Code: "RepoNotFound", "GatedRepo" ...
	Message    string        // X-Error-Message
	RequestID  string        // X-Request-Id, to quote to the hub's support
	RetryAfter time.Duration // how long the hub asked to wait, or 0

	kind error
}

// Error gives the request, the status and what the hub said of it.
func (e *HTTPError) Error() string {
	s := "HTTP " + strconv.Itoa(e.Status)
	if e.kind != nil {
		s = e.kind.Error() + ": " + s
	}
	s += " from " + e.URL
	switch {
	case e.Message != "":
		s += fmt.Sprintf(": %q", e.Message)
	case e.Code != "":
		s += ": " + e.Code
	}
	if e.RequestID != "" {
		s += ", request " + e.RequestID
	}
	return s
}

// Unwrap returns ErrRepoNotFound, ErrGated or whichever of the package's errors
// the answer stands for, or nil.
func (e *HTTPError) Unwrap() error { return e.kind }

// plainURL shows an address without secrets: signed addresses carry them in the
// query, mirrors perhaps before the host.
func plainURL(u *url.URL) string {
	p := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
	return p.String()
}

// wrap says what was wanted and, as a hint, what to do.
func (c *Client) wrap(repo RepoID, revision, file string, err error) error {
	what := fmt.Sprintf("%s at revision %q", repo, revision)
	if file != "" {
		what = fmt.Sprintf("%s, file %q at revision %q", repo, file, revision)
	}
	if hint := c.hint(repo, revision, file, err); hint != "" {
		return fmt.Errorf("hub: %s: %w (%s)", what, err, hint)
	}
	return fmt.Errorf("hub: %s: %w", what, err)
}

func (c *Client) hint(repo RepoID, revision, file string, err error) string {
	page := plainURL(c.endpoint) + repo.page()
	var he *HTTPError
	var cert *tls.CertificateVerificationError
	switch {
	case errors.As(err, &cert):
		return "behind a proxy that opens TLS, set SSL_CERT_FILE to the file of its certificate"
	case errors.Is(err, ErrEntryNotFound):
		return "the files are at " + page + "/tree/" + url.PathEscape(revision)
	case errors.Is(err, ErrRevisionNotFound):
		return "the branches and tags are at " + page + "/tree/main"
	case errors.Is(err, ErrRepoNotFound):
		other := Model
		if repo.Type == ModelRepo {
			other = Dataset
		}
		s := "check the name; is it a " + string(other("").Type) + "? "
		if c.token == "" {
			return s + "If it is private, set HF_TOKEN to a token that may read it"
		}
		return s + "If it is private, the token in use may not read it"
	case errors.Is(err, ErrNotFound):
		return "check the names and HF_ENDPOINT, which is " + plainURL(c.endpoint)
	case errors.Is(err, ErrGated):
		s := "accept its conditions at " + page
		if c.token == "" {
			return s + ", then set HF_TOKEN to a token of that account"
		}
		return s + " with the account of the token in use"
	case errors.Is(err, ErrUnauthorized):
		if c.token == "" {
			return "set HF_TOKEN to a token that may read it"
		}
		return "the token in use is wrong, expired or may not read this: make one at " + plainURL(c.endpoint) + "/settings/tokens"
	case errors.Is(err, ErrOffline), errors.Is(err, ErrUnreachable), errors.Is(err, ErrNotCached):
		s := "fetch it where there is a network, with `hf download " + repo.ID
		if file != "" {
			s += " " + file
		}
		if repo.Type != ModelRepo {
			s += " --repo-type " + string(repo.Type)
		}
		if revision != "main" {
			s += " --revision " + revision
		}
		s += "` or this program, and copy " + c.cache
		if errors.Is(err, ErrOffline) {
			return c.offlineBy + ", or " + s
		}
		return "check the connection, HTTPS_PROXY and HF_ENDPOINT, or " + s
	case errors.Is(err, ErrNotHub):
		return "a login page, a proxy, or a wrong HF_ENDPOINT? It is " + plainURL(c.endpoint)
	case errors.Is(err, ErrMismatch):
		return "nothing was kept; try again, and if it stays so the fault is the hub's or a proxy's"
	case errors.Is(err, ErrStalled):
		return "what came is kept: try again later, or set HF_HUB_DOWNLOAD_TIMEOUT to more seconds"
	case errors.Is(err, ErrNoSpace):
		return "free some, or set HF_HUB_CACHE to a folder on another disk; what came is kept"
	case errors.Is(err, ErrUnsafeName):
		return "ask the owner of the repository to rename it"
	case readOnly(err):
		return "the cache cannot be written: set HF_HUB_CACHE to a folder that can, " + c.cache + " may stay for reading by others"
	case errors.As(err, &he) && he.Status == 429:
		s := "too many requests"
		if he.RetryAfter > 0 {
			s += fmt.Sprintf(": wait %v", he.RetryAfter.Round(time.Second))
		}
		if c.token == "" {
			s += "; with HF_TOKEN set more are allowed"
		}
		return s
	case errors.As(err, &he) && he.Status >= 500:
		return "the hub has trouble: try again later"
	}
	return ""
}
