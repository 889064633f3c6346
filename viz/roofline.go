package viz

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/sparsebio/sparsebio/biobert/report"
)

// A RooflineView shows how close matrix products come to what a machine can do.
type RooflineView struct {
	roofline report.Roofline
	config
	err error
}

// Roofline draws the roofline of a machine with products below it, as biobert.MeasureRoofline measures both: upwards
// operations a second, to the right operations for each byte that is read or written, both logarithmic. The roof rises with the bandwidth
// of memory and is flat where arithmetic is the limit, one flat part for INT8 and one for fp32. Sparse products are
// there twice, by the operations that they execute and, as rings, by those of the dense product that they stand for.
//
// A roofline without peaks, with more than 200 products, or with a figure that is not above zero is an error of the methods.
// The options are WithTitle, WithColors (of engines) and WithSize (default 860 by 520).
func Roofline(r report.Roofline, options ...Option) *RooflineView {
	v := &RooflineView{roofline: r}
	v.config, v.err = newConfig("Roofline", 0, options)
	if v.height == 0 {
		v.height = 520
	}
	return v
}

// Render writes the view as a fragment of HTML.
func (v *RooflineView) Render(w io.Writer) error { return render(w, v) }

// WritePage writes the view as a complete page.
func (v *RooflineView) WritePage(w io.Writer) error { return writePage(w, v) }

// WriteText writes the figures as a table.
func (v *RooflineView) WriteText(w io.Writer) error {
	if err := v.check(); err != nil {
		return err
	}
	p := v.picture()
	return p.writeText(w)
}

// Show displays the view in a notebook, or as plain text where there is none.
func (v *RooflineView) Show() error { return show(v) }

func (v *RooflineView) check() error {
	if v.err != nil {
		return v.err
	}
	r := v.roofline
	good := func(x float64) bool { return !bad(x) && x > 1e-12 }
	switch {
	case len(r.Peaks) == 0 || len(r.Peaks) > 6:
		return fmt.Errorf("viz: a roofline of %d peaks (want 1 to 6)", len(r.Peaks))
	case len(r.Products) > 200:
		return fmt.Errorf("viz: a roofline with %d products (want at most 200)", len(r.Products))
	case !good(r.Bandwidth.BytesPerSecond):
		return fmt.Errorf("viz: a bandwidth of %v bytes a second", r.Bandwidth.BytesPerSecond)
	}
	for _, p := range r.Peaks {
		if !good(p.OpsPerSecond) {
			return fmt.Errorf("viz: peak %q of %v operations a second", p.Name, p.OpsPerSecond)
		}
	}
	for _, p := range r.Products {
		err := error(nil)
		switch {
		case !(p.Sparsity >= 0 && p.Sparsity < 1):
			err = fmt.Errorf("sparsity %v (want at least 0 and less than 1)", p.Sparsity)
		case !good(p.Seconds) || !good(p.Bytes):
			err = fmt.Errorf("%v bytes in %v seconds", p.Bytes, p.Seconds)
		case p.Outputs < 1 || p.Inputs < 1 || p.Tokens < 1:
			err = errors.New("want at least one of each")
		}
		if err != nil {
			return fmt.Errorf("viz: product of %d x %d weights and %d tokens, %s: %w", p.Outputs, p.Inputs, p.Tokens, p.Engine, err)
		}
	}
	return nil
}

func (v *RooflineView) heading() string {
	if v.title != "" {
		return v.title
	}
	if m := v.roofline.Machine; m != nil && m.CPU != "" {
		return "The roofline of this " + m.CPU
	}
	return "The roofline of this machine"
}

// A roofTrail is the products of an engine, by tokens.
type roofTrail struct {
	engine   string
	products []roofPoint
}

// A roofPoint is a product, in operations for each byte and 10^9 operations a second.
type roofPoint struct {
	report.ProductTime
	row                 int
	executed, effective [2]float64
	skipping            bool
}

