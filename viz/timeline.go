package viz

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

const (
	defaultTrends = 5
	mostYears     = 500
	fewDocuments  = 5 // of a year; fewer have hollow marks
)

// A TimelineView shows how often things are mentioned over the years.
type TimelineView struct {
	timeline annot.Timeline
	config
	err error
}

// Timeline shows which share of the documents of each year mentions a thing, for the things that most documents mention
// or for those asked for ([WithNames]), as [annot.ByYear] counts them. Shares, because most corpora grow; below the
// lines stands how many documents each year has, for a share of few means little. A year without documents is a gap. One thing
// alone has a band: the 95 % interval of Wilson (1927).
//
// A timeline whose slices do not fit each other, or that is longer than 500 years, is an error of the methods. The options are
// WithTitle, WithTypes, WithNames, WithLimit (of things, default 5, at most 15), WithColors (of things, by name) and WithSize (default 860 by 420).
func Timeline(t annot.Timeline, options ...Option) *TimelineView {
	v := &TimelineView{timeline: t}
	v.config, v.err = newConfig("Timeline", defaultTrends, options)
	if v.height == 0 {
		v.height = 420
	}
	if most := max(v.limit, len(v.names)); v.err == nil && most > maxStrokes {
		v.err = fmt.Errorf("viz: Timeline of %d things, want at most %d", most, maxStrokes)
	}
	return v
}

// Render writes the view as a fragment of HTML.
func (v *TimelineView) Render(w io.Writer) error { return render(w, v) }

// WritePage writes the view as a complete page.
func (v *TimelineView) WritePage(w io.Writer) error { return writePage(w, v) }

// WriteText writes the figures as a table.
func (v *TimelineView) WriteText(w io.Writer) error {
	f, err := v.figure()
	if err != nil {
		return err
	}
	return f.writeText(w, "")
}

// Show displays the view in a notebook, or as plain text where there is none.
func (v *TimelineView) Show() error { return show(v) }

// A drawnTrend is a thing with its way to be drawn.
type drawnTrend struct {
	annot.Trend
	color  color
	stroke int
	symbol string // as ECharts names it
}

var trendSymbols = [...]string{"circle", "rect", "triangle", "diamond", "circle"}

func (v *TimelineView) check() error {
	t := v.timeline
	switch {
	case v.err != nil:
		return v.err
	case len(t.Years) > mostYears:
		return fmt.Errorf("viz: a timeline of %d years, want at most %d (is a year wrong?)", len(t.Years), mostYears)
	case len(t.Documents) != len(t.Years):
		return fmt.Errorf("viz: a timeline of %s with %s", count(len(t.Years), "year"), count(len(t.Documents), "count"))
	}
	for i, r := range t.Trends {
		if len(r.Documents) != len(t.Years) {
			return fmt.Errorf("viz: trend %d, %q, has %s of %s", i, r.Name, count(len(r.Documents), "count"), count(len(t.Years), "year"))
		}
		for k, n := range r.Documents {
			if n < 0 || n > t.Documents[k] {
				return fmt.Errorf("viz: trend %d, %q, has %d of %d documents of %d", i, r.Name, n, t.Documents[k], t.Years[k])
			}
		}
	}
	return nil
}

// drawn returns the things to draw, and how many there are besides.
func (v *TimelineView) drawn() (trends []drawnTrend, more int, err error) {
	if err := v.check(); err != nil {
		return nil, 0, err
	}
	var wanted []int
	if v.names != nil {
		nodes := make([]annot.Node, len(v.timeline.Trends))
		for i, r := range v.timeline.Trends {
			nodes[i] = r.Node
		}
		if wanted, err = findNames(v.names, nodes, &v.config); err != nil {
			return nil, 0, err
		}
	} else {
		for i, r := range v.timeline.Trends {
			if v.keeps(r.Type) {
				wanted = append(wanted, i)
			}
		}
		more = max(0, len(wanted)-v.limit)
		wanted = wanted[:len(wanted)-more]
	}
	for k, i := range wanted {
		d := drawnTrend{v.timeline.Trends[i], strokeColors[k%len(strokeColors)], k, trendSymbols[k%len(trendSymbols)]}
		if c, ok := chosenColor(v.colors, d.Name); ok {
			d.color = c
		}
		trends = append(trends, d)
	}
	return trends, more, nil
}

