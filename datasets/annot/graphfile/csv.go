package graphfile

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"strings"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// In CSV the type of an edge is called relation, for in a table of edges Gephi takes a column "type" to say whether they are directed.
var (
	nodeColumns = []string{"id", "label", "type", "count", "aliases"}
	edgeColumns = []string{"id", "source", "target", "source_name", "source_type", "target_name", "target_type",
		"relation", "meaning", "directed", "score", "count", "weight", "evidence", "documents"}
)

func writeNodesCSV(b *bufio.Writer, g annot.Graph) error {
	return writeRecords(b, nodeColumns, len(g.Nodes), func(i int) []string {
		n := g.Nodes[i]
		r := []string{fmt.Sprint("n", i), n.Name}
		for _, a := range nodeAttributes {
			r = append(r, a.value(n))
		}
		return r
	})
}

func writeEdgesCSV(b *bufio.Writer, g annot.Graph) error {
	return writeRecords(b, edgeColumns, len(g.Edges), func(i int) []string {
		e := g.Edges[i]
		s, t := g.Nodes[e.Source], g.Nodes[e.Target]
		sentences, documents := evidence(e)
		return []string{fmt.Sprint("e", i), fmt.Sprint("n", e.Source), fmt.Sprint("n", e.Target), s.Name, s.Type, t.Name, t.Type,
			e.Type, e.Meaning, fmt.Sprint(e.Directed), number(e.Score), fmt.Sprint(e.Count), fmt.Sprint(e.Count), lines(sentences), lines(documents)}
	})
}

// Readers drop a carriage return at the end of a line, quoted or not, and NUL ends a cell for some.
var cells = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "\uFFFD")

func writeRecords(b *bufio.Writer, header []string, n int, record func(int) []string) error {
	w := csv.NewWriter(b)
	w.Write(header) // errors are kept for Error
	for i := range n {
		r := record(i)
		for k, cell := range r {
			r[k] = cells.Replace(cell)
		}
		w.Write(r)
	}
	w.Flush()
	return w.Error()
}
