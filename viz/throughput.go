package viz

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"github.com/sparsebio/sparsebio/biobert/report"
)

// A ThroughputView shows how fast dense and sparse models read.
type ThroughputView struct {
	bench report.Benchmark
	config
	err error
}

// Throughput shows tokens per second as one bar for each result, on an axis that
// begins at zero, with the speed-up as the title and the machine below. The speed-up
// is that of the first sparse result over the first dense one that
// read as many tokens with as many threads on the same instance; without such a pair
// none is claimed. Whiskers show where repetitions lie, if that was measured.
//
// A benchmark without results, or a figure that is negative or not finite, is an error
// of the methods, not of Throughput. The options are WithTitle, WithColors (of "dense"
// and "sparse") and WithSize (default 860 by 46 for each bar and 50).
func Throughput(b report.Benchmark, options ...Option) *ThroughputView {
	v := &ThroughputView{bench: b}
	v.config, v.err = newConfig("Throughput", 0, options)
	if v.height == 0 {
		v.height = 50 + 46*len(b.Results)
	}
	return v
}

// Render writes the view as a fragment of HTML.
func (v *ThroughputView) Render(w io.Writer) error { return render(w, v) }

// WritePage writes the view as a complete page.
func (v *ThroughputView) WritePage(w io.Writer) error { return writePage(w, v) }

// Show displays the view in a notebook, or as plain text where there is none.
func (v *ThroughputView) Show() error { return show(v) }

func (v *ThroughputView) check() error {
	if v.err != nil {
		return v.err
	}
	if len(v.bench.Results) == 0 {
		return errors.New("viz: a benchmark without results")
	}
	for i, r := range v.bench.Results {
		for _, x := range []float64{r.TokensPerSecond, r.LatencyS, r.Sparsity} {
			if x < 0 || bad(x) {
				return fmt.Errorf("viz: result %d, %s %s, has the figure %v", i, r.Model, r.Engine, x)
			}
		}
		if err := checkSpread(r.Spread, r.TokensPerSecond); err != nil {
			return fmt.Errorf("viz: result %d, %s %s, has %w", i, r.Model, r.Engine, err)
		}
	}
	return nil
}

// heading returns the title: the caller's, or the speed-up, or what the bars are.
func (v *ThroughputView) heading() string {
	if v.title != "" {
		return v.title
	}
	if s, ok := speedUp(v.bench.Results); ok {
		return s
	}
	return "Tokens per second"
}

// speedUp compares the first sparse result with a dense one measured alike.
func speedUp(results []report.Result) (string, bool) {
	for _, s := range results {
		if !s.Sparse() {
			continue
		}
		for _, d := range results {
			if d.Sparse() || d.Instance != s.Instance || d.Threads != s.Threads || d.Tokens != s.Tokens ||
				d.TokensPerSecond == 0 || s.TokensPerSecond == 0 {
				continue
			}
			name := capital(s.Engine)
			switch ratio := s.TokensPerSecond / d.TokensPerSecond; {
			case ratio >= 1.05:
				return fmt.Sprintf("%s is %s faster than %s", name, times(ratio), d.Engine), true
			case ratio <= 1/1.05:
				return fmt.Sprintf("%s is %s slower than %s", name, times(1/ratio), d.Engine), true
			default:
				return fmt.Sprintf("%s is as fast as %s", name, d.Engine), true
			}
		}
		break
	}
	return "", false
}

// capital returns s with a capital first letter.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

func times(ratio float64) string {
	if ratio >= 99.95 {
		return group(int(math.Round(ratio))) + "x"
	}
	return fmt.Sprintf("%.1fx", ratio)
}

// names returns a name for each bar: the engine, and as much of model, instance and
// threads as it takes to tell the bars apart.
func (v *ThroughputView) names() []string {
	results := v.bench.Results
	names := make([]string, len(results))
	for fields := 1; fields <= 4; fields++ {
		seen := make(map[string]bool)
		for i, r := range results {
			parts := []string{r.Engine, r.Model, r.Instance, count(r.Threads, "thread")}
			names[i] = oneLine(strings.Join(parts[:fields], ", "))
			seen[names[i]] = true
		}
		if len(seen) == len(names) {
			break
		}
	}
	for i := range names {
		if names[i] == "" {
			names[i] = fmt.Sprintf("result %d", i+1)
		}
	}
	return names
}

// caption says where and on what the figures were measured, as far as all agree.
func (v *ThroughputView) caption() string {
	var parts []string
	common := func(field func(report.Result) string) {
		s := field(v.bench.Results[0])
		for _, r := range v.bench.Results {
			if field(r) != s {
				return
			}
		}
		if s != "" {
			parts = append(parts, s)
		}
	}
	positive := func(n int, noun string) string {
		if n <= 0 {
			return ""
		}
		return count(n, noun)
	}
	common(func(r report.Result) string { return r.Instance })
	common(func(r report.Result) string { return positive(r.Threads, "thread") })
	common(func(r report.Result) string { return positive(r.Documents, "document") })
	common(func(r report.Result) string { return positive(r.Tokens, "token") })
	if m := v.bench.Machine; m != nil {
		about := *m
		if len(parts) > 0 && parts[0] == m.CPU {
			about.CPU = ""
		}
		if s := machineText(&about); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, " · ")
}

