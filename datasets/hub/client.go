package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

// A Client fetches from one hub into one cache. Make it with New. All methods may
// be called from several goroutines at once.
type Client struct {
	endpoint        *url.URL
	cache           string
	token           string
	offline         bool
	offlineBy       string // what to undo to go online
	etagTimeout     time.Duration
	downloadTimeout time.Duration
	symlinks        bool
	retries         int
	backoff         time.Duration
	maxWait         time.Duration
	maxFile         int64
	workers         int
	agent           string
	http            *http.Client
	log             *slog.Logger

	progressMu sync.Mutex
	progress   func(Progress)
}

type config struct {
	environment
	explicitToken *string
	transport     http.RoundTripper
	retries       int
	backoff       time.Duration
	maxWait       time.Duration
	maxFile       int64
	workers       int
	log           *slog.Logger
	progress      func(Progress)
}

// An Option changes a setting of New.
type Option func(*config) error

// WithEndpoint sets the address of the hub, as HF_ENDPOINT does.
func WithEndpoint(address string) Option {
	return func(c *config) error { c.endpoint = address; return nil }
}

// WithCacheDir sets the cache folder, as HF_HUB_CACHE does. It is made when
// something is fetched.
func WithCacheDir(dir string) Option {
	return func(c *config) error {
		if dir == "" {
			return errors.New(`hub: WithCacheDir("")`)
		}
		c.cache = dir
		return nil
	}
}

// WithToken sets the token, as HF_TOKEN does; "" sends none. It is sent to the
// endpoint only, never to another host that the endpoint redirects to.
func WithToken(token string) Option {
	return func(c *config) error {
		token = cleanToken(token)
		c.explicitToken = &token
		return nil
	}
}

// WithOffline chooses whether the network may be used, as HF_HUB_OFFLINE does. Errors say what to undo to go online, if
// that is not to leave the option out.
func WithOffline(offline bool, undo ...string) Option {
	return func(c *config) error {
		c.offlineBy = ""
		if offline {
			c.offlineBy = strings.Join(undo, ", ")
			if c.offlineBy == "" {
				c.offlineBy = "leave WithOffline out"
			}
		}
		return nil
	}
}

// WithTimeouts sets how long to wait for the facts about a file and how long a
// transfer may bring nothing before it is begun anew, as HF_HUB_ETAG_TIMEOUT and
// HF_HUB_DOWNLOAD_TIMEOUT do. Zero leaves a setting alone.
func WithTimeouts(etag, download time.Duration) Option {
	return func(c *config) error {
		if etag < 0 || download < 0 {
			return fmt.Errorf("hub: WithTimeouts(%v, %v), want none below 0", etag, download)
		}
		if etag > 0 {
			c.etagTimeout = etag
		}
		if download > 0 {
			c.downloadTimeout = download
		}
		return nil
	}
}

// WithRetries sets how often a failure that may pass is tried again, 5 times by
// default, and the first pause, a second by default, which doubles up to eight
// times itself. A transfer that moves on starts to count anew.
func WithRetries(n int, pause time.Duration) Option {
	return func(c *config) error {
		if n < 0 || pause < 0 {
			return fmt.Errorf("hub: WithRetries(%d, %v), want none below 0", n, pause)
		}
		c.retries, c.backoff = n, pause
		return nil
	}
}

// WithMaxWait sets the longest pause that a hub may ask for (Retry-After,
// RateLimit), five minutes by default. Those that ask for more get an error, which
// says how long they want.
func WithMaxWait(d time.Duration) Option {
	return func(c *config) error {
		if d < 0 {
			return fmt.Errorf("hub: WithMaxWait(%v), want none below 0", d)
		}
		c.maxWait = d
		return nil
	}
}

// WithMaxFileSize refuses files above n bytes. The default is 50 GB, the most that
// the hub serves over plain HTTP.
func WithMaxFileSize(n int64) Option {
	return func(c *config) error {
		if n < 1 {
			return fmt.Errorf("hub: WithMaxFileSize(%d), want at least 1", n)
		}
		c.maxFile = n
		return nil
	}
}

// WithWorkers sets how many files Snapshot fetches at once, 8 by default.
func WithWorkers(n int) Option {
	return func(c *config) error {
		if n < 1 {
			return fmt.Errorf("hub: WithWorkers(%d), want at least 1", n)
		}
		c.workers = n
		return nil
	}
}

