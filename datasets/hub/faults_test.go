package hub

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sparsebio/sparsebio/datasets/hub/hubtest"
)

// patience is short enough for a test and long enough for a machine that is busy.
var testTime = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

const patience = 250 * time.Millisecond

// Failures that pass cost nothing but time.
func TestFaultsThatPass(t *testing.T) {
	t.Parallel()
	cdn := hubtest.Match{Host: "cdn", Times: 1}
	head := hubtest.Match{Method: "HEAD", Times: 2}
	for _, test := range []struct {
		name  string
		match hubtest.Match
		fault hubtest.Fault
	}{
		{"429 of the description", head, hubtest.Status(429)},
		{"408 of the description", head, hubtest.Status(408)},
		{"500 of the description", head, hubtest.Status(500)},
		{"503 with Retry-After", head, hubtest.Status(503, "Retry-After", "0")},
		{"description that hangs", hubtest.Match{Method: "HEAD", Times: 1}, hubtest.Hang()},
		{"description cut", head, hubtest.Cut(0)},
		{"502 of the file", cdn, hubtest.Status(502)},
		{"504 of the way to the file", hubtest.Match{Host: "hub", Method: "GET", Times: 3}, hubtest.Status(504)},
		{"file cut at once", cdn, hubtest.Cut(0)},
		{"file cut in the middle", cdn, hubtest.Cut(200_000)},
		{"file cut before its last byte", cdn, hubtest.Cut(len(big) - 1)},
		{"file that hangs", cdn, hubtest.Hang()},
		{"file that drips", cdn, hubtest.Drip(time.Millisecond * 20)},
		{"file without length", hubtest.Match{Host: "cdn"}, hubtest.Header("Content-Length", "")},
		{"description without size", hubtest.Match{Method: "HEAD"}, hubtest.Header("X-Linked-Size", "", "Content-Length", "")},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h, _ := newHub(t)
			c := newClient(t, h, WithTimeouts(patience, patience))
			h.Fault(test.match, test.fault)
			get(t, c, abstracts, "main", table, big)
			if n := intact(t, c); n != 0 {
				t.Errorf("%d partial files left", n)
			}
		})
	}
}

