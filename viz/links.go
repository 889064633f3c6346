package viz

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// bends says how far each edge leaves the straight line, as a share of its length and to the left of the
// way from source to target: not at all unless it has neighbours that join the same two nodes.
func bends(edges []annot.Edge) []float64 {
	type pair struct{ a, b int }
	beside := make(map[pair][]int)
	for i, e := range edges {
		p := pair{min(e.Source, e.Target), max(e.Source, e.Target)}
		beside[p] = append(beside[p], i)
	}
	bend := make([]float64, len(edges))
	for _, group := range beside {
		n := len(group)
		if n == 1 {
			continue
		}
		step := min(0.5, 1.2/float64(n-1))
		for k, i := range group {
			bend[i] = round2(float64((float64(k) - float64(n-1)/2) * step))
			if edges[i].Source > edges[i].Target { // the left of the one is the right of the other
				bend[i] = -bend[i]
			}
		}
	}
	return bend
}

func round2(x float64) float64 { return math.Round(x*100) / 100 }

// A curve is a quadratic Bézier curve, as ECharts draws links.
type curve struct{ from, by, to point }

func newCurve(from, to point, bend float64) curve {
	return curve{from, point{
		(from.x+to.x)/2 - float64((from.y-to.y)*bend),
		(from.y+to.y)/2 - float64((to.x-from.x)*bend),
	}, to}
}

func (c curve) at(t float64) point {
	u := 1 - t
	a, b, d := float64(u*u), float64(2*u*t), float64(t*t)
	return point{
		float64(a*c.from.x) + float64(b*c.by.x) + float64(d*c.to.x),
		float64(a*c.from.y) + float64(b*c.by.y) + float64(d*c.to.y),
	}
}

// before returns the last place of the curve that is distance away from its end, and where on the curve
// it is; if the curve is too short, its middle.
func (c curve) before(distance float64) (point, float64) {
	lo, hi := 0.5, 1.0 // the distance falls from the middle to the end
	for range 40 {
		t := (lo + hi) / 2
		p := c.at(t)
		if math.Hypot(p.x-c.to.x, p.y-c.to.y) > distance {
			lo = t
		} else {
			hi = t
		}
	}
	return c.at(lo), lo
}

// upTo returns the part of c before t (de Casteljau).
func (c curve) upTo(t float64) curve {
	mix := func(a, b point) point { return point{a.x + float64((b.x-a.x)*t), a.y + float64((b.y-a.y)*t)} }
	return curve{c.from, mix(c.from, c.by), c.at(t)}
}

func (c curve) path() string {
	return fmt.Sprintf("M%.1f %.1fQ%.1f %.1f %.1f %.1f", c.from.x, c.from.y, c.by.x, c.by.y, c.to.x, c.to.y)
}

// kindOf returns the place of an edge's type among kinds, or -1 if types are not drawn.
func kindOf(e annot.Edge, kinds []linkKind) int {
	return slices.IndexFunc(kinds, func(k linkKind) bool { return k.typ == e.Type })
}

// strokeOf returns the kind of an edge, or what stands for it if types are not drawn.
func strokeOf(e annot.Edge, kinds []linkKind) linkKind {
	if i := kindOf(e, kinds); i >= 0 {
		return kinds[i]
	}
	return linkKind{color: plainLine}
}

// linkSign stands between the names of an edge.
func linkSign(e annot.Edge) string {
	if e.Directed {
		return " → "
	}
	return " – "
}

// linkText is the type of an edge as plain text, before the number of sentences.
func linkText(e annot.Edge) string {
	if e.Type == "" && e.Meaning == "" {
		return ""
	}
	return oneLine(linkLabel(e.Type, e.Meaning)) + ", "
}

// writeLinkLegend lists the types of edges, each with a box that hides it, numbered from first on.
func writeLinkLegend(b *bytes.Buffer, kinds []linkKind, first int) {
	if len(kinds) == 0 {
		return
	}
	b.WriteString("<div class=\"sb-legend\">")
	for i, k := range kinds {
		fmt.Fprintf(b, "<label class=\"sb-link\"><input type=\"checkbox\" class=\"sb-f%d\" checked>", first+i)
		writeStroke(b, k, k.directed)
		fmt.Fprintf(b, "%s <b>%s</b></label>", esc(k.label()), group(k.count))
	}
	b.WriteString("</div>\n")
}

// writeStroke draws how edges of a kind look.
func writeStroke(b *bytes.Buffer, k linkKind, directed bool) {
	var s strings.Builder
	writeLinkSVG(&s, annot.Edge{Directed: directed}, k, point{1, 6}, point{29, 6}, 0, 2.2, 0, 1)
	fmt.Fprintf(b, "<svg class=\"sb-stroke\" width=\"30\" height=\"12\" aria-hidden=\"true\">%s</svg>", strings.TrimSpace(s.String()))
}

