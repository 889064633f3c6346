package report

// A Roofline says how close matrix products come to what a machine can do (Williams, Waterman and Patterson, "Roofline: an insightful
// visual performance model for multicore architectures", 2009). No product can do more operations a second than the arithmetic units,
// and none more than memory brings bytes for.
type Roofline struct {
	Threads   int           `json:"threads"`
	Peaks     []Peak        `json:"peaks"`     // of arithmetic
	Bandwidth Bandwidth     `json:"bandwidth"` // of memory
	Products  []ProductTime `json:"products"`
	Machine   *Machine      `json:"machine,omitempty"`
}

// A Peak is the most operations a second in one type of numbers; a multiplication and an addition are two.
type Peak struct {
	Name         string  `json:"name"`   // "INT8", "fp32"
	Kernel       string  `json:"kernel"` // that reached it, with all data in the first caches
	OpsPerSecond float64 `json:"ops_per_second"`
}

// A Bandwidth is how fast memory is read.
type Bandwidth struct {
	BytesPerSecond float64 `json:"bytes_per_second"`
	Bytes          int     `json:"bytes"` // that were read in turn: more than the caches hold
}

// A ProductTime is the time of a product of weights and activations, with weights that come from memory.
type ProductTime struct {
	Engine   string  `json:"engine"` // form of the weights and their type: "dense fp32", "sparse INT8"
	Kernel   string  `json:"kernel"` // "gather avx512vbmi"
	Outputs  int     `json:"outputs"`
	Inputs   int     `json:"inputs"`
	Tokens   int     `json:"tokens"`
	Sparsity float64 `json:"sparsity"` // share of zeros
	Bytes    float64 `json:"bytes"`    // that it has to read and write: weights as they are packed, activations, results
	Seconds  float64 `json:"seconds"`
}

// Executed returns how many operations a product does on weights that are not zero: two for each and a token.
func (p ProductTime) Executed() float64 { return p.Effective() * (1 - p.Sparsity) }

// Effective returns how many operations a product stands for: those of a dense one that gives the same result.
func (p ProductTime) Effective() float64 {
	return 2 * float64(p.Outputs) * float64(p.Inputs) * float64(p.Tokens)
}
