package hub

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sparsebio/sparsebio/datasets/hub/hubtest"
)

func ranges(h *hubtest.Hub) (rs []string) {
	for _, r := range h.Requests() {
		if r.Host == "cdn" {
			rs = append(rs, r.Range)
		}
	}
	return rs
}

func sameStrings(t *testing.T, got []string, want ...string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%q, want %q", got, want)
		return
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("%q, want %q", got, want)
			return
		}
	}
}

// What a program that was stopped had fetched, the next one does not fetch again.
func TestResumeInAnotherProgram(t *testing.T) {
	h, _ := newHub(t)
	a := newClient(t, h, WithRetries(0, 0))
	h.Fault(hubtest.Match{Host: "cdn", Times: 1}, hubtest.Cut(300_000))
	_, err := a.Download(t.Context(), abstracts, "main", table)
	wantError(t, err, ErrUnreachable)
	if n := intact(t, a); n != 1 {
		t.Fatalf("%d partial files", n)
	}
	var last Progress
	b := newClient(t, h, WithCacheDir(a.CacheDir()), WithProgress(func(p Progress) { last = p }))
	ranges(h)
	get(t, b, abstracts, "main", table, big)
	sameStrings(t, ranges(h), "bytes=300000-")
	if last.Resumed != 300_000 || last.Bytes != 400_000 || last.Total != 400_000 || !last.Done || last.Err != nil {
		t.Errorf("progress %+v", last)
	}
	if n := intact(t, a); n != 0 {
		t.Errorf("%d partial files", n)
	}
}

// The same after the caller has given up.
func TestResumeAfterCancel(t *testing.T) {
	h, _ := newHub(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := newClient(t, h)
	h.Fault(hubtest.Match{Host: "cdn", Times: 1}, hubtest.Cut(100_000))
	h.Fault(hubtest.Match{Host: "cdn", Times: 1, Skip: 1}, hubtest.Hang())
	time.AfterFunc(100*time.Millisecond, cancel)
	_, err := c.Download(ctx, abstracts, "main", table)
	wantError(t, err, context.Canceled)
	ranges(h)
	get(t, c, abstracts, "main", table, big)
	sameStrings(t, ranges(h), "bytes=100000-")
}

// A transfer that moves on may be cut as often as it likes.
func TestResumeOften(t *testing.T) {
	h, _ := newHub(t)
	c := newClient(t, h, WithRetries(1, 0))
	h.Fault(hubtest.Match{Host: "cdn"}, hubtest.Cut(90_000))
	get(t, c, abstracts, "main", table, big)
	if n := len(ranges(h)); n != 5 {
		t.Errorf("%d transfers", n)
	}
}

func TestResumeFaults(t *testing.T) {
	cdn := hubtest.Match{Host: "cdn"}
	for _, test := range []struct {
		name  string
		fault hubtest.Fault
		skip  int
	}{
		{"server without ranges", hubtest.NoRange(), 0},
		{"no such range", hubtest.Status(416), 1},
		{"another range", hubtest.Header("Content-Range", "bytes 7-399999/400000"), 1},
		{"another size", hubtest.Header("Content-Range", "bytes 100000-399999/500000"), 1},
		{"no range said", hubtest.Header("Content-Range", ""), 1},
		{"range without sense", hubtest.Header("Content-Range", "bytes x-y/z"), 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			h, _ := newHub(t)
			c := newClient(t, h)
			if test.skip == 0 {
				h.Fault(cdn, test.fault)
			} else {
				h.Fault(hubtest.Match{Host: "cdn", Times: 1}, test.fault)
			}
			seed(t, c, h, big[:100_000], "")
			get(t, c, abstracts, "main", table, big)
			if n := intact(t, c); n != 0 {
				t.Errorf("%d partial files", n)
			}
		})
	}
}

// seed puts a partial blob of the table into the cache, under the name that a
// program on this computer uses, or with an ending of its own.
func seed(t *testing.T, c *Client, h *hubtest.Hub, content, ending string) string {
	t.Helper()
	blob := c.repo(abstracts).blob(tableEtag(t, c))
	if err := os.MkdirAll(filepath.Dir(blob), 0o777); err != nil {
		t.Fatal(err)
	}
	path := partialOf(blob)
	if ending != "" {
		path = blob + ending
	}
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	h.Requests()
	return path
}

func tableEtag(t *testing.T, c *Client) string {
	t.Helper()
	d, err := c.describe(t.Context(), abstracts, "main", table, 0)
	if err != nil {
		t.Fatal(err)
	}
	return d.etag
}

// What is left may be of anything: the checksum decides, and the second try begins
// with nothing.
func TestResumeWrong(t *testing.T) {
	for name, content := range map[string]string{
		"other bytes": random(100_001)[:100_000],
		"too long":    big + "more",
		"whole":       big,
		"whole, but":  random(len(big) + 1)[:len(big)],
		"empty":       "",
	} {
		t.Run(name, func(t *testing.T) {
			h, _ := newHub(t)
			c := newClient(t, h)
			seed(t, c, h, content, "")
			get(t, c, abstracts, "main", table, big)
			if n := len(ranges(h)); name == "whole" && n != 0 {
				t.Errorf("%d transfers of a file that was there", n)
			}
			if n := intact(t, c); n != 0 {
				t.Errorf("%d partial files", n)
			}
		})
	}
}

// What Python or another computer left is taken up once it has not changed for a
// while; before that somebody may be writing to it.
func TestAdopt(t *testing.T) {
	h, _ := newHub(t)
	c := newClient(t, h)
	old := seed(t, c, h, big[:200_000], ".0a1b2c3d.incomplete")
	older := seed(t, c, h, big[:100_000], ".incomplete")
	fresh := seed(t, c, h, big[:300_000], ".ffffffff.incomplete")
	for _, p := range []string{old, older} {
		if err := os.Chtimes(p, time.Time{}, time.Now().Add(-2*abandoned)); err != nil {
			t.Fatal(err)
		}
	}
	get(t, c, abstracts, "main", table, big)
	sameStrings(t, ranges(h), "bytes=200000-")
	for _, p := range []string{old, older} {
		if _, err := os.Stat(p); err == nil {
			t.Errorf("%s is still there", p)
		}
	}
	sameFile(t, fresh, big[:300_000])
}