// Failures that stay become errors that say what to do, and leave nothing wrong in
// the cache.
func TestFaultsThatStay(t *testing.T) {
	t.Parallel()
	all, cdn := hubtest.Match{}, hubtest.Match{Host: "cdn"}
	head := hubtest.Match{Method: "HEAD"}
	for _, test := range []struct {
		name    string
		match   hubtest.Match
		fault   hubtest.Fault
		kind    error
		texts   []string
		partial int // files left to go on with
	}{
		{"400", all, hubtest.Status(400), nil, []string{"HTTP 400 from http://"}, 0},
		{"401", all, hubtest.Status(401), ErrRepoNotFound, []string{"set HF_TOKEN"}, 0},
		{"403", all, hubtest.Status(403), ErrUnauthorized, []string{"set HF_TOKEN"}, 0},
		{"404", all, hubtest.Status(404), ErrNotFound, nil, 0},
		{"410", all, hubtest.Status(410), nil, []string{"HTTP 410"}, 0},
		{"429", all, hubtest.Status(429), nil, []string{"too many requests", "with HF_TOKEN set more", "tried 2 times"}, 0},
		{"429 for long", all, hubtest.Status(429, "RateLimit", `"api";r=0;t=4000`), nil, []string{"wait 1h6m40s"}, 0},
		{"503", all, hubtest.Status(503, "X-Error-Message", "maintenance"), nil, []string{`"maintenance"`, "try again later", "tried 2 times"}, 0},
		{"description that hangs", head, hubtest.Hang(), ErrUnreachable, []string{"no answer in 250ms", "HTTPS_PROXY"}, 0},
		{"connection that is cut", all, hubtest.Cut(0), ErrUnreachable, []string{"EOF"}, 0},
		{"login page", all, hubtest.HTML(), ErrNotHub, []string{"text/html", "login page", "HF_ENDPOINT"}, 0},
		{"login page for the file", cdn, hubtest.HTML(), ErrNotHub, []string{"an HTML page instead of the file", "login page"}, 0},
		{"login page after a redirect", cdn, hubtest.Redirect("/login"), ErrRedirect, nil, 0},
		{"no commit", head, hubtest.Header("X-Repo-Commit", ""), ErrNotHub, []string{"no X-Repo-Commit"}, 0},
		{"odd commit", head, hubtest.Header("X-Repo-Commit", "../../x"), ErrNotHub, []string{"is not a commit"}, 0},
		{"odd etag", head, hubtest.Header("X-Linked-Etag", `"../../x"`), ErrNotHub, []string{"entity tag"}, 0},
		{"odd size", head, hubtest.Header("X-Linked-Size", "-5"), ErrNotHub, []string{"is not a size"}, 0},
		{"size of exabytes", head, hubtest.Header("X-Linked-Size", "9223372036854775807"), ErrTooLarge, []string{"WithMaxFileSize"}, 0},
		{"no body but length", cdn, hubtest.Status(200, "Content-Length", strconv.Itoa(len(big))), ErrUnreachable, []string{"EOF"}, 0},
		{"body changed", cdn, hubtest.Corrupt(), ErrMismatch, []string{"checksum", "nothing was kept"}, 0},
		{"body short, length too", cdn, hubtest.Claim(300_000), ErrMismatch, []string{"300000 bytes instead of 400000"}, 0},
		{"body compressed", cdn, hubtest.Header("Content-Encoding", "gzip"), ErrNotHub, []string{`"gzip"`}, 0},
		{"wrong size in the description", head, hubtest.Header("X-Linked-Size", "500000"), ErrMismatch, []string{"400000 bytes instead of 500000"}, 0},
		{"empty answer", cdn, hubtest.Status(204), ErrNotHub, []string{"HTTP 204"}, 0},
		{"redirects in circles", cdn, hubtest.Redirect("/round?and=round"), ErrRedirect, []string{"more than 10"}, 0},
		{"redirect to a file", cdn, hubtest.Redirect("file:///etc/passwd"), ErrRedirect, []string{`"file"`}, 0},
		{"redirect to nowhere", cdn, hubtest.Status(302), ErrRedirect, []string{"leads nowhere"}, 0},
		{"file that hangs", cdn, hubtest.Hang(), ErrStalled, []string{"0 bytes in 250ms", "HF_HUB_DOWNLOAD_TIMEOUT"}, 0},
		{"file that drips", cdn, hubtest.Drip(40 * time.Millisecond), ErrStalled, []string{"what came is kept"}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h, _ := newHub(t)
			c := newClient(t, h, WithTimeouts(patience, patience), WithRetries(1, time.Millisecond))
			h.Fault(test.match, test.fault)
			_, err := c.Download(t.Context(), abstracts, "main", table)
			wantError(t, err, test.kind, append(test.texts, `hub: dataset zeroshot/arxiv-biology, file "data/train-00000-of-00001.parquet" at revision "main": `)...)
			if n := intact(t, c); n != test.partial {
				t.Errorf("%d partial files left, want %d", n, test.partial)
			}
			if _, err := c.Cached(abstracts, "main", table); !errors.Is(err, ErrNotCached) {
				t.Errorf("Cached: %v", err)
			}
			h.Heal()
			get(t, c, abstracts, "main", table, big)
			if n := intact(t, c); n != 0 {
				t.Errorf("%d partial files left at the end", n)
			}
		})
	}
}

// Small files are named by git's SHA-1, which is checked too.
func TestGitChecksum(t *testing.T) {
	h, _ := newHub(t)
	c := newClient(t, h)
	h.Fault(hubtest.Match{Path: "resolve-cache", Method: "GET"}, hubtest.Corrupt())
	_, err := c.Download(t.Context(), abstracts, "main", "README.md")
	wantError(t, err, ErrMismatch, "checksum")
	intact(t, c)
}

// Mirrors may name files by something else than a checksum: then the size must do,
// and a transfer is not taken up, only begun anew.
func TestOtherEtag(t *testing.T) {
	h, _ := newHub(t)
	c := newClient(t, h)
	h.Fault(hubtest.Match{Method: "HEAD"}, hubtest.Header("X-Linked-Etag", `W/"5f3c-61"`))
	h.Fault(hubtest.Match{Host: "cdn", Times: 1}, hubtest.Cut(100_000))
	get(t, c, abstracts, "main", table, big)
	for _, r := range h.Requests() {
		if r.Range != "" {
			t.Errorf("asked for %s", r.Range)
		}
	}
	sameFile(t, c.repo(abstracts).blob("5f3c-61"), big)
}

