package hub

import (
	"net/url"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheckFile(t *testing.T) {
	for _, name := range []string{
		"README.md", "data/train.parquet", ".gitattributes", "a b", "α/β", "..a", "a..b", "a/.b", "...", "C", "c/d", "ab:c", ":a",
		strings.Repeat("x", 255), "a~b", "%2e%2e/x",
	} {
		if err := checkFile(name); err != nil {
			t.Error(err)
		}
	}
	for name, want := range map[string]string{
		"":                         "empty",
		"/etc/passwd":              "an absolute path",
		"..":                       `part ".."`,
		"../x":                     `part ".."`,
		"a/../../x":                `part ".."`,
		"a/..":                     `part ".."`,
		"./a":                      `part "."`,
		"a//b":                     `part ""`,
		"a/":                       `part ""`,
		`..\x`:                     `"\"`,
		`\\host\share`:             `"\"`,
		`C:\Windows`:               `"\"`,
		"C:x":                      "a drive of Windows",
		"z:/x":                     "a drive of Windows",
		"a/C:/x":                   "a drive of Windows",
		"a\x00b":                   "control character U+0000",
		"a\nb":                     "control character U+000A",
		"a\x7f":                    "control character",
		"a\xffb":                   "not UTF-8",
		strings.Repeat("x", 256):   "a part longer than 255 bytes",
		strings.Repeat("x/", 3000): "longer than 4096 bytes",
	} {
		wantError(t, checkFile(name), ErrUnsafeName, want)
		if checkRevision(name) == nil {
			t.Errorf("revision %q is allowed", name)
		}
	}
}

// Whatever passes stays below the folder it is joined to, here and, as far as
// separators go, on Windows.
func FuzzCheckFile(f *testing.F) {
	for _, s := range []string{"a/b", "../a", "/a", `a\..\b`, "C:a", "a/./b", "a//b", "\x00", "nul", "a/.."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if checkFile(name) != nil {
			return
		}
		base := filepath.FromSlash("/cache/snapshots/x")
		rel, err := filepath.Rel(base, filepath.Join(base, filepath.FromSlash(name)))
		if err != nil || filepath.ToSlash(rel) != name {
			t.Errorf("%q leads to %q", name, rel)
		}
		if strings.ContainsAny(name, "\\\x00") || strings.Contains("/"+name+"/", "/../") {
			t.Errorf("%q is allowed", name)
		}
		// And comes to the hub as it is.
		u, err := url.Parse("https://h" + abstracts.fileURL("main", name))
		if err != nil || u.Path != "/datasets/"+abstracts.ID+"/resolve/main/"+name || u.RawQuery != "" || u.Fragment != "" {
			t.Errorf("%q is asked for as %v (%v)", name, u, err)
		}
	})
}

func TestRepoID(t *testing.T) {
	for _, id := range []string{"bert-base-uncased", "dmis-lab/biobert-v1.1", "a/b", "123", "Foo-BAR_foo.bar123", "_x", strings.Repeat("a", 96)} {
		if err := Model(id).Check(); err != nil {
			t.Error(err)
		}
	}
	for _, id := range []string{
		"", "/", "a/", "/a", "a/b/c", "datasets/a/b", ".a", "a.", "-a", "a-", "a/-b", "a--b", "a..b", "a.git", "a b", "a\\b", "café", "a/../b", "..", ".", strings.Repeat("a", 97),
	} {
		if err := Dataset(id).Check(); err == nil {
			t.Errorf("%q is allowed", id)
		}
	}
	if got := abstracts.folder(); got != "datasets--zeroshot--arxiv-biology" {
		t.Error(got)
	}
	if got := Model("bert").fileURL("refs/pr/1", "a b/c#1"); got != "/bert/resolve/refs%2Fpr%2F1/a%20b/c%231" {
		t.Error(got)
	}
	if got := abstracts.apiURL("tree", "refs/convert/parquet"); got != "/api/datasets/zeroshot/arxiv-biology/tree/refs%2Fconvert%2Fparquet" {
		t.Error(got)
	}
}

func TestEtagOf(t *testing.T) {
	for header, want := range map[string]string{
		`"abc"`:                              "abc",
		`W/"abc"`:                            "abc",
		` "9bb58f26192e4ba00f01e2e7b136-5"`:  "9bb58f26192e4ba00f01e2e7b136-5",
		`abc`:                                "abc",
		``:                                   "",
		`"../abc"`:                           "",
		`"a/b"`:                              "",
		`"a\b"`:                              "",
		`".."`:                               "",
		`"a b"`:                              "",
		`"a:b"`:                              "",
		`"abc.incomplete"`:                   "",
		`"` + strings.Repeat("a", 201) + `"`: "",
	} {
		if got := etagOf(header); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
}

func FuzzEtagOf(f *testing.F) {
	f.Add(`W/"abc"`)
	f.Add(`"../x"`)
	f.Fuzz(func(t *testing.T, header string) {
		if tag := etagOf(header); tag != "" && (unsafe(tag) != "" || strings.ContainsAny(tag, "/:")) {
			t.Errorf("%q becomes the file name %q", header, tag)
		}
	})
}
