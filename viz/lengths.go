package viz

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// A LengthSet is a set of texts by their lengths: those of [annot.WordCounts], or in tokens those that a model counts.
type LengthSet struct {
	Name    string
	Lengths []int // one for each text, 0 or more
}

// A LengthView shows how long texts are.
type LengthView struct {
	sets []LengthSet
	config
	err error
}

// Lengths shows a histogram of the lengths of texts. Several sets lie over each other, as shares of each
// set, for they may differ in size; one set is counted. What the longest 0.5 % have beyond the others is gathered in the last bin, so that one
// long text does not squeeze the rest. Below stand the number of texts, the median, and between which lengths 90 % of
// them lie.
//
// A negative length, one above a billion, or more than 15 sets, is an error of the methods. The options are WithTitle, WithUnit, WithMark, WithColors (of
// sets, by name) and WithSize (default 860 by 340).
func Lengths(sets []LengthSet, options ...Option) *LengthView {
	v := &LengthView{sets: sets}
	v.config, v.err = newConfig("Lengths", 0, options)
	if v.height == 0 {
		v.height = 340
	}
	if v.unit == "" {
		v.unit = "words"
	}
	return v
}

// Render writes the view as a fragment of HTML.
func (v *LengthView) Render(w io.Writer) error { return render(w, v) }

// WritePage writes the view as a complete page.
func (v *LengthView) WritePage(w io.Writer) error { return writePage(w, v) }

// Show displays the view in a notebook, or as plain text where there is none.
func (v *LengthView) Show() error { return show(v) }

// A histogram counts lengths in bins of one width, the first of which begins at 0.
type histogram struct {
	sets   []sortedSet
	width  int
	open   bool    // the last bin has no end
	counts [][]int // of each set, by bin
	most   float64 // the highest of the figures drawn
}

// A sortedSet is a LengthSet in order, without what is empty.
type sortedSet struct {
	name    string
	lengths []int
	color   color
	stroke  int // how it is dashed and marked
}

// quantile returns the length that a share of the texts do not exceed.
func (s sortedSet) quantile(share float64) int {
	return s.lengths[max(0, int(math.Ceil(share*float64(len(s.lengths))))-1)]
}

// above returns the share of texts that are longer.
func (s sortedSet) above(n int) float64 {
	i, _ := slices.BinarySearch(s.lengths, n+1)
	return float64(len(s.lengths)-i) / float64(len(s.lengths))
}

// newSets checks and sorts the sets.
func (v *LengthView) newSets() ([]sortedSet, error) {
	if v.err != nil {
		return nil, v.err
	}
	if len(v.sets) > maxStrokes {
		return nil, fmt.Errorf("viz: Lengths of %d sets, want at most %d", len(v.sets), maxStrokes)
	}
	var sets []sortedSet
	for i, set := range v.sets {
		for j, n := range set.Lengths {
			if n < 0 || n > mostLength {
				return nil, fmt.Errorf("viz: length %d of set %q is %d, want 0 to %d", j, set.Name, n, mostLength)
			}
		}
		if len(set.Lengths) == 0 {
			continue
		}
		s := sortedSet{name: set.Name, lengths: slices.Sorted(slices.Values(set.Lengths)), stroke: i, color: strokeColors[i%len(strokeColors)]}
		if s.name == "" {
			s.name = fmt.Sprintf("set %d", i+1)
		}
		if c, ok := chosenColor(v.colors, set.Name); ok {
			s.color = c
		}
		sets = append(sets, s)
	}
	return sets, nil
}

const (
	minBins    = 12
	maxBins    = 40
	mostLength = 1_000_000_000
)

