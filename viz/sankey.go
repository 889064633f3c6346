package viz

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

const sankeyNames = 15 // on each side of a flow

// A SankeyView shows how the sentences about names of some types are shared out among names of others.
type SankeyView struct {
	graph annot.Graph
	config
	err error
}

// Sankey shows the links between names of some types, on the left, and names of others, on the right, as bands whose width is the number of
// sentences, in the colour of the type of relation. The 15 names on each side in the most sentences have a place of their own
// (WithLimit), all others share one, so that the widths add up. A click on a band shows the sentences behind it, the boxes of the legend hide
// types, and the arrow keys go from band to band.
//
// Types and options are those of [RelationMatrix].
func Sankey(g annot.Graph, options ...Option) *SankeyView {
	v := &SankeyView{graph: g}
	v.config, v.err = newConfig("Sankey", sankeyNames, options)
	return v
}

// Render writes the view as a fragment of HTML.
func (v *SankeyView) Render(w io.Writer) error { return render(w, v) }

// WritePage writes the view as a complete page.
func (v *SankeyView) WritePage(w io.Writer) error { return writePage(w, v) }

// Show displays the view in a notebook, or as plain text where there is none.
func (v *SankeyView) Show() error { return show(v) }

func (v *SankeyView) drawn() (*sidedGraph, error) {
	if v.err != nil {
		return nil, v.err
	}
	d, err := v.partGraph(v.graph, false)
	if err != nil {
		return nil, err
	}
	for range 4 {
		d.settle(d.right, d.left, true)
		d.settle(d.left, d.right, false)
	}
	return d, nil
}

func (v *SankeyView) fragment() (*fragment, error) {
	d, err := v.drawn()
	if err != nil {
		return nil, err
	}
	return d.view("sankey", v.title, "How names are related", " The wider a band, the more sentences.", func() *figure { return d.sankey(v.width) })
}

// WriteText writes the twenty most frequent links with one sentence each.
func (v *SankeyView) WriteText(w io.Writer) error {
	d, err := v.drawn()
	if err != nil {
		return err
	}
	return d.writeText(w, v.title)
}

// A flow is a band between two stations: an edge, or all of a type between one of the names and the rest.
type flow struct {
	from, to      int // stations on the left and on the right
	kind, count   int
	edge          int // or -1
	width         float64
	yLeft, yRight float64
}

// A station is a name, or the rest of the names, on one side.
type station struct {
	node  int // or -1 for the rest
	count int
	y, h  float64 // of the bar
}

// rest is the station of what has none of its own.
const rest = -1

// flows returns the stations of both sides and the bands between them.
func (d *sidedGraph) flows() (left, right []station, flows []flow) {
	place := func(nodes []int) (stations []station, at map[int]int) {
		at = make(map[int]int)
		for i, n := range nodes {
			stations, at[n] = append(stations, station{node: n}), i
		}
		return stations, at
	}
	left, leftAt := place(d.left)
	right, rightAt := place(d.right)
	type key struct{ from, to, kind int }
	shared := make(map[key]int)
	for i, e := range d.Edges {
		flows = append(flows, flow{from: leftAt[e.Source], to: rightAt[e.Target], kind: d.kind[i], count: max(1, e.Count), edge: i})
	}
	drawn := func(at map[int]int, i int) int {
		if n, ok := d.from[i]; ok {
			if k, ok := at[n]; ok {
				return k
			}
		}
		return rest
	}
	for _, e := range d.between {
		from, to := drawn(leftAt, e.Source), drawn(rightAt, e.Target)
		if from != rest && to != rest || from == rest && to == rest {
			continue // an edge of its own, or of names that are not drawn
		}
		shared[key{from, to, max(-1, kindOf(e, d.kinds))}] += max(1, e.Count)
	}
	keys := make([]key, 0, len(shared))
	needs := [2]bool{}
	for k := range shared {
		keys = append(keys, k)
		needs[0], needs[1] = needs[0] || k.from == rest, needs[1] || k.to == rest
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to), cmp.Compare(a.kind, b.kind))
	})
	if needs[0] {
		left = append(left, station{node: rest})
	}
	if needs[1] {
		right = append(right, station{node: rest})
	}
	for _, k := range keys {
		f := flow{from: k.from, to: k.to, kind: k.kind, count: shared[k], edge: -1}
		if f.from == rest {
			f.from = len(left) - 1
		}
		if f.to == rest {
			f.to = len(right) - 1
		}
		flows = append(flows, f)
	}
	for _, f := range flows {
		left[f.from].count += f.count
		right[f.to].count += f.count
	}
	return left, right, flows
}

