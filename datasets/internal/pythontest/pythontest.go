// Package pythontest finds the Python that tests compare with: what the libraries of Python read of ours, and we of theirs.
package pythontest

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Variable names the interpreter. Required, if it is set, makes a test fail that would be skipped for want of it: where everything
// is installed on purpose, a skip must not look like a pass. What to install is in datasets/testdata/requirements.txt.
const (
	Variable = "SPARSEBIO_PYTHON"
	Required = "SPARSEBIO_PYTHON_REQUIRED"
)

// Interpreter returns the path of a Python that has the packages. Without one the test is skipped, as it is in short mode,
// since Python takes seconds to import some of them.
func Interpreter(t testing.TB, packages ...string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("compares with Python, which takes seconds to start")
	}
	skip := t.Skipf
	if os.Getenv(Required) != "" {
		skip = t.Fatalf
	}
	python := os.Getenv(Variable)
	if python == "" {
		skip("%s is not set: it names a Python with the packages %s", Variable, strings.Join(packages, ", "))
	}
	missing, err := exec.Command(python, append([]string{"-c", `
import importlib.util, sys
print(*(p for p in sys.argv[1:] if importlib.util.find_spec(p) is None), sep=", ")
`}, packages...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s=%s: %v\n%s", Variable, python, err, missing)
	}
	if text := strings.TrimSpace(string(missing)); text != "" {
		skip("the Python of %s lacks %s", Variable, text)
	}
	return python
}
