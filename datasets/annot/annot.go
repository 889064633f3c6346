// Package annot holds the plain data that every part of the library shares:
// documents, the entities, relations and events found in them, graphs of what occurs together, and what can be counted of them.
//
// All offsets are byte offsets into the UTF-8 text of the document, half open:
// Text[Start:End] is the annotated text. Values are plain data; nothing in this
// package keeps a reference to a caller's slice or starts a goroutine.
package annot

// A Span is a half-open range of bytes in a text.
type Span struct {
	Start int `json:"start"`
	End   int `json:"end"`
}

// Len returns the length of s in bytes.
func (s Span) Len() int { return s.End - s.Start }

// An Entity is a typed mention in a text.
type Entity struct {
	Type  string  `json:"type"`  // as the model names it: "protein", "cell_type" ...
	Start int     `json:"start"` // byte offset of the first byte
	End   int     `json:"end"`   // byte offset after the last byte
	Text  string  `json:"text"`  // the bytes from Start to End
	Score float64 `json:"score"` // probability from 0 to 1
}

// Span returns where e lies.
func (e Entity) Span() Span { return Span{e.Start, e.End} }

// A Document is a text with what was found in it. Entities are sorted by
// Start, then by descending End; relations by the Start of their source, then of their target;
// events by the Start of their trigger.
type Document struct {
	ID        string     `json:"id,omitempty"`
	Title     string     `json:"title,omitempty"`
	Text      string     `json:"text"`
	Entities  []Entity   `json:"entities"`
	Relations []Relation `json:"relations,omitempty"`
	Events    []Event    `json:"events,omitempty"`
}

// A Graph says which things occur together ([CoMentions]) or how they are related ([RelationGraph]).
type Graph struct {
	Nodes []Node `json:"nodes"`
	Edges []Edge `json:"edges"`
}

// A Node is one thing that was mentioned, under its most frequent spelling.
type Node struct {
	Name    string   `json:"name"`
	Type    string   `json:"type"`
	Count   int      `json:"count"`             // mentions
	Aliases []string `json:"aliases,omitempty"` // its other spellings, the most frequent first
}

// An Edge joins two nodes, which differ. Those of CoMentions have no type, no
// direction and no score. Two nodes have at most one edge of a type in each
// direction.
type Edge struct {
	Source   int        `json:"source"`             // index into Nodes; where a directed edge starts
	Target   int        `json:"target"`             // index into Nodes; greater than Source unless Directed
	Type     string     `json:"type,omitempty"`     // of the relation, as the model names it: "CPR:4"
	Meaning  string     `json:"meaning,omitempty"`  // of the type, in words: "inhibitor"
	Directed bool       `json:"directed,omitempty"` // from Source to Target; an arrow points at Target
	Score    float64    `json:"score,omitempty"`    // the highest of the relations behind the edge, from 0 to 1
	Count    int        `json:"count"`              // sentences that mention both, or that relate them
	Evidence []Evidence `json:"evidence"`
}

// Evidence is a sentence that supports an edge.
type Evidence struct {
	DocID    string  `json:"doc_id,omitempty"`
	Doc      int     `json:"doc"`  // index of the document
	Span     Span    `json:"span"` // of the sentence in the document
	Sentence string  `json:"sentence"`
	Source   Span    `json:"source"`          // of the edge's source, within Sentence
	Target   Span    `json:"target"`          // of the edge's target, within Sentence
	Score    float64 `json:"score,omitempty"` // of the relation, from 0 to 1
}
