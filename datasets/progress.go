package datasets

import (
	"fmt"
	"strings"
	"time"
)

// Progress says how far reading or mapping is.
type Progress struct {
	Rows    int           // rows done
	Total   int           // rows in all, 0 if that is not known
	Elapsed time.Duration // since the beginning
	Done    bool          // this is the last report
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

// WithProgress has f called about ten times a second while Load, Map or a pass over a stream go through
// rows, and at the end. Calls do not overlap, but for a stream that several goroutines read. The package
// draws no bar; a Progress prints as a line.
func WithProgress(f func(Progress)) Option {
	return func(o *options) error { o.progress = f; return nil }
}

// A meter reports progress to f, if that is not nil.
type meter struct {
	f     func(Progress)
	p     Progress
	start time.Time
	last  time.Time
}

func newMeter(f func(Progress), total int) *meter {
	now := time.Now()
	return &meter{f: f, p: Progress{Total: total}, start: now, last: now}
}

func (m *meter) add(rows int) {
	m.p.Rows += rows
	if m.f == nil {
		return
	}
	if now := time.Now(); now.Sub(m.last) >= time.Second/10 {
		m.last = now
		m.p.Elapsed = now.Sub(m.start)
		m.f(m.p)
	}
}

func (m *meter) done() {
	if m.f != nil {
		m.p.Elapsed, m.p.Done = time.Since(m.start), true
		m.f(m.p)
	}
}
