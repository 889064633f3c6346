package report

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// A LayerTime is one product of an encoder with the kernel that was chosen for it.
type LayerTime struct {
	Layer     string  `json:"layer"`    // number of the layer, from 0, and name of the product: "0 qkv"
	Outputs   int     `json:"outputs"`  // rows of the weights
	Inputs    int     `json:"inputs"`   // columns of the weights
	Tokens    int     `json:"tokens"`   // that it is computed for: of a sequence classifier's last layer mostly the first alone
	Sparsity  float64 `json:"sparsity"` // share of zeros
	Kernel    string  `json:"kernel"`   // form of the weights and instruction set: "gather avx512vbmi"
	Bytes     int     `json:"bytes"`
	ExpectedS float64 `json:"expected_s"` // by the cost model
	MeasuredS float64 `json:"measured_s"`
}

// A StepTime is the time of a kind of work in all layers.
type StepTime struct {
	Step      string  `json:"step"`
	MeasuredS float64 `json:"measured_s"`
}

// An Explanation says where the time of one pass goes on one thread.
type Explanation struct {
	Model    string      `json:"model,omitempty"`
	Engine   string      `json:"engine,omitempty"`   // form of the weights and their type: "sparse INT8"
	Instance string      `json:"instance,omitempty"` // the machine, by its processor
	Tokens   int         `json:"tokens"`             // of the sequence
	Layers   []LayerTime `json:"layers"`
	Steps    []StepTime  `json:"steps"`
}

// WriteTo writes e as two tables of text.
func (e Explanation) WriteTo(w io.Writer) (int64, error) {
	c := &counter{w: w}
	t := tabwriter.NewWriter(c, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "Layer\tShape\tSparsity\tKernel\tKB\tExpected µs\tMeasured µs")
	for _, l := range e.Layers {
		fmt.Fprintf(t, "%s\t%d x %d\t%.1f %%\t%s\t%.0f\t%.0f\t%.0f\n", l.Layer, l.Outputs, l.Inputs, 100*l.Sparsity, l.Kernel, float64(l.Bytes)/1024, 1e6*l.ExpectedS, 1e6*l.MeasuredS)
	}
	t.Flush()
	total := 0.0
	for _, s := range e.Steps {
		total += s.MeasuredS
	}
	fmt.Fprintf(c, "\n%d tokens on one thread\n", e.Tokens)
	t = tabwriter.NewWriter(c, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "Step\tµs\tShare")
	for _, s := range e.Steps {
		fmt.Fprintf(t, "%s\t%.0f\t%.0f %%\n", s.Step, 1e6*s.MeasuredS, 100*s.MeasuredS/max(total, 1e-12))
	}
	fmt.Fprintf(t, "all\t%.0f\t%.0f tokens/s\n", 1e6*total, float64(e.Tokens)/max(total, 1e-12))
	t.Flush()
	return c.n, c.err
}

// A counter counts what it writes and keeps the first error.
type counter struct {
	w   io.Writer
	n   int64
	err error
}

func (c *counter) Write(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.w.Write(p)
	c.n, c.err = c.n+int64(n), err
	return n, err
}
