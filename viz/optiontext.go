package viz

import (
	"fmt"
	"slices"
	"strings"
)

// WithTypes keeps the entities of these types and leaves out the others, which are not counted either: "dna" keeps those of
// type "DNA", too. It is for Entities, Compare, Frequencies, CoOccurrence and Timeline.
func WithTypes(types ...string) Option {
	return func(c *config) error {
		if err := c.only("WithTypes", "Entities", "Compare", "Frequencies", "CoOccurrence", "Timeline"); err != nil {
			return err
		}
		if c.types == nil {
			c.types = make(map[string]bool)
		}
		for _, t := range types {
			c.types[strings.ToLower(t)] = true
		}
		return nil
	}
}

// keeps reports whether entities of the type are wanted.
func (c *config) keeps(typ string) bool { return c.types == nil || c.types[strings.ToLower(typ)] }

// WithConfidence makes the colours of Entities as deep as the model is sure, in five steps, and writes the score
// behind the type. The legend counts the steps and hides them.
func WithConfidence() Option {
	return func(c *config) error {
		c.confidence = true
		return c.only("WithConfidence", "Entities")
	}
}

// WithModel names the model that found the entities, for the line that Entities shows under the pointer.
func WithModel(name string) Option {
	return func(c *config) error {
		c.model = oneLine(name)
		return c.only("WithModel", "Entities")
	}
}

// WithTemplate draws each entity of Entities by a template of package html/template, which has a [Mark]:
//
//	viz.WithTemplate(`<mark class="{{.Class}}">{{.Text}} <sup>{{.Type}} {{printf "%.2f" .Score}}</sup></mark>`)
//
// What comes from the data is escaped for the place where it stands; the template itself is written as it is. An
// entity whose template fails is not marked.
func WithTemplate(text string) Option {
	return func(c *config) (err error) {
		if err := c.only("WithTemplate", "Entities"); err != nil {
			return err
		}
		c.template, err = newEntityTemplate(text)
		return err
	}
}

// WithPageSize sets how many documents Entities and Compare show at a time, 10 unless set; 0 shows all.
func WithPageSize(n int) Option {
	return func(c *config) error {
		if n < 0 {
			return fmt.Errorf("viz: WithPageSize(%d), want 0 or more", n)
		}
		c.pageSize = n
		return c.only("WithPageSize", "Entities", "Compare")
	}
}

// WithSides names the two sides of Compare, where they are not a gold standard and a prediction but two models, two
// people or a model before and after. Then neither is right: missed and spurious are what only one side has, and the
// score is their agreement.
func WithSides(left, right string) Option {
	return func(c *config) error {
		sides := []string{oneLine(left), oneLine(right)}
		if slices.Contains(sides, "") {
			return fmt.Errorf("viz: WithSides(%q, %q), want two names", left, right)
		}
		c.sides = sides
		return c.only("WithSides", "Compare")
	}
}
