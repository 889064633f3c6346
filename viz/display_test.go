//go:build unix

package viz

import (
	"bytes"
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

	"github.com/sparsebio/sparsebio/datasets/notebook"
)

// TestMain runs the program of a notebook cell instead of the tests where a test has
// asked for it.
func TestMain(m *testing.M) {
	if cell := os.Getenv("VIZ_TEST_CELL"); cell != "" {
		for step := range strings.SplitSeq(cell, " ") {
			var err error
			switch step {
			case "init":
				err = Init()
			case "bad":
				err = Throughput(sampleBench(), WithLimit(1)).Show()
			case "fail":
				notebook.Fail(errors.New("data: no such file (is the name right?)"))
			case "live":
				l := NewLive()
				l.Throughput(sampleBench())
				l.drawn = time.Time{}
				l.Throughput(sampleSpeeds())
				err = l.Close()
			case "other":
				err = Throughput(sampleBench(), WithTitle("Another chart")).Show()
			default:
				err = samples()[step].Show()
			}
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(3)
			}
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// runCell runs a cell as the kernel does: a process of its own that writes displays
// into one named pipe and is told through another that they have been read.
func runCell(t *testing.T, kernelDir, cell string) (shown []protocol.DisplayData, output string, err error) {
	t.Helper()
	dir := t.TempDir()
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
	w, err := os.OpenFile(back, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	displays := make(chan []protocol.DisplayData, 1)
	go func() {
		var all []protocol.DisplayData
		defer func() { displays <- all }()
		dec, enc := gob.NewDecoder(r), gob.NewEncoder(w)
		for {
			var d protocol.DisplayData
			if dec.Decode(&d) != nil {
				return
			}
			if v, ok := d.Data[protocol.MIMECommValue].(protocol.CommValue); ok {
				enc.Encode(protocol.CommValue{Address: protocol.GonbuiSyncAckAddress, Value: v.Value})
			} else {
				all = append(all, d)
			}
		}
	}()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "VIZ_TEST_CELL="+cell, protocol.GONB_PIPE_ENV+"="+out, protocol.GONB_PIPE_BACK_ENV+"="+back, protocol.GONB_TMP_DIR_ENV+"="+kernelDir)
	text, err := cmd.CombinedOutput()
	r.SetReadDeadline(time.Now()) // where pipes cannot be polled, closing ends the read
	r.Close()
	w.Close()
	select {
	case shown = <-displays:
	case <-time.After(10 * time.Second):
		t.Fatal("the display pipe does not close")
	}
	return shown, string(text), err
}

// A Live draws into one place, and at its end what Show would.
func TestLiveInNotebook(t *testing.T) {
	shown, output, err := runCell(t, t.TempDir(), "init live")
	if err != nil || len(shown) != 4 || output != "" {
		t.Fatalf("%d displays, %v\n%s", len(shown), err, output)
	}
	var want bytes.Buffer
	if err := Throughput(sampleSpeeds()).Render(&want); err != nil {
		t.Fatal(err)
	}
	for i, d := range shown[1:] {
		html := fmt.Sprint(d.Data[protocol.MIMETextHTML])
		if d.DisplayID == "" || d.DisplayID != shown[1].DisplayID || strings.Contains(html, "<script") != (i == 2) || i == 2 && html != want.String() {
			t.Errorf("display %d in %q is %.300s", i, d.DisplayID, html)
		}
	}
}

func TestShowInNotebook(t *testing.T) {
	kernel := t.TempDir()
	hasScript := func(d protocol.DisplayData) bool {
		return strings.Contains(fmt.Sprint(d.Data[protocol.MIMETextHTML]), `new Event("sparsebio-echarts")`)
	}
	for i, c := range []struct {
		cell    string
		scripts []bool // for each display, whether it brings the script
	}{
		{"entities", []bool{false}},
		{"relations other throughput", []bool{false, true, false}}, // the first chart of the session; graphs need no library
		{"throughput", []bool{false}},
		{"relations other throughput", []bool{false, true, false}}, // the same cell again
		{"init", []bool{true}},
		{"init other", []bool{true, false}},
		{"other", []bool{false}}, // Init holds the script now
	} {
		shown, output, err := runCell(t, kernel, c.cell)
		if err != nil || len(shown) != len(c.scripts) {
			t.Fatalf("cell %d, %q: %d displays, %v, %s", i, c.cell, len(shown), err, output)
		}
		for j, d := range shown {
			if hasScript(d) != c.scripts[j] {
				t.Errorf("cell %d, %q, display %d: script is %t, want %t", i, c.cell, j, hasScript(d), c.scripts[j])
			}
			if fmt.Sprint(d.Data[protocol.MIMETextPlain]) == "" {
				t.Errorf("cell %d, %q, display %d: no plain text", i, c.cell, j)
			}
		}
	}
	// A new kernel begins anew.
	if shown, _, err := runCell(t, t.TempDir(), "throughput"); err != nil || len(shown) != 1 || !hasScript(shown[0]) {
		t.Errorf("a new session: %d displays, %v", len(shown), err)
	}
	shown, output, err := runCell(t, kernel, "bad")
	if code := (*exec.ExitError)(nil); !errors.As(err, &code) || code.ExitCode() != 3 || len(shown) != 1 || !strings.Contains(output, "WithLimit") {
		t.Errorf("a wrong option: %d displays, %v, %s", len(shown), err, output)
	} else if box := fmt.Sprint(shown[0].Data[protocol.MIMETextHTML]); !strings.Contains(box, "sb-error") || !strings.Contains(box, "WithLimit") {
		t.Errorf("a wrong option shows %q", box)
	}
	// What fails after a picture speaks to the kernel with the same voice.
	shown, output, err = runCell(t, kernel, "throughput fail")
	if code := (*exec.ExitError)(nil); !errors.As(err, &code) || code.ExitCode() != 1 || len(shown) != 2 || output != "data: no such file (is the name right?)\n" {
		t.Errorf("a failure after a picture: %d displays, %v, %q", len(shown), err, output)
	} else if box := fmt.Sprint(shown[1].Data[protocol.MIMETextHTML]); !strings.Contains(box, ">Is the name right?<") {
		t.Errorf("a failure after a picture shows %q", box)
	}
}

func TestShowOutsideNotebook(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "VIZ_TEST_CELL=init throughput")
	got, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	if err := Throughput(sampleBench()).WriteText(&want); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Errorf("printed %q, want %q", got, want.Bytes())
	}
}

func TestShowWithoutKernel(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	gone := filepath.Join(t.TempDir(), "gone")
	cmd.Env = append(os.Environ(), "VIZ_TEST_CELL=throughput", protocol.GONB_PIPE_ENV+"="+gone, protocol.GONB_PIPE_BACK_ENV+"="+gone)
	got, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(got), "viz: reach the notebook") {
		t.Errorf("error %v, output %s", err, got)
	}
}
