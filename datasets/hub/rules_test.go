package hub

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// The package is a leaf: notebook cells that read no data set link it too, and its
// fake hub serves tests of any package.
func TestImports(t *testing.T) {
	const module = "github.com/sparsebio/sparsebio/datasets/"
	for pkg, allowed := range map[string][]string{
		module + "hub":         {module + "internal/bar", "github.com/gofrs/flock", "golang.org/x/sys/"},
		module + "hub/hubtest": {},
	} {
		out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", pkg).Output()
		if err != nil {
			t.Skipf("go list: %v", err)
		}
		for _, dep := range strings.Fields(string(out)) {
			if dep != pkg && !slices.ContainsFunc(allowed, func(a string) bool { return strings.HasPrefix(dep, a) }) {
				t.Errorf("%s depends on %s", pkg, dep)
			}
		}
	}
}
