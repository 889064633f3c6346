package token

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

func ExampleTokenizer_Encode() {
	t, err := Open("testdata/small")
	if err != nil {
		fmt.Println(err)
		return
	}
	text := "NF-κB binds proteins"
	var e Encoding
	if err := t.Encode(&e, text); err != nil {
		fmt.Println(err)
		return
	}
	for i, id := range e.IDs {
		fmt.Printf("%-8s word %2d %q\n", t.Piece(id), e.Word[i], text[e.Start[i]:e.End[i]])
	}
	// Output:
	// [CLS]    word -1 ""
	// nf       word  0 "NF"
	// -        word  1 "-"
	// κ        word  2 "κ"
	// ##b      word  2 "B"
	// binds    word  3 "binds"
	// proteins word  4 "proteins"
	// [SEP]    word -1 ""
}

func TestASCIIFlags(t *testing.T) {
	for c := range byte(0x80) {
		if got, want := asciiFlags(c), runes().get(rune(c)).flags; got != want {
			t.Errorf("asciiFlags(%#x) = %#x, the table has %#x", c, got, want)
		}
	}
}

func TestInvalidUTF8(t *testing.T) {
	tok := open(t, "testdata/small")
	for _, c := range []struct {
		text string
		at   int
	}{
		{"\xff", 0}, {"gene activation: \xce", 17}, {"a\xc3(", 1}, {"\xed\xa0\x80", 0}, {"é\xf4\x90\x80\x80", 2},
	} {
		e := Encoding{IDs: []int32{1}}
		err := tok.Encode(&e, c.text)
		want := fmt.Sprintf("token: invalid UTF-8 at byte %d (convert the text to UTF-8)", c.at)
		if err == nil || err.Error() != want || e.Len() != 0 {
			t.Errorf("Encode(%q) = %v with %d pieces, want %q", c.text, err, e.Len(), want)
		}
		err = tok.EncodeWords(&e, []string{"a", c.text})
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("word 1: invalid UTF-8 at byte %d ", c.at)) {
			t.Errorf("EncodeWords(%q) = %v", c.text, err)
		}
	}
}

// TestLong encodes texts of 2 MB that tempt an implementation into quadratic time: then it would not end
// before the time limit of go test.
func TestLong(t *testing.T) {
	const size = 2 << 20
	for name, units := range map[string][]string{
		"small": {"a", "é", "中", "\u0301", "e\u0301", "\u0316\u0301", "\U0001d165\u0301\u0316", "한", "\u200b", " ", ".", "[SEP]", "[", "ab\u200b"},
		"added": {"a", "\u0316\u0301", "@GENE", "gene "},
	} {
		tok := open(t, filepath.Join("testdata", name))
		for _, unit := range units {
			text := strings.Repeat(unit, size/len(unit))
			var e Encoding
			if err := tok.Encode(&e, text); err != nil {
				t.Fatal(err)
			}
			checkInvariants(t, tok, &e, text)
		}
	}
}

func checkInvariants(t *testing.T, tok *Tokenizer, e *Encoding, text string) {
	t.Helper()
	n := e.Len()
	if n != len(e.Start) || n != len(e.End) || n != len(e.Word) || n < tok.Overhead() {
		t.Fatalf("%+q: columns of %d, %d, %d, %d", text, n, len(e.Start), len(e.End), len(e.Word))
	}
	boundary := func(i int32) bool { return int(i) == len(text) || utf8.RuneStart(text[i]) }
	last, word := int32(0), int32(-1)
	for i := range n {
		id, s, f := e.IDs[i], e.Start[i], e.End[i]
		if id < 0 || int(id) >= tok.VocabSize() || tok.Piece(id) == "" {
			t.Fatalf("%.100q: id %d of %d", text, id, tok.VocabSize())
		}
		if i < len(tok.before) || i >= n-len(tok.after) {
			if s != 0 || f != 0 || e.Word[i] != -1 {
				t.Fatalf("%.100q: %s has %d:%d, word %d", text, tok.Piece(id), s, f, e.Word[i])
			}
			continue
		}
		if s < last || f <= s || int(f) > len(text) || !boundary(s) || !boundary(f) {
			t.Fatalf("%.100q: piece %d (%s) at %d:%d after %d", text, i, tok.Piece(id), s, f, last)
		}
		if e.Word[i] != word && e.Word[i] != word+1 {
			t.Fatalf("%.100q: word %d after %d", text, e.Word[i], word)
		}
		last, word = s, e.Word[i]
	}
}

