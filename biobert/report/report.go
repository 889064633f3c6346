// Package report holds the plain records in which measurements leave the
// library: benchmark results and where a result came from. It uses the
// standard library only, so that drawing a chart needs no model.
package report

import "strings"

// A Result is one row of a benchmark: one model in one form on one machine.
type Result struct {
	Model           string  `json:"model"`
	Engine          string  `json:"engine"`   // form of the weights and their type: "dense fp32", "sparse INT8"
	Instance        string  `json:"instance"` // the machine, by its processor
	Threads         int     `json:"threads"`
	Kernel          string  `json:"kernel"` // instruction set of the matrix kernel in use
	Sparsity        float64 `json:"sparsity"`
	Documents       int     `json:"documents"`
	Tokens          int     `json:"tokens"`    // word pieces with [CLS] and [SEP]
	LatencyS        float64 `json:"latency_s"` // wall seconds for all documents, the median pass
	TokensPerSecond float64 `json:"tokens_per_second"`
}

// Sparse reports whether r is of an engine that leaves the zeros out. Its weights say
// nothing about that: a dense engine runs pruned weights too.
func (r Result) Sparse() bool { return strings.HasPrefix(r.Engine, "sparse") }

// A Benchmark compares models that read the same text in the same run.
type Benchmark struct {
	Results []Result `json:"results"`
}
