package viz

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

const (
	defaultTop = 10 // names of each type
	mostPanels = 12 // types
)

// A FrequencyView shows which things are mentioned most.
type FrequencyView struct {
	frequencies []annot.Frequency
	config
	err error
}

// Frequencies shows for each type the things that are mentioned most, as [annot.Frequencies] merges and counts them. Each
// type has a panel with a scale of its own, those with most mentions first; behind a bar stands how many mentions there
// are and in how many documents.
//
// A negative count is an error of the methods. The options are WithTitle, WithTypes, WithLimit (of things of each type, default
// 10), WithColors (of types) and WithSize (default 860 by what the bars take). Of more than twelve types those with most
// mentions are drawn.
func Frequencies(frequencies []annot.Frequency, options ...Option) *FrequencyView {
	v := &FrequencyView{frequencies: frequencies}
	v.config, v.err = newConfig("Frequencies", defaultTop, options)
	return v
}

// Render writes the view as a fragment of HTML.
func (v *FrequencyView) Render(w io.Writer) error { return render(w, v) }

// WritePage writes the view as a complete page.
func (v *FrequencyView) WritePage(w io.Writer) error { return writePage(w, v) }

// Show displays the view in a notebook, or as plain text where there is none.
func (v *FrequencyView) Show() error { return show(v) }

// A typePanel holds the things of one type, the most frequent first.
type typePanel struct {
	typ      string
	swatch   swatch
	things   []annot.Frequency // those drawn
	all      int               // of the type
	mentions int
}

func (v *FrequencyView) panels() (panels []typePanel, more int, err error) {
	if v.err != nil {
		return nil, 0, v.err
	}
	byType := make(map[string]*typePanel)
	for i, f := range v.frequencies {
		if f.Count < 0 || f.Documents < 0 {
			return nil, 0, fmt.Errorf("viz: thing %d, %q, has %d mentions in %d documents", i, f.Name, f.Count, f.Documents)
		}
		if !v.keeps(f.Type) {
			continue
		}
		p := byType[f.Type]
		if p == nil {
			p = &typePanel{typ: f.Type, swatch: newSwatch(baseColor(f.Type, v.colors))}
			byType[f.Type] = p
		}
		p.things = append(p.things, f)
		p.mentions += f.Count
	}
	for _, p := range byType {
		slices.SortStableFunc(p.things, func(a, b annot.Frequency) int {
			return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(b.Documents, a.Documents), strings.Compare(a.Name, b.Name))
		})
		p.all = len(p.things)
		p.things = p.things[:min(p.all, v.limit)]
		panels = append(panels, *p)
	}
	slices.SortFunc(panels, func(a, b typePanel) int {
		return cmp.Or(cmp.Compare(b.mentions, a.mentions), strings.Compare(a.typ, b.typ))
	})
	more = max(0, len(panels)-mostPanels)
	return panels[:len(panels)-more], more, nil
}

func (v *FrequencyView) heading() string {
	if v.title != "" {
		return v.title
	}
	return "Mentioned most"
}

var frequencyHeads = []figureHead{{"Type", false}, {"Name", false}, {"Mentions", true}, {"Documents", true}, {"Other spellings", false}}

func (v *FrequencyView) figure() (*corpusFigure, []typePanel, error) {
	panels, more, err := v.panels()
	if err != nil {
		return nil, nil, err
	}
	f := &corpusFigure{kind: "frequencies", title: v.heading()}
	if len(panels) == 0 {
		f.captions = []string{"Nothing was found."}
		return f, nil, nil
	}
	things, mentions := 0, 0
	f.table = corpusTable{summary: "The figures", heads: frequencyHeads}
	for i, p := range panels {
		things, mentions = things+p.all, mentions+p.mentions
		for j, t := range p.things {
			f.table.rows = append(f.table.rows, []string{t.Type, t.Name, group(t.Count), group(t.Documents), strings.Join(t.Aliases, ", ")})
			f.table.names = append(f.table.names, fmt.Sprintf("%d-%d", i, j))
		}
	}
	note := fmt.Sprintf("%s of %s, of %s.", count(mentions, "mention"), count(things, "thing"), count(len(panels), "type"))
	if len(panels) > 1 {
		note += " Each type has a scale of its own."
	}
	if more > 0 {
		note += fmt.Sprintf(" %s with fewer mentions %s not drawn.", count(more, "type"), isAre(more))
	}
	f.captions = []string{note}
	f.chart = v.chart(panels)
	return f, panels, nil
}

