package datasets

import (
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/sparsebio/sparsebio/"

// Package datasets is linked into every notebook cell that reads abstracts. It
// must bring neither Parquet nor anything else of the library, but for annot, corpus and report.
func TestImports(t *testing.T) {
	for pkg, allowed := range map[string][]string{
		"datasets": {
			module + "datasets/annot", module + "datasets/corpus", module + "biobert/report", module + "datasets/hub", "github.com/gofrs/flock", module + "datasets/internal/", "github.com/apache/arrow/go/v15/arrow", "github.com/apache/arrow/go/v15/internal/",
			// what arrow itself needs
			"github.com/goccy/go-json", "github.com/google/flatbuffers/go", "github.com/klauspost/", "github.com/pierrec/lz4/v4", "github.com/zeebo/xxh3", "golang.org/x/",
			// the notebook, for display.go
			module + "datasets/notebook", "github.com/janpfeifer/gonb/common", "github.com/janpfeifer/gonb/gonbui", "github.com/gofrs/uuid", "github.com/pkg/errors", "k8s.io/klog/v2", "github.com/go-logr/logr",
		},
		"datasets/annot":                {},
		"datasets/annot/graphfile":      {module + "datasets/annot", module + "datasets/internal/atomicfile"},
		"datasets/internal/arrowschema": {},
		"datasets/internal/atomicfile":  {},
		"datasets/internal/bar":         {},
	} {
		for _, dep := range deps(t, pkg) {
			ok := func(a string) bool { return strings.HasPrefix(dep, a) }
			if dep != module+pkg && !slices.ContainsFunc(allowed, ok) {
				t.Errorf("package %s depends on %s, which DESIGN section 2 forbids", pkg, dep)
			}
		}
	}
	for _, dep := range deps(t, "datasets/parquet") {
		if strings.HasPrefix(dep, module) && !strings.HasPrefix(dep, module+"datasets") && dep != module+"biobert/report" {
			t.Errorf("package datasets/parquet depends on %s, which DESIGN section 2 forbids", dep)
		}
	}
}

// One file knows the notebook.
func TestNotebookImports(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, im := range f.Imports {
			if strings.Contains(im.Path.Value, "janpfeifer/gonb") && name != "display.go" {
				t.Errorf("%s imports %s", name, im.Path.Value)
			}
		}
	}
}

// deps returns the packages that pkg needs, the standard library's aside.
func deps(t *testing.T, pkg string) []string {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", module+pkg)
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("go list: %v", err)
	}
	return strings.Fields(string(out))
}

func TestPackageComments(t *testing.T) {
	err := filepath.WalkDir(".", func(dir string, e os.DirEntry, err error) error {
		if err != nil || !e.IsDir() || e.Name() == "testdata" {
			return err
		}
		files, _ := filepath.Glob(filepath.Join(dir, "*.go"))
		commented, sources := false, 0
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			sources++
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				return err
			}
			commented = commented || f.Doc != nil
		}
		if sources > 0 && !commented {
			t.Errorf("package %s has no comment", dir)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
