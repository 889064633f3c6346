package hub

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/hub/hubtest"
)

func TestInfo(t *testing.T) {
	h, r := newHub(t)
	r.Gate()
	c := newClient(t, h)
	info, err := c.Info(t.Context(), abstracts, "")
	if err != nil {
		t.Fatal(err)
	}
	if info.Repo != abstracts || info.Commit != r.Head("main") || info.Private || !info.Gated || info.LastModified.Year() != 2024 || len(info.Tags) != 1 {
		t.Errorf("%+v", info)
	}
	want := []File{
		{Path: "README.md", Size: 22, GitOID: r.Etag("main", "README.md")},
		{Path: "data/b.csv", Size: 25, GitOID: r.Etag("main", "data/b.csv")},
		{Path: table, Size: 400_000, GitOID: info.Files[2].GitOID, SHA256: r.Etag("main", table)},
		{Path: "empty.txt", Size: 0, GitOID: "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"}, // as git has it
	}
	want[0].Size = int64(len("# Abstracts of papers\n"))
	want[1].Size = int64(len("id,text\n1,β-catenin\n"))
	if !reflect.DeepEqual(info.Files, want) {
		t.Errorf("files %+v, want %+v", info.Files, want)
	}
}

// Lists come page by page, and from the cache the next time.
func TestList(t *testing.T) {
	h, r := newHub(t)
	h.PageSize = 1
	c := newClient(t, h)
	files, err := c.List(t.Context(), abstracts, "main", "*.csv", "*.md")
	if err != nil || len(files) != 2 || files[0].Path != "README.md" {
		t.Errorf("%+v, %v", files, err)
	}
	pages := 0
	for _, r := range h.Requests() {
		if strings.Contains(r.Path, "/tree/") {
			pages++
		}
	}
	if pages != 5 { // four files and a folder
		t.Errorf("%d pages", pages)
	}
	again, err := c.List(t.Context(), abstracts, r.Head("main"))
	if err != nil || len(again) != 4 {
		t.Errorf("%+v, %v", again, err)
	}
	if rs := h.Requests(); len(rs) != 0 {
		t.Errorf("asked %v for a list in the cache", rs)
	}
	_, err = c.List(t.Context(), abstracts, "main", "*.xml")
	wantError(t, err, ErrEntryNotFound, `none of 4 files (README.md, data/b.csv, `, `matches ["*.xml"]`)
}

func TestListFaults(t *testing.T) {
	for name, test := range map[string]struct {
		fault hubtest.Fault
		kind  error
		text  string
	}{
		"page":          {hubtest.HTML(), ErrNotHub, "is an HTML page"},
		"not JSON":      {body("PK\x03\x04"), ErrNotHub, "invalid character"},
		"cut":           {body(`[{"type":"file","path":"a"`), ErrNotHub, "unexpected end"},
		"other JSON":    {body(`{"error":"no"}`), ErrNotHub, "cannot unmarshal"},
		"negative size": {body(`[{"type":"file","path":"a","size":-1}]`), ErrNotHub, "size -1"},
		"bad checksum":  {body(`[{"type":"file","path":"a","size":1,"lfs":{"oid":"../x","size":1}}]`), ErrNotHub, "checksum"},
		"unsafe name":   {body(`[{"type":"file","path":"../a","size":1}]`), ErrUnsafeName, "ask the owner"},
		"500":           {hubtest.Status(500), nil, "HTTP 500"},
		"cut off":       {hubtest.Cut(10), ErrUnreachable, "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			h, r := newHub(t)
			c := newClient(t, h)
			h.Fault(hubtest.Match{Path: "/tree/"}, test.fault)
			_, err := c.List(t.Context(), abstracts, "main")
			wantError(t, err, test.kind, test.text)
			_, err = c.Snapshot(t.Context(), abstracts, r.Head("main"))
			wantError(t, err, test.kind, test.text)
			intact(t, c)
		})
	}
	h, _ := newHub(t)
	c := newClient(t, h)
	for _, b := range []string{`{}`, `{"sha":"../../x"}`, `[]`, ``, `{"sha":1}`} {
		h.Heal()
		h.Fault(hubtest.Match{Path: "/revision/"}, body(b))
		_, err := c.Resolve(t.Context(), abstracts, "main")
		wantError(t, err, ErrNotHub)
	}
	h.Fault(hubtest.Match{Path: "/revision/"}, body(strings.Repeat(" ", maxAnswer+1)))
	_, err := c.Resolve(t.Context(), abstracts, "main")
	wantError(t, err, ErrTooLarge)
}

func body(s string) hubtest.Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(s))
	}
}

