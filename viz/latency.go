package viz

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/sparsebio/sparsebio/biobert/report"
)

// A LatencyView shows how long calls take.
type LatencyView struct {
	bench report.Benchmark
	config
	err error
}

// Latency shows how long single documents take, as the latency scenario of a benchmark measures it: for each result a strip
// from the quickest call to the slowest, with marks at those that 50, 90, 95 and 99 % of the calls do not exceed. The axis begins
// at zero, or is logarithmic where the slowest result takes far longer than the quickest.
//
// A result without percentiles, or with percentiles that are negative or fall, is an error of the methods. The options are
// WithTitle, WithColors (of "dense" and "sparse") and WithSize (default 860 by 52 for each result and 84).
func Latency(b report.Benchmark, options ...Option) *LatencyView {
	v := &LatencyView{bench: b}
	v.config, v.err = newConfig("Latency", 0, options)
	if v.height == 0 {
		v.height = 84 + 52*len(b.Results)
	}
	return v
}

// Render writes the view as a fragment of HTML.
func (v *LatencyView) Render(w io.Writer) error { return render(w, v) }

// WritePage writes the view as a complete page.
func (v *LatencyView) WritePage(w io.Writer) error { return writePage(w, v) }

// WriteText writes the figures as a table.
func (v *LatencyView) WriteText(w io.Writer) error {
	if err := v.check(); err != nil {
		return err
	}
	p := v.picture()
	return p.writeText(w)
}

// Show displays the view in a notebook, or as plain text where there is none.
func (v *LatencyView) Show() error { return show(v) }

// steps returns the percentiles in rising order, in milliseconds.
func steps(p *report.Percentiles) []float64 {
	v := []float64{p.Min, p.P50, p.P90, p.P95, p.P99, p.Max}
	for i := range v {
		v[i] *= 1e3
	}
	return v
}

func (v *LatencyView) check() error {
	if v.err != nil {
		return v.err
	}
	if n := len(v.bench.Results); n == 0 || n > 100 {
		return fmt.Errorf("viz: latencies of %d results (want 1 to 100)", n)
	}
	for i, r := range v.bench.Results {
		if r.Latency == nil {
			return fmt.Errorf("viz: result %d, %s %s, has no latency (measure with BenchOptions.Latency, or draw Throughput)", i, r.Model, r.Engine)
		}
		last := 0.0
		for _, x := range append(steps(r.Latency), 1e3*r.Latency.Mean)[:6] {
			if bad(x) || x < last || x == 0 {
				return fmt.Errorf("viz: result %d, %s %s, has the latency %v ms after %v ms", i, r.Model, r.Engine, x, last)
			}
			last = x
		}
	}
	return nil
}

// heading returns the caller's title, or the medians.
func (v *LatencyView) heading() string {
	if v.title != "" {
		return v.title
	}
	best := v.bench.Results[0]
	for _, r := range v.bench.Results {
		if r.Sparse() && (!best.Sparse() || r.Latency.P50 < best.Latency.P50) {
			best = r
		}
	}
	what := "document"
	if v.bench.Batch > 1 {
		what = fmt.Sprintf("batch of %d", v.bench.Batch)
	}
	engine := capital(best.Engine)
	if engine == "" {
		engine = "The model"
	}
	return fmt.Sprintf("%s reads half of the %s in %s, 99 of 100 in %s", engine, plural(what), milliseconds(1e3*best.Latency.P50), milliseconds(1e3*best.Latency.P99))
}

// plural puts the first word of a noun in the plural.
func plural(noun string) string {
	first, rest, more := strings.Cut(noun, " ")
	if first == "batch" {
		first += "e"
	}
	if more {
		return first + "s " + rest
	}
	return first + "s"
}

// milliseconds writes a time with as many digits as mean something.
func milliseconds(x float64) string { return threeDigits(x) + " ms" }

// threeDigits writes a number with three digits, or all of a large one.
func threeDigits(x float64) string {
	if x < 100 {
		return fmt.Sprintf("%.3g", x)
	}
	return speed(x)
}

