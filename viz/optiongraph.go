package viz

import "fmt"

// A NodeSize is what the size of a node in a graph says.
type NodeSize int

const (
	ByLinks    NodeSize = iota // how many links it has (its degree), those that are not drawn included
	ByMentions                 // how often it is mentioned
)

// WithNodeSize says what the size of a node means in Relations; the default is ByLinks.
func WithNodeSize(s NodeSize) Option {
	return func(c *config) error {
		if s != ByLinks && s != ByMentions {
			return fmt.Errorf("viz: WithNodeSize(%d), want ByLinks or ByMentions", s)
		}
		c.nodeSize = s
		return c.only("WithNodeSize", "Relations")
	}
}

// WithSentence makes Arcs draw one sentence of the document, number i of [annot.Document.Sentences], from 0.
func WithSentence(i int) Option {
	return func(c *config) error {
		c.sentence = &i
		return c.only("WithSentence", "Arcs")
	}
}

// WithSourceTypes says which types of names have the rows of RelationMatrix, or stand on the left of Sankey. Without it they are
// found: see [RelationMatrix].
func WithSourceTypes(types ...string) Option {
	return func(c *config) error {
		c.sources = append(c.sources, types...)
		return c.only("WithSourceTypes", "RelationMatrix", "Sankey")
	}
}

// WithTargetTypes says which types of names have the columns of RelationMatrix, or stand on the right of Sankey.
func WithTargetTypes(types ...string) Option {
	return func(c *config) error {
		c.targets = append(c.targets, types...)
		return c.only("WithTargetTypes", "RelationMatrix", "Sankey")
	}
}
