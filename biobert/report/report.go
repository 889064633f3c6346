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
	LatencyS        float64 `json:"latency_s"` // wall seconds for all documents: Tokens by TokensPerSecond
	TokensPerSecond float64 `json:"tokens_per_second"`
	Spread          *Spread `json:"spread,omitempty"` // of TokensPerSecond over repetitions

	MeasuredDocuments int          `json:"measured_documents,omitempty"` // how many of the documents were read; none if all
	MeasuredTokens    int          `json:"measured_tokens,omitempty"`    // tokens of those
	MeasuredS         float64      `json:"measured_s,omitempty"`         // seconds that were measured, repetitions included
	Latency           *Percentiles `json:"latency,omitempty"`            // of one call, in the latency scenario
	AllocsPerDocument float64      `json:"allocs_per_document,omitempty"`
	WeightBytes       int          `json:"weight_bytes,omitempty"` // of the encoder
	Tokenizer         *Tokenizer   `json:"tokenizer,omitempty"`    // where there is text
	Explanation       *Explanation `json:"explanation,omitempty"`  // where it was asked for
}

// Sparse reports whether r is of an engine that leaves the zeros out. Its weights say
// nothing about that: a dense engine runs pruned weights too.
func (r Result) Sparse() bool { return strings.HasPrefix(r.Engine, "sparse") }

// Percentiles tell how long calls took, in seconds.
type Percentiles struct {
	Calls int     `json:"calls"` // how many were measured
	Min   float64 `json:"min_s"`
	Mean  float64 `json:"mean_s"`
	P50   float64 `json:"p50_s"`
	P90   float64 `json:"p90_s"`
	P95   float64 `json:"p95_s"`
	P99   float64 `json:"p99_s"`
	Max   float64 `json:"max_s"`
}

// A Tokenizer is the speed of splitting the texts of a benchmark into tokens.
type Tokenizer struct {
	TokensPerSecond float64 `json:"tokens_per_second"` // on one thread
	Included        bool    `json:"included"`          // in the times of the result
}

// A Benchmark compares models that read the same text in the same run.
type Benchmark struct {
	Results  []Result  `json:"results"`
	Scenario string    `json:"scenario,omitempty"` // "throughput" or "latency"
	Batch    int       `json:"batch,omitempty"`    // documents that are handed over together; none if all there are
	Workload *Workload `json:"workload,omitempty"`
	Machine  *Machine  `json:"machine,omitempty"`
}

// A Workload is what the models of a benchmark read.
type Workload struct {
	Name      string `json:"name,omitempty"` // of the data set or the lengths
	Note      string `json:"note,omitempty"` // what it stands for
	Random    bool   `json:"random"`         // random tokens, not text
	Documents int    `json:"documents"`
	Tokens    int    `json:"tokens"`   // of the first model's tokenizer
	Longest   int    `json:"longest"`  // tokens of the longest document
	Windowed  int    `json:"windowed"` // documents that are read in several windows, because they are longer than the model
}

// A Machine is where a benchmark ran and how busy it was.
type Machine struct {
	CPU             string   `json:"cpu"`
	Processors      int      `json:"processors"` // that the process may use
	OS              string   `json:"os"`
	Arch            string   `json:"arch"`
	Go              string   `json:"go"`
	Features        []string `json:"features"`                    // instruction sets that have kernels, best first
	Load            *Load    `json:"load,omitempty"`              // where the system tells
	PeakMemoryBytes int      `json:"peak_memory_bytes,omitempty"` // of the process, all models of the run included
}

// A Load says how busy a machine was with other work while models were measured.
type Load struct {
	Average float64 `json:"average"` // processes that wanted to run in the minute before
	Others  float64 `json:"others"`  // share of all processors that other processes used meanwhile
	Stolen  float64 `json:"stolen"`  // share that a virtual machine was not given
}
