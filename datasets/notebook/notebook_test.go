//go:build unix

package notebook

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// TestFail runs a program as the kernel runs a cell, with the kernel's own types at the other end of its pipes.
func TestFail(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "cell")
	build := exec.Command("go", "build", "-o", program, "./testdata/cell")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, text)
	}
	out, back := filepath.Join(dir, "out"), filepath.Join(dir, "back")
	for _, p := range []string{out, back} {
		if err := syscall.Mkfifo(p, 0o600); err != nil {
			t.Skip("no named pipes here:", err)
		}
	}
	// Opened for both directions, so that neither side waits for the other.
	r, err := os.OpenFile(out, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	w, err := os.OpenFile(back, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	shown := make(chan protocol.DisplayData, 10)
	go func() {
		dec, enc := gob.NewDecoder(r), gob.NewEncoder(w)
		for {
			var d protocol.DisplayData
			if dec.Decode(&d) != nil {
				close(shown)
				return
			}
			if v, ok := d.Data[protocol.MIMECommValue].(protocol.CommValue); ok {
				enc.Encode(protocol.CommValue{Address: protocol.GonbuiSyncAckAddress, Value: v.Value})
			}
			shown <- d
		}
	}()

	const message = "datasets: open \"<b>.csv\": no such file (is it beside the notebook?)"
	cmd := exec.Command(program, message)
	cmd.Env = append(os.Environ(), protocol.GONB_PIPE_ENV+"="+out, protocol.GONB_PIPE_BACK_ENV+"="+back)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	began := time.Now()
	err = cmd.Run()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("the cell ended with %v, want exit status 1", err)
	}
	if got := stderr.String(); got != message+"\n" {
		t.Errorf("standard error has %q, want the message alone", got)
	}
	if took := time.Since(began); took >= pipeTimeout {
		t.Errorf("took %v: the kernel's sign was not understood", took)
	}
	r.SetReadDeadline(time.Now())
	d, ok := <-shown
	if !ok {
		t.Fatal("nothing was displayed")
	}
	html := fmt.Sprint(d.Data[protocol.MIMETextHTML])
	for _, want := range []string{`role="alert"`, "open &quot;&lt;b&gt;.csv&quot;: no such file</div>", ">Is it beside the notebook?</div>"} {
		if !strings.Contains(html, want) {
			t.Errorf("the box lacks %q: %s", want, html)
		}
	}
	if got := d.Data[protocol.MIMETextPlain]; got != message {
		t.Errorf("plain text %q, want %q", got, message)
	}
}

// A program that links gonbui, as this test does, is left to it.
func TestOneVoice(t *testing.T) {
	if err := pipe("", ""); err == nil || !strings.Contains(err.Error(), "talks to the kernel already") {
		t.Errorf("got %v, want a refusal", err)
	}
}

func TestCutHint(t *testing.T) {
	for _, tt := range []struct{ text, rest, hint string }{
		{"hub: no model \"x\" (did you mean y?)", "hub: no model \"x\"", "Did you mean y?"},
		{"a: b (call f(x) first)", "a: b", "Call f(x) first"},
		{"a: b (datasets.WithLimit reads fewer)", "a: b", "datasets.WithLimit reads fewer"},
		{"a: b (é è)", "a: b", "é è"},
		{"a: len(x)", "a: len(x)", ""},
		{"a: too large (12)", "a: too large (12)", ""},
		{"(only this one)", "(only this one)", ""},
		{"a) b)", "a) b)", ""},
		{"plain", "plain", ""},
		{"", "", ""},
	} {
		if rest, hint := cutHint(tt.text); rest != tt.rest || hint != tt.hint {
			t.Errorf("cutHint(%q) = %q, %q; want %q, %q", tt.text, rest, hint, tt.rest, tt.hint)
		}
	}
}

func TestMessage(t *testing.T) {
	if got := Message(fmt.Errorf("biobert: text 3: %w", context.Canceled)); !strings.HasPrefix(got, "stopped") {
		t.Errorf("a cell that was stopped says %q", got)
	}
	if got := Message(errors.New("x: y")); got != "x: y" {
		t.Errorf("Message = %q", got)
	}
}