func (v *TimelineView) heading(trends []drawnTrend) string {
	switch {
	case v.title != "":
		return v.title
	case len(trends) == 1:
		return trends[0].Name + " over the years"
	}
	return "Mentioned over the years"
}

// wilson returns the interval of Wilson, Probable inference, the law of succession, and statistical inference (1927), for n of all at 95 %.
func wilson(n, all int) (low, high float64) {
	const z = 1.959964
	p, m := float64(n)/float64(all), float64(all)
	mid := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return max(0, mid-half), min(1, mid+half)
}

func (v *TimelineView) figure() (*corpusFigure, error) {
	trends, more, err := v.drawn()
	if err != nil {
		return nil, err
	}
	t := v.timeline
	f := &corpusFigure{kind: "timeline", title: v.heading(trends)}
	undated := ""
	if t.Undated > 0 {
		undated = fmt.Sprintf(" %s without a year %s left out.", count(t.Undated, "document"), isAre(t.Undated))
	}
	if len(t.Years) == 0 || len(trends) == 0 {
		f.captions = []string{strings.TrimSpace("Nothing was found." + undated)}
		return f, nil
	}
	f.table = figureTable{heads: []figureHead{{"Year", false}, {"Documents", true}}}
	for _, r := range trends {
		f.keys = append(f.keys, corpusKey{name: r.Name, note: r.Type, sample: trendSample(r)})
		f.table.heads = append(f.table.heads, figureHead{r.Name, true})
	}
	all := 0
	for k, year := range t.Years {
		all += t.Documents[k]
		row := []string{fmt.Sprint(year), group(t.Documents[k])}
		for _, r := range trends {
			cell := "–"
			if t.Documents[k] > 0 {
				cell = fmt.Sprintf("%s (%s)", percent(float64(r.Documents[k])/float64(t.Documents[k])), group(r.Documents[k]))
			}
			row = append(row, cell)
		}
		f.table.rows = append(f.table.rows, row)
	}
	note := fmt.Sprintf("Share of the documents of a year that mention it; below, how many documents there are, %s in all.", group(all))
	if len(trends) == 1 {
		note += " The band is the 95 % interval."
	}
	if slices.ContainsFunc(t.Documents, func(n int) bool { return n > 0 && n < fewDocuments }) {
		note += fmt.Sprintf(" Hollow marks: years with fewer than %d documents.", fewDocuments)
	}
	if more > 0 {
		note += fmt.Sprintf(" %s mentioned by fewer documents %s not drawn.", count(more, "thing"), isAre(more))
	}
	f.captions = []string{note + undated}
	f.chart = v.chart(trends)
	return f, nil
}

func (v *TimelineView) fragment() (*fragment, error) {
	f, err := v.figure()
	if err != nil {
		return nil, err
	}
	return f.fragment()
}

// trendSample draws the key of a thing.
func trendSample(r drawnTrend) string {
	return fmt.Sprintf(`<svg class="sb-sample" viewBox="0 0 26 12" aria-hidden="true"><path d="M0 6h26" stroke="%s" stroke-width="2" fill="none"%s/>%s</svg>`, r.color, dashAttr(r.stroke), symbolSVG(r.symbol, 13, 6, 4, r.color, false))
}

// symbolSVG draws the symbol of a point as ECharts does.
func symbolSVG(symbol string, x, y, r float64, c color, hollow bool) string {
	paint := fmt.Sprintf(`fill="%s"`, c)
	if hollow {
		paint = fmt.Sprintf(`fill="#fff" stroke="%s" stroke-width="1.5"`, c)
	}
	switch symbol {
	case "rect":
		return fmt.Sprintf(`<rect x="%s" y="%s" width="%[3]s" height="%[3]s" %[4]s/>`, coord(x-r*0.9), coord(y-r*0.9), coord(r*1.8), paint)
	case "triangle":
		return fmt.Sprintf(`<path d="M%s %sl%s %sh%sz" %s/>`, coord(x), coord(y-r), coord(r), coord(2*r), coord(-2*r), paint)
	case "diamond":
		return fmt.Sprintf(`<path d="M%s %sl%[3]s %[3]sl%[4]s %[3]sl%[4]s %[4]sz" %[5]s/>`, coord(x), coord(y-1.2*r), coord(1.2*r), coord(-1.2*r), paint)
	}
	return fmt.Sprintf(`<circle cx="%s" cy="%s" r="%s" %s/>`, coord(x), coord(y), coord(r), paint)
}

