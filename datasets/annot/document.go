package annot

import (
	"cmp"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Sentences returns the sentences of the document's text, as [Sentences] finds them, joined where an
// entity reaches over a border. Entities that [Document.Check] refuses are not looked at.
func (d Document) Sentences() []Span {
	var all []mention
	for _, e := range d.Entities {
		if d.checkSpan(e.Span()) == nil {
			all = append(all, mention{Span: e.Span()})
		}
	}
	slices.SortFunc(all, func(a, b mention) int { return cmp.Compare(a.Start, b.Start) })
	return joinedSentences(d.Text, all)
}

// Check returns an error that names the first entity whose offsets do not fit the text: they must be in order, within
// the text and on the borders of characters.
func (d Document) Check() error {
	for i, e := range d.Entities {
		if err := d.checkSpan(e.Span()); err != nil {
			return fmt.Errorf("annot: entity %d (%.40q): %w", i, e.Text, err)
		}
	}
	return nil
}

func (d Document) checkSpan(s Span) error {
	switch {
	case s.Start < 0 || s.Start >= s.End || s.End > len(d.Text):
		return fmt.Errorf("bytes %d to %d of a text of %d", s.Start, s.End, len(d.Text))
	case !utf8.RuneStart(d.Text[s.Start]) || s.End < len(d.Text) && !utf8.RuneStart(d.Text[s.End]):
		return fmt.Errorf("bytes %d to %d cut a character (are the offsets counted in characters?)", s.Start, s.End)
	}
	return nil
}
