package graphfile

import (
	"bufio"
	"encoding/json"
	"fmt"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// A cyNode is the data of a node. Cytoscape knows it by id and name, networkx by value, whose reader wants it.
type cyNode struct {
	ID         string   `json:"id"`
	Value      string   `json:"value"`
	SharedName string   `json:"shared_name"`
	Name       string   `json:"name"`
	Type       string   `json:"type"`
	Count      int      `json:"count"`
	Aliases    []string `json:"aliases,omitempty"`
}

// A cyEdge is the data of an edge. Cytoscape knows the type as interaction; key tells edges of the same nodes apart for networkx.
type cyEdge struct {
	ID          string   `json:"id"`
	Source      string   `json:"source"`
	Target      string   `json:"target"`
	Key         int      `json:"key"`
	Interaction string   `json:"interaction"`
	Name        string   `json:"name"`
	Type        string   `json:"type"`
	Meaning     string   `json:"meaning,omitempty"`
	Directed    bool     `json:"directed"`
	Score       float64  `json:"score"`
	Count       int      `json:"count"`
	Weight      float64  `json:"weight"`
	Evidence    []string `json:"evidence,omitempty"`
	Documents   []string `json:"documents,omitempty"`
}

// writeCytoscape writes JSON as Cytoscape 3 exports it (.cyjs), a line an element.
func writeCytoscape(b *bufio.Writer, g annot.Graph) error {
	directed, _ := directions(g)
	fmt.Fprintf(b, "{\"format_version\": \"1.0\", \"generated_by\": \"sparsebio\", \"target_cytoscapejs_version\": \"~2.1\",\n\"data\": {\"name\": \"relations\"}, \"directed\": %t, \"multigraph\": true,\n\"elements\": {\"nodes\": [", directed)
	// Bytes that are not UTF-8 become U+FFFD, and what could end a script of a page is escaped.
	element := func(i int, data any) error {
		line, err := json.Marshal(map[string]any{"data": data})
		if err != nil {
			return err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
		b.Write(line)
		return nil
	}
	for i, n := range g.Nodes {
		id := fmt.Sprint("n", i)
		if err := element(i, cyNode{ID: id, Value: id, SharedName: n.Name, Name: n.Name, Type: n.Type, Count: n.Count, Aliases: n.Aliases}); err != nil {
			return err
		}
	}
	b.WriteString("\n], \"edges\": [")
	for i, e := range g.Edges {
		kind := e.Type
		if kind == "" {
			kind = "interacts with"
		}
		c := cyEdge{
			ID: fmt.Sprint("e", i), Source: fmt.Sprint("n", e.Source), Target: fmt.Sprint("n", e.Target), Key: i,
			Interaction: kind, Name: fmt.Sprintf("%s (%s) %s", g.Nodes[e.Source].Name, kind, g.Nodes[e.Target].Name), Type: e.Type, Meaning: e.Meaning,
			Directed: e.Directed, Score: e.Score, Count: e.Count, Weight: float64(e.Count),
		}
		c.Evidence, c.Documents = evidence(e)
		if err := element(i, c); err != nil {
			return err
		}
	}
	b.WriteString("\n]}}\n")
	return nil
}
