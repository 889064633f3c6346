package annot

import (
	"slices"
	"strings"
	"testing"
)

func TestDocumentSentences(t *testing.T) {
	text := "It binds p53. Cells die."
	for _, c := range []struct {
		name     string
		entities []Entity
		want     []Span
	}{
		{"none", nil, []Span{{0, 13}, {14, 24}}},
		{"within", []Entity{{Start: 9, End: 12}}, []Span{{0, 13}, {14, 24}}},
		{"over a border, unsorted", []Entity{{Start: 20, End: 23}, {Start: 9, End: 19}}, []Span{{0, 24}}},
		{"not in the text", []Entity{{Start: 9, End: 99}, {Start: 5, End: 5}, {Start: -1, End: 20}}, []Span{{0, 13}, {14, 24}}},
	} {
		if got := (Document{Text: text, Entities: c.entities}).Sentences(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestDocumentCheck(t *testing.T) {
	text := "α-actin"
	for _, c := range []struct {
		start, end int
		want       string // part of the error, none if empty
	}{
		{0, 2, ""}, {0, 8, ""}, {2, 3, ""},
		{0, 9, "of a text of 8"}, {3, 3, "bytes 3 to 3"}, {4, 2, "bytes 4 to 2"}, {-1, 2, "bytes -1 to 2"},
		{1, 4, "cut a character"}, {0, 1, "cut a character"},
	} {
		err := Document{Text: text, Entities: []Entity{{Start: c.start, End: c.end, Text: "x"}}}.Check()
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%d to %d: %v", c.start, c.end, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "entity 0")):
			t.Errorf("%d to %d: %v, want %q", c.start, c.end, err, c.want)
		}
	}
}
