//go:build unix

package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestMain looks at the machine instead of testing where a test has asked for it: some settings are
// read when a process starts.
func TestMain(m *testing.M) {
	if os.Getenv("DOCTOR_TEST_CHILD") == "" {
		os.Exit(m.Run())
	}
	chosen := checks
	if name := os.Getenv("DOCTOR_TEST_CHECK"); name != "" {
		chosen = slices.DeleteFunc(slices.Clone(checks), func(c check) bool { return c.name != name })
	}
	var found []Finding
	for f := range run(context.Background(), Options{Network: true, Notebooks: true}, chosen) {
		found = append(found, f)
	}
	if err := json.NewEncoder(os.Stdout).Encode(found); err != nil {
		panic(err)
	}
}

// A machine is an environment to look at, sound unless a test breaks it.
type machine struct {
	env  map[string]string
	dir  string // of this machine
	spec map[string]any
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	goPath, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go command")
	}
	root, err := filepath.Abs("../../../../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	bin := filepath.Join(dir, "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	m := &machine{dir: dir, env: map[string]string{
		"DOCTOR_TEST_CHILD": "1", "HOME": os.Getenv("HOME"), "PATH": filepath.Dir(goPath) + ":/bin:/usr/bin",
		"VIRTUAL_ENV": dir, "XDG_CACHE_HOME": filepath.Join(dir, "cache"), "HF_HUB_OFFLINE": "1",
	}}
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS"} { // as they are for this test
		out, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		m.env[name] = strings.TrimSpace(string(out))
	}
	m.script(t, "bin/gonb", "echo GoNB version: v0.0.1")
	m.script(t, "bin/goimports", "true")
	m.spec = map[string]any{
		"argv": []string{filepath.Join(bin, "gonb"), "-kernel", "{connection_file}", "-go_work=" + root},
		"env":  map[string]string{"PATH": bin + ":" + filepath.Dir(goPath) + ":${PATH}", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0", "GOSUMDB": "off"},
	}
	m.writeSpec(t)
	return m
}

func (m *machine) writeSpec(t *testing.T) {
	t.Helper()
	text, err := json.Marshal(m.spec)
	if err != nil {
		t.Fatal(err)
	}
	m.file(t, "share/jupyter/kernels/gonb/kernel.json", string(text), 0o644)
}

