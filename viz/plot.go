package viz

import (
	"fmt"
	"math"
	"strings"
)

// A plotAxis maps figures to pixels.
type plotAxis struct {
	low, high float64
	log       bool
	whole     bool
	last      float64 // no tick is above, unless 0
	from, to  float64 // pixels of low and high
}

// at returns the pixel of a figure.
func (a plotAxis) at(x float64) float64 {
	low, high := a.low, a.high
	if a.log {
		x, low, high = math.Log(x), math.Log(low), math.Log(high)
	}
	if high == low {
		return (a.from + a.to) / 2
	}
	return a.from + (x-low)/(high-low)*(a.to-a.from)
}

// ticks returns round figures from low to high, some five.
func (a plotAxis) ticks() []float64 {
	if a.log {
		return a.logTicks()
	}
	span := a.high - a.low
	if span <= 0 {
		return []float64{a.low}
	}
	step := math.Pow(10, math.Floor(math.Log10(span)))
	for _, f := range []float64{0.1, 0.2, 0.5, 1, 2} {
		if span/(step*f) <= 6 {
			step *= f
			break
		}
	}
	if a.whole {
		step = max(math.Ceil(step), 1)
	}
	var t []float64
	high := a.high
	if a.last != 0 {
		high = min(high, a.last)
	}
	for i := math.Ceil(a.low/step - 1e-9); i*step <= high+step*1e-9; i++ {
		t = append(t, i*step+0) // no -0
	}
	return t
}

func (a plotAxis) logTicks() []float64 {
	var t []float64
	if a.whole && a.high/a.low < 5000 { // sizes of computers
		for x := 1.0; x <= a.high*1.0001; x *= 2 {
			if x >= a.low*0.9999 {
				t = append(t, x)
			}
		}
		return t
	}
	factors := []float64{1}
	switch decades := math.Log10(a.high / a.low); {
	case decades < 1:
		factors = []float64{1, 1.5, 2, 3, 4, 5, 7}
	case decades < 2.5:
		factors = []float64{1, 2, 5}
	}
	for d := math.Floor(math.Log10(a.low)); d <= math.Log10(a.high); d++ {
		for _, f := range factors {
			if x := f * math.Pow(10, d); x >= a.low*0.9999 && x <= a.high*1.0001 {
				t = append(t, x)
			}
		}
	}
	return t
}

// spanning returns an axis from the least to the most of the figures: logarithmic, from a start, or with a
// margin at both ends.
func spanning(least, most float64, log, whole bool) plotAxis {
	a := plotAxis{low: least, high: most, log: log, whole: whole}
	switch {
	case log:
		margin := max(math.Pow(most/least, 0.03), 1.08)
		a.low, a.high = least/margin, most*margin
	case most == least:
		a.low, a.high = least-0.5, most+0.5
		if !whole && least > 0 {
			a.low, a.high = least*0.5, most*1.5
		}
	default:
		margin := (most - least) * 0.03
		a.low, a.high = least-margin, most+margin
	}
	return a
}

// rising returns an axis that begins at start and ends somewhat above most.
func rising(start, most float64) plotAxis {
	if most <= start {
		most = start + 1
	}
	return plotAxis{low: start, high: start + (most-start)*1.06}
}

// option is the axis for ECharts, with the same ticks.
func (a plotAxis) option(name string) map[string]any {
	o := map[string]any{
		"type": "value", "min": a.low, "max": a.high, "name": name,
		"nameTextStyle": map[string]any{"color": "var(--sb-dim)", "fontSize": 12},
		"axisLine":      map[string]any{"show": true, "onZero": false, "lineStyle": map[string]any{"color": "#8b95a1"}},
		"axisTick":      map[string]any{"show": false, "customValues": a.ticks()},
		"axisLabel":     map[string]any{"color": "var(--sb-dim)", "fontSize": 12, "hideOverlap": true, "showMinLabel": true, "showMaxLabel": true, "customValues": a.ticks()},
		"splitLine":     map[string]any{"lineStyle": map[string]any{"color": "#8b95a1", "opacity": 0.25}, "customValues": a.ticks()},
	}
	if a.log {
		o["type"] = "log"
	}
	return o
}

