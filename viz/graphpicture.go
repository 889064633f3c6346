package viz

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// A placedGraph says where things of a graph are drawn. One layout serves the picture and the page, for one made by the browser would
// differ from run to run.
type placedGraph struct {
	width, height int
	at            []point
	radius        []float64
	bend, stroke  []float64 // of edges: how far each leaves the straight line, and its width
	labels        []label
	large         bool // painted, not made of elements
}

// place lays d out.
func (v *GraphView) place(d *drawnGraph) *placedGraph {
	n := len(d.Nodes)
	p := &placedGraph{width: v.width, height: v.height, radius: make([]float64, n), large: n > pageNodes || len(d.Edges) > pageEdges}
	// A small graph would look lost in a big box, and at its corners.
	spread := 60 + 110*math.Sqrt(float64(n))
	if p.height == 0 {
		p.height = min(520, 60+int(0.75*spread))
		if p.large {
			p.height = 640
		}
	}
	w, h := float64(p.width), float64(p.height)
	size := func(i int) int {
		if v.nodeSize == ByMentions || len(d.Edges) == 0 {
			return d.Nodes[i].Count
		}
		return d.degree[i]
	}
	most, mostEdge := 1, 1
	for i := range d.Nodes {
		most = max(most, size(i))
	}
	for _, e := range d.Edges {
		mostEdge = max(mostEdge, e.Count)
	}
	least, grow := 6.0, 14.0
	if p.large {
		least, grow = 1.5, 8
	}
	for i := range d.Nodes {
		p.radius[i] = least + grow*math.Sqrt(float64(size(i))/float64(most))
	}
	if p.large { // discs leave room for lines
		area := 0.0
		for _, r := range p.radius {
			area += float64(math.Pi * r * r)
		}
		shrink := min(1, math.Sqrt(discShare*w*h/area))
		for i, r := range p.radius {
			p.radius[i] = max(1.2, r*shrink)
		}
	}
	for _, e := range d.Edges {
		switch {
		case p.large:
			p.stroke = append(p.stroke, 0.6+1.4*math.Sqrt(float64(e.Count)/float64(mostEdge)))
		case d.kinds != nil:
			p.stroke = append(p.stroke, typedWidth(e.Count, mostEdge))
		default:
			p.stroke = append(p.stroke, 1.5+4.5*math.Sqrt(float64(e.Count)/float64(mostEdge)))
		}
	}
	p.bend = bends(d.Edges)
	p.at = layout(n, d.Edges)
	if p.large {
		fit(p.at, point{14, 14}, point{w - 14, h - 14})
	} else {
		lo, hi := point{40, 30}, point{w - 120, h - 30}
		in := point{max(0, hi.x-lo.x-spread) / 2, max(0, hi.y-lo.y-spread) / 2}
		fit(p.at, point{lo.x + in.x, lo.y + in.y}, point{hi.x - in.x, hi.y - in.y})
		separate(p.at, p.radius, d.Edges, lo, hi)
	}
	for i, q := range p.at {
		p.at[i] = point{round(q.x), round(q.y)}
	}
	if p.large {
		named := min(n, defaultNodes)
		p.labels = placeLabels(d.Nodes[:named], p.at, p.radius, nil, p.width, p.height)
		p.labels = append(p.labels, make([]label, n-named)...)
		return p
	}
	var lines []drawnLink // that names should not stand on; pale ones do not matter
	if d.kinds != nil {
		for i, e := range d.Edges {
			lines = append(lines, newDrawnLink(e, p.at, p.radius, p.stroke[i], p.bend[i]))
		}
	}
	p.labels = placeLabels(d.Nodes, p.at, p.radius, lines, p.width, p.height)
	return p
}

// discShare is how much of a large drawing discs cover at most.
const discShare = 0.06

func round(x float64) float64 { return math.Round(x*10) / 10 }

