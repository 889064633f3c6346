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

// A CurveView shows how one figure depends on another.
type CurveView struct {
	curve report.Curve
	config
	err error
}

// Curve draws the series of a curve, with whiskers where repetitions were measured: tokens per second by
// length, sparsity or threads, as biobert.SpeedByLength and its kind measure them, accuracy by sparsity, or whatever else has
// an upright and a horizontal axis.
//
// A curve without points, with more than 12 series or 1,000 points in one, with a figure that is not a number, or with one that is not
// above zero on a logarithmic axis, is an error of the methods. The options are WithTitle, WithColors (of series, by
// name) and WithSize (default 860 by 400).
func Curve(c report.Curve, options ...Option) *CurveView {
	v := &CurveView{curve: c}
	v.config, v.err = newConfig("Curve", 0, options)
	if v.height == 0 {
		v.height = 400
	}
	return v
}

// Render writes the view as a fragment of HTML.
func (v *CurveView) Render(w io.Writer) error { return render(w, v) }

// WritePage writes the view as a complete page.
func (v *CurveView) WritePage(w io.Writer) error { return writePage(w, v) }

// WriteText writes the figures as a table.
func (v *CurveView) WriteText(w io.Writer) error {
	if err := v.check(); err != nil {
		return err
	}
	p := v.picture()
	return p.writeText(w)
}

// Show displays the view in a notebook, or as plain text where there is none.
func (v *CurveView) Show() error { return show(v) }

const (
	maxSeries = 12
	maxPoints = 1000
)

func (v *CurveView) check() error {
	if v.err != nil {
		return v.err
	}
	if n := len(v.curve.Series); n == 0 || n > maxSeries {
		return fmt.Errorf("viz: a curve of %d series (want 1 to %d)", n, maxSeries)
	}
	if s := v.curve.Y.Start; bad(s) {
		return fmt.Errorf("viz: an axis that begins at %v", s)
	}
	for _, s := range v.curve.Series {
		if n := len(s.Points); n == 0 || n > maxPoints {
			return fmt.Errorf("viz: series %q has %d points (want 1 to %d)", s.Name, n, maxPoints)
		}
		for i, p := range s.Points {
			err := checkSpread(p.Spread, p.Y)
			switch {
			case bad(p.X) || bad(p.Y):
				err = errors.New("a figure that cannot be drawn")
			case v.curve.X.Log && p.X <= 0 || v.curve.Y.Log && (p.Y <= 0 || p.Spread != nil && p.Spread.Low <= 0):
				err = errors.New("not above zero on a logarithmic axis")
			case !v.curve.Y.Log && p.Y < v.curve.Y.Start:
				err = fmt.Errorf("below %v, where the axis begins", v.curve.Y.Start)
			}
			if err != nil {
				return fmt.Errorf("viz: point %d of series %q, %v at %v: %w", i+1, s.Name, p.Y, p.X, err)
			}
		}
	}
	return nil
}

func (v *CurveView) heading() string {
	c := v.curve
	switch {
	case v.title != "":
		return v.title
	case c.Title != "":
		return c.Title
	}
	return capital(joinNonEmpty(" by ", c.Y.Name, c.X.Name))
}

// axisName is the name with the unit.
func axisName(a report.Axis) string {
	if a.Unit == "" {
		return a.Name
	}
	if a.Name == "" {
		return a.Unit
	}
	return a.Name + ", " + a.Unit
}

// axes returns the axes for the drawing between these margins.
func (v *CurveView) axes() (x, y plotAxis) {
	c := v.curve
	left, right := math.Inf(1), math.Inf(-1)
	low, high := math.Inf(1), math.Inf(-1)
	for _, s := range c.Series {
		for _, p := range s.Points {
			left, right = min(left, p.X), max(right, p.X)
			low, high = min(low, p.Y), max(high, p.Y)
			if p.Spread != nil {
				low, high = min(low, p.Spread.Low), max(high, p.Spread.High)
			}
		}
	}
	x = spanning(left, right, c.X.Log, c.X.Whole)
	if c.Y.Log {
		y = spanning(low, high, true, c.Y.Whole)
	} else {
		y = rising(c.Y.Start, high)
	}
	if c.X.Unit == "%" && !c.X.Log { // no more than there is
		x.low, x.high = max(x.low, min(left, 0)), min(x.high, max(right, 100))
	}
	if c.Y.Unit == "%" && !c.Y.Log && high <= 100 {
		y.last = 100
	}
	return x, y
}