func (v *RooflineView) trails() []roofTrail {
	var ts []roofTrail
	for _, p := range v.roofline.Products {
		i := slices.IndexFunc(ts, func(t roofTrail) bool { return t.engine == p.Engine })
		if i < 0 {
			i = len(ts)
			ts = append(ts, roofTrail{engine: p.Engine})
		}
		at := func(ops float64) [2]float64 { return [2]float64{ops / p.Bytes, ops / p.Seconds / 1e9} }
		ts[i].products = append(ts[i].products, roofPoint{ProductTime: p, executed: at(p.Executed()), effective: at(p.Effective()), skipping: p.Sparsity > 0})
	}
	row := len(v.roofline.Peaks) + 1
	for i := range ts {
		slices.SortStableFunc(ts[i].products, func(a, b roofPoint) int { return a.Tokens - b.Tokens })
		for j := range ts[i].products {
			ts[i].products[j].row = row
			row++
		}
	}
	return ts
}

func (v *RooflineView) fragment() (*fragment, error) {
	if err := v.check(); err != nil {
		return nil, err
	}
	p := v.picture()
	return p.fragment()
}

// skips tells whether a trail has sparse products.
func (t roofTrail) skips() bool {
	return slices.ContainsFunc(t.products, func(p roofPoint) bool { return p.skipping })
}

func (v *RooflineView) picture() *picture {
	trails := v.trails()
	names := make([]string, len(trails))
	for i, t := range trails {
		names[i] = t.engine
		if names[i] == "" {
			names[i] = fmt.Sprintf("engine %d", i+1)
		}
	}
	p := &picture{kind: "roofline", title: v.heading(), table: v.figures(trails)}
	for i, s := range newSeriesStyles(names, v.colors) {
		p.keys = append(p.keys, key{names[i], s})
	}
	p.captions = v.captions(trails)
	x, y := v.axes(trails)
	x.from, x.to = 58, float64(v.width)-24
	y.from, y.to = float64(v.height)-52, 30
	p.chart = &chart{width: v.width, height: v.height, alt: v.alt(trails), svg: v.svg(p.keys, trails, x, y)}
	p.chart.pictureHeight = v.height + keysHeight(p.keys, v.width)
	p.chart.option = p.option(v.option(p.keys, trails, x, y))
	return p
}

func (v *RooflineView) captions(trails []roofTrail) []string {
	r := v.roofline
	out := []string{"No product can be above the roof: on its slope it waits for memory, below its flat part for arithmetic. " +
		"A mark is a product with the number of tokens beside it; the more tokens share a weight that was read, the further right."}
	if slices.ContainsFunc(trails, roofTrail.skips) {
		out = append(out, "A sparse product leaves the zeros out, so it executes few operations (marks) for each byte, and yet gives the result of the dense product (rings): the same bytes and time stand for "+
			"more work, along dotted lines that are parallel to the slope. Rings may lie above the roof, and where they do, no dense product of this machine could be as quick.")
	}
	shapes := make(map[[2]int]bool)
	shape := ""
	for _, p := range r.Products {
		shapes[[2]int{p.Outputs, p.Inputs}] = true
		shape = fmt.Sprintf("%s x %s weights", group(p.Outputs), group(p.Inputs))
	}
	if len(shapes) > 1 {
		shape = count(len(shapes), "shape") + " of weights"
	}
	zeros := ""
	for _, p := range r.Products {
		if p.Sparsity > 0 {
			zeros = fmt.Sprintf("%.0f %% zeros in the sparse ones", 100*p.Sparsity)
		}
	}
	threads := ""
	if r.Threads > 0 {
		threads = count(r.Threads, "thread")
	}
	return append(out, joinNonEmpty(" · ", machineText(r.Machine), threads, shape, zeros))
}

