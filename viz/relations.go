package viz

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

const (
	defaultNodes = 60 // how many nodes a graph draws; more cannot be told apart
	maxQuotes    = 5  // sentences written for each edge
	textEdges    = 20 // links written as plain text
)

// A GraphView shows a graph of things that occur together or are related.
type GraphView struct {
	graph annot.Graph
	config
	err error
}

// Relations shows a graph: the size of a node and the width of an edge say how often,
// the colour of a node of which type. An edge under the pointer shows a sentence that
// supports it, a click the first five, with both mentions highlighted; the table below
// the drawing holds the same for every edge, and the boxes of the legend hide types.
//
// Edges with a type, such as those of [annot.RelationGraph], have the colour and dashes of their type, an
// arrow where they are directed, and a box in the legend, which hides the edges of the type. Edges
// between the same two nodes are curves beside each other. The colours can be told apart with any of the
// common colour deficiencies.
//
// Nodes without an edge are counted but not drawn, unless there is no edge at all.
// A graph whose indices or spans do not fit is an error of the methods, not of
// Relations. The options are WithTitle, WithLimit, WithColors and WithSize (default
// 860 by up to 520, less for a small graph). WithColors takes types of edges too.
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

// drawn returns the part of the graph to draw, and how many linked and single nodes
// it leaves out.
func (v *GraphView) drawn() (g annot.Graph, more, single int, err error) {
	if v.err != nil {
		return g, 0, 0, v.err
	}
	if err := checkGraph(v.graph); err != nil {
		return g, 0, 0, err
	}
	linked := make([]bool, len(v.graph.Nodes))
	for _, e := range v.graph.Edges {
		linked[e.Source], linked[e.Target] = true, true
	}
	var keep []int
	for i := range v.graph.Nodes {
		if linked[i] || len(v.graph.Edges) == 0 {
			keep = append(keep, i)
		} else {
			single++
		}
	}
	slices.SortStableFunc(keep, func(i, j int) int {
		return cmp.Compare(v.graph.Nodes[j].Count, v.graph.Nodes[i].Count)
	})
	more = max(0, len(keep)-v.limit)
	keep = keep[:len(keep)-more]
	index := make(map[int]int, len(keep))
	for n, i := range keep {
		index[i] = n
		g.Nodes = append(g.Nodes, v.graph.Nodes[i])
	}
	for _, e := range v.graph.Edges {
		s, okS := index[e.Source]
		t, okT := index[e.Target]
		if okS && okT {
			e.Source, e.Target = s, t
			g.Edges = append(g.Edges, e)
		}
	}
	slices.SortStableFunc(g.Edges, func(a, b annot.Edge) int { return cmp.Compare(b.Count, a.Count) })
	return g, more, single, nil
}

func checkGraph(g annot.Graph) error {
	for i, n := range g.Nodes {
		if n.Count < 0 {
			return fmt.Errorf("viz: node %d, %q, has a count of %d", i, n.Name, n.Count)
		}
	}
	for i, e := range g.Edges {
		if e.Source < 0 || e.Source >= len(g.Nodes) || e.Target < 0 || e.Target >= len(g.Nodes) || e.Source == e.Target {
			return fmt.Errorf("viz: edge %d joins nodes %d and %d of %d", i, e.Source, e.Target, len(g.Nodes))
		}
		if e.Count < 0 {
			return fmt.Errorf("viz: edge %d has a count of %d", i, e.Count)
		}
		if !(e.Score >= 0 && e.Score <= 1) { // not a number neither
			return fmt.Errorf("viz: edge %d has a score of %g, want 0 to 1", i, e.Score)
		}
		for j, q := range e.Evidence {
			if !utf8.ValidString(q.Sentence) {
				return fmt.Errorf("viz: sentence %d of edge %d is not valid UTF-8", j, i)
			}
			for _, s := range []annot.Span{q.Source, q.Target} {
				if s.Start < 0 || s.End > len(q.Sentence) || s.Start >= s.End || !runeStart(q.Sentence, s.Start) || !runeStart(q.Sentence, s.End) {
					return fmt.Errorf("viz: sentence %d of edge %d: a mention has bytes %d to %d of %d", j, i, s.Start, s.End, len(q.Sentence))
				}
			}
			if q.Source.Start < q.Target.End && q.Target.Start < q.Source.End {
				return fmt.Errorf("viz: sentence %d of edge %d: the two mentions overlap", j, i)
			}
		}
	}
	return nil
}