func FuzzEncode(f *testing.F) {
	for _, s := range []string{"", "IL-1β binds", "a\u0301\u0316\U0001d165b", "한국어中", "x [SEP] @GENE$ café au lait", "\u200b\u0344", "\xff"} {
		f.Add(s)
	}
	var toks []*Tokenizer
	for _, name := range []string{"small", "small-cased", "added"} {
		tok := open(f, filepath.Join("testdata", name))
		toks = append(toks, tok)
	}
	var e Encoding
	f.Fuzz(func(t *testing.T, text string) {
		for _, tok := range toks {
			err := tok.Encode(&e, text)
			if (err == nil) != utf8.ValidString(text) {
				t.Fatalf("%q: %v", text, err)
			}
			if err != nil {
				continue
			}
			checkInvariants(t, tok, &e, text)
			if err := tok.EncodeWords(&e, []string{text}); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestPrefix: what is before a blank does not depend on what comes after it.
func TestPrefix(t *testing.T) {
	var d digests
	readJSON(t, "testdata/digests.json", &d)
	tok := open(t, "testdata/small")
	var a, b Encoding
	texts := d.strings()[:500]
	for i := range texts[1:] {
		if strings.Contains(texts[i+1], "[") || strings.Contains(texts[i], "[") {
			continue
		}
		if err := errors.Join(tok.Encode(&a, texts[i]), tok.Encode(&b, texts[i]+" "+texts[i+1])); err != nil {
			t.Fatal(err)
		}
		n := a.Len() - 1
		if !slices.Equal(a.IDs[:n], b.IDs[:n]) || !slices.Equal(a.Start[:n], b.Start[:n]) || !slices.Equal(a.End[:n], b.End[:n]) {
			t.Errorf("%+q changes before %+q", texts[i], texts[i+1])
		}
	}
}

func TestConcurrent(t *testing.T) {
	tok := open(t, "testdata/added")
	text := strings.Repeat("Interleukin IL-2 café β [SEP] 日本 @GENE$ x ", 20)
	var want Encoding
	if err := tok.Encode(&want, text); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			var e Encoding
			for range 20 {
				if err := tok.Encode(&e, text); err != nil || !slices.Equal(e.IDs, want.IDs) || !slices.Equal(e.End, want.End) {
					t.Error("differs", err)
				}
			}
		})
	}
	wg.Wait()
}

func TestNoAllocation(t *testing.T) {
	tok := open(t, "testdata/small")
	text := "The NF-κB receptor kinase, naïve phosphorylation of proteins. "
	var e Encoding
	if n := testing.AllocsPerRun(50, func() {
		if err := tok.Encode(&e, text); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a text", n)
	}
}

func TestNewErrors(t *testing.T) {
	base := []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a"}
	with := func(edit func(*Options)) Options {
		o := BERT(true)
		edit(&o)
		return o
	}
	for _, c := range []struct {
		name  string
		vocab []string
		opts  Options
		want  string
	}{
		{"empty", nil, BERT(true), "empty vocabulary"},
		{"holes only", []string{"", ""}, BERT(true), "empty vocabulary"},
		{"no unknown", []string{"[CLS]", "[SEP]", "[PAD]", "[MASK]"}, BERT(true), `"[UNK]" is not in the vocabulary`},
		{"bad UTF-8", append(slices.Clone(base), "\xff"), BERT(true), "piece 6 is not UTF-8"},
		{"NUL", append(slices.Clone(base), "a\x00"), BERT(true), "piece 6 is not UTF-8 text"},
		{"negative limit", base, with(func(o *Options) { o.MaxInputCharsPerWord = -1 }), "-1 is negative"},
		{"unknown frame", base, with(func(o *Options) { o.After = []string{"</s>"} }), `"</s>" is not in the vocabulary`},
		{"added in a hole", append(slices.Clone(base), "", "b"), with(func(o *Options) { o.Added = append(o.Added, AddedToken{Content: "zz"}) }), "holes or repeats"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := New(c.vocab, c.opts)
			if err == nil || !strings.HasPrefix(err.Error(), "token: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want ... %s", err, c.want)
			}
		})
	}
}

