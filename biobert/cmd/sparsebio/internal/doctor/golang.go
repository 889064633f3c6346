package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/version"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// oldest is the Go that the module needs.
const oldest = "go1.26"

// goEnv is what the go command says of its settings.
type goEnv struct {
	GOVERSION, GOFLAGS, GOCACHE, GOMODCACHE, GOWORK, GO111MODULE, CGO_ENABLED string
}

// askGo asks the go command in PATH for its settings. It is asked outside of any module, in a folder that is always there, and with the toolchain at hand, so that an
// old Go answers instead of fetching a new one.
func askGo(ctx context.Context) (e goEnv, path string, err error) {
	if path, err = exec.LookPath("go"); err != nil {
		return e, "", err
	}
	cmd := exec.CommandContext(ctx, path, "env", "-json", "GOVERSION", "GOFLAGS", "GOCACHE", "GOMODCACHE", "GOWORK", "GO111MODULE", "CGO_ENABLED")
	cmd.Dir = string(filepath.Separator)
	cmd.Env = append(os.Environ(), "GOTOOLCHAIN=local", "PWD="+cmd.Dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		if line := firstLine(stderr.Bytes()); line != "" {
			err = fmt.Errorf("%s", line)
		}
		return e, path, err
	}
	return e, path, json.Unmarshal(out, &e)
}

// goCommand looks at the compiler that turns cells into programs, and at its caches.
func goCommand(ctx context.Context, _ Options) []Finding {
	e, path, err := askGo(ctx)
	switch {
	case path == "":
		return []Finding{broken("go", "install Go 1.26 or newer (https://go.dev/dl) and put its folder bin into PATH", "there is no go command in PATH: cells cannot be compiled")}
	case err != nil:
		return []Finding{broken("go", "mend what the message names; go env shows the settings, go env -u NAME forgets one", "%s does not work: %v", path, err)}
	case strings.HasPrefix(e.GOVERSION, "go1.") && version.Compare(e.GOVERSION, oldest) < 0:
		return []Finding{broken("go", "install Go 1.26 or newer (https://go.dev/dl), before the old one in PATH", "%s is %s, and %s is needed", path, e.GOVERSION, oldest)}
	}
	found := []Finding{ok("go", "%s, %s", e.GOVERSION, path)}
	for _, c := range []struct{ name, dir string }{{"GOCACHE", e.GOCACHE}, {"GOMODCACHE", e.GOMODCACHE}} {
		if f := folder("go", c.dir, "set "+c.name+" to a folder that you may write"); f.Status == Broken {
			found = append(found, f)
		}
	}
	return found
}

// flags looks at settings of Go that break cells, each of which is a module of its own in a workspace with ours.
func flags(ctx context.Context, _ Options) []Finding {
	e, _, err := askGo(ctx)
	if err != nil {
		return nil // goCommand has said so
	}
	set := func(name, value string) string { // what counts in a cell
		if s, err := findSpec(); err == nil && s.Env[name] != "" {
			return s.Env[name]
		}
		return value
	}
	e.GOFLAGS, e.CGO_ENABLED = set("GOFLAGS", e.GOFLAGS), set("CGO_ENABLED", e.CGO_ENABLED)
	var found []Finding
	wrong := func(name, value, why string) {
		found = append(found, broken("go flags", "unset "+name+" in the environment that starts Jupyter, and with go env -u "+name, "%s=%q in cells: %s", name, value, why))
	}
	for flag := range strings.FieldsSeq(e.GOFLAGS) {
		if !strings.HasPrefix(flag, "-") {
			wrong("GOFLAGS", e.GOFLAGS, fmt.Sprintf("%q is no flag", flag))
			continue
		}
		switch flag = "-" + strings.TrimLeft(flag, "-"); {
		case flag == "-mod=vendor":
			wrong("GOFLAGS", e.GOFLAGS, "a cell has no vendor folder")
		case (flag == "-race" || flag == "-msan" || flag == "-asan") && e.CGO_ENABLED == "0":
			wrong("GOFLAGS", e.GOFLAGS, flag+" needs cgo, which cells do without")
		}
	}
	if e.GOWORK == "off" || os.Getenv("GOWORK") == "off" {
		wrong("GOWORK", "off", "they find the library through a workspace")
	} else if e.GOWORK != "" && os.Getenv("GOWORK") != "" {
		wrong("GOWORK", e.GOWORK, "the kernel makes a workspace of its own")
	}
	if e.GO111MODULE == "off" {
		wrong("GO111MODULE", "off", "they are modules")
	}
	if len(found) == 0 {
		return []Finding{ok("go flags", "GOFLAGS=%q in cells", e.GOFLAGS)}
	}
	return found
}

// cell compiles and runs a small program as the kernel does: in a temporary folder, in a workspace with the checkout.
func cell(ctx context.Context, _ Options) []Finding {
	s, err := findSpec()
	if err != nil || s.root == "" {
		return nil // kernel has said so
	}
	if _, _, err := askGo(ctx); err != nil {
		return nil // goCommand has said so
	}
	dir, err := os.MkdirTemp("", "sparsebio-doctor-*")
	if err != nil {
		return []Finding{broken("cell", "set TMPDIR to a folder that you may write", "there is no temporary folder to compile in: %v", err)}
	}
	defer os.RemoveAll(dir)
	const program = `package main

import "github.com/sparsebio/sparsebio/datasets/annot"

func main() { print(annot.Span{End: 42}.End) }
`
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(program), 0o600); err != nil {
		return []Finding{broken("cell", "make room in the temporary folder, or set TMPDIR to another", "%v", err)}
	}
	began := time.Now()
	binary := filepath.Join(dir, "cell")
	for _, args := range [][]string{
		{"go", "mod", "init", "cell"}, {"go", "work", "init"}, {"go", "work", "use", ".", s.root}, {"go", "build", "-o", binary, "."}, {binary},
	} {
		name := args[0]
		if name == "go" {
			if name, err = s.look("go"); err != nil {
				return []Finding{broken("cell", "run make setup in the checkout", "the kernel finds no go command: %v", err)}
			}
		}
		cmd := exec.CommandContext(ctx, name, args[1:]...)
		cmd.Dir, cmd.Env = dir, append(s.environ(), "PWD="+dir)
		out, err := cmd.CombinedOutput()
		if err == nil && name == binary && string(out) != "42" {
			err = fmt.Errorf("it says %q", firstLine(out))
		}
		if err == nil {
			continue
		}
		fix := "run make setup in the checkout; if it stays so, what the message names is the reason"
		if name == binary {
			fix = "programs in " + os.TempDir() + " must be allowed to run: set TMPDIR to a folder that is not mounted noexec"
		}
		says := firstLine(out)
		if says == "" {
			says = err.Error()
		}
		return []Finding{broken("cell", fix, "a small one fails in %q: %s", strings.Join(append([]string{filepath.Base(name)}, args[1:]...), " "), says)}
	}
	return []Finding{ok("cell", "a small one compiles and runs in %.1f s", time.Since(began).Seconds())}
}
