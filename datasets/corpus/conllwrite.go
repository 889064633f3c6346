package corpus

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// Tokens splits a text into words as [WriteCoNLL] writes them: runs of letters, digits and the marks that combine with them, and every
// other character that is not white space by itself. "NF-κB (p65)" is NF, -, κB, (, p65 and ).
func Tokens(text string) []annot.Span {
	var out []annot.Span
	word := false // the last token may grow
	for i, r := range text {
		n := utf8.RuneLen(r)
		if r == utf8.RuneError {
			_, n = utf8.DecodeRuneInString(text[i:])
		}
		switch {
		case unicode.IsSpace(r):
			word = false
		case word && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)):
			out[len(out)-1].End = i + n
		default:
			word = unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
			out = append(out, annot.Span{Start: i, End: i + n})
		}
	}
	return out
}

// Widen returns the document with entities that begin or end within one of the [Tokens] reaching to its borders: of
// "TNFalpha", "TNF" becomes all of it. Entities that become equal are one, with the highest score. White space at their ends is
// left out, and an entity of nothing else. Relations and events are left as they are.
func Widen(d annot.Document) annot.Document {
	tokens := Tokens(d.Text)
	at := map[entityKey]int{}
	var out []annot.Entity
	for _, e := range d.Entities {
		first, last := tokensOf(tokens, e.Span())
		if first >= last {
			continue
		}
		e.Start, e.End = tokens[first].Start, tokens[last-1].End
		e.Text = d.Text[e.Start:e.End]
		if i, twice := at[keyOf(e)]; twice {
			out[i].Score = max(out[i].Score, e.Score)
			continue
		}
		at[keyOf(e)] = len(out)
		out = append(out, e)
	}
	slices.SortStableFunc(out, byPosition)
	d.Entities = out
	return d
}

// tokensOf returns the tokens that a span touches, from first to before last.
func tokensOf(tokens []annot.Span, s annot.Span) (first, last int) {
	first, _ = slices.BinarySearchFunc(tokens, s.Start+1, func(t annot.Span, at int) int { return t.End - at })
	last, _ = slices.BinarySearchFunc(tokens, s.End, func(t annot.Span, at int) int { return t.Start - at })
	return first, last
}

// Flatten returns the document without entities that overlap others: the longest stay, of equals the one with the higher score, then the
// first. Relations and events are left as they are.
func Flatten(d annot.Document) annot.Document {
	order := slices.Clone(d.Entities)
	slices.SortStableFunc(order, func(a, b annot.Entity) int {
		switch n := b.Span().Len() - a.Span().Len(); {
		case n != 0:
			return n
		case a.Score != b.Score && a.Score > b.Score:
			return -1
		case a.Score != b.Score:
			return 1
		}
		return byPosition(a, b)
	})
	var kept []annot.Entity // by position
	for _, e := range order {
		i, _ := slices.BinarySearchFunc(kept, e, byPosition)
		if (i == 0 || kept[i-1].End <= e.Start) && (i == len(kept) || kept[i].Start >= e.End) {
			kept = slices.Insert(kept, i, e)
		}
	}
	d.Entities = kept
	return d
}

// WriteCoNLL writes documents as words with IOB2 tags, which [ReadCoNLL] reads: a line "###MEDLINE:" with the ID for each document ("-DOCSTART-" and a tag for one without an
// ID), a line with word, tab, tag for each of the [Tokens], "B-type" for the first of an entity and "I-type" for others, and an empty line after each of the Document's Sentences.
//
// The entities are those of the document if each begins and ends where a token does and no two overlap. Others are an error, which
// says so: [Widen] and [Flatten] make such documents of any, and say what is lost. Types with white space, IDs with line breaks
// and texts that are not UTF-8 are errors, too. The format has no place for white space, titles, scores, relations, events
// and documents without a word.
func WriteCoNLL[D Writable](w io.Writer, docs []D) error {
	b := bufio.NewWriter(w)
	for i, d := range docs {
		s := asStandoff(d)
		err := checkCoNLL(s.Document)
		if err == nil {
			err = writeCoNLL(b, s.Document)
		}
		if err != nil {
			return fmt.Errorf("corpus: CoNLL: document %d (%q): %w", i, s.ID, err)
		}
	}
	return b.Flush()
}

func checkCoNLL(d annot.Document) error {
	switch {
	case !utf8.ValidString(d.Text) || !utf8.ValidString(d.ID):
		return errors.New("the text or identifier is not UTF-8")
	case strings.ContainsAny(d.ID, "\r\n") || strings.TrimSpace(d.ID) != d.ID:
		return errors.New("the identifier has a line break in it, or white space around it")
	}
	if err := d.Check(); err != nil {
		return err
	}
	for _, e := range d.Entities {
		if e.Type == "" || strings.ContainsFunc(e.Type, unicode.IsSpace) || !utf8.ValidString(e.Type) {
			return fmt.Errorf("the type %q is empty or has white space (write cell_type for cell type)", e.Type)
		}
	}
	return nil
}

func writeCoNLL(w *bufio.Writer, d annot.Document) error {
	tokens := Tokens(d.Text)
	tags := make([]string, len(tokens)) // empty for O
	for _, e := range d.Entities {
		first, last := tokensOf(tokens, e.Span())
		if first >= last || tokens[first].Start != e.Start || tokens[last-1].End != e.End {
			return fmt.Errorf("the entity %s at byte %d begins or ends within a word, or with white space (Widen makes it fit)", excerpt(d.Text[e.Start:e.End]), e.Start)
		}
		for k := first; k < last; k++ {
			if tags[k] != "" {
				return fmt.Errorf("the entity %s at byte %d overlaps another (Flatten keeps the longest)", excerpt(d.Text[e.Start:e.End]), e.Start)
			}
			tags[k] = "I-" + e.Type
		}
		tags[first] = "B-" + e.Type
	}
	if d.ID == "" {
		w.WriteString("-DOCSTART-\tO\n\n")
	} else {
		w.WriteString("###MEDLINE:" + d.ID + "\n\n")
	}
	k := 0
	for _, s := range d.Sentences() {
		for ; k < len(tokens) && tokens[k].Start < s.End; k++ {
			if n := tokens[k].Len() + len(tags[k]) + 2; n >= maxWord {
				return fmt.Errorf("a word of %d bytes at byte %d", tokens[k].Len(), tokens[k].Start)
			}
			w.WriteString(d.Text[tokens[k].Start:tokens[k].End])
			w.WriteByte('\t')
			if tags[k] == "" {
				w.WriteByte('O')
			}
			w.WriteString(tags[k])
			w.WriteByte('\n')
		}
		if _, err := w.WriteString("\n"); err != nil {
			return err
		}
	}
	return nil
}