// A placedLabel is where a label stands beside its point, as ECharts names it, and its box in pixels.
type placedLabel struct {
	side             string
	x, y             float64 // of the middle of the text
	halfWide, halfHi float64
}

func (l placedLabel) crosses(o placedLabel) bool {
	return math.Abs(l.x-o.x) < l.halfWide+o.halfWide && math.Abs(l.y-o.y) < l.halfHi+o.halfHi
}

// labels finds a side for the label of each point on which it covers no point, no other label, nothing outside of the axes and, if
// there is such a side, no line; above, if there is none.
func (v *CurveView) labels(x, y plotAxis) [][]placedLabel {
	const mark = 6
	var taken, lines []placedLabel
	for _, s := range v.curve.Series {
		for i := 1; i < len(s.Points) && !s.Loose; i++ {
			p, q := s.Points[i-1], s.Points[i]
			x0, y0, dx, dy := x.at(p.X), y.at(p.Y), x.at(q.X)-x.at(p.X), y.at(q.Y)-y.at(p.Y)
			steps := 1 + int(math.Hypot(dx, dy)/4)
			for k := range steps + 1 {
				t := float64(k) / float64(steps)
				lines = append(lines, placedLabel{"", x0 + float64(t*dx), y0 + float64(t*dy), 1, 1})
			}
		}
		for i, p := range s.Points {
			if !s.Reference {
				taken = append(taken, placedLabel{"", x.at(p.X), y.at(p.Y), mark, mark})
			} else if i > 0 && p.Y == s.Points[i-1].Y { // a level line
				from, to := x.at(s.Points[i-1].X), x.at(p.X)
				taken = append(taken, placedLabel{"", (from + to) / 2, y.at(p.Y), math.Abs(to-from) / 2, 1})
			}
		}
	}
	out := make([][]placedLabel, len(v.curve.Series))
	for i, s := range v.curve.Series {
		out[i] = make([]placedLabel, len(s.Points))
		for j, p := range s.Points {
			if p.Label == "" {
				continue
			}
			px, py, wide := x.at(p.X), y.at(p.Y), 3.4*float64(len([]rune(shorten(oneLine(p.Label), maxName))))
			sides := []placedLabel{{"top", px, py - 15, wide, 7}, {"bottom", px, py + 15, wide, 7}, {"right", px + wide + 10, py, wide, 7}, {"left", px - wide - 10, py, wide, 7}}
			free := func(l placedLabel) bool {
				return l.x-wide > x.from && l.x+wide < float64(v.width) && l.y-7 > y.to-2 && l.y+7 < y.from && !slices.ContainsFunc(taken, l.crosses)
			}
			best := slices.IndexFunc(sides, func(l placedLabel) bool { return free(l) && !slices.ContainsFunc(lines, l.crosses) })
			if best < 0 {
				best = slices.IndexFunc(sides, free)
			}
			out[i][j] = sides[max(best, 0)]
			taken = append(taken, out[i][j])
		}
	}
	return out
}

func (v *CurveView) fragment() (*fragment, error) {
	if err := v.check(); err != nil {
		return nil, err
	}
	p := v.picture()
	return p.fragment()
}

func (v *CurveView) picture() *picture {
	c := v.curve
	names := make([]string, len(c.Series))
	for i, s := range c.Series {
		names[i] = s.Name
		if names[i] == "" {
			names[i] = fmt.Sprintf("series %d", i+1)
		}
	}
	p := &picture{kind: "curve", title: v.heading(), table: v.figures(names)}
	for i, s := range newSeriesStyles(names, v.colors) {
		if c.Series[i].Reference {
			s.mark, s.dashed = "", true
		}
		s.bare = c.Series[i].Loose
		p.keys = append(p.keys, key{names[i], s})
	}
	var spreads []*report.Spread
	for _, s := range c.Series {
		if s.Reference {
			continue // it has none drawn
		}
		for _, at := range s.Points {
			spreads = append(spreads, at.Spread)
		}
	}
	for _, s := range []string{joinNonEmpty(" ", ended(c.Note), whiskersText(spreads)), machineText(c.Machine)} {
		if s != "" {
			p.captions = append(p.captions, s)
		}
	}
	x, y := v.axes()
	left := max(y.labelWidth()+18, 44)
	x.from, x.to = left, float64(v.width)-30
	y.from, y.to = float64(v.height)-48, 30
	p.chart = &chart{width: v.width, height: v.height, alt: v.alt(names), svg: v.svg(p.keys, x, y)}
	p.chart.pictureHeight = v.height + keysHeight(p.keys, v.width)
	p.chart.option = p.option(v.option(p.keys, x, y))
	return p
}

