package viz

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/biobert/report"
)

// The views of measurements.
var speedNames = []string{"speeds", "latency", "curve", "tradeoff", "layers", "roofline"}

// A picture of measurements holds a chart, and the table a row for each datum that the pointer may ask about.
func TestSpeedCharts(t *testing.T) {
	for _, name := range speedNames {
		v := samples()[name]
		svg, option := checkChart(t, v)
		if !strings.Contains(svg, "<text") || strings.Contains(svg, "var(") || strings.Contains(svg, "light-dark") {
			t.Errorf("%s: the picture stands alone:\n%s", name, svg)
		}
		var b bytes.Buffer
		if err := v.Render(&b); err != nil {
			t.Fatal(err)
		}
		if n := b.Len(); n > 80<<10 {
			t.Errorf("%s takes %d bytes", name, n)
		}
		rows := strings.Count(b.String(), " data-row=")
		for _, s := range option["series"].([]any) {
			data, _ := s.(map[string]any)["data"].([]any)
			for _, d := range data {
				m, ok := d.(map[string]any)
				if !ok {
					continue // the ground of the roofline
				}
				if row, ok := m["row"].(float64); ok && (row < 0 || int(row) >= rows) {
					t.Errorf("%s: a datum of row %v of %d", name, row, rows)
				}
			}
		}
		var again bytes.Buffer
		if err := v.Render(&again); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
			t.Errorf("%s: two times give two views, %v", name, err)
		}
	}
}

// Whatever the labels are, and however small the picture, nothing becomes markup.
func TestSpeedHostile(t *testing.T) {
	machine := &report.Machine{CPU: evil, OS: evil, Arch: evil, Go: evil}
	curve := report.Curve{Title: evil, X: report.Axis{Name: evil, Unit: evil}, Y: report.Axis{Name: evil, Unit: evil}, Note: evil, Machine: machine}
	for range maxSeries {
		curve.Series = append(curve.Series, report.Series{Name: evil, Points: []report.Point{{X: 1, Y: 2, Label: evil}, {X: 1, Y: 2, Label: "{a}{b|c}"}}})
	}
	bench := report.Benchmark{Machine: machine, Results: []report.Result{{Model: evil, Engine: evil, Instance: evil, Kernel: evil, TokensPerSecond: 5,
		Spread:  &report.Spread{Low: 4, High: 6, Count: 2, Of: evil, Kind: evil},
		Latency: &report.Percentiles{Calls: 1, Min: 1, Mean: 1, P50: 1, P90: 1, P95: 1, P99: 1, Max: 1}}}}
	layers := report.Explanation{Model: evil, Engine: evil, Instance: evil, Tokens: 1, Layers: []report.LayerTime{{Layer: "0 " + evil, Kernel: evil, MeasuredS: 1}}, Steps: []report.StepTime{{Step: evil, MeasuredS: 1}}}
	roofline := report.Roofline{Machine: machine, Peaks: []report.Peak{{Name: evil, Kernel: evil, OpsPerSecond: 1}}, Bandwidth: report.Bandwidth{BytesPerSecond: 1},
		Products: []report.ProductTime{{Engine: evil, Kernel: evil, Outputs: 1, Inputs: 1, Tokens: 1, Sparsity: 0.5, Bytes: 1, Seconds: 1}}}
	for name, v := range map[string]View{
		"curve": Curve(curve, WithSize(200, 100)), "latency": Latency(bench, WithSize(200, 100)), "throughput": Throughput(bench, WithSize(200, 100)),
		"layers": Layers(layers, WithSize(200, 100)), "roofline": Roofline(roofline, WithSize(200, 100)), "title": Roofline(roofline, WithTitle(evil)),
	} {
		svg, _ := checkChart(t, v)
		var b bytes.Buffer
		if err := v.Render(&b); err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"<script>alert", "<img src=x", "\x00", "\x1b]"} {
			if strings.Contains(b.String(), bad) || strings.Contains(svg, bad) {
				t.Errorf("%s: the fragment has %q", name, bad)
			}
		}
		b.Reset()
		if err := v.WriteText(&b); err != nil || strings.ContainsAny(b.String(), "\x00\x1b\r") {
			t.Errorf("%s: plain text %q, error %v", name, b.String(), err)
		}
	}
}

