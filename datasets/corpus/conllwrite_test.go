package corpus

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

func TestTokens(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "",
		" \n":                    "",
		"NF-κB (p65)":            "NF - κB ( p65 )",
		"cafe\u0301s, 🧬🧫":        "cafe\u0301s , 🧬 🧫",
		"a\u00a0b\u2028c\u200bd": "a b c \u200b d",
		"1.5 \u0301x":            "1 . 5 \u0301x",
		"\xffa":                  "\xff a",
	} {
		var got []string
		for _, s := range Tokens(in) {
			got = append(got, in[s.Start:s.End])
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// spansOf returns the entities of sentences that WriteCoNLL wrote of a text.
func spansOf(t *testing.T, text string, sentences []Sentence) []annot.Entity {
	t.Helper()
	tokens := Tokens(text)
	var out []annot.Entity
	for _, s := range sentences {
		for i, tag := range s.Tags {
			at := tokens[0]
			tokens = tokens[1:]
			if text[at.Start:at.End] != s.Tokens[i] {
				t.Fatalf("%q: word %q, want %q", text, s.Tokens[i], text[at.Start:at.End])
			}
			switch {
			case strings.HasPrefix(tag, "B-"):
				out = append(out, annot.Entity{Type: tag[2:], Start: at.Start, End: at.End})
			case strings.HasPrefix(tag, "I-"):
				out[len(out)-1].End = at.End
			}
		}
	}
	if len(tokens) > 0 {
		t.Fatalf("%q: %d words are missing", text, len(tokens))
	}
	for i := range out {
		out[i].Text, out[i].Score = text[out[i].Start:out[i].End], 1
	}
	return out
}

func TestWriteCoNLL(t *testing.T) {
	text := "TNF-α binds p65. It\tfell."
	docs := []annot.Document{
		{ID: "95369245", Text: text, Entities: []annot.Entity{{Type: "protein", Start: 0, End: 6}, {Type: "protein", Start: 13, End: 16}}},
		{Text: "x"},
	}
	var b strings.Builder
	if err := WriteCoNLL(&b, docs); err != nil {
		t.Fatal(err)
	}
	want := "###MEDLINE:95369245\n\nTNF\tB-protein\n-\tI-protein\nα\tI-protein\nbinds\tO\np65\tB-protein\n.\tO\n\nIt\tO\nfell\tO\n.\tO\n\n-DOCSTART-\tO\n\nx\tO\n\n"
	if b.String() != want {
		t.Errorf("got\n%s, want\n%s", b.String(), want)
	}
	for _, tt := range []struct {
		want string
		doc  annot.Document
	}{
		{`the entity "TN" at byte 0 begins or ends within a word, or with white space (Widen makes it fit)`, annot.Document{Text: text, Entities: []annot.Entity{{Type: "p", Start: 0, End: 2}}}},
		{`the entity " binds" at byte 6 begins or ends`, annot.Document{Text: text, Entities: []annot.Entity{{Type: "p", Start: 6, End: 12}}}},
		{`the entity " " at byte 6 begins or ends`, annot.Document{Text: text, Entities: []annot.Entity{{Type: "p", Start: 6, End: 7}}}},
		{`the entity "TNF" at byte 0 overlaps another (Flatten keeps the longest)`, annot.Document{Text: text, Entities: []annot.Entity{{Type: "p", Start: 0, End: 6}, {Type: "p", Start: 0, End: 3}}}},
		{`the type "a b" is empty or has white space`, annot.Document{Text: text, Entities: []annot.Entity{{Type: "a b", Start: 0, End: 3}}}},
		{"line break", annot.Document{ID: "a\nb"}}, {"white space around it", annot.Document{ID: " a"}},
		{"not UTF-8", annot.Document{Text: "\xff"}}, {"cut a character", annot.Document{Text: "α", Entities: []annot.Entity{{Type: "p", End: 1}}}},
		{"a word of 65536 bytes at byte 0", annot.Document{Text: strings.Repeat("x", maxWord)}},
	} {
		if err := WriteCoNLL(&b, []annot.Document{tt.doc}); err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "corpus: CoNLL: document 0 (") {
			t.Errorf("error %v, want %s", err, tt.want)
		}
	}
}

// What is written and read has the same entities where they fit, and any document fits when it is widened and flattened.
func TestCoNLLRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	written := 0
	for range 400 {
		d := randomSpec(rng).build(t).Document
		var b bytes.Buffer
		fits := WriteCoNLL(&b, []annot.Document{d}) == nil
		if !fits {
			d = Flatten(Widen(d))
			b.Reset()
			if err := WriteCoNLL(&b, []annot.Document{d}); err != nil {
				t.Fatal(err)
			}
		} else if len(d.Entities) > 0 {
			written++
		}
		got, err := ReadCoNLL(bytes.NewReader(b.Bytes()))
		if err != nil {
			t.Fatalf("%v in\n%s", err, b.String())
		}
		if got[0].Document != d.ID {
			t.Fatalf("document %q, want %q", got[0].Document, d.ID)
		}
		if entities := spansOf(t, d.Text, got); !slices.Equal(entities, d.Entities) {
			t.Fatalf("%q: entities\n%+v, want\n%+v", d.Text, entities, d.Entities)
		}
	}
	if written < 50 {
		t.Errorf("only %d documents fit", written)
	}
}

