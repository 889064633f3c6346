package datasets

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/sparsebio/sparsebio/datasets/internal/bar"
)

// Progress says how far reading, mapping or writing is.
type Progress struct {
	What    string        // "reading train.jsonl", "mapping words", "filtering", "writing out.csv"
	Rows    int           // rows done
	Total   int           // rows in all, 0 if that is not known
	Elapsed time.Duration // since the beginning
	Done    bool          // this is the last report
	Err     error         // why it ended early, with Done; nil if the caller wanted no more
}

// String returns a line such as "1200 of 5000 rows, 2400 rows/s".
func (p Progress) String() string {
	var b strings.Builder
	fmt.Fprint(&b, p.Rows)
	if p.Total > 0 {
		fmt.Fprintf(&b, " of %d", p.Total)
	}
	b.WriteString(" rows")
	if s := p.Elapsed.Seconds(); s > 0 {
		fmt.Fprintf(&b, ", %.0f rows/s", float64(p.Rows)/s)
	}
	return b.String()
}

// BarsVariable is the environment variable that switches off the bars which Load, Map, Filter and the writers draw: 1, on, yes or
// true, as for Python's datasets. Those of downloads have HF_HUB_DISABLE_PROGRESS_BARS.
const BarsVariable = "HF_DATASETS_DISABLE_PROGRESS_BARS"

// WithProgress has f called about ten times a second while Load, Map, Filter or a pass over a stream go through
// rows, and at the end, however it comes. Calls do not overlap, but for a stream that several goroutines read.
//
// Without this option Load, Map, Filter, WriteFile and SaveToDisk draw a bar as that of [Bar] does, once they have taken a second; a
// pass over a stream, in which a loop may print lines of its own, does not. WithProgress(nil) draws none.
func WithProgress(f func(Progress)) Option {
	return func(o *options) error { o.progress, o.watched = f, true; return nil }
}

// Bar returns a function for [WithProgress] that draws a bar in one line, with the rows a second and the time that is left: in a
// terminal on standard error, in a GoNB notebook on standard output. It returns nil, which draws nothing, where
// nobody is watching, and if [BarsVariable] says so. While another bar is drawn, that of a download too, this one is not.
func Bar() func(Progress) {
	if line := bar.OnScreen(BarsVariable); line != nil {
		return barOf(line)
	}
	return nil
}

// BarTo returns a function for [WithProgress] that draws a bar in w, writing over it, and a last line that stays.
func BarTo(w io.Writer) func(Progress) { return barOf(bar.To(w)) }

func barOf(line *bar.Line) func(Progress) {
	return func(p Progress) {
		line.Show(p.bar())
		if p.Done {
			line.End()
		}
	}
}

// bar is a line on the screen.
func (p Progress) bar() string {
	// What is long in it is the name of a file, which tells most at its end.
	verb, of, _ := strings.Cut(p.What, " ")
	line := strings.TrimSpace(verb + " " + bar.Tail(of, 16))
	s := p.Elapsed.Seconds()
	switch {
	case p.Done && p.Rows < p.Total:
		line += fmt.Sprintf(": %s of %s", grouped(p.Rows), counted(p.Total, "row"))
	case p.Done || p.Total == 0:
		line += ": " + counted(p.Rows, "row")
	default:
		line += fmt.Sprintf(" %s %.0f %% of %s", bar.Draw(int64(p.Rows), int64(p.Total)), 100*float64(p.Rows)/float64(p.Total), counted(p.Total, "row"))
	}
	if s > 0 && p.Rows > 0 {
		rate := float64(p.Rows) / s
		if rate >= 10 {
			line += fmt.Sprintf(", %s rows/s", grouped(int(rate)))
		} else {
			line += fmt.Sprintf(", %.2g rows/s", rate)
		}
		if left := p.Total - p.Rows; !p.Done && left > 0 {
			line += fmt.Sprintf(", %s left", duration(float64(left)/rate))
		}
	}
	return line
}

// duration writes seconds: "7 s", "3 min 20 s", "2 h 5 min".
func duration(s float64) string {
	switch n := int(min(s, 1e9) + 0.5); {
	case n < 60:
		return fmt.Sprintf("%d s", n)
	case n < 3600:
		return fmt.Sprintf("%d min %d s", n/60, n%60)
	default:
		return fmt.Sprintf("%d h %d min", n/3600, n/60%60)
	}
}

const (
	barAfter    = time.Second      // how long work takes before it draws a bar unasked
	reportEvery = time.Second / 10 // how often progress is reported
)

// A meter reports progress to f, if that is not nil.
type meter struct {
	f       func(Progress)
	p       Progress
	start   time.Time
	last    time.Time // of the latest report
	unasked bool      // f draws a bar, if it takes long enough
	shown   bool
}

// newMeter reports to f.
func newMeter(f func(Progress), what string, total int) *meter {
	m := &meter{f: f, p: Progress{What: what, Total: total}}
	m.begin()
	return m
}

// meter reports to what WithProgress named, or draws a bar.
func (o *options) newMeter(what string, total int) *meter {
	m := newMeter(o.progress, what, total)
	if !o.watched {
		m.f, m.unasked = Bar(), true
	}
	return m
}

// begin starts the clock, which is to run from where rows begin to come.
func (m *meter) begin() {
	m.start = time.Now()
	m.last = m.start
}

func (m *meter) add(rows int) {
	m.p.Rows += rows
	if m.f == nil {
		return
	}
	now := time.Now()
	if m.p.Elapsed = now.Sub(m.start); now.Sub(m.last) < reportEvery || m.unasked && m.p.Elapsed < barAfter {
		return
	}
	m.last, m.shown = now, true
	m.f(m.p)
}

// done makes the last report: err says why the work ended, if that was early.
func (m *meter) done(err error) {
	if m.f == nil || m.unasked && !m.shown {
		return
	}
	m.p.Elapsed, m.p.Done, m.p.Err = time.Since(m.start), true, err
	m.f(m.p)
}

// A rowCounter is what rows are written to by a Format or a writer of text, which say how many they wrote.
type rowCounter struct {
	io.Writer
	m *meter
}

func (c rowCounter) Wrote(rows int) { c.m.add(rows) }

// wrote returns how rows that were written to w are counted.
func wrote(w io.Writer) func(rows int) {
	if c, ok := w.(interface{ Wrote(rows int) }); ok {
		return c.Wrote
	}
	return func(int) {}
}
