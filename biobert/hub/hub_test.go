package hub

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestResolve(t *testing.T) {
	Register("test-model", "bytes")
	RegisterTable("test-table", "table")
	if s, err := Resolve("test-model"); err != nil || s.Packed != "bytes" || s.Dir != "" || s.File != "" {
		t.Errorf("registered: %+v, %v", s, err)
	}
	if s, ok := Table("test-table"); !ok || s != "table" {
		t.Errorf("table: %q, %v", s, ok)
	}
	dir := t.TempDir()
	if s, err := Resolve(dir); err != nil || s.Dir != dir || s.Packed != "" {
		t.Errorf("folder: %+v, %v", s, err)
	}
	file := filepath.Join(dir, "m.sbm")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := Resolve(file); err != nil || s.File != file {
		t.Errorf("file: %+v, %v", s, err)
	}
	for name, want := range map[string]string{
		"":              "give a model name",
		"jnlpba":        `import _ "github.com/sparsebio/sparsebio/biobert/models/jnlpba"`,
		"jnlpba-dense":  `import _ "github.com/sparsebio/sparsebio/biobert/models/jnlpba/dense"`,
		"no/such/model": "have test-model",
	} {
		if _, err := Resolve(name); !errors.Is(err, ErrUnknownModel) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q in it", name, err, want)
		}
	}
}

func TestRegisterTwicePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	Register("twice", "")
	Register("twice", "")
}
