package hub

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sparsebio/sparsebio/datasets/hub/hubtest"
)

// Reports of a file never go back, but for a server that begins anew, and the last
// one says how it ended.
func TestProgress(t *testing.T) {
	h, _ := newHub(t)
	last := map[string]Progress{}
	reports := 0
	c := newClient(t, h, WithProgress(func(p Progress) {
		before := last[p.File]
		if before.Done || p.Bytes < before.Bytes || p.Total >= 0 && p.Bytes > p.Total || p.Elapsed < before.Elapsed {
			t.Errorf("%+v after %+v", p, before)
		}
		last[p.File] = p
		reports++
	}))
	if _, err := c.Snapshot(t.Context(), abstracts, "main"); err != nil {
		t.Fatal(err)
	}
	if p := last[table]; p.Bytes != 400_000 || p.Total != 400_000 || !p.Done || p.Err != nil || p.Repo != abstracts || p.Resumed != 0 {
		t.Errorf("%+v", p)
	}
	if len(last) != 4 {
		t.Errorf("reports of %d files", len(last))
	}
	n := reports
	if _, err := c.Snapshot(t.Context(), abstracts, "main"); err != nil || reports != n {
		t.Errorf("%d reports of files that were there, %v", reports-n, err)
	}
	h.Fault(hubtest.Match{Host: "cdn"}, hubtest.Corrupt())
	h.Add("model", "a/b", map[string]string{"x.bin": "abc"})
	if _, err := c.Download(t.Context(), Model("a/b"), "main", "x.bin"); err == nil || !errors.Is(last["x.bin"].Err, ErrMismatch) {
		t.Errorf("%+v, %v", last["x.bin"], err)
	}
}

func TestBar(t *testing.T) {
	var out bytes.Buffer
	show := BarTo(&out)
	show(Progress{Repo: abstracts, File: "a.parquet", Bytes: 1_500_000, Total: 6_000_000, Elapsed: time.Second})
	show(Progress{Repo: abstracts, File: "b.csv", Bytes: 10, Total: 100, Resumed: 10})
	show(Progress{Repo: abstracts, File: "a.parquet", Bytes: 6_000_000, Total: 6_000_000, Done: true})
	show(Progress{Repo: abstracts, File: "b.csv", Bytes: 50, Total: 100, Done: true, Err: ErrStalled})
	lines := strings.Split(out.String(), "\r")[1:]
	for i, want := range []string{
		"a.parquet |███         | 25 % of 6.0 MB, 1.",
		"0 of 2 files |██▉         | 24 % of 6.0 MB",
		"1 of 2 files |███████████▉| 99 % of 6.0 MB",
		"1 of 2 files |███████████▉| 99 % of 6.0 MB",
	} {
		if i >= len(lines) || !strings.HasPrefix(lines[i], want) {
			t.Fatalf("line %d of %q, want %q", i, lines, want)
		}
	}
	if last := lines[3]; !strings.HasSuffix(last, ", 1 failed\n") {
		t.Errorf("last line %q", last)
	}
	out.Reset()
	show(Progress{Repo: abstracts, File: strings.Repeat("β", 50), Bytes: 7, Total: -1, Done: true})
	if got := out.String(); !strings.HasPrefix(got, "\r...") || !strings.Contains(got, "β: 7 B") || strings.Contains(got, "of") {
		t.Errorf("%q", got)
	}
	t.Setenv("GONB_PIPE", "x")
	if Bar() == nil {
		t.Error("no bar in a notebook")
	}
	t.Setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
	if Bar() != nil {
		t.Error("a bar in spite of HF_HUB_DISABLE_PROGRESS_BARS")
	}
}

func TestBytesText(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 12_345: "12 kB", 999_400: "999 kB", 1_500_000: "1.5 MB", 50e9: "50 GB", 1 << 62: "4611686 TB"} {
		if got := bytesText(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