func TestNewDetails(t *testing.T) {
	vocab := []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "a", "##b", "##"}
	opts := BERT(true)
	tok, err := New(vocab, opts)
	if err != nil {
		t.Fatal(err)
	}
	var e Encoding
	if err := tok.Encode(&e, "ab"); err != nil || !slices.Equal(e.IDs, []int32{2, 6, 7, 3}) {
		t.Errorf("repeated piece: %v %v, want the last one to count", e.IDs, err)
	}
	for i, p := range vocab[7:] {
		if id, ok := tok.ID(p); !ok || int(id) != 7+i || tok.Piece(id) != p {
			t.Errorf("ID(%q) = %d, %v", p, id, ok)
		}
	}
	if _, ok := tok.ID("nothing"); ok || tok.Piece(-1) != "" || tok.Piece(99) != "" || !tok.Continues(7) || tok.Continues(6) {
		t.Error("unknown pieces or continuation")
	}
	opts.Added = append(opts.Added, AddedToken{Content: "@X$"})
	if tok, err = New(append(vocab[:6:6], "##b"), opts); err != nil {
		t.Fatal(err)
	}
	if err := tok.Encode(&e, "a@X$"); err != nil || !slices.Equal(e.IDs, []int32{2, 5, 7, 3}) || tok.VocabSize() != 8 || tok.Piece(7) != "@X$" {
		t.Errorf("new token: %v %v", e.IDs, err)
	}
}

func TestBinary(t *testing.T) {
	for _, name := range []string{"small", "small-cased", "added"} {
		tok := open(t, filepath.Join("testdata", name))
		data, err := tok.AppendBinary([]byte("before"))
		if err != nil {
			t.Fatal(err)
		}
		data = data[len("before"):]
		again, err := OpenBinary(data)
		if err != nil {
			t.Fatal(err)
		}
		second, err := again.AppendBinary(nil)
		if err != nil || !bytes.Equal(data, second) {
			t.Errorf("%s: another form after reading it back (%v)", name, err)
		}
		var d digests
		readJSON(t, "testdata/digests.json", &d)
		var a, b Encoding
		for _, s := range d.strings()[:300] {
			if err := errors.Join(tok.Encode(&a, s), again.Encode(&b, s)); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(a.IDs, b.IDs) || !slices.Equal(a.Start, b.Start) || !slices.Equal(a.End, b.End) {
				t.Errorf("%s: %+q differs", name, s)
			}
		}
		for n := range len(data) {
			if _, err := OpenBinary(data[:n]); err == nil {
				t.Fatalf("%s: accepted %d of %d bytes", name, n, len(data))
			}
		}
		for i := 0; i < len(data); i += 7 {
			bad := bytes.Clone(data)
			bad[i] ^= 0x41
			if _, err := OpenBinary(bad); err == nil {
				t.Fatalf("%s: accepted a changed byte %d", name, i)
			}
		}
	}
}

