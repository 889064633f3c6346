package viz

import (
	"bytes"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/sparsebio/sparsebio/biobert/report"
)

// A Live shows a view that changes while work goes on, such as bars that grow while a benchmark runs. In a notebook the same output is drawn
// again and again, as a picture, and by Close for good, as Show would. Outside, there is a line on standard error if that is a
// terminal, and Close writes plain text to standard output.
//
//	live := viz.NewLive()
//	bench, err := biobert.CompareSynthetic(ctx, biobert.SyntheticOptions{
//		Shape: "minilm", Sparsity: 0.9,
//		BenchOptions: biobert.BenchOptions{Lengths: lengths, Progress: live.Throughput},
//	})
//	biobert.Check(errors.Join(err, live.Close())) // closed first: a Check that fails ends the cell
//
// If the work ends early, by an error or by the stop button, what was measured until then stays. A Live may be used by several
// goroutines.
type Live struct {
	on display // replaced in tests

	mu     sync.Mutex
	id     string
	drawn  time.Time // when something was shown
	last   View
	line   bool // stands in the terminal
	err    error
	closed bool
}

// A display is where a Live draws.
type display interface {
	notebook() bool
	terminal() bool
	line(text string) // replaces the line in the terminal
	picture(id, html, text string) error
	end(id string, f *fragment, text string) error
}

// NewLive returns a Live that shows nothing yet.
func NewLive() *Live { return &Live{on: screen{}} }

// livePause is how long a picture stays at least: what changes faster cannot be seen, and to draw takes time from what is measured.
const livePause = 300 * time.Millisecond

// Show shows v in place of what was shown before, unless that was a moment ago; Close shows the last one in any case.
// It returns an error of v, and after Close.
func (l *Live) Show(v View) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return fmt.Errorf("viz: a Live that is closed")
	}
	l.last = v
	if !l.drawn.IsZero() && time.Since(l.drawn) < livePause {
		return nil
	}
	if !l.on.notebook() && !l.on.terminal() {
		return nil
	}
	f, err := v.fragment()
	if err != nil {
		return err
	}
	l.drawn = time.Now()
	if !l.on.notebook() {
		l.line = true
		l.on.line("… " + shorten(oneLine(f.title), 76))
		return nil
	}
	if l.id == "" {
		l.id = fmt.Sprintf("sparsebio-live-%d-%d", os.Getpid(), time.Now().UnixNano())
	}
	return l.on.picture(l.id, string(still(f).html()), "… "+oneLine(f.title))
}

// Close shows the last view for good. A second Close does nothing. It returns the first error of Throughput, Latency, Curve and
// Roofline, too.
func (l *Live) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	if l.line {
		l.on.line("")
	}
	if l.last == nil {
		return l.err
	}
	var text bytes.Buffer
	err := l.last.WriteText(&text)
	var f *fragment
	if err == nil {
		f, err = l.last.fragment()
	}
	if err == nil {
		err = l.on.end(l.id, f, text.String())
	}
	if l.err != nil {
		return l.err
	}
	return err
}

// keep remembers the first error of a view that nobody else asks about.
func (l *Live) keep(err error) {
	if err != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.err == nil {
			l.err = err
		}
	}
}

// Throughput shows what a benchmark has measured. It suits the field Progress of biobert.BenchOptions.
func (l *Live) Throughput(b report.Benchmark) { l.keep(l.Show(Throughput(b))) }

// Latency shows what a benchmark of latencies has measured, as Throughput does.
func (l *Live) Latency(b report.Benchmark) { l.keep(l.Show(Latency(b))) }

// Curve shows the points that have been measured. It suits the field Progress of biobert.SweepOptions.
func (l *Live) Curve(c report.Curve) { l.keep(l.Show(Curve(c))) }

// Roofline shows the peaks and products that have been measured. It suits the field Progress of biobert.RooflineOptions.
func (l *Live) Roofline(r report.Roofline) { l.keep(l.Show(Roofline(r))) }

// still returns a chart as a picture, without the script that would bring it to life and without the table.
func still(f *fragment) *fragment {
	s := *f
	if i := bytes.LastIndex(s.body, []byte("<script>")); f.chart && i >= 0 {
		s.body = s.body[:i]
	}
	if i := bytes.LastIndex(s.body, []byte("<details>")); f.speed && i >= 0 {
		s.body = append(bytes.Clone(s.body[:i]), "<p class=\"sb-caption\">Still measuring …</p>\n</div>\n"...)
	}
	s.chart = false
	return &s
}