func (v *FrequencyView) fragment() (*fragment, error) {
	f, _, err := v.figure()
	if err != nil {
		return nil, err
	}
	return f.fragment()
}

// A panelPlace is where a panel lies, in pixels.
type panelPlace struct{ x, y, width, left, right, row float64 }

const panelHead = 30 // pixels above the bars for the name of the type

// places lays the panels out in two columns, or in one if the picture is narrow, each where the shorter column ends.
func (v *FrequencyView) places(panels []typePanel) ([]panelPlace, int) {
	columns := 2
	if v.width < 560 || len(panels) == 1 {
		columns = 1
	}
	row := 23.0
	const gap, between = 18.0, 28.0
	wide := (float64(v.width) - between*float64(columns-1)) / float64(columns)
	bottoms := make([]float64, columns)
	tall := func(p typePanel) float64 { return panelHead + row*float64(len(p.things)) + gap }
	if v.height > 0 { // fit the rows to the height
		for _, p := range panels {
			c := shortest(bottoms)
			bottoms[c] += tall(p)
		}
		if most := slices.Max(bottoms); most > float64(v.height) {
			row = max(9, row*float64(v.height)/most)
		}
		bottoms = make([]float64, columns)
	}
	places := make([]panelPlace, len(panels))
	for i, p := range panels {
		longest, figures := 0.0, 0.0
		for _, t := range p.things {
			longest = max(longest, textWidth(oneLine(t.Name)))
			figures = max(figures, textWidth(frequencyText(t)))
		}
		c := shortest(bottoms)
		places[i] = panelPlace{x: float64(c) * (wide + between), y: bottoms[c], width: wide, left: 16 + min(longest, wide*0.38), right: figures + 10, row: row}
		bottoms[c] += tall(p)
	}
	return places, int(slices.Max(bottoms) - gap + 8)
}

func shortest(bottoms []float64) int {
	c := 0
	for i, b := range bottoms {
		if b < bottoms[c]-0.5 {
			c = i
		}
	}
	return c
}

// frequencyText is what stands behind a bar.
func frequencyText(f annot.Frequency) string {
	return group(f.Count) + " in " + count(f.Documents, "doc")
}

func (p typePanel) most() int {
	most := 1
	for _, t := range p.things {
		most = max(most, t.Count)
	}
	return most
}

func (v *FrequencyView) chart(panels []typePanel) *chart {
	places, height := v.places(panels)
	if v.height > 0 {
		height = v.height
	}
	share := func(x float64, whole int) string { return fmt.Sprintf("%.4f%%", 100*x/float64(whole)) }
	bars := charts.NewBar()
	for i, p := range panels {
		bars.AddSeries(seriesName(i, p.typ), make([]opts.BarData, 0))
	}
	option := corpusOption(bars.JSON(), nil)
	var grids, xs, ys, titles []any
	for i, p := range panels {
		at := places[i]
		names := make([]string, len(p.things))
		data := make([]any, len(p.things))
		for j, t := range p.things {
			names[j] = fitText(t.Name, at.left-14, 12)
			data[j] = map[string]any{"value": t.Count, "row": fmt.Sprintf("%d-%d", i, j), "label": map[string]any{"formatter": frequencyText(t)}}
		}
		s := option["series"].([]any)[i].(map[string]any)
		s["xAxisIndex"], s["yAxisIndex"], s["data"], s["barWidth"] = i, i, data, round(at.row*0.62)
		s["itemStyle"] = map[string]any{"color": p.swatch.base.String(), "borderRadius": []int{0, 3, 3, 0}}
		s["label"] = map[string]any{"show": true, "position": "right", "color": "var(--sb-dim)", "fontSize": 11.5}
		s["emphasis"] = map[string]any{"disabled": true}
		grids = append(grids, map[string]any{"left": share(at.x+at.left, v.width), "width": share(at.width-at.left-at.right, v.width),
			"top": at.y + panelHead, "height": at.row * float64(len(p.things))})
		xs = append(xs, map[string]any{"type": "value", "gridIndex": i, "show": false, "min": 0, "max": p.most()})
		ys = append(ys, map[string]any{"type": "category", "gridIndex": i, "inverse": true, "data": names, "axisTick": map[string]any{"show": false},
			"axisLine": map[string]any{"lineStyle": map[string]any{"color": "#8b95a1"}}, "axisLabel": map[string]any{"color": "var(--sb-fg)", "interval": 0, "margin": 6}})
		titles = append(titles, map[string]any{"text": strings.ToValidUTF8(fitText(panelTitle(p), at.width-8, 13), "\uFFFD"), "left": share(at.x, v.width), "top": at.y, "padding": []int{4, 0},
			"textStyle": map[string]any{"color": "var(--sb-fg)", "fontSize": 13, "fontWeight": 600}})
	}
	option["grid"], option["xAxis"], option["yAxis"], option["title"] = grids, xs, ys, titles
	return &chart{width: v.width, height: height, alt: v.alt(panels), svg: v.svg(panels, places, height), option: option}
}