// newHistogram chooses the bins by the rule of Freedman and Diaconis (1981) for the narrowest of the sets, rounded to a width of 1, 2 or 5 with zeros.
func newHistogram(sets []sortedSet) histogram {
	h := histogram{sets: sets}
	var all []int
	for _, s := range sets {
		all = append(all, s.lengths...)
	}
	slices.Sort(all)
	pooled := sortedSet{lengths: all}
	end := pooled.lengths[len(all)-1] + 1
	if most := pooled.quantile(0.995); float64(end) > 1.3*float64(most+1) {
		end, h.open = most+1, true
	}
	rule := math.Inf(1) // of the narrowest set
	for _, s := range sets {
		rule = min(rule, 2*float64(s.quantile(0.75)-s.quantile(0.25))/math.Cbrt(float64(len(s.lengths))))
	}
	rule = max(min(rule, float64(end)/minBins), 1)
	h.width = 1
	for k := 0; float64(h.width) < 0.7*rule || (end+h.width-1)/h.width > maxBins; k++ {
		h.width = []int{2, 5, 10}[k%3] * int(math.Pow10(k/3))
	}
	bins := (end + h.width - 1) / h.width
	if h.open {
		bins++
	}
	for _, s := range sets {
		counts := make([]int, bins)
		for _, n := range s.lengths {
			counts[min(n/h.width, bins-1)]++
		}
		h.counts = append(h.counts, counts)
	}
	for i := range sets {
		for bin := range bins {
			h.most = max(h.most, h.value(i, bin))
		}
	}
	return h
}

// value is the height of a bin: a count for one set, percent for several.
func (h *histogram) value(set, bin int) float64 {
	n := float64(h.counts[set][bin])
	if len(h.sets) == 1 {
		return n
	}
	return 100 * n / float64(len(h.sets[set].lengths))
}

func (h *histogram) bins() int { return len(h.counts[0]) }

// extent returns the bins of a set from the first that holds something to the one after the last.
func (h *histogram) extent(set int) (from, to int) {
	counts := h.counts[set]
	for counts[from] == 0 {
		from++
	}
	for to = len(counts); counts[to-1] == 0; to-- {
	}
	return from, to
}

// binName says which lengths are in a bin.
func (h *histogram) binName(bin int) string {
	from := bin * h.width
	switch {
	case h.open && bin == h.bins()-1:
		return group(from) + " and more"
	case h.width == 1:
		return group(from)
	}
	return group(from) + " to " + group(from+h.width-1)
}

func (v *LengthView) heading() string {
	if v.title != "" {
		return v.title
	}
	return "Length in " + v.unit
}

// captions says what the histogram cannot show.
func (v *LengthView) captions(h *histogram) []string {
	var lines []string
	for _, s := range h.sets {
		line := fmt.Sprintf("%s: %s, median %s %s, 90 %% from %s to %s, longest %s", s.name, count(len(s.lengths), "text"),
			group(s.quantile(0.5)), v.unit, group(s.quantile(0.05)), group(s.quantile(0.95)), group(s.lengths[len(s.lengths)-1]))
		if v.mark.at > 0 {
			line += fmt.Sprintf("; %s longer than %s", percent(s.above(v.mark.at)), group(v.mark.at))
			if v.mark.label != "" {
				line += " (" + v.mark.label + ")"
			}
		}
		lines = append(lines, line+".")
	}
	if h.open {
		lines = append(lines, fmt.Sprintf("The last bin holds all texts of %s %s or more.", group((h.bins()-1)*h.width), v.unit))
	}
	return lines
}

func (v *LengthView) figure() (*corpusFigure, *histogram, error) {
	sets, err := v.newSets()
	if err != nil {
		return nil, nil, err
	}
	f := &corpusFigure{kind: "lengths", title: v.heading()}
	if len(sets) == 0 {
		f.captions = []string{"No texts."}
		return f, nil, nil
	}
	h := newHistogram(sets)
	f.captions = v.captions(&h)
	f.table.heads = []figureHead{{capital(v.unit), false}}
	for _, s := range sets {
		f.keys = append(f.keys, corpusKey{s.name, count(len(s.lengths), "text"), areaSample(s)})
		f.table.heads = append(f.table.heads, figureHead{s.name, true})
	}
	for bin := range h.bins() {
		row := []string{h.binName(bin)}
		for i, s := range sets {
			n := h.counts[i][bin]
			row = append(row, fmt.Sprintf("%s (%s)", group(n), percent(float64(n)/float64(len(s.lengths)))))
		}
		f.table.rows = append(f.table.rows, row)
	}
	f.chart = v.chart(&h)
	return f, &h, nil
}