// writeLinkCells writes the cells of the table that only edges with a type have. What is marked data-tip is
// shown under the pointer.
func writeLinkCells(b *bytes.Buffer, g annot.Graph, e annot.Edge, kinds []linkKind) {
	fmt.Fprintf(b, "<td><b class=\"sb-only\" data-tip>%s</b><span class=\"sb-kind\" data-tip>", esc(g.Nodes[e.Source].Name+linkSign(e)+g.Nodes[e.Target].Name))
	writeStroke(b, strokeOf(e, kinds), e.Directed)
	score := ""
	if e.Score > 0 {
		score = fmt.Sprintf("%.2f", e.Score)
	}
	note := count(e.Count, "sentence")
	if score != "" {
		note += ", score " + score
	}
	fmt.Fprintf(b, "%s</span><span class=\"sb-only sb-dim\" data-tip>%s</span></td><td class=\"sb-num\">%s</td>", esc(linkLabel(e.Type, e.Meaning)), note, score)
}

// typedWidth is the width of an edge of a graph with types. It is less than in other graphs, because its
// colour must be seen, not its area, and an arrow must fit its end.
func typedWidth(count, most int) float64 {
	return 1.4 + 2.2*math.Sqrt(float64(count)/float64(most))
}

// arrowSize is the length of the head of an arrow of the given width.
func arrowSize(width float64) float64 { return 6 + 1.3*width }

// arrowSide is half the breadth of a head of length 1, and arrowNotch how deep its notch lies. ECharts' own
// head has this shape.
const (
	arrowSide  = 2.0 / 3
	arrowNotch = 0.75
)

// writeLinkSVG draws an edge from one disc to the other, with a head at the border of the second if it is
// directed.
func writeLinkSVG(b *strings.Builder, e annot.Edge, k linkKind, from, to point, radius, width, bend, opacity float64) {
	c := newCurve(from, to, bend)
	pale := ""
	if opacity < 1 {
		pale = fmt.Sprintf(` stroke-opacity="%g"`, opacity)
	}
	if !e.Directed {
		fmt.Fprintf(b, `<path class="sb-ring" d="%s" fill="none" stroke="%s" stroke-width="%.1f"%s%s/>`, c.path(), k.color, width, pale, k.dashArray())
		return
	}
	long := arrowSize(width)
	tip, _ := c.before(radius + 1)
	notch, t := c.before(radius + 1 + arrowNotch*long)
	back, _ := c.before(radius + 1 + long)
	dx, dy := tip.x-back.x, tip.y-back.y
	if d := math.Hypot(dx, dy); d > 0 {
		dx, dy = dx/d, dy/d
	}
	side := float64(arrowSide * long)
	fmt.Fprintf(b, `<path class="sb-ring" d="%s" fill="none" stroke="%s" stroke-width="%.1f"%s%s/>`, c.upTo(t).path(), k.color, width, pale, k.dashArray())
	fmt.Fprintf(b, `<path d="M%.1f %.1fL%.1f %.1fL%.1f %.1fL%.1f %.1fZ" fill="%s"/>`,
		tip.x, tip.y, back.x-float64(dy*side), back.y+float64(dx*side), notch.x, notch.y, back.x+float64(dy*side), back.y-float64(dx*side), k.color)
}

// legendSVG draws what colours mean below a graph, from the height top down, and returns how much height
// it took.
func legendSVG(b *strings.Builder, legend []legendEntry, kinds []linkKind, w, top int) int {
	const row, mark, gap = 20, 30, 18
	x, y := 16.0, float64(top)+row/2
	item := func(text string, draw func(x, y float64)) {
		wide := mark + textWidth(text) + gap
		if x+wide > float64(w) && x > 16 {
			x, y = 16, y+row
		}
		draw(x, y)
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f">%s</text>`+"\n", x+mark, y+4, escXML(text))
		x += wide
	}
	for _, l := range legend {
		item(shorten(oneLine(l.label), 40), func(x, y float64) {
			fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="5" fill="%s"/>`+"\n", x+mark-12, y, l.base)
		})
	}
	x, y = 16, y+row
	for _, k := range kinds {
		item(shorten(oneLine(k.label()), 60), func(x, y float64) {
			writeLinkSVG(b, annot.Edge{Directed: k.directed}, k, point{x, y}, point{x + mark - 6, y}, 0, 2.2, 0, 1)
			b.WriteString("\n")
		})
	}
	return int(y) + row/2 + 4 - top
}
