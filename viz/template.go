package viz

import (
	"bytes"
	"fmt"
	"html/template"
	"io"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// A Mark is what a template of WithTemplate knows of an entity.
type Mark struct {
	Text  template.HTML // of the entity, escaped, with the marks of the entities in it
	Type  string        // as the model names it
	Score float64       // 0 if there is none
	Start int           // byte offset in the document's text
	End   int           // byte offset after the last byte
	Model string        // as WithModel names it
	Color template.CSS  // of the type: "#0072b2"
	Class string        // by which the boxes of the legend hide the entity and the style sheet colours it
}

// An entityTemplate draws entities as its author wants.
type entityTemplate struct{ *template.Template }

// newEntityTemplate parses text and tries it.
func newEntityTemplate(text string) (*entityTemplate, error) {
	t, err := template.New("entity").Parse(text)
	if err != nil {
		return nil, fmt.Errorf("viz: WithTemplate: %w", err)
	}
	if err := t.Execute(io.Discard, Mark{Text: "p53", Type: "protein", Score: 1, End: 3, Color: "#0072b2", Class: "sb-l0"}); err != nil {
		return nil, fmt.Errorf("viz: WithTemplate: %w (the fields are those of viz.Mark)", err)
	}
	return &entityTemplate{t}, nil
}

// write writes the entity around inner, its text. Where the template fails for it, as one may that indexes the
// type, the text stands alone.
func (t *entityTemplate) write(b *bytes.Buffer, e annot.Entity, inner, class string, base color, model string) {
	at := b.Len()
	err := t.Execute(b, Mark{template.HTML(inner), e.Type, e.Score, e.Start, e.End, model, template.CSS(base.String()), class})
	if err != nil {
		b.Truncate(at)
		b.WriteString(inner)
	}
}