func (v *RooflineView) figures(trails []roofTrail) figureTable {
	r := v.roofline
	t := figureTable{heads: []figureHead{{"What", false}, {"Kernel", false}, {"Tokens", true}, {"Zeros", true}, {"Operations/byte", true}, {"Executed, Gop/s", true}, {"Dense equivalent, Gop/s", true}, {"GB/s", true}}}
	t.rows = append(t.rows, []string{"memory", "", "", "", "", "", "", threeDigits(r.Bandwidth.BytesPerSecond / 1e9)})
	for _, p := range r.Peaks {
		t.rows = append(t.rows, []string{p.Name + " peak", p.Kernel, "", "", "", threeDigits(p.OpsPerSecond / 1e9), "", ""})
	}
	for _, tr := range trails {
		for _, p := range tr.products {
			t.rows = append(t.rows, []string{p.Engine, p.Kernel, group(p.Tokens), fmt.Sprintf("%.0f %%", 100*p.Sparsity),
				threeDigits(p.executed[0]), threeDigits(p.executed[1]), threeDigits(p.effective[1]), threeDigits(p.Bytes / p.Seconds / 1e9)})
		}
	}
	return t
}

func (v *RooflineView) alt(trails []roofTrail) string {
	r := v.roofline
	parts := []string{fmt.Sprintf("memory %s GB/s", threeDigits(r.Bandwidth.BytesPerSecond/1e9))}
	for _, p := range r.Peaks {
		parts = append(parts, fmt.Sprintf("%s peak %s Gop/s", oneLine(p.Name), threeDigits(p.OpsPerSecond/1e9)))
	}
	for _, t := range trails {
		last := t.products[len(t.products)-1]
		part := fmt.Sprintf("%s %s Gop/s with %s", oneLine(t.engine), threeDigits(last.executed[1]), count(last.Tokens, "token"))
		if last.skipping {
			part += fmt.Sprintf(", which stand for %s", threeDigits(last.effective[1]))
		}
		parts = append(parts, part)
	}
	return "Roofline chart. " + strings.Join(parts, "; ") + "."
}

// axes returns the axes, with round ends.
func (v *RooflineView) axes(trails []roofTrail) (x, y plotAxis) {
	bandwidth := v.roofline.Bandwidth.BytesPerSecond / 1e9
	left, right, low, high := math.Inf(1), 0.0, math.Inf(1), 0.0
	for _, p := range v.roofline.Peaks {
		ops := p.OpsPerSecond / 1e9
		left, right = min(left, ops/bandwidth/4), max(right, ops/bandwidth*4)
		low, high = min(low, ops), max(high, ops*1.6)
	}
	for _, t := range trails {
		for _, p := range t.products {
			left, right = min(left, p.executed[0]), max(right, p.effective[0])
			low, high = min(low, p.executed[1]), max(high, p.effective[1]*1.3)
		}
	}
	low = min(low, left*bandwidth)
	right *= 3.5 // room for the names of the roofs
	x, y = spanning(left, right, true, false), spanning(low, high, true, false)
	return x, y
}

// A roof is a limit: a line with a text.
type roof struct {
	points [2][2]float64 // operations for each byte, 10^9 operations a second
	text   string
	row    int
}

// roofs returns the limits within the axes.
func (v *RooflineView) roofs(x, y plotAxis) []roof {
	r := v.roofline
	bandwidth := r.Bandwidth.BytesPerSecond / 1e9
	best := 0.0
	for _, p := range r.Peaks {
		best = max(best, p.OpsPerSecond/1e9)
	}
	left := max(x.low, y.low/bandwidth)
	out := []roof{{[2][2]float64{{left, left * bandwidth}, {best / bandwidth, best}}, fmt.Sprintf("memory, %s GB/s", threeDigits(bandwidth)), 0}}
	for i, p := range r.Peaks {
		ops := p.OpsPerSecond / 1e9
		out = append(out, roof{[2][2]float64{{ops / bandwidth, ops}, {x.high, ops}}, fmt.Sprintf("%s peak, %s Gop/s", p.Name, threeDigits(ops)), i + 1})
	}
	return out
}

// highest returns the flat part above all others.
func (v *RooflineView) highest(roofs []roof) roof {
	best := roofs[1]
	for _, r := range roofs[2:] {
		if r.points[0][1] > best.points[0][1] {
			best = r
		}
	}
	return best
}

const roofPaint = "#59636e"

