// Package doctor looks at a machine before a reader does: whether cells of a notebook can be compiled and run, which
// kernels the processor gets, whether models open, caches can be written and the hub is within reach. It changes nothing but for
// files of its own in temporary folders and caches, which it removes.
package doctor

import (
	"context"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"
)

// A Status says how much a finding matters.
type Status string

const (
	OK     Status = "ok"
	Warn   Status = "warning" // works, but not as well as it could, or not for everything
	Broken Status = "broken"  // something will fail
)

// A Finding is what one check found.
type Finding struct {
	Check  string `json:"check"` // "go", "kernel", "hub" ...
	Status Status `json:"status"`
	Says   string `json:"says"`
	Fix    string `json:"fix,omitempty"` // what to do about it
}

// Options say what to look at.
type Options struct {
	Network   bool // ask the hub whether it is there
	Notebooks bool // look at what notebooks need: Go, Jupyter, the kernel
}

// checkTimeout bounds what a check waits for: a compiler, a model, the network.
const checkTimeout = time.Minute

// A check looks at one thing. Its name is that of most of its findings.
type check struct {
	name      string
	notebooks bool // needed by notebooks only
	look      func(context.Context, Options) []Finding
}

// checks are in the order in which one would mend what they find.
var checks = []check{
	{"cpu", false, processor},
	{"memory", false, memory},
	{"models", false, models},
	{"cache", false, caches},
	{"go", true, goCommand},
	{"go flags", true, flags},
	{"kernel", true, kernel},
	{"cell", true, cell},
	{"loopback", true, loopback},
	{"hub", false, network},
}

// Run makes the checks one after the other and yields what each found as it comes. It ends early with ctx.
func Run(ctx context.Context, o Options) iter.Seq[Finding] { return run(ctx, o, checks) }

func run(ctx context.Context, o Options, checks []check) iter.Seq[Finding] {
	return func(yield func(Finding) bool) {
		for _, c := range checks {
			if ctx.Err() != nil {
				return
			}
			if c.notebooks && !o.Notebooks {
				continue
			}
			limited, cancel := context.WithTimeout(ctx, checkTimeout)
			found := c.look(limited, o)
			cancel()
			for _, f := range found {
				if !yield(f) {
					return
				}
			}
		}
	}
}

// Write writes a finding as a line, and what to do about it as another.
func (f Finding) Write(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%-8s %-10s %s\n", f.Status, f.Check, f.Says)
	if err == nil && f.Fix != "" {
		_, err = fmt.Fprintf(w, "%-8s %-10s -> %s\n", "", "", f.Fix)
	}
	return err
}

func ok(check, format string, args ...any) Finding {
	return Finding{Check: check, Status: OK, Says: fmt.Sprintf(format, args...)}
}

func warn(check, fix, format string, args ...any) Finding {
	return Finding{Check: check, Status: Warn, Fix: fix, Says: fmt.Sprintf(format, args...)}
}

func broken(check, fix, format string, args ...any) Finding {
	return Finding{Check: check, Status: Broken, Fix: fix, Says: fmt.Sprintf(format, args...)}
}

// firstLine returns the first line of what a program said that is not empty, at most 200 bytes of it.
func firstLine(text []byte) string {
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" {
			if len(line) > 200 {
				line = strings.ToValidUTF8(line[:200], "") + "..."
			}
			return line
		}
	}
	return ""
}

// bytesText writes a number of bytes as people do.
func bytesText(n uint64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.0f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%d kB", n/1000)
}
