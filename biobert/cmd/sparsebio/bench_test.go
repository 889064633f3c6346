package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sparsebio/sparsebio/biobert/report"
)

var update = flag.Bool("update", false, "write the golden files")

// sampleBenchmark is a benchmark with everything that is printed.
func sampleBenchmark() report.Benchmark {
	const cpu = "AMD EPYC (Zen 4), 2 cores"
	e := &report.Explanation{
		Tokens: 128,
		Layers: []report.LayerTime{{Layer: "0 qkv", Outputs: 2304, Inputs: 768, Sparsity: 0.9, Kernel: "gather avx512vbmi", Bytes: 460800, ExpectedS: 3e-4, MeasuredS: 3.1e-4}},
		Steps:  []report.StepTime{{Step: "products", MeasuredS: 3.1e-4}, {Step: "attention", MeasuredS: 1e-4}},
	}
	return report.Benchmark{
		Scenario: "throughput",
		Workload: &report.Workload{Name: "arxiv-full", Note: "whole abstracts", Random: true, Documents: 997, Tokens: 269840, Longest: 588, Windowed: 2},
		Machine: &report.Machine{CPU: cpu, Processors: 2, OS: "linux", Arch: "amd64", Go: "go1.26", Features: []string{"avx512vbmi", "avx2", "ref"},
			Load: &report.Load{Average: 1.25, Others: 0.031, Stolen: 0.02}, PeakMemoryBytes: 160e6},
		Results: []report.Result{
			{Model: "m", Engine: "dense fp32", Instance: cpu, Threads: 2, Kernel: "gemm avx512f", Documents: 997, Tokens: 269840, LatencyS: 269.84, TokensPerSecond: 1000,
				MeasuredDocuments: 50, MeasuredTokens: 14002, MeasuredS: 14.002, AllocsPerDocument: 1.25},
			{Model: "m", Engine: "sparse INT8", Instance: cpu, Threads: 2, Kernel: "gather avx512vbmi", Documents: 997, Tokens: 269840, LatencyS: 26.984, TokensPerSecond: 10000,
				Spread:    &report.Spread{Low: 9800, High: 10100, Count: 3, Of: "passes", Kind: report.Range},
				MeasuredS: 27.1, Tokenizer: &report.Tokenizer{TokensPerSecond: 1e7, Included: true}, Explanation: e},
		},
	}
}

func TestPrintBenchmark(t *testing.T) {
	throughput := sampleBenchmark()
	latency := sampleBenchmark()
	latency.Scenario, latency.Batch = "latency", 1
	for i := range latency.Results {
		r := &latency.Results[i]
		r.Latency = &report.Percentiles{Calls: 1234, Min: 0.1, Mean: 0.2, P50: 0.25, P90: 0.3, P95: 0.4, P99: 0.5, Max: 0.6}
		r.Engine, r.Model = "sparse INT8", r.Model+string(rune('a'+i)) // told apart by the model
		r.Explanation = nil
	}
	least := report.Benchmark{Scenario: "throughput", Results: throughput.Results[1:]}
	for name, b := range map[string]report.Benchmark{"throughput": throughput, "latency": latency, "least": least} {
		var got bytes.Buffer
		if err := printBenchmark(&got, b); err != nil {
			t.Fatal(err)
		}
		file := "testdata/bench-" + name + ".golden.txt"
		if *update {
			if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s differs; if that is meant, run the test with -update\n%s", file, got.Bytes())
		}
	}
}

func TestBench(t *testing.T) {
	in := write(t, "in.jsonl", lines)
	out := mustRun(t, "bench", "--input", in, "--text", "abstract", "--rounds", "1", "--warmup", "0")
	for _, want := range []string{`(?m)^CPU +\S`, `(?m)^Kernels for .*ref$`, `(?m)^Model +Engine +Instance +Latency \(secs\) +Tokens per second$`, `sparse INT8 is [0-9.]+ times as fast as dense fp32`, `Tokenizer`} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	synthetic := []string{"bench", "--synthetic", "minilm", "--engine", "sparse", "--rounds", "2", "--warmup", "0"}
	out = mustRun(t, append(synthetic, "--scenario", "latency", "--length", "16", "--docs", "2", "--pattern", "1x4", "--kernel", "dense", "--explain")...)
	for _, want := range []string{`Latency \(ms\)`, `ms: p50 +p90 +p95 +p99`, `90 % zeros in 1x4`, `Scenario +latency: one document at a time`, `5 intermediate +1536 x 384 .*dense `, `16 tokens on one thread`} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	out = mustRun(t, "bench", "--synthetic", "minilm", "--engine", "sparse", "--time", "0.1", "--warmup", "0", "--threads", "2")
	for _, want := range []string{`Documents +1,277 with 157,154 random tokens in all: article-128, models the published protocol`, `2 threads`} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	file := write(t, "lengths.txt", "5\n600\n")
	out = mustRun(t, append(synthetic, "--lengths", file, "--batch-size", "1")...)
	for _, want := range []string{`Documents +2 with 605 random tokens in all`, `1 longer than the model, read in overlapping windows`, `throughput: one document at a time`} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
}