func (v *RooflineView) option(keys []key, trails []roofTrail, x, y plotAxis) map[string]any {
	roofs := v.roofs(x, y)
	best := v.highest(roofs)
	// The ground below the roof.
	series := []any{map[string]any{"type": "line", "data": [][2]float64{roofs[0].points[0], best.points[0], best.points[1]}, "silent": true, "showSymbol": false, "z": 0, "lineStyle": map[string]any{"opacity": 0},
		"areaStyle": map[string]any{"color": "var(--sb-dim)", "opacity": 0.08, "origin": "start"}}}
	for i, r := range roofs {
		position := "insideEndTop"
		if i == 0 {
			position = "insideMiddleTop"
		}
		series = append(series, map[string]any{"type": "line", "data": []any{}, "silent": true, "z": 1,
			"markLine": map[string]any{"silent": true, "animation": false, "symbol": "none", "lineStyle": map[string]any{"type": "solid", "width": 2.5, "color": "var(--sb-dim)"},
				"label": map[string]any{"show": true, "position": position, "formatter": plainLabel(r.text), "color": "var(--sb-dim)", "fontSize": 12, "fontWeight": 600},
				"data":  []any{[]any{map[string]any{"coord": r.points[0]}, map[string]any{"coord": r.points[1]}}}}})
	}
	for i, t := range trails {
		style, paint := keys[i].style, fmt.Sprintf("var(--sb-s%d)", i)
		name := seriesName(i, keys[i].name)
		var marks, rings, links []any
		for _, p := range t.products {
			text := map[string]any{"show": true, "formatter": group(p.Tokens), "color": paint}
			mark := map[string]any{"value": p.executed, "row": p.row, "label": text}
			marks = append(marks, mark)
			if p.skipping {
				rings = append(rings, map[string]any{"value": p.effective, "row": p.row, "label": text})
				links = append(links, []any{map[string]any{"coord": p.executed}, map[string]any{"coord": p.effective}})
			}
		}
		line := map[string]any{
			"type": "line", "name": name, "data": marks, "symbol": style.mark, "symbolSize": 10, "showSymbol": true, "clip": false, "z": 4,
			"lineStyle": map[string]any{"width": 1.5, "color": paint, "opacity": 0.7}, "itemStyle": map[string]any{"color": paint},
			"label":    map[string]any{"position": "bottom", "distance": 6, "fontSize": 11},
			"emphasis": map[string]any{"scale": 1.3, "lineStyle": map[string]any{"width": 1.5}},
		}
		if len(links) > 0 {
			line["markLine"] = map[string]any{"silent": true, "animation": false, "symbol": "none", "label": map[string]any{"show": false},
				"lineStyle": map[string]any{"type": []int{2, 3}, "width": 1.2, "color": paint, "opacity": 0.8}, "data": links}
		}
		series = append(series, line)
		if len(rings) > 0 {
			series = append(series, map[string]any{
				"type": "scatter", "name": name, "data": rings, "symbol": "circle", "symbolSize": 11, "clip": false, "z": 4,
				"itemStyle": map[string]any{"color": "var(--sb-card)", "borderColor": paint, "borderWidth": 2, "opacity": 1},
				"label":     map[string]any{"position": "top", "distance": 6, "fontSize": 11},
				"emphasis":  map[string]any{"scale": 1.3},
			})
		}
	}
	xo, yo := x.option("operations for each byte"), y.option("10⁹ operations a second")
	xo["nameLocation"], xo["nameGap"] = "middle", 32
	yo["nameGap"] = 10
	yo["nameTextStyle"].(map[string]any)["align"] = "left"
	return map[string]any{
		"grid":   map[string]any{"left": x.from, "right": float64(v.width) - x.to, "top": y.to, "bottom": float64(v.height) - y.from},
		"xAxis":  xo,
		"yAxis":  yo,
		"series": series,
	}
}

