package hub

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/hub/hubtest"
)

// The token goes to the hub alone, though the other host has the same name and
// differs in the port only, which net/http would not mind.
func TestTokenStays(t *testing.T) {
	h, _ := newHub(t)
	c := newClient(t, h, WithToken(hubtest.Token+"\n"))
	get(t, c, abstracts, "main", table, big)
	get(t, c, abstracts, "main", "README.md", "# Abstracts of papers\n")
	if _, err := c.Snapshot(t.Context(), abstracts, "main"); err != nil {
		t.Fatal(err)
	}
	var hub, cdn int
	for _, r := range h.Requests() {
		switch {
		case r.Host == "hub" && r.Authorization != "Bearer "+hubtest.Token:
			t.Errorf("%s %s has the token %q", r.Method, r.Path, r.Authorization)
		case r.Host == "cdn" && r.Authorization != "":
			t.Errorf("%s %s has the token", r.Method, r.Path)
		case r.Host == "cdn":
			cdn++
		default:
			hub++
		}
		if !strings.HasPrefix(r.UserAgent, "sparsebio-hub; go/") {
			t.Errorf("user agent %q", r.UserAgent)
		}
	}
	if hub == 0 || cdn == 0 {
		t.Errorf("%d requests to the hub, %d to the other host", hub, cdn)
	}
}

// Nor does it follow a redirect there and back, or one that the API makes.
func TestTokenStaysOnAPI(t *testing.T) {
	h, _ := newHub(t)
	c := newClient(t, h, WithToken(hubtest.Token))
	h.Fault(hubtest.Match{Path: "/api/"}, hubtest.Redirect(h.CDN()+"/elsewhere"))
	if _, err := c.Info(t.Context(), abstracts, "main"); err == nil {
		t.Error("no error")
	}
	for _, r := range h.Requests() {
		if r.Host == "cdn" && r.Authorization != "" {
			t.Errorf("%s %s has the token", r.Method, r.Path)
		}
	}
}

// A repository that was renamed redirects to its new name.
func TestRenamed(t *testing.T) {
	h, r := newHub(t)
	c := newClient(t, h, WithToken(hubtest.Token))
	h.Fault(hubtest.Match{Path: "/datasets/old/name"}, func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		http.Redirect(w, r, strings.Replace(r.URL.Path, "old/name", abstracts.ID, 1), http.StatusTemporaryRedirect)
	})
	h.Fault(hubtest.Match{Path: "/api/datasets/old/name"}, func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		http.Redirect(w, r, strings.Replace(r.URL.RequestURI(), "old/name", abstracts.ID, 1), http.StatusTemporaryRedirect)
	})
	get(t, c, Dataset("old/name"), "main", table, big)
	if commit, err := c.Resolve(t.Context(), Dataset("old/name"), "main"); commit != r.Head("main") {
		t.Errorf("%s, %v", commit, err)
	}
	if _, err := c.Snapshot(t.Context(), Dataset("old/name"), "main", "*.md"); err != nil {
		t.Error(err)
	}
}

// A mirror below a path of its host.
func TestEndpointWithPath(t *testing.T) {
	h, _ := newHub(t)
	mirror := httptest.NewServer(http.StripPrefix("/mirrors/hf", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, h.URL()+r.URL.RequestURI(), http.StatusFound)
	})))
	defer mirror.Close()
	c := newClient(t, h, WithEndpoint(mirror.URL+"/mirrors/hf/"), WithToken("hf_of_the_mirror"))
	h.Fault(hubtest.Match{}, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Header.Get("Authorization") != "" {
			t.Errorf("the mirror's token came to %s", r.URL.Path)
		}
		next.ServeHTTP(w, r)
	})
	get(t, c, abstracts, "main", table, big)
	h.PageSize = 1
	files, err := c.List(t.Context(), abstracts, "main")
	if err != nil || len(files) != 4 {
		t.Errorf("%v, %v", files, err)
	}
}

// A certificate that nobody vouches for is not tried again.
func TestCertificate(t *testing.T) {
	var tries atomic.Int32
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			tries.Add(1)
		}
	}
	s.StartTLS()
	defer s.Close()
	h, _ := newHub(t)
	c := newClient(t, h, WithEndpoint(s.URL))
	_, err := c.Download(t.Context(), abstracts, "main", table)
	wantError(t, err, ErrUnreachable, "certificate", "set SSL_CERT_FILE")
	if n := tries.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

func TestNoDowngrade(t *testing.T) {
	from, _ := url.Parse("https://huggingface.co/x")
	for location, want := range map[string]string{
		"http://huggingface.co/x": "not encrypted",
		"ftp://huggingface.co/x":  `scheme "ftp"`,
		":":                       "leads nowhere",
		"":                        "leads nowhere",
		"/relative":               "",
		"https://cdn.example/x":   "",
	} {
		_, err := redirect(from, &http.Response{StatusCode: 302, Header: http.Header{"Location": {location}}})
		if want == "" {
			if err != nil {
				t.Errorf("%q: %v", location, err)
			}
			continue
		}
		wantError(t, err, ErrRedirect, want)
	}
}

func TestSameOrigin(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"https://huggingface.co/a", "https://huggingface.co:443/b", true},
		{"https://huggingface.co", "https://HuggingFace.co", true},
		{"http://h:80", "http://h", true},
		{"https://huggingface.co", "http://huggingface.co", false},
		{"https://huggingface.co", "https://cdn.huggingface.co", false},
		{"https://huggingface.co", "https://huggingface.co:8443", false},
		{"https://huggingface.co", "https://huggingface.co.evil.example", false},
	} {
		a, _ := url.Parse(test.a)
		b, _ := url.Parse(test.b)
		if got := sameOrigin(a, b); got != test.want {
			t.Errorf("%s and %s: %v", test.a, test.b, got)
		}
	}
}
