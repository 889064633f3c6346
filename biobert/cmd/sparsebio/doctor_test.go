package main

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestDoctor(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	out := mustRun(t, "doctor", "--offline", "--without-notebooks")
	for _, want := range []string{"ok       models", "jnlpba-dense", "ok       hub cache", "kernels for"} {
		if !strings.Contains(out, want) {
			t.Errorf("doctor says nothing of %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "kernel     ") {
		t.Errorf("the kernel was looked at, though notebooks were left out:\n%s", out)
	}

	t.Setenv("HF_HUB_CACHE", "/dev/null/x")
	out, err := run(t, "doctor", "--offline", "--without-notebooks", "--json")
	if err == nil || !strings.Contains(err.Error(), "1 thing is broken") {
		t.Errorf("error %v, want one that counts", err)
	}
	var got struct {
		OK       bool
		Findings []struct{ Check, Status, Says, Fix string }
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if got.OK || len(got.Findings) < 5 {
		t.Errorf("ok %t, %d findings", got.OK, len(got.Findings))
	}
	for _, f := range got.Findings {
		if (f.Check == "hub cache") != (f.Status == "broken") {
			t.Errorf("%s is %s: %s", f.Check, f.Status, f.Says)
		}
	}
}
