package hubtest

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// get asks as a client without token does, and follows redirects.
func get(t *testing.T, url string) (*http.Response, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

// What the hub answers, by the headers of huggingface.co.
func TestHub(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "sub"), 0o777); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"a.txt": "hello\n", "sub/b.bin": "large"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	h := New(t)
	r := h.AddDir("model", "me/it", dir)
	if got := r.Etag("main", "a.txt"); got != "ce013625030ba8dba906f756967f9e9ca394464a" { // git hash-object
		t.Errorf("SHA-1 %s", got)
	}
	resp, body := get(t, h.URL()+"/me/it/resolve/main/a.txt")
	if body != "hello\n" || resp.Header.Get("ETag") != `"ce013625030ba8dba906f756967f9e9ca394464a"` || resp.Header.Get("X-Repo-Commit") != r.Head("main") {
		t.Errorf("%q, %v", body, resp.Header)
	}
	resp, body = get(t, h.URL()+"/me/it/resolve/main/sub/b.bin")
	if body != "large" || resp.Request.URL.Host != strings.TrimPrefix(h.CDN(), "http://") {
		t.Errorf("%q from %v", body, resp.Request.URL)
	}
	if gets := h.Gets(); len(gets) != 3 {
		t.Errorf("GET %q", gets)
	}
	h.Fault(Match{Path: "a.txt", Skip: 1, Times: 1}, Status(429))
	for i, want := range []int{429, 200} { // of the first, the redirect's target fails
		if resp, _ := get(t, h.URL()+"/me/it/resolve/main/a.txt"); resp.StatusCode != want {
			t.Errorf("request %d: %d, want %d", i, resp.StatusCode, want)
		}
	}
	r.Private()
	if resp, _ = get(t, h.URL()+"/api/models/me/it/revision/main"); resp.StatusCode != 401 || resp.Header.Get("X-Error-Code") != "RepoNotFound" {
		t.Errorf("private: %v", resp.Header)
	}
	if home := h.Setenv(); os.Getenv("HF_ENDPOINT") != h.URL() || os.Getenv("HF_HOME") != home {
		t.Error("environment not set")
	}
	h.Close()
	if _, err := http.Get(h.URL()); err == nil {
		t.Error("answers after Close")
	}
}