func (v *LengthView) fragment() (*fragment, error) {
	f, _, err := v.figure()
	if err != nil {
		return nil, err
	}
	return f.fragment()
}

// areaSample draws the key of a set.
func areaSample(s sortedSet) string {
	return fmt.Sprintf(`<svg class="sb-sample" viewBox="0 0 26 12" aria-hidden="true"><path d="M1 12V5h12V2h12v10z" fill="%[1]s" fill-opacity=".18"/><path d="M1 12V5h12V2h12v10" fill="none" stroke="%[1]s" stroke-width="2"%[2]s/></svg>`,
		s.color, dashAttr(s.stroke))
}

// fillOpacity is that of an area: one alone may be denser.
func fillOpacity(sets int) float64 {
	if sets == 1 {
		return 0.45
	}
	return 0.13
}

// chart draws the histogram as an option for ECharts and as a picture.
func (v *LengthView) chart(h *histogram) *chart {
	line := charts.NewLine()
	names := make([]string, len(h.sets))
	for i, s := range h.sets {
		names[i] = seriesName(i, s.name)
		line.AddSeries(names[i], make([]opts.LineData, 0))
	}
	option := corpusOption(line.JSON(), names)
	half := float64(h.width) / 2
	for i, one := range option["series"].([]any) {
		// The steps lie between the middles of the bins; an empty one before and after closes the outline. The line
		// is drawn no farther, but the pointer must find every bin.
		from, to := h.extent(i)
		var data []any
		for bin := -1; bin <= h.bins(); bin++ {
			point := map[string]any{"value": []any{float64(bin*h.width) + half, "-"}, "row": bin}
			switch {
			case bin == from-1 || bin == to:
				point["value"] = []any{float64(bin*h.width) + half, 0}
			case bin >= from && bin < to:
				point["value"] = []any{float64(bin*h.width) + half, round4(h.value(i, bin))}
			}
			data = append(data, point)
		}
		s := one.(map[string]any)
		s["step"], s["symbol"], s["showSymbol"], s["data"] = "middle", "circle", false, data
		s["lineStyle"] = map[string]any{"width": 2, "color": h.sets[i].color.String(), "type": dashType(h.sets[i].stroke)}
		s["itemStyle"] = map[string]any{"color": h.sets[i].color.String()}
		s["areaStyle"] = map[string]any{"color": h.sets[i].color.String(), "opacity": fillOpacity(len(h.sets))}
		s["emphasis"] = map[string]any{"disabled": true}
		if i == 0 && v.markShown(h) {
			s["markLine"] = map[string]any{"silent": true, "symbol": "none", "animation": false,
				"lineStyle": map[string]any{"color": "var(--sb-fg)", "type": "dashed", "width": 1.5},
				"label":     map[string]any{"formatter": "{b}", "color": "var(--sb-fg)", "fontSize": 12, "position": "end"},
				"data":      []any{map[string]any{"xAxis": v.mark.at, "name": v.markText()}}}
		}
	}
	left, right, top, bottom := v.margins(h)
	option["grid"] = map[string]any{"left": left, "right": right, "top": top, "bottom": bottom}
	faint := map[string]any{"color": "#8b95a1", "opacity": 0.25}
	option["xAxis"] = map[string]any{"type": "value", "min": 0, "max": h.bins() * h.width, "name": v.unit, "nameLocation": "middle", "nameGap": 26,
		"nameTextStyle": map[string]any{"color": "var(--sb-dim)"}, "splitLine": map[string]any{"show": false}, "splitNumber": 8,
		"axisLine": map[string]any{"lineStyle": map[string]any{"color": "#8b95a1"}}, "axisTick": map[string]any{"show": true, "lineStyle": map[string]any{"color": "#8b95a1"}},
		"axisLabel": map[string]any{"color": "var(--sb-dim)", "hideOverlap": true, "showMaxLabel": false}}
	option["yAxis"] = map[string]any{"type": "value", "min": 0, "splitNumber": 4, "name": v.axisName(h), "nameTextStyle": map[string]any{"color": "var(--sb-dim)", "align": "left", "padding": []float64{0, 0, 0, -left + 8}},
		"splitLine": map[string]any{"lineStyle": faint}, "axisLabel": map[string]any{"color": "var(--sb-dim)"}}
	tip := option["tooltip"].(map[string]any)
	tip["trigger"], tip["axisPointer"] = "axis", map[string]any{"type": "line", "lineStyle": map[string]any{"color": "var(--sb-dim)", "type": "solid", "width": 1}}
	svg := v.svg(h)
	return &chart{width: v.width, height: v.height, alt: v.alt(h), svg: svg, option: option, pictureHeight: v.height + v.keyHeight(h)}
}