func (v *RooflineView) svg(keys []key, trails []roofTrail, x, y plotAxis) string {
	var b strings.Builder
	top := keysHeight(keys, v.width)
	openSVG(&b, v.width, v.height+top)
	drawKeys(&b, keys, v.width)
	fmt.Fprintf(&b, `<g transform="translate(0 %d)">`+"\n", top)
	x.grid(&b, y.to, y.from, true)
	y.grid(&b, x.from, x.to, false)
	fmt.Fprintf(&b, `<path d="M%[1]s %[2]sV%[3]sH%[4]s" fill="none" stroke="#8b95a1"/>`+"\n", coord(x.from), coord(y.to), coord(y.from), coord(x.to))
	fmt.Fprintf(&b, `<text x="%s" y="%s" fill="#59636e">10⁹ operations a second</text><text x="%s" y="%s" text-anchor="middle" fill="#59636e">operations for each byte</text>`+"\n",
		coord(x.from), coord(y.to-12), coord((x.from+x.to)/2), coord(y.from+42))
	roofs := v.roofs(x, y)
	ground, best := roofs[0].points[0], v.highest(roofs).points
	fmt.Fprintf(&b, `<path d="M%s %sL%s %sL%s %sL%s %sL%s %sZ" fill="%s" fill-opacity=".08"/>`+"\n", coord(x.at(ground[0])), coord(y.from), coord(x.at(ground[0])), coord(y.at(ground[1])),
		coord(x.at(best[0][0])), coord(y.at(best[0][1])), coord(x.at(best[1][0])), coord(y.at(best[1][1])), coord(x.at(best[1][0])), coord(y.from), roofPaint)
	for i, r := range roofs {
		x1, y1, x2, y2 := x.at(r.points[0][0]), y.at(r.points[0][1]), x.at(r.points[1][0]), y.at(r.points[1][1])
		fmt.Fprintf(&b, `<path d="M%s %sL%s %s" stroke="%s" stroke-width="2.5"/>`, coord(x1), coord(y1), coord(x2), coord(y2), roofPaint)
		if i == 0 {
			mx, my := (x1+x2)/2, (y1+y2)/2
			fmt.Fprintf(&b, `<text transform="translate(%s %s) rotate(%s)" y="-7" text-anchor="middle" font-weight="600" fill="%s">%s</text>`+"\n", coord(mx), coord(my), coord(math.Atan2(y2-y1, x2-x1)*180/math.Pi), roofPaint, escXML(oneLine(r.text)))
		} else {
			fmt.Fprintf(&b, `<text x="%s" y="%s" text-anchor="end" font-weight="600" fill="%s">%s</text>`+"\n", coord(x2-4), coord(y2-7), roofPaint, escXML(oneLine(r.text)))
		}
	}
	for i, t := range trails {
		style, paint := keys[i].style, keys[i].style.light.String()
		var d strings.Builder
		for j, p := range t.products {
			d.WriteString([]string{"M", "L"}[min(j, 1)] + coord(x.at(p.executed[0])) + " " + coord(y.at(p.executed[1])))
		}
		fmt.Fprintf(&b, `<path d="%s" fill="none" stroke="%s" stroke-width="1.5" stroke-opacity=".7"/>`+"\n", d.String(), paint)
		for _, p := range t.products {
			ex, ey, fx, fy := x.at(p.executed[0]), y.at(p.executed[1]), x.at(p.effective[0]), y.at(p.effective[1])
			if p.skipping {
				fmt.Fprintf(&b, `<path d="M%s %sL%s %s" stroke="%s" stroke-width="1.2" stroke-dasharray="2 3"/>`, coord(ex), coord(ey), coord(fx), coord(fy), paint)
				fmt.Fprintf(&b, `<circle cx="%s" cy="%s" r="5" fill="#fff" stroke="%s" stroke-width="2"/><text x="%s" y="%s" font-size="11" text-anchor="middle" fill="%s">%s</text>`, coord(fx), coord(fy), paint, coord(fx), coord(fy-10), paint, group(p.Tokens))
			}
			b.WriteString(markShape(style.mark, ex, ey, 5, paint, paint))
			fmt.Fprintf(&b, `<text x="%s" y="%s" font-size="11" text-anchor="middle" fill="%s">%s</text>`+"\n", coord(ex), coord(ey+17), paint, group(p.Tokens))
		}
	}
	b.WriteString("</g>\n</svg>\n")
	return b.String()
}
