package datasets

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// readOnly makes folders that the test cannot write, even if root runs it.
func readOnly(t *testing.T, root string) {
	t.Helper()
	if err := os.Chmod(filepath.Dir(root), 0o755); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() {
			t.Cleanup(func() { os.Chmod(path, 0o755) })
			err = os.Chmod(path, 0o555)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if os.Getuid() != 0 {
		return
	}
	runtime.LockOSThread()
	if err := syscall.Setfsuid(65534); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() {
		syscall.Setfsuid(0)
		runtime.UnlockOSThread()
	})
}

// Caches that may only be read serve what they have; what is not there is refused with the folder, what to do, and no temporary name.
func TestReadOnlyCaches(t *testing.T) {
	s, asked := urlServer(t)
	dir := os.Getenv(cacheVariable)
	t.Setenv(CacheVariable, filepath.Join(dir, "columns"))
	name := s.URL + "/x.csv" + urlSum(urlContent)
	step := func(step string) (*Dataset, error) {
		return Map(load(t, name), "n", func(r Row) (int, error) { return 7, nil }, WithCache(step))
	}
	must(t)(step("sevens"))
	moved := urlSum(strings.ToUpper(urlContent))
	for _, folder := range []string{filepath.Join(dir, "downloads", moved[len("#sha256="):]), filepath.Join(dir, "columns")} {
		if err := os.MkdirAll(folder, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	readOnly(t, dir)
	must(t)(step("sevens"))
	if asked["/x.csv"] != 1 {
		t.Errorf("fetched %d times", asked["/x.csv"])
	}
	refused := func(err error, want ...string) {
		t.Helper()
		if !errors.Is(err, fs.ErrPermission) {
			t.Errorf("error %v, want one of permissions", err)
		}
		for _, w := range want {
			wantError(t, err, w)
		}
	}
	_, err := step("eights")
	refused(err, filepath.Join(dir, "columns"), "set "+CacheVariable+" to another folder, or to off")
	for _, sum := range []string{moved, urlSum("z")} { // whose folder is there, and is not
		_, err = Load(t.Context(), s.URL+"/x.csv"+sum, WithAllocator(checked(t)))
		refused(err, `cannot keep "`+s.URL+`/x.csv" in "`+filepath.Join(dir, "downloads", sum[len("#sha256="):])+`": permission denied (set HF_DATASETS_CACHE to a folder that can be written)`)
	}
	d := load(t, name)
	for _, err := range []error{d.SaveToDisk(filepath.Join(dir, "saved")), d.WriteFile(filepath.Join(dir, "saved.csv")), d.WriteFile(filepath.Join(dir, "saved.arrow"))} {
		if refused(err, `saved`, `": permission denied`); strings.Contains(err.Error(), "/.") {
			t.Errorf("%v has the name of a temporary file", err)
		}
	}
	if left := listFiles(t, dir); len(left) != 2 {
		t.Errorf("left behind: %v", left)
	}
}