func (m *machine) file(t *testing.T, name, text string, mode os.FileMode) {
	t.Helper()
	path := filepath.Join(m.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func (m *machine) script(t *testing.T, name, body string) {
	t.Helper()
	m.file(t, name, "#!/bin/sh\n"+body+"\n", 0o755)
}

// look runs the checks in the machine's environment.
func (m *machine) look(t *testing.T) []Finding {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Dir = m.dir
	for name, value := range m.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	var found []Finding
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return found
}

// TestSound looks at a machine with nothing wrong, but that this test embeds no models.
func TestSound(t *testing.T) {
	t.Parallel()
	found := newMachine(t).look(t)
	var checks []string
	for _, f := range found {
		checks = append(checks, f.Check)
		switch f.Status {
		case Broken:
			if f.Check != "models" {
				t.Errorf("%s is broken: %s", f.Check, f.Says)
			}
		case Warn:
			t.Logf("%s: %s", f.Check, f.Says) // a small machine may have little memory or room
		}
		if (f.Status == OK) != (f.Fix == "") {
			t.Errorf("%s is %s and says what to fix: %q", f.Check, f.Status, f.Fix)
		}
	}
	want := []string{"cpu", "memory", "models", "cache", "hub cache", "go", "go flags", "kernel", "cell", "loopback", "hub"}
	if !slices.Equal(checks, want) {
		t.Errorf("looked at %q, want %q", checks, want)
	}
}

// TestBroken breaks one thing at a time and wants it named, with what to do about it.
func TestBroken(t *testing.T) {
	env := func(name, value string) func(*testing.T, *machine) {
		return func(_ *testing.T, m *machine) { m.env[name] = value }
	}
	for _, tt := range []struct {
		name   string
		spoil  func(*testing.T, *machine)
		check  string
		status Status
		says   string // in what the finding says
		fix    string // in what it says to do
	}{
		{"no go", env("PATH", "/nonexistent"), "go", Broken, "no go command in PATH", "install Go 1.26"},
		{"old go", func(t *testing.T, m *machine) {
			m.script(t, "old/go", `echo '{"GOVERSION":"go1.22.3"}'`)
			m.env["PATH"] = filepath.Join(m.dir, "old") + ":" + m.env["PATH"]
		}, "go", Broken, "is go1.22.3, and go1.26 is needed", "newer"},
		{"senseless flags", env("GOFLAGS", "nonsense"), "go flags", Broken, `"nonsense" is no flag`, "unset GOFLAGS"},
		{"go that fails", func(t *testing.T, m *machine) {
			m.script(t, "old/go", "echo go: no room >&2; exit 1")
			m.env["PATH"] = filepath.Join(m.dir, "old") + ":" + m.env["PATH"]
		}, "go", Broken, "does not work: go: no room", "go env -u"},
		{"no place for the build cache", env("GOCACHE", "/dev/null/x"), "go", Broken, "/dev/null/x cannot be written", "set GOCACHE"},
		{"vendoring", env("GOFLAGS", "-mod=vendor"), "go flags", Broken, "no vendor folder", "unset GOFLAGS"},
		{"race detector", env("GOFLAGS", "-race"), "go flags", Broken, "needs cgo", "unset GOFLAGS"},
		{"workspaces off", env("GOWORK", "off"), "go flags", Broken, "GOWORK", "unset GOWORK"},
		{"modules off", env("GO111MODULE", "off"), "go flags", Broken, "GO111MODULE", "unset GO111MODULE"},
		{"no kernel", func(t *testing.T, m *machine) {
			m.env["VIRTUAL_ENV"], m.env["HOME"] = "", t.TempDir()
		}, "kernel", Broken, "no kernel called gonb", "make setup"},
		{"kernel that is not JSON", func(t *testing.T, m *machine) {
			m.file(t, "share/jupyter/kernels/gonb/kernel.json", "{", 0o644)
		}, "kernel", Broken, "kernel.json: unexpected end", "make setup"},
		{"kernel without a program", func(t *testing.T, m *machine) {
			m.spec["argv"] = []string{}
			m.writeSpec(t)
		}, "kernel", Broken, "names no program", "make setup"},
		{"gonb gone", func(t *testing.T, m *machine) { os.Remove(filepath.Join(m.dir, "bin/gonb")) }, "kernel", Broken, "bin/gonb: no such file", "make setup"},
		{"gonb fails", func(t *testing.T, m *machine) { m.script(t, "bin/gonb", "echo no libc; exit 127") }, "kernel", Broken, "does not run: exit status 127: no libc", "make setup"},
		{"goimports gone", func(t *testing.T, m *machine) { os.Remove(filepath.Join(m.dir, "bin/goimports")) }, "kernel", Broken, "goimports", "make setup"},
		{"checkout gone", func(t *testing.T, m *machine) {
			m.spec["argv"] = []string{filepath.Join(m.dir, "bin/gonb"), "--go_work=/nonexistent"}
			m.writeSpec(t)
		}, "kernel", Broken, "the checkout that cells import has gone", "make setup"},
		{"another checkout", func(t *testing.T, m *machine) {
			m.file(t, "go.mod", "module example.org/x\n", 0o644)
			m.spec["argv"] = []string{filepath.Join(m.dir, "bin/gonb"), "-go_work=" + m.dir}
			m.writeSpec(t)
		}, "kernel", Broken, "not a checkout of this library", "make setup"},
		{"module cache gone", func(t *testing.T, m *machine) {
			m.spec["env"].(map[string]string)["GOPROXY"] = "file:///nonexistent/cache/download,off"
			m.writeSpec(t)
		}, "kernel", Warn, "module cache", "make setup"},
		{"no temporary folder", env("TMPDIR", "/nonexistent"), "cell", Broken, "no temporary folder", "TMPDIR"},
		{"no home", func(t *testing.T, m *machine) {
			delete(m.env, "HOME")
			delete(m.env, "XDG_CACHE_HOME")
		}, "cache", Broken, "no place for one", "XDG_CACHE_HOME"},
		{"cache below a file", env("XDG_CACHE_HOME", "/dev/null/x"), "cache", Broken, "/dev/null/x/sparsebio cannot be written", "XDG_CACHE_HOME"},
		{"hub cache below a file", env("HF_HUB_CACHE", "/dev/null/x"), "hub cache", Broken, "/dev/null/x cannot be written", "HF_HOME"},
		{"senseless timeout", env("HF_HUB_ETAG_TIMEOUT", "soon"), "hub", Broken, "HF_HUB_ETAG_TIMEOUT", "environment variable"},
		{"offline", env("HF_HUB_OFFLINE", "1"), "hub", OK, "offline on purpose", ""},
		{"no address of the hub", func(t *testing.T, m *machine) {
			m.env["HF_HUB_OFFLINE"], m.env["HF_ENDPOINT"] = "", "huggingface.co"
		}, "hub", Broken, "HF_ENDPOINT", "environment variable"},
		{"no address of the proxy", func(t *testing.T, m *machine) {
			m.env["HF_HUB_OFFLINE"], m.env["HTTPS_PROXY"] = "", "http://user:secret@[::"
		}, "hub", Broken, "HTTPS_PROXY is not the address of a proxy", "http://host:port"},
		{"proxy that does not answer", func(t *testing.T, m *machine) {
			m.env["HF_HUB_OFFLINE"], m.env["HTTPS_PROXY"] = "", "http://user:secret@127.0.0.1:1"
		}, "hub", Warn, "through the proxy 127.0.0.1:1", "HTTPS_PROXY"},
		{"hub that answers", func(t *testing.T, m *machine) {
			s := httptest.NewServer(http.NotFoundHandler())
			t.Cleanup(s.Close)
			m.env["HF_HUB_OFFLINE"], m.env["HF_ENDPOINT"] = "", s.URL
		}, "hub", Warn, `answers "404 Not Found"`, "HF_ENDPOINT"},
		{"hub", func(t *testing.T, m *machine) {
			s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			t.Cleanup(s.Close)
			m.env["HF_HUB_OFFLINE"], m.env["HF_ENDPOINT"], m.env["HF_TOKEN"] = "", s.URL, "secret"
		}, "hub", OK, "HF_TOKEN is set", ""},
		{"unknown kernels", env("KERNELS_ISA", "sse9"), "cpu", Broken, "sse9", "KERNELS_ISA"},
		{"plain kernels", env("KERNELS_ISA", "ref"), "cpu", Warn, "because KERNELS_ISA=ref", "unset KERNELS_ISA"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			m.env["DOCTOR_TEST_CHECK"] = strings.TrimPrefix(tt.check, "hub ")
			tt.spoil(t, m)
			found := m.look(t)
			all := fmt.Sprint(found)
			if strings.Contains(all, "secret") {
				t.Errorf("a secret is shown: %s", all)
			}
			if !slices.ContainsFunc(found, func(f Finding) bool {
				return f.Check == tt.check && f.Status == tt.status && strings.Contains(f.Says, tt.says) && strings.Contains(f.Fix, tt.fix)
			}) {
				t.Errorf("no finding of %s is %s and says %q, and to fix it %q:", tt.check, tt.status, tt.says, tt.fix)
				for _, f := range found {
					t.Logf("%+v", f)
				}
			}
		})
	}
}

func TestWrite(t *testing.T) {
	var b strings.Builder
	for _, f := range []Finding{ok("go", "%s", "go1.26"), broken("kernel", "make setup", "none")} {
		if err := f.Write(&b); err != nil {
			t.Fatal(err)
		}
	}
	const want = "ok       go         go1.26\n" +
		"broken   kernel     none\n" +
		"                    -> make setup\n"
	if b.String() != want {
		t.Errorf("wrote\n%s\nwant\n%s", b.String(), want)
	}
}
