package notebooks

import (
	"encoding/json"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A cell is a cell of a notebook as it lies in the repository.
type cell struct {
	ID       string   `json:"id"`
	Type     string   `json:"cell_type"`
	Source   lines    `json:"source"`
	Outputs  []output `json:"outputs"`
	Count    *int     `json:"execution_count"`
	Metadata struct {
		Tags      []string        `json:"tags"`
		Execution json.RawMessage `json:"execution"`
		Wishes    struct {
			Expect     []string `json:"expect"`
			ExpectHTML []string `json:"expect_html"`
			MaxSeconds float64  `json:"max_seconds"`
		} `json:"sparsebio"`
	} `json:"metadata"`
}

// An output is what a cell printed or displayed.
type output struct {
	Type string           `json:"output_type"`
	Name string           `json:"name"` // of a stream
	Text lines            `json:"text"`
	Data map[string]lines `json:"data"`
}

// lines is a text, which notebooks write as a list of lines or as a string.
type lines string

func (l *lines) UnmarshalJSON(b []byte) error {
	var list []string
	if json.Unmarshal(b, &list) == nil {
		*l = lines(strings.Join(list, ""))
		return nil
	}
	return json.Unmarshal(b, (*string)(l))
}

var (
	unseen = regexp.MustCompile(`(?is)<(style|script)\b.*?</(style|script)>`)
	breaks = regexp.MustCompile(`(?i)<(br|/p|/div|/pre|/li|/tr)\b[^>]*>`)
	tags   = regexp.MustCompile(`<[^>]*>`)
)

// said returns what a reader sees of the outputs, as text, and their markup. tools/cells.py reads them alike.
func (c *cell) said() (text, markup string) {
	var t, m strings.Builder
	for _, o := range c.Outputs {
		page := string(o.Data["text/html"])
		m.WriteString(page + "\n")
		switch {
		case o.Text != "":
			t.WriteString(string(o.Text) + "\n")
		case page != "":
			t.WriteString(html.UnescapeString(tags.ReplaceAllString(breaks.ReplaceAllString(unseen.ReplaceAllString(page, " "), "\n"), "")) + "\n")
		default:
			t.WriteString(string(o.Data["text/plain"]) + "\n")
		}
	}
	return t.String(), m.String()
}

// committed reads the notebooks of the repository.
func committed(t *testing.T) map[string][]cell {
	t.Helper()
	paths, err := filepath.Glob("[0-9][0-9]_*.ipynb")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no notebooks: %v", err)
	}
	notebooks := make(map[string][]cell)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var nb struct {
			Cells    []cell `json:"cells"`
			Metadata struct {
				Kernel struct {
					Name string `json:"name"`
				} `json:"kernelspec"`
				Title string `json:"title"`
			} `json:"metadata"`
		}
		if err := json.Unmarshal(text, &nb); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if nb.Metadata.Kernel.Name != "gonb" {
			t.Errorf("%s: kernel %q, want gonb", path, nb.Metadata.Kernel.Name)
		}
		if nb.Metadata.Title == "" {
			t.Errorf("%s: the metadata have no title", path)
		}
		const most = 2_000_000
		if len(text) > most {
			t.Errorf("%s has %d bytes, want at most %d", path, len(text), most)
		}
		notebooks[path] = nb.Cells
	}
	return notebooks
}