func (v *GraphView) fragment() (*fragment, error) {
	g, more, single, err := v.drawn()
	if err != nil {
		return nil, err
	}
	counts := make(map[string]int)
	for _, n := range g.Nodes {
		counts[n.Type]++
	}
	legend := newLegend(counts, v.colors)
	kinds := newLinkKinds(g.Edges, v.colors)
	f := &fragment{title: v.title, filters: len(legend) + len(kinds), chart: len(g.Nodes) > 0, links: kinds != nil}
	if f.title == "" {
		f.title = "Relations"
	}
	entry := make(map[string]int, len(legend))
	for i, l := range legend {
		entry[l.label] = i
		f.swatches = append(f.swatches, l.swatch)
	}
	var b bytes.Buffer
	openView(&b, "graph", v.title)
	writeLegend(&b, legend)
	writeLinkLegend(&b, kinds, len(legend))
	note := graphNote(g, more, single)
	if !f.chart {
		fmt.Fprintf(&b, "<p class=\"sb-note\">%s</p>\n</div>\n", note)
		f.body = b.Bytes()
		return f, nil
	}
	c := v.chart(g, entry, legend, kinds)
	c.writeTo(&b)
	b.WriteString("<div class=\"sb-panel\" hidden></div>\n<p class=\"sb-caption\">" + note + "</p>\n")
	writeEdgeTable(&b, g, entry, legend, kinds)
	b.WriteString("</div>\n")
	if err := c.writeScript(&b); err != nil {
		return nil, err
	}
	f.body = b.Bytes()
	return f, nil
}

