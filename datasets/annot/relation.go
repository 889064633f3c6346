package annot

// A Relation joins two entities of a document that one sentence relates.
type Relation struct {
	Type     string  `json:"type"`              // as the model names it: "CPR:4", "DDI-mechanism" ...
	Meaning  string  `json:"meaning,omitempty"` // of the type, in words: "inhibitor"
	Source   Entity  `json:"source"`            // the chemical; the first of two drugs
	Target   Entity  `json:"target"`            // the gene; the second of two drugs
	Directed bool    `json:"directed,omitempty"`
	Score    float64 `json:"score"`    // probability from 0 to 1
	Span     Span    `json:"span"`     // of the sentence in the document
	Sentence string  `json:"sentence"` // its text, the evidence
}

// An Event is something that happens to an entity: what a trigger word such as "phosphorylation" says.
type Event struct {
	Type      string     `json:"type"`    // as in the BioNLP shared tasks: "Phosphorylation", "Positive_regulation" ...
	Trigger   Span       `json:"trigger"` // of the word in the document
	Text      string     `json:"text"`    // of the trigger
	Arguments []Argument `json:"arguments"`
	Negated   bool       `json:"negated,omitempty"` // the sentence says that it does not happen
	Span      Span       `json:"span"`              // of the sentence in the document
	Sentence  string     `json:"sentence"`          // its text, the evidence
}

// The roles of an event's arguments.
const (
	Theme = "Theme" // what the event happens to
	Cause = "Cause" // what brings it about
)

// An Argument is an entity in a role of an event.
type Argument struct {
	Role   string `json:"role"`
	Entity Entity `json:"entity"`
}
