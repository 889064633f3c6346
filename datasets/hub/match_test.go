package hub

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// The cases that are settled by Python's fnmatch are checked with it in
// TestMatchPython.
var matches = []struct {
	pattern, name string
	want          bool
}{
	{"*", "a/b.txt", true},
	{"*.txt", "a/b.txt", true},
	{"*.txt", "b.txt2", false},
	{"a/*", "a/b/c", true},
	{"a*c*e", "abcde", true},
	{"a*c*e", "abcdef", false},
	{"", "", true},
	{"", "a", false},
	{"?", "β", true},
	{"?", "", false},
	{"train-?????.csv", "train-00001.csv", true},
	{"[ab].txt", "b.txt", true},
	{"[!ab].txt", "b.txt", false},
	{"[!ab].txt", "c.txt", true},
	{"[a-c]x", "bx", true},
	{"[a-c]x", "dx", false},
	{"[α-γ]", "β", true},
	{"[]]", "]", true},
	{"[!]]", "]", false},
	{"[!]]", "a", true},
	{"[a-]", "-", true},
	{"[", "[", true},
	{"[a", "[a", true},
	{"[]", "[]", true},
	{"[!", "[!", true},
	{"[!]", "[!]", true},
	{"a[b", "ab", false},
	{`\*`, `\a`, true},
	{"A.TXT", "a.txt", false},
	{"**/*.csv", "a/b.csv", true},
	{"**/*.csv", "b.csv", false},
	{"*a*a*a*a*a*a*a*a*b", strings.Repeat("a", 2000), false},
	{"*?b", "βαb", true},
}

func TestMatch(t *testing.T) {
	for _, test := range matches {
		if got := match(test.pattern, test.name); got != test.want {
			t.Errorf("%q matches %q: %v", test.pattern, test.name, got)
		}
	}
}

func TestSelected(t *testing.T) {
	for _, test := range []struct {
		patterns string
		name     string
		want     bool
	}{
		{"", "a", true},
		{"*.csv", "a.csv", true},
		{"*.csv *.md", "a.md", true},
		{"*.csv", "a.md", false},
		{"data/", "data/x/y", true},
		{"data/", "data2/x", false},
		{"!*.csv", "a.csv", false},
		{"!*.csv", "a.md", true},
		{"* !data/", "data/x", false},
		{"!data/ *", "data/x", false},
		{"* !data/", "x", true},
	} {
		if got := selected(strings.Fields(test.patterns), test.name); got != test.want {
			t.Errorf("%q selects %q: %v", test.patterns, test.name, got)
		}
	}
}

func FuzzMatch(f *testing.F) {
	for _, test := range matches {
		if len(test.name) < 100 {
			f.Add(test.pattern, test.name)
		}
	}
	f.Fuzz(func(t *testing.T, pattern, name string) {
		got := match(pattern, name)
		if !strings.ContainsAny(pattern, "*?[") && utf8.ValidString(pattern) && utf8.ValidString(name) && got != (pattern == name) {
			t.Errorf("%q matches %q: %v", pattern, name, got)
		}
		if got && !match(pattern+"*", name+"x") {
			t.Errorf("%q matches %q, but not more of it", pattern, name)
		}
	})
}
