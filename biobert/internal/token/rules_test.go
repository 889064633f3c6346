package token

import (
	"go/build"
	"strings"
	"testing"
)

// TestImports: the standard library and the one library that reads checkpoint
// definitions, nothing else.
func TestImports(t *testing.T) {
	p, err := build.ImportDir(".", 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range p.Imports {
		first, _, _ := strings.Cut(path, "/")
		if strings.Contains(first, ".") && !strings.HasPrefix(path, "github.com/sugarme/tokenizer") {
			t.Errorf("imports %s", path)
		}
	}
}
