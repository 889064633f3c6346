package notebooks

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestCommitted checks the notebooks as they lie in the repository: without outputs, with cell ids
// that stay, for our kernel.
func TestCommitted(t *testing.T) {
	paths, err := filepath.Glob("*.ipynb")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no notebooks: %v", err)
	}
	named := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	for _, path := range paths {
		t.Run(path, func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var nb struct {
				Cells []struct {
					ID             string            `json:"id"`
					Type           string            `json:"cell_type"`
					Source         []string          `json:"source"`
					Outputs        []json.RawMessage `json:"outputs"`
					ExecutionCount *int              `json:"execution_count"`
				} `json:"cells"`
				Metadata struct {
					Kernel struct {
						Name string `json:"name"`
					} `json:"kernelspec"`
				} `json:"metadata"`
			}
			if err := json.Unmarshal(text, &nb); err != nil {
				t.Fatal(err)
			}
			if nb.Metadata.Kernel.Name != "gonb" {
				t.Errorf("kernel %q, want gonb", nb.Metadata.Kernel.Name)
			}
			seen := make(map[string]bool)
			blank := make(map[string]bool)
			for _, c := range nb.Cells {
				if !named.MatchString(c.ID) || seen[c.ID] {
					t.Errorf("cell id %q, want words with hyphens, each id once", c.ID)
				}
				seen[c.ID] = true
				if len(c.Outputs) > 0 || c.ExecutionCount != nil {
					t.Errorf("cell %s: committed with outputs", c.ID)
				}
				clear(blank)
				for _, line := range c.Source {
					if strings.Contains(line, `_ "`) {
						blank[line] = true
					}
				}
				if len(blank) > 1 {
					t.Errorf("cell %s: %d blank imports, of which the kernel keeps one", c.ID, len(blank))
				}
			}
		})
	}
}

// TestInvented checks that the quick start says in its first cell that the abstracts are invented.
func TestInvented(t *testing.T) {
	text, err := os.ReadFile("01_quickstart.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), `"cell_type": "code"`)
	if !strings.Contains(first, "abstracts are invented") {
		t.Error("the first cell does not say that the abstracts are invented")
	}
}
