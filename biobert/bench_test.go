package biobert

import (
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sparsebio/sparsebio/biobert/internal/bert"
	"github.com/sparsebio/sparsebio/biobert/report"
)

// consistent checks what holds for every benchmark.
func consistent(t *testing.T, b report.Benchmark) {
	t.Helper()
	w := b.Workload
	if w == nil || b.Machine == nil || len(b.Machine.Features) == 0 {
		t.Fatalf("got %+v", b)
	}
	for _, r := range b.Results {
		if r.Model == "" || r.Engine == "" || r.Kernel == "" || r.Instance != b.Machine.CPU || r.Documents != w.Documents || r.WeightBytes <= 0 {
			t.Errorf("got %+v", r)
		}
		if d := r.LatencyS * r.TokensPerSecond / float64(r.Tokens); math.Abs(d-1) > 1e-9 || r.MeasuredS <= 0 {
			t.Errorf("%v s, %v tokens/s, %d tokens, measured for %v s", r.LatencyS, r.TokensPerSecond, r.Tokens, r.MeasuredS)
		}
		if (r.MeasuredDocuments > 0) != (r.MeasuredTokens > 0) || r.MeasuredDocuments >= r.Documents || r.MeasuredTokens >= r.Tokens {
			t.Errorf("measured %d of %d documents, %d of %d tokens", r.MeasuredDocuments, r.Documents, r.MeasuredTokens, r.Tokens)
		}
		if s := r.Spread; s != nil && !(0 < s.Low && s.Low <= r.TokensPerSecond && r.TokensPerSecond <= s.High && s.Count > 1) {
			t.Errorf("%v tokens/s with the spread %+v", r.TokensPerSecond, *s)
		}
		if (r.Latency != nil) != (b.Scenario == "latency") {
			t.Errorf("scenario %q with %+v", b.Scenario, r.Latency)
		}
		if l := r.Latency; l != nil && !(l.Calls > 0 && 0 < l.Min && l.Min <= l.P50 && l.P50 <= l.P90 && l.P90 <= l.P95 && l.P95 <= l.P99 && l.P99 <= l.Max && l.Min <= l.Mean && l.Mean <= l.Max) {
			t.Errorf("got %+v", *l)
		}
	}
}

