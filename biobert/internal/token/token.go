package token

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Options says how text becomes pieces. The zero value of a field means what
// its comment says; BERT gives the usual set.
type Options struct {
	Lowercase            bool         `json:"lowercase"`
	StripAccents         *bool        `json:"strip_accents"`        // nil: as Lowercase
	CleanText            bool         `json:"clean_text"`           // drop control characters, all white space is a blank
	HandleChineseChars   bool         `json:"handle_chinese_chars"` // every CJK ideograph is a word
	UnknownToken         string       `json:"unknown_token"`        // "": [UNK]
	ContinuingPrefix     string       `json:"continuing_prefix"`    // "": ##
	MaxInputCharsPerWord int          `json:"max_input_chars_per_word"`
	Added                []AddedToken `json:"added_tokens"` // found in the text before it is normalized or split
	Before               []string     `json:"before"`       // pieces put before every text, normally [CLS]
	After                []string     `json:"after"`        // pieces put after every text, normally [SEP]
}

// defaultMaxChars is the length of the longest word, in characters after
// normalization, that is not [UNK] at once, where Options give none.
const defaultMaxChars = 100

// An AddedToken is matched literally in the text, as HF's AddedToken: the
// leftmost and then longest first. One that is not in the vocabulary gets the
// next free id.
type AddedToken struct {
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"` // not beside a word character
	LStrip     bool   `json:"lstrip"`      // takes the white space before it
	RStrip     bool   `json:"rstrip"`      // takes the white space after it
	Normalized bool   `json:"normalized"`  // both it and the text are normalized first
	Special    bool   `json:"special"`
}

// BERT returns the options of BERT's own vocabularies, cased or not: clean text,
// CJK split, [CLS] text [SEP], and the five special tokens recognized in the text.
func BERT(lowercase bool) Options {
	o := Options{
		Lowercase:          lowercase,
		CleanText:          true,
		HandleChineseChars: true,
		Before:             []string{"[CLS]"},
		After:              []string{"[SEP]"},
	}
	for _, s := range []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"} {
		o.Added = append(o.Added, AddedToken{Content: s, Special: true})
	}
	return o
}

// A Tokenizer turns text into the ids of one vocabulary. It is immutable and
// safe for concurrent use. The zero value is not usable.
type Tokenizer struct {
	opts   Options
	notes  []string
	pieces pieceTable // by id; empty where no piece has the id
	model  int        // pieces below this id were in the vocabulary, the rest were added

	trie       trie
	root, cont uint32 // nodes of pieces that begin a word and of those that continue one
	unk        int32
	before     []int32
	after      []int32
	maxChars   int
	strip      bool

	class [256]byte // class of each byte of ASCII text; classSlow for the rest
	fold  [256]byte // lower case of ASCII, where that is wanted

	raw  *matcher // added tokens to find in the text, nil if none
	norm *matcher // added tokens to find in the normalized text, nil if none
}

// New builds a tokenizer for vocab, in which the position is the id. An empty
// string is a hole; of equal pieces the last counts, as in HF's reader of
// vocab.txt. Building the index takes 10 ms for 30,000 pieces; see
// AppendBinary.
func New(vocab []string, opts Options) (*Tokenizer, error) {
	if opts.UnknownToken == "" {
		opts.UnknownToken = "[UNK]"
	}
	if opts.ContinuingPrefix == "" {
		opts.ContinuingPrefix = "##"
	}
	if opts.MaxInputCharsPerWord < 0 {
		return nil, fmt.Errorf("token: MaxInputCharsPerWord %d is negative", opts.MaxInputCharsPerWord)
	}
	if opts.MaxInputCharsPerWord == 0 {
		opts.MaxInputCharsPerWord = defaultMaxChars
	}
	keys := make([]trieKey, 2, len(vocab)+2)
	keys[0], keys[1] = newTrieKey(initialLabel, "", 0), newTrieKey(continuingLabel, "", 0)
	// A word of more than one character holds no punctuation, so that pieces
	// with a prefix of punctuation never begin a word.
	prefixOnly := len(opts.ContinuingPrefix) > 1 && opts.ContinuingPrefix[0] < 0x80 &&
		asciiFlags(opts.ContinuingPrefix[0])&flagPunct != 0
	for i, p := range vocab {
		if p == "" {
			continue
		}
		if !utf8.ValidString(p) || strings.IndexByte(p, 0) >= 0 {
			return nil, fmt.Errorf("token: piece %d is not UTF-8 text: %q", i, p)
		}
		rest, continues := strings.CutPrefix(p, opts.ContinuingPrefix)
		if continues && rest != "" {
			keys = append(keys, newTrieKey(continuingLabel, rest, uint32(i)))
		}
		if !continues || rest == "" || !prefixOnly {
			keys = append(keys, newTrieKey(initialLabel, p, uint32(i)))
		}
	}
	if len(keys) == 2 {
		return nil, errors.New("token: empty vocabulary")
	}
	index, distinct, err := buildTrie(keys)
	if err != nil {
		return nil, err
	}
	t := &Tokenizer{opts: opts, trie: index, model: len(vocab)}
	t.root, _ = index.child(index[0], initialLabel)
	t.cont, _ = index.child(index[0], continuingLabel)
	for _, p := range vocab {
		t.pieces.add(p)
	}
	// HF numbers new tokens from the number of distinct pieces on.
	next := distinct - 2
	if !prefixOnly {
		seen := make(map[string]bool, len(vocab))
		for _, p := range vocab {
			seen[p] = true
		}
		delete(seen, "")
		next = len(seen)
	}
	for _, a := range opts.Added {
		if _, ok := t.ID(a.Content); ok || a.Content == "" {
			continue
		}
		if next < len(vocab) {
			return nil, fmt.Errorf("token: added token %q would get the id %d of the piece %q (the vocabulary has holes or repeats)", a.Content, next, vocab[next])
		}
		t.pieces.add(a.Content)
		next++
	}
	if err := t.finish(); err != nil {
		return nil, err
	}
	return t, nil
}

