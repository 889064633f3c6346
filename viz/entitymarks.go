package viz

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// entityMarks draws the entities of one document after another, in the colours of their types.
type entityMarks struct {
	entities []annot.Entity
	entry    map[string]int // of a type in the legend
	legend   []legendEntry
	levels   []legendEntry // of confidence, after the types; nil if it is not shown
	level    map[int]int   // place among them
	model    string
	template *entityTemplate
	starts   []int // of the open marks in the buffer, for the template
}

// class returns the classes of an entity: those of the boxes that hide it, and its colours.
func (m *entityMarks) class(i int) string {
	e := m.entities[i]
	n := m.entry[e.Type]
	if m.levels == nil {
		return fmt.Sprintf("sb-l%d %s", n, m.legend[n].class())
	}
	level := confidence(e.Score)
	return fmt.Sprintf("sb-l%d sb-l%d %s sb-c%d", n, len(m.legend)+m.level[level], m.legend[n].class(), level)
}

func (m *entityMarks) open(b *bytes.Buffer, i int, crosses bool) {
	if m.template != nil {
		m.starts = append(m.starts, b.Len())
		return
	}
	e := m.entities[i]
	class := m.class(i)
	if crosses {
		class = "sb-cross " + class
	}
	label := esc(e.Type)
	title, rest := label, ""
	if e.Score != 0 {
		title += fmt.Sprintf(" · score %.3f", e.Score)
	}
	if m.model != "" {
		title += " · " + esc(m.model)
		rest += fmt.Sprintf(" data-model=\"%s\"", esc(m.model))
	}
	if m.levels != nil {
		rest += fmt.Sprintf(" data-tag=\"%s%s\"", label, scoreTag(e.Score))
	}
	writeMark(b, e, fmt.Sprintf("%s · bytes %d–%d", title, e.Start, e.End), class, rest)
}

func (m *entityMarks) close(b *bytes.Buffer, i int) {
	if m.template == nil {
		b.WriteString("</mark>")
		return
	}
	at := m.starts[len(m.starts)-1]
	m.starts = m.starts[:len(m.starts)-1]
	inner := string(b.Bytes()[at:])
	b.Truncate(at)
	m.template.write(b, m.entities[i], inner, m.class(i), m.legend[m.entry[m.entities[i].Type]].base, m.model)
}

// writeMark writes the tag of a mark; title and rest are escaped. With tabindex a key or a finger can reach it, and
// then the style sheet shows its title.
func writeMark(b *bytes.Buffer, e annot.Entity, title, class, rest string) {
	fmt.Fprintf(b, "<mark data-type=\"%s\" data-start=\"%d\" data-end=\"%d\"", esc(e.Type), e.Start, e.End)
	if e.Score != 0 {
		fmt.Fprintf(b, " data-score=\"%s\"", strconv.FormatFloat(e.Score, 'g', 4, 64))
	}
	fmt.Fprintf(b, " title=\"%s\" class=\"%s%s\"%s tabindex=\"0\">", title, class, longClass(e.Type), rest)
}
