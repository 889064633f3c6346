package viz

import (
	"bytes"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"

	"github.com/sparsebio/sparsebio/datasets/notebook"
)

// A cell that fails shows its error through the same pipe as the pictures.
func init() { notebook.SetDisplay(send) }

// Init puts the chart script into the notebook, as the output of the cell that calls
// it, and wakes charts that are already on the page. Calling it again is harmless.
//
// Without it, Show puts the script into the output of the first chart of a kernel
// session. That is enough for a notebook that is run from top to bottom. If that first
// cell is edited and run again its output loses the script, which the open page still
// has but the saved notebook has not; a notebook meant to be worked with calls Init in
// its first cell. Outside a notebook Init does nothing.
func Init() error {
	if !gonbui.IsNotebook {
		return nil
	}
	if err := send("<div class=\"sb-init\"></div>"+libraryScript(), "charts are ready"); err != nil {
		return err
	}
	return setMarker(markerInit)
}

// show displays v in the notebook or writes its plain text to standard output. In a notebook an
// error is also displayed, for the last line of a cell is seldom more than x.Show().
func show(v View) (err error) {
	defer func() {
		if err != nil && gonbui.IsNotebook && send(notebook.Box(err.Error()), err.Error()) != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}()
	var text bytes.Buffer
	if err := v.WriteText(&text); err != nil {
		return err
	}
	if !gonbui.IsNotebook {
		_, err := os.Stdout.Write(text.Bytes())
		return err
	}
	f, err := v.fragment()
	if err != nil {
		return err
	}
	return place(f, text.String(), send)
}

// place displays f through send, with the library where the page needs it.
func place(f *fragment, text string, send func(html, text string) error) error {
	html := f.html()
	if !f.chart {
		return send(string(html), text)
	}
	// The output that brought the script brings it again when its cell is run again.
	h := fnv.New64a()
	h.Write(html)
	self := fmt.Sprintf("%016x", h.Sum64())
	marker := readMarker()
	if marker != "" && marker != self {
		return send(string(html), text)
	}
	if err := send(libraryScript()+string(html), text); err != nil {
		return err
	}
	return setMarker(self)
}

// redraw displays HTML in place of what has been displayed under this id, if anything has, and does not wait for the kernel.
func redraw(id, html, text string) error {
	if err := gonbui.Open(); err != nil {
		return fmt.Errorf("viz: reach the notebook: %w", err)
	}
	gonbui.SendData(&protocol.DisplayData{DisplayID: id, Data: map[protocol.MIMEType]any{
		protocol.MIMETextHTML:  html,
		protocol.MIMETextPlain: text,
	}})
	if err := gonbui.Error(); err != nil {
		return fmt.Errorf("viz: write to the notebook: %w", err)
	}
	return nil
}

const markerInit = "init"

// markerPath is a file that lives as long as the kernel; it says which output of the
// session holds the script. It is "" where the kernel names no such folder, and then
// every chart brings the script.
func markerPath() string {
	dir := os.Getenv(protocol.GONB_TMP_DIR_ENV)
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, ".sparsebio-viz")
}

func readMarker() string {
	path := markerPath()
	if path == "" {
		return ""
	}
	text, _ := os.ReadFile(path) // one that cannot be read counts as missing
	return string(text)
}

func setMarker(s string) error {
	path := markerPath()
	if path == "" {
		return nil
	}
	if err := os.WriteFile(path, []byte(s), 0o600); err != nil {
		return fmt.Errorf("viz: remember where the chart script is: %w", err)
	}
	return nil
}

// syncTimeout bounds the wait for the kernel; gonbui's own wait has no end.
const syncTimeout = 30 * time.Second

// send displays one output and waits until the kernel has read it: a process that
// ends before that loses what it wrote last.
func send(html, text string) error {
	if err := redraw("", html, text); err != nil {
		return err
	}
	return arrived()
}

// arrived waits until the kernel has read what was sent.
func arrived() error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		gonbui.Sync()
	}()
	select {
	case <-done:
	case <-time.After(syncTimeout):
		return errors.New("viz: the notebook does not answer (the output may be lost; run the cell again)")
	}
	if err := gonbui.Error(); err != nil {
		return fmt.Errorf("viz: write to the notebook: %w", err)
	}
	return nil
}

// screen is the notebook, or else the terminal.
type screen struct{}

func (screen) notebook() bool { return gonbui.IsNotebook }

func (screen) terminal() bool {
	st, err := os.Stderr.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}

func (screen) line(text string) { fmt.Fprintf(os.Stderr, "\r\x1b[K%s", text) }

func (screen) picture(id, html, text string) error { return redraw(id, html, text) }

func (s screen) end(id string, f *fragment, text string) error {
	if !s.notebook() {
		_, err := os.Stdout.WriteString(text)
		return err
	}
	return place(f, text, func(html, text string) error {
		if err := redraw(id, html, text); err != nil {
			return err
		}
		return arrived()
	})
}
