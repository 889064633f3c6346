package viz

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/sparsebio/sparsebio/biobert/report"
)

// A LayersView shows where the time of a model goes.
type LayersView struct {
	explanation report.Explanation
	config
	err error
}

// Layers shows what the products of each layer of an encoder take and how many of their weights are zero, as two heat maps, and
// above them how all of the time is shared among the kinds of work. A pipeline's method Explain measures that:
//
//	viz.Layers(biobert.Must(ner.Explain(128))).Show()
//
// An explanation without layers or with more than 100, with a layer that is not named by number and product ("0 qkv"), or with a
// figure that is no time or no share is an error of the methods. The options are WithTitle and WithSize (default 860 by what
// the rows need).
func Layers(e report.Explanation, options ...Option) *LayersView {
	v := &LayersView{explanation: e}
	v.config, v.err = newConfig("Layers", 0, options)
	return v
}

// Render writes the view as a fragment of HTML.
func (v *LayersView) Render(w io.Writer) error { return render(w, v) }

// WritePage writes the view as a complete page.
func (v *LayersView) WritePage(w io.Writer) error { return writePage(w, v) }

// WriteText writes the figures as a table.
func (v *LayersView) WriteText(w io.Writer) error {
	m, err := v.maps()
	if err != nil {
		return err
	}
	return v.picture(m).writeText(w)
}

// Show displays the view in a notebook, or as plain text where there is none.
func (v *LayersView) Show() error { return show(v) }

const maxLayers = 100

// layerMaps are the cells of the heat maps.
type layerMaps struct {
	products []string // rows
	layers   int      // columns
	cells    []layerCell
	most     float64 // microseconds of a cell
	total    float64 // seconds of all steps
}

type layerCell struct{ row, column int } // of the layer time of the same number

func (v *LayersView) maps() (*layerMaps, error) {
	if v.err != nil {
		return nil, v.err
	}
	e := v.explanation
	if len(e.Layers) == 0 {
		return nil, errors.New("viz: an explanation without layers")
	}
	m := &layerMaps{}
	seen := make(map[layerCell]bool)
	for _, l := range e.Layers {
		number, product, ok := strings.Cut(l.Layer, " ")
		column, err := strconv.Atoi(number)
		if !ok || err != nil || column < 0 || column >= maxLayers {
			return nil, fmt.Errorf(`viz: layer %q (want a number below %d and a product, as in "0 qkv")`, l.Layer, maxLayers)
		}
		for _, x := range []float64{l.MeasuredS, l.ExpectedS} {
			if bad(x) || x < 0 {
				return nil, fmt.Errorf("viz: layer %q takes %v seconds", l.Layer, x)
			}
		}
		if !(l.Sparsity >= 0 && l.Sparsity <= 1) {
			return nil, fmt.Errorf("viz: layer %q has the sparsity %v (want 0 to 1)", l.Layer, l.Sparsity)
		}
		row := slices.Index(m.products, product)
		if row < 0 {
			row = len(m.products)
			m.products = append(m.products, product)
		}
		c := layerCell{row, column}
		if seen[c] {
			return nil, fmt.Errorf("viz: layer %q is there twice", l.Layer)
		}
		seen[c] = true
		m.cells = append(m.cells, c)
		m.layers = max(m.layers, column+1)
		m.most = max(m.most, 1e6*l.MeasuredS)
	}
	if len(m.products) > 40 {
		return nil, fmt.Errorf("viz: %d products in a layer (want at most 40)", len(m.products))
	}
	for _, s := range e.Steps {
		if bad(s.MeasuredS) || s.MeasuredS < 0 {
			return nil, fmt.Errorf("viz: step %q takes %v seconds", s.Step, s.MeasuredS)
		}
		m.total += s.MeasuredS
	}
	return m, nil
}

func (v *LayersView) heading() string {
	if v.title != "" {
		return v.title
	}
	name := v.explanation.Model
	if name == "" {
		name = "the model"
	}
	return "Where the time of " + name + " goes"
}

func (v *LayersView) fragment() (*fragment, error) {
	m, err := v.maps()
	if err != nil {
		return nil, err
	}
	return v.picture(m).fragment()
}

// The drawing, from above: the bar of all the time, then the two heat maps, each below its name.
const (
	layersTop  = 26 // the name of a part
	layersBar  = 30
	layersKeys = 44 // names of the steps below the bar
	layersGap  = 18
	layersFoot = 44 // numbers of the layers
)

// layersPlace is where the parts of the drawing lie, in pixels.
type layersPlace struct {
	left, right float64
	row         float64 // height of a row
	bar         float64 // top of the bar
	maps        [2]float64
	height      int
}

