package datasets

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// runCells runs the notebook on standard input with the kernel "here", and prints what its last cell put out.
const runCells = `
import json, sys, nbformat
from nbclient import NotebookClient
nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in json.load(sys.stdin)])
NotebookClient(nb, timeout=300, kernel_name="here").execute()
json.dump(nb.cells[-1].outputs, sys.stdout)
`

// A running GoNB kernel displays a set and a description as tables, and a bar that is written over.
func TestShowInKernel(t *testing.T) {
	venv := os.Getenv("SPARSEBIO_VENV")
	if venv == "" {
		t.Skip("SPARSEBIO_VENV is not set: run make setup, then set it to the absolute path of .venv")
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	// The kernel of the environment, with the library as it is here.
	data, err := os.ReadFile(filepath.Join(venv, "share", "jupyter", "kernels", "gonb", "kernel.json"))
	if err != nil {
		t.Fatal(err)
	}
	var spec struct {
		Argv          []string          `json:"argv"`
		DisplayName   string            `json:"display_name"`
		Language      string            `json:"language"`
		InterruptMode string            `json:"interrupt_mode"`
		Env           map[string]string `json:"env"`
	}
	if err := json.Unmarshal(data, &spec); err != nil {
		t.Fatal(err)
	}
	for i, arg := range spec.Argv {
		if strings.HasPrefix(arg, "-go_work=") {
			spec.Argv[i] = "-go_work=" + root
		}
	}
	private := t.TempDir()
	kernel := filepath.Join(private, "kernels", "here")
	if data, err = json.Marshal(spec); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(kernel, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(kernel, "kernel.json"), data, 0o666); err != nil {
		t.Fatal(err)
	}
	cells, err := json.Marshal([]string{`
import (
	"time"

	"github.com/sparsebio/sparsebio/biobert"
	"github.com/sparsebio/sparsebio/datasets"
)

%%
set := biobert.Must(datasets.Load(biobert.Context(), "arxiv-biology-demo"))
biobert.Check(set.Show())
biobert.Check(biobert.Must(datasets.Describe(set)).Show())
biobert.Must(datasets.Map(set, "words", func(r datasets.Row) (int, error) {
	time.Sleep(50 * time.Millisecond)
	return 1, nil
}))`})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(venv, "bin", "python"), "-c", runCells)
	cmd.Stdin = bytes.NewReader(cells)
	cmd.Env = append(os.Environ(), "JUPYTER_PATH="+private, "JUPYTER_RUNTIME_DIR="+filepath.Join(private, "run"), "IPYTHONDIR="+private)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.Bytes())
	}
	var outputs []struct {
		Type string `json:"output_type"`
		Name string
		Text string
		Data map[string]string
	}
	if err := json.Unmarshal(out, &outputs); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var tables []string
	said := ""
	for _, o := range outputs {
		switch {
		case o.Type == "display_data":
			tables = append(tables, o.Data["text/html"])
			if o.Data["text/plain"] == "" {
				t.Errorf("no plain text beside %.200s", o.Data["text/html"])
			}
		case o.Type == "stream" && o.Name == "stdout":
			said += o.Text
		default:
			t.Errorf("the cell also put out %+v", o)
		}
	}
	if len(tables) != 2 {
		t.Fatalf("%d tables:\n%.2000s", len(tables), out)
	}
	for i, want := range [][]string{{"sb-table", "44 rows", "demo-0001", `type="radio"`, "<details>"}, {"sb-table", "most frequent", "44", "chars"}} {
		for _, w := range want {
			if !strings.Contains(tables[i], w) {
				t.Errorf("table %d lacks %q:\n%.2000s", i, w, tables[i])
			}
		}
	}
	if lines := strings.Split(said, "\r"); len(lines) < 3 || !strings.Contains(said, "\rmapping words |") || !strings.HasPrefix(lines[len(lines)-1], "mapping words: 44 rows, ") || !strings.HasSuffix(said, "\n") {
		t.Errorf("the bar is %q", said)
	}
}