func round4(x float64) float64 { return math.Round(x*1e4) / 1e4 }

func (v *LengthView) axisName(h *histogram) string {
	if len(h.sets) == 1 {
		return "texts"
	}
	return "% of the texts of a set"
}

func (v *LengthView) markShown(h *histogram) bool {
	return v.mark.at > 0 && v.mark.at <= h.bins()*h.width
}

func (v *LengthView) markText() string {
	return strings.TrimSpace(group(v.mark.at) + " " + v.mark.label)
}

func (v *LengthView) margins(h *histogram) (left, right, top, bottom float64) {
	ticks := roundTicks(h.most, len(h.sets) == 1)
	left = 20 + 7.5*float64(len(tickText(ticks[len(ticks)-1])))
	return max(left, 40), 24, 34, 48
}

func (v *LengthView) alt(h *histogram) string {
	var parts []string
	for _, s := range h.sets {
		parts = append(parts, fmt.Sprintf("%s: %s, median %s, 90 %% from %s to %s", oneLine(s.name), count(len(s.lengths), "text"), group(s.quantile(0.5)), group(s.quantile(0.05)), group(s.quantile(0.95))))
	}
	return fmt.Sprintf("Histogram. %s. %s.", oneLine(v.heading()), strings.Join(parts, "; "))
}

// keyHeight is what the keys take below the picture.
func (v *LengthView) keyHeight(h *histogram) int {
	if len(h.sets) == 1 {
		return 0
	}
	return 12 + 20*len(h.sets)
}