// speed writes tokens per second with as many digits as mean something.
func speed(x float64) string {
	if x < 100 {
		return fmt.Sprintf("%.3g", x)
	}
	return group(int(math.Round(x)))
}

func (v *ThroughputView) fragment() (*fragment, error) {
	if err := v.check(); err != nil {
		return nil, err
	}
	p := v.picture()
	return p.fragment()
}

// picture returns the bars with the figures.
func (v *ThroughputView) picture() *picture {
	p := &picture{kind: "bars", title: v.heading(), table: v.figures()}
	p.chart = v.chart(denseAndSparse(v.colors))
	spreads := make([]*report.Spread, len(v.bench.Results))
	for i, r := range v.bench.Results {
		spreads[i] = r.Spread
	}
	for _, s := range []string{v.caption(), whiskersText(spreads)} {
		if s != "" {
			p.captions = append(p.captions, s)
		}
	}
	return p
}

// denseAndSparse returns the colours of bars.
func denseAndSparse(colors map[string]color) (dense, sparse swatch) {
	dense, sparse = newSwatch(color{0x8a, 0x94, 0xa0}), newSwatch(palette["protein"])
	if c, ok := chosenColor(colors, "dense"); ok {
		dense = newSwatch(c)
	}
	if c, ok := chosenColor(colors, "sparse"); ok {
		sparse = newSwatch(c)
	}
	return dense, sparse
}

func (v *ThroughputView) figures() figureTable {
	t := figureTable{heads: []figureHead{{"Model", false}, {"Engine", false}, {"Instance", false}, {"Kernel", false},
		{"Sparsity", true}, {"Latency (secs)", true}, {"Tokens per second", true}}}
	spread := slices.ContainsFunc(v.bench.Results, func(r report.Result) bool { return r.Spread != nil })
	if spread {
		t.heads = append(t.heads, figureHead{"Repetitions", true})
	}
	for _, r := range v.bench.Results {
		row := []string{r.Model, r.Engine, r.Instance, r.Kernel,
			fmt.Sprintf("%.0f %%", 100*r.Sparsity), fmt.Sprintf("%.3f", r.LatencyS), speed(r.TokensPerSecond)}
		if spread {
			row = append(row, spreadText(r.Spread))
		}
		t.rows = append(t.rows, row)
	}
	return t
}

// chart draws the bars as a picture and as an option for ECharts.
func (v *ThroughputView) chart(dense, sparse swatch) *chart {
	results, names := v.bench.Results, v.names()
	c := charts.NewBar()
	data := make([]opts.BarData, len(results))
	var pairs [][2][]any
	var texts []string // beside the whiskers
	most := 0.0
	for i, r := range results {
		most = max(most, r.TokensPerSecond)
		text := speed(r.TokensPerSecond) + " tokens/s"
		if s := r.Spread; s != nil {
			most = max(most, s.High)
			pairs = append(pairs, [2][]any{{s.Low, i}, {s.High, i}})
			texts = append(texts, text)
		}
		fill := dense.base
		if r.Sparse() {
			fill = sparse.base
		}
		data[i] = opts.BarData{Name: names[i], Value: r.TokensPerSecond, ItemStyle: &opts.ItemStyle{Color: fill.String()},
			Label: &opts.Label{Show: opts.Bool(r.Spread == nil), Formatter: text}}
	}
	c.SetXAxis(names).AddSeries("", data)
	c.MultiSeries[0].BarMaxWidth = "26"
	c.XYReversal()
	series := map[string]any{
		"label":     map[string]any{"show": true, "position": "right", "color": "var(--sb-fg)", "fontSize": 13, "fontWeight": 600},
		"emphasis":  map[string]any{"disabled": true},
		"itemStyle": map[string]any{"borderRadius": []int{0, 4, 4, 0}},
	}
	if len(pairs) > 0 {
		m := whiskers(pairs, "var(--sb-fg)")
		for i, d := range m["data"].([]any) {
			d.([]any)[0].(map[string]any)["label"] = map[string]any{"show": true, "position": "end", "distance": 8, "formatter": texts[i], "color": "var(--sb-fg)", "fontSize": 13, "fontWeight": 600}
		}
		series["markLine"] = m
	}
	option := newOption(c.JSON(), nil, series)
	left, right := v.margins(names)
	option["grid"] = map[string]any{"left": left, "right": right, "top": 8, "bottom": 30}
	option["xAxis"] = map[string]any{"type": "value", "min": 0, "axisLabel": map[string]any{"color": "var(--sb-dim)", "hideOverlap": true},
		"splitNumber": 5, "splitLine": map[string]any{"lineStyle": map[string]any{"color": "#8b95a1", "opacity": 0.25}}}
	if len(pairs) > 0 { // whiskers may go further than bars
		x, at := option["xAxis"].(map[string]any), ticks(most)
		x["max"], x["axisTick"] = most, map[string]any{"show": false, "customValues": at}
		x["axisLabel"].(map[string]any)["customValues"], x["splitLine"].(map[string]any)["customValues"] = at, at
	}
	option["yAxis"] = map[string]any{"type": "category", "data": names, "inverse": true, "axisTick": map[string]any{"show": false},
		"axisLabel": map[string]any{"color": "var(--sb-fg)", "fontSize": 13, "width": left - 16, "overflow": "truncate"}, "axisLine": map[string]any{"lineStyle": map[string]any{"color": "#8b95a1"}}}
	return &chart{width: v.width, height: v.height, alt: v.alt(), svg: v.svg(names, most, dense, sparse), option: option}
}