// FuzzOpenBinary gives broken data a right checksum, so that the checks behind
// it are reached, and encodes with whatever is accepted.
func FuzzOpenBinary(f *testing.F) {
	tok := open(f, "testdata/added")
	data, err := tok.AppendBinary(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(16, byte(1), 5000, byte(200))
	f.Add(len(data)-9, byte(255), 40, byte(3))
	f.Fuzz(func(t *testing.T, i int, x byte, j int, y byte) {
		bad := bytes.Clone(data)
		bad[16+uint(i)%uint(len(bad)-16)] ^= x
		bad[16+uint(j)%uint(len(bad)-16)] ^= y
		seal(bad)
		got, err := OpenBinary(bad)
		if err != nil {
			return
		}
		var e Encoding
		if err := got.Encode(&e, "The Interleukin genes [SEP] of café NF-κB 日本 phosphorylation"); err != nil {
			t.Fatal(err)
		}
		for _, id := range e.IDs {
			if id < 0 || int(id) >= got.VocabSize() {
				t.Fatalf("id %d of %d", id, got.VocabSize())
			}
		}
	})
}

func TestOpenErrors(t *testing.T) {
	good, err := os.ReadFile("testdata/small/tokenizer.json")
	if err != nil {
		t.Fatal(err)
	}
	change := func(from, to string) string {
		if !strings.Contains(string(good), from) {
			t.Fatalf("no %s in the definition", from)
		}
		return strings.Replace(string(good), from, to, 1)
	}
	const vocab = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n"
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"nothing", nil, "neither tokenizer.json nor vocab.txt"},
		{"empty json", map[string]string{"tokenizer.json": ""}, "empty file"},
		{"truncated", map[string]string{"tokenizer.json": string(good[:3000])}, "truncated? download it again"},
		{"not UTF-8", map[string]string{"tokenizer.json": "{\"\xff\": 1}"}, "not UTF-8"},
		{"null", map[string]string{"tokenizer.json": "null"}, "no model"},
		{"array", map[string]string{"tokenizer.json": "[]"}, "not a tokenizer definition"},
		{"BPE", map[string]string{"tokenizer.json": `{"model": {"type": "BPE", "vocab": {}, "merges": []}}`}, `model type "BPE"`},
		{"Unigram", map[string]string{"tokenizer.json": `{"model": {"type": "Unigram", "vocab": []}}`}, `model type "Unigram"`},
		{"no type", map[string]string{"tokenizer.json": `{"model": {"merges": [], "vocab": {}}}`}, "one without a type"},
		{"normalizer", map[string]string{"tokenizer.json": change(`"BertNormalizer"`, `"Lowercase"`)}, `normalizer "Lowercase"`},
		{"no normalizer", map[string]string{"tokenizer.json": `{"model": {"type": "WordPiece", "vocab": {}}}`}, `normalizer "none"`},
		{"pre-tokenizer", map[string]string{"tokenizer.json": change(`"BertPreTokenizer"`, `"Whitespace"`)}, `pre-tokenizer "Whitespace"`},
		{"post-processor", map[string]string{"tokenizer.json": change(`"TemplateProcessing"`, `"ByteLevel"`)}, `post-processor "ByteLevel"`},
		{"template", map[string]string{"tokenizer.json": change(`"special_tokens":{"[CLS]"`, `"special_tokens":{"[X]"`)}, `"[CLS]", which special_tokens does not define`},
		{"vocab list", map[string]string{"tokenizer.json": change(`"vocab":{`, `"vocab":[],"x":{`)}, "no vocabulary"},
		{"vocab string ids", map[string]string{"tokenizer.json": change(`"[PAD]":0`, `"[PAD]":"0"`)}, "could not be read"},
		{"same id", map[string]string{"tokenizer.json": change(`"[UNK]":1`, `"[UNK]":0`)}, "have the same id 0"},
		{"negative id", map[string]string{"tokenizer.json": change(`"[PAD]":0`, `"[PAD]":-3`)}, "the id -3"},
		{"huge id", map[string]string{"tokenizer.json": change(`"[PAD]":0`, `"[PAD]":1e12`)}, "the id 1000000000000"},
		{"no unknown", map[string]string{"tokenizer.json": change(`"unk_token":"[UNK]"`, `"unk_token":"<unk>"`)}, `"<unk>" is not in the vocabulary`},
		{"limit", map[string]string{"tokenizer.json": change(`"max_input_chars_per_word":100`, `"max_input_chars_per_word":-1`)}, "max_input_chars_per_word -1"},
		{"empty vocab", map[string]string{"vocab.txt": ""}, "empty file"},
		{"blank vocab", map[string]string{"vocab.txt": "\n\n"}, "empty vocabulary"},
		{"no CLS", map[string]string{"vocab.txt": "[UNK]\n[SEP]\na\n"}, `"[CLS]" is not in the vocabulary`},
		{"long line", map[string]string{"vocab.txt": vocab + strings.Repeat("a", 70<<10)}, "line 7 has 71680 bytes"},
		{"bad config", map[string]string{"vocab.txt": vocab, "tokenizer_config.json": "{"}, "tokenizer_config.json"},
		{"other class", map[string]string{"vocab.txt": vocab, "tokenizer_config.json": `{"tokenizer_class": "RobertaTokenizer"}`}, `"RobertaTokenizer"`},
		{"new token", map[string]string{"vocab.txt": vocab, "tokenizer_config.json": `{"added_tokens_decoder": {"6": {"content": "@X$"}}}`}, `"@X$" is not in vocab.txt`},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range c.files {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			_, err := Open(dir)
			if err == nil || !strings.HasPrefix(err.Error(), "token: ") || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), dir) {
				t.Errorf("got %v, want ... %s", err, c.want)
			}
			if strings.Count(err.Error(), "token: ") != 1 || strings.Count(err.Error(), dir) != 1 {
				t.Errorf("repeats itself: %v", err)
			}
			if got := errors.Is(err, ErrNoTokenizer); got != (c.files == nil) {
				t.Errorf("errors.Is(ErrNoTokenizer) = %v", got)
			}
		})
	}
	if _, err := Open(filepath.Join(t.TempDir(), "absent")); !errors.Is(err, ErrNoTokenizer) {
		t.Errorf("absent folder: %v", err)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "tokenizer.json"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("folder for a file: %v", err)
	}
}

