package events_test

import (
	"fmt"

	"github.com/sparsebio/sparsebio/biobert/events"
	"github.com/sparsebio/sparsebio/datasets/annot"
)

func ExampleExtract() {
	doc := annot.Document{
		Text: "IL-4 did not induce the expression of CD23.",
		Entities: []annot.Entity{
			{Type: "protein", Start: 0, End: 4, Text: "IL-4"},
			{Type: "protein", Start: 38, End: 42, Text: "CD23"},
		},
	}
	for _, e := range events.Extract([]annot.Document{doc})[0].Events {
		fmt.Print(e.Type, " (", e.Text, ")")
		for _, a := range e.Arguments {
			fmt.Print(", ", a.Role, " ", a.Entity.Text)
		}
		if e.Negated {
			fmt.Print(", negated")
		}
		fmt.Println()
	}
	// Output:
	// Positive_regulation (induce), Theme CD23, Cause IL-4, negated
	// Gene_expression (expression), Theme CD23
}

// A model of one's own may have types of its own.
func ExampleWithClass() {
	doc := annot.Document{
		Text:     "Imatinib inhibits ABL1.",
		Entities: []annot.Entity{{Type: "Medication", Start: 0, End: 8, Text: "Imatinib"}, {Type: "Oncogene", Start: 18, End: 22, Text: "ABL1"}},
	}
	found := events.Document(doc, events.WithClass("Medication", events.Chemical), events.WithClass("Oncogene", events.Protein))
	fmt.Println(found[0].Type, len(found[0].Arguments))
	// Output:
	// Negative_regulation 2
}