// svg draws the histogram for light paper.
func (v *LengthView) svg(h *histogram) string {
	var b strings.Builder
	openSVG(&b, v.width, v.height+v.keyHeight(h))
	left, right, top, bottom := v.margins(h)
	right, bottom = float64(v.width)-right, float64(v.height)-bottom
	most := h.most * 1.02
	span := float64(h.bins() * h.width)
	x := func(n float64) float64 { return left + n/span*(right-left) }
	y := func(n float64) float64 { return bottom - n/most*(bottom-top) }
	for _, t := range roundTicks(most, len(h.sets) == 1) {
		fmt.Fprintf(&b, `<line x1="%s" y1="%[3]s" x2="%[2]s" y2="%[3]s" stroke="#8b95a1" stroke-opacity=".25"/><text x="%s" y="%s" text-anchor="end" fill="#59636e">%s</text>`+"\n",
			coord(left), coord(right), coord(y(t)), coord(left-7), coord(y(t)+4), tickText(t))
	}
	for _, t := range roundTicks(span*0.999, true) {
		fmt.Fprintf(&b, `<path d="M%[1]s %[2]sv5" stroke="#8b95a1"/><text x="%[1]s" y="%[3]s" text-anchor="middle" fill="#59636e">%[4]s</text>`+"\n", coord(x(t)), coord(bottom), coord(bottom+18), tickText(t))
	}
	fmt.Fprintf(&b, `<text x="%s" y="%s" text-anchor="middle" fill="#59636e">%s</text><text x="8" y="18" fill="#59636e">%s</text>`+"\n",
		coord((left+right)/2), coord(bottom+38), escXML(shorten(v.unit, 40)), v.axisName(h))
	for i, s := range h.sets {
		var path strings.Builder
		from, to := h.extent(i)
		fmt.Fprintf(&path, "M%s %s", coord(x(float64(from*h.width))), coord(bottom))
		for bin := from; bin < to; bin++ {
			fmt.Fprintf(&path, "V%sH%s", coord(y(h.value(i, bin))), coord(x(float64((bin+1)*h.width))))
		}
		fmt.Fprintf(&path, "V%s", coord(bottom))
		fmt.Fprintf(&b, `<path d="%[1]sZ" fill="%[2]s" fill-opacity="%[3]g"/><path d="%[1]s" fill="none" stroke="%[2]s" stroke-width="2"%[4]s/>`+"\n", path.String(), s.color, fillOpacity(len(h.sets)), dashAttr(s.stroke))
	}
	fmt.Fprintf(&b, `<line x1="%s" y1="%[3]s" x2="%[2]s" y2="%[3]s" stroke="#8b95a1"/>`+"\n", coord(left), coord(right), coord(bottom))
	if v.markShown(h) {
		anchor := "middle"
		if at := x(float64(v.mark.at)); at > right-80 {
			anchor = "end"
		} else if at < left+80 {
			anchor = "start"
		}
		fmt.Fprintf(&b, `<line x1="%[1]s" y1="%[2]s" x2="%[1]s" y2="%[3]s" stroke="#1f2328" stroke-width="1.5" stroke-dasharray="5 4"/><text x="%[1]s" y="%[4]s" text-anchor="%[5]s">%[6]s</text>`+"\n",
			coord(x(float64(v.mark.at))), coord(top), coord(bottom), coord(top-6), anchor, escXML(shorten(v.markText(), 40)))
	}
	if len(h.sets) > 1 {
		for i, s := range h.sets {
			at := float64(v.height + 12 + 20*i)
			fmt.Fprintf(&b, `<line x1="%s" y1="%[3]s" x2="%[2]s" y2="%[3]s" stroke="%[4]s" stroke-width="3"%[5]s/><text x="%[6]s" y="%[7]s">%[8]s</text>`+"\n",
				coord(left), coord(left+26), coord(at), s.color, dashAttr(s.stroke), coord(left+34), coord(at+4), escXML(shorten(s.name, 60)+", "+count(len(s.lengths), "text")))
		}
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// WriteText writes a bar for each bin, the longest 40 wide.
func (v *LengthView) WriteText(w io.Writer) error {
	f, h, err := v.figure()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if h != nil {
		wide := 0
		for bin := range h.bins() {
			wide = max(wide, len(h.binName(bin)))
		}
		for i, s := range h.sets {
			if len(h.sets) > 1 {
				fmt.Fprintf(&b, "%s\n", oneLine(s.name))
			}
			for bin, n := range h.counts[i] {
				fmt.Fprintf(&b, "%*s  %s %s\n", wide, h.binName(bin), bar(h.value(i, bin)/h.most, 40), group(n))
			}
		}
	}
	return f.writeText(w, b.String())
}

// bar draws a share as a bar of up to n characters.
func bar(share float64, n int) string {
	eighths := int(math.Round(share * float64(8*n)))
	if share > 0 {
		eighths = max(eighths, 1)
	}
	s := strings.Repeat("█", eighths/8)
	if r := eighths % 8; r > 0 {
		s += string([]rune(" ▏▎▍▌▋▊▉")[r])
	}
	return s
}
