package datasets

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// checked returns an allocator that fails the test if memory is not given back.
func checked(t testing.TB) memory.Allocator {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { mem.AssertSize(t, 0) })
	return mem
}

// load loads a set and releases it at the end of the test.
func load(t testing.TB, name string, opts ...Option) *Dataset {
	t.Helper()
	d, err := Load(t.Context(), name, append(opts, WithAllocator(checked(t)))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Release)
	return d
}

// tryLoad loads a file that may be damaged. If that works it uses the set, releases it and wants all memory back; arrow
// keeps what it has when it panics.
func tryLoad(t testing.TB, path string, use func(*Dataset)) error {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	d, err := Load(t.Context(), path, WithAllocator(mem))
	if err == nil {
		use(d)
		d.Release()
		mem.AssertSize(t, 0)
	}
	return err
}

// must releases the result of a verb at the end of the test.
func must(t testing.TB) func(*Dataset, error) *Dataset {
	return func(d *Dataset, err error) *Dataset {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(d.Release)
		return d
	}
}

// dump writes all of a set as text: features, then rows.
func dump(t testing.TB, d *Dataset) string {
	t.Helper()
	var b bytes.Buffer
	fs, err := json.Marshal(d.Features())
	if err != nil {
		t.Fatal(err)
	}
	b.Write(fs)
	b.WriteByte('\n')
	if err := d.WriteJSONL(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; run with -update if it is right):\n%s", file, diff)
	}
}

// write makes a file in a temporary folder and returns its path.
func write(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// texts returns a column of texts.
func texts(t testing.TB, d *Dataset, column string) []string {
	t.Helper()
	v, err := Column[string](d, column)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// wantError checks that an error says something.
func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want one with %q", err, want)
	}
}

func sprint(v any) string { return fmt.Sprint(v) }

// listFiles returns the files in a folder.
func listFiles(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, filepath.Join(dir, e.Name()))
	}
	return out
}

// damage cuts a file in half.
func damage(t *testing.T, path string) {
	t.Helper()
	st, err := os.Stat(path)
	if err == nil {
		err = os.Truncate(path, st.Size()/2)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// stdout returns what f prints.
func stdout(t *testing.T, f func() error) string {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "stdout"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	before := os.Stdout
	os.Stdout = file
	err = f()
	os.Stdout = before
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