func (v *LatencyView) fragment() (*fragment, error) {
	if err := v.check(); err != nil {
		return nil, err
	}
	p := v.picture()
	return p.fragment()
}

func (v *LatencyView) picture() *picture {
	like := &ThroughputView{bench: v.bench, config: v.config} // names and conditions are the same
	names := like.names()
	p := &picture{kind: "latency", title: v.heading(), captions: []string{
		"A strip goes from the quickest call to the slowest. Half of the calls end before the tall mark; 90, 95 and 99 % before the next ones, and the ring is the slowest.",
	}}
	if c := like.caption(); c != "" {
		p.captions = append(p.captions, c)
	}
	p.table = figureTable{heads: []figureHead{{"Model", false}, {"Engine", false}, {"Instance", false}, {"Kernel", false}, {"Calls", true},
		{"Least, ms", true}, {"50 %, ms", true}, {"90 %, ms", true}, {"95 %, ms", true}, {"99 %, ms", true}, {"Most, ms", true}}}
	for _, r := range v.bench.Results {
		row := []string{r.Model, r.Engine, r.Instance, r.Kernel, group(r.Latency.Calls)}
		for _, x := range steps(r.Latency) {
			row = append(row, threeDigits(x))
		}
		p.table.rows = append(p.table.rows, row)
	}
	axis := v.axis()
	left, _ := like.margins(names)
	axis.from, axis.to = left, float64(v.width)-min(96, float64(v.width)*0.3)
	dense, sparse := denseAndSparse(v.colors)
	var alts []string
	for i, r := range v.bench.Results {
		alts = append(alts, fmt.Sprintf("%s median %s, 99 %% within %s", names[i], milliseconds(1e3*r.Latency.P50), milliseconds(1e3*r.Latency.P99)))
	}
	p.chart = &chart{width: v.width, height: v.height, alt: "Strip chart of latencies. " + strings.Join(alts, "; ") + ".",
		svg: v.svg(names, axis, dense, sparse)}
	p.chart.option = p.option(v.option(names, axis, dense, sparse))
	return p
}

// axis returns the axis of milliseconds.
func (v *LatencyView) axis() plotAxis {
	least, most, quick := math.Inf(1), 0.0, math.Inf(1)
	for _, r := range v.bench.Results {
		least, most, quick = min(least, 1e3*r.Latency.Min), max(most, 1e3*r.Latency.Max), min(quick, 1e3*r.Latency.P99)
	}
	if most/quick > 8 {
		return spanning(least, most, true, false)
	}
	return rising(0, most)
}

// A strip has the width of its pieces in pixels, and how much of its colour they show.
var stripPieces = [5]struct{ width, opacity float64 }{{8, 0.45}, {18, 0.75}, {18, 0.45}, {18, 0.28}, {2, 0.6}}

