package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// A spec is the kernel.json of GoNB: how Jupyter starts the kernel.
type spec struct {
	Argv []string          `json:"argv"`
	Env  map[string]string `json:"env"`

	path string // of the file
	root string // the checkout that cells can import, "" if none is named
}

// errNoSpec says that GoNB is not installed where Jupyter looks.
var errNoSpec = errors.New("no kernel called gonb where Jupyter looks")

// findSpec finds the kernel where Jupyter would: in the environment of this checkout or the active one, then in the
// folders of the user and of the system.
func findSpec() (*spec, error) {
	for _, dir := range dataDirs() {
		path := filepath.Join(dir, "kernels", "gonb", "kernel.json")
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNotDir) {
			continue
		}
		s := &spec{path: path}
		if err == nil {
			err = json.Unmarshal(text, s)
		}
		if err == nil && len(s.Argv) == 0 {
			err = errors.New("it names no program")
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		for _, a := range s.Argv {
			if root, found := strings.CutPrefix(strings.TrimLeft(a, "-"), "go_work="); found {
				s.root = root
			}
		}
		return s, nil
	}
	return nil, errNoSpec
}

// dataDirs returns where Jupyter keeps kernels, those of environments first.
func dataDirs() []string {
	var dirs []string
	add := func(elem ...string) {
		if elem[0] != "" {
			dirs = append(dirs, filepath.Join(elem...))
		}
	}
	add(os.Getenv("VIRTUAL_ENV"), "share", "jupyter")
	if dir, err := os.Getwd(); err == nil {
		for ; filepath.Dir(dir) != dir; dir = filepath.Dir(dir) {
			add(dir, ".venv", "share", "jupyter")
		}
	}
	if path, err := exec.LookPath("jupyter"); err == nil {
		add(filepath.Dir(filepath.Dir(path)), "share", "jupyter")
	}
	for _, dir := range filepath.SplitList(os.Getenv("JUPYTER_PATH")) {
		add(dir)
	}
	add(os.Getenv("JUPYTER_DATA_DIR"))
	if home, err := os.UserHomeDir(); err == nil {
		if runtime.GOOS == "darwin" {
			add(home, "Library", "Jupyter")
		}
		add(home, ".local", "share", "jupyter")
	}
	add("/usr/local/share/jupyter")
	add("/usr/share/jupyter")
	return dirs
}

var variable = regexp.MustCompile(`\$\$|\$\{(\w+)\}`)

// environ returns the environment in which Jupyter starts the kernel.
func (s *spec) environ() []string {
	env := os.Environ()
	for name, value := range s.Env {
		env = append(env, name+"="+variable.ReplaceAllStringFunc(value, func(v string) string {
			if v == "$$" {
				return "$"
			}
			return os.Getenv(v[2 : len(v)-1])
		}))
	}
	return env
}

// look finds a program in the PATH that the kernel has.
func (s *spec) look(name string) (string, error) {
	env := s.environ()
	for i := len(env) - 1; i >= 0; i-- {
		path, found := strings.CutPrefix(env[i], "PATH=")
		if !found {
			continue
		}
		for _, dir := range filepath.SplitList(path) {
			if file := filepath.Join(dir, name); executable(file) == nil {
				return file, nil
			}
		}
		break
	}
	return "", fmt.Errorf("%s is not in the kernel's PATH", name)
}

// executable says why a file cannot be run.
func executable(path string) error {
	st, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case st.IsDir() || st.Mode()&0o111 == 0:
		return fmt.Errorf("%s cannot be run", path)
	}
	return nil
}

// kernel looks at what Jupyter starts for a notebook in Go.
func kernel(ctx context.Context, _ Options) []Finding {
	const fix = "run make setup in the checkout"
	s, err := findSpec()
	if errors.Is(err, errNoSpec) {
		return []Finding{broken("kernel", fix+", which installs it into .venv there; or leave notebooks out: --without-notebooks", "%v", err)}
	}
	if err != nil {
		return []Finding{broken("kernel", fix+", after removing that file", "%v", err)}
	}
	var found []Finding
	wrong := func(format string, args ...any) { found = append(found, broken("kernel", fix, format, args...)) }
	gonb := s.Argv[0]
	version := ""
	if err := executable(gonb); err != nil {
		wrong("the program of %s is not there: %v", s.path, err)
	} else {
		cmd := exec.CommandContext(ctx, gonb, "--version")
		out, err := cmd.CombinedOutput()
		if version = strings.TrimPrefix(firstLine(out), "GoNB version: "); err != nil {
			wrong("%s does not run: %v: %s", gonb, err, version)
		}
	}
	if _, err := s.look("goimports"); err != nil {
		wrong("goimports, which the kernel calls for every cell, is missing: %v", err)
	}
	if s.root != "" {
		mod, err := os.ReadFile(filepath.Join(s.root, "go.mod"))
		if err != nil {
			wrong("the checkout that cells import has gone: %v", err)
		} else if !strings.Contains(string(mod), "module github.com/sparsebio/sparsebio\n") {
			wrong("%s is not a checkout of this library", s.root)
		}
	}
	for proxy := range strings.FieldsFuncSeq(s.Env["GOPROXY"], func(r rune) bool { return r == ',' || r == '|' }) {
		if u, err := url.Parse(proxy); err == nil && u.Scheme == "file" {
			if _, err := os.Stat(filepath.FromSlash(u.Path)); err != nil {
				found = append(found, warn("kernel", fix, "the module cache that cells ask first has gone, so they need the network: %v", err))
			}
		}
	}
	if len(found) > 0 {
		return found
	}
	return []Finding{ok("kernel", "GoNB %s, %s", version, s.path)}
}