func TestWidenFlatten(t *testing.T) {
	text := "TNFalpha binds  it"
	e := func(start, end int, score float64) annot.Entity {
		return annot.Entity{Type: "p", Start: start, End: end, Text: text[start:end], Score: score}
	}
	d := annot.Document{Text: text, Entities: []annot.Entity{e(0, 3, 0.5), e(0, 2, 0.75), e(2, 10, 1), e(8, 9, 1), e(13, 16, 1)}}
	wide := Widen(d)
	if want := []annot.Entity{e(0, 14, 1), e(0, 8, 0.75), e(9, 14, 1)}; !reflect.DeepEqual(wide.Entities, want) {
		t.Errorf("Widen: %+v, want %+v", wide.Entities, want)
	}
	if d.Entities[0].End != 3 {
		t.Error("Widen changes what it is given")
	}
	if flat := Flatten(wide); !reflect.DeepEqual(flat.Entities, []annot.Entity{e(0, 14, 1)}) {
		t.Errorf("Flatten: %+v", flat.Entities)
	}
	d.Entities = []annot.Entity{e(0, 8, 0.5), {Type: "q", Start: 0, End: 8, Score: 0.75}, e(3, 9, 1), e(9, 14, 1), e(16, 18, 0), e(16, 18, 1)}
	if flat := Flatten(d); !reflect.DeepEqual(flat.Entities, []annot.Entity{d.Entities[1], d.Entities[3], d.Entities[5]}) {
		t.Errorf("Flatten: %+v", flat.Entities)
	}
}

func FuzzWriteCoNLL(f *testing.F) {
	f.Add("TNF-α binds. It fell", 0, 6, 3, 9)
	f.Add("\ufeffa\u0301\u200b b", 0, 3, 2, 8)
	f.Fuzz(func(t *testing.T, text string, a, b, c, d int) {
		doc := annot.Document{Text: text, Entities: []annot.Entity{{Type: "x", Start: a, End: b}, {Type: "y", Start: c, End: d}}}
		if doc.Check() != nil {
			doc.Entities = nil
		}
		doc = Flatten(Widen(doc))
		var out bytes.Buffer
		if WriteCoNLL(&out, []annot.Document{doc}) != nil {
			return
		}
		sentences, err := ReadCoNLL(bytes.NewReader(out.Bytes()))
		if err != nil {
			if len(Tokens(text)) == 0 {
				return
			}
			t.Fatalf("%q: %v in %q", text, err, out.String())
		}
		for i, e := range spansOf(t, text, sentences) {
			if e.Span() != doc.Entities[i].Span() || e.Type != doc.Entities[i].Type {
				t.Fatalf("%q: %+v, want %+v", text, e, doc.Entities[i])
			}
		}
	})
}