// place returns the places for the picture, or for the live chart, which has the names of the steps above it.
func (v *LayersView) place(m *layerMaps, live bool) layersPlace {
	longest := 0
	for _, p := range m.products {
		longest = max(longest, len([]rune(shorten(p, maxName))))
	}
	p := layersPlace{left: min(24+7.2*float64(longest), float64(v.width)*0.4), right: float64(v.width) - 20, row: 30, bar: layersTop}
	at := 0.0
	if m.total > 0 {
		at = layersTop + layersBar + layersGap
		if !live {
			at += layersKeys
		}
	}
	fixed := at + 2*layersTop + layersGap + layersFoot
	rows := float64(2 * len(m.products))
	if v.height > 0 {
		p.row = max((float64(v.height)-fixed)/rows, 8)
	}
	p.maps[0] = at + layersTop
	p.maps[1] = p.maps[0] + p.row*rows/2 + layersGap + layersTop
	p.height = int(p.maps[1] + p.row*rows/2 + layersFoot)
	return p
}

func (v *LayersView) picture(m *layerMaps) *picture {
	e := v.explanation
	p := &picture{kind: "layers", title: v.heading()}
	p.table = figureTable{heads: []figureHead{{"Layer", false}, {"Shape", false}, {"Tokens", true}, {"Zeros", true}, {"Kernel", false}, {"KB", true}, {"Expected, µs", true}, {"Measured, µs", true}}}
	for _, l := range e.Layers {
		p.table.rows = append(p.table.rows, []string{l.Layer, fmt.Sprintf("%d x %d", l.Outputs, l.Inputs), group(l.Tokens), fmt.Sprintf("%.1f %%", 100*l.Sparsity), l.Kernel,
			threeDigits(float64(l.Bytes) / 1024), threeDigits(1e6 * l.ExpectedS), threeDigits(1e6 * l.MeasuredS)})
	}
	var said []string
	for _, s := range v.shares(m) {
		said = append(said, s.text)
		p.table.rows = append(p.table.rows, []string{"all: " + s.name, "", "", "", "", "", "", threeDigits(1e6 * s.seconds)})
	}
	p.captions = []string{"Each square is a product of weights and activations. The fuller its colour, the longer it takes, or the more weights it leaves out."}
	about := joinNonEmpty(" · ", e.Engine, e.Instance, "1 thread", count(e.Tokens, "token"))
	if m.total > 0 {
		about += fmt.Sprintf(" · %s in all, %s tokens/s", milliseconds(1e3*m.total), speed(float64(e.Tokens)/m.total))
	}
	p.captions = append(p.captions, about)
	still, live := v.place(m, false), v.place(m, true)
	p.shares = v.shares(m)
	p.chart = &chart{width: v.width, height: live.height, pictureHeight: still.height, alt: fmt.Sprintf("Heat map of %s by %s. %s.", count(len(m.products), "product"), count(m.layers, "layer"), joinNonEmpty("; ", append([]string{oneLine(v.heading())}, said...)...)),
		svg: v.svg(m, still)}
	p.chart.option = v.option(m, live)
	return p
}

// A stepShare is a kind of work with its share of the time.
type stepShare struct {
	name, text  string
	seconds     float64
	share       float64
	style       seriesStyle
	left, width float64 // in the bar, as shares of it
}

func (v *LayersView) shares(m *layerMaps) []stepShare {
	if m.total == 0 {
		return nil
	}
	names := make([]string, len(v.explanation.Steps))
	for i, s := range v.explanation.Steps {
		names[i] = s.Step
	}
	// Products are what sparsity makes quick, so they have the colour of sparse engines.
	order := []int{3, 2, 0, 1, 4, 5}
	out := make([]stepShare, len(names))
	at := 0.0
	for i, s := range v.explanation.Steps {
		c := seriesColors[order[i%len(order)]]
		share := s.MeasuredS / m.total
		out[i] = stepShare{name: s.Step, text: fmt.Sprintf("%s %.0f %%", oneLine(s.Step), 100*share), seconds: s.MeasuredS, share: share,
			style: seriesStyle{light: c.light, dark: c.dark}, left: at, width: share}
		at += share
	}
	return out
}

// A cellPaint is the colour of a cell and of its text.
type cellPaint struct{ fill, ink color }

