package viz

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/sparsebio/sparsebio/biobert/report"
)

//go:embed assets/speed.css
var speedCSS string

// A picture is a view of measurements: a chart with its keys, what there is to know about it, and a table of the figures.
type picture struct {
	kind     string // of view: a class
	title    string
	keys     []key
	shares   []stepShare // in place of keys
	chart    *chart
	captions []string // paragraphs
	table    figureTable
}

// A key names a series. Where the chart is live, a box beside it hides the series.
type key struct {
	name  string
	style seriesStyle
}

// fragment writes the picture as HTML.
func (p *picture) fragment() (*fragment, error) {
	var b bytes.Buffer
	openView(&b, p.kind, p.title)
	b.WriteString("<div class=\"sb-series\"")
	for i, k := range p.keys {
		sep := ";"
		if i == 0 {
			sep = ` style="`
		}
		fmt.Fprintf(&b, "%s--sb-s%d:light-dark(%s,%s)", sep, i, k.style.light, k.style.dark)
	}
	if len(p.keys) > 0 {
		b.WriteByte('"')
	}
	b.WriteString(">\n")
	if len(p.keys) > 1 {
		b.WriteString("<div class=\"sb-legend sb-keys\">")
		for i, k := range p.keys {
			fmt.Fprintf(&b, "<label><input type=\"checkbox\" checked>%s%s</label>", k.style.sample(fmt.Sprintf("var(--sb-s%d)", i)), esc(k.name))
		}
		b.WriteString("</div>\n")
	}
	if len(p.shares) > 0 {
		b.WriteString("<div class=\"sb-legend sb-keys\">")
		for _, s := range p.shares {
			fmt.Fprintf(&b, "<span><i style=\"background:light-dark(%s,%s)\"></i>%s</span>", s.style.light, s.style.dark, esc(s.text))
		}
		b.WriteString("</div>\n")
	}
	p.chart.writeTo(&b)
	b.WriteString("</div>\n")
	for _, c := range p.captions {
		fmt.Fprintf(&b, "<p class=\"sb-caption\">%s</p>\n", esc(c))
	}
	p.table.writeHTML(&b)
	b.WriteString("</div>\n")
	if err := p.chart.writeScript(&b); err != nil {
		return nil, err
	}
	return &fragment{title: p.title, chart: true, speed: true, body: b.Bytes()}, nil
}

// writeText writes the picture as plain text.
func (p *picture) writeText(w io.Writer) error {
	var b bytes.Buffer
	if p.title != "" {
		fmt.Fprintf(&b, "%s\n\n", oneLine(p.title))
	}
	p.table.writeText(&b, len(p.table.rows))
	for i, c := range p.captions {
		if i == 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s\n", oneLine(c))
	}
	_, err := w.Write(b.Bytes())
	return err
}

// option completes an option of ECharts for a chart of measurements. keys are those of the picture.
func (p *picture) option(option map[string]any) map[string]any {
	names := make([]string, len(p.keys))
	for i, k := range p.keys {
		names[i] = seriesName(i, k.name)
	}
	completeOption(option, names)
	return option
}

// seriesName tells series of the same name apart.
func seriesName(i int, name string) string {
	return fmt.Sprintf("%d %s", i, strings.ToValidUTF8(name, "\uFFFD"))
}

// machineText says where something was measured and how busy that machine was.
func machineText(m *report.Machine) string {
	if m == nil {
		return ""
	}
	parts := []string{m.CPU, joinNonEmpty("/", m.OS, m.Arch), m.Go}
	if l := m.Load; l != nil {
		parts = append(parts, fmt.Sprintf("other work took %.0f %% of the processors", 100*(l.Others+l.Stolen)))
	}
	return joinNonEmpty(" · ", parts...)
}

func joinNonEmpty(sep string, parts ...string) string {
	var some []string
	for _, s := range parts {
		if s != "" {
			some = append(some, s)
		}
	}
	return strings.Join(some, sep)
}

// whiskersText says what the whiskers of a chart are, or nothing if there are none.
func whiskersText(spreads []*report.Spread) string {
	var all *report.Spread
	mixed, any := false, false
	for _, s := range spreads {
		if s == nil {
			continue
		}
		any = true
		if all != nil && (all.Kind != s.Kind || all.Count != s.Count || all.Of != s.Of) {
			mixed = true
		}
		all = s
	}
	switch {
	case !any:
		return ""
	case !mixed:
		return fmt.Sprintf("Whiskers: %s.", spreadKind(all))
	}
	return "Whiskers: where repetitions lie, see the figures."
}

// spreadText writes a spread for a table.
func spreadText(s *report.Spread) string {
	if s == nil {
		return ""
	}
	return fmt.Sprintf("%s to %s (%s)", speed(s.Low), speed(s.High), spreadKind(s))
}

// spreadKind says what a spread is.
func spreadKind(s *report.Spread) string {
	what := ""
	if s.Kind == report.Confidence95 {
		what = "of the median "
	}
	return fmt.Sprintf("%s %sof %s %s", s.Kind, what, group(s.Count), s.Of)
}

// mostFigure is far more than any measurement gives; pictures are exact up to there.
const mostFigure = 1e18

// bad tells whether x cannot be drawn.
func bad(x float64) bool { return math.IsNaN(x) || math.Abs(x) > mostFigure }

// checkSpread returns an error unless s encloses y.
func checkSpread(s *report.Spread, y float64) error {
	if s != nil && (bad(s.Low) || bad(s.High) || s.Low < 0 || s.Low > y || s.High < y || s.Count < 2) {
		return fmt.Errorf("the spread %v to %v of %d around %v", s.Low, s.High, s.Count, y)
	}
	return nil
}
