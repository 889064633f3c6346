package corpus

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// ReadSciBERT reads marked pairs in the form of SciBERT's data (Beltagy et al. 2019): a JSON object a line with
// the text, in which one mention stands between "<< " and " >>" and the other between "[[ " and " ]]", and
// the label. The pairs have no ID. A line without a text, a label or the two marks is a [*ParseError]; for a file
// without lines it wraps [ErrEmpty].
func ReadSciBERT(r io.Reader) ([]Pair, error) {
	var out []Pair
	n := 0
	err := eachLine(r, maxLine, func(line string) error {
		n++
		if strings.TrimSpace(line) == "" {
			return nil
		}
		var row struct{ Text, Label *string }
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			return err
		}
		switch {
		case row.Text == nil || *row.Text == "":
			return errors.New("no text")
		case row.Label == nil || *row.Label == "":
			return errors.New("no label")
		}
		p := Pair{Text: *row.Text, Label: *row.Label, Line: n}
		if marks := p.Marks(); len(marks) != 2 || marks[0].Sign == marks[1].Sign {
			return fmt.Errorf("want one mention in << >> and one in [[ ]] in %s", excerpt(p.Text))
		}
		out = append(out, p)
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case out == nil:
		return nil, empty("objects with text and label, one a line")
	}
	return out, nil
}

// A Mark is a mention that a [Pair] points out.
type Mark struct {
	// Sign is what marks it: "@GENE$", which stands in its place, or "<<" and "[[", which stand around it.
	Sign string
	// Span is the mention in the pair's Text; of a sign that stands in its place, the sign.
	annot.Span
}

// brackets are the signs of SciBERT, with the blanks within.
var brackets = []struct{ sign, open, end string }{{"<<", "<< ", " >>"}, {"[[", "[[ ", " ]]"}}

// Marks returns the mentions that are marked in the pair's text, in order.
func (p Pair) Marks() []Mark {
	var out []Mark
	for _, b := range brackets {
		from := 0
		for {
			i := strings.Index(p.Text[from:], b.open)
			if i < 0 {
				break
			}
			start := from + i + len(b.open)
			n := strings.Index(p.Text[start:], b.end)
			if n <= 0 {
				break
			}
			out = append(out, Mark{b.sign, annot.Span{Start: start, End: start + n}})
			from = start + n + len(b.end)
		}
	}
	for i := 0; i < len(p.Text); i++ {
		if p.Text[i] != '@' {
			continue
		}
		n := 1
		for i+n < len(p.Text) && (p.Text[i+n] >= 'A' && p.Text[i+n] <= 'Z' || p.Text[i+n] == '-') {
			n++
		}
		if n > 1 && i+n < len(p.Text) && p.Text[i+n] == '$' {
			out = append(out, Mark{p.Text[i : i+n+1], annot.Span{Start: i, End: i + n + 1}})
			i += n
		}
	}
	slices.SortStableFunc(out, func(a, b Mark) int { return a.Start - b.Start })
	return out
}
