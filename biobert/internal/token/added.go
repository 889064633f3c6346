package token

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// match is an added token and the form of it that is searched for.
type match struct {
	pattern string
	id      int32
	added   AddedToken
}

// matcher finds added tokens, the leftmost first and of those at one place
// the longest.
type matcher struct {
	byFirst [256][]match // longest first
	only    int          // the first byte if all have the same, else -1
}

func newMatcher(ms []match) *matcher {
	if len(ms) == 0 {
		return nil
	}
	m := &matcher{only: int(ms[0].pattern[0])}
	for _, x := range ms {
		c := x.pattern[0]
		m.byFirst[c] = append(m.byFirst[c], x)
		if int(c) != m.only {
			m.only = -1
		}
	}
	for _, l := range m.byFirst {
		slices.SortStableFunc(l, func(a, b match) int { return cmp.Compare(len(b.pattern), len(a.pattern)) })
	}
	return m
}

// next returns the first match at or after from, and where it is.
func (m *matcher) next(text string, from int) (*match, int) {
	for i := from; i < len(text); i++ {
		if m.only >= 0 {
			skip := strings.IndexByte(text[i:], byte(m.only))
			if skip < 0 {
				break
			}
			i += skip
		}
		list := m.byFirst[text[i]]
		for k := range list {
			if strings.HasPrefix(text[i:], list[k].pattern) {
				return &list[k], i
			}
		}
	}
	return nil, len(text)
}

// split calls yield for every added token in text and, with nil, for every
// non-empty stretch between them, in order. It follows HF's find_matches: a
// match that must be a single word and is not one is passed over whole.
func (m *matcher) split(text string, yield func(found *match, lo, hi int)) {
	done := 0
	for from := 0; from < len(text); {
		f, lo := m.next(text, from)
		if f == nil {
			break
		}
		hi := lo + len(f.pattern)
		from = hi
		if f.added.SingleWord {
			before, _ := utf8.DecodeLastRuneInString(text[:lo])
			after, _ := utf8.DecodeRuneInString(text[hi:])
			if lo > 0 && isWordChar(before) || hi < len(text) && isWordChar(after) {
				continue
			}
		}
		if f.added.LStrip {
			lo = max(done, len(strings.TrimRightFunc(text[:lo], unicode.IsSpace)))
		}
		if f.added.RStrip {
			hi = len(text) - len(strings.TrimLeftFunc(text[hi:], unicode.IsSpace))
		}
		if done < lo {
			yield(nil, done, lo)
		}
		yield(f, lo, hi)
		done = hi
	}
	if done < len(text) {
		yield(nil, done, len(text))
	}
}

func isWordChar(r rune) bool { return runes().get(r).flags&flagWord != 0 }