// A timelinePlot holds the measures of the picture: the shares above, the documents below.
type timelinePlot struct {
	left, right, top, bottom, low, base float64
	most                                float64 // percent
	documents                           int
}

const stripHeight = 44 // pixels of the bars below

func (v *TimelineView) plot(trends []drawnTrend) timelinePlot {
	p := timelinePlot{right: 24, top: 30, documents: 1}
	for k, n := range v.timeline.Documents {
		p.documents = max(p.documents, n)
		for _, r := range trends {
			if n > 0 {
				p.most = max(p.most, 100*float64(r.Documents[k])/float64(n))
				if len(trends) == 1 {
					_, high := wilson(r.Documents[k], n)
					p.most = max(p.most, 100*high)
				}
			}
		}
	}
	p.most = min(100, max(p.most*1.08, 0.001))
	ticks := roundTicks(p.most, false)
	p.left = max(40, 24+7.5*float64(len(tickText(ticks[len(ticks)-1]))), 16+7.5*float64(len(group(p.documents))))
	p.base = float64(v.height) - 28    // of the bars
	p.low = p.base - stripHeight       // their top
	p.bottom = p.low - 22              // of the lines
	p.bottom = max(p.bottom, p.top+20) // in a picture that is too low for both
	p.low = max(p.low, p.bottom+10)    //
	return p
}

