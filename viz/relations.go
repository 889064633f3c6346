package viz

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"io"
	"slices"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

const (
	defaultNodes = 60   // how many nodes a graph draws; more cannot be told apart
	textEdges    = 20   // links written as plain text
	pageNodes    = 400  // drawn as elements of the page; more are painted on a canvas
	pageEdges    = 1500 // the same of edges
)

//go:embed assets/graph.js
var graphJS string

// A GraphView shows a graph of things that occur together or are related.
type GraphView struct {
	graph annot.Graph
	config
	err error
}

// Relations shows a graph: the size of a node says how many links it has, the width of an edge in how many sentences it was found,
// the colour of a node of which type. The boxes of the legend hide types, sliders what has a low score or few sentences, and a
// name is found by typing a part of it. A click on a node leaves it and its neighbours and lists its links; a click on an edge
// shows the first five sentences that support it, with both mentions highlighted; a click on the paper goes back. The keyboard does the
// same. The table below the drawing holds the sentences where no script runs.
//
// Edges with a type, such as those of [annot.RelationGraph], have the colour and dashes of their type, an
// arrow where they are directed, and a box in the legend, which hides the edges of the type. Edges
// between the same two nodes are curves beside each other. The colours can be told apart with any of the
// common colour deficiencies.
//
// Of a large graph the 60 nodes with the most links are drawn, among those that have a link to another of them, and the view
// says so; WithLimit changes that. More than 400 nodes or 1,500 edges are painted on a canvas, which stays fluid with thousands: of the
// links in view it has the 2,000 strongest, and says so, until one zooms in, filters or clicks. The sentences of the 300 most frequent
// edges are in the page then. Nodes without an edge are counted but not drawn,
// unless there is no edge at all. A graph whose indices or spans do not fit is an error of the methods, not of
// Relations. The options are WithTitle, WithLimit, WithColors, WithNodeSize and WithSize (default
// 860 by up to 520, less for a small graph, more for a large one). WithColors takes types of edges too.
func Relations(g annot.Graph, options ...Option) *GraphView {
	v := &GraphView{graph: g}
	v.config, v.err = newConfig("Relations", defaultNodes, options)
	return v
}

// Render writes the view as a fragment of HTML.
func (v *GraphView) Render(w io.Writer) error { return render(w, v) }

// WritePage writes the view as a complete page.
func (v *GraphView) WritePage(w io.Writer) error { return writePage(w, v) }

// Show displays the view in a notebook, or as plain text where there is none.
func (v *GraphView) Show() error { return show(v) }

// A drawnGraph is the part of a graph that is drawn.
type drawnGraph struct {
	annot.Graph
	degree        []int // links of each node in the whole graph
	linked, links int   // nodes with an edge, and edges, of the whole graph
	single        int   // nodes without one
	legend        []legendEntry
	entry         map[string]int // the place of a type of nodes in the legend
	kinds         []linkKind     // of edges; nil if they have no types
	kind          []int          // the place of each edge's type among kinds, or -1
}

// drawn returns the part of the graph to draw.
func (v *GraphView) drawn() (*drawnGraph, error) {
	if v.err != nil {
		return nil, v.err
	}
	if err := checkGraph(v.graph); err != nil {
		return nil, err
	}
	d := &drawnGraph{links: len(v.graph.Edges)}
	degree := make([]int, len(v.graph.Nodes))
	for _, e := range v.graph.Edges {
		degree[e.Source]++
		degree[e.Target]++
	}
	var order []int
	for i := range v.graph.Nodes {
		if degree[i] > 0 || d.links == 0 {
			order = append(order, i)
		} else {
			d.single++
		}
	}
	d.linked = len(order)
	slices.SortStableFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(degree[j], degree[i]), cmp.Compare(v.graph.Nodes[j].Count, v.graph.Nodes[i].Count))
	})
	keep := strongest(v.graph, order, v.limit)
	index := make(map[int]int, len(keep))
	for n, i := range keep {
		index[i] = n
		d.Nodes, d.degree = append(d.Nodes, v.graph.Nodes[i]), append(d.degree, degree[i])
	}
	for _, e := range v.graph.Edges {
		s, okS := index[e.Source]
		t, okT := index[e.Target]
		if okS && okT {
			e.Source, e.Target = s, t
			d.Edges = append(d.Edges, e)
		}
	}
	slices.SortStableFunc(d.Edges, func(a, b annot.Edge) int { return cmp.Compare(b.Count, a.Count) })
	d.dress(v.colors)
	return d, nil
}

// dress gives types of nodes and edges their colours.
func (d *drawnGraph) dress(colors map[string]color) {
	counts := make(map[string]int)
	for _, n := range d.Nodes {
		counts[n.Type]++
	}
	d.legend = newLegend(counts, colors)
	d.entry = make(map[string]int, len(d.legend))
	for i, l := range d.legend {
		d.entry[l.label] = i
	}
	d.kinds = newLinkKinds(d.Edges, colors)
	for _, e := range d.Edges {
		d.kind = append(d.kind, kindOf(e, d.kinds))
	}
}

