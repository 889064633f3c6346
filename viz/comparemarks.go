package viz

import (
	"bytes"
	"fmt"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// What is written and drawn for each outcome, in the order of annot's. What is right is grey: a reader looks for what is
// wrong. With any of the common colour deficiencies each two colours are 20 apart in CIELAB or more.
var (
	outcomeNames  = []string{"correct", "wrong type", "wrong boundary", "wrong boundary and type", "missed", "spurious"}
	outcomeSigns  = []string{"✓", "≠", "↔", "≉", "−", "+"}
	outcomeColors = []color{{0x8b, 0x95, 0xa1}, {0x89, 0x47, 0xeb}, {0xf0, 0xc4, 0x20}, {0x88, 0x22, 0x55}, {0xd5, 0x5e, 0x00}, {0x00, 0x72, 0xb2}}
)

// comparedMarks draws the entities of one side of a text, each in the colour of its outcome. An entity that is there
// twice is drawn once.
type comparedMarks struct {
	view     *CompareView
	side     int
	entities []annot.Entity
	others   []*annot.Entity // what each goes with on the other side; nil if nothing
	outcomes []annot.Outcome
	legend   []legendEntry
}

func newComparedMarks(v *CompareView, c *comparedText, side int, legend []legendEntry) *comparedMarks {
	m := &comparedMarks{view: v, side: side, legend: legend}
	for _, match := range c.matches {
		var gold, predicted *annot.Entity
		if match.Gold >= 0 {
			gold = &c.gold.Entities[match.Gold]
		}
		if match.Predicted >= 0 {
			predicted = &c.predicted.Entities[match.Predicted]
		}
		own, other := gold, predicted
		if side == 1 {
			own, other = predicted, gold
		}
		if own == nil {
			continue
		}
		m.entities = append(m.entities, *own)
		m.others = append(m.others, other)
		m.outcomes = append(m.outcomes, match.Outcome)
	}
	return m
}

func (m *comparedMarks) class(i int) string {
	o := m.outcomes[i]
	return fmt.Sprintf("sb-l%d %s sb-o%d", o, m.legend[o].class(), o)
}

func (m *comparedMarks) open(b *bytes.Buffer, i int, crosses bool) {
	e, o, other := m.entities[i], m.outcomes[i], m.others[i]
	class := m.class(i)
	if crosses {
		class = "sb-cross " + class
	}
	title := fmt.Sprintf("%s: %s", m.view.outcomeName(o), esc(e.Type))
	if m.view.sides != nil { // the names are the caller's
		title = fmt.Sprintf("%s: %s", esc(m.view.outcomeName(o)), esc(e.Type))
	}
	if e.Score != 0 {
		title += fmt.Sprintf(" · score %.3f", e.Score)
	}
	title += fmt.Sprintf(" · bytes %d–%d", e.Start, e.End)
	if other != nil && o != annot.Correct {
		title += fmt.Sprintf(" · %s: %s, bytes %d–%d", esc(m.view.names()[1-m.side]), esc(other.Type), other.Start, other.End)
	}
	tag := outcomeSigns[o] + " " + e.Type
	if o == annot.Correct {
		tag = e.Type
	}
	writeMark(b, e, title, class, fmt.Sprintf(" data-outcome=\"%s\" data-tag=\"%s\"", outcomeNames[o], esc(tag)))
}

func (m *comparedMarks) close(b *bytes.Buffer, _ int) { b.WriteString("</mark>") }
