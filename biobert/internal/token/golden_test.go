package token

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// The golden files come from testdata/make_golden.py.

type digests struct {
	Seed    uint64     `json:"seed"`
	Count   int        `json:"count"`
	Pools   [][2]int32 `json:"pools"`
	Bits    []string   `json:"bits"`
	Options map[string]struct {
		Lower, Strip, Clean, CJK bool
	} `json:"options"`
	Random  map[string]string            `json:"random"`
	Points  map[string]string            `json:"points"`
	Corpora map[string]map[string]string `json:"corpora"`
	Sizes   map[string]int               `json:"sizes"`
}

func readJSON(t testing.TB, path string, v any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// sharedDir is the folder with corpora/ and models/; tests that need it are
// skipped without.
func sharedDir(t testing.TB) string {
	dir := os.Getenv("SPARSEBIO_SHARED")
	if dir == "" {
		t.Skip("SPARSEBIO_SHARED is not set: no corpora to compare on")
	}
	return dir
}

func open(t testing.TB, dir string) *Tokenizer {
	t.Helper()
	tok, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func (t *Tokenizer) vocab() []string {
	var v []string
	for i := range t.model {
		v = append(v, t.Piece(int32(i)))
	}
	return v
}

// definition returns the tokenizer that make_golden.py knows under this name.
func definition(t testing.TB, name string, d *digests) *Tokenizer {
	t.Helper()
	if rest, ok := strings.CutPrefix(name, "bert-"); ok {
		u := open(t, filepath.Join(sharedDir(t), "models/jnlpba-dense"))
		if rest == "uncased" {
			return u
		}
		opts := BERT(false)
		if rest == "cased-strip" {
			yes := true
			opts.StripAccents = &yes
		}
		c, err := New(u.vocab(), opts)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if d != nil {
		if o, ok := d.Options[name]; ok {
			opts := BERT(o.Lower)
			opts.StripAccents, opts.CleanText, opts.HandleChineseChars = &o.Strip, o.Clean, o.CJK
			c, err := New(open(t, "testdata/small").vocab(), opts)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
	}
	return open(t, filepath.Join("testdata", name))
}

type nastyCase struct {
	Text  *string
	Words []string
	Want  map[string][]int32
}

func (c *nastyCase) UnmarshalJSON(data []byte) error {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(data, &m); err != nil {
		return err
	}
	c.Want = map[string][]int32{}
	for k, v := range m {
		var err error
		switch k {
		case "text":
			err = json.Unmarshal(v, &c.Text)
		case "words":
			err = json.Unmarshal(v, &c.Words)
		default:
			var want []int32
			err = json.Unmarshal(v, &want)
			c.Want[k] = want
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *nastyCase) encode(t *Tokenizer, e *Encoding) error {
	if c.Text != nil {
		return t.Encode(e, *c.Text)
	}
	return t.EncodeWords(e, c.Words)
}

func describe(t *Tokenizer, rows []int32) string {
	var b strings.Builder
	for i := 0; i+3 < len(rows); i += 4 {
		fmt.Fprintf(&b, " %s[%d:%d]w%d", t.Piece(rows[i]), rows[i+1], rows[i+2], rows[i+3])
	}
	return b.String()
}

func rows(e *Encoding) []int32 {
	var r []int32
	for i := 1; i < e.Len()-1; i++ {
		r = append(r, e.IDs[i], e.Start[i], e.End[i], e.Word[i])
	}
	return r
}

func equal(a, b []int32) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestNasty(t *testing.T) {
	var cases []nastyCase
	readJSON(t, "testdata/nasty.json", &cases)
	for _, name := range []string{"small", "small-cased", "added", "bert-uncased", "bert-cased", "bert-cased-strip"} {
		t.Run(name, func(t *testing.T) {
			tok := definition(t, name, nil)
			var e Encoding
			for _, c := range cases {
				if err := c.encode(tok, &e); err != nil {
					t.Fatal(err)
				}
				if got := rows(&e); !equal(got, c.Want[name]) {
					text := fmt.Sprintf("%+q", c.Words)
					if c.Text != nil {
						text = fmt.Sprintf("%+q", *c.Text)
					}
					t.Errorf("%.200s\n got %.600s\nwant %.600s", text, describe(tok, got), describe(tok, c.Want[name]))
				}
			}
		})
	}
}

// chunks hashes what it is given, so many records a hash.
type chunks struct {
	size, count int
	hash        hash.Hash
	out         []string
	buf         []byte
}

func newChunks(size int) *chunks { return &chunks{size: size, hash: sha256.New()} }

func (c *chunks) add(e *Encoding, more string) {
	b := binary.LittleEndian.AppendUint32(c.buf[:0], uint32(e.Len()))
	for _, col := range [][]int32{e.IDs, e.Start, e.End, e.Word} {
		for _, v := range col {
			b = binary.LittleEndian.AppendUint32(b, uint32(v))
		}
	}
	c.buf = append(b, more...)
	c.hash.Write(c.buf)
	if c.count++; c.count == c.size {
		c.close()
	}
}

func (c *chunks) close() {
	if c.count > 0 {
		c.out = append(c.out, hex.EncodeToString(c.hash.Sum(nil)[:4]))
	}
	c.count = 0
	c.hash.Reset()
}

// compare reports the first chunk that differs.
func (c *chunks) compare(t *testing.T, want string) {
	t.Helper()
	c.close()
	w := strings.Fields(want)
	if len(w) == 0 || len(w) != len(c.out) {
		t.Errorf("%d chunks, want %d", len(c.out), len(w))
		return
	}
	bad, first := 0, -1
	for i := range w {
		if w[i] != c.out[i] {
			if bad++; first < 0 {
				first = i
			}
		}
	}
	if bad > 0 {
		t.Errorf("%d of %d chunks of %d differ from HF, the first is number %d, from record %d on", bad, len(w), c.size, first, first*c.size)
	}
}

// splitMix is the generator of make_golden.py.
type splitMix uint64

func (s *splitMix) below(n int) int {
	*s += 0x9e3779b97f4a7c15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return int((z ^ z>>31) % uint64(n))
}

func (d *digests) strings() []string {
	r := splitMix(d.Seed)
	out := make([]string, d.Count)
	for i := range out {
		var b strings.Builder
		for range r.below(24) {
			if k := r.below(len(d.Pools) + 4); k >= len(d.Pools) {
				b.WriteString(d.Bits[r.below(len(d.Bits))])
			} else {
				lo, hi := d.Pools[k][0], d.Pools[k][1]
				b.WriteRune(lo + rune(r.below(int(hi-lo)+1)))
			}
		}
		out[i] = b.String()
	}
	return out
}

func TestRandom(t *testing.T) {
	var d digests
	readJSON(t, "testdata/digests.json", &d)
	texts := d.strings()
	for name, want := range d.Random {
		t.Run(name, func(t *testing.T) {
			tok := definition(t, name, &d)
			c := newChunks(100)
			var e Encoding
			for _, s := range texts {
				if err := tok.Encode(&e, s); err != nil {
					t.Fatalf("%+q: %v", s, err)
				}
				c.add(&e, "")
			}
			c.compare(t, want)
		})
	}
}

// TestPoints encodes and normalizes every code point there is.
func TestPoints(t *testing.T) {
	if testing.Short() {
		t.Skip("some seconds")
	}
	var d digests
	readJSON(t, "testdata/digests.json", &d)
	for name, want := range d.Points {
		if name != "small" && os.Getenv("SPARSEBIO_SHARED") == "" {
			continue // the full set belongs to the full run
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tok := definition(t, name, &d)
			c := newChunks(16384)
			var e Encoding
			var n scratch
			for r := rune(0); r <= utf8.MaxRune; r++ {
				if !utf8.ValidRune(r) {
					continue
				}
				x := string(r)
				s := x + " a" + x + "B a\u0301" + x + "\u0316" + x
				if err := tok.Encode(&e, s); err != nil {
					t.Fatalf("%+q: %v", s, err)
				}
				c.add(&e, tok.normalize(&n, s)+"\x00")
			}
			c.compare(t, want)
		})
	}
}

func lines(t testing.TB, path string) []string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	s := bufio.NewScanner(z)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		out = append(out, s.Text())
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// jnlpba returns the sentences of the corpus, train and then devel, as words.
func jnlpba(t testing.TB, dir string) [][]string {
	var out [][]string
	for _, part := range []string{"train", "devel"} {
		var words []string
		for _, line := range append(lines(t, filepath.Join(dir, "corpora/jnlpba/mtl", part+".tsv.gz")), "") {
			word, _, _ := strings.Cut(line, "\t")
			switch {
			case word != "" && word != "-DOCSTART-":
				words = append(words, word)
			case words != nil:
				out = append(out, words)
				words = nil
			}
		}
	}
	return out
}

func corpus(t testing.TB, dir, name string) []string {
	var out []string
	switch name {
	case "jnlpba":
		for _, words := range jnlpba(t, dir) {
			out = append(out, strings.Join(words, " "))
		}
	case "bc2gm":
		for _, line := range lines(t, filepath.Join(dir, "corpora/bc2gm/original/train.in.gz")) {
			_, text, _ := strings.Cut(line, " ")
			out = append(out, text)
		}
	case "arxiv-qbio":
		for _, line := range lines(t, filepath.Join(dir, "corpora/arxiv-qbio/qbio.jsonl.gz")) {
			var r struct{ Title, Abstract string }
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatal(err)
			}
			out = append(out, r.Title, r.Abstract)
		}
	}
	return out
}

func TestCorpora(t *testing.T) {
	dir := sharedDir(t)
	var d digests
	readJSON(t, "testdata/digests.json", &d)
	for name, byCorpus := range d.Corpora {
		tok := definition(t, name, &d)
		for c, want := range byCorpus {
			t.Run(name+"/"+c, func(t *testing.T) {
				h := newChunks(100)
				var e Encoding
				n := 0
				if c == "jnlpba-words" {
					for _, words := range jnlpba(t, dir) {
						if err := tok.EncodeWords(&e, words); err != nil {
							t.Fatal(err)
						}
						h.add(&e, "")
						n++
					}
				} else {
					for _, text := range corpus(t, dir, c) {
						if err := tok.Encode(&e, text); err != nil {
							t.Fatal(err)
						}
						h.add(&e, "")
						n++
					}
				}
				if n != d.Sizes[c] {
					t.Errorf("%d texts, want %d", n, d.Sizes[c])
				}
				h.compare(t, want)
			})
		}
	}
}