// graphNote says what the drawing shows and what it does not.
func graphNote(g annot.Graph, more, single int) string {
	if len(g.Nodes) == 0 {
		return "Nothing was found."
	}
	note := fmt.Sprintf("%s and %s.", count(len(g.Nodes), "name"), count(len(g.Edges), "link"))
	if more > 0 {
		note += fmt.Sprintf(" %s mentioned less often %s not drawn.", count(more, "name"), isAre(more))
	}
	if single > 0 {
		note += fmt.Sprintf(" %s mentioned alone %s not drawn.", count(single, "name"), isAre(single))
	}
	return note
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func writeEdgeTable(b *bytes.Buffer, g annot.Graph, entry map[string]int, legend []legendEntry, kinds []linkKind) {
	if len(g.Edges) == 0 {
		return
	}
	columns := "<th>Names</th>"
	if kinds != nil {
		columns += "<th>Relation</th><th class=\"sb-num\">Score</th>"
	}
	fmt.Fprintf(b, "<details><summary>The sentences behind %s</summary>\n<div class=\"sb-scroll\"><table>\n<thead><tr>%s<th class=\"sb-num\">Sentences</th><th>Evidence</th></tr></thead>\n<tbody>\n", count(len(g.Edges), "link"), columns)
	for i, e := range g.Edges {
		s, t := g.Nodes[e.Source], g.Nodes[e.Target]
		ns, nt := entry[s.Type], entry[t.Type]
		classes, title := fmt.Sprintf("sb-l%d sb-l%d", ns, nt), s.Name+linkSign(e)+t.Name
		if kinds != nil {
			classes += fmt.Sprintf(" sb-l%d", len(legend)+kindOf(e, kinds))
			title += ", " + linkLabel(e.Type, e.Meaning)
		}
		title += ", " + count(e.Count, "sentence")
		fmt.Fprintf(b, "<tr class=\"sb-row %s\" data-row=\"%d\" data-title=\"%s\"><td>", classes, i, esc(title))
		for k, n := range []annot.Node{s, t} {
			if k == 1 {
				b.WriteString("<br>")
			}
			fmt.Fprintf(b, "<span class=\"sb-dot %s\"></span>%s", legend[entry[n.Type]].class(), esc(n.Name))
		}
		b.WriteString("</td>")
		if kinds != nil {
			writeLinkCells(b, g, e, kinds)
		}
		fmt.Fprintf(b, "<td class=\"sb-num\">%s</td><td>", group(e.Count))
		for j, q := range e.Evidence[:min(len(e.Evidence), maxQuotes)] {
			tip := ""
			if j == 0 {
				tip = " data-tip"
			}
			fmt.Fprintf(b, "<span class=\"sb-quote\"%s>", tip)
			writeQuote(b, q, legend[ns].class(), legend[nt].class())
			if q.DocID != "" {
				fmt.Fprintf(b, " <span class=\"sb-id\">%s</span>", esc(q.DocID))
			}
			b.WriteString("</span>")
		}
		switch left := e.Count - min(len(e.Evidence), maxQuotes); {
		case len(e.Evidence) == 0:
			b.WriteString("<span class=\"sb-quote sb-dim\" data-tip>The graph was made without sentences.</span>")
		case left > 0:
			fmt.Fprintf(b, "<span class=\"sb-quote sb-dim\">and %s more</span>", group(left))
		}
		b.WriteString("</td></tr>\n")
	}
	b.WriteString("</tbody></table></div></details>\n")
}

// writeQuote writes a sentence with its two mentions highlighted.
func writeQuote(b *bytes.Buffer, q annot.Evidence, source, target string) {
	first, second := q.Source, q.Target
	if second.Start < first.Start {
		first, second, source, target = second, first, target, source
	}
	text := func(from, to int) string { return esc(q.Sentence[from:to]) }
	fmt.Fprintf(b, "%s<b class=\"sb-hit %s\">%s</b>%s<b class=\"sb-hit %s\">%s</b>%s",
		text(0, first.Start), source, text(first.Start, first.End), text(first.End, second.Start),
		target, text(second.Start, second.End), text(second.End, len(q.Sentence)))
}

// chart draws g twice from one layout, which is force-directed: as a picture and as an
// option for ECharts. Its own layout would differ from run to run and run off the edge.
func (v *GraphView) chart(g annot.Graph, entry map[string]int, legend []legendEntry, kinds []linkKind) *chart {
	// A small graph would look lost in a big box, and at its corners.
	spread := 60 + 110*math.Sqrt(float64(len(g.Nodes)))
	height := v.height
	if height == 0 {
		height = min(520, 60+int(0.75*spread))
	}
	w, h := float64(v.width), float64(height)
	most, mostEdge := 1, 1
	for _, n := range g.Nodes {
		most = max(most, n.Count)
	}
	for _, e := range g.Edges {
		mostEdge = max(mostEdge, e.Count)
	}
	radius := make([]float64, len(g.Nodes))
	for i, n := range g.Nodes {
		radius[i] = 6 + 14*math.Sqrt(float64(n.Count)/float64(most))
	}
	width := func(e annot.Edge) float64 { return 1.5 + 4.5*math.Sqrt(float64(e.Count)/float64(mostEdge)) }
	if kinds != nil {
		width = func(e annot.Edge) float64 { return typedWidth(e.Count, mostEdge) }
	}
	at := layout(len(g.Nodes), g.Edges)
	lo, hi := point{40, 30}, point{w - 120, h - 30}
	in := point{max(0, hi.x-lo.x-spread) / 2, max(0, hi.y-lo.y-spread) / 2}
	fit(at, point{lo.x + in.x, lo.y + in.y}, point{hi.x - in.x, hi.y - in.y})
	separate(at, radius, g.Edges, lo, hi)

	for i, p := range at {
		at[i] = point{round(p.x), round(p.y)}
	}
	bend := bends(g.Edges)
	var lines []drawnLink // that names should not stand on; pale ones do not matter
	if kinds != nil {
		for i, e := range g.Edges {
			lines = append(lines, newDrawnLink(e, at, radius, width(e), bend[i]))
		}
	}
	labels := placeLabels(g, at, radius, lines, v.width, height)

	names := make([]string, len(legend))
	categories := make([]*opts.GraphCategory, len(legend))
	for i, l := range legend {
		names[i] = strings.ToValidUTF8(l.label, "\uFFFD")
		categories[i] = &opts.GraphCategory{Name: names[i], ItemStyle: &opts.ItemStyle{Color: l.base.String()}}
	}
	c := charts.NewGraph()
	c.AddSeries("", nil, nil, charts.WithGraphChartOpts(opts.GraphChart{
		Layout: "none", Roam: opts.Bool(true), Draggable: opts.Bool(true), Categories: categories,
	}))
	type node struct { // opts.GraphNode has no id, and names need not be unique
		ID       string  `json:"id"`
		Name     string  `json:"name"`
		Note     string  `json:"note"` // what the pointer shows under the name
		X        float64 `json:"x"`
		Y        float64 `json:"y"`
		Value    int     `json:"value"`
		Category int     `json:"category"`
		Size     float64 `json:"symbolSize"`
		Label    any     `json:"label"`
	}
	nodes := make([]node, len(g.Nodes))
	for i, n := range g.Nodes {
		place := labels[i].place
		if labels[i].anchor == "" {
			place = map[string]any{"show": false}
		}
		nodes[i] = node{
			ID: fmt.Sprint("n", i), Name: strings.ToValidUTF8(n.Name, "\uFFFD"),
			Note: strings.ToValidUTF8(n.Type, "\uFFFD") + " · " + count(n.Count, "mention"),
			X:    at[i].x, Y: at[i].y,
			Value: n.Count, Category: entry[n.Type], Size: round(2 * radius[i]), Label: place,
		}
	}
	links := make([]link, 0, len(g.Edges))
	for i, e := range slices.Backward(g.Edges) { // so that the most frequent lie on top
		links = append(links, newLink(e, i, kinds, len(legend), width(e), bend[i]))
	}
	c.MultiSeries[0].Data, c.MultiSeries[0].Links = nodes, links

	nameStyle := map[string]any{"show": true, "position": "right", "color": "var(--sb-fg)", "fontSize": 12, "width": 180, "overflow": "truncate"}
	if kinds != nil { // a name on a coloured line must still be read
		nameStyle["textBorderColor"], nameStyle["textBorderWidth"] = "var(--sb-card)", 3
	}
	series := map[string]any{
		"scaleLimit":      map[string]any{"min": 0.5, "max": 6},
		"label":           nameStyle,
		"labelLayout":     map[string]any{"hideOverlap": true},
		"lineStyle":       map[string]any{"color": "#8b95a1", "opacity": 0.5},
		"emphasis":        map[string]any{"focus": "adjacency", "lineStyle": map[string]any{"opacity": 0.95}, "label": map[string]any{"show": true, "fontWeight": "bold"}},
		"cursor":          "pointer",
		"selectedMode":    false,
		"edgeSymbol":      []string{"none", "none"},
		"roamTrigger":     "global",
		"zoom":            1,
		"legendHoverLink": false,
	}
	// ECharts stretches the nodes over the box it is given, so the box must be theirs
	// exactly; where they have no extent it takes two pixels.
	least, last := bounds(at)
	slack := func(extent float64) float64 {
		if extent == 0 {
			return 1
		}
		return 0
	}
	sx, sy := slack(last.x-least.x), slack(last.y-least.y)
	for side, share := range map[string]float64{
		"left": (least.x - sx) / w, "right": 1 - (last.x+sx)/w, "top": (least.y - sy) / h, "bottom": 1 - (last.y+sy)/h,
	} {
		series[side] = fmt.Sprintf("%.5f%%", 100*share)
	}
	picture, pictureHeight := graphSVG(g, at, radius, labels, width, bend, entry, legend, kinds, v.width, height)
	return &chart{
		width: v.width, height: height, scales: true,
		alt:    graphAlt(g, kinds),
		svg:    picture,
		option: newOption(c.JSON(), names, series),

		pictureHeight: pictureHeight,
	}
}

func round(x float64) float64 { return math.Round(x*10) / 10 }

func graphAlt(g annot.Graph, kinds []linkKind) string {
	var top []string
	for _, n := range g.Nodes[:min(5, len(g.Nodes))] {
		top = append(top, fmt.Sprintf("%s (%d)", oneLine(n.Name), n.Count))
	}
	alt := fmt.Sprintf("Graph of %s and %s. Mentioned most: %s.", count(len(g.Nodes), "name"), count(len(g.Edges), "link"), strings.Join(top, ", "))
	for i, k := range kinds {
		alt += fmt.Sprintf("%s%s, %s", []string{" Types of links: ", "; "}[min(i, 1)], oneLine(k.label()), group(k.count))
	}
	if kinds != nil {
		alt += "."
	}
	return alt
}

// graphSVG draws the graph for light paper, with a legend below if its edges have types, and returns the
// height of both.
func graphSVG(g annot.Graph, at []point, radius []float64, labels []label, width func(annot.Edge) float64, bend []float64, entry map[string]int, legend []legendEntry, kinds []linkKind, w, h int) (string, int) {
	var b, below strings.Builder
	if kinds != nil {
		h += legendSVG(&below, legend, kinds, w, h)
	}
	openSVG(&b, w, h)
	for i, e := range slices.Backward(g.Edges) {
		s, t := at[e.Source], at[e.Target]
		if k := kindOf(e, kinds); k >= 0 || e.Directed || bend[i] != 0 {
			writeLinkSVG(&b, e, strokeOf(e, kinds), s, t, radius[e.Target], width(e), bend[i])
			continue
		}
		fmt.Fprintf(&b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#8b95a1" stroke-opacity=".5" stroke-width="%.1f"/>`+"\n", s.x, s.y, t.x, t.y, width(e))
	}
	for i, n := range g.Nodes {
		fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="%.1f" fill="%s"/>`+"\n", at[i].x, at[i].y, radius[i], legend[entry[n.Type]].base)
	}
	for i, l := range labels {
		if l.anchor != "" {
			fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="%s" stroke="#fff" stroke-width="3" stroke-linejoin="round" paint-order="stroke">%s</text>`+"\n", l.x, l.y, l.anchor, escXML(labelText(g.Nodes[i])))
		}
	}
	b.WriteString(below.String())
	b.WriteString("</svg>\n")
	return b.String(), h
}