// A seriesStyle is how a series looks: a colour on white and on dark cards, a mark and a line, so that series differ
// for whoever sees no colours, too.
type seriesStyle struct {
	light, dark color
	mark        string // as ECharts names it: "circle", "rect", "triangle" or "diamond"; "" for none
	dashed      bool
	bare        bool // without a line
}

// seriesColors are told apart by people with any of the common colour deficiencies, the lighter ones of each pair on dark.
var seriesColors = []struct {
	light, dark color
	mark        string
}{
	{color{0x00, 0x72, 0xb2}, color{0x58, 0xb4, 0xe5}, "circle"},   // blue
	{color{0xc2, 0x50, 0x00}, color{0xf2, 0x8e, 0x4b}, "triangle"}, // vermillion
	{color{0x00, 0x7d, 0x5c}, color{0x34, 0xc7, 0x9a}, "diamond"},  // green
	{color{0xa3, 0x45, 0x7c}, color{0xe0, 0x92, 0xbb}, "rect"},     // purple
	{color{0x86, 0x6a, 0x00}, color{0xe3, 0xc2, 0x3d}, "circle"},   // yellow
	{color{0x4b, 0x56, 0x61}, color{0xaa, 0xb4, 0xbf}, "triangle"}, // slate
}

// engineStyles are the colours of engines, which keep them from chart to chart.
var engineStyles = []struct {
	prefix string
	style  seriesStyle
}{
	{"sparse", seriesStyle{light: seriesColors[0].light, dark: seriesColors[0].dark, mark: "circle"}},
	{"dense INT8", seriesStyle{light: seriesColors[1].light, dark: seriesColors[1].dark, mark: "triangle"}},
	{"dense", seriesStyle{light: color{0x66, 0x70, 0x7c}, dark: color{0x9c, 0xa7, 0xb3}, mark: "rect"}},
}

// newSeriesStyles returns a style for each of the names: engines as they always look, the others in turn.
func newSeriesStyles(names []string, overrides map[string]color) []seriesStyle {
	out := make([]seriesStyle, len(names))
	used := make(map[color]bool)
	for i, name := range names {
		for _, e := range engineStyles {
			if strings.HasPrefix(name, e.prefix) && !used[e.style.light] {
				out[i] = e.style
				used[e.style.light] = true
				break
			}
		}
	}
	next := 0
	for i, name := range names {
		for tries := 0; out[i].mark == ""; tries++ {
			c := seriesColors[next%len(seriesColors)]
			next++
			if !used[c.light] || tries >= len(seriesColors) {
				out[i] = seriesStyle{light: c.light, dark: c.dark, mark: c.mark}
				used[c.light] = true
			}
		}
		if c, ok := chosenColor(overrides, name); ok {
			out[i].light, out[i].dark = inked(c, lightCard, color{}), inked(c, darkCard, color{255, 255, 255})
		}
	}
	return out
}

// inked returns c, moved towards another colour until it can be seen on a card: WCAG 2 asks a contrast of three of graphics.
func inked(c, card, towards color) color {
	for contrast(c, card) < 3 {
		c = c.mix(towards, 0.1)
	}
	return c
}

// sample draws a piece of the line with a mark for a key in the page.
func (s seriesStyle) sample(paint string) string {
	var b strings.Builder
	b.WriteString(`<svg class="sb-sample" width="26" height="12" viewBox="0 0 26 12" aria-hidden="true">`)
	s.draw(&b, 0, 6, 26, paint)
	b.WriteString("</svg>")
	return b.String()
}

// draw draws a piece of the line with a mark.
func (s seriesStyle) draw(b *strings.Builder, x, y, width float64, paint string) {
	if !s.bare {
		dash := ""
		if s.dashed {
			dash = ` stroke-dasharray="5 4"`
		}
		fmt.Fprintf(b, `<line x1="%s" y1="%s" x2="%s" y2="%s" stroke="%s" stroke-width="2"%s/>`, coord(x), coord(y), coord(x+width), coord(y), paint, dash)
	}
	b.WriteString(markShape(s.mark, x+width/2, y, 4.5, paint, paint))
}

