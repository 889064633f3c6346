package viz

import (
	"bytes"
	"encoding/xml"
	"strconv"
	"strings"
)

// htmlEscaper makes text safe in an element and in a quoted attribute, such that a
// parser gives back the same text: a bare carriage return would become a newline,
// and NUL, which HTML cannot hold at all, is replaced as a parser would.
var htmlEscaper = strings.NewReplacer(
	"&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;", "\r", "&#13;", "\x00", "\uFFFD")

// esc escapes a label, a title or a name; bytes that are not UTF-8 become U+FFFD.
func esc(s string) string {
	return htmlEscaper.Replace(strings.ToValidUTF8(s, "\uFFFD"))
}

// escXML escapes s for SVG, which allows fewer characters than HTML does.
func escXML(s string) string {
	var b bytes.Buffer
	xml.EscapeText(&b, []byte(s)) // a bytes.Buffer does not fail
	return b.String()
}

// oneLine puts s on one line of plain text.
func oneLine(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f { // no control sequences to a terminal
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))), " ")
}

// shorten cuts s to n runes.
func shorten(s string, n int) string {
	i := 0
	for at := range s {
		if i++; i > n {
			return strings.TrimSpace(s[:at]) + "…"
		}
	}
	return s
}

// group writes n with a comma between thousands.
func group(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// count writes n with the noun, in the plural unless n is 1.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return group(n) + " " + noun + "s"
}
