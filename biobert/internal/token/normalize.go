package token

import (
	"slices"
	"unicode/utf8"
)

// span is where a normalized character comes from, in bytes of the original.
type span struct{ start, end int32 }

// A combining character waits for the end of its run, to be sorted by class.
type combining struct {
	r    rune
	info *runeInfo
	// first of the decomposition of its character, which makes it take the next
	// original character of the run as its origin; the others share the last.
	first bool
}

// scratch is the memory of the slow path.
type scratch struct {
	word  []byte // the word so far, normalized, at most maxChars characters
	from  []span // origin of each byte of word
	chars int    // characters of the word, also those beyond maxChars
	where span   // origin of the whole word

	marks []combining // the run of combining characters so far
	queue []span      // origins of the original characters in that run
	last  span        // origin that HF's alignment considers used up last

	collect bool // keep the normalized text instead of splitting it
	text    []byte
	origin  []span // of each byte of text
}

// keepScratch is how many entries a buffer may keep between texts.
const keepScratch = 1 << 16

// shrink lets go of what one extraordinary text has needed.
func (s *scratch) shrink() {
	if cap(s.marks) > keepScratch {
		s.marks, s.queue = nil, nil
	}
	if cap(s.text) > keepScratch {
		s.text, s.origin = nil, nil
	}
}

// slow encodes text from lo on, where a character beyond ASCII or one to be
// dropped is near, up to the next ASCII blank or punctuation mark outside a
// word, and returns its place, or hi.
func (x *encoder) slow(lo, hi int) int {
	n := normalizer{x: x, t: x.t, s: &x.e.scratch, tab: runes()}
	i := lo
	for i < hi {
		if c := x.t.class[x.text[i]]; c == classSpace || c == classPunct {
			break
		}
		r, size := utf8.DecodeRuneInString(x.text[i:hi])
		n.char(r, int32(i), int32(i+size))
		i += size
	}
	n.endRun()
	n.endWord()
	return i
}

// normalizer is the slow path: BertNormalizer and BertPreTokenizer, character
// by character, with the origins that HF's NormalizedString would give.
type normalizer struct {
	x   *encoder // nil while collecting
	t   *Tokenizer
	s   *scratch
	tab *runeTable
}

// char takes the next character of the original text: cleaning and CJK.
func (n *normalizer) char(r rune, start, end int32) {
	o := &n.t.opts
	at := span{start, end}
	f := n.tab.get(r).flags
	if o.CleanText {
		if f&flagDrop != 0 {
			return
		}
		if f&flagSpace != 0 {
			r = ' '
		}
	}
	if o.HandleChineseChars && f&flagCJK != 0 {
		n.decompose(' ', at)
		n.decompose(r, at)
		n.decompose(' ', at)
		return
	}
	n.decompose(r, at)
}

const (
	hangulBase  = 0xac00
	hangulCount = 11172
)

// decompose applies NFD where accents are stripped.
func (n *normalizer) decompose(r rune, at span) {
	if !n.t.strip {
		n.lower(r, n.tab.get(r), at)
		return
	}
	if s := r - hangulBase; uint32(s) < hangulCount {
		n.endRun()
		n.s.last = at
		n.lowerRune(0x1100+s/588, at)
		n.lowerRune(0x1161+s/28%21, at)
		if s%28 != 0 {
			n.lowerRune(0x11a7+s%28, at)
		}
		return
	}
	info := n.tab.get(r)
	if info.dec == "" {
		n.order(r, info, at, true)
		return
	}
	for i, d := range info.dec {
		n.order(d, n.tab.get(d), at, i == 0)
	}
}

// order applies canonical ordering and removes nonspacing marks.
//
// HF aligns by position: the k-th original character of a run of combining
// characters is the origin of the k-th that came first in its decomposition,
// after sorting. That is reproduced here.
func (n *normalizer) order(r rune, info *runeInfo, at span, first bool) {
	s := n.s
	if info.ccc != 0 {
		s.marks = append(s.marks, combining{r, info, first})
		if first {
			s.queue = append(s.queue, at)
		}
		return
	}
	n.endRun()
	if first {
		s.last = at
	}
	if info.flags&flagMark == 0 {
		n.lower(r, info, s.last)
	}
}

