package viz

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/biobert/report"
)

func TestThroughputHeading(t *testing.T) {
	dense := report.Result{Engine: "dense fp32", Instance: "a", Threads: 2, Tokens: 100, TokensPerSecond: 1000}
	with := func(f func(*report.Result)) report.Result {
		r := dense
		r.Engine, r.Sparsity, r.TokensPerSecond = "sparse INT8", 0.9, 6100
		f(&r)
		return r
	}
	same := func(*report.Result) {}
	for want, results := range map[string][]report.Result{
		"Sparse INT8 is 6.1x faster than dense fp32":   {dense, with(same)},
		"Sparse INT8 is 2.0x slower than dense fp32":   {dense, with(func(r *report.Result) { r.TokensPerSecond = 500 })},
		"Sparse INT8 is as fast as dense fp32":         {with(func(r *report.Result) { r.TokensPerSecond = 1010 }), dense},
		"Sparse INT8 is 1,234x faster than dense fp32": {with(func(r *report.Result) { r.TokensPerSecond = 1.234e6 }), dense},
		"Tokens per second":                            {dense, with(func(r *report.Result) { r.Threads = 4 })},
	} {
		v := Throughput(report.Benchmark{Results: results})
		if got := v.heading(); got != want {
			t.Errorf("heading %q, want %q", got, want)
		}
		checkChart(t, v)
	}
	for _, r := range []report.Result{with(func(r *report.Result) { r.Instance = "b" }), with(func(r *report.Result) { r.Tokens = 99 }), dense, with(func(r *report.Result) { r.TokensPerSecond = 0 })} {
		if got := Throughput(report.Benchmark{Results: []report.Result{dense, r}}).heading(); got != "Tokens per second" {
			t.Errorf("%+v gives the claim %q", r, got)
		}
	}
}

func TestThroughputAxis(t *testing.T) {
	_, option := checkChart(t, Throughput(sampleBench()))
	if min := option["xAxis"].(map[string]any)["min"]; min != 0.0 {
		t.Errorf("the axis begins at %v", min)
	}
	// A whisker that goes further than all bars is within the axis.
	b := sampleSpeeds()
	b.Results[2].Spread = &report.Spread{Low: 5000, High: 40000, Count: 3, Of: "passes", Kind: report.Range}
	if _, option := checkChart(t, Throughput(b)); option["xAxis"].(map[string]any)["max"] != 40000.0 {
		t.Errorf("the axis is %v", option["xAxis"])
	}
	for _, most := range []float64{0, 0.3, 1, 7, 99, 100, 6826.2, 1e6, 123456} {
		ts := ticks(most)
		if ts[0] != 0 || len(ts) > 6 || ts[len(ts)-1] > most*1.001 || most > 0 && len(ts) < 3 {
			t.Errorf("ticks(%v) = %v", most, ts)
		}
	}
}

func TestThroughputNames(t *testing.T) {
	r := func(engine, model, instance string) report.Result {
		return report.Result{Engine: engine, Model: model, Instance: instance, TokensPerSecond: 5}
	}
	for want, results := range map[string][]report.Result{
		"[dense sparse]":                          {r("dense", "m", "i"), r("sparse", "n", "j")},
		"[sparse, m sparse, n]":                   {r("sparse", "m", "i"), r("sparse", "n", "j")},
		"[sparse, m, i sparse, m, j]":             {r("sparse", "m", "i"), r("sparse", "m", "j")},
		"[a, b, c, 0 threads a, b, c, 0 threads]": {r("a", "b", "c"), r("a", "b", "c")},
	} {
		v := Throughput(report.Benchmark{Results: results})
		if got := fmt.Sprint(v.names()); got != want {
			t.Errorf("names %s, want %s", got, want)
		}
		checkChart(t, v)
	}
}

func TestThroughputHostile(t *testing.T) {
	v := Throughput(report.Benchmark{Results: []report.Result{{Model: evil, Engine: evil, Instance: evil, Kernel: evil}, {}}}, WithTitle(evil), WithSize(200, 100))
	checkChart(t, v)
	var b bytes.Buffer
	if err := v.WriteText(&b); err != nil || strings.ContainsAny(b.String(), "\x00\x1b\r") {
		t.Errorf("plain text %q, error %v", b.String(), err)
	}
}

func TestThroughputErrors(t *testing.T) {
	one := func(r report.Result) report.Benchmark { return report.Benchmark{Results: []report.Result{r}} }
	for name, c := range map[string]struct {
		view *ThroughputView
		want string
	}{
		"none":     {Throughput(report.Benchmark{}), "without results"},
		"nan":      {Throughput(one(report.Result{TokensPerSecond: math.NaN()})), "NaN"},
		"inf":      {Throughput(one(report.Result{LatencyS: math.Inf(1)})), "+Inf"},
		"negative": {Throughput(one(report.Result{TokensPerSecond: -1})), "the figure -1"},
		"limit":    {Throughput(sampleBench(), WithLimit(3)), "does not apply"},
		"colour":   {Throughput(sampleBench(), WithColors(map[string]string{"protein": "#000000"})), `want "dense" or "sparse"`},
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