func TestNotes(t *testing.T) {
	tok := open(t, "testdata/small")
	if n := tok.Notes(); len(n) != 0 {
		t.Errorf("notes %q, want none", n)
	}
	text, err := os.ReadFile("testdata/small/tokenizer.json")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := strings.Replace(string(text), `"truncation":null,"padding":null`, `"truncation":{"direction":"Right","max_length":5,"strategy":"LongestFirst","stride":0},"padding":{"strategy":{"Fixed":9},"direction":"Right","pad_to_multiple_of":null,"pad_id":0,"pad_type_id":0,"pad_token":"[PAD]"}`, 1)
	if err := os.WriteFile(filepath.Join(dir, "tokenizer.json"), []byte(s), 0o644); err != nil {
		t.Fatal(err)
	}
	tok = open(t, dir)
	want := []string{"tokenizer.json asks to cut texts after 5 pieces: not obeyed", "tokenizer.json asks to pad texts: not obeyed"}
	if got := tok.Notes(); !slices.Equal(got, want) {
		t.Errorf("notes %q, want %q", got, want)
	}
	var e Encoding
	if err := tok.Encode(&e, "a b c d e f g h"); err != nil || e.Len() != 10 {
		t.Errorf("%d pieces (%v), want 10", e.Len(), err)
	}

	dir = t.TempDir()
	vocab, err := os.ReadFile("testdata/small-cased/vocab.txt")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "vocab.txt"), vocab, 0o644); err != nil {
		t.Fatal(err)
	}
	tok = open(t, dir)
	notes := strings.Join(tok.Notes(), "\n")
	if !tok.Options().Lowercase || !strings.Contains(notes, "no tokenizer_config.json") || !strings.Contains(notes, "do_lower_case") {
		t.Errorf("lower case %v, notes %q", tok.Options().Lowercase, notes)
	}
}
