package hub

import (
	"fmt"
	"io"
	"sync"
	"time"

	progressbar "github.com/sparsebio/sparsebio/datasets/internal/bar"
)

// Progress says how far the transfer of a file has come.
type Progress struct {
	Repo    RepoID
	File    string
	Bytes   int64 // there so far, those of an earlier transfer included
	Total   int64 // -1 if the hub does not say
	Resumed int64 // of Bytes, those that an earlier transfer brought
	Elapsed time.Duration
	Done    bool  // the last report of the file
	Err     error // why it ended, with Done
}

// reportEvery is how often a transfer is reported.
const reportEvery = 100 * time.Millisecond

type meter struct {
	c     *Client
	p     Progress
	begun bool
	start time.Time
	last  time.Time
}

func (c *Client) newMeter(repo RepoID, file string, size int64) *meter {
	now := time.Now()
	return &meter{c: c, p: Progress{Repo: repo, File: file, Total: size}, start: now, last: now}
}

// set notes how many bytes there are.
func (m *meter) set(n int64) {
	m.p.Bytes = n
	if !m.begun {
		m.begun, m.p.Resumed = true, n
	}
	m.p.Resumed = min(m.p.Resumed, n) // the server may have begun at the start again
	if now := time.Now(); now.Sub(m.last) >= reportEvery {
		m.last = now
		m.report()
	}
}

func (m *meter) finish(err error) {
	m.p.Done, m.p.Err = true, err
	m.report()
}

func (m *meter) report() {
	if m.c.progress == nil {
		return
	}
	m.p.Elapsed = time.Since(m.start)
	m.c.progressMu.Lock()
	defer m.c.progressMu.Unlock()
	m.c.progress(m.p)
}

// Bar returns a function for WithProgress that shows all transfers in one line: in
// a terminal on standard error, in a GoNB notebook on standard output, where
// standard error would look like a warning. It returns nil, which shows nothing,
// where nobody is watching and if HF_HUB_DISABLE_PROGRESS_BARS says so.
func Bar() func(Progress) {
	line := progressbar.OnScreen("HF_HUB_DISABLE_PROGRESS_BARS")
	if line == nil {
		return nil
	}
	return barOf(line)
}

// BarTo returns a function for WithProgress that writes a line to w and writes over
// it, and a last line that stays when all files that were begun have come.
func BarTo(w io.Writer) func(Progress) { return barOf(progressbar.To(w)) }

func barOf(line *progressbar.Line) func(Progress) {
	return (&bar{screen: line, files: map[string]Progress{}}).show
}

type bar struct {
	mu     sync.Mutex
	screen *progressbar.Line
	files  map[string]Progress // those of the present line
	start  time.Time
}

func (b *bar) show(p Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.files) == 0 {
		b.start = time.Now().Add(-p.Elapsed)
	}
	b.files[p.Repo.String()+"\x00"+p.File] = p
	line, open := b.line()
	b.screen.Show(line)
	if !open {
		b.screen.End()
		b.files = map[string]Progress{}
	}
}

// line describes the transfers and reports whether one is still open.
func (b *bar) line() (string, bool) {
	var have, total, fresh int64
	open, failed, known := 0, 0, true
	name := ""
	for _, p := range b.files {
		have, fresh = have+p.Bytes, fresh+p.Bytes-p.Resumed
		total, known = total+p.Total, known && p.Total >= 0
		if name = p.File; !p.Done {
			open++
		} else if p.Err != nil {
			failed++
		}
	}
	if n := len(b.files); n > 1 {
		name = fmt.Sprintf("%d of %d files", n-open-failed, n)
	}
	s := progressbar.Tail(name, 24)
	if known && have < total {
		s += fmt.Sprintf(" %s %d %% of %s", progressbar.Draw(have, total), int(float64(have)/float64(total)*100), bytesText(total))
	} else {
		s += ": " + bytesText(have)
	}
	if sec := time.Since(b.start).Seconds(); sec > 0 && fresh > 0 {
		s += ", " + bytesText(int64(float64(fresh)/sec)) + "/s"
	}
	if failed > 0 {
		s += fmt.Sprintf(", %d failed", failed)
	}
	return s, open > 0
}

// bytesText shows a number of bytes in decimal units, as the hub's pages do.
func bytesText(n int64) string {
	v, unit := float64(n), "B"
	for _, u := range []string{"kB", "MB", "GB", "TB"} {
		if v < 1000 && v > -1000 {
			break
		}
		v, unit = v/1000, u
	}
	switch {
	case unit == "B":
		return fmt.Sprintf("%d B", n)
	case v < 10:
		return fmt.Sprintf("%.1f %s", v, unit)
	}
	return fmt.Sprintf("%.0f %s", v, unit)
}
