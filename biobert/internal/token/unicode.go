package token

import "sync"

// What a code point is, as bits of runeInfo.flags. The same order as in
// testdata/make_tables.py.
const (
	flagSpace = 1 << iota // white space: ends a word, and becomes a blank when text is cleaned
	flagPunct             // a word of its own
	flagDrop              // removed when text is cleaned; wins over flagSpace
	flagCJK               // blanks are put around it
	flagMark              // nonspacing mark: removed after decomposition
	flagWord              // \w of Rust's regex crate, for added tokens that must be single words
)

type runeRange struct {
	lo, hi     rune
	flags, ccc uint8
}

// runeInfo is all that normalization needs to know of one code point.
type runeInfo struct {
	dec   string // canonical decomposition, empty if it is its own
	lower string // lower case, empty if it is its own
	flags uint8
	ccc   uint8 // canonical combining class
}

const (
	blockBits  = 7
	blockSize  = 1 << blockBits
	blockCount = 0x110000 >> blockBits
)

// runeTable maps code points to their runeInfo in two steps; blocks that are
// the same throughout are shared.
type runeTable struct {
	block [blockCount]uint16
	info  []uint16 // block x blockSize, indexes into infos
	infos []runeInfo

	shared map[int]bool // blocks that several places use; for building
}

func (t *runeTable) get(r rune) *runeInfo {
	return &t.infos[t.info[int(t.block[r>>blockBits])<<blockBits|int(r&(blockSize-1))]]
}

// runes is built on the first character beyond ASCII, since most texts in a
// short-lived process have few or none.
var runes = sync.OnceValue(buildRunes)

func buildRunes() *runeTable {
	t := &runeTable{
		info:  make([]uint16, blockSize, 320*blockSize),
		infos: make([]runeInfo, 1, 4096),

		shared: map[int]bool{0: true},
	}
	type class struct{ flags, ccc uint8 }
	classes := map[class]uint16{}
	uniform := map[uint16]uint16{} // info -> block that holds nothing else
	for _, r := range runeRanges {
		c := class{r.flags, r.ccc}
		n, ok := classes[c]
		if !ok {
			n = uint16(len(t.infos))
			t.infos = append(t.infos, runeInfo{flags: r.flags, ccc: r.ccc})
			classes[c] = n
		}
		for lo := r.lo; lo <= r.hi; {
			b := lo >> blockBits
			if lo&(blockSize-1) == 0 && lo+blockSize-1 <= r.hi {
				u, ok := uniform[n]
				if !ok {
					u = t.addBlock()
					for i := range blockSize {
						t.info[int(u)<<blockBits+i] = n
					}
					uniform[n] = u
					t.shared[int(u)] = true
				}
				t.block[b] = u
				lo += blockSize
				continue
			}
			*t.own(lo) = n
			lo++
		}
	}
	for s := decompositions; s != ""; {
		r, value, rest := cutEntry(s)
		t.change(r, func(i *runeInfo) { i.dec = value })
		s = rest
	}
	for s := lowerings; s != ""; {
		r, value, rest := cutEntry(s)
		t.change(r, func(i *runeInfo) { i.lower = value })
		s = rest
	}
	t.shared = nil
	return t
}

func (t *runeTable) addBlock() uint16 {
	n := len(t.info)
	t.info = append(t.info, make([]uint16, blockSize)...)
	return uint16(n >> blockBits)
}

// own returns the cell of r, in a block that is this one's alone.
func (t *runeTable) own(r rune) *uint16 {
	b := r >> blockBits
	if was := int(t.block[b]); t.shared[was] {
		now := t.addBlock()
		copy(t.info[int(now)<<blockBits:], t.info[was<<blockBits:][:blockSize])
		t.block[b] = now
	}
	return &t.info[int(t.block[b])<<blockBits|int(r&(blockSize-1))]
}

// change gives r a runeInfo of its own and edits it.
func (t *runeTable) change(r rune, edit func(*runeInfo)) {
	cell := t.own(r)
	old := t.infos[*cell]
	if old.dec == "" && old.lower == "" {
		*cell = uint16(len(t.infos))
		t.infos = append(t.infos, old)
	}
	edit(&t.infos[*cell])
}

// cutEntry splits "key value NUL rest".
func cutEntry(s string) (key rune, value, rest string) {
	end := 0
	for s[end] != 0 {
		end++
	}
	size := 0
	for i, r := range s[:end] {
		if i > 0 {
			size = i
			break
		}
		key = r
	}
	return key, s[size:end], s[end+1:]
}

// asciiFlags is runes().get(c).flags for c < 0x80, without the table.
func asciiFlags(c byte) uint8 {
	switch {
	case c == '\t' || c == '\n' || c == '\r' || c == ' ':
		return flagSpace
	case c == '\v' || c == '\f':
		return flagSpace | flagDrop
	case c < ' ' || c == 0x7f:
		return flagDrop
	case c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z':
		return flagWord
	case c == '_':
		return flagPunct | flagWord
	default:
		return flagPunct
	}
}
