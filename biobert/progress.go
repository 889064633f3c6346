package biobert

import (
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// A meter counts what has been read and reports it, at most ten times a second.
type meter struct {
	mu    sync.Mutex
	p     Progress
	start time.Time
	last  time.Time
	f     func(Progress)
	bar   *progressbar.ProgressBar
}

// barFrom is how long reading must have gone on before a bar is drawn: less is over
// before one would look.
const barFrom = 300 * time.Millisecond

func newMeter(total int, f func(Progress), bar bool) *meter {
	now := time.Now()
	m := &meter{p: Progress{Total: total}, start: now, last: now, f: f}
	if f == nil && bar && total > 1 && interactive() {
		m.f = m.draw
	}
	return m
}

// inNotebook reports whether a GoNB kernel started this process.
func inNotebook() bool { return os.Getenv("GONB_PIPE") != "" }

// interactive reports whether somebody is watching.
func interactive() bool { return inNotebook() || term.IsTerminal(int(os.Stderr.Fd())) }

func (m *meter) tokens(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.p.Tokens += n
}

func (m *meter) text() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.p.Texts++
	if now := time.Now(); m.f != nil && now.Sub(m.last) > 100*time.Millisecond {
		m.last = now
		m.report()
	}
}

func (m *meter) finish() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.p.Done = true
	if m.f != nil {
		m.report()
	}
}

func (m *meter) report() {
	m.p.Elapsed = time.Since(m.start)
	m.f(m.p)
}

// draw shows progress as a bar: on standard error in a terminal, and in a notebook, where that
// would look like a warning, on standard output, with a last line that stays.
func (m *meter) draw(p Progress) {
	out := os.Stderr
	if inNotebook() {
		out = os.Stdout
	}
	if m.bar == nil {
		if p.Done || p.Elapsed < barFrom {
			return
		}
		m.bar = progressbar.NewOptions(p.Total,
			progressbar.OptionSetWriter(out),
			progressbar.OptionSetWidth(24),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionClearOnFinish(),
			progressbar.OptionThrottle(0))
	}
	m.bar.Describe(p.String())
	m.bar.Set(p.Texts)
	if p.Done {
		m.bar.Finish()
		if inNotebook() {
			fmt.Fprintln(out, p)
		}
	}
}
