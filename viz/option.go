package viz

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// An Option changes how a view looks. An option that is wrong, or that means
// nothing to the view it was given to, makes every method of the view return an
// error that says so.
type Option func(*config) error

type config struct {
	view          string // the function that makes the view: "Entities", "Relations" ...
	title         string
	limit         int
	colors        map[string]color
	width, height int
	nodeSize      NodeSize
	sentence      *int     // the only one that Arcs draws; nil for those with arcs
	sources       []string // types of nodes on the two sides of RelationMatrix and Sankey; nil for those found
	targets       []string

	types      map[string]bool // those that are wanted, in lower case; nil for all
	confidence bool
	model      string
	template   *entityTemplate
	pageSize   int
	sides      []string // names of the sides of a comparison; nil for gold and predicted
	names      []string // of the things that are wanted; nil for those mentioned most
	unit       string   // of lengths
	mark       lengthMark
	minCount   int
}

// chosenColor returns the colour that WithColors was given for the label: under this name, or else under one that differs in case only, the
// first in the alphabet if there are several.
func chosenColor(colors map[string]color, label string) (c color, ok bool) {
	if c, ok = colors[label]; ok {
		return c, true
	}
	first := ""
	for name := range colors {
		if strings.EqualFold(name, label) && (!ok || name < first) {
			first, ok = name, true
		}
	}
	return colors[first], ok
}

// newConfig applies options to the defaults of view.
func newConfig(view string, limit int, options []Option) (config, error) {
	c := config{view: view, limit: limit, width: 860, pageSize: defaultPage}
	var errs []error
	for _, o := range options {
		if err := o(&c); err != nil {
			errs = append(errs, err)
		}
	}
	return c, errors.Join(errs...)
}

// only refuses an option unless the view is one of those named.
func (c *config) only(option string, views ...string) error {
	if !slices.Contains(views, c.view) {
		return fmt.Errorf("viz: %s does not apply to %s", option, c.view)
	}
	return nil
}

// speedViews are the views of measurements.
var speedViews = []string{"Throughput", "Latency", "Curve", "Layers", "Roofline"}

// WithTitle sets the title above the view. Throughput's own title, which gives the
// speed-up, is replaced by it.
func WithTitle(title string) Option {
	return func(c *config) error { c.title = title; return nil }
}

// WithLimit draws the first n documents (Entities and Compare; default all), the n nodes
// with the most links (Relations; default 60), the first n sentences with relations (Arcs; default 10), on each side
// the n names in the most sentences (RelationMatrix; default 25, Sankey; default 15), the n things that are mentioned most
// (of each type in Frequencies; default 10) or that most sentences or documents mention (CoOccurrence and Timeline; defaults 20
// and 5). The view says how many more there are. n must be at least 1. Lengths and views of speed have no limit.
func WithLimit(n int) Option {
	return func(c *config) error {
		switch {
		case slices.Contains(speedViews, c.view), c.view == "Lengths":
			return fmt.Errorf("viz: WithLimit does not apply to %s", c.view)
		case n < 1:
			return fmt.Errorf("viz: WithLimit(%d), want at least 1", n)
		}
		c.limit = n
		return nil
	}
}

// WithColors sets the colours of entity types, beside the defaults: as "#rrggbb", "#rgb", "rgb(r, g, b)" or one of CSS's names of
// colours. From each the view mixes a background and an ink that can be read on light and on dark. A type that is not named gets the
// colour of one that differs in case only: "dna" stands for "DNA", too. For Throughput and Latency the keys are "dense" and "sparse", for Curve the names of series, for
// Roofline the engines. Layers has no colours to choose.
func WithColors(colors map[string]string) Option {
	return func(c *config) error {
		if c.view == "Layers" {
			return errors.New("viz: WithColors does not apply to Layers")
		}
		if c.colors == nil {
			c.colors = make(map[string]color)
		}
		for label, s := range colors {
			k, err := parseColor(s)
			if err != nil {
				return fmt.Errorf("viz: colour of %q: %w", label, err)
			}
			if (c.view == "Throughput" || c.view == "Latency") && !strings.EqualFold(label, "dense") && !strings.EqualFold(label, "sparse") {
				return fmt.Errorf(`viz: colour of %q, want "dense" or "sparse"`, label)
			}
			c.colors[label] = k
		}
		return nil
	}
}

// WithSize sets the size of a chart in pixels; a chart is never wider than the page.
// Width must lie from 200 to 4000 and height from 100 to 4000. Entities and Compare have no size.
func WithSize(width, height int) Option {
	return func(c *config) error {
		switch {
		case c.view == "Entities", c.view == "Compare":
			return fmt.Errorf("viz: WithSize does not apply to %s", c.view)
		case width < 200 || width > 4000 || height < 100 || height > 4000:
			return fmt.Errorf("viz: WithSize(%d, %d), want 200 to 4000 by 100 to 4000", width, height)
		}
		c.width, c.height = width, height
		return nil
	}
}