// pieceTable holds the texts of all pieces by id, without a pointer each.
type pieceTable struct {
	text []byte
	ends []uint32 // of each piece in text
}

func (p *pieceTable) len() int { return len(p.ends) }

func (p *pieceTable) add(piece string) {
	p.text = append(p.text, piece...)
	p.ends = append(p.ends, uint32(len(p.text)))
}

func (p *pieceTable) at(i int) []byte {
	if i == 0 {
		return p.text[:p.ends[0]]
	}
	return p.text[p.ends[i-1]:p.ends[i]]
}

// Every key of the trie begins with one of these bytes.
const (
	initialLabel    = 1
	continuingLabel = 2
)

// finish derives from options, pieces and trie all that encoding uses.
func (t *Tokenizer) finish() error {
	var ok bool
	if t.unk, ok = t.ID(t.opts.UnknownToken); !ok || int(t.unk) >= t.model {
		return fmt.Errorf("token: unknown-word token %q is not in the vocabulary", t.opts.UnknownToken)
	}
	for _, side := range []struct {
		names []string
		ids   *[]int32
	}{{t.opts.Before, &t.before}, {t.opts.After, &t.after}} {
		for _, s := range side.names {
			n, ok := t.ID(s)
			if !ok {
				return fmt.Errorf("token: special token %q is not in the vocabulary", s)
			}
			*side.ids = append(*side.ids, n)
		}
	}
	t.maxChars = t.opts.MaxInputCharsPerWord
	t.strip = t.opts.Lowercase
	if t.opts.StripAccents != nil {
		t.strip = *t.opts.StripAccents
	}
	for c := range 256 {
		t.fold[c] = byte(c)
		t.class[c] = classSlow
		if c >= 0x80 {
			continue
		}
		switch f := asciiFlags(byte(c)); {
		case t.opts.CleanText && f&flagDrop != 0:
		case f&flagSpace != 0:
			t.class[c] = classSpace
		case f&flagPunct != 0:
			t.class[c] = classPunct
		default:
			t.class[c] = classWord
		}
		if t.opts.Lowercase && c >= 'A' && c <= 'Z' {
			t.fold[c] = byte(c) + 'a' - 'A'
		}
	}
	var raw, norm []match
	for _, a := range t.opts.Added {
		if a.Content == "" {
			continue
		}
		n, ok := t.ID(a.Content)
		if !ok {
			return fmt.Errorf("token: added token %q has no id", a.Content)
		}
		if !utf8.ValidString(a.Content) {
			return fmt.Errorf("token: added token %q is not UTF-8", a.Content)
		}
		if !a.Normalized {
			raw = append(raw, match{pattern: a.Content, id: n, added: a})
		} else if p := t.normalize(new(scratch), a.Content); p != "" {
			norm = append(norm, match{pattern: p, id: n, added: a})
		}
	}
	t.raw, t.norm = newMatcher(raw), newMatcher(norm)
	return nil
}

// VocabSize returns one more than the largest id that Encode can give: the
// least number of rows that an embedding table must have.
func (t *Tokenizer) VocabSize() int { return t.pieces.len() }

