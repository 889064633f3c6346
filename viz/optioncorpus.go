package viz

import (
	"fmt"
	"strings"
)

// WithNames draws these things, by any of their spellings, in place of those mentioned most: in CoOccurrence and in Timeline.
// Capitals do not count. A name that nothing has is an error of the view.
func WithNames(names ...string) Option {
	return func(c *config) error {
		for _, n := range names {
			if strings.TrimSpace(n) == "" {
				return fmt.Errorf("viz: WithNames(%q), want names", names)
			}
		}
		c.names = append(c.names, names...)
		return c.only("WithNames", "CoOccurrence", "Timeline")
	}
}

// WithUnit says what the figures of Lengths count: "words" unless set, "tokens" for what a model reads.
func WithUnit(unit string) Option {
	return func(c *config) error {
		if c.unit = oneLine(unit); c.unit == "" {
			return fmt.Errorf("viz: WithUnit(%q), want a word", unit)
		}
		return c.only("WithUnit", "Lengths")
	}
}

// A lengthMark is a length that is marked in a histogram.
type lengthMark struct {
	at    int
	label string
}

// WithMark marks a length in Lengths, such as the 512 tokens that a BERT model takes at a time, and says how many texts are longer.
// length must be at least 1.
func WithMark(length int, label string) Option {
	return func(c *config) error {
		if length < 1 {
			return fmt.Errorf("viz: WithMark(%d), want at least 1", length)
		}
		c.mark = lengthMark{length, oneLine(label)}
		return c.only("WithMark", "Lengths")
	}
}

// WithMinCount sets from how many units on CoOccurrence shows how far two things are from chance, 3 unless set: below, the
// figure means little.
func WithMinCount(n int) Option {
	return func(c *config) error {
		if n < 1 {
			return fmt.Errorf("viz: WithMinCount(%d), want at least 1", n)
		}
		c.minCount = n
		return c.only("WithMinCount", "CoOccurrence")
	}
}
