package viz

import (
	"crypto/sha256"
	"encoding/hex"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestImports keeps the package to data in, HTML out: no model code, go-echarts for
// options only, and one file that knows the notebook.
func TestImports(t *testing.T) {
	allowed := map[string]string{ // import path, or its beginning, to the only file ("" for any)
		"github.com/go-echarts/go-echarts/v2/charts":       "",
		"github.com/go-echarts/go-echarts/v2/opts":         "",
		"github.com/sparsebio/sparsebio/datasets/annot":    "",
		"github.com/sparsebio/sparsebio/biobert/report":    "",
		"github.com/sparsebio/sparsebio/datasets/notebook": "display.go",
		"github.com/janpfeifer/gonb/gonbui":                "display.go",
		"github.com/janpfeifer/gonb/gonbui/protocol":       "display.go",
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, im := range f.Imports {
			path, _ := strconv.Unquote(im.Path.Value)
			if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") {
				continue // the standard library
			}
			if only, ok := allowed[path]; !ok || only != "" && only != name {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
}

func TestAssets(t *testing.T) {
	readme, err := os.ReadFile("assets/README.md")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(echartsJS))
	if !strings.Contains(string(readme), hex.EncodeToString(sum[:])) {
		t.Errorf("echarts.min.js has sha256 %x, which assets/README.md does not name", sum)
	}
	for _, notice := range []string{"Apache License, Version 2.0", "5.6.0", "BSD 3-Clause"} {
		if !strings.Contains(echartsJS[:1200], notice) {
			t.Errorf("the notice of echarts.min.js lacks %q", notice)
		}
	}
	if strings.Contains(styleCSS+textCSS+compareCSS+corpusCSS+linksCSS+figureCSS, "<") || strings.Contains(chartJS+figureJS+graphJS, "</script") {
		t.Error("an asset would end the element it is written into")
	}
}
