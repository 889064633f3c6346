package bert

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/sparsebio/sparsebio/biobert/report"
)

// A step is a kind of work in a forward pass.
type step int

// The steps. Dense passes only tell attention and normalization.
const (
	Embedding    step = iota
	Quantization      // GELU, quantization and arrangement of activations
	Products
	Attention
	LayerNorm
	Classifier
	steps
)

func (s step) String() string {
	return [...]string{"embedding", "GELU and quantization", "products", "attention", "residual and layer norm", "classifier"}[s]
}

// times is what a timed pass took on one goroutine.
type times struct {
	steps   [steps]time.Duration
	linears []time.Duration // four of each layer
}

// took adds the time since began to a step and, from 0 on, to a linear, and returns the time.
func (s *State) took(w *worker, of step, linear int, began time.Time) time.Time {
	if !s.timed {
		return began
	}
	now := time.Now()
	w.times.steps[of] += now.Sub(began)
	if linear >= 0 {
		w.times.linears[linear] += now.Sub(began)
	}
	return now
}

// explainRounds is how many passes Explain times; it reports the fastest of each part.
const explainRounds = 15

// Explain times a pass over one sequence of random tokens on one goroutine: what each product and each
// step takes. Only engines with INT8 weights can be explained.
func (m *Model) Explain(tokens int) (report.Explanation, error) {
	var e report.Explanation
	if m.Engine == Dense {
		return e, fmt.Errorf("the dense fp32 engine has one kernel for all layers: there is nothing to explain")
	}
	if m.Engine == Static {
		return e, fmt.Errorf("the engine for calibrated ONNX models measures nothing (WithEngine(\"sparse\") or \"dense-int8\" can be explained)")
	}
	if tokens < 1 || tokens > m.MaxPosition {
		return e, fmt.Errorf("a sequence of %d tokens (the model takes 1 to %d)", tokens, m.MaxPosition)
	}
	r := rand.New(rand.NewPCG(1, 2))
	var b Batch
	ids := make([]int32, tokens)
	for i := range ids {
		ids[i] = int32(r.IntN(m.Vocab))
	}
	b.Add(ids)
	s := NewState(1)
	defer s.Close()
	m.Forward(s, &b)
	s.timed = true
	var best times
	for round := range explainRounds {
		w := &s.workers[0]
		w.times = times{linears: make([]time.Duration, 4*len(m.layers))}
		m.Forward(s, &b)
		if round == 0 {
			best = w.times
			continue
		}
		for i, t := range w.times.steps {
			best.steps[i] = min(best.steps[i], t)
		}
		for i, t := range w.times.linears {
			best.linears[i] = min(best.linears[i], t)
		}
	}
	e.Tokens = tokens
	for i := range m.layers {
		for j, l := range m.layers[i].linears() {
			rows := tokens
			if m.Head == SequenceClassification && i == len(m.layers)-1 && j > 0 {
				rows = 1 // see keepFirst
			}
			e.Layers = append(e.Layers, report.LayerTime{
				Layer: fmt.Sprintf("%d %s", i, l.name), Outputs: l.n, Inputs: l.k, Tokens: rows,
				Sparsity: l.zeros / (float64(l.n) * float64(l.k)), Kernel: l.s8.Kernel(), Bytes: l.s8.Bytes(),
				ExpectedS: l.s8.Expected(rows).Seconds(), MeasuredS: best.linears[4*i+j].Seconds(),
			})
		}
	}
	for i, t := range best.steps {
		e.Steps = append(e.Steps, report.StepTime{Step: step(i).String(), MeasuredS: t.Seconds()})
	}
	return e, nil
}
