package hub

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sparsebio/sparsebio/datasets/hub/hubtest"
)

func TestEnvironmentCache(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	t.Setenv("DISK", "/disk")
	type vars map[string]string
	for _, test := range []struct {
		vars         vars
		cache, token string
	}{
		{vars{}, home + "/.cache/huggingface/hub", home + "/.cache/huggingface/token"},
		{vars{"XDG_CACHE_HOME": "/xdg"}, "/xdg/huggingface/hub", "/xdg/huggingface/token"},
		{vars{"XDG_CACHE_HOME": "/xdg", "HF_HOME": "/hf"}, "/hf/hub", "/hf/token"},
		{vars{"HF_HOME": "~/hf"}, home + "/hf/hub", home + "/hf/token"},
		{vars{"HF_HOME": "$DISK/hf"}, "/disk/hf/hub", "/disk/hf/token"},
		{vars{"HF_HOME": "/hf", "HUGGINGFACE_HUB_CACHE": "/old"}, "/old", "/hf/token"},
		{vars{"HF_HOME": "/hf", "HUGGINGFACE_HUB_CACHE": "/old", "HF_HUB_CACHE": "${DISK}/cache"}, "/disk/cache", "/hf/token"},
		{vars{"HF_HUB_CACHE": "~", "HF_TOKEN_PATH": "~/secret"}, home, home + "/secret"},
		{vars{"HF_HUB_CACHE": "/a/$NOT_SET_ANYWHERE/~"}, "/a/$NOT_SET_ANYWHERE/~", home + "/.cache/huggingface/token"},
	} {
		for _, name := range []string{"XDG_CACHE_HOME", "HF_HOME", "HUGGINGFACE_HUB_CACHE", "HF_HUB_CACHE", "HF_TOKEN_PATH"} {
			t.Setenv(name, test.vars[name])
		}
		e, err := readEnvironment()
		if err != nil || filepath.ToSlash(e.cache) != filepath.ToSlash(test.cache) || filepath.ToSlash(e.tokenPath) != filepath.ToSlash(test.token) {
			t.Errorf("%v: cache %s, token %s, %v; want %s, %s", test.vars, e.cache, e.tokenPath, err, test.cache, test.token)
		}
	}
}

func TestEnvironmentToken(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("HF_HOME", dir)
	token := func(opts ...Option) string {
		t.Helper()
		c, err := New(opts...)
		if err != nil {
			t.Fatal(err)
		}
		return c.token
	}
	want := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("token %q, want %q", got, want)
		}
	}
	want(token(), "")
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte(" hf_file\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	want(token(), "hf_file")
	t.Setenv("HUGGING_FACE_HUB_TOKEN", "hf_old")
	want(token(), "hf_old")
	t.Setenv("HF_TOKEN", "hf_new\n")
	want(token(), "hf_new")
	want(token(WithToken("hf_given")), "hf_given")
	want(token(WithToken("")), "")
	t.Setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "yes")
	want(token(), "")
	want(token(WithToken("hf_given")), "hf_given")
	t.Setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "")

	t.Setenv("HF_TOKEN", "hf_"+hubtest.Token+" x")
	_, err := New()
	wantError(t, err, nil, "the token has a character that no token has (U+0020)")
	t.Setenv("HF_TOKEN", "")
	t.Setenv("HUGGING_FACE_HUB_TOKEN", "")
	t.Setenv("HF_TOKEN_PATH", dir) // a folder
	_, err = New()
	wantError(t, err, nil, "cannot read the token", "set HF_TOKEN")
}

func TestEnvironmentRest(t *testing.T) {
	e, err := readEnvironment()
	if err != nil || e.endpoint != "https://huggingface.co" || e.etagTimeout != 10*time.Second || e.downloadTimeout != 10*time.Second || e.offlineBy != "" {
		t.Errorf("%+v, %v", e, err)
	}
	t.Setenv("HF_ENDPOINT", "https://mirror.example/")
	t.Setenv("HF_HUB_ETAG_TIMEOUT", "3")
	t.Setenv("HF_HUB_DOWNLOAD_TIMEOUT", "60")
	t.Setenv("HF_HUB_USER_AGENT_ORIGIN", "lab\n7")
	t.Setenv("TRANSFORMERS_OFFLINE", "on")
	c, err := New()
	if err != nil || c.endpoint.String() != "https://mirror.example" || c.etagTimeout != 3*time.Second || c.downloadTimeout != time.Minute || !c.Offline() {
		t.Errorf("%+v, %v", c, err)
	}
	if want := userAgent("") + "; origin/lab7"; c.agent != want {
		t.Errorf("%q, want %q", c.agent, want)
	}
	t.Setenv("HF_HUB_OFFLINE", "0") // comes first
	if c, err := New(); err != nil || c.Offline() {
		t.Error("offline", err)
	}
	if c, err := New(WithOffline(true)); err != nil || !c.Offline() {
		t.Error("not offline", err)
	}
	t.Setenv("HF_HUB_OFFLINE", "true")
	if c, err := New(WithOffline(false)); err != nil || c.Offline() {
		t.Error("offline", err)
	}
	for _, bad := range []string{"x", "-1", "1.5", "99999999999999999999"} {
		t.Setenv("HF_HUB_DOWNLOAD_TIMEOUT", bad)
		_, err := New()
		wantError(t, err, nil, `HF_HUB_DOWNLOAD_TIMEOUT="`+bad+`" is not a number of seconds`)
	}
	t.Setenv("HF_HUB_DOWNLOAD_TIMEOUT", "0")
	if c, err := New(); err != nil || c.downloadTimeout != 10*time.Second {
		t.Error(c, err)
	}
}

func TestOptionsRefuse(t *testing.T) {
	for name, opt := range map[string]Option{
		"endpoint without scheme": WithEndpoint("huggingface.co"),
		"endpoint with query":     WithEndpoint("https://h?x=1"),
		"endpoint of no kind":     WithEndpoint("ftp://h"),
		"endpoint that is none":   WithEndpoint("https://user:" + hubtest.Token + "@h:x"),
		"no cache":                WithCacheDir(""),
		"timeouts":                WithTimeouts(-1, 0),
		"retries":                 WithRetries(-1, 0),
		"pause":                   WithRetries(1, -1),
		"wait":                    WithMaxWait(-1),
		"size":                    WithMaxFileSize(0),
		"workers":                 WithWorkers(0),
		"transport":               WithTransport(nil),
		"logger":                  WithLogger(nil),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(opt)
			wantError(t, err, nil, "hub: ")
		})
	}
}