// heat returns the colours of a share of the most, on a light or a dark card.
func heat(share float64, full color, card, text color) cellPaint {
	fill := card.mix(full, 0.08+0.92*math.Sqrt(share))
	ink := text
	if other := (color{0xff, 0xff, 0xff}); contrast(fill, other) > contrast(fill, ink) {
		ink = other
	}
	if other := (color{0x10, 0x14, 0x18}); contrast(fill, other) > contrast(fill, ink) {
		ink = other
	}
	return cellPaint{fill, ink}
}

// The colours of the heat maps at their fullest: time, and zeros.
var heatColors = [2]struct{ light, dark color }{
	{color{0xb0, 0x3a, 0x2e}, color{0xf0, 0x83, 0x5e}},
	{color{0x00, 0x5a, 0x8c}, color{0x5a, 0xb4, 0xe2}},
}

var heatNames = [2]string{"Time, µs", "Zeros among the weights, %"}

// cell returns what a cell of a map shows, and its share of the most.
func (v *LayersView) cell(m *layerMaps, of, i int) (text string, share float64) {
	l := v.explanation.Layers[i]
	if of == 0 {
		if m.most > 0 {
			share = 1e6 * l.MeasuredS / m.most
		}
		if m.most >= 100 {
			return fmt.Sprintf("%.0f", 1e6*l.MeasuredS), share
		}
		return threeDigits(1e6 * l.MeasuredS), share
	}
	return fmt.Sprintf("%.0f", 100*l.Sparsity), l.Sparsity * l.Sparsity // so that 80 and 90 % differ
}

// legible tells whether cells have room for their figures.
func (p layersPlace) legible(m *layerMaps) bool {
	return (p.right-p.left)/float64(m.layers) >= 34 && p.row >= 16
}

func (v *LayersView) option(m *layerMaps, p layersPlace) map[string]any {
	paint := func(light, dark color) string { return fmt.Sprintf("light-dark(%s,%s)", light, dark) }
	numbers := make([]string, m.layers)
	for i := range numbers {
		numbers[i] = strconv.Itoa(i)
	}
	var grids, xs, ys, series, titles []any
	title := func(text string, top float64) {
		titles = append(titles, map[string]any{"text": text, "left": p.left, "top": top, "padding": 0, "textStyle": map[string]any{"color": "var(--sb-dim)", "fontSize": 13, "fontWeight": 600}})
	}
	for of := range 2 {
		title(heatNames[of], p.maps[of]-20)
		grids = append(grids, map[string]any{"left": p.left, "right": float64(v.width) - p.right, "top": p.maps[of], "height": p.row * float64(len(m.products))})
		plain := map[string]any{"show": false}
		x := map[string]any{"type": "category", "gridIndex": of, "data": numbers, "axisTick": plain, "axisLine": plain, "splitLine": plain,
			"axisLabel": map[string]any{"show": of == 1, "color": "var(--sb-dim)", "fontSize": 12}}
		if of == 1 {
			x["name"], x["nameLocation"], x["nameGap"], x["nameTextStyle"] = "layer", "middle", 26, map[string]any{"color": "var(--sb-dim)", "fontSize": 12}
		}
		xs = append(xs, x)
		ys = append(ys, map[string]any{"type": "category", "gridIndex": of, "data": m.products, "inverse": true, "axisTick": plain, "axisLine": plain, "splitLine": plain,
			"axisLabel": map[string]any{"color": "var(--sb-fg)", "fontSize": 12, "width": p.left - 16, "overflow": "truncate"}})
		var data []any
		for i, c := range m.cells {
			text, share := v.cell(m, of, i)
			l, d := heat(share, heatColors[of].light, lightCard, lightText), heat(share, heatColors[of].dark, darkCard, darkText)
			data = append(data, map[string]any{"value": []any{c.column, c.row, share}, "row": i, "itemStyle": map[string]any{"color": paint(l.fill, d.fill)},
				"label": map[string]any{"formatter": text, "color": paint(l.ink, d.ink)}})
		}
		series = append(series, map[string]any{"type": "heatmap", "xAxisIndex": of, "yAxisIndex": of, "data": data,
			"label": map[string]any{"show": p.legible(m), "fontSize": 12}, "labelLayout": map[string]any{"hideOverlap": true}, "itemStyle": map[string]any{"borderColor": "var(--sb-card)", "borderWidth": 2, "borderRadius": 4},
			"emphasis": map[string]any{"itemStyle": map[string]any{"borderColor": "var(--sb-fg)", "borderWidth": 1}}})
	}
	if shares := v.shares(m); shares != nil {
		title("All of the time", p.bar-20)
		grids = append(grids, map[string]any{"left": p.left, "right": float64(v.width) - p.right, "top": p.bar, "height": layersBar})
		xs = append(xs, map[string]any{"type": "value", "gridIndex": 2, "min": 0, "max": 1, "show": false})
		ys = append(ys, map[string]any{"type": "category", "gridIndex": 2, "data": []string{""}, "show": false})
		for i, s := range shares {
			text := ""
			if s.share >= 0.06 {
				text = fmt.Sprintf("%.0f %%", 100*s.share)
			}
			series = append(series, map[string]any{"type": "bar", "stack": "time", "xAxisIndex": 2, "yAxisIndex": 2, "barWidth": layersBar,
				"data":      []any{map[string]any{"value": s.share, "row": len(m.cells) + i}},
				"itemStyle": map[string]any{"color": paint(s.style.light, s.style.dark), "borderColor": "var(--sb-card)", "borderWidth": 1},
				"label":     map[string]any{"show": text != "", "formatter": text, "color": "light-dark(#ffffff,#10141a)", "fontSize": 12, "fontWeight": 600},
				"emphasis":  map[string]any{"disabled": true}})
		}
	}
	o := map[string]any{"grid": grids, "xAxis": xs, "yAxis": ys, "series": series}
	completeOption(o, nil)
	o["title"] = titles
	return o
}