func (v *TimelineView) chart(trends []drawnTrend) *chart {
	t, p := v.timeline, v.plot(trends)
	line := charts.NewLine()
	names := make([]string, len(trends))
	for i, r := range trends {
		names[i] = seriesName(i, r.Name)
		line.AddSeries(names[i], make([]opts.LineData, 0))
	}
	option := corpusOption(line.JSON(), names)
	series := option["series"].([]any)
	years := make([]string, len(t.Years))
	bars := make([]any, len(t.Years))
	var low, band []any
	for k, year := range t.Years {
		years[k] = fmt.Sprint(year)
		bars[k] = map[string]any{"value": t.Documents[k], "row": k}
		if len(trends) == 1 {
			if t.Documents[k] == 0 {
				low, band = append(low, "-"), append(band, "-")
				continue
			}
			a, b := wilson(trends[0].Documents[k], t.Documents[k])
			low, band = append(low, round4(100*a)), append(band, round4(100*(b-a)))
		}
	}
	for i, r := range trends {
		data := make([]any, len(t.Years))
		for k, n := range t.Documents {
			data[k] = map[string]any{"value": "-", "row": k}
			if n > 0 {
				data[k] = map[string]any{"value": round4(100 * float64(r.Documents[k]) / float64(n)), "row": k}
			}
			if n > 0 && n < fewDocuments {
				data[k].(map[string]any)["itemStyle"] = map[string]any{"color": "var(--sb-card)", "borderColor": r.color.String(), "borderWidth": 1.5}
			}
		}
		s := series[i].(map[string]any)
		s["data"], s["symbol"], s["symbolSize"], s["showAllSymbol"], s["z"] = data, r.symbol, v.symbolSize(p), true, 3
		s["lineStyle"] = map[string]any{"width": 2, "color": r.color.String(), "type": dashType(r.stroke)}
		s["itemStyle"] = map[string]any{"color": r.color.String(), "opacity": 1}
		s["emphasis"] = map[string]any{"disabled": true}
	}
	if len(trends) == 1 {
		none := map[string]any{"opacity": 0}
		series = append(series,
			map[string]any{"type": "line", "stack": "band", "stackStrategy": "all", "silent": true, "symbol": "none", "lineStyle": none, "data": low},
			map[string]any{"type": "line", "stack": "band", "stackStrategy": "all", "silent": true, "symbol": "none", "lineStyle": none, "areaStyle": map[string]any{"color": trends[0].color.String(), "opacity": 0.18}, "data": band})
	}
	series = append(series, map[string]any{"type": "bar", "xAxisIndex": 1, "yAxisIndex": 1, "data": bars, "barWidth": "60%", "barMaxWidth": 26,
		"itemStyle": map[string]any{"color": "#8b95a1", "opacity": 0.75}, "emphasis": map[string]any{"disabled": true}})
	option["series"] = series
	option["grid"] = []any{
		map[string]any{"left": p.left, "right": p.right, "top": p.top, "height": p.bottom - p.top},
		map[string]any{"left": p.left, "right": p.right, "top": p.low, "height": p.base - p.low},
	}
	quiet := map[string]any{"show": false}
	axisLine := map[string]any{"lineStyle": map[string]any{"color": "#8b95a1"}}
	dim := map[string]any{"color": "var(--sb-dim)", "hideOverlap": true}
	option["xAxis"] = []any{
		map[string]any{"type": "category", "data": years, "axisLabel": quiet, "axisTick": quiet, "axisLine": axisLine},
		map[string]any{"type": "category", "data": years, "gridIndex": 1, "axisLabel": dim, "axisTick": quiet, "axisLine": axisLine},
	}
	option["yAxis"] = []any{
		map[string]any{"type": "value", "min": 0, "max": round4(p.most), "splitNumber": 5, "name": "% of the documents", "nameTextStyle": map[string]any{"color": "var(--sb-dim)", "align": "left", "padding": []float64{0, 0, 0, -p.left + 8}},
			"splitLine": map[string]any{"lineStyle": map[string]any{"color": "#8b95a1", "opacity": 0.25}}, "axisLabel": map[string]any{"color": "var(--sb-dim)", "showMaxLabel": p.most == 100}},
		map[string]any{"type": "value", "gridIndex": 1, "min": 0, "max": p.documents, "interval": p.documents, "splitLine": quiet, "axisLabel": dim},
	}
	tip := option["tooltip"].(map[string]any)
	tip["trigger"] = "axis"
	option["axisPointer"] = map[string]any{"link": []any{map[string]any{"xAxisIndex": "all"}}, "type": "line", "lineStyle": map[string]any{"color": "var(--sb-dim)", "type": "solid", "width": 1}, "label": quiet}
	return &chart{width: v.width, height: v.height, alt: v.alt(trends), svg: v.svg(trends, p), option: option, pictureHeight: v.height + v.keyHeight(trends)}
}

// symbolSize keeps the symbols apart where there are many years.
func (v *TimelineView) symbolSize(p timelinePlot) float64 {
	step := (float64(v.width) - p.left - p.right) / float64(len(v.timeline.Years))
	return round(max(3, min(8, step*0.6)))
}

func (v *TimelineView) alt(trends []drawnTrend) string {
	t := v.timeline
	var parts []string
	for _, r := range trends {
		best, share := -1, -1.0
		for k, n := range t.Documents {
			if s := float64(r.Documents[k]) / float64(max(n, 1)); n > 0 && s > share {
				best, share = k, s
			}
		}
		parts = append(parts, fmt.Sprintf("%s most in %d with %s", oneLine(r.Name), t.Years[best], percent(share)))
	}
	return fmt.Sprintf("Line chart. %s, %d to %d: %s.", oneLine(v.heading(trends)), t.Years[0], t.Years[len(t.Years)-1], strings.Join(parts, "; "))
}

func (v *TimelineView) keyHeight(trends []drawnTrend) int {
	if len(trends) == 1 {
		return 0
	}
	return 10 + 20*((len(trends)+1)/2)
}

