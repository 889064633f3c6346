package hub

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// choose returns the files that patterns select. Names that are not safe are
// refused only if they are wanted.
func choose(files []File, patterns []string) ([]File, error) {
	var chosen []File
	for _, f := range files {
		if !selected(patterns, f.Path) {
			continue
		}
		if err := checkFile(f.Path); err != nil {
			return nil, err
		}
		chosen = append(chosen, f)
	}
	if len(chosen) == 0 && len(patterns) > 0 {
		return nil, fmt.Errorf("%w: none of %s matches %q", ErrEntryNotFound, sample(files), patterns)
	}
	return chosen, nil
}

func sample(files []File) string {
	const most = 8
	var names []string
	for _, f := range files {
		if len(names) == most {
			return fmt.Sprintf("%d files (%s ...)", len(files), strings.Join(names, ", "))
		}
		names = append(names, clip(f.Path))
	}
	return fmt.Sprintf("%d files (%s)", len(files), strings.Join(names, ", "))
}

// selected reports whether a name matches one of the patterns, all if there are
// none, and none of those that begin with "!".
func selected(patterns []string, name string) bool {
	allowed, some := false, false
	for _, p := range patterns {
		pattern, not := strings.CutPrefix(p, "!")
		if strings.HasSuffix(pattern, "/") {
			pattern += "*"
		}
		switch {
		case not && match(pattern, name):
			return false
		case !not:
			some = true
			allowed = allowed || match(pattern, name)
		}
	}
	return allowed || !some
}

// match is fnmatchcase of Python, which huggingface_hub selects files with: "*"
// stands for any text, "/" included, "?" for one character, "[a-z]" and "[!a-z]"
// for one of a set or of none. A "[" without "]" stands for itself.
func match(pattern, name string) bool {
	// Where the last "*" was and how far it reached: on failure it takes one
	// character more. Earlier ones need not be tried again.
	star, reach := -1, 0
	p, n := 0, 0
	for n < len(name) {
		if p < len(pattern) && pattern[p] == '*' {
			star, reach = p, n
			p++
			continue
		}
		r, size := utf8.DecodeRuneInString(name[n:])
		if next, ok := matchOne(pattern, p, r); ok {
			p, n = next, n+size
			continue
		}
		if star < 0 {
			return false
		}
		_, size = utf8.DecodeRuneInString(name[reach:])
		reach += size
		p, n = star+1, reach
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// matchOne matches a character with the part of the pattern at p, and returns
// where the next part is.
func matchOne(pattern string, p int, r rune) (int, bool) {
	if p >= len(pattern) {
		return p, false
	}
	switch pattern[p] {
	case '?':
		return p + 1, true
	case '[':
		if end := setEnd(pattern, p); end > 0 {
			return end + 1, inSet(pattern[p+1:end], r)
		}
	}
	have, size := utf8.DecodeRuneInString(pattern[p:])
	return p + size, have == r
}

// setEnd finds the "]" of a set, which is not the first character of it.
func setEnd(pattern string, p int) int {
	from := p + 1
	if strings.HasPrefix(pattern[from:], "!") {
		from++
	}
	if from >= len(pattern) {
		return -1
	}
	i := strings.IndexByte(pattern[from+1:], ']')
	if i < 0 {
		return -1
	}
	return from + 1 + i
}

func inSet(set string, r rune) bool {
	set, not := strings.CutPrefix(set, "!")
	chars := []rune(set)
	found := false
	for i := 0; i < len(chars); i++ {
		if i+2 < len(chars) && chars[i+1] == '-' {
			found = found || chars[i] <= r && r <= chars[i+2]
			i += 2
			continue
		}
		found = found || chars[i] == r
	}
	return found != not
}