func openSVG(b *strings.Builder, w, h int) {
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[2]d" width="%[1]d" height="%[2]d" font-family="system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif" font-size="12" fill="#1f2328">`+"\n"+`<rect width="%[1]d" height="%[2]d" fill="#fff"/>`+"\n", w, h)
}

// WriteText writes the twenty most frequent links with one sentence each.
func (v *GraphView) WriteText(w io.Writer) error {
	g, more, single, err := v.drawn()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if v.title != "" {
		fmt.Fprintf(&b, "%s\n\n", oneLine(v.title))
	}
	for _, e := range g.Edges[:min(len(g.Edges), textEdges)] {
		s, t := g.Nodes[e.Source], g.Nodes[e.Target]
		fmt.Fprintf(&b, "%s (%s)%s%s (%s), %s%s\n", oneLine(s.Name), oneLine(s.Type), linkSign(e), oneLine(t.Name), oneLine(t.Type), linkText(e), count(e.Count, "sentence"))
		if len(e.Evidence) > 0 {
			fmt.Fprintf(&b, "  %s\n", oneLine(e.Evidence[0].Sentence+" "+e.Evidence[0].DocID))
		}
	}
	if left := len(g.Edges) - textEdges; left > 0 {
		fmt.Fprintf(&b, "… and %s\n", count(left, "link"))
	}
	fmt.Fprintf(&b, "%s\n", graphNote(g, more, single))
	_, err = w.Write(b.Bytes())
	return err
}
