package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/sparsebio/sparsebio/biobert/report"
)

// printBenchmark prints what was measured where, the table that the article on Sparse BioBERT prints, and what
// is to be known about its rows.
func printBenchmark(out io.Writer, b report.Benchmark) error {
	var w bytes.Buffer
	printConditions(&w, b)
	w.WriteByte('\n')
	printTable(&w, b)
	if len(b.Results) > 1 {
		w.WriteByte('\n')
		printRatios(&w, b.Results)
	}
	w.WriteByte('\n')
	printMeasured(&w, b)
	if m := b.Machine; m != nil && m.PeakMemoryBytes > 0 {
		fmt.Fprintf(&w, "Peak memory, all models together: %.0f MB\n", float64(m.PeakMemoryBytes)/1e6)
	}
	for _, r := range b.Results {
		if r.Explanation != nil {
			fmt.Fprintf(&w, "\n%s\n\n", label(r, b.Results))
			if _, err := r.Explanation.WriteTo(&w); err != nil {
				return err
			}
		}
	}
	_, err := w.WriteTo(out)
	return err
}

// printConditions prints the machine, its load, and what was read.
func printConditions(w io.Writer, b report.Benchmark) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	defer t.Flush()
	if m := b.Machine; m != nil {
		fmt.Fprintf(t, "CPU\t%s, %s/%s, %s\n", m.CPU, m.OS, m.Arch, m.Go)
		fmt.Fprintf(t, "Kernels for\t%s\n", strings.Join(m.Features, ", "))
		if l := m.Load; l != nil {
			fmt.Fprintf(t, "Load\t%.1f before; meanwhile others used %.0f %% of the processors", l.Average, 100*l.Others)
			if l.Stolen >= 0.005 {
				fmt.Fprintf(t, ", and %.0f %% was stolen", 100*l.Stolen)
			}
			fmt.Fprintln(t)
		}
	}
	scenario := "many documents at once"
	switch {
	case b.Batch == 1:
		scenario = "one document at a time"
	case b.Batch > 1:
		scenario = fmt.Sprintf("%d documents at a time", b.Batch)
	}
	fmt.Fprintf(t, "Scenario\t%s: %s\n", b.Scenario, scenario)
	wl := b.Workload
	if wl == nil {
		return
	}
	kind := ""
	if wl.Random {
		kind = "random "
	}
	fmt.Fprintf(t, "Documents\t%s with %s %stokens in all", thousands(wl.Documents), thousands(wl.Tokens), kind)
	if wl.Name != "" {
		fmt.Fprintf(t, ": %s", wl.Name)
	}
	if wl.Note != "" {
		fmt.Fprintf(t, ", %s", wl.Note)
	}
	fmt.Fprintln(t)
	if wl.Windowed > 0 {
		fmt.Fprintf(t, "\t%d longer than the model, read in overlapping windows\n", wl.Windowed)
	}
}

// printTable prints a row for each result.
func printTable(w io.Writer, b report.Benchmark) {
	unit, latency := "Latency (secs)", func(r report.Result) string { return fmt.Sprintf("%.2f", r.LatencyS) }
	if b.Scenario == "latency" {
		unit, latency = "Latency (ms)", func(r report.Result) string { return fmt.Sprintf("%.1f", 1e3*r.Latency.P50) }
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	defer t.Flush()
	fmt.Fprintf(t, "Model\tEngine\tInstance\t%s\tTokens per second\n", unit)
	for _, r := range b.Results {
		threads := "threads"
		if r.Threads == 1 {
			threads = "thread"
		}
		fmt.Fprintf(t, "%s\t%s (%s)\t%s, %d %s\t%s\t%.0f\n", r.Model, r.Engine, r.Kernel, r.Instance, r.Threads, threads, latency(r), r.TokensPerSecond)
	}
}

// printRatios compares every result with the first dense one, or else the first.
func printRatios(w io.Writer, results []report.Result) {
	base := max(slices.IndexFunc(results, func(r report.Result) bool { return !r.Sparse() }), 0)
	for i, r := range results {
		if i != base {
			fmt.Fprintf(w, "%s is %.1f times as fast as %s\n", label(r, results), r.TokensPerSecond/results[base].TokensPerSecond, label(results[base], results))
		}
	}
}

// label names a result by its engine, and by its model where that is not enough.
func label(r report.Result, all []report.Result) string {
	same := 0
	for _, o := range all {
		if o.Engine == r.Engine {
			same++
		}
	}
	if same > 1 {
		return r.Model + " (" + r.Engine + ")"
	}
	return r.Engine
}

// printMeasured prints how the results were measured, a row for each.
func printMeasured(w io.Writer, b report.Benchmark) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "Measured\tDocuments\tTokens\tSeconds\tAllocations a document")
	latency, text, part, spread := b.Scenario == "latency", false, false, false
	for _, r := range b.Results {
		spread = spread || r.Spread != nil
		text = text || r.Tokenizer != nil
		part = part || r.MeasuredDocuments > 0
	}
	if spread {
		fmt.Fprint(t, "\tTokens per second: from, to")
	}
	if latency {
		fmt.Fprint(t, "\tCalls\tms: p50\tp90\tp95\tp99\tleast\tmost")
	}
	if text {
		fmt.Fprint(t, "\tTokenizer: tokens per second, share of the time")
	}
	fmt.Fprintln(t)
	for _, r := range b.Results {
		docs, tokens := r.Documents, r.Tokens
		if r.MeasuredDocuments > 0 {
			docs, tokens = r.MeasuredDocuments, r.MeasuredTokens
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%.1f\t%.1f", label(r, b.Results), thousands(docs), thousands(tokens), r.MeasuredS, r.AllocsPerDocument)
		if s := r.Spread; s != nil {
			fmt.Fprintf(t, "\t%.0f to %.0f, %s of %s %s", s.Low, s.High, s.Kind, thousands(s.Count), s.Of)
		} else if spread {
			fmt.Fprint(t, "\t-")
		}
		if l := r.Latency; l != nil {
			fmt.Fprintf(t, "\t%s", thousands(l.Calls))
			for _, s := range []float64{l.P50, l.P90, l.P95, l.P99, l.Min, l.Max} {
				fmt.Fprintf(t, "\t%.1f", 1e3*s)
			}
		}
		if k := r.Tokenizer; k != nil {
			threads, place := r.Threads, "included"
			if !k.Included {
				threads, place = 1, "not included"
			}
			fmt.Fprintf(t, "\t%s on one thread, %.1f %%, %s", thousands(int(k.TokensPerSecond)), 100*r.TokensPerSecond/(k.TokensPerSecond*float64(threads)), place)
		} else if text {
			fmt.Fprint(t, "\t-")
		}
		fmt.Fprintln(t)
	}
	t.Flush()
	if part && !latency {
		fmt.Fprintln(w, "Where some documents were measured, the latency is what all would take.")
	}
}

// thousands writes n with commas.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
