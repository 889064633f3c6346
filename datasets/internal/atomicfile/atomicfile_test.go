package atomicfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x")
	put := func(s string) error {
		return Write(path, func(w io.Writer) error {
			_, err := io.WriteString(w, s)
			return err
		})
	}
	for _, s := range []string{"one", "two"} {
		if err := put(s); err != nil {
			t.Fatal(err)
		}
		check(t, path, s)
	}
	failed := errors.New("half way")
	err := Write(path, func(w io.Writer) error {
		io.WriteString(w, "thr")
		return failed
	})
	if !errors.Is(err, failed) {
		t.Errorf("error %v", err)
	}
	check(t, path, "two")
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := put("four"); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v: permissions were not kept", st.Mode(), err)
	}
	alone(t, dir)
}

func TestWriteDir(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x")
	put := func(file string, err error) error {
		return WriteDir(path+"/", func(tmp string) error {
			if err := os.WriteFile(filepath.Join(tmp, file), []byte(file), 0o666); err != nil {
				return err
			}
			return err
		})
	}
	for _, file := range []string{"one", "two"} {
		if err := put(file, nil); err != nil {
			t.Fatal(err)
		}
		check(t, filepath.Join(path, file), file)
		alone(t, path)
	}
	failed := errors.New("half way")
	if err := put("three", failed); !errors.Is(err, failed) {
		t.Errorf("error %v", err)
	}
	check(t, filepath.Join(path, "two"), "two")
	alone(t, path)
	alone(t, dir)
}

func check(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s holds %q, %v, want %q", path, got, err, want)
	}
}

// alone fails unless a folder has exactly one entry.
func alone(t *testing.T, dir string) {
	t.Helper()
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%s holds %v, %v", dir, left, err)
	}
}