// WithTransport sends requests through rt, whose proxies and certificates are then
// its own.
func WithTransport(rt http.RoundTripper) Option {
	return func(c *config) error {
		if rt == nil {
			return errors.New("hub: WithTransport(nil)")
		}
		c.transport = rt
		return nil
	}
}

// WithLogger says in a log what else goes unseen: retries, transfers taken up
// again, and files from the cache because the hub could not be reached.
func WithLogger(l *slog.Logger) Option {
	return func(c *config) error {
		if l == nil {
			return errors.New("hub: WithLogger(nil)")
		}
		c.log = l
		return nil
	}
}

// WithProgress calls f while files are fetched: about ten times a second for each
// file, and once at its end. Calls come one at a time, from any goroutine. Nil
// means none. See also Bar.
func WithProgress(f func(Progress)) Option {
	return func(c *config) error { c.progress = f; return nil }
}

// New returns a client with the settings of the environment, changed by options.
// It touches neither network nor cache.
func New(opts ...Option) (*Client, error) {
	env, err := readEnvironment()
	if err != nil {
		return nil, err
	}
	cfg := config{
		environment: env,
		retries:     5,
		backoff:     time.Second,
		maxWait:     5 * time.Minute,
		maxFile:     50e9,
		workers:     8,
		log:         slog.New(slog.DiscardHandler),
	}
	for _, opt := range opts {
		if err := opt(&cfg); err != nil {
			return nil, err
		}
	}
	token, err := cfg.sentToken()
	if err != nil {
		return nil, err
	}
	endpoint, err := parseEndpoint(cfg.endpoint)
	if err != nil {
		return nil, err
	}
	cache, err := filepath.Abs(cfg.cache)
	if err != nil {
		return nil, fmt.Errorf("hub: cache folder: %w", err)
	}
	if cfg.transport == nil {
		cfg.transport = newTransport()
	}
	return &Client{
		endpoint:        endpoint,
		cache:           cache,
		token:           token,
		offline:         cfg.offlineBy != "",
		offlineBy:       cfg.offlineBy,
		etagTimeout:     cfg.etagTimeout,
		downloadTimeout: cfg.downloadTimeout,
		symlinks:        !cfg.noSymlinks,
		retries:         cfg.retries,
		backoff:         cfg.backoff,
		maxWait:         cfg.maxWait,
		maxFile:         cfg.maxFile,
		workers:         cfg.workers,
		agent:           userAgent(cfg.origin),
		http: &http.Client{
			Transport:     cfg.transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		log:      cfg.log,
		progress: cfg.progress,
	}, nil
}

// CacheDir returns the folder of the cache, an absolute path.
func (c *Client) CacheDir() string { return c.cache }

// Offline reports whether the client uses the cache only.
func (c *Client) Offline() bool { return c.offline }

func (c *config) sentToken() (token string, err error) {
	if c.explicitToken != nil {
		token = *c.explicitToken
	} else if token, err = c.implicitToken(); err != nil {
		return "", err
	}
	return token, checkToken(token)
}

func parseEndpoint(address string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(strings.TrimSpace(address), "/"))
	switch {
	case err != nil:
		// The error of net/url repeats the address, which may hold a password.
		return nil, errors.New("hub: HF_ENDPOINT is not an address")
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "", u.RawQuery != "", u.Fragment != "":
		return nil, fmt.Errorf("hub: HF_ENDPOINT %q is not the address of a hub (want one like %s)", plainURL(u), defaultEndpoint)
	}
	return u, nil
}

func newTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.Proxy = http.ProxyFromEnvironment
	t.MaxIdleConnsPerHost = 8
	// Sizes, ranges and checksums are those of the plain file.
	t.DisableCompression = true
	return t
}

func userAgent(origin string) string {
	s := "sparsebio-hub; " + strings.Replace(runtime.Version(), "go", "go/", 1)
	if origin != "" {
		s += "; origin/" + origin
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
}

// address returns the endpoint with a path, escaped already, and a query.
func (c *Client) address(path, query string) *url.URL {
	u := *c.endpoint
	u.RawPath = strings.TrimRight(c.endpoint.EscapedPath(), "/") + path
	u.Path, _ = url.PathUnescape(u.RawPath)
	u.RawQuery = query
	return &u
}

// sleep waits, unless the context ends first.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