func TestResolve(t *testing.T) {
	h, r := newHub(t)
	c := newClient(t, h)
	want := r.Head("main")
	for _, rev := range []string{"", "main", want} {
		if got, err := c.Resolve(t.Context(), abstracts, rev); got != want {
			t.Errorf("%q: %s, %v", rev, got, err)
		}
	}
	_, err := c.Resolve(t.Context(), abstracts, "v9")
	wantError(t, err, ErrRevisionNotFound)
	get(t, c, abstracts, "main", "README.md", "# Abstracts of papers\n")
	h.Close()
	if got, err := c.Resolve(t.Context(), abstracts, "main"); got != want {
		t.Errorf("unreachable: %s, %v", got, err)
	}
}

func TestNextPage(t *testing.T) {
	for link, want := range map[string]string{
		`<https://h/api?cursor=2>; rel="next"`:               "https://h/api?cursor=2",
		`<https://h/1>; rel="prev", <https://h/3>; rel=next`: "https://h/3",
		`<https://h/a,b;c>; title="x"; REL="NEXT"`:           "https://h/a,b;c",
		`<https://h/1>; rel="last"`:                          "",
		`https://h/1; rel="next"`:                            "",
		`<https://h/1`:                                       "",
		``:                                                   "",
	} {
		if got := nextPage(http.Header{"Link": {link}}); got != want {
			t.Errorf("%s: %q, want %q", link, got, want)
		}
	}
}

// Headers are what strangers write.
func FuzzHeaders(f *testing.F) {
	f.Add("bytes 1-2/3", `"api";r=0;t=55`, `<https://h/1>; rel="next"`, "120", "12", `W/"x"`)
	f.Add("bytes 0-0/*", `"a";r=0;t=9999999999`, `<a>,<b>;rel=next,`, "Fri, 02 Jan 2026 03:04:35 GMT", "-1", `"`)
	f.Fuzz(func(t *testing.T, contentRangeValue, limit, link, after, size, tag string) {
		if start, total, ok := contentRange(contentRangeValue); ok && (start < 0 || total < -1 || total >= 0 && start >= total) {
			t.Errorf("%q: from %d of %d", contentRangeValue, start, total)
		}
		h := http.Header{}
		h.Set("RateLimit", limit)
		h.Set("Retry-After", after)
		h.Set("Link", link)
		if d := retryAfter(429, h, testTime); d < 0 {
			t.Errorf("wait %v", d)
		}
		if next := nextPage(h); next != "" && !strings.Contains(link, next) {
			t.Errorf("%q leads to %q", link, next)
		}
		h.Set(headerCommit, strings.Repeat("a", 40))
		h.Set(headerLinkedSize, size)
		h.Set(headerLinkedEtag, tag)
		if d, err := descriptionOf(200, -1, h); err == nil && (d.size < -1 || d.etag == "") {
			t.Errorf("%+v", d)
		}
		from := &url.URL{Scheme: "https", Host: "h"}
		if to, err := redirect(from, &http.Response{Header: http.Header{"Location": {link}}}); err == nil && to.Scheme != "https" {
			t.Errorf("%q leads to %v", link, to)
		}
	})
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(`[{"type":"file","path":"a","size":1,"oid":"x","lfs":{"oid":"y","size":2}}]`))
	f.Add([]byte(`{"sha":"` + strings.Repeat("a", 40) + `","gated":"auto"}`))
	f.Add([]byte(`{"format_version":1,"files":{"a":{"size":1,"blob_id":"x"}}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if info, err := parseInfo(b); err == nil && !isCommit(info.Commit) {
			t.Errorf("commit %q", info.Commit)
		}
		files, _ := parseTree(b)
		for _, file := range append(files, parseTreeFile(b)...) {
			if file.Size < 0 || file.Etag() != "" && etagOf(file.Etag()) == "" {
				t.Errorf("%+v", file)
			}
		}
	})
}

// The list that we keep is read back, and what cannot be read is asked for again.
func TestTreeFile(t *testing.T) {
	s := store{dir: t.TempDir()}
	lfs := strings.Repeat("ab", 32)
	files := []File{
		{Path: "a", Size: 0, GitOID: strings.Repeat("c", 40)},
		{Path: "b", Size: 5, GitOID: strings.Repeat("d", 40), SHA256: lfs, xet: lfs},
	}
	if err := s.setTree("x", files); err != nil {
		t.Fatal(err)
	}
	if got := s.tree("x"); !reflect.DeepEqual(got, files) {
		t.Errorf("%+v, want %+v", got, files)
	}
	for _, bad := range []string{`{`, `{"format_version":2,"files":{}}`, `{"format_version":1}`, `{"format_version":1,"files":{"a":{"size":-1}}}`} {
		if err := os.WriteFile(filepath.Join(s.dir, "trees", "x.json"), []byte(bad), 0o666); err != nil {
			t.Fatal(err)
		}
		if got := s.tree("x"); got != nil {
			t.Errorf("%s: %+v", bad, got)
		}
	}
}
