package token

import (
	"path/filepath"
	"strings"
	"testing"
)

// A tokenizer that was written as a folder encodes as it did; one that vocab.txt cannot describe is refused.
func TestWriteFolder(t *testing.T) {
	for name, lowercase := range map[string]bool{"uncased": true, "cased": false} {
		opts := BERT(lowercase)
		pieces := []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "il", "##-", "-", "2", "α", "NF", "nf", "##kB"}
		a, err := New(pieces, opts)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := a.WriteFolder(dir); err != nil {
			t.Fatal(err)
		}
		b, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		var x, y Encoding
		for _, text := range []string{"IL-2 [MASK] NFkB α", "il-2", ""} {
			if err := a.Encode(&x, text); err != nil {
				t.Fatal(err)
			}
			if err := b.Encode(&y, text); err != nil {
				t.Fatal(err)
			}
			if len(x.IDs) != len(y.IDs) {
				t.Fatalf("%s: %q: %v, want %v", name, text, y.IDs, x.IDs)
			}
			for i := range x.IDs {
				if x.IDs[i] != y.IDs[i] {
					t.Errorf("%s: %q: %v, want %v", name, text, y.IDs, x.IDs)
				}
			}
		}
		opts.Added = append(opts.Added, AddedToken{Content: "NF", LStrip: true})
		if a, err = New(pieces, opts); err != nil {
			t.Fatal(err)
		}
		if err := a.WriteFolder(t.TempDir()); err == nil || !strings.Contains(err.Error(), "cannot describe") {
			t.Errorf("%s: added tokens of its own: %v", name, err)
		}
		if err := a.WriteFolder(filepath.Join(dir, "none")); err == nil {
			t.Error("written to a folder that is not there")
		}
	}
}
