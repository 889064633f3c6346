package hub

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/hub/hubtest"
)

// The proxy of the environment is used. net/http reads it once a process, hence the
// child.
func TestProxy(t *testing.T) {
	h, _ := newHub(t)
	seen := 0
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Host != "hub.example" {
			http.Error(w, "not for this proxy: "+r.URL.Host, http.StatusForbidden)
			return
		}
		seen++
		out, err := http.NewRequest(r.Method, h.URL()+r.URL.RequestURI(), nil)
		if err != nil {
			t.Error(err)
			return
		}
		out.Header = r.Header
		resp, err := http.DefaultTransport.RoundTrip(out)
		if err != nil {
			t.Error(err)
			return
		}
		defer resp.Body.Close()
		for k, vs := range resp.Header {
			w.Header()[k] = vs
		}
		w.WriteHeader(resp.StatusCode)
		io.Copy(w, resp.Body)
	}))
	defer proxy.Close()
	cmd := exec.Command(os.Args[0], "-test.run=^TestProxyChild$")
	cmd.Env = append(os.Environ(), "HTTP_PROXY="+proxy.URL, "http_proxy="+proxy.URL, "NO_PROXY=", "no_proxy=", "HUBTEST_PROXY_CHILD=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if seen == 0 {
		t.Error("the proxy saw nothing")
	}
}

func TestProxyChild(t *testing.T) {
	if os.Getenv("HUBTEST_PROXY_CHILD") == "" {
		t.Skip("run by TestProxy")
	}
	c, err := New(WithEndpoint("http://hub.example"), WithCacheDir(t.TempDir()), WithToken(hubtest.Token), WithRetries(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	get(t, c, abstracts, "main", "README.md", "# Abstracts of papers\n")
}
