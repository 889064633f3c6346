package biobert

import (
	"context"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sparsebio/sparsebio/biobert/report"
)

// wellFormed checks a curve of speeds with the given figures on the horizontal axis.
func wellFormed(t *testing.T, c report.Curve, names []string, x ...float64) {
	t.Helper()
	if c.Machine == nil || c.Note == "" || c.X.Name == "" || c.Y.Unit != "tokens/s" || len(c.Series) != len(names) {
		t.Fatalf("got %+v", c)
	}
	for i, s := range c.Series {
		var at []float64
		for _, p := range s.Points {
			at = append(at, p.X)
			if !(p.Y > 0) || p.Spread != nil && !(p.Spread.Low <= p.Y && p.Y <= p.Spread.High) {
				t.Errorf("%s: point %+v", s.Name, p)
			}
		}
		want := x
		if s.Reference {
			want = []float64{x[0], x[len(x)-1]}
		}
		if s.Name != names[i] || !reflect.DeepEqual(at, want) {
			t.Errorf("series %q at %v, want %q at %v", s.Name, at, names[i], want)
		}
	}
}

func TestSpeedBy(t *testing.T) {
	reports := 0
	o := SweepOptions{Shape: "minilm", Sparsity: 0.9, Time: time.Millisecond, Length: 8, Latency: true, Progress: func(report.Curve) { reports++ }}
	c, err := SpeedByLength(t.Context(), []int{8, 16}, o, WithThreads(2))
	if err != nil {
		t.Fatal(err)
	}
	wellFormed(t, c, []string{"dense fp32", "sparse INT8"}, 8, 16)
	if want := "Random weights in the shape of minilm, 90 % of those of the sparse model zero; 2 threads, one document at a time"; c.Note != want {
		t.Errorf("note %q, want %q", c.Note, want)
	}
	if c, err = SpeedBySparsity(t.Context(), []float64{0.5, 0.9}, o, WithThreads(1)); err != nil {
		t.Fatal(err)
	}
	wellFormed(t, c, []string{"dense fp32", "dense INT8", "sparse INT8"}, 50, 90)
	if !c.Series[0].Reference || !c.Series[1].Reference || c.Series[2].Reference || c.Note != "Random weights in the shape of minilm; 1 thread, documents of 8 tokens, one document at a time" {
		t.Errorf("got %+v", c)
	}
	if reports != 4 {
		t.Errorf("%d reports, want 4", reports)
	}
	m := SweepOptions{Models: []string{"testdata/tiny", "./testdata/tiny"}, Engines: []string{"dense"}, Time: time.Millisecond}
	if c, err = SpeedByLength(t.Context(), []int{8}, m); err != nil { // two models with the same engine
		t.Fatal(err)
	}
	wellFormed(t, c, []string{"dense fp32, testdata/tiny", "dense fp32, ./testdata/tiny"}, 8)
	if c, err = SpeedByThreads(t.Context(), []int{1, 2}, SweepOptions{Models: m.Models[:1], Rounds: 2, Length: 32}); err != nil {
		t.Fatal(err)
	}
	wellFormed(t, c, []string{"dense fp32"}, 1, 2)
	if s := c.Series[0].Points[0].Spread; s == nil || s.Count != 2 || s.Of != "passes" {
		t.Errorf("two rounds have the spread %+v", s)
	}
	if c.Note != "testdata/tiny; documents of 32 tokens, many documents at once" {
		t.Errorf("note %q", c.Note)
	}
}

func TestSpeedByErrors(t *testing.T) {
	o := SweepOptions{Shape: "minilm", Time: time.Millisecond}
	length := func(o SweepOptions, n ...int) error { _, err := SpeedByLength(t.Context(), n, o); return err }
	threads := func(o SweepOptions, n ...int) error { _, err := SpeedByThreads(t.Context(), n, o); return err }
	sparsity := func(o SweepOptions, x ...float64) error { _, err := SpeedBySparsity(t.Context(), x, o); return err }
	for want, err := range map[string]error{
		"curve of 0 points":        length(o),
		"document of 2 tokens":     length(o, 8, 2),
		"0 threads":                threads(o, 1, 0),
		"sparsity 1 ":              sparsity(o, 0.5, 1),
		"sparsity NaN":             sparsity(o, math.NaN()),
		"have the zeros they have": sparsity(SweepOptions{Models: []string{"testdata/tiny"}}, 0.5),
		"not of both":              length(SweepOptions{Shape: "minilm", Models: []string{"m"}}, 8),
		"a curve of nothing":       length(SweepOptions{}, 8),
		`unknown synthetic shape`:  length(SweepOptions{Shape: "gpt"}, 8),
		`unknown engine "x"`:       length(SweepOptions{Shape: "minilm", Engines: []string{"x"}}, 8),
		"document of -1 tokens":    threads(SweepOptions{Shape: "minilm", Length: -1}, 1),
		"negative time":            threads(SweepOptions{Shape: "minilm", Time: -1}, 1),
	} {
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "biobert: ") {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	o.Engines, o.Progress = []string{"sparse"}, func(report.Curve) { cancel() }
	if _, err := SpeedByLength(ctx, []int{8, 8}, o); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled from Progress: %v", err)
	}
}
