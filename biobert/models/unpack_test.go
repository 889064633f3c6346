package models

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/biobert"
	"github.com/sparsebio/sparsebio/biobert/compress"
)

// An embedded dense model leaves as a checkpoint that finds the same entities, and that can be compressed.
func TestUnpack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "jnlpba-dense")
	if err := biobert.Unpack(t.Context(), "jnlpba-dense", dir); err != nil {
		t.Fatal(err)
	}
	const text = "Stimulation of CD28 on human T cells activates NF-κB and the IL-2 promoter in Jurkat cells."
	find := func(name string) any {
		p, err := biobert.NewTokenClassification(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		d, err := p.AnnotateText(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		return d.Entities
	}
	if got, want := find(dir), find("jnlpba-dense"); !reflect.DeepEqual(got, want) {
		t.Errorf("the checkpoint finds %v, the embedded model %v", got, want)
	}
	if testing.Short() {
		return
	}
	texts := func(yield func(string) bool) {
		for range 16 {
			if !yield(text) {
				return
			}
		}
	}
	r, err := compress.Run(t.Context(), dir, texts, compress.WithMethod(compress.Magnitude), compress.WithSparsity(0.5), compress.WithTokens(64))
	if err != nil || r.Sparsity < 0.49 || r.Agreement.Outputs == 0 {
		t.Errorf("compressed: %+v, %v", r, err)
	}
}

func TestUnpackErrors(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ model, dir, want string }{
		{"jnlpba", filepath.Join(dir, "new"), "only dense ones"},
		{"jnlpba-dense", dir, "is not empty"},
		{"jnlpba-dense", filepath.Join(dir, "a/b"), "no such file"},
		{dir, filepath.Join(dir, "new"), "checkpoint"},
	} {
		if err := biobert.Unpack(t.Context(), c.model, c.dir); err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "biobert: ") {
			t.Errorf("%s to %s: %v, want %q in it", c.model, c.dir, err, c.want)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("left behind %v, %v", entries, err)
	}
}
