package viz

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
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
// none is claimed.
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
			if x < 0 || math.IsNaN(x) || math.IsInf(x, 0) {
				return fmt.Errorf("viz: result %d, %s %s, has the figure %v", i, r.Model, r.Engine, x)
			}
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
	dense, sparse := newSwatch(color{0x8a, 0x94, 0xa0}), newSwatch(palette["protein"])
	if c, ok := v.colors["dense"]; ok {
		dense = newSwatch(c)
	}
	if c, ok := v.colors["sparse"]; ok {
		sparse = newSwatch(c)
	}
	f := &fragment{title: v.heading(), chart: true, swatches: []swatch{dense, sparse}}
	var b bytes.Buffer
	openView(&b, "bars", f.title)
	c := v.chart(dense, sparse)
	c.writeTo(&b)
	if caption := v.caption(); caption != "" {
		fmt.Fprintf(&b, "<p class=\"sb-caption\">%s</p>\n", esc(caption))
	}
	b.WriteString("<details><summary>The figures</summary>\n<div class=\"sb-scroll\"><table>\n<thead><tr>")
	for _, h := range figureHeads {
		fmt.Fprintf(&b, "<th%s>%s</th>", h.class(), h.name)
	}
	b.WriteString("</tr></thead>\n<tbody>\n")
	for i, r := range v.bench.Results {
		fmt.Fprintf(&b, "<tr data-row=\"%d\">", i)
		for j, s := range figures(r) {
			fmt.Fprintf(&b, "<td%s data-tip=\"%s\">%s</td>", figureHeads[j].class(), figureHeads[j].name, esc(s))
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody></table></div></details>\n</div>\n")
	if err := c.writeScript(&b); err != nil {
		return nil, err
	}
	f.body = b.Bytes()
	return f, nil
}

// A figureHead is a column of the table of figures.
type figureHead struct {
	name   string
	number bool
}

func (h figureHead) class() string {
	if h.number {
		return ` class="sb-num"`
	}
	return ""
}

var figureHeads = []figureHead{{"Model", false}, {"Engine", false}, {"Instance", false}, {"Kernel", false},
	{"Sparsity", true}, {"Latency (secs)", true}, {"Tokens per second", true}}

func figures(r report.Result) []string {
	return []string{r.Model, r.Engine, r.Instance, r.Kernel,
		fmt.Sprintf("%.0f %%", 100*r.Sparsity), fmt.Sprintf("%.3f", r.LatencyS), speed(r.TokensPerSecond)}
}

// chart draws the bars as a picture and as an option for ECharts.
func (v *ThroughputView) chart(dense, sparse swatch) *chart {
	results, names := v.bench.Results, v.names()
	c := charts.NewBar()
	data := make([]opts.BarData, len(results))
	most := 0.0
	for i, r := range results {
		most = max(most, r.TokensPerSecond)
		fill := dense.base
		if r.Sparse() {
			fill = sparse.base
		}
		data[i] = opts.BarData{Name: names[i], Value: r.TokensPerSecond, ItemStyle: &opts.ItemStyle{Color: fill.String()},
			Label: &opts.Label{Formatter: speed(r.TokensPerSecond) + " tokens/s"}}
	}
	c.SetXAxis(names).AddSeries("", data)
	c.MultiSeries[0].BarMaxWidth = "26"
	c.XYReversal()
	option := newOption(c.JSON(), nil, map[string]any{
		"label":     map[string]any{"show": true, "position": "right", "color": "var(--sb-fg)", "fontSize": 13, "fontWeight": 600},
		"emphasis":  map[string]any{"disabled": true},
		"itemStyle": map[string]any{"borderRadius": []int{0, 4, 4, 0}},
	})
	left, right := v.margins(names)
	option["grid"] = map[string]any{"left": left, "right": right, "top": 8, "bottom": 30}
	option["xAxis"] = map[string]any{"type": "value", "min": 0, "axisLabel": map[string]any{"color": "var(--sb-dim)", "hideOverlap": true},
		"splitNumber": 5, "splitLine": map[string]any{"lineStyle": map[string]any{"color": "#8b95a1", "opacity": 0.25}}}
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
		fmt.Fprintf(&b, `<text x="%s" y="%s" font-size="13" font-weight="600">%s tokens/s</text>`+"\n", coord(scale(r.TokensPerSecond)+8), coord(y+4), speed(r.TokensPerSecond))
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
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n\n", oneLine(v.heading()))
	tw := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for i, h := range figureHeads {
		if i > 0 {
			fmt.Fprint(tw, "\t")
		}
		fmt.Fprint(tw, h.name)
	}
	fmt.Fprintln(tw)
	for _, r := range v.bench.Results {
		for i, s := range figures(r) {
			if i > 0 {
				fmt.Fprint(tw, "\t")
			}
			fmt.Fprint(tw, oneLine(s))
		}
		fmt.Fprintln(tw)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	if c := v.caption(); c != "" {
		fmt.Fprintf(&b, "\n%s\n", oneLine(c))
	}
	_, err := w.Write(b.Bytes())
	return err
}