// markShape draws a mark around a point.
func markShape(mark string, x, y, r float64, fill, stroke string) string {
	paint := fmt.Sprintf(`fill="%s" stroke="%s" stroke-width="1.5"`, fill, stroke)
	switch mark {
	case "circle":
		return fmt.Sprintf(`<circle cx="%s" cy="%s" r="%s" %s/>`, coord(x), coord(y), coord(r*0.95), paint)
	case "rect":
		r *= 0.85
		return fmt.Sprintf(`<rect x="%s" y="%s" width="%s" height="%s" %s/>`, coord(x-r), coord(y-r), coord(2*r), coord(2*r), paint)
	case "triangle":
		return fmt.Sprintf(`<path d="M%s %sL%s %sL%s %sZ" %s/>`, coord(x), coord(y-r), coord(x+r), coord(y+r*0.9), coord(x-r), coord(y+r*0.9), paint)
	case "diamond":
		r *= 1.2
		return fmt.Sprintf(`<path d="M%s %sL%s %sL%s %sL%s %sZ" %s/>`, coord(x), coord(y-r), coord(x+r), coord(y), coord(x), coord(y+r), coord(x-r), coord(y), paint)
	}
	return ""
}

// whisker draws a line with a bar at both ends, upright if the ends are above each other.
func whisker(b *strings.Builder, x1, y1, x2, y2 float64, paint string) {
	fmt.Fprintf(b, `<path d="M%s %sL%s %s`, coord(x1), coord(y1), coord(x2), coord(y2))
	for _, p := range [][2]float64{{x1, y1}, {x2, y2}} {
		if x1 == x2 {
			fmt.Fprintf(b, "M%s %sh8", coord(p[0]-4), coord(p[1]))
		} else {
			fmt.Fprintf(b, "M%s %sv8", coord(p[0]), coord(p[1]-4))
		}
	}
	fmt.Fprintf(b, `" fill="none" stroke="%s" stroke-width="1.5"/>`, paint)
}

// whiskers are lines with a bar at both ends for a series of ECharts, between pairs of points.
func whiskers(pairs [][2][]any, paint string) map[string]any {
	data := make([]any, len(pairs))
	for i, p := range pairs {
		// A symbol turns with its line, so a flat one becomes a bar across it.
		data[i] = []any{map[string]any{"coord": p[0]}, map[string]any{"coord": p[1]}}
	}
	return map[string]any{
		"silent": true, "animation": false, "symbol": []string{"rect", "rect"}, "symbolSize": []float64{9, 1.5}, "label": map[string]any{"show": false},
		"lineStyle": map[string]any{"type": "solid", "width": 1.5, "color": paint, "opacity": 1}, "data": data,
	}
}

// grid draws the ticks of an axis as lines and labels: upright lines for the horizontal axis.
func (a plotAxis) grid(b *strings.Builder, from, to float64, horizontal bool) {
	for _, x := range a.ticks() {
		p := a.at(x)
		if horizontal {
			fmt.Fprintf(b, `<line x1="%[1]s" y1="%[2]s" x2="%[1]s" y2="%[3]s" stroke="#8b95a1" stroke-opacity=".25"/><text x="%[1]s" y="%[4]s" text-anchor="middle" fill="#59636e">%[5]s</text>`+"\n",
				coord(p), coord(from), coord(to), coord(to+18), speed(x))
		} else {
			fmt.Fprintf(b, `<line x1="%[1]s" y1="%[3]s" x2="%[2]s" y2="%[3]s" stroke="#8b95a1" stroke-opacity=".25"/><text x="%[4]s" y="%[5]s" text-anchor="end" fill="#59636e">%[6]s</text>`+"\n",
				coord(from), coord(to), coord(p), coord(from-8), coord(p+4), speed(x))
		}
	}
}

// labelWidth returns how wide the labels of an axis are.
func (a plotAxis) labelWidth() float64 {
	longest := 0
	for _, x := range a.ticks() {
		longest = max(longest, len(speed(x)))
	}
	return 7 * float64(longest)
}

// plainLabel makes a text that ECharts does not take for a template.
func plainLabel(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "{", "{\u2060")
}