// panelTitle names a type with the number of its things.
func panelTitle(p typePanel) string {
	title := fmt.Sprintf("%s · %s", oneLine(p.typ), count(p.mentions, "mention"))
	if p.all > len(p.things) {
		title += fmt.Sprintf(" of %s things", group(p.all))
	}
	return title
}

func (v *FrequencyView) alt(panels []typePanel) string {
	var parts []string
	for _, p := range panels {
		var top []string
		for _, t := range p.things[:min(3, len(p.things))] {
			top = append(top, fmt.Sprintf("%s (%d)", oneLine(t.Name), t.Count))
		}
		parts = append(parts, fmt.Sprintf("%s: %s", oneLine(p.typ), strings.Join(top, ", ")))
	}
	return fmt.Sprintf("Bar charts. %s. %s.", oneLine(v.heading()), strings.Join(parts, "; "))
}

// svg draws the panels for light paper.
func (v *FrequencyView) svg(panels []typePanel, places []panelPlace, height int) string {
	var b strings.Builder
	openSVG(&b, v.width, height)
	for i, p := range panels {
		at := places[i]
		fmt.Fprintf(&b, `<text x="%s" y="%s" font-size="13" font-weight="600">%s</text>`+"\n", coord(at.x), coord(at.y+17), escXML(fitText(panelTitle(p), at.width-8, 13)))
		left := at.x + at.left
		for j, t := range p.things {
			mid := at.y + panelHead + at.row*(float64(j)+0.5)
			wide := (at.width - at.left - at.right) * float64(t.Count) / float64(p.most())
			fmt.Fprintf(&b, `<text x="%s" y="%s" text-anchor="end">%s</text><rect x="%s" y="%s" width="%s" height="%s" rx="2" fill="%s"/><text x="%s" y="%s" font-size="11.5" fill="#59636e">%s</text>`+"\n",
				coord(left-7), coord(mid+4), escXML(fitText(t.Name, at.left-14, 12)), coord(left), coord(mid-at.row*0.31), coord(wide), coord(at.row*0.62), p.swatch.base,
				coord(left+wide+5), coord(mid+4), frequencyText(t))
		}
		fmt.Fprintf(&b, `<line x1="%[1]s" y1="%[2]s" x2="%[1]s" y2="%[3]s" stroke="#8b95a1"/>`+"\n", coord(left), coord(at.y+panelHead), coord(at.y+panelHead+at.row*float64(len(p.things))))
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// WriteText writes the things of each type with a bar, the longest 30 wide.
func (v *FrequencyView) WriteText(w io.Writer) error {
	f, panels, err := v.figure()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	for _, p := range panels {
		fmt.Fprintf(&b, "%s\n", panelTitle(p))
		wide := 0
		for _, t := range p.things {
			wide = max(wide, len([]rune(shorten(oneLine(t.Name), 30))))
		}
		for _, t := range p.things {
			fmt.Fprintf(&b, "  %-*s  %s %s\n", wide, shorten(oneLine(t.Name), 30), bar(float64(t.Count)/float64(p.most()), 30), frequencyText(t))
		}
	}
	return f.writeText(w, b.String())
}