func (v *ThroughputView) alt() string {
	var parts []string
	for i, n := range v.names() {
		parts = append(parts, fmt.Sprintf("%s %s tokens/s", n, speed(v.bench.Results[i].TokensPerSecond)))
	}
	return "Bar chart. " + oneLine(v.heading()) + ": " + strings.Join(parts, ", ") + "."
}

const maxName = 36 // runes of a bar's name that are drawn

// margins returns the width left for the names and, right of the axis, for figures.
func (v *ThroughputView) margins(names []string) (left, right float64) {
	longest := 0
	for _, n := range names {
		longest = max(longest, utf8.RuneCountInString(shorten(n, maxName)))
	}
	return min(24+7.5*float64(longest), float64(v.width)*0.45), min(130, float64(v.width)*0.3)
}

// svg draws the bars for light paper.
func (v *ThroughputView) svg(names []string, most float64, dense, sparse swatch) string {
	var b strings.Builder
	openSVG(&b, v.width, v.height)
	left, right := v.margins(names)
	right = float64(v.width) - right
	step := (float64(v.height) - 38) / float64(len(names))
	scale := func(x float64) float64 {
		if most == 0 {
			return left
		}
		return left + x/most*(right-left)
	}
	base := float64(v.height) - 30
	for _, x := range ticks(most) {
		fmt.Fprintf(&b, `<line x1="%[1]s" y1="8" x2="%[1]s" y2="%[2]s" stroke="#8b95a1" stroke-opacity=".25"/><text x="%[1]s" y="%[3]s" text-anchor="middle" fill="#59636e">%[4]s</text>`+"\n",
			coord(scale(x)), coord(base), coord(base+18), speed(x))
	}
	for i, r := range v.bench.Results {
		fill := dense.base
		if r.Sparse() {
			fill = sparse.base
		}
		tall := min(26, step*0.6)
		y := 8 + step*(float64(i)+0.5)
		fmt.Fprintf(&b, `<text x="%s" y="%s" text-anchor="end" font-size="13">%s</text>`, coord(left-10), coord(y+4), escXML(shorten(names[i], maxName)))
		fmt.Fprintf(&b, `<rect x="%s" y="%s" width="%s" height="%s" rx="3" fill="%s"/>`, coord(left), coord(y-tall/2), coord(scale(r.TokensPerSecond)-left), coord(tall), fill)
		end := scale(r.TokensPerSecond)
		if s := r.Spread; s != nil {
			end = scale(s.High)
			whisker(&b, scale(s.Low), y, end, y, "#1f2328")
		}
		fmt.Fprintf(&b, `<text x="%s" y="%s" font-size="13" font-weight="600">%s tokens/s</text>`+"\n", coord(end+8), coord(y+4), speed(r.TokensPerSecond))
	}
	fmt.Fprintf(&b, `<line x1="%[1]s" y1="8" x2="%[1]s" y2="%[2]s" stroke="#8b95a1"/>`+"\n</svg>\n", coord(left), coord(base))
	return b.String()
}

func coord(x float64) string { return fmt.Sprintf("%.1f", x) }

// ticks returns round figures from zero to most.
func ticks(most float64) []float64 {
	if most <= 0 {
		return []float64{0}
	}
	step := math.Pow(10, math.Floor(math.Log10(most)))
	for _, f := range []float64{0.2, 0.5, 1, 2} {
		if most/(step*f) <= 5 {
			step *= f
			break
		}
	}
	var t []float64
	for i := 0; float64(i)*step <= most*1.0001; i++ {
		t = append(t, float64(i)*step)
	}
	return t
}

// WriteText writes the figures as a table.
func (v *ThroughputView) WriteText(w io.Writer) error {
	if err := v.check(); err != nil {
		return err
	}
	p := v.picture()
	return p.writeText(w)
}