// ended puts a full stop behind a sentence that lacks it.
func ended(s string) string {
	if s == "" || strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}

func (v *CurveView) figures(names []string) figureTable {
	c := v.curve
	t := figureTable{heads: []figureHead{{"Series", false}, {capital(axisName(c.X)), true}, {capital(axisName(c.Y)), true}}}
	labels, spreads := false, false
	for _, s := range c.Series {
		for _, p := range s.Points {
			labels, spreads = labels || p.Label != "", spreads || p.Spread != nil
		}
	}
	if spreads {
		t.heads = append(t.heads, figureHead{"Repetitions", true})
	}
	if labels {
		t.heads = append(t.heads, figureHead{"Point", false})
	}
	for i, s := range c.Series {
		for _, p := range s.Points {
			row := []string{names[i], speed(p.X), speed(p.Y)}
			if spreads {
				row = append(row, spreadText(p.Spread))
			}
			if labels {
				row = append(row, p.Label)
			}
			t.rows = append(t.rows, row)
		}
	}
	return t
}

func (v *CurveView) alt(names []string) string {
	var parts []string
	for i, s := range v.curve.Series {
		first, last := s.Points[0], s.Points[len(s.Points)-1]
		part := fmt.Sprintf("%s %s at %s", oneLine(names[i]), speed(first.Y), speed(first.X))
		if len(s.Points) > 1 {
			part += fmt.Sprintf(" to %s at %s", speed(last.Y), speed(last.X))
		}
		parts = append(parts, part)
	}
	return fmt.Sprintf("Line chart. %s, %s by %s: %s.", oneLine(v.heading()), oneLine(axisName(v.curve.Y)), oneLine(axisName(v.curve.X)), strings.Join(parts, "; "))
}

// option is the chart for ECharts.
func (v *CurveView) option(keys []key, x, y plotAxis) map[string]any {
	var series []any
	labels := v.labels(x, y)
	row := 0
	for i, s := range v.curve.Series {
		style, paint := keys[i].style, fmt.Sprintf("var(--sb-s%d)", i)
		var data []any
		var pairs [][2][]any
		for j, p := range s.Points {
			d := map[string]any{"value": []float64{p.X, p.Y}, "row": row}
			if p.Label != "" {
				d["label"] = map[string]any{"show": true, "position": labels[i][j].side, "formatter": plainLabel(p.Label)}
			}
			data = append(data, d)
			if p.Spread != nil && !s.Reference {
				pairs = append(pairs, [2][]any{{p.X, p.Spread.Low}, {p.X, p.Spread.High}})
			}
			row++
		}
		o := map[string]any{
			"type": "line", "name": seriesName(i, keys[i].name), "data": data, "symbol": style.mark, "symbolSize": 9, "showSymbol": !s.Reference,
			"lineStyle": map[string]any{"width": 2, "color": paint, "type": "solid"}, "itemStyle": map[string]any{"color": paint},
			"label":    map[string]any{"position": "top", "distance": 7, "color": "var(--sb-fg)", "fontSize": 12, "textBorderColor": "var(--sb-card)", "textBorderWidth": 3},
			"emphasis": map[string]any{"scale": 1.4, "lineStyle": map[string]any{"width": 2}}, "clip": false, "z": 3,
		}
		if s.Reference {
			o["symbol"], o["z"] = "none", 2
			o["lineStyle"].(map[string]any)["type"] = []int{5, 4}
		}
		if s.Loose {
			o["type"] = "scatter"
			o["symbolSize"] = 11
			o["itemStyle"].(map[string]any)["opacity"] = 1
			delete(o, "lineStyle")
		}
		if len(pairs) > 0 {
			o["markLine"] = whiskers(pairs, paint)
		}
		series = append(series, o)
	}
	xo, yo := x.option(axisName(v.curve.X)), y.option(axisName(v.curve.Y))
	xo["nameLocation"], xo["nameGap"] = "middle", 30
	yo["nameGap"] = 10
	yo["nameTextStyle"].(map[string]any)["align"] = "left"
	return map[string]any{
		"grid":   map[string]any{"left": x.from, "right": float64(v.width) - x.to, "top": y.to, "bottom": float64(v.height) - y.from},
		"xAxis":  xo,
		"yAxis":  yo,
		"series": series,
	}
}

