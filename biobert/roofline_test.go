package biobert

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/sparsebio/sparsebio/biobert/report"
)

func TestMeasureRoofline(t *testing.T) {
	reports := 0
	o := RooflineOptions{Outputs: 128, Inputs: 64, Tokens: []int{1, 16}, Threads: 2, Time: time.Millisecond, Memory: 2 << 20, Progress: func(r report.Roofline) { reports++ }}
	r, err := MeasureRoofline(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Peaks) != 2 || len(r.Products) != 6 || reports != 8 || r.Threads != 2 || r.Machine == nil || r.Bandwidth.Bytes != 2<<20 || r.Bandwidth.BytesPerSecond < 1e8 {
		t.Fatalf("%d reports, got %+v", reports, r)
	}
	for i, p := range r.Peaks {
		if p.Name != []string{"INT8", "fp32"}[i] || p.OpsPerSecond < 1e7 || p.Kernel == "" {
			t.Errorf("got %+v", p)
		}
	}
	weights := map[string]float64{"dense fp32": 4, "dense INT8": 1}
	for i, p := range r.Products {
		if p.Tokens != o.Tokens[i%2] || p.Seconds <= 0 || p.Kernel == "" || p.Outputs != 128 || p.Inputs != 64 || p.Effective() != 2*128*64*float64(p.Tokens) {
			t.Errorf("got %+v", p)
		}
		if each, ok := weights[p.Engine]; ok {
			activation := min(each, 4)
			if want := each*128*64 + float64(p.Tokens)*(activation*64+4*128); p.Executed() != p.Effective() || p.Bytes < want || p.Bytes > 1.2*want {
				t.Errorf("%s: %v bytes, want %v", p.Engine, p.Bytes, want)
			}
		} else if p.Engine != "sparse INT8" || math.Abs(p.Executed()/p.Effective()-0.1) > 0.02 {
			t.Errorf("got %+v", p)
		}
	}
}

// A product that did more than the probes found the limits to be lifts them.
func TestRaise(t *testing.T) {
	limits := func() *report.Roofline {
		return &report.Roofline{Peaks: []report.Peak{{Name: "INT8", Kernel: "a", OpsPerSecond: 100}, {Name: "fp32", Kernel: "b", OpsPerSecond: 10}}, Bandwidth: report.Bandwidth{BytesPerSecond: 50}}
	}
	for _, c := range []struct {
		p                     report.ProductTime
		int8, fp32, bandwidth float64
	}{
		{report.ProductTime{Engine: "dense fp32", Kernel: "k", Outputs: 1, Inputs: 1, Tokens: 10, Bytes: 1, Seconds: 1}, 100, 20, 50},
		{report.ProductTime{Engine: "dense INT8", Kernel: "k", Outputs: 10, Inputs: 1, Tokens: 10, Bytes: 60, Seconds: 1}, 200, 10, 60},
		{report.ProductTime{Engine: "sparse INT8", Kernel: "k", Outputs: 10, Inputs: 1, Tokens: 10, Sparsity: 0.9, Bytes: 1, Seconds: 1}, 100, 10, 50}, // by what it executed
	} {
		r := limits()
		raise(r, c.p)
		if r.Peaks[0].OpsPerSecond != c.int8 || r.Peaks[1].OpsPerSecond != c.fp32 || r.Bandwidth.BytesPerSecond != c.bandwidth {
			t.Errorf("%+v gives %+v", c.p, r)
		}
	}
}

func TestRooflineErrors(t *testing.T) {
	for want, o := range map[string]RooflineOptions{
		"8 x 768":       {Outputs: 8},
		"sparsity NaN":  {Sparsity: math.NaN()},
		"sparsity 1":    {Sparsity: 1},
		"-1 threads":    {Threads: -1},
		"negative time": {Time: -1},
		"of 0 tokens":   {Tokens: []int{8, 0}},
		"1000 bytes":    {Memory: 1000},
	} {
		if _, err := MeasureRoofline(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "biobert: ") {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	o := RooflineOptions{Outputs: 128, Inputs: 64, Time: time.Millisecond, Memory: 1 << 20, Progress: func(report.Roofline) { cancel() }}
	if _, err := MeasureRoofline(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestCacheSize(t *testing.T) {
	for s, want := range map[string]int{"32768K": 32 << 20, "1M": 1 << 20, "48K": 48 << 10, "512": 512, "": 0, "x": 0, "-4K": 0, "99999999999K": 0} {
		if got := cacheSize(s); got != want {
			t.Errorf("%q: %d, want %d", s, got, want)
		}
	}
	if lastCache() < 1<<15 {
		t.Errorf("a last cache of %d bytes", lastCache())
	}
}