func TestSpeedErrors(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	curve := func(f func(*report.Curve)) View {
		c := sampleCurve()
		c.Series = slices.Clone(c.Series)
		f(&c)
		return Curve(c)
	}
	point := func(p report.Point, log bool) View {
		return curve(func(c *report.Curve) {
			c.X.Log = log
			c.Series = []report.Series{{Name: "s", Points: []report.Point{{X: 1, Y: 1}, p}}}
		})
	}
	latency := func(p *report.Percentiles) View {
		return Latency(report.Benchmark{Results: []report.Result{{Model: "m", Engine: "dense", Latency: p}}})
	}
	layers := func(f func(*report.Explanation)) View {
		e := sampleExplanation()
		f(&e)
		return Layers(e)
	}
	roof := func(f func(*report.Roofline)) View {
		r := sampleRoofline()
		f(&r)
		return Roofline(r)
	}
	spread := func(s report.Spread) View {
		return Throughput(report.Benchmark{Results: []report.Result{{Model: "m", Engine: "dense", TokensPerSecond: 5, Spread: &s}}})
	}
	for name, c := range map[string]struct {
		view View
		want string
	}{
		"no series":      {curve(func(c *report.Curve) { c.Series = nil }), "a curve of 0 series"},
		"many series":    {curve(func(c *report.Curve) { c.Series = make([]report.Series, 13) }), "a curve of 13 series"},
		"no points":      {curve(func(c *report.Curve) { c.Series = []report.Series{{Name: "s"}} }), `series "s" has 0 points`},
		"many points":    {curve(func(c *report.Curve) { c.Series[0].Points = make([]report.Point, 1001) }), "1001 points"},
		"nan":            {point(report.Point{X: 1, Y: nan}, false), "point 2 of series \"s\", NaN at 1"},
		"inf":            {point(report.Point{X: inf, Y: 1}, false), "cannot be drawn"},
		"large":          {point(report.Point{X: 1, Y: 1e19}, false), "cannot be drawn"},
		"log":            {point(report.Point{X: 0, Y: 1}, true), "not above zero"},
		"below":          {point(report.Point{X: 1, Y: -1}, false), "below 0"},
		"spread":         {point(report.Point{X: 1, Y: 5, Spread: &report.Spread{Low: 6, High: 7, Count: 2}}, false), "the spread 6 to 7 of 2 around 5"},
		"spread of one":  {spread(report.Spread{Low: 4, High: 6, Count: 1}), "the spread 4 to 6 of 1"},
		"spread nan":     {spread(report.Spread{Low: 4, High: nan, Count: 3}), "the spread 4 to NaN"},
		"start":          {curve(func(c *report.Curve) { c.Y.Start = nan }), "begins at NaN"},
		"curve limit":    {Curve(sampleCurve(), WithLimit(3)), "WithLimit does not apply to Curve"},
		"no latencies":   {Latency(report.Benchmark{}), "of 0 results"},
		"no latency":     {latency(nil), "has no latency"},
		"falling":        {latency(&report.Percentiles{Min: 1, P50: 2, P90: 1, P95: 3, P99: 3, Max: 3}), "1000 ms after 2000 ms"},
		"zero":           {latency(&report.Percentiles{}), "the latency 0 ms"},
		"latency nan":    {latency(&report.Percentiles{Min: 1, P50: nan, P90: 1, P95: 3, P99: 3, Max: 3}), "NaN ms"},
		"colour":         {Latency(sampleLatency(), WithColors(map[string]string{"x": "#000000"})), `want "dense" or "sparse"`},
		"no layers":      {layers(func(e *report.Explanation) { e.Layers = nil }), "without layers"},
		"name":           {layers(func(e *report.Explanation) { e.Layers[0].Layer = "qkv" }), `layer "qkv"`},
		"number":         {layers(func(e *report.Explanation) { e.Layers[0].Layer = "100 qkv" }), `layer "100 qkv"`},
		"twice":          {layers(func(e *report.Explanation) { e.Layers[1].Layer = "0 qkv" }), "is there twice"},
		"time":           {layers(func(e *report.Explanation) { e.Layers[0].MeasuredS = -1 }), "takes -1 seconds"},
		"share":          {layers(func(e *report.Explanation) { e.Layers[0].Sparsity = 1.5 }), "sparsity 1.5"},
		"step":           {layers(func(e *report.Explanation) { e.Steps[0].MeasuredS = inf }), "takes +Inf seconds"},
		"layers colours": {Layers(sampleExplanation(), WithColors(nil)), "WithColors does not apply to Layers"},
		"no peaks":       {roof(func(r *report.Roofline) { r.Peaks = nil }), "0 peaks"},
		"peak":           {roof(func(r *report.Roofline) { r.Peaks[0].OpsPerSecond = 0 }), `peak "INT8" of 0`},
		"bandwidth":      {roof(func(r *report.Roofline) { r.Bandwidth.BytesPerSecond = nan }), "bandwidth of NaN"},
		"products":       {roof(func(r *report.Roofline) { r.Products = make([]report.ProductTime, 201) }), "201 products"},
		"seconds":        {roof(func(r *report.Roofline) { r.Products[0].Seconds = 0 }), "in 0 seconds"},
		"tokens":         {roof(func(r *report.Roofline) { r.Products[0].Tokens = 0 }), "at least one of each"},
		"zeros":          {roof(func(r *report.Roofline) { r.Products[0].Sparsity = 1 }), "sparsity 1 "},
		"size":           {Roofline(sampleRoofline(), WithSize(100, 100)), "WithSize(100, 100)"},
	} {
		t.Run(name, func(t *testing.T) {
			for i, write := range []func(io.Writer) error{c.view.Render, c.view.WritePage, c.view.WriteText} {
				if err := write(io.Discard); err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "viz: ") {
					t.Errorf("method %d: error %v, want one with %q", i, err, c.want)
				}
			}
		})
	}
}