func TestCompareSynthetic(t *testing.T) {
	o := SyntheticOptions{Shape: "minilm", Sparsity: 0.9, BenchOptions: BenchOptions{
		Engines: []string{"dense", "dense-int8", "sparse"}, Lengths: []int{16, 600, 8}, Rounds: 2, Latency: true, Explain: 8,
	}}
	b, err := CompareSynthetic(t.Context(), o, WithThreads(2))
	if err != nil {
		t.Fatal(err)
	}
	consistent(t, b)
	if len(b.Results) != 3 || b.Workload.Windowed != 1 || b.Workload.Longest != 600 || b.Workload.Tokens != 624 || !b.Workload.Random || b.Batch != 1 {
		t.Errorf("got %+v, %+v", b, b.Workload)
	}
	for i, r := range b.Results {
		if r.Latency.Calls != 6 || r.MeasuredDocuments != 0 || (r.Explanation != nil) != (i > 0) || r.Sparse() != (i == 2) || r.Tokenizer != nil {
			t.Errorf("got %+v", r)
		}
	}
	if s := b.Results[2].Sparsity; math.Abs(s-0.9) > 0.01 {
		t.Errorf("sparsity %v", s)
	}

	// Two documents at a time, three calls a pass.
	o.Engines, o.Lengths, o.Batch, o.Blocks, o.Explain = []string{"sparse"}, []int{8, 8, 8, 8, 8}, 2, true, 0
	if b, err = CompareSynthetic(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	consistent(t, b)
	if r := b.Results[0]; r.Latency.Calls != 6 || !strings.Contains(r.Model, "1x4") || b.Batch != 2 {
		t.Errorf("got %+v", r)
	}
}

// A model that has not the time for all documents is measured on a part.
func TestComparePart(t *testing.T) {
	o := SyntheticOptions{Shape: "minilm", Sparsity: 0.9, BenchOptions: BenchOptions{
		Engines: []string{"sparse"}, Lengths: slices.Repeat([]int{32, 64, 128}, 1000), Time: 20 * time.Millisecond, Warmup: time.Millisecond,
	}}
	for _, latency := range []bool{false, true} {
		o.Latency = latency
		b, err := CompareSynthetic(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		consistent(t, b)
		if r := b.Results[0]; r.MeasuredDocuments == 0 {
			t.Errorf("got %+v", r)
		}
	}
}

func TestCompareWith(t *testing.T) {
	texts := Texts("IL-2 activates NF-kB.", "", "GATA-3 binds the IL-5 promoter in T cells.")
	for _, latency := range []bool{false, true} {
		b, err := CompareWith(t.Context(), texts, []string{"testdata/tiny"}, BenchOptions{Engines: []string{"dense", "sparse"}, Latency: latency, Rounds: 3})
		if err != nil {
			t.Fatal(err)
		}
		consistent(t, b)
		if len(b.Results) != 2 || b.Results[0].Engine != "dense fp32" || b.Results[1].Engine != "sparse INT8" || b.Workload.Random || b.Workload.Documents != 3 {
			t.Errorf("got %+v", b)
		}
		for _, r := range b.Results {
			if r.Tokenizer == nil || r.Tokenizer.TokensPerSecond <= 0 || r.Tokenizer.Included == latency {
				t.Errorf("got %+v", r.Tokenizer)
			}
		}
	}
	b, err := CompareWith(t.Context(), nil, []string{"testdata/tiny"}, BenchOptions{Lengths: []int{5, 9}, Rounds: 1})
	if err != nil {
		t.Fatal(err)
	}
	consistent(t, b)
	if r := b.Results[0]; r.Tokens != 14 || r.Tokenizer != nil || !b.Workload.Random {
		t.Errorf("got %+v", r)
	}
	if b, err = Compare(t.Context(), texts, []string{"testdata/tiny"}); err != nil || len(b.Results) != 1 || b.Results[0].MeasuredDocuments != 0 {
		t.Errorf("got %+v, %v", b, err)
	}
}

func TestCompareErrors(t *testing.T) {
	fine := BenchOptions{Lengths: []int{8}, Rounds: 1}
	with := func(f func(*BenchOptions)) BenchOptions {
		o := fine
		f(&o)
		return o
	}
	for want, o := range map[string]BenchOptions{
		"document of 2 tokens": with(func(o *BenchOptions) { o.Lengths = []int{8, 2} }),
		"batch of -1":          with(func(o *BenchOptions) { o.Batch = -1 }),
		"-1 rounds":            with(func(o *BenchOptions) { o.Rounds = -1 }),
		"negative time":        with(func(o *BenchOptions) { o.Time = -1 }),
		`unknown engine "x"`:   with(func(o *BenchOptions) { o.Engines = []string{"x"} }),
		"of 513 tokens":        with(func(o *BenchOptions) { o.Explain = 513; o.Engines = []string{"sparse"} }),
	} {
		if _, err := CompareSynthetic(t.Context(), SyntheticOptions{Shape: "minilm", Sparsity: 0.9, BenchOptions: o}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
	if _, err := CompareSynthetic(t.Context(), SyntheticOptions{Shape: "minilm", Sparsity: math.NaN(), BenchOptions: fine}); err == nil {
		t.Error("a share of NaN was taken")
	}
	if _, err := CompareWith(t.Context(), Texts(), []string{"testdata/tiny"}, BenchOptions{}); err == nil || !strings.Contains(err.Error(), "no texts") {
		t.Errorf("got %v", err)
	}
	if _, err := CompareWith(t.Context(), Texts("a"), nil, BenchOptions{}); err == nil || !strings.Contains(err.Error(), "no models") {
		t.Errorf("got %v", err)
	}
	if _, err := CompareWith(t.Context(), Texts("a", "b\xff"), []string{"testdata/tiny"}, BenchOptions{}); err == nil || !strings.Contains(err.Error(), "text 2") {
		t.Errorf("got %v", err)
	}
}

// A benchmark that would take a minute ends when its context does, while it packs or reads.
func TestCompareStops(t *testing.T) {
	for _, o := range []SyntheticOptions{
		{Shape: "bert-large", Sparsity: 0.9, BenchOptions: BenchOptions{Engines: []string{"sparse"}, Lengths: []int{8}, Time: time.Minute}},
		{Shape: "minilm", Sparsity: 0.9, BenchOptions: BenchOptions{Engines: []string{"sparse"}, Lengths: []int{8}, Warmup: time.Minute}},
		{Shape: "minilm", Sparsity: 0.9, BenchOptions: BenchOptions{Engines: []string{"sparse"}, Lengths: []int{8}, Time: time.Minute, Latency: true}},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		began := time.Now()
		_, err := CompareSynthetic(ctx, o)
		cancel()
		if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took > 20*time.Second {
			t.Errorf("%s: %v after %v", o.Shape, err, took)
		}
	}
}

// A spread is one of passes where there are several, else of parts.
func TestSpread(t *testing.T) {
	o := &options{threads: 1}
	for _, c := range []struct {
		seconds [][]float64
		latency bool
		want    *report.Spread
	}{
		{[][]float64{{1}}, false, nil},
		{[][]float64{{1}, {2}}, false, &report.Spread{Low: 50, High: 100, Count: 2, Of: "parts", Kind: report.Range}},
		{[][]float64{{1, 3}, {1}}, false, &report.Spread{Low: 100.0 / 3, High: 100, Count: 3, Of: "parts", Kind: report.Range}},
		{[][]float64{{1, 2}, {1, 3}}, false, &report.Spread{Low: 40, High: 100, Count: 2, Of: "passes", Kind: report.Range}},
		// Each part was quick once.
		{[][]float64{{1, 1, 7}, {1, 7, 1}, {7, 1, 1}}, false, &report.Spread{Low: 300.0 / 9, High: 100, Count: 3, Of: "passes", Kind: report.Range}},
		{[][]float64{{1, 2}, {4}}, true, &report.Spread{Low: 25, High: 100, Count: 3, Of: "calls", Kind: report.Range}},
	} {
		r := &runner{schedule: newSchedule(BenchOptions{}), p: &TokenClassification{newPipeline("m", &bert.Model{}, o, nil)}, docs: 1, in: make([]input, len(c.seconds)), total: 100 * len(c.seconds)}
		r.passes = len(c.seconds[0])
		for i, s := range c.seconds {
			r.chunks = append(r.chunks, chunk{i, i + 1, 100, s})
			r.passes = min(r.passes, len(s))
		}
		if got := r.result(c.latency).Spread; !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v: %+v, want %+v", c.seconds, got, c.want)
		}
	}
}

// Progress sees the rows grow, and the last time what the benchmark returns.
func TestCompareProgress(t *testing.T) {
	var seen []report.Benchmark
	o := SyntheticOptions{Shape: "minilm", Sparsity: 0.9, BenchOptions: BenchOptions{Lengths: []int{16, 8}, Rounds: 2, Progress: func(b report.Benchmark) { seen = append(seen, b) }}}
	b, err := CompareSynthetic(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) != 4 || len(seen[0].Results) != 1 || len(seen[1].Results) != 2 || seen[0].Machine == nil || seen[0].Workload.Tokens != 24 {
		t.Fatalf("saw %+v", seen)
	}
	for i, r := range seen[3].Results {
		if got := b.Results[i]; r.TokensPerSecond != got.TokensPerSecond || !reflect.DeepEqual(r.Spread, got.Spread) || r.Spread.Count != 2 {
			t.Errorf("the last report was %+v, the result is %+v", r, got)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	o.Progress = func(report.Benchmark) { cancel() }
	if _, err := CompareSynthetic(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled from Progress: %v", err)
	}
}

func TestPercentiles(t *testing.T) {
	v := make([]float64, 100)
	for i := range v {
		v[i] = float64(100 - i)
	}
	if got, want := *percentiles(v), (report.Percentiles{Calls: 100, Min: 1, Mean: 50.5, P50: 50.5, P90: 90, P95: 95, P99: 99, Max: 100}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got, want := *percentiles([]float64{2}), (report.Percentiles{Calls: 1, Min: 2, Mean: 2, P50: 2, P90: 2, P95: 2, P99: 2, Max: 2}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// Chunks follow one another and hold every document once.
func TestCut(t *testing.T) {
	for _, c := range []struct {
		o    BenchOptions
		rate float64
		want int
	}{
		{BenchOptions{Rounds: 1}, 10, 1},
		{BenchOptions{Time: time.Hour}, 1e9, 1},
		{BenchOptions{Time: time.Second}, 800, 5}, // half a second is two documents
		{BenchOptions{Time: time.Second, Batch: 3}, 200, 4},
		{BenchOptions{Latency: true, Rounds: 1}, 10, 10},
		{BenchOptions{Latency: true, Rounds: 1, Batch: 4}, 10, 3},
	} {
		o := &options{threads: 2}
		r := &runner{schedule: newSchedule(c.o), p: &TokenClassification{&pipeline{opt: o}}, in: make([]input, 10), tokens: slices.Repeat([]int{200}, 10), total: 2000}
		r.cut(c.rate)
		at, tokens := 0, 0
		for _, k := range r.chunks {
			if k.from != at || k.to <= k.from || k.tokens != 200*(k.to-k.from) {
				t.Errorf("%+v: chunks %+v", c.o, r.chunks)
			}
			at, tokens = k.to, tokens+k.tokens
		}
		if at != 10 || tokens != 2000 || len(r.chunks) != c.want {
			t.Errorf("%+v: chunks %+v, want %d", c.o, r.chunks, c.want)
		}
	}
}