// TestCommitted checks the notebooks as they lie in the repository: with outputs that say what is expected of
// them and nothing of the machine they were made on, run in order, with cell ids that stay.
func TestCommitted(t *testing.T) {
	named := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	// Folders of people and of temporary files; those of a reader's shell, as in /home/jovyan, are prose and lie in markdown.
	machine := regexp.MustCompile(`(/tmp/|/root/|/home/|/Users/|/var/folders/|[A-Z]:\\)[\w.]`)
	for path, cells := range committed(t) {
		t.Run(path, func(t *testing.T) {
			seen := make(map[string]bool)
			blank := make(map[string]bool)
			count := 0
			for _, c := range cells {
				if !named.MatchString(c.ID) || seen[c.ID] {
					t.Errorf("cell id %q, want words with hyphens, each id once", c.ID)
				}
				seen[c.ID] = true
				if c.Type != "code" {
					continue
				}
				count++
				if c.Count == nil || *c.Count != count {
					t.Errorf("cell %s: not run as number %d (make notebooks runs all)", c.ID, count)
				}
				if c.Metadata.Execution != nil {
					t.Errorf("cell %s: committed with the times of its run", c.ID)
				}
				clear(blank)
				for line := range strings.Lines(string(c.Source)) {
					if strings.Contains(line, `_ "`) {
						blank[line] = true
					}
				}
				if len(blank) > 1 {
					t.Errorf("cell %s: %d blank imports, of which the kernel keeps one", c.ID, len(blank))
				}
				if n := strings.Count(strings.TrimRight(string(c.Source), "\n"), "\n") + 1; n > 30 {
					t.Errorf("cell %s has %d lines, want at most 30", c.ID, n)
				}
				wishes := c.Metadata.Wishes
				if len(c.Outputs) > 0 && len(wishes.Expect)+len(wishes.ExpectHTML) == 0 {
					t.Errorf("cell %s: the metadata do not say what its output must contain", c.ID)
				}
				text, markup := c.said()
				for _, p := range wishes.Expect {
					if !regexp.MustCompile("(?m)" + p).MatchString(text) {
						t.Errorf("cell %s: nothing it said matches %q", c.ID, p)
					}
				}
				for _, p := range wishes.ExpectHTML {
					if !regexp.MustCompile("(?m)" + p).MatchString(markup) {
						t.Errorf("cell %s: nothing it displayed matches %q", c.ID, p)
					}
				}
				if trace := machine.FindString(text); trace != "" {
					t.Errorf("cell %s: the output names a place of the machine it was made on: %q", c.ID, trace)
				}
				for _, o := range c.Outputs {
					if o.Type == "error" && !slices.Contains(c.Metadata.Tags, "raises-exception") {
						t.Errorf("cell %s: committed with an error", c.ID)
					}
					if o.Type == "stream" && o.Name == "stderr" {
						t.Errorf("cell %s: wrote to standard error: %.80q", c.ID, string(o.Text))
					}
				}
			}
		})
	}
}

// TestStructure checks what a reader finds in every notebook: what it is for, how long it takes, whether it needs the
// network, and exercises whose solutions are folded away. A solution that GitHub should show as text has blank
// lines around its code.
func TestStructure(t *testing.T) {
	solution := regexp.MustCompile("(?s)<details>\n<summary>Solution</summary>\n\n.*?\n\n</details>")
	for path, cells := range committed(t) {
		t.Run(path, func(t *testing.T) {
			if len(cells) == 0 || cells[0].Type != "markdown" || !strings.HasPrefix(string(cells[0].Source), "# ") {
				t.Fatal("the first cell is not a title")
			}
			for _, want := range []string{"- **Goal:** ", "- **Time:** ", "- **Needs:** "} {
				if !strings.Contains(string(cells[0].Source), "\n"+want) {
					t.Errorf("the first cell has no line that begins with %q", want)
				}
			}
			var all strings.Builder
			first := ""
			for _, c := range cells {
				if c.Type == "markdown" {
					all.WriteString(string(c.Source) + "\n")
				} else if first == "" {
					first = string(c.Source)
				}
			}
			if !strings.Contains(first, "viz.Init()") {
				t.Error("the first code cell does not call viz.Init(), so that running a chart again would lose the script")
			}
			folded, sound := strings.Count(all.String(), "<details>"), len(solution.FindAllString(all.String(), -1))
			if !strings.Contains(all.String(), "\n## Exercises\n") && !strings.HasPrefix(all.String(), "## Exercises\n") || sound == 0 {
				t.Error("no exercises with solutions")
			}
			if folded != sound {
				t.Errorf("%d folded texts, %d of them with the form of a solution", folded, sound)
			}
		})
	}
}

// TestInvented checks that the quick start says in its first cell that the abstracts are invented.
func TestInvented(t *testing.T) {
	cells := committed(t)["01_quickstart.ipynb"]
	if len(cells) == 0 || !strings.Contains(string(cells[0].Source), "abstracts are invented") {
		t.Error("the first cell does not say that the abstracts are invented")
	}
}
