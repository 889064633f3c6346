// Package hubtest plays the Hugging Face hub for tests: repositories from maps or
// folders, served over HTTP with the addresses, headers and redirects of the hub,
// large files from a second host, and faults on demand.
//
//	h := hubtest.New(t)
//	h.Setenv() // what reads HF_ENDPOINT and HF_HOME now uses h and a fresh cache
//	h.Add("dataset", "owner/name", map[string]string{"train.csv": "a,b\n1,2\n"})
//	h.Fault(hubtest.Match{Path: "train.csv", Times: 1}, hubtest.Status(503))
//
// It stands alone, so that tests of any package and of other languages can use it.
// All methods may be called while requests are served.
package hubtest

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Token is the one token that the hub knows.
const Token = "hf_hubtest"

// A Hub serves repositories.
type Hub struct {
	// LFS chooses the files that are served from the second host, named by SHA-256.
	// The default takes the extensions that the hub's .gitattributes has. Change it
	// before Add.
	LFS func(path string, size int) bool
	// PageSize is how many files a page of the tree call lists, 1000 by default.
	PageSize int

	t        testing.TB // nil after Start
	hub, cdn *httptest.Server

	mu       sync.Mutex
	repos    map[string]*Repo // by "models/owner/name"
	faults   []*fault
	requests []Request
}

// A Request is one that was made.
type Request struct {
	Host          string // "hub" or "cdn"
	Method        string
	Path          string // decoded, without query
	Query         string
	Authorization string
	Range         string
	UserAgent     string
}

// New starts a hub, which stops at the end of the test.
func New(t testing.TB) *Hub {
	h := Start()
	h.t = t
	t.Cleanup(h.Close)
	return h
}

// Start starts a hub for what is no test, such as an example. Close stops it.
func Start() *Hub {
	h := &Hub{LFS: byExtension, PageSize: 1000, repos: map[string]*Repo{}}
	h.hub = h.serve("hub", h.serveHub)
	h.cdn = h.serve("cdn", h.serveCDN)
	return h
}

func (h *Hub) serve(host string, handler http.HandlerFunc) *httptest.Server {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.note(host, r)
		h.faulty(host, handler).ServeHTTP(w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Start()
	return s
}

// Close stops the hub, so that connections to it are refused. It may be called
// before the end of the test, and again.
func (h *Hub) Close() {
	for _, s := range []*httptest.Server{h.hub, h.cdn} {
		s.CloseClientConnections()
		s.Close()
	}
}

// URL returns the address of the hub, for HF_ENDPOINT.
func (h *Hub) URL() string { return h.hub.URL }

// CDN returns the address of the host that serves large files.
func (h *Hub) CDN() string { return h.cdn.URL }

// Setenv makes the variables that huggingface_hub reads point to the hub and to
// an empty home, which is returned, until the end of the test. It needs New.
func (h *Hub) Setenv() string {
	h.t.Helper()
	home := h.t.TempDir()
	for _, kv := range h.Environ(home) {
		k, v, _ := strings.Cut(kv, "=")
		h.t.Setenv(k, v)
	}
	return home
}

// Environ returns the variables that Setenv sets, as os/exec takes them. They are
// such that huggingface_hub takes no other from its surroundings.
func (h *Hub) Environ(home string) []string {
	return []string{
		"HF_ENDPOINT=" + h.URL(),
		"HF_HOME=" + home,
		"HF_HUB_CACHE=" + filepath.Join(home, "hub"),
		"HF_TOKEN_PATH=" + filepath.Join(home, "token"),
		"HF_TOKEN=",
		"HUGGING_FACE_HUB_TOKEN=",
		"HF_HUB_OFFLINE=0",
		"HF_HUB_ETAG_TIMEOUT=10",
		"HF_HUB_DOWNLOAD_TIMEOUT=10",
		"HF_HUB_DISABLE_SYMLINKS=0",
		"HF_HUB_DISABLE_IMPLICIT_TOKEN=0",
		"HF_HUB_DISABLE_TELEMETRY=1",
		"HF_HUB_USER_AGENT_ORIGIN=",
	}
}

func (h *Hub) note(host string, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.requests = append(h.requests, Request{
		Host: host, Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery,
		Authorization: r.Header.Get("Authorization"), Range: r.Header.Get("Range"), UserAgent: r.UserAgent(),
	})
}

// Requests returns those made since the start or the last call, and forgets them.
func (h *Hub) Requests() []Request {
	h.mu.Lock()
	defer h.mu.Unlock()
	rs := h.requests
	h.requests = nil
	return rs
}

// Gets returns the paths of GET requests for contents of files, not of the API,
// since the start or the last call of Requests, without forgetting them.
func (h *Hub) Gets() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var paths []string
	for _, r := range h.requests {
		if r.Method == http.MethodGet && (r.Host == "cdn" || strings.Contains(r.Path, "/resolve/")) {
			paths = append(paths, r.Path)
		}
	}
	return paths
}

var lfsExtensions = []string{".parquet", ".arrow", ".safetensors", ".bin", ".onnx", ".gz", ".zip", ".h5", ".pt"}

func byExtension(path string, _ int) bool {
	return slices.ContainsFunc(lfsExtensions, func(ext string) bool { return strings.HasSuffix(path, ext) })
}