// Piece returns the text of a piece, such as "##kinase", or "" for an id that
// has none.
func (t *Tokenizer) Piece(id int32) string {
	if uint(id) >= uint(t.pieces.len()) {
		return ""
	}
	return string(t.pieces.at(int(id)))
}

// Continues reports whether the piece continues a word.
func (t *Tokenizer) Continues(id int32) bool {
	return strings.HasPrefix(t.Piece(id), t.opts.ContinuingPrefix)
}

// ID returns the id of a piece or added token.
func (t *Tokenizer) ID(piece string) (int32, bool) {
	if piece == "" {
		return 0, false
	}
	if id, ok := t.trie.lookup(t.root, piece); ok {
		return id, true
	}
	if rest, ok := strings.CutPrefix(piece, t.opts.ContinuingPrefix); ok && rest != "" {
		if id, ok := t.trie.lookup(t.cont, rest); ok {
			return id, true
		}
	}
	for i := t.model; i < t.pieces.len(); i++ {
		if string(t.pieces.at(i)) == piece {
			return int32(i), true
		}
	}
	return 0, false
}

// Options returns the options in force. Its slices are shared: do not change them.
func (t *Tokenizer) Options() Options { return t.opts }

// Notes lists, one sentence each, what a checkpoint's files asked for and was
// not done, or what had to be assumed.
func (t *Tokenizer) Notes() []string { return slices.Clone(t.notes) }

// Overhead returns how many pieces Encode adds around a text, normally 2.
func (t *Tokenizer) Overhead() int { return len(t.before) + len(t.after) }

// An Encoding holds the pieces of one text; the four slices are equally long.
// Its zero value is ready for use, and using one again saves its memory.
type Encoding struct {
	IDs   []int32 // [pieces]
	Start []int32 // [pieces] first byte in the original text
	End   []int32 // [pieces] one past the last byte
	// Word is [pieces]: which word of the text, counted from 0, the piece is of;
	// -1 for the pieces put around the text, whose Start and End are 0.
	// Punctuation marks, CJK ideographs and added tokens are words.
	Word []int32

	scratch scratch
}

// Len returns the number of pieces.
func (e *Encoding) Len() int { return len(e.IDs) }

// Reset empties e and keeps its memory.
func (e *Encoding) Reset() {
	e.IDs, e.Start, e.End, e.Word = e.IDs[:0], e.Start[:0], e.End[:0], e.Word[:0]
}

func (e *Encoding) add(id, start, end, word int32) {
	e.IDs = append(e.IDs, id)
	e.Start = append(e.Start, start)
	e.End = append(e.End, end)
	e.Word = append(e.Word, word)
}

func (e *Encoding) truncate(n int) {
	e.IDs, e.Start, e.End, e.Word = e.IDs[:n], e.Start[:n], e.End[:n], e.Word[:n]
}

// Encode replaces the contents of dst by the pieces of text, with those that go
// around it. Nothing is cut, however long the text. An error leaves dst empty:
// text is not UTF-8, or is 2 GiB or longer.
func (t *Tokenizer) Encode(dst *Encoding, text string) error {
	dst.Reset()
	if err := checkText(text); err != nil {
		return fmt.Errorf("token: %w", err)
	}
	for _, id := range t.before {
		dst.add(id, 0, 0, -1)
	}
	x := encoder{t: t, e: dst, text: text}
	x.all()
	for _, id := range t.after {
		dst.add(id, 0, 0, -1)
	}
	dst.scratch.shrink()
	return nil
}

// EncodeWords is Encode for text that is already split. Each string is encoded
// on its own; Word is its index, even if it falls into several words here or
// into none, and offsets are in bytes from its own beginning.
func (t *Tokenizer) EncodeWords(dst *Encoding, words []string) error {
	dst.Reset()
	for i, w := range words {
		if err := checkText(w); err != nil {
			return fmt.Errorf("token: word %d: %w", i, err)
		}
	}
	for _, id := range t.before {
		dst.add(id, 0, 0, -1)
	}
	for i, w := range words {
		x := encoder{t: t, e: dst, text: w, word: int32(i), given: true}
		x.all()
	}
	for _, id := range t.after {
		dst.add(id, 0, 0, -1)
	}
	dst.scratch.shrink()
	return nil
}

func checkText(text string) error {
	if len(text) > math.MaxInt32 {
		return fmt.Errorf("text of %d bytes is too long (2 GiB at most; split it)", len(text))
	}
	if utf8.ValidString(text) {
		return nil
	}
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && n == 1 {
			return fmt.Errorf("invalid UTF-8 at byte %d (convert the text to UTF-8)", i)
		}
		i += n
	}
	return nil
}
