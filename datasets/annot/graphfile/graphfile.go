package graphfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sparsebio/sparsebio/datasets/annot"
	"github.com/sparsebio/sparsebio/datasets/internal/atomicfile"
)

// A Format is a form of file.
type Format string

// The formats.
const (
	GraphML   Format = "graphml" // http://graphml.graphdrawing.org/specification.html
	GEXF      Format = "gexf"    // version 1.3, https://gexf.net/schema.html
	Cytoscape Format = "cyjs"    // https://js.cytoscape.org/#notation/elements-json
	EdgesCSV  Format = "csv"     // a record an edge, with the names of its nodes; RFC 4180
	NodesCSV  Format = "nodes.csv"
)

var writers = map[Format]func(*bufio.Writer, annot.Graph) error{
	GraphML: writeGraphML, GEXF: writeGEXF, Cytoscape: writeCytoscape, EdgesCSV: writeEdgesCSV, NodesCSV: writeNodesCSV,
}

// Formats returns all formats, sorted.
func Formats() []Format {
	all := make([]Format, 0, len(writers))
	for f := range writers {
		all = append(all, f)
	}
	slices.Sort(all)
	return all
}

// ErrFormat is in errors about formats that there are not.
var ErrFormat = errors.New("unknown format of graph")

// FormatOf returns the format that the ending of a file's name says, case aside, or an error that wraps ErrFormat.
func FormatOf(path string) (Format, error) {
	name := strings.ToLower(filepath.Base(path))
	var best Format
	for f := range writers {
		if strings.HasSuffix(name, "."+string(f)) && len(f) > len(best) {
			best = f
		}
	}
	if best == "" {
		return "", fmt.Errorf("graphfile: %w: %q (want a name that ends in .graphml, .gexf, .cyjs or .csv)", ErrFormat, path)
	}
	return best, nil
}

// Write writes g. Indices that no node has, negative counts, and scores that do not lie from 0 to 1 are errors, and then nothing
// is written.
//
// Where only some of the edges are directed, GraphML and GEXF say so for each, as their specifications have it, and
// as Gephi reads; networkx refuses such files and takes Cytoscape's.
func Write(w io.Writer, f Format, g annot.Graph) error {
	write, ok := writers[f]
	if !ok {
		return fmt.Errorf("graphfile: %w: %q", ErrFormat, f)
	}
	if err := check(g); err != nil {
		return err
	}
	b := bufio.NewWriterSize(w, 1<<16)
	err := write(b, valid(g))
	if err == nil {
		err = b.Flush()
	}
	if err != nil {
		return fmt.Errorf("graphfile: writing %s: %w", f, err)
	}
	return nil
}

// Save writes g to a file, in the format that [FormatOf] finds, in place of one that is there; the file appears complete or not at all.
// For "relations.csv" a second file, "relations.nodes.csv", has the nodes, for there an edge only names them.
func Save(path string, g annot.Graph) error {
	f, err := FormatOf(path)
	if err != nil {
		return err
	}
	if f == EdgesCSV {
		nodes := path[:len(path)-len(".csv")] + ".nodes.csv"
		if err := save(nodes, NodesCSV, g); err != nil {
			return err
		}
	}
	return save(path, f, g)
}

// CheckWritable reports why [Save] could not write a file at path: its ending names no format, or no file can be made in
// its folder. It is for programs that work long before they write.
func CheckWritable(path string) error {
	if _, err := FormatOf(path); err != nil {
		return err
	}
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		return fmt.Errorf("graphfile: %q is a folder", path)
	}
	if err := atomicfile.Check(path); err != nil {
		return fmt.Errorf("graphfile: %q: %w", path, err)
	}
	return nil
}

func save(path string, f Format, g annot.Graph) error {
	var inner error
	err := atomicfile.Write(path, func(w io.Writer) error {
		inner = Write(w, f, g)
		return inner
	})
	if err != nil && err != inner {
		return fmt.Errorf("graphfile: %q: %w", path, err)
	}
	return err
}

func check(g annot.Graph) error {
	for i, n := range g.Nodes {
		if n.Count < 0 {
			return fmt.Errorf("graphfile: node %d, %q, has a count of %d", i, n.Name, n.Count)
		}
	}
	for i, e := range g.Edges {
		switch {
		case e.Source < 0 || e.Source >= len(g.Nodes) || e.Target < 0 || e.Target >= len(g.Nodes):
			return fmt.Errorf("graphfile: edge %d joins nodes %d and %d of %d", i, e.Source, e.Target, len(g.Nodes))
		case e.Count < 0:
			return fmt.Errorf("graphfile: edge %d has a count of %d", i, e.Count)
		case !(e.Score >= 0 && e.Score <= 1): // not a number neither
			return fmt.Errorf("graphfile: edge %d has a score of %g, want 0 to 1", i, e.Score)
		}
		for j, q := range e.Evidence {
			if math.IsNaN(q.Score) || math.IsInf(q.Score, 0) {
				return fmt.Errorf("graphfile: sentence %d of edge %d has a score of %g", j, i, q.Score)
			}
		}
	}
	return nil
}

// valid returns g with texts that are UTF-8: a row of bytes that are not is one U+FFFD in every format.
func valid(g annot.Graph) annot.Graph {
	text := func(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
	v := annot.Graph{Nodes: slices.Clone(g.Nodes), Edges: slices.Clone(g.Edges)}
	for i := range v.Nodes {
		n := &v.Nodes[i]
		n.Name, n.Type, n.Aliases = text(n.Name), text(n.Type), slices.Clone(n.Aliases)
		for k, s := range n.Aliases {
			n.Aliases[k] = text(s)
		}
	}
	for i := range v.Edges {
		e := &v.Edges[i]
		e.Type, e.Meaning, e.Evidence = text(e.Type), text(e.Meaning), slices.Clone(e.Evidence)
		for k, q := range e.Evidence {
			e.Evidence[k].Sentence, e.Evidence[k].DocID = text(q.Sentence), text(q.DocID)
		}
	}
	return v
}

// directions says whether some edges of g are directed, and whether some are not.
func directions(g annot.Graph) (directed, undirected bool) {
	for _, e := range g.Edges {
		directed = directed || e.Directed
		undirected = undirected || !e.Directed
	}
	return directed, undirected
}

// lines writes a list for formats that have none: an element a line.
func lines(list []string) string {
	flat := make([]string, len(list))
	for i, s := range list {
		flat[i] = lineBreaks.Replace(s)
	}
	return strings.Join(flat, "\n")
}

var lineBreaks = strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ")

// evidence returns the sentences behind an edge and beside each the document it is from, or no documents if
// none has an identifier.
func evidence(e annot.Edge) (sentences, documents []string) {
	known := false
	for _, q := range e.Evidence {
		sentences = append(sentences, q.Sentence)
		documents = append(documents, q.DocID)
		known = known || q.DocID != ""
	}
	if !known {
		documents = nil
	}
	return sentences, documents
}
