package datasets

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"

	"github.com/sparsebio/sparsebio/datasets/notebook"
)

// What ends a cell with an error speaks through the same library, whichever package does.
func init() { notebook.SetDisplay(display) }

// Show displays the first rows as a table with pages in a GoNB notebook, and waits until the notebook has it; see [Dataset.WriteHTML].
// Elsewhere it prints them to standard output.
func (d *Dataset) Show() error { return show(d) }

// Show displays the description as a table in a GoNB notebook. Elsewhere it prints it to standard output.
func (d *Description) Show() error { return show(d) }

// show displays v. In a notebook an error is also printed, for the last line of a cell is seldom more than d.Show().
func show(v interface {
	fmt.Stringer
	WriteHTML(io.Writer) error
}) (err error) {
	if !gonbui.IsNotebook {
		if _, err := os.Stdout.WriteString(v.String()); err != nil {
			return fmt.Errorf("datasets: %w", err)
		}
		return nil
	}
	var html bytes.Buffer
	if err = v.WriteHTML(&html); err == nil {
		err = display(html.String(), v.String())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return err
}

// displayTimeout bounds the wait for the kernel; gonbui's own wait has no end.
const displayTimeout = 30 * time.Second

// display sends one output and waits until the kernel has read it: a process that ends before that loses what it wrote last.
func display(html, text string) error {
	fail := func(err error) error { return fmt.Errorf("datasets: showing a table in the notebook: %w", err) }
	if err := gonbui.Open(); err != nil {
		return fail(err)
	}
	gonbui.SendData(&protocol.DisplayData{Data: map[protocol.MIMEType]any{
		protocol.MIMETextHTML:  html,
		protocol.MIMETextPlain: text,
	}})
	if err := gonbui.Error(); err != nil {
		return fail(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		gonbui.Sync()
	}()
	select {
	case <-done:
	case <-time.After(displayTimeout):
		return fail(errors.New("no answer (the output may be lost; run the cell again)"))
	}
	if err := gonbui.Error(); err != nil {
		return fail(err)
	}
	return nil
}