func (d *sidedGraph) sankey(wide int) *figure {
	const gap, least, bar, text = 5.0, 13.0, 12.0, 12.5
	left, right, flows := d.flows()
	height := float64(max(len(left), len(right))) * 30
	height = max(180, min(height, 560))
	height = max(height, float64(max(len(left), len(right)))*(least+gap))
	// The widths of bands have one scale, for which the fuller side just fits; a bar has room for a name.
	used := func(side []station, scale float64) float64 {
		sum := 0.0
		for _, s := range side {
			sum += max(least, float64(s.count)*scale) + gap
		}
		return sum
	}
	lo, hi := 0.0, height
	for range 60 {
		if scale := (lo + hi) / 2; max(used(left, scale), used(right, scale)) > height {
			hi = scale
		} else {
			lo = scale
		}
	}
	for _, side := range [][]station{left, right} {
		y := (height-used(side, lo))/2 + 6
		for i := range side {
			s := &side[i]
			room := max(least, float64(s.count)*lo)
			s.h = max(1, float64(s.count)*lo)
			s.y = y + (room-s.h)/2
			y += room + gap
		}
	}
	for i := range flows {
		flows[i].width = float64(flows[i].count) * lo
	}
	stackFlows(flows, left, right)

	name := func(s station, all, drawn int) string {
		if s.node == rest {
			return group(all-drawn) + " others"
		}
		return labelText(d.Nodes[s.node])
	}
	nameLeft := func(s station) string { return name(s, d.allLeft, len(d.left)) }
	nameRight := func(s station) string { return name(s, d.allRight, len(d.right)) }
	longest := func(side []station, name func(station) string) float64 {
		l := 0.0
		for _, s := range side {
			l = max(l, sansWidth(name(s)+"  "+group(s.count), text))
		}
		return min(l, float64(wide)/3)
	}
	xl, xr := longest(left, nameLeft)+14, float64(wide)-longest(right, nameRight)-14
	f := &figure{width: wide, height: int(height) + 12, alt: d.alt("Flow diagram")}
	var b, below strings.Builder
	below.WriteString(`<g class="sb-key">` + "\n")
	f.pictureHeight = f.height + legendSVG(&below, d.legend, d.kinds, wide, f.height)
	below.WriteString("</g>\n")
	openSVG(&b, wide, f.pictureHeight)
	fmt.Fprintf(&b, `<g font-family="%s" font-size="%g">`+"\n", sansFonts, text)
	for _, fl := range flows {
		fill := plainLine
		if fl.kind >= 0 && d.kinds != nil {
			fill = d.kinds[fl.kind].color
		}
		what, kind := "", linkKind{}
		if fl.kind >= 0 && d.kinds != nil {
			kind = d.kinds[fl.kind]
			what = kind.label() + ", "
		}
		class, mark := "", ""
		if fl.edge >= 0 {
			class, mark = d.classes(fl.edge), markEdge(&d.drawnGraph, fl.edge)
		} else {
			class = "sb-row"
			for _, s := range []station{left[fl.from], right[fl.to]} {
				if s.node != rest {
					class += fmt.Sprintf(" sb-l%d", d.entry[d.Nodes[s.node].Type])
				}
			}
			if d.kinds != nil && fl.kind >= 0 {
				class += fmt.Sprintf(" sb-l%d", len(d.legend)+fl.kind)
			}
			mark = markNote(nameLeft(left[fl.from])+linkSign(annot.Edge{Directed: kind.directed})+nameRight(right[fl.to]), what+count(fl.count, "sentence"))
		}
		x0, x1, half := xl+bar, xr-bar, (xl+xr)/2
		w := max(fl.width, 0.8)
		fmt.Fprintf(&b, `<g class="%s"%s><path class="sb-band sb-ring" d="M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1fv%.1fC%.1f %.1f %.1f %.1f %.1f %.1fZ" fill="%s" fill-opacity=".5"/></g>`+"\n", class, mark,
			x0, fl.yLeft, half, fl.yLeft, half, fl.yRight, x1, fl.yRight, w, half, fl.yRight+w, half, fl.yLeft+w, x0, fl.yLeft+w, fill)
	}
	draw := func(side []station, x float64, name func(station) string, at float64, anchor string) {
		for _, s := range side {
			fill, class := plainLine, ""
			if s.node != rest {
				l := d.legend[d.entry[d.Nodes[s.node].Type]]
				fill, class = l.base, fmt.Sprintf("%s sb-row sb-l%d", l.class(), d.entry[d.Nodes[s.node].Type])
			}
			short := ""
			label := name(s)
			if sansWidth(label+"  "+group(s.count), text) > float64(wide)/3 {
				short = fmt.Sprintf(` textLength="%.1f" lengthAdjust="spacingAndGlyphs"`, float64(wide)/3)
			}
			fillClass := ` class="sb-fill"`
			if s.node == rest {
				fillClass = ""
			}
			fmt.Fprintf(&b, `<g class="%s"><rect%s x="%.1f" y="%.1f" width="%g" height="%.1f" rx="2" fill="%s"/>`, class, fillClass, x, s.y, bar, s.h, fill)
			fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="%s"%s>`, at, s.y+s.h/2+4.3, anchor, short)
			number := fmt.Sprintf(`<tspan class="sb-faint" fill="#59636e">%s</tspan>`, group(s.count))
			if anchor == "end" {
				fmt.Fprintf(&b, "%s \u2002%s</text></g>\n", number, escXML(label))
			} else {
				fmt.Fprintf(&b, "%s \u2002%s</text></g>\n", escXML(label), number)
			}
		}
	}
	draw(left, xl, nameLeft, xl-7, "end")
	draw(right, xr-bar, nameRight, xr+7, "start")
	b.WriteString("</g>\n" + below.String() + "</svg>\n")
	f.svg = b.String()
	return f
}

// stackFlows puts the bands of each station below each other, in the order of their other ends.
func stackFlows(flows []flow, left, right []station) {
	order := make([]int, len(flows))
	for i := range order {
		order[i] = i
	}
	stack := func(stations []station, own, other func(flow) int, y func(*flow) *float64) {
		at := make([]float64, len(stations))
		for i, s := range stations {
			at[i] = s.y
		}
		slices.SortStableFunc(order, func(i, j int) int {
			return cmp.Or(cmp.Compare(other(flows[i]), other(flows[j])), cmp.Compare(flows[i].kind, flows[j].kind))
		})
		for _, i := range order {
			f := &flows[i]
			*y(f) = at[own(*f)]
			at[own(*f)] += f.width
		}
	}
	from, to := func(f flow) int { return f.from }, func(f flow) int { return f.to }
	stack(left, from, to, func(f *flow) *float64 { return &f.yLeft })
	stack(right, to, from, func(f *flow) *float64 { return &f.yRight })
}