// endRun lets go of the run of combining characters: most often all of them
// are nonspacing marks and vanish.
func (n *normalizer) endRun() {
	s := n.s
	if len(s.marks) == 0 {
		return
	}
	keeps := func(c combining) bool { return c.info.flags&flagMark == 0 }
	if slices.ContainsFunc(s.marks, keeps) {
		slices.SortStableFunc(s.marks, func(a, b combining) int { return int(a.info.ccc) - int(b.info.ccc) })
		used := 0
		for _, c := range s.marks {
			if c.first {
				s.last = s.queue[used]
				used++
			}
			if keeps(c) {
				n.lower(c.r, c.info, s.last)
			}
		}
	} else if len(s.queue) > 0 {
		s.last = s.queue[len(s.queue)-1]
	}
	s.marks, s.queue = s.marks[:0], s.queue[:0]
}

func (n *normalizer) lowerRune(r rune, at span) { n.lower(r, n.tab.get(r), at) }

func (n *normalizer) lower(r rune, info *runeInfo, at span) {
	if !n.t.opts.Lowercase || info.lower == "" {
		n.put(r, info, at)
		return
	}
	for _, l := range info.lower {
		n.put(l, n.tab.get(l), at)
	}
}

// put takes a normalized character: it is kept, or split into words at once.
func (n *normalizer) put(r rune, info *runeInfo, at span) {
	s := n.s
	if s.collect {
		before := len(s.text)
		s.text = utf8.AppendRune(s.text, r)
		for range len(s.text) - before {
			s.origin = append(s.origin, at)
		}
		return
	}
	switch {
	case info.flags&flagSpace != 0:
		n.endWord()
	case info.flags&flagPunct != 0:
		n.endWord()
		n.grow(r, at)
		n.endWord()
	default:
		n.grow(r, at)
	}
}

// grow adds a character to the word. Beyond maxChars the word is unknown
// whatever it holds, so that only its extent is kept.
func (n *normalizer) grow(r rune, at span) {
	s := n.s
	if s.chars == 0 {
		s.where = at
	}
	s.where.end = at.end
	s.chars++
	if s.chars > n.t.maxChars {
		return
	}
	before := len(s.word)
	s.word = utf8.AppendRune(s.word, r)
	for range len(s.word) - before {
		s.from = append(s.from, at)
	}
}

// endWord adds the pieces of the word, if there is one; see asciiWord.
func (n *normalizer) endWord() {
	s := n.s
	if s.chars == 0 {
		return
	}
	x, t, e := n.x, n.t, n.x.e
	mark := len(e.IDs)
	known := s.chars <= t.maxChars
	node := t.root
	for i := 0; known && i < len(s.word); {
		end, last := 0, uint32(0)
		for p := i; p < len(s.word); {
			c := uint32(s.word[p])
			u := t.trie[unitBase(node)^c]
			if u&labelMask != c {
				break
			}
			p++
			node = u
			if u&unitEnds != 0 {
				end, last = p, u
			}
		}
		if end == 0 {
			known = false
			break
		}
		e.add(int32(t.trie[unitBase(last)]&^unitValue), s.from[i].start, s.from[end-1].end, x.word)
		i, node = end, t.cont
	}
	if !known {
		e.truncate(mark)
		e.add(t.unk, s.where.start, s.where.end, x.word)
	}
	x.endWord()
	s.word, s.from, s.chars = s.word[:0], s.from[:0], 0
}

// segmentNormalized is segment where added tokens are to be found in the
// normalized text: that text is made whole, searched, and then split.
func (x *encoder) segmentNormalized(lo, hi int) {
	s := &x.e.scratch
	n := normalizer{x: x, t: x.t, s: s, tab: runes()}
	s.collect = true
	s.text, s.origin = s.text[:0], s.origin[:0]
	for i := lo; i < hi; {
		r, size := utf8.DecodeRuneInString(x.text[i:hi])
		n.char(r, int32(i), int32(i+size))
		i += size
	}
	n.endRun()
	s.collect = false
	text := string(s.text)
	x.t.norm.split(text, func(m *match, lo, hi int) {
		if m != nil {
			x.e.add(m.id, s.origin[lo].start, s.origin[hi-1].end, x.word)
			x.endWord()
			return
		}
		for i := lo; i < hi; {
			r, size := utf8.DecodeRuneInString(text[i:hi])
			n.put(r, n.tab.get(r), s.origin[i])
			i += size
		}
		n.endWord()
	})
}

// normalize returns the normalized form of text; s is scratch.
func (t *Tokenizer) normalize(s *scratch, text string) string {
	s.text, s.origin = s.text[:0], s.origin[:0]
	s.collect = true
	n := normalizer{t: t, s: s, tab: runes()}
	for i, r := range text {
		n.char(r, int32(i), int32(i+utf8.RuneLen(r)))
	}
	n.endRun()
	s.collect = false
	return string(s.text)
}
