package viz

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
)

var (
	//go:embed assets/echarts.min.js
	echartsJS string

	//go:embed assets/chart.js
	chartJS string

	//go:embed assets/view.js
	viewJS string
)

// libraryScript loads ECharts once per page and wakes the charts that wait for it.
// The names of the module systems are hidden from it: beside require.js, which
// notebooks have, it would otherwise not set window.echarts.
func libraryScript() string {
	return "<script>\n(function(define,module,exports){if(!window.echarts){\n" +
		strings.ReplaceAll(echartsJS, "</script", `<\/script`) +
		"}}).call(window);window.dispatchEvent(new Event(\"sparsebio-echarts\"));\n</script>\n"
}

// A chart is what goes into a view in place of text.
type chart struct {
	width, height int
	scales        bool // in a narrow page the height shrinks too
	alt           string
	svg           string         // the picture that stands where no script runs
	option        map[string]any // of ECharts

	pictureHeight int // where it is more than height
}

// writeTo writes the place of the chart, with its picture.
func (c *chart) writeTo(b *bytes.Buffer) {
	scales := ""
	if c.scales {
		scales = fmt.Sprintf(" data-width=\"%d\"", c.width)
	}
	fmt.Fprintf(b, "<div class=\"sb-canvas\" style=\"max-width:%dpx\"%s data-height=\"%d\"><img alt=\"%s\" width=\"%d\" height=\"%d\" src=\"data:image/svg+xml;base64,%s\"></div>\n",
		c.width, scales, c.height, esc(c.alt), c.width, max(c.height, c.pictureHeight), base64.StdEncoding.EncodeToString([]byte(c.svg)))
}

// writeScript writes the script that brings the chart to life. It must follow the
// view, the element it finds as the one before itself.
func (c *chart) writeScript(b *bytes.Buffer) error {
	option, err := json.Marshal(c.option) // escapes <, > and &
	if err != nil {
		return fmt.Errorf("viz: chart option: %w", err)
	}
	beginScript(b, chartJS)
	fmt.Fprintf(b, ",%s);</script>\n", option)
	return nil
}

// beginScript begins a script that calls a function of assets: with the view before the script, and with what the caller adds before it
// closes the call.
func beginScript(b *bytes.Buffer, function string) {
	fmt.Fprintf(b, "<script>(%s)((%s)(document.currentScript)", strings.TrimSpace(function), strings.TrimSpace(viewJS))
}

// writtenOption returns what go-echarts wrote for a chart as what JSON reads, so that all of it can be replaced.
func writtenOption(written map[string]any) map[string]any {
	text, err := json.Marshal(written)
	if err != nil {
		panic("viz: go-echarts wrote an option that is not JSON")
	}
	var option map[string]any
	if err := json.Unmarshal(text, &option); err != nil {
		panic("viz: go-echarts wrote an option that is not an object")
	}
	return option
}

// newOption completes what go-echarts wrote for a chart of one series: the legend
// is our own, shown in HTML but known to ECharts so that it can hide categories, and
// so is the title; series adds to or replaces settings of the series. Colours of
// text are CSS variables, which follow the theme without a script.
func newOption(written map[string]any, legend []string, series map[string]any) map[string]any {
	option := writtenOption(written)
	s := option["series"].([]any)[0].(map[string]any)
	maps.Copy(s, series)
	completeOption(option, legend)
	return option
}

// completeOption adds to an option of ECharts what all charts have.
func completeOption(option map[string]any, legend []string) {
	option["title"] = map[string]any{"show": false}
	option["legend"] = map[string]any{"show": false, "data": legend}
	option["tooltip"] = map[string]any{
		"trigger": "item", "confine": true, "renderMode": "html", "padding": []int{8, 12},
		"backgroundColor": "var(--sb-card)", "borderColor": "var(--sb-line)",
		"textStyle": map[string]any{"color": "var(--sb-fg)"},
	}
	option["animation"] = false
	option["textStyle"] = map[string]any{"fontFamily": `system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif`}
	delete(option, "toolbox")
}
