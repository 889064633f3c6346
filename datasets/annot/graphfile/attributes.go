package graphfile

import (
	"strconv"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// An attribute is a property that all nodes or all edges may have. Its value is "" where they do not.
type attribute[T any] struct {
	name, typ string // types are called as in GraphML and in GEXF
	value     func(T) string
}

var nodeAttributes = []attribute[annot.Node]{
	{"type", "string", func(n annot.Node) string { return n.Type }},
	{"count", "int", func(n annot.Node) string { return strconv.Itoa(n.Count) }},
	{"aliases", "string", func(n annot.Node) string { return lines(n.Aliases) }},
}

var edgeAttributes = []attribute[annot.Edge]{
	{"type", "string", func(e annot.Edge) string { return e.Type }},
	{"meaning", "string", func(e annot.Edge) string { return e.Meaning }},
	{"directed", "boolean", func(e annot.Edge) string { return strconv.FormatBool(e.Directed) }},
	{"score", "double", func(e annot.Edge) string { return number(e.Score) }},
	{"count", "int", func(e annot.Edge) string { return strconv.Itoa(e.Count) }},
	{"evidence", "string", func(e annot.Edge) string { s, _ := evidence(e); return lines(s) }},
	{"documents", "string", func(e annot.Edge) string { _, d := evidence(e); return lines(d) }},
}

func number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
