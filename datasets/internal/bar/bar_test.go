package bar

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestLine(t *testing.T) {
	var out bytes.Buffer
	l := To(&out)
	l.End() // nothing to end
	l.Show("β-actin")
	l.Show("p53")
	l.End()
	l.Show("new")
	if got, want := out.String(), "\rβ-actin\rp53    \n\rnew"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	out.Reset()
	l.Show(strings.Repeat("é", 200))
	l.Show("x")
	for _, line := range strings.Split(out.String(), "\r")[1:] {
		if n := utf8.RuneCountInString(line); n != columns {
			t.Errorf("%q has %d characters, want %d", line, n, columns)
		}
	}
}

// Of two lines on the screen, the one that began first is shown.
func TestOneScreen(t *testing.T) {
	var out bytes.Buffer
	a, b := &Line{w: &out, shared: true}, &Line{w: &out, shared: true}
	a.Show("a")
	b.Show("b")
	b.End()
	a.End()
	b.Show("b")
	b.End()
	if got, want := out.String(), "\ra\n\rb\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// In a test nobody is watching, in a notebook somebody is.
func TestOnScreen(t *testing.T) {
	t.Setenv("GONB_PIPE", "x")
	for value, shown := range map[string]bool{"": true, "0": true, "false": true, "1": false, "true": false, "On": false, "YES": false} {
		t.Setenv("NO_BARS", value)
		if got := OnScreen("NO_BARS") != nil; got != shown {
			t.Errorf("NO_BARS=%q: shown %v, want %v", value, got, shown)
		}
	}
}

func TestDraw(t *testing.T) {
	for _, tt := range []struct {
		have, total int64
		want        string
	}{
		{0, 10, "|            |"},
		{5, 10, "|██████      |"},
		{9, 10, "|██████████▊ |"},
		{10, 10, "|████████████|"},
		{11, 10, "|████████████|"},
		{1 << 62, 1<<63 - 1, "|██████      |"},
		{1, 96, "|▏           |"},
		{1, 0, ""},
		{1, -1, ""},
		{-1, 5, ""},
	} {
		if got := Draw(tt.have, tt.total); got != tt.want {
			t.Errorf("%d of %d: %q, want %q", tt.have, tt.total, got, tt.want)
		}
	}
}

func TestTail(t *testing.T) {
	for name, want := range map[string]string{"": "", "short": "short", "12345678": "12345678", "data/βγδ-long": "...-long"} {
		if got := Tail(name, 8); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
