package compress

import (
	"fmt"
	"time"
)

// Progress says how far Run is.
type Progress struct {
	Step        string // what was done last: "texts", "layer 3 of 12, intermediate.dense" ...
	Done, Total int    // steps
	Elapsed     time.Duration
}

// String returns a line such as "31 of 123 steps, 12 s: layer 3 of 12, query".
func (p Progress) String() string {
	return fmt.Sprintf("%d of %d steps, %.0f s: %s", p.Done, p.Total, p.Elapsed.Seconds(), p.Step)
}

// A meter counts steps.
type meter struct {
	p     Progress
	start time.Time
	f     func(Progress)
}

func (m *meter) step(format string, args ...any) {
	m.p.Done++
	m.p.Elapsed = time.Since(m.start)
	if m.f != nil {
		m.p.Step = fmt.Sprintf(format, args...)
		m.f(m.p)
	}
}