func TestErrors(t *testing.T) {
	h, r := newHub(t)
	private := h.Add("model", "owner/private", map[string]string{"config.json": "{}"})
	private.Private()
	gated := h.Add("model", "owner/gated", map[string]string{"config.json": "{}"})
	gated.Gate()
	anyone := newClient(t, h)
	stranger := newClient(t, h, WithToken("hf_wrong"))
	member := newClient(t, h, WithToken(hubtest.Token))
	for _, test := range []struct {
		name     string
		c        *Client
		repo     RepoID
		revision string
		file     string
		kind     error
		texts    []string
	}{
		{"no repository", anyone, Model("owner/none"), "main", "x", ErrRepoNotFound, []string{"is it a dataset?", "set HF_TOKEN"}},
		{"no repository for a member", member, Dataset("owner/none"), "main", "x", ErrRepoNotFound, []string{"is it a model?", "the token in use may not"}},
		{"no revision", anyone, abstracts, "v9", "x", ErrRevisionNotFound, []string{"/datasets/zeroshot/arxiv-biology/tree/main"}},
		{"no commit", anyone, abstracts, strings.Repeat("0", 40), "x", ErrRevisionNotFound, nil},
		{"no file", anyone, abstracts, "main", "x.csv", ErrEntryNotFound, []string{`file "x.csv"`, "/tree/main"}},
		{"private", anyone, Model("owner/private"), "main", "config.json", ErrRepoNotFound, []string{"If it is private, set HF_TOKEN"}},
		{"gated", anyone, Model("owner/gated"), "main", "config.json", ErrGated, []string{"accept its conditions at " + h.URL() + "/owner/gated, then set HF_TOKEN"}},
		{"gated for a member", member, Model("owner/gated"), "main", "config.json", ErrGated, []string{"with the account of the token in use"}},
		{"wrong token", stranger, abstracts, "main", "README.md", ErrUnauthorized, []string{"Invalid credentials", "/settings/tokens"}},
		{"bad id", anyone, Dataset("a/b/c"), "main", "x", nil, []string{`"a/b/c" is not the id of a dataset`}},
		{"bad type", anyone, RepoID{ID: "a/b"}, "main", "x", nil, []string{"unknown type of repository"}},
		{"bad revision", anyone, abstracts, "../main", "x", ErrUnsafeName, nil},
		{"bad file", anyone, abstracts, "main", "../../x", ErrUnsafeName, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := test.c.Download(t.Context(), test.repo, test.revision, test.file)
			wantError(t, err, test.kind, test.texts...)
			var he *HTTPError
			if test.kind != nil && test.kind != ErrUnsafeName && (!errors.As(err, &he) || he.Status < 400 || he.RequestID != "Root=1-hubtest") {
				t.Errorf("no HTTPError in %v", err)
			}
			if strings.HasPrefix(test.name, "no ") && test.kind != nil && !errors.Is(err, ErrNotFound) {
				t.Errorf("%v is not ErrNotFound", err)
			}
		})
	}
	get(t, member, Model("owner/private"), "main", "config.json", "{}")
	gated.Accept()
	get(t, member, Model("owner/gated"), "main", "config.json", "{}")

	// The cache stands in for a hub that no longer knows us, but not for a hub that
	// no longer has the file.
	lapsed := newClient(t, h, WithCacheDir(member.CacheDir()))
	get(t, lapsed, Model("owner/private"), "main", "config.json", "{}")
	c := newClient(t, h)
	get(t, c, abstracts, "main", "README.md", "# Abstracts of papers\n")
	h.Fault(hubtest.Match{Method: "HEAD"}, hubtest.Status(404, "X-Error-Code", "EntryNotFound", "X-Repo-Commit", r.Head("main")))
	_, err := c.Download(t.Context(), abstracts, "main", "README.md")
	wantError(t, err, ErrEntryNotFound)
}

// The pause that a hub asks for is kept: nothing is tried before.
func TestRetryAfterIsKept(t *testing.T) {
	h, _ := newHub(t)
	c := newClient(t, h, WithMaxWait(time.Hour))
	h.Fault(hubtest.Match{Method: "HEAD", Times: 1}, hubtest.Status(429, "RateLimit", `"resolvers";r=0;t=600`))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := c.Download(ctx, abstracts, "main", "README.md")
	wantError(t, err, context.DeadlineExceeded)
	if rs := h.Requests(); len(rs) != 1 {
		t.Errorf("%d requests", len(rs))
	}
	get(t, c, abstracts, "main", "README.md", "# Abstracts of papers\n")
}

