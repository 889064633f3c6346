// Package bar shows how far work has come, in one line that is written over: that of files which are fetched, and
// that of rows which are read, mapped and written.
package bar

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"unicode/utf8"
)

// A Line is written over until it ends. It is not for several goroutines at once.
type Line struct {
	w      io.Writer
	shared bool // with other lines
	open   bool
	width  int // characters that are on the screen
}

// To returns a line of w.
func To(w io.Writer) *Line { return &Line{w: w} }

// screen is held by the one line that is open: two would write over each other.
var screen sync.Mutex

// OnScreen returns a line of the terminal at standard error or, in a GoNB notebook, of standard output, since the other one
// looks like a warning there. It returns nil where nobody is watching, and if the environment variable off is 1, on, yes or true.
// While another such line is open, this one shows nothing.
func OnScreen(off string) *Line {
	switch strings.ToUpper(os.Getenv(off)) {
	case "1", "ON", "YES", "TRUE":
		return nil
	}
	if os.Getenv("GONB_PIPE") != "" {
		return &Line{w: os.Stdout, shared: true}
	}
	if st, err := os.Stderr.Stat(); err != nil || st.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	return &Line{w: os.Stderr, shared: true}
}

// columns is how much of a line is shown: longer ones would begin another in a terminal of usual width, where
// nothing can be written over any more.
const columns = 79

// Show writes text over what the line showed before.
func (l *Line) Show(text string) {
	if !l.open && l.shared && !screen.TryLock() {
		return
	}
	l.open = true
	n := utf8.RuneCountInString(text)
	if n > columns {
		text, n = string([]rune(text)[:columns-1])+"…", columns
	}
	fmt.Fprintf(l.w, "\r%s%s", text, strings.Repeat(" ", max(0, l.width-n)))
	l.width = n
}

// End leaves the line as it is. The next Show begins another one.
func (l *Line) End() {
	if !l.open {
		return
	}
	fmt.Fprintln(l.w)
	l.open, l.width = false, 0
	if l.shared {
		screen.Unlock()
	}
}

// cells is the width of a bar.
const cells = 12

// Draw draws a bar for have of total, by eighths of a character. It is empty unless both are known.
func Draw(have, total int64) string {
	if have < 0 || total <= 0 {
		return ""
	}
	eighths := int(float64(min(have, total)) / float64(total) * 8 * cells)
	full := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		full += string([]rune(" ▏▎▍▌▋▊▉")[rest])
	}
	return "|" + full + strings.Repeat(" ", cells-utf8.RuneCountInString(full)) + "|"
}

// Tail returns the last n characters of a name, dots before them if something is missing.
func Tail(name string, n int) string {
	r := []rune(name)
	if len(r) <= n {
		return name
	}
	return "..." + string(r[len(r)-n+3:])
}
