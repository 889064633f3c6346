package token

// Classes of bytes for the scan of ASCII text.
const (
	classWord  = iota
	classSpace // ends a word
	classPunct // a word of its own
	classSlow  // beyond ASCII, or dropped: leave the fast path
)

// encoder is the state of encoding one text.
type encoder struct {
	t     *Tokenizer
	e     *Encoding
	text  string
	word  int32
	given bool // word numbers were given by the caller, do not count
}

// endWord counts a word that has been added.
func (x *encoder) endWord() {
	if !x.given {
		x.word++
	}
}

// all encodes the text: first the added tokens that match it literally, then
// what is between them.
func (x *encoder) all() {
	if x.t.raw == nil {
		x.segment(0, len(x.text))
		return
	}
	x.t.raw.split(x.text, func(m *match, lo, hi int) {
		if m == nil {
			x.segment(lo, hi)
			return
		}
		x.e.add(m.id, int32(lo), int32(hi), x.word)
		x.endWord()
	})
}

// segment encodes text[lo:hi], in which no added token is to be found literally.
func (x *encoder) segment(lo, hi int) {
	if x.t.norm != nil {
		x.segmentNormalized(lo, hi)
		return
	}
	t, text := x.t, x.text
	for i := lo; i < hi; {
		switch t.class[text[i]] {
		case classSpace:
			i++
		case classPunct:
			x.asciiWord(i, i+1)
			i++
		case classWord:
			j := i + 1
			for j < hi && t.class[text[j]] == classWord {
				j++
			}
			if j < hi && t.class[text[j]] == classSlow {
				i = x.slow(i, hi)
				continue
			}
			x.asciiWord(i, j)
			i = j
		default:
			i = x.slow(i, hi)
		}
	}
}

// asciiWord adds the pieces of text[lo:hi], one word of ASCII, by longest match
// first: at each place the trie is walked as far as it goes and the last end
// of a piece seen on the way is taken. No walk is longer than the longest piece.
func (x *encoder) asciiWord(lo, hi int) {
	t, e := x.t, x.e
	word := x.word
	if !x.given {
		x.word++
	}
	if hi-lo > t.maxChars {
		e.add(t.unk, int32(lo), int32(hi), word)
		return
	}
	mark := len(e.IDs)
	s := x.text[lo:hi]
	units := t.trie
	node := t.root
	for i := 0; i < len(s); {
		end, last := 0, uint32(0)
		for p := i; p < len(s); {
			c := uint32(t.fold[s[p]])
			u := units[unitBase(node)^c]
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
			e.truncate(mark)
			e.add(t.unk, int32(lo), int32(hi), word)
			return
		}
		e.add(int32(units[unitBase(last)]&^unitValue), int32(lo+i), int32(lo+end), word)
		i, node = end, t.cont
	}
}