func TestRetryAfter(t *testing.T) {
	for _, test := range []struct {
		status     int
		key, value string
		want       time.Duration
	}{
		{429, "Retry-After", "120", 2 * time.Minute},
		{503, "Retry-After", " 7 ", 7 * time.Second},
		{503, "Retry-After", "Fri, 02 Jan 2026 03:04:35 GMT", 30 * time.Second},
		{503, "Retry-After", "Fri, 02 Jan 2026 03:04:00 GMT", 0},
		{503, "Retry-After", "-1", 0},
		{503, "Retry-After", "soon", 0},
		{503, "Retry-After", "99999999999999999999999", 1<<63 - 1},
		{429, "RateLimit", `"api";r=0;t=55`, 55 * time.Second},
		{429, "RateLimit", `"api" ; r = 00 ; t = 3`, 3 * time.Second},
		{429, "RateLimit", `"api";r=10;t=55`, 0}, // not the reason
		{503, "RateLimit", `"api";r=0;t=55`, 0},
		{429, "X", "", 0},
	} {
		h := http.Header{}
		h.Set(test.key, test.value)
		if got := retryAfter(test.status, h, testTime); got != test.want {
			t.Errorf("%d %s %q: %v, want %v", test.status, test.key, test.value, got, test.want)
		}
	}
}

// The caller's own end is passed on, at once, and is not taken for a failure of the
// hub that the cache could make good.
func TestCancel(t *testing.T) {
	h, _ := newHub(t)
	c := newClient(t, h, WithRetries(5, time.Hour))
	get(t, c, abstracts, "main", "README.md", "# Abstracts of papers\n")
	cause := errors.New("enough")
	for _, test := range []struct {
		name, file string
		match      hubtest.Match
		fault      hubtest.Fault
	}{
		{"description, cached", "README.md", hubtest.Match{}, hubtest.Hang()},
		{"description", table, hubtest.Match{}, hubtest.Hang()},
		{"pause", table, hubtest.Match{}, hubtest.Status(503)},
		{"transfer", table, hubtest.Match{Host: "cdn"}, hubtest.Drip(10 * time.Millisecond)},
	} {
		t.Run(test.name, func(t *testing.T) {
			h.Heal()
			h.Fault(test.match, test.fault)
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(50*time.Millisecond, func() { cancel(cause) })
			start := time.Now()
			if _, err := c.Download(ctx, abstracts, "main", test.file); !errors.Is(err, cause) {
				t.Errorf("error %v, want the cause", err)
			}
			if d := time.Since(start); d > 2*time.Second {
				t.Errorf("ended after %v", d)
			}
		})
	}
	intact(t, c)
}

func TestMaxFileSize(t *testing.T) {
	h, _ := newHub(t)
	c := newClient(t, h, WithMaxFileSize(1000))
	_, err := c.Download(t.Context(), abstracts, "main", table)
	wantError(t, err, ErrTooLarge, "400 kB, and 1.0 kB are allowed")
	// Nor does a server get further that does not say how much it will send.
	h.Fault(hubtest.Match{Method: "HEAD"}, hubtest.Header("X-Linked-Size", "", "Content-Length", ""))
	h.Fault(hubtest.Match{Method: "GET"}, hubtest.Header("Content-Length", ""))
	_, err = c.Download(t.Context(), abstracts, "main", table)
	wantError(t, err, ErrTooLarge)
	if n := intact(t, c); n != 0 {
		t.Errorf("%d partial files", n)
	}
	get(t, c, abstracts, "main", "README.md", "# Abstracts of papers\n")
}

func TestSpace(t *testing.T) {
	free, ok := freeSpace(t.TempDir())
	if !ok {
		t.Skip("the free space of this disk is not known")
	}
	err := checkSpace(t.TempDir()+"/x", int64(min(free, 1<<60))*2)
	wantError(t, err, ErrNoSpace, "free in")
	if err := checkSpace(t.TempDir()+"/x", -1); err != nil {
		t.Error(err)
	}
}
