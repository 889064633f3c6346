package biobert

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// listed is what go list says of a package.
type listed struct {
	ImportPath string
	Doc        string
	Imports    []string
	Deps       []string
}

func listPackages(t *testing.T, pattern string) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Doc,Imports,Deps", pattern)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %s: %v", pattern, err)
	}
	var ps []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return ps
		} else if err != nil {
			t.Fatal(err)
		}
		ps = append(ps, p)
	}
}

const module = "github.com/sparsebio/sparsebio/"

// Inference links neither Arrow nor HTML nor the notebook, and only the command and the metrics join data
// sets with pipelines.
func TestImportRules(t *testing.T) {
	linksData := []string{module + "biobert/cmd/", module + "biobert/eval"}
	forbidden := []string{
		"github.com/apache/arrow", "github.com/go-echarts", "github.com/janpfeifer/gonb", "html/template", "C",
		module + "viz", module + "notebooks", module + "biobert/cmd",
	}
	for _, p := range listPackages(t, "./...") {
		free := false
		for _, f := range linksData {
			free = free || strings.HasPrefix(p.ImportPath, f)
		}
		if free {
			continue
		}
		for _, dep := range p.Deps {
			bad := dep == module+"datasets" || dep == module+"datasets/parquet"
			for _, f := range forbidden {
				bad = bad || dep == f || strings.HasPrefix(dep, f+"/")
			}
			if bad {
				t.Errorf("%s links %s", p.ImportPath, dep)
			}
		}
	}
}

// The leaves need the standard library only, and one package alone imports the tokenizer library.
func TestLeaves(t *testing.T) {
	for _, p := range listPackages(t, "./...") {
		if p.Doc == "" {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
		for _, i := range p.Imports {
			external := strings.Contains(strings.Split(i, "/")[0], ".")
			switch p.ImportPath {
			case module + "biobert/report", module + "biobert/hub":
				if external {
					t.Errorf("%s imports %s", p.ImportPath, i)
				}
			}
			if strings.HasPrefix(i, "github.com/sugarme/") && p.ImportPath != module+"biobert/internal/token" {
				t.Errorf("%s imports %s", p.ImportPath, i)
			}
		}
	}
}