// The names of the JSON fields stay as they are.
func TestBenchJSON(t *testing.T) {
	out := mustRun(t, "bench", "--json", "--model", tiny, "--engine", "dense,sparse", "--docs", "2", "--length", "16", "--rounds", "1", "--warmup", "0", "--explain", "--scenario", "latency")
	d := json.NewDecoder(strings.NewReader(out))
	d.DisallowUnknownFields()
	var b report.Benchmark
	if err := d.Decode(&b); err != nil {
		t.Fatal(err)
	}
	if len(b.Results) != 2 || b.Scenario != "latency" || b.Workload.Tokens != 32 || b.Machine.CPU == "" {
		t.Fatalf("got %s", out)
	}
	for _, r := range b.Results {
		if r.Model == "" || r.Engine == "" || r.Instance == "" || r.LatencyS <= 0 || r.TokensPerSecond <= 0 || r.Tokens != 32 || r.Documents != 2 || r.Kernel == "" {
			t.Errorf("got %+v", r)
		}
	}
	var raw struct{ Results []map[string]any }
	if err := json.Unmarshal([]byte(out), &raw); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"model", "engine", "instance", "threads", "kernel", "sparsity", "documents", "tokens", "latency_s", "tokens_per_second", "measured_s", "latency", "weight_bytes", "explanation"} {
		if _, ok := raw.Results[1][name]; !ok {
			t.Errorf("no %q in %s", name, out)
		}
	}
	again, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	var c report.Benchmark
	if err := json.Unmarshal(again, &c); err != nil || !reflect.DeepEqual(b, c) {
		t.Errorf("%v: %s", err, again)
	}
}

func TestBenchErrors(t *testing.T) {
	synthetic := func(args ...string) []string { return append([]string{"bench", "--synthetic", "minilm"}, args...) }
	for _, c := range []struct {
		want string
		args []string
	}{
		{"shape", []string{"bench", "--synthetic", "gpt"}},
		{"sparsity", synthetic("--sparsity", "1.5")},
		{"sparsity", synthetic("--sparsity", "NaN")},
		{"--scenario", synthetic("--scenario", "best")},
		{"--pattern", synthetic("--pattern", "2x2")},
		{"document of 0 tokens", synthetic("--length", "0")},
		{"--docs", synthetic("--docs", "0")},
		{"--batch-size", synthetic("--batch-size", "-1")},
		{"--rounds", synthetic("--rounds", "-1")},
		{"--time", synthetic("--time", "-1")},
		{"--time", synthetic("--time", "NaN")},
		{"--warmup", synthetic("--warmup", "Inf")},
		{"engine", synthetic("--engine", "fast")},
		{"kernel", synthetic("--kernel", "fast")},
		{"WithThreads", synthetic("--threads", "-1")},
		{"--explain", synthetic("--explain", "--engine", "dense")},
		{"choose one", synthetic("--lengths", "article-128", "--length", "5")},
		{"have article-128, arxiv-full", synthetic("--lengths", "article")},
		{"lengths.txt:2:", synthetic("--lengths", write(t, "lengths.txt", "5\nfive\n"))},
		{"--model has no effect", synthetic("--model", "jnlpba")},
		{"--pattern needs --synthetic", []string{"bench", "--pattern", "1x4"}},
		{"leave out --input", []string{"bench", "--length", "5", "--input", "x.jsonl"}},
		{"unknown model", []string{"bench", "--model", "no-such-model"}},
	} {
		_, err := run(t, c.args...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: got %v, want %q in it", c.args, err, c.want)
		}
	}
}

// An interrupt ends a benchmark soon.
func TestBenchInterrupt(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	root := newRoot()
	root.SetOut(new(bytes.Buffer))
	root.SetArgs([]string{"bench", "--model", tiny, "--length", "512", "--time", "60"})
	began := time.Now()
	if err := root.ExecuteContext(ctx); err == nil || time.Since(began) > 10*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}
