package notebooks

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestSetupRefuses runs the set-up with a tool missing or too old: it must say so in one sentence,
// and leave nothing behind.
func TestSetupRefuses(t *testing.T) {
	const (
		newGo = "echo go version go1.26.0 linux/amd64"
		// python answers the set-up's three questions: the version, whether that is enough, whether venv is there.
		python = `case "$2" in *platform*) echo %v ;; *version_info*) exit %o ;; *ensurepip*) exit %e ;; esac`
	)
	fakePython := func(version, old, noVenv string) string {
		return strings.NewReplacer("%v", version, "%o", old, "%e", noVenv).Replace(python)
	}
	tests := []struct {
		name, golang, python string // what the commands do; empty means that there is none
		want                 string
	}{
		{"no go", "", fakePython("3.12.1", "0", "0"), "no go command in PATH"},
		{"old go", "echo go version go1.25.7 linux/amd64", fakePython("3.12.1", "0", "0"), "Go 1.26 or newer is needed, and this is go1.25.7"},
		{"odd go", "echo gccgo version 12", fakePython("3.12.1", "0", "0"), "Go 1.26 or newer is needed"},
		{"no python", newGo, "", "no python3 command in PATH"},
		{"old python", newGo, fakePython("3.9.2", "1", "0"), "Python 3.10 or newer is needed, and python3 is 3.9.2"},
		{"broken python", newGo, "exit 127", "python3 does not run"},
		{"no venv", newGo, fakePython("3.11.2", "0", "1"), "apt-get install python3-venv"},
	}
	script, err := filepath.Abs("tools/setup.sh")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bin := t.TempDir()
			for _, name := range []string{"sh", "dirname", "date", "mktemp", "rm", "cut", "sed", "cat"} {
				real, err := exec.LookPath(name)
				if err != nil {
					t.Skipf("this machine has no %s", name)
				}
				if err := os.Symlink(real, filepath.Join(bin, name)); err != nil {
					t.Fatal(err)
				}
			}
			for name, body := range map[string]string{"go": tt.golang, "python3": tt.python} {
				if body == "" {
					continue
				}
				if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			venv := filepath.Join(t.TempDir(), "venv")
			cmd := exec.Command(script, venv)
			cmd.Env = []string{"PATH=" + bin}
			out, err := cmd.CombinedOutput()
			if err == nil {
				t.Fatalf("the set-up went on:\n%s", out)
			}
			if text := strings.TrimSpace(string(out)); !strings.Contains(text, tt.want) || strings.Contains(text, "\n") {
				t.Errorf("set-up said:\n%s\nwant one line with %q", text, tt.want)
			}
			if _, err := os.Stat(venv); !os.IsNotExist(err) {
				t.Error("the set-up left its folder behind")
			}
		})
	}
}
