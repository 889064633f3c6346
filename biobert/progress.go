package biobert

import (
	"fmt"
	"os"
	"strings"
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

// newMeter returns a meter of so many texts, or of an unknown number if total is negative.
func newMeter(total int, f func(Progress), bar bool) *meter {
	now := time.Now()
	m := &meter{p: Progress{Total: max(total, 0)}, start: now, last: now, f: f}
	if f == nil && bar && (total > 1 || total < 0) && interactive() {
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

// part returns what takes the progress of a part of the reading, which is a number of passes of their own
// over texts: their tokens count.
func (m *meter) part() func(Progress) {
	last := 0
	return func(p Progress) {
		m.tokens(p.Tokens - last)
		last = p.Tokens
		m.texts(0)
	}
}

// texts counts texts that are done.
func (m *meter) texts(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.p.Texts += n
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
		total := p.Total
		if total == 0 {
			total = -1 // unknown
		}
		m.bar = progressbar.NewOptions(total,
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

// Progress says how far the reading of many texts is, or the fetching of a file of a model, in which case File is set.
type Progress struct {
	Texts, Total int           // texts done, and texts in all; Total is 0 if that is not known
	Tokens       int           // word pieces read, special tokens included
	Elapsed      time.Duration // since the beginning
	Done         bool          // this is the last report, of the reading or of a file

	File        string // "owner/name/model.safetensors"
	Bytes, Size int64  // bytes of it that are there, and in all; Size is 0 if that is not known
}

// String returns a line such as "44 of 44 texts, 11,932 tokens, 14,212 tokens/s", or
// "owner/name/vocab.txt: 0.1 of 0.2 MB".
func (p Progress) String() string {
	var b strings.Builder
	if p.File != "" {
		fmt.Fprintf(&b, "%s: %.1f", p.File, float64(p.Bytes)/1e6)
		if p.Size > 0 {
			fmt.Fprintf(&b, " of %.1f", float64(p.Size)/1e6)
		}
		return b.String() + " MB"
	}
	fmt.Fprint(&b, p.Texts)
	if p.Total > 0 {
		fmt.Fprintf(&b, " of %d", p.Total)
	}
	fmt.Fprintf(&b, " texts, %s tokens", thousands(p.Tokens))
	if s := p.Elapsed.Seconds(); s > 0 {
		fmt.Fprintf(&b, ", %s tokens/s", thousands(int(float64(p.Tokens)/s)))
	}
	return b.String()
}

func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