func TestPlotTicks(t *testing.T) {
	for _, c := range []struct {
		axis plotAxis
		want []float64
	}{
		{plotAxis{low: 0, high: 18000}, []float64{0, 5000, 10000, 15000}},
		{plotAxis{low: 0.5, high: 4.5, whole: true}, []float64{1, 2, 3, 4}},
		{plotAxis{low: 40, high: 103, last: 100}, []float64{40, 60, 80, 100}},
		{plotAxis{low: -0.4, high: 0.4}, []float64{-0.4, -0.2, 0, 0.2, 0.4}},
		{plotAxis{low: 3, high: 3}, []float64{3}},
		{plotAxis{low: 7.5, high: 540, log: true, whole: true}, []float64{8, 16, 32, 64, 128, 256, 512}},
		{plotAxis{low: 0.4, high: 1300, log: true}, []float64{1, 10, 100, 1000}},
		{plotAxis{low: 7, high: 220, log: true}, []float64{10, 20, 50, 100, 200}},
		{plotAxis{low: 2, high: 6, log: true}, []float64{2, 3, 4, 5}},
	} {
		got := c.axis.ticks()
		if len(got) != len(c.want) {
			t.Errorf("%+v: %v, want %v", c.axis, got, c.want)
			continue
		}
		for i := range got {
			if math.Abs(got[i]-c.want[i]) > 1e-9*math.Abs(c.want[i])+1e-12 {
				t.Errorf("%+v: %v, want %v", c.axis, got, c.want)
			}
		}
	}
	a := plotAxis{low: 1, high: 100, log: true, from: 0, to: 10}
	if got := a.at(10); math.Abs(got-5) > 1e-9 {
		t.Errorf("the middle of a logarithmic axis is at %v", got)
	}
}

