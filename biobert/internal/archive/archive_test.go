package archive

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

type entry struct {
	name, body string
	kind       byte
	size       int64 // if not that of body
}

var zoo = []entry{
	{name: "deployment/", kind: tar.TypeDir},
	{name: "./deployment/config.json", body: "{}"},
	{name: "deployment/._config.json", body: "of macOS"},
	{name: "deployment/model.onnx", body: strings.Repeat("weights", 1000)},
	{name: "deployment/tokenizer.json", body: "{}"},
}

func tarOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Typeflag: e.kind, Size: int64(len(e.body)), Mode: 0o755}
		if e.kind == 0 {
			h.Typeflag = tar.TypeReg
		}
		if e.kind == tar.TypeSymlink || e.kind == tar.TypeLink {
			h.Linkname, h.Size, e.body = e.body, 0, ""
		}
		if e.size != 0 {
			h.Size = e.size
		}
		err := w.WriteHeader(h)
		if err == nil && e.body != "" {
			_, err = w.Write([]byte(e.body))
		}
		if err != nil {
			t.Fatal(err)
		}
		if e.size != 0 {
			return b.Bytes() // ends here
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zip(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func save(t testing.TB, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "deployment.tar.gz")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// list returns the files and folders below dir.
func list(t testing.TB, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if rel != "." && !strings.HasSuffix(rel, ".lock") {
			out = append(out, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestOpen(t *testing.T) {
	plain := tarOf(t, zoo...)
	for name, b := range map[string][]byte{"tar": plain, "gzip": zip(t, plain)} {
		cache := filepath.Join(t.TempDir(), "cache")
		path := save(t, b)
		dir, err := Open(t.Context(), path, cache)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := list(t, dir); !slices.Equal(got, []string{"config.json", "model.onnx", "tokenizer.json"}) || filepath.Base(dir) != "deployment" {
			t.Errorf("%s: %s holds %v", name, dir, got)
		}
		if got, err := os.ReadFile(filepath.Join(dir, "model.onnx")); err != nil || string(got) != zoo[3].body {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		// A second time nothing is unpacked, though the file is another one.
		st, err := os.Stat(filepath.Join(dir, "model.onnx"))
		if err != nil {
			t.Fatal(err)
		}
		again, err := Open(t.Context(), save(t, b), cache)
		if err != nil || again != dir {
			t.Errorf("%s: %s, %v", name, again, err)
		}
		if now, err := os.Stat(filepath.Join(dir, "model.onnx")); err != nil || !os.SameFile(st, now) {
			t.Errorf("%s: unpacked again: %v", name, err)
		}
	}
}

func TestOpenElsewhere(t *testing.T) {
	for want, entries := range map[string][]entry{
		".":          {{name: "config.json"}, {name: "old/config.json"}},
		"deployment": {{name: "training/config.json"}, {name: "deployment/config.json"}},
		"a/b":        {{name: "a/b/config.json"}, {name: "a/model.onnx"}},
	} {
		cache := t.TempDir()
		dir, err := Open(t.Context(), save(t, tarOf(t, entries...)), cache)
		if err != nil {
			t.Error(err)
			continue
		}
		rel, err := filepath.Rel(cache, dir)
		if err != nil {
			t.Fatal(err)
		}
		_, below, _ := strings.Cut(filepath.ToSlash(rel)+"/.", "/")
		if got := strings.TrimSuffix(below, "/."); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestRefused(t *testing.T) {
	many := make([]entry, maxEntries+1)
	for i := range many {
		many[i] = entry{name: "d" + strings.Repeat("x", i%200) + "/", kind: tar.TypeDir}
	}
	good := zip(t, tarOf(t, zoo...))
	badSum := slices.Clone(good)
	badSum[len(badSum)-6] ^= 1
	for want, b := range map[string][]byte{
		"leads out":                      tarOf(t, entry{name: "deployment/../../x", body: "x"}),
		"an absolute path":               tarOf(t, entry{name: "/etc/x", body: "x"}),
		"on Windows":                     tarOf(t, entry{name: `..\x`, body: "x"}),
		"a link":                         tarOf(t, entry{name: "deployment/model.onnx", body: "/etc/passwd", kind: tar.TypeSymlink}),
		`"deployment/config.json": a l`:  tarOf(t, entry{name: "deployment/config.json", body: "deployment/x", kind: tar.TypeLink}),
		"neither a file nor a folder":    tarOf(t, entry{name: "deployment/null", kind: tar.TypeChar}),
		"control characters":             tarOf(t, entry{name: "deployment/\x1b[2J", body: "x"}),
		"folders deep":                   tarOf(t, entry{name: strings.Repeat("d/", 20) + "x", body: "x"}),
		"a name of":                      tarOf(t, entry{name: strings.Repeat("d", 2000), body: "x"}),
		`"deployment/A" is in it twice`:  tarOf(t, entry{name: "deployment/a", body: "x"}, entry{name: "deployment/A", body: "y"}),
		"more than 4096 entries":         tarOf(t, many...),
		"no config.json":                 tarOf(t, entry{name: "deployment/model.onnx", body: "x"}),
		"2 folders with config.json":     tarOf(t, entry{name: "a/config.json", body: "x"}, entry{name: "b/config.json", body: "x"}),
		"unpacks to more than":           tarOf(t, entry{name: "deployment/model.onnx", body: "x", size: 2 << 30}),
		"it ends too early":              good[:len(good)-40],
		"gzip: invalid checksum":         badSum,
		"archive/tar: invalid tar":       []byte(strings.Repeat("not a tar ", 200)),
		"gzip: invalid header":           {0x1f, 0x8b, 0, 0, 0, 0, 0, 0, 0, 0, 0},
		"ends too early (download it ag": tarOf(t, entry{name: "deployment/model.onnx", body: "x", size: 1 << 20}),
	} {
		cache := t.TempDir()
		_, err := Open(t.Context(), save(t, b), cache)
		if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
		if left := list(t, cache); len(left) > 0 && !strings.Contains(want, "config.json") {
			t.Errorf("%s: left %v", want, left)
		}
	}
}

// An archive of zeros is small, and what it unpacks to is bounded all the same.
func TestBomb(t *testing.T) {
	dir := t.TempDir()
	b := zip(t, tarOf(t, entry{name: "deployment/model.onnx", body: strings.Repeat("\x00", 1<<20)}))
	if err := unpack(bytes.NewReader(b), dir, limits{file: 1 << 19, total: 1 << 22}); !errors.Is(err, ErrFormat) {
		t.Errorf("file: %v", err)
	}
	var many []entry
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		many = append(many, entry{name: name, body: strings.Repeat("\x00", 1<<20)})
	}
	if err := unpack(bytes.NewReader(zip(t, tarOf(t, many...))), dir, limits{file: 1 << 21, total: 1 << 22}); !errors.Is(err, ErrFormat) {
		t.Errorf("total: %v", err)
	}
	// Nothing but padding, which no header counts.
	padding := zip(t, append(tarOf(t, entry{name: "x/config.json", body: "{}"}), make([]byte, 8<<20)...))
	if err := unpack(bytes.NewReader(padding), t.TempDir(), limits{file: 1 << 20, total: 1 << 20}); err == nil || !strings.Contains(err.Error(), "more than it may") {
		t.Errorf("padding: %v", err)
	}
}

func TestTogether(t *testing.T) {
	path, cache := save(t, zip(t, tarOf(t, zoo...))), t.TempDir()
	dirs := make([]string, 8)
	var wg sync.WaitGroup
	for i := range dirs {
		wg.Go(func() {
			var err error
			if dirs[i], err = Open(t.Context(), path, cache); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := slices.Compact(dirs); len(got) != 1 {
		t.Errorf("folders %v", got)
	}
	if left, err := filepath.Glob(filepath.Join(cache, "*.tmp")); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

// What a killed program left goes when the file is unpacked again.
func TestLeftovers(t *testing.T) {
	path, cache := save(t, tarOf(t, zoo...)), t.TempDir()
	dir, err := Open(t.Context(), path, cache)
	if err != nil {
		t.Fatal(err)
	}
	tmp := filepath.Dir(dir) + ".123.tmp"
	if err := os.Rename(filepath.Dir(dir), tmp); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path, cache); err != nil {
		t.Fatal(err)
	}
	if isDir(tmp) {
		t.Error("it is still there")
	}
}

func TestCancel(t *testing.T) {
	gone := errors.New("gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(gone)
	cache := t.TempDir()
	if _, err := Open(ctx, save(t, tarOf(t, zoo...)), cache); !errors.Is(err, gone) {
		t.Errorf("got %v", err)
	}
	if left := list(t, cache); len(left) > 0 {
		t.Errorf("left %v", left)
	}
	if _, err := Open(t.Context(), filepath.Join(cache, "none.tar"), cache); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// Whatever comes, nothing is written outside the folder, no more than may be, and no link.
func FuzzUnpack(f *testing.F) {
	plain := tarOf(f, zoo...)
	f.Add(plain)
	f.Add(zip(f, plain))
	f.Add(tarOf(f, entry{name: "a/../../x", body: "x"}))
	f.Add(tarOf(f, entry{name: "a/l", body: "../..", kind: tar.TypeSymlink}, entry{name: "a/l/x", body: "x"}))
	f.Add(tarOf(f, entry{name: "a", body: "x"}, entry{name: "a/b", body: "x"}))
	f.Fuzz(func(t *testing.T, b []byte) {
		outer := t.TempDir()
		dir := filepath.Join(outer, "in")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		const most = 1 << 20
		err := unpack(bytes.NewReader(b), dir, limits{file: most, total: most})
		if got, err := os.ReadDir(outer); err != nil || len(got) != 1 {
			t.Fatalf("outside: %v, %v", got, err)
		}
		size := int64(0)
		werr := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			st, err := os.Lstat(path)
			if err == nil && !st.Mode().IsRegular() && !st.IsDir() {
				t.Errorf("%s is %s", path, st.Mode())
			}
			if err == nil && st.Mode().IsRegular() {
				size += st.Size()
			}
			return err
		})
		if werr != nil || size > most {
			t.Errorf("%d bytes, %v (%v)", size, werr, err)
		}
	})
}
