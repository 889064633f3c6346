package corpus

import (
	"cmp"
	"fmt"
	"sort"
	"unicode/utf8"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// runeLen returns the length of the first character of s in bytes.
func runeLen(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}

// charOffsets appends the byte offset of each character of text, and its length.
func charOffsets(dst []int, text string) []int {
	for i := range text {
		dst = append(dst, i)
	}
	return append(dst, len(text))
}

// charSpan turns half-open character offsets into bytes; chars are those of charOffsets.
func charSpan(chars []int, start, end int) (annot.Span, error) {
	if start < 0 || end <= start || end >= len(chars) {
		return annot.Span{}, fmt.Errorf("characters %d to %d of a text of %d", start, end, len(chars)-1)
	}
	return annot.Span{Start: chars[start], End: chars[end]}, nil
}

// evidence returns the sentences of a document from the one that a begins in to the one that b
// ends in; spans are those of all its sentences, in order.
func evidence(spans []annot.Span, a, b annot.Span) annot.Span {
	s := annot.Span{Start: min(a.Start, b.Start), End: max(a.End, b.End)}
	first := sort.Search(len(spans), func(i int) bool { return spans[i].End > s.Start })
	last := sort.Search(len(spans), func(i int) bool { return spans[i].Start >= s.End }) - 1
	if first <= last {
		s.Start, s.End = min(s.Start, spans[first].Start), max(s.End, spans[last].End)
	}
	return s
}

// byPosition orders entities as annot.Document does.
func byPosition(a, b annot.Entity) int {
	return cmp.Or(a.Start-b.Start, b.End-a.End)
}

// relationsByPosition orders relations as annot.Document does.
func relationsByPosition(a, b annot.Relation) int {
	return cmp.Or(a.Source.Start-b.Source.Start, a.Target.Start-b.Target.Start)
}
