package compress

import (
	"fmt"
	"math"
	"strings"
)

// A Report says what was done to a model and what it cost. Its JSON form lies beside the weights as compress.json.
type Report struct {
	Model    string  `json:"model"` // as it was opened
	Method   Method  `json:"method"`
	Target   float64 `json:"target"`   // sparsity that was asked for
	Sparsity float64 `json:"sparsity"` // share of zeros in the encoder's matrices
	Block    int     `json:"block"`    // weights that were removed together
	Weights  string  `json:"weights"`  // "INT8" or "float"

	Texts         int `json:"texts"` // for calibration
	Tokens        int `json:"tokens"`
	HeldOutTexts  int `json:"held_out_texts"` // for the comparison
	HeldOutTokens int `json:"held_out_tokens"`

	Matrices  []Matrix   `json:"matrices"`
	Agreement Agreement  `json:"agreement"`      // as the engine runs the checkpoint: with INT8 weights and activations quantized for each token
	ONNX      *Agreement `json:"onnx,omitempty"` // of model.onnx, with static scales
	Seconds   float64    `json:"seconds"`
}

// A Matrix is one that was compressed.
type Matrix struct {
	Name     string  `json:"name"` // of its tensor, without ".weight"
	Outputs  int     `json:"outputs"`
	Inputs   int     `json:"inputs"`
	Sparsity float64 `json:"sparsity"`
	// Error is how far its outputs are from those of the matrix it replaces, for the same inputs, those that it has in the compressed
	// model: ‖W'x+b' - (Wx+b)‖ / ‖Wx‖ over all calibration tokens. ADMM aims at what the dense model has there, and so accepts some of it.
	Error float64 `json:"error"`
}

// An Agreement compares the compressed model with the dense one, in fp32, on the texts that were held out.
type Agreement struct {
	// Outputs is how many were compared: labels of tokens, or of texts if the model labels these, or beginnings and ends of answers.
	Outputs int     `json:"outputs"`
	Equal   float64 `json:"equal"` // share for which both models prefer the same label
	// Others is how many of the dense model's labels were not its most frequent one, which in named entity recognition is O, and EqualOthers
	// the share of those for which the labels are the same.
	Others      int     `json:"others"`
	EqualOthers float64 `json:"equal_others"`
	Mean        float64 `json:"mean"`  // mean difference of logits, without sign
	Max         float64 `json:"max"`   // the largest
	Range       float64 `json:"range"` // of the dense model's logits: their maximum less their minimum

	// Of an encoder without a head there are no labels: Outputs and Others are 0, and the hidden states of so many tokens stand for logits. Cosine is the mean of
	// the cosines of the angles between both models' states of a token.
	States int     `json:"states,omitempty"`
	Cosine float64 `json:"cosine,omitempty"`
}

// String returns a table of the matrices, and what the comparison gave.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s, %.1f %% zeros, blocks of %d, %s weights; %d texts, %d tokens, %.1f s\n",
		r.Model, r.Method, 100*r.Sparsity, r.Block, r.Weights, r.Texts, r.Tokens, r.Seconds)
	width := len("matrix")
	for _, m := range r.Matrices {
		width = max(width, len(m.Name))
	}
	fmt.Fprintf(&b, "%-*s  %11s  %8s  %7s\n", width, "matrix", "shape", "sparsity", "error")
	for _, m := range r.Matrices {
		fmt.Fprintf(&b, "%-*s  %5d x %-4d %7.2f %%  %7.4f\n", width, m.Name, m.Outputs, m.Inputs, 100*m.Sparsity, m.Error)
	}
	fmt.Fprintf(&b, "same as dense: %s\n", r.Agreement)
	if r.ONNX != nil {
		fmt.Fprintf(&b, "model.onnx:    %s\n", *r.ONNX)
	}
	return b.String()
}

// String returns a line such as "98.1 % of 4,096 labels (91.0 % of 512 that are not the most frequent), logits differ by 0.21 of 14.2",
// or of an encoder "hidden states of 512 tokens: cosine 0.987, they differ by 0.062 in the mean".
func (a Agreement) String() string {
	if a.States > 0 {
		return fmt.Sprintf("hidden states of %d tokens: cosine %.4f, they differ by %.3f in the mean, %.2f %% of their range",
			a.States, a.Cosine, a.Mean, 100*a.Mean/max(a.Range, math.SmallestNonzeroFloat64))
	}
	return fmt.Sprintf("%.2f %% of %d labels (%.2f %% of the %d that are not the most frequent), logits differ by %.3f in the mean, %.2f %% of their range",
		100*a.Equal, a.Outputs, 100*a.EqualOthers, a.Others, a.Mean, 100*a.Mean/max(a.Range, math.SmallestNonzeroFloat64))
}