// fragment begins a fragment with the legend of the graph.
func (d *drawnGraph) fragment(b *bytes.Buffer, kind, title, otherwise string) *fragment {
	f := &fragment{title: cmp.Or(title, otherwise), filters: len(d.legend) + len(d.kinds), links: true}
	for _, l := range d.legend {
		f.swatches = append(f.swatches, l.swatch)
	}
	openView(b, kind, title)
	writeLegend(b, d.legend)
	writeLinkLegend(b, d.kinds, len(d.legend))
	return f
}

// strongest returns, in order, the first nodes of an order such that limit of them have an edge to another of them, and of those only
// these. In a graph without edges they are the first.
func strongest(g annot.Graph, order []int, limit int) []int {
	if len(order) <= limit || len(g.Edges) == 0 {
		return order[:min(len(order), limit)]
	}
	beside := make([][]int, len(g.Nodes))
	for _, e := range g.Edges {
		beside[e.Source] = append(beside[e.Source], e.Target)
		beside[e.Target] = append(beside[e.Target], e.Source)
	}
	in, joined := make([]bool, len(g.Nodes)), make([]bool, len(g.Nodes))
	n := 0
	for _, i := range order {
		var fresh []int
		for _, j := range beside[i] {
			if in[j] && !joined[j] && !slices.Contains(fresh, j) {
				fresh = append(fresh, j)
			}
		}
		self := slices.ContainsFunc(beside[i], func(j int) bool { return in[j] })
		if self && n+len(fresh)+1 > limit {
			continue // a later one may join those that there are
		}
		in[i] = true
		if self {
			joined[i] = true
			n += len(fresh) + 1
			for _, j := range fresh {
				joined[j] = true
			}
		}
		if n == limit {
			break
		}
	}
	var keep []int
	for _, i := range order {
		if joined[i] {
			keep = append(keep, i)
		}
	}
	if len(keep) == 0 { // a limit of one
		return order[:min(len(order), limit)]
	}
	return keep
}

func (v *GraphView) fragment() (*fragment, error) {
	d, err := v.drawn()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	f := d.fragment(&b, "graph", v.title, "Relations")
	if len(d.Nodes) == 0 {
		fmt.Fprintf(&b, "<p class=\"sb-note\">%s</p>\n</div>\n", d.note())
		f.body = b.Bytes()
		return f, nil
	}
	p := v.place(d)
	picture := d.picture(p)
	picture.writeTo(&b)
	b.WriteString("<div class=\"sb-panel\" hidden></div>\n<p class=\"sb-caption\">" + d.note() + "</p>\n")
	writeEdgeTable(&b, d)
	b.WriteString("</div>\n")
	if err := writeFigureScript(&b, graphJS, d.data(p)); err != nil {
		return nil, err
	}
	f.body = b.Bytes()
	return f, nil
}

// note says what the drawing shows and what it does not.
func (d *drawnGraph) note() string {
	if len(d.Nodes) == 0 {
		return "Nothing was found."
	}
	note := fmt.Sprintf("%s and %s.", count(len(d.Nodes), "name"), count(len(d.Edges), "link"))
	if len(d.Nodes) < d.linked {
		note = fmt.Sprintf("%s of %s and %s of %s are drawn: the names with the most links.", group(len(d.Nodes)), count(d.linked, "name"), group(len(d.Edges)), count(d.links, "link"))
	}
	if d.single > 0 {
		note += fmt.Sprintf(" %s mentioned alone %s not drawn.", count(d.single, "name"), isAre(d.single))
	}
	return note
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// WriteText writes the twenty most frequent links with one sentence each.
func (v *GraphView) WriteText(w io.Writer) error {
	g, err := v.drawn()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if v.title != "" {
		fmt.Fprintf(&b, "%s\n\n", oneLine(v.title))
	}
	for _, e := range g.Edges[:min(len(g.Edges), textEdges)] {
		writeEdgeText(&b, g.Graph, e)
	}
	if left := len(g.Edges) - textEdges; left > 0 {
		fmt.Fprintf(&b, "… and %s\n", count(left, "link"))
	}
	fmt.Fprintf(&b, "%s\n", g.note())
	_, err = w.Write(b.Bytes())
	return err
}

// writeEdgeText writes an edge and a sentence behind it as plain text.
func writeEdgeText(b *bytes.Buffer, g annot.Graph, e annot.Edge) {
	s, t := g.Nodes[e.Source], g.Nodes[e.Target]
	fmt.Fprintf(b, "%s (%s)%s%s (%s), %s%s\n", oneLine(s.Name), oneLine(s.Type), linkSign(e), oneLine(t.Name), oneLine(t.Type), linkText(e), count(e.Count, "sentence"))
	if len(e.Evidence) > 0 {
		fmt.Fprintf(b, "  %s\n", oneLine(e.Evidence[0].Sentence+" "+e.Evidence[0].DocID))
	}
}