// data is what the script needs of the graph, in the order in which the picture has it.
func (d *drawnGraph) data(p *placedGraph) any {
	valid := func(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
	nodes, edges := make([]any, 0, len(d.Nodes)), make([]any, 0, len(d.Edges))
	for i, n := range d.Nodes {
		nodes = append(nodes, []any{valid(n.Name), d.entry[n.Type], n.Count, p.at[i].x, p.at[i].y, round(p.radius[i]), d.degree[i], valid(strings.Join(n.Aliases, ", "))})
	}
	for i, e := range slices.Backward(d.Edges) {
		directed, row := 0, i
		if e.Directed {
			directed = 1
		}
		if i >= maxRows {
			row = -1
		}
		edges = append(edges, []any{e.Source, e.Target, e.Count, d.kind[i], math.Round(e.Score*1000) / 1000, p.bend[i], round(p.stroke[i]), directed, row})
	}
	types, kinds := make([]any, 0, len(d.legend)), make([]any, 0, len(d.kinds))
	for _, l := range d.legend {
		types = append(types, []any{valid(l.label), l.base.String(), l.darkInk.String()})
	}
	for _, k := range d.kinds {
		kinds = append(kinds, []any{valid(k.label()), k.color.String(), k.dash})
	}
	return map[string]any{"width": p.width, "height": p.height, "canvas": p.large, "nodes": nodes, "edges": edges, "types": types, "kinds": kinds}
}

func (d *drawnGraph) alt() string {
	var top []string
	for i, n := range d.Nodes[:min(5, len(d.Nodes))] {
		if len(d.Edges) == 0 {
			top = append(top, fmt.Sprintf("%s (%d)", oneLine(n.Name), n.Count))
		} else {
			top = append(top, fmt.Sprintf("%s (%d)", oneLine(n.Name), d.degree[i]))
		}
	}
	what := "Most links"
	if len(d.Edges) == 0 {
		what = "Mentioned most"
	}
	alt := fmt.Sprintf("Graph of %s and %s. %s: %s.", count(len(d.Nodes), "name"), count(len(d.Edges), "link"), what, strings.Join(top, ", "))
	for i, k := range d.kinds {
		alt += fmt.Sprintf("%s%s, %s", []string{" Types of links: ", "; "}[min(i, 1)], oneLine(k.label()), group(k.count))
	}
	if d.kinds != nil {
		alt += "."
	}
	return alt
}

// picture draws the graph, with a legend below if its edges have types.
func (d *drawnGraph) picture(p *placedGraph) *figure {
	var b, below strings.Builder
	f := &figure{width: p.width, height: p.height, alt: d.alt()}
	f.pictureHeight = p.height
	if d.kinds != nil {
		below.WriteString(`<g class="sb-key">` + "\n")
		f.pictureHeight += legendSVG(&below, d.legend, d.kinds, p.width, p.height)
		below.WriteString("</g>\n")
	}
	openSVG(&b, p.width, f.pictureHeight)
	b.WriteString(`<g class="sb-root">` + "\n")
	if p.large {
		d.writeLarge(&b, p)
	} else {
		d.writeElements(&b, p)
	}
	b.WriteString("</g>\n")
	b.WriteString(below.String())
	b.WriteString("</svg>\n")
	f.svg = b.String()
	return f
}

func (d *drawnGraph) writeElements(b *strings.Builder, p *placedGraph) {
	for i, e := range slices.Backward(d.Edges) { // so that the most frequent lie on top
		fmt.Fprintf(b, `<g class="sb-e"%s>`, markEdge(d, i))
		k := strokeOf(e, d.kinds)
		opacity := 1.0
		if d.kinds == nil {
			opacity = 0.55
		}
		writeLinkSVG(b, e, k, p.at[e.Source], p.at[e.Target], p.radius[e.Target], p.stroke[i], p.bend[i], opacity)
		b.WriteString("</g>\n")
	}
	for i, n := range d.Nodes {
		l, lack := p.labels[i], ""
		if l.anchor == "" {
			l, lack = spots(p.at[i], p.radius[i], 0, false)[0].label, ` class="sb-lack" display="none"`
		}
		fmt.Fprintf(b, `<g class="sb-n %s" transform="translate(%g %g)"%s><circle class="sb-fill sb-ring" r="%.1f" fill="%s"/>`,
			d.legend[d.entry[n.Type]].class(), p.at[i].x, p.at[i].y, markNote(n.Name, nodeNote(n, d.degree[i])), p.radius[i], d.legend[d.entry[n.Type]].base)
		fmt.Fprintf(b, `<text%s x="%.1f" y="%.1f" text-anchor="%s" stroke="#fff" stroke-width="3" stroke-linejoin="round" paint-order="stroke">%s</text></g>`+"\n",
			lack, l.x-p.at[i].x, l.y-p.at[i].y, l.anchor, escXML(labelText(n)))
	}
}

func nodeNote(n annot.Node, degree int) string {
	return n.Type + " · " + count(n.Count, "mention") + " · " + count(degree, "link")
}

// markEdge is the mark of an edge, by its row of the table or, where that has no room for it, by what it says.
func markEdge(d *drawnGraph, i int) string {
	if i < maxRows {
		return markRow(i)
	}
	e := d.Edges[i]
	return markNote(d.Nodes[e.Source].Name+linkSign(e)+d.Nodes[e.Target].Name, linkText(e)+count(e.Count, "sentence"))
}

// writeLarge draws a graph of thousands in few elements: a path for the edges of a type, and one for the nodes of a type and size.
func (d *drawnGraph) writeLarge(b *strings.Builder, p *placedGraph) {
	type stroke struct {
		kind  int
		width float64
	}
	lines := make(map[stroke]*strings.Builder)
	var order []stroke
	for i, e := range slices.Backward(d.Edges) {
		s := stroke{d.kind[i], math.Round(p.stroke[i]*2) / 2}
		if lines[s] == nil {
			lines[s] = new(strings.Builder)
			order = append(order, s)
		}
		c := newCurve(p.at[e.Source], p.at[e.Target], p.bend[i])
		if p.bend[i] == 0 {
			fmt.Fprintf(lines[s], "M%.0f %.0fL%.0f %.0f", c.from.x, c.from.y, c.to.x, c.to.y)
		} else {
			fmt.Fprintf(lines[s], "M%.0f %.0fQ%.0f %.0f %.0f %.0f", c.from.x, c.from.y, c.by.x, c.by.y, c.to.x, c.to.y)
		}
	}
	for _, s := range order {
		k := linkKind{color: plainLine}
		if s.kind >= 0 {
			k = d.kinds[s.kind]
		}
		fmt.Fprintf(b, `<path d="%s" fill="none" stroke="%s" stroke-width="%g" stroke-opacity=".35"/>`+"\n", lines[s], k.color, s.width)
	}
	type disc struct {
		entry  int
		radius float64
	}
	discs := make(map[disc]*strings.Builder)
	var sizes []disc
	for i, n := range slices.Backward(d.Nodes) { // those with most links on top
		s := disc{d.entry[n.Type], math.Round(2*p.radius[i]) / 2}
		if discs[s] == nil {
			discs[s] = new(strings.Builder)
			sizes = append(sizes, s)
		}
		fmt.Fprintf(discs[s], "M%.0f %.0fh0", p.at[i].x, p.at[i].y)
	}
	for _, s := range sizes {
		fmt.Fprintf(b, `<path d="%s" stroke="%s" stroke-width="%g" stroke-linecap="round"/>`+"\n", discs[s], d.legend[s.entry].base, 2*s.radius)
	}
	for i, l := range p.labels {
		if l.anchor != "" {
			fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="%s" stroke="#fff" stroke-width="3" stroke-linejoin="round" paint-order="stroke">%s</text>`+"\n", l.x, l.y, l.anchor, escXML(labelText(d.Nodes[i])))
		}
	}
}

func openSVG(b *strings.Builder, w, h int) {
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[2]d" width="%[1]d" height="%[2]d" font-family="system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif" font-size="12" fill="#1f2328">`+"\n"+`<rect class="sb-paper" width="%[1]d" height="%[2]d" fill="#fff"/>`+"\n", w, h)
}