func (v *LatencyView) option(names []string, axis plotAxis, dense, sparse swatch) map[string]any {
	var data, lines []any
	for i, r := range v.bench.Results {
		of := dense
		if r.Sparse() {
			of = sparse
		}
		paint := fmt.Sprintf("light-dark(%s,%s)", of.base, of.darkInk)
		at := steps(r.Latency)
		for j, piece := range stripPieces {
			lines = append(lines, []any{
				map[string]any{"coord": []any{at[j], i}, "lineStyle": map[string]any{"color": paint, "width": piece.width, "opacity": piece.opacity, "cap": "butt"}},
				map[string]any{"coord": []any{at[j+1], i}},
			})
		}
		for j, x := range at[1:] {
			d := map[string]any{"value": []any{x, i}, "row": i, "symbol": "rect", "symbolSize": []float64{2, 18}, "itemStyle": map[string]any{"color": paint, "opacity": 1}}
			switch j {
			case 0:
				d["symbolSize"], d["itemStyle"] = []float64{3, 28}, map[string]any{"color": "var(--sb-fg)", "opacity": 1}
			case 4:
				d["symbol"], d["symbolSize"] = "circle", 8
				d["itemStyle"] = map[string]any{"color": "var(--sb-card)", "borderColor": paint, "borderWidth": 2, "opacity": 1}
				d["label"] = map[string]any{"show": true, "position": "right", "distance": 8, "formatter": milliseconds(at[1]), "color": "var(--sb-fg)", "fontSize": 13, "fontWeight": 600}
			}
			data = append(data, d)
		}
	}
	x := axis.option("milliseconds")
	x["nameLocation"], x["nameGap"] = "middle", 30
	return map[string]any{
		"grid":  map[string]any{"left": axis.from, "right": float64(v.width) - axis.to, "top": 10, "bottom": 52},
		"xAxis": x,
		"yAxis": map[string]any{"type": "category", "data": names, "inverse": true, "axisTick": map[string]any{"show": false}, "splitLine": map[string]any{"show": false},
			"axisLabel": map[string]any{"color": "var(--sb-fg)", "fontSize": 13, "width": axis.from - 16, "overflow": "truncate"}, "axisLine": map[string]any{"lineStyle": map[string]any{"color": "#8b95a1"}}},
		"series": []any{map[string]any{
			"type": "scatter", "data": data, "z": 4, "itemStyle": map[string]any{"opacity": 1}, "emphasis": map[string]any{"disabled": true},
			"markLine": map[string]any{"silent": true, "animation": false, "symbol": "none", "label": map[string]any{"show": false}, "lineStyle": map[string]any{"type": "solid"}, "data": lines, "z": 2},
		}},
	}
}

func (v *LatencyView) svg(names []string, axis plotAxis, dense, sparse swatch) string {
	var b strings.Builder
	openSVG(&b, v.width, v.height)
	base := float64(v.height) - 52
	axis.grid(&b, 10, base, true)
	fmt.Fprintf(&b, `<text x="%s" y="%s" text-anchor="middle" fill="#59636e">milliseconds</text>`+"\n", coord((axis.from+axis.to)/2), coord(base+40))
	step := (base - 10) / float64(len(names))
	for i, r := range v.bench.Results {
		paint := dense.base
		if r.Sparse() {
			paint = sparse.base
		}
		y := 10 + step*(float64(i)+0.5)
		at := steps(r.Latency)
		for j := range at {
			at[j] = axis.at(at[j])
		}
		fmt.Fprintf(&b, `<text x="%s" y="%s" text-anchor="end" font-size="13">%s</text>`, coord(axis.from-10), coord(y+4), escXML(shorten(names[i], maxName)))
		for j, piece := range stripPieces {
			fmt.Fprintf(&b, `<rect x="%s" y="%s" width="%s" height="%s" fill="%s" fill-opacity="%v"/>`, coord(at[j]), coord(y-piece.width/2), coord(at[j+1]-at[j]), coord(piece.width), paint, piece.opacity)
		}
		for _, x := range at[2:5] {
			fmt.Fprintf(&b, `<rect x="%s" y="%s" width="2" height="18" fill="%s"/>`, coord(x-1), coord(y-9), paint)
		}
		fmt.Fprintf(&b, `<rect x="%s" y="%s" width="3" height="28"/>`, coord(at[1]-1.5), coord(y-14))
		fmt.Fprintf(&b, `<circle cx="%s" cy="%s" r="4" fill="#fff" stroke="%s" stroke-width="2"/>`, coord(at[5]), coord(y), paint)
		fmt.Fprintf(&b, `<text x="%s" y="%s" font-size="13" font-weight="600">%s</text>`+"\n", coord(at[5]+12), coord(y+4), milliseconds(1e3*r.Latency.P50))
	}
	fmt.Fprintf(&b, `<path d="M%[1]s 10V%[2]s" stroke="#8b95a1"/>`+"\n</svg>\n", coord(axis.from), coord(base))
	return b.String()
}
