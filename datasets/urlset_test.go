package datasets

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const urlContent = "a,b\n1,x\n2,y\n"

func urlSum(s string) string {
	h := sha256.Sum256([]byte(s))
	return "#sha256=" + hex.EncodeToString(h[:])
}

// urlServer counts requests by path. /cut breaks off, /busy is busy twice, /drip ends when the client does.
func urlServer(t *testing.T) (*httptest.Server, map[string]int) {
	t.Helper()
	t.Setenv("HF_DATASETS_CACHE", t.TempDir())
	t.Setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
	asked := make(map[string]int)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked[r.URL.Path]++
		if r.Header.Get("Authorization") != "" {
			t.Error("a token was sent")
		}
		switch r.URL.Path {
		case "/x.csv":
			fmt.Fprint(w, urlContent)
		case "/moved.csv":
			http.Redirect(w, r, "/x.csv", http.StatusFound)
		case "/busy.csv":
			if asked[r.URL.Path] < 2 {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			fmt.Fprint(w, urlContent)
		case "/cut.csv":
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, urlContent)
		case "/drip.csv":
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, "a")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s, asked
}

func TestLoadURL(t *testing.T) {
	s, asked := urlServer(t)
	t.Setenv("HF_TOKEN", "hf_secret")
	for range 2 {
		d := load(t, s.URL+"/x.csv?key=secret"+urlSum(urlContent), WithSplit("train[1:]"))
		if got := texts(t, d, "b"); len(got) != 1 || got[0] != "y" {
			t.Errorf("texts %q", got)
		}
	}
	if asked["/x.csv"] != 1 {
		t.Errorf("fetched %d times", asked["/x.csv"])
	}
	t.Setenv("HF_DATASETS_OFFLINE", "1")
	load(t, s.URL+"/x.csv"+urlSum(urlContent))
	t.Setenv("HF_DATASETS_OFFLINE", "")
	for _, name := range []string{"/moved.csv", "/busy.csv"} {
		if d := load(t, s.URL+name+urlSum(urlContent)); d.NumRows() != 2 {
			t.Errorf("%s: %d rows", name, d.NumRows())
		}
	}
}

func TestLoadURLErrors(t *testing.T) {
	s, asked := urlServer(t)
	for _, tt := range []struct{ name, want string }{
		{"/x.csv", `needs the checksum of its file: add #sha256=`},
		{"/x.csv#sha256=12", "needs the checksum"},
		{"/x.csv?key=secret" + urlSum("other"), "/x.csv\": its checksum is " + urlSum(urlContent)[len("#sha256="):] + ", not "},
		{"/none.csv" + urlSum(urlContent), "the server says 404 Not Found"},
		{"/" + urlSum(urlContent), "names no file"},
		{"/.." + urlSum(urlContent), "names no file"},
	} {
		_, err := Load(t.Context(), s.URL+tt.name, WithAllocator(checked(t)))
		wantError(t, err, tt.want)
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error shows the query: %v", err)
		}
	}
	if asked["/none.csv"] != 1 {
		t.Errorf("asked %d times for what is not there", asked["/none.csv"])
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := Load(ctx, s.URL+"/drip.csv"+urlSum(urlContent), WithAllocator(checked(t)))
	wantError(t, err, "deadline exceeded")
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond) // between two tries
	defer cancel()
	_, err = Load(ctx, s.URL+"/cut.csv"+urlSum(urlContent), WithAllocator(checked(t)))
	wantError(t, err, "deadline exceeded")
	err = filepath.WalkDir(os.Getenv("HF_DATASETS_CACHE"), func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			t.Errorf("%s was left behind", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("HF_HUB_OFFLINE", "1")
	_, err = Load(t.Context(), s.URL+"/y.csv"+urlSum(urlContent), WithAllocator(checked(t)))
	wantError(t, err, "HF_HUB_OFFLINE is set (unset it, or copy ")
	t.Setenv("HF_HUB_OFFLINE", "")
	t.Setenv("HF_DATASETS_CACHE", write(t, "file", ""))
	_, err = Load(t.Context(), s.URL+"/x.csv"+urlSum(urlContent), WithAllocator(checked(t)))
	wantError(t, err, "set HF_DATASETS_CACHE to a folder that can be written")
}