// svg draws the timeline for light paper.
func (v *TimelineView) svg(trends []drawnTrend, p timelinePlot) string {
	t := v.timeline
	var b strings.Builder
	openSVG(&b, v.width, v.height+v.keyHeight(trends))
	right := float64(v.width) - p.right
	step := (right - p.left) / float64(len(t.Years))
	x := func(k int) float64 { return p.left + step*(float64(k)+0.5) }
	y := func(share float64) float64 { return p.bottom - share/p.most*(p.bottom-p.top) }
	fmt.Fprintf(&b, `<text x="8" y="16" fill="#59636e">%% of the documents</text>`+"\n")
	for _, tick := range roundTicks(p.most, false) {
		fmt.Fprintf(&b, `<line x1="%s" y1="%[3]s" x2="%[2]s" y2="%[3]s" stroke="#8b95a1" stroke-opacity=".25"/><text x="%s" y="%s" text-anchor="end" fill="#59636e">%s</text>`+"\n",
			coord(p.left), coord(right), coord(y(tick)), coord(p.left-7), coord(y(tick)+4), tickText(tick))
	}
	every := max(1, int(math.Ceil(44/step)))
	for k, n := range t.Documents {
		tall := (p.base - p.low) * float64(n) / float64(p.documents)
		wide := min(26, step*0.6)
		fmt.Fprintf(&b, `<rect x="%s" y="%s" width="%s" height="%s" fill="#8b95a1" fill-opacity=".75"/>`, coord(x(k)-wide/2), coord(p.base-tall), coord(wide), coord(tall))
		if k%every == 0 {
			fmt.Fprintf(&b, `<text x="%s" y="%s" text-anchor="middle" fill="#59636e">%d</text>`, coord(x(k)), coord(p.base+18), t.Years[k])
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, `<text x="%s" y="%s" text-anchor="end" fill="#59636e">%s</text>`+"\n", coord(p.left-7), coord(p.low+9), group(p.documents))
	for _, at := range []float64{p.bottom, p.base} {
		fmt.Fprintf(&b, `<line x1="%s" y1="%[3]s" x2="%[2]s" y2="%[3]s" stroke="#8b95a1"/>`, coord(p.left), coord(right), coord(at))
	}
	b.WriteByte('\n')
	for _, r := range trends {
		for from := 0; from < len(t.Years); from++ {
			to := from // of the years with documents
			for to < len(t.Years) && t.Documents[to] > 0 {
				to++
			}
			if to == from {
				continue
			}
			var path, upper, lower []string
			for k := from; k < to; k++ {
				share := 100 * float64(r.Documents[k]) / float64(t.Documents[k])
				path = append(path, coord(x(k))+" "+coord(y(share)))
				low, high := wilson(r.Documents[k], t.Documents[k])
				upper = append(upper, coord(x(k))+" "+coord(y(100*high)))
				lower = append(lower, coord(x(k))+" "+coord(y(100*low)))
			}
			if len(trends) == 1 {
				slices.Reverse(lower)
				fmt.Fprintf(&b, `<path d="M%sL%sZ" fill="%s" fill-opacity=".18"/>`, strings.Join(upper, "L"), strings.Join(lower, "L"), r.color)
			}
			fmt.Fprintf(&b, `<path d="M%s" fill="none" stroke="%s" stroke-width="2" stroke-linejoin="round"%s/>`+"\n", strings.Join(path, "L"), r.color, dashAttr(r.stroke))
			for k := from; k < to; k++ {
				b.WriteString(symbolSVG(r.symbol, x(k), y(100*float64(r.Documents[k])/float64(t.Documents[k])), v.symbolSize(p)/2, r.color, t.Documents[k] < fewDocuments))
			}
			b.WriteByte('\n')
			from = to
		}
	}
	if len(trends) > 1 {
		for i, r := range trends {
			at, from := float64(v.height+10+20*(i/2)), p.left+float64(i%2)*(right-p.left)/2
			fmt.Fprintf(&b, `<path d="M%s %sh26" stroke="%s" stroke-width="2" fill="none"%s/>%s<text x="%s" y="%s">%s</text>`+"\n",
				coord(from), coord(at), r.color, dashAttr(r.stroke), symbolSVG(r.symbol, from+13, at, 4, r.color, false), coord(from+34), coord(at+4), escXML(fitText(r.Name, (right-p.left)/2-50, 12)))
		}
	}
	b.WriteString("</svg>\n")
	return b.String()
}
