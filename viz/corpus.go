package viz

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strings"
)

// A corpusFigure is a view of what can be counted in texts: a chart with its keys, what there is to say about it, and
// the table behind it.
type corpusFigure struct {
	kind     string // of view: a class
	title    string
	keys     []corpusKey
	scale    string // of colours, as HTML
	chart    *chart // nil where there is nothing to draw, or a figure
	figure   *figure
	captions []string
	table    figureTable
	swatches []swatch
}

// A corpusKey names a series. Where the chart is live its box hides the series.
type corpusKey struct {
	name, note string
	sample     string // of what is drawn, as HTML
}

func (f *corpusFigure) fragment() (*fragment, error) {
	var b bytes.Buffer
	openView(&b, f.kind, f.title)
	if len(f.keys) > 1 {
		b.WriteString("<div class=\"sb-legend sb-sets\">")
		for _, k := range f.keys {
			fmt.Fprintf(&b, "<label><input type=\"checkbox\" checked>%s%s", k.sample, esc(k.name))
			if k.note != "" {
				fmt.Fprintf(&b, " <span class=\"sb-dim\">%s</span>", esc(k.note))
			}
			b.WriteString("</label>")
		}
		b.WriteString("</div>\n")
	}
	b.WriteString(f.scale)
	if f.chart != nil {
		f.chart.writeTo(&b)
	}
	if f.figure != nil {
		f.figure.writeTo(&b)
	}
	for _, c := range f.captions {
		fmt.Fprintf(&b, "<p class=\"sb-caption\">%s</p>\n", esc(c))
	}
	if len(f.table.rows) > 0 {
		f.table.writeHTML(&b)
	}
	b.WriteString("</div>\n")
	if f.chart != nil {
		if err := f.chart.writeScript(&b); err != nil {
			return nil, err
		}
	}
	if f.figure != nil {
		if err := writeFigureScript(&b, "", nil); err != nil {
			return nil, err
		}
	}
	return &fragment{title: f.title, chart: f.chart != nil, figure: f.figure != nil, corpus: true, swatches: f.swatches, body: b.Bytes()}, nil
}

// maxTextRows is how many rows of a table are written as plain text.
const maxTextRows = 40

func (f *corpusFigure) writeText(w io.Writer, head string) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n\n", oneLine(f.title))
	if head != "" {
		fmt.Fprintf(&b, "%s\n", head)
	} else if len(f.table.rows) > 0 {
		f.table.writeText(&b, maxTextRows)
		b.WriteByte('\n')
	}
	for _, c := range f.captions {
		fmt.Fprintf(&b, "%s\n", oneLine(c))
	}
	_, err := w.Write(b.Bytes())
	return err
}

// corpusOption returns what go-echarts wrote as a map, completed with what all charts have.
func corpusOption(written map[string]any, names []string) map[string]any {
	option := writtenOption(written)
	completeOption(option, names)
	return option
}

// roundTicks returns round figures from 0 to most, some five of them.
func roundTicks(most float64, whole bool) []float64 {
	if !(most > 0) {
		return []float64{0}
	}
	step := math.Pow(10, math.Floor(math.Log10(most)))
	for _, f := range []float64{0.1, 0.2, 0.5, 1} {
		if most/(step*f) <= 6 {
			step *= f
			break
		}
	}
	if whole {
		step = max(1, math.Round(step))
	}
	var ticks []float64
	for i := 0; float64(i)*step <= most*1.0001; i++ {
		ticks = append(ticks, float64(i)*step)
	}
	return ticks
}

// tickText writes a tick.
func tickText(x float64) string {
	if x == math.Trunc(x) {
		return group(int(x))
	}
	return fmt.Sprintf("%.3g", x)
}

// percent writes a share with as many digits as mean something.
func percent(share float64) string {
	switch x := 100 * share; {
	case x == 0 || x >= 99.95:
		return fmt.Sprintf("%.0f %%", x)
	case x < 0.1:
		return fmt.Sprintf("%.2f %%", x)
	default:
		return fmt.Sprintf("%.1f %%", x)
	}
}

// fitText cuts s to a width in pixels, at a size of letters.
func fitText(s string, width, size float64) string {
	s = oneLine(s)
	width *= 12 / size
	wide, cut := 0.0, -1 // where to cut if all does not fit
	for at, r := range s {
		if cut < 0 && wide+textWidth(string(r)+"…") > width {
			cut = at
		}
		if wide += textWidth(string(r)); wide > width+0.5 {
			return strings.TrimSpace(s[:max(cut, 0)]) + "…"
		}
	}
	return s
}

// maxStrokes is how many series can be told apart.
const maxStrokes = len(strokeColors) * len(dashes)

// dashAttr and dashType give the dashes of series n, as SVG and as ECharts have them.
func dashAttr(n int) string {
	return linkKind{dash: dashes[n/len(strokeColors)%len(dashes)]}.dashArray()
}

func dashType(n int) any {
	if d := dashes[n/len(strokeColors)%len(dashes)]; d != nil {
		return d
	}
	return "solid"
}
