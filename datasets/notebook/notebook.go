// Package notebook is what the library knows of the GoNB notebook that its caller may run in: whether there is one,
// and how a cell ends that cannot go on. It needs the standard library only, so that reading texts
// does not link what draws pictures.
package notebook

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
)

// In reports whether a GoNB kernel started this process, for a cell.
func In() bool { return os.Getenv(pipeEnv) != "" }

// display is how a package that is linked to the kernel's own library displays an output; nil if there is none.
var display func(html, text string) error

// SetDisplay has Fail display its box with f, which takes the same output as markup and as plain text. A program that talks to the
// kernel must do so with one voice: a package that links gonbui calls SetDisplay before main begins.
func SetDisplay(f func(html, text string) error) { display = f }

// Fail ends the process with exit status 1, as a cell that cannot go on: a box says what is wrong, and what the
// error gives as a hint. The text also goes to standard error, for those who run notebooks without looking at them.
// Fail is for a process that In reports to be a cell.
func Fail(err error) {
	text := Message(err)
	show := display
	if show == nil {
		show = pipe
	}
	// Without the box the text on standard error has to do.
	_ = show(hideRest+Box(text), text)
	fmt.Fprintln(os.Stderr, text)
	os.Exit(1)
}

// hideRest hides, in JupyterLab, what the kernel says below the box of every program that fails: "exit status 1", twice.
const hideRest = "<style>.jp-OutputArea-child:has(.sb-error)~.jp-OutputArea-child{display:none!important}</style>\n"

// Message returns what Fail says of err: its text, but for a cell that was stopped on purpose.
func Message(err error) string {
	if errors.Is(err, context.Canceled) {
		return "stopped (what was written until then is whole; run the cell again to go on)"
	}
	return err.Error()
}

// Box returns the text of an error as markup, with what it gives as a hint in a line of its own. It
// can be read on light and on dark.
func Box(text string) string {
	text, hint := cutHint(text)
	var b strings.Builder
	b.WriteString(`<div class="sb-error" role="alert" style="border:1px solid #d9a29b;border-left:5px solid #b3261e;border-radius:6px;background:#fdf0ee;color:#3b0d09;padding:10px 14px;max-width:52rem;font:14px/1.5 system-ui,sans-serif">`)
	fmt.Fprintf(&b, `<div style="white-space:pre-wrap;overflow-wrap:anywhere;font-weight:600">%s</div>`, escape.Replace(text))
	if hint != "" {
		fmt.Fprintf(&b, `<div class="sb-hint" style="white-space:pre-wrap;overflow-wrap:anywhere;margin-top:4px">%s</div>`, escape.Replace(hint))
	}
	b.WriteString("</div>\n")
	return b.String()
}

var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;")

// cutHint parts the hint in parentheses at the end of an error of ours from the rest, and makes a sentence of it.
func cutHint(text string) (rest, hint string) {
	if !strings.HasSuffix(text, ")") {
		return text, ""
	}
	depth := 0
	for i := len(text) - 1; i > 0; i-- {
		switch text[i] {
		case ')':
			depth++
		case '(':
			if depth--; depth > 0 {
				continue
			}
			if text[i-1] != ' ' || strings.TrimSpace(text[:i]) == "" {
				return text, "" // a call, or nothing else
			}
			hint = text[i+1 : len(text)-1]
			// A number or a unit is no hint.
			if !strings.Contains(hint, " ") {
				return text, ""
			}
			return strings.TrimSpace(text[:i]), sentence(hint)
		}
	}
	return text, ""
}

// sentence gives a hint that begins with a word a capital; names in Go's and the shell's spelling stay as they are.
func sentence(hint string) string {
	word, _, _ := strings.Cut(hint, " ")
	if strings.ContainsFunc(word, func(r rune) bool { return r < 'a' || r > 'z' }) {
		return hint
	}
	return strings.ToUpper(hint[:1]) + hint[1:]
}