// keyWidth returns how wide a key is in a picture.
func keyWidth(k key) float64 { return 26 + 8 + 6.7*float64(len([]rune(shorten(k.name, maxName)))) + 22 }

// keysHeight returns how much the keys take above a picture.
func keysHeight(keys []key, width int) int {
	if len(keys) < 2 {
		return 0
	}
	lines, x := 1, 0.0
	for _, k := range keys {
		if w := keyWidth(k); x > 0 && x+w > float64(width)-40 {
			lines++
			x = w
		} else {
			x += w
		}
	}
	return 22*lines + 4
}

// drawKeys draws the keys at the top of a picture.
func drawKeys(b *strings.Builder, keys []key, width int) {
	if len(keys) < 2 {
		return
	}
	x, y := 20.0, 16.0
	for _, k := range keys {
		w := keyWidth(k)
		if x > 20 && x-20+w > float64(width)-40 {
			x, y = 20, y+22
		}
		k.style.draw(b, x, y, 26, k.style.light.String())
		fmt.Fprintf(b, `<text x="%s" y="%s" font-size="13">%s</text>`+"\n", coord(x+34), coord(y+4), escXML(shorten(oneLine(k.name), maxName)))
		x += w
	}
}

// svg draws the curve for light paper.
func (v *CurveView) svg(keys []key, x, y plotAxis) string {
	var b strings.Builder
	top := keysHeight(keys, v.width)
	openSVG(&b, v.width, v.height+top)
	drawKeys(&b, keys, v.width)
	fmt.Fprintf(&b, `<g transform="translate(0 %d)">`+"\n", top)
	x.grid(&b, y.to, y.from, true)
	y.grid(&b, x.from, x.to, false)
	fmt.Fprintf(&b, `<path d="M%[1]s %[2]sV%[3]sH%[4]s" fill="none" stroke="#8b95a1"/>`+"\n", coord(x.from), coord(y.to), coord(y.from), coord(x.to))
	fmt.Fprintf(&b, `<text x="%s" y="%s" fill="#59636e">%s</text><text x="%s" y="%s" text-anchor="middle" fill="#59636e">%s</text>`+"\n",
		coord(x.from), coord(y.to-12), escXML(oneLine(axisName(v.curve.Y))), coord((x.from+x.to)/2), coord(y.from+40), escXML(oneLine(axisName(v.curve.X))))
	labels := v.labels(x, y)
	for i, s := range v.curve.Series {
		style, paint := keys[i].style, keys[i].style.light.String()
		if !s.Loose {
			var d strings.Builder
			for j, p := range s.Points {
				d.WriteString([]string{"M", "L"}[min(j, 1)] + coord(x.at(p.X)) + " " + coord(y.at(p.Y)))
			}
			dash := ""
			if s.Reference {
				dash = ` stroke-dasharray="5 4"`
			}
			fmt.Fprintf(&b, `<path d="%s" fill="none" stroke="%s" stroke-width="2" stroke-linejoin="round"%s/>`+"\n", d.String(), paint, dash)
		}
		if s.Reference {
			continue
		}
		for j, p := range s.Points {
			px, py := x.at(p.X), y.at(p.Y)
			if p.Spread != nil {
				whisker(&b, px, y.at(p.Spread.Low), px, y.at(p.Spread.High), paint)
			}
			b.WriteString(markShape(style.mark, px, py, 4.5, paint, paint))
			if p.Label != "" {
				fmt.Fprintf(&b, `<text x="%s" y="%s" text-anchor="middle" stroke="#fff" stroke-width="3" stroke-linejoin="round" paint-order="stroke">%s</text>`, coord(labels[i][j].x), coord(labels[i][j].y+4), escXML(shorten(oneLine(p.Label), maxName)))
			}
			b.WriteByte('\n')
		}
	}
	b.WriteString("</g>\n</svg>\n")
	return b.String()
}