// Engines look the same in every chart, and two series never look alike before there are too many.
func TestSeriesStyles(t *testing.T) {
	styles := newSeriesStyles([]string{"magnitude", "sparse INT8", "dense fp32", "dense INT8", "admm"}, map[string]color{"admm": {0xff, 0xff, 0x00}})
	if styles[1].light != palette["protein"] || styles[2].mark != "rect" || styles[3].light != seriesColors[1].light {
		t.Errorf("got %+v", styles)
	}
	for i, s := range styles {
		if contrast(s.light, lightCard) < 3 || contrast(s.dark, darkCard) < 3 {
			t.Errorf("series %d cannot be seen: %+v", i, s)
		}
		for j, o := range styles[:i] {
			if s.light == o.light || s.dark == o.dark {
				t.Errorf("series %d and %d look alike", i, j)
			}
		}
	}
	for _, c := range seriesColors {
		if contrast(c.light, lightCard) < 3 || contrast(c.dark, darkCard) < 3 {
			t.Errorf("%v cannot be seen", c)
		}
	}
}

// A label finds a place that no point, no other label and no level line has.
func TestCurveLabels(t *testing.T) {
	c := sampleTradeoff()
	v := Curve(c)
	x, y := v.axes()
	x.from, x.to, y.from, y.to = 60, 830, 350, 30
	var boxes []placedLabel
	for i, s := range c.Series {
		for j, l := range v.labels(x, y)[i] {
			if s.Points[j].Label == "" {
				continue
			}
			if slices.ContainsFunc(boxes, l.crosses) {
				t.Errorf("label %d of series %q covers another", j, s.Name)
			}
			if math.Abs(l.y-y.at(100)) < 7 {
				t.Errorf("label %d of series %q lies on the line of the dense model", j, s.Name)
			}
			boxes = append(boxes, l)
		}
	}
	if len(boxes) != 9 {
		t.Errorf("%d labels", len(boxes))
	}
}

func TestWhiskersText(t *testing.T) {
	passes, calls := &report.Spread{Count: 3, Of: "passes", Kind: report.Range}, &report.Spread{Count: 1263, Of: "calls", Kind: report.Confidence95}
	for want, spreads := range map[string][]*report.Spread{
		"":                             {nil, nil},
		"Whiskers: range of 3 passes.": {nil, passes, passes},
		"Whiskers: 95 % confidence interval of the median of 1,263 calls.": {calls},
		"Whiskers: where repetitions lie, see the figures.":                {passes, calls},
	} {
		if got := whiskersText(spreads); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// The extremes of what may be drawn give numbers that a picture can hold.
func TestSpeedExtremes(t *testing.T) {
	for _, x := range []float64{0, 1e-12, 1, 1e18} {
		c := report.Curve{Series: []report.Series{{Points: []report.Point{{X: x, Y: x}}}}}
		checkChart(t, Curve(c))
		c.Series[0].Points = append(c.Series[0].Points, report.Point{X: 1e18, Y: 1e18}, report.Point{X: -1e18, Y: 0})
		checkChart(t, Curve(c))
		if x > 0 {
			c = report.Curve{X: report.Axis{Log: true}, Y: report.Axis{Log: true}, Series: []report.Series{{Points: []report.Point{{X: x, Y: x}, {X: 1e18, Y: 1e18}}}}}
			checkChart(t, Curve(c))
		}
	}
	e := report.Explanation{Layers: []report.LayerTime{{Layer: "99 a"}}}
	if _, option := checkChart(t, Layers(e)); len(option["grid"].([]any)) != 2 {
		t.Error("a bar of no time")
	}
	one := report.Roofline{Peaks: []report.Peak{{OpsPerSecond: 1e15}}, Bandwidth: report.Bandwidth{BytesPerSecond: 1e12}}
	checkChart(t, Roofline(one))
	var parts []string
	for _, p := range Roofline(sampleRoofline()).trails() {
		for _, q := range p.products {
			parts = append(parts, fmt.Sprint(p.engine, q.Tokens))
		}
	}
	if want := []string{"dense fp321", "dense fp328", "dense fp3264", "dense fp32256"}; !reflect.DeepEqual(parts[:4], want) {
		t.Errorf("trails %v", parts)
	}
}