func (v *LayersView) svg(m *layerMaps, p layersPlace) string {
	var b strings.Builder
	openSVG(&b, v.width, p.height)
	title := func(text string, top float64) {
		fmt.Fprintf(&b, `<text x="%s" y="%s" font-size="13" font-weight="600" fill="#59636e">%s</text>`+"\n", coord(p.left), coord(top-9), text)
	}
	if shares := v.shares(m); shares != nil {
		title("All of the time", p.bar)
		x, y := p.left, p.bar+layersBar+16
		for _, s := range shares {
			from, width := p.left+s.left*(p.right-p.left), s.width*(p.right-p.left)
			fmt.Fprintf(&b, `<rect x="%s" y="%s" width="%s" height="%d" fill="%s" stroke="#fff"/>`, coord(from), coord(p.bar), coord(width), layersBar, s.style.light)
			if s.share >= 0.06 {
				fmt.Fprintf(&b, `<text x="%s" y="%s" text-anchor="middle" font-weight="600" fill="#fff">%.0f %%</text>`, coord(from+width/2), coord(p.bar+19), 100*s.share)
			}
			wide := 16 + 6.4*float64(len([]rune(s.text))) + 14
			if x > p.left && x+wide > p.right {
				x, y = p.left, y+18
			}
			fmt.Fprintf(&b, `<rect x="%s" y="%s" width="11" height="11" rx="2" fill="%s"/><text x="%s" y="%s">%s</text>`+"\n", coord(x), coord(y-9), s.style.light, coord(x+16), coord(y+1), escXML(shorten(s.text, maxName)))
			x += wide
		}
	}
	width := (p.right - p.left) / float64(m.layers)
	for of := range 2 {
		title(escXML(heatNames[of]), p.maps[of])
		for i, name := range m.products {
			fmt.Fprintf(&b, `<text x="%s" y="%s" text-anchor="end">%s</text>`, coord(p.left-8), coord(p.maps[of]+p.row*(float64(i)+0.5)+4), escXML(shorten(oneLine(name), maxName)))
		}
		for i, c := range m.cells {
			text, share := v.cell(m, of, i)
			paint := heat(share, heatColors[of].light, lightCard, lightText)
			x, y := p.left+width*float64(c.column), p.maps[of]+p.row*float64(c.row)
			fmt.Fprintf(&b, `<rect x="%s" y="%s" width="%s" height="%s" rx="4" fill="%s"/>`, coord(x+1), coord(y+1), coord(width-2), coord(p.row-2), paint.fill)
			if p.legible(m) {
				fmt.Fprintf(&b, `<text x="%s" y="%s" text-anchor="middle" fill="%s">%s</text>`, coord(x+width/2), coord(y+p.row/2+4), paint.ink, text)
			}
			b.WriteByte('\n')
		}
	}
	foot := p.maps[1] + p.row*float64(len(m.products))
	for i := range m.layers {
		if m.layers <= 24 || i%5 == 0 {
			fmt.Fprintf(&b, `<text x="%s" y="%s" text-anchor="middle" fill="#59636e">%d</text>`, coord(p.left+width*(float64(i)+0.5)), coord(foot+17), i)
		}
	}
	fmt.Fprintf(&b, `<text x="%s" y="%s" text-anchor="middle" fill="#59636e">layer</text>`+"\n</svg>\n", coord((p.left+p.right)/2), coord(foot+36))
	return b.String()
}
