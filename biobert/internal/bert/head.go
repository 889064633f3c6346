package bert

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sparsebio/sparsebio/kernels"
)

// A Head says what a model makes of the encoder's outputs.
type Head int

// The heads.
const (
	TokenClassification    Head = iota // labels of every token
	SequenceClassification             // labels of a text or a pair of texts
	QuestionAnswering                  // of every token, whether an answer begins and whether it ends there
	Encoder                            // none: the outputs of the encoder themselves, as pre-training leaves them
)

// Kinds of sequence classification, as problem_type names them.
const (
	SingleLabel = "single_label_classification"
	MultiLabel  = "multi_label_classification"
)

// heads says how transformers names each head and its output layer.
var heads = [...]struct{ architecture, tensor, name string }{
	{"BertForTokenClassification", "classifier", "token classification"},
	{"BertForSequenceClassification", "classifier", "sequence classification"},
	{"BertForQuestionAnswering", "qa_outputs", "question answering"},
	{"BertModel", "", "no task"},
}

// encoders are what else transformers calls encoders without a head for a task: those with what they were pre-trained with.
var encoders = []string{"BertForMaskedLM", "BertForPreTraining", "BertForNextSentencePrediction"}

// String returns a name such as "token classification".
func (h Head) String() string { return heads[h].name }

// tensor returns the name of the output layer, which an encoder does not have.
func (h Head) tensor() string { return heads[h].tensor }

// outputs returns how many numbers there are for a token or a text.
func (c *Config) outputs() int {
	if c.Head == Encoder {
		return c.Hidden
	}
	return len(c.Labels)
}

// copyRows copies x to dst.
func copyRows(dst, x kernels.MatF32) {
	for i := range x.Rows {
		copy(dst.Row(i), x.Row(i))
	}
}

func headOf(architecture string) (Head, bool) {
	for i, h := range heads {
		if h.architecture == architecture {
			return Head(i), true
		}
	}
	return Encoder, slices.Contains(encoders, architecture)
}

func architectureNames() string {
	var names []string
	for _, h := range heads {
		names = append(names, fmt.Sprintf("%q", h.architecture))
	}
	return strings.Join(names, ", ")
}

// keepFirst leaves, in the last layer of a sequence classifier, the first token of each sequence in x and y, and
// says whether it did: once attention is over, nothing else has a part in the result.
func (s *State) keepFirst() bool {
	if s.model.Head != SequenceClassification || s.layer < len(s.model.layers)-1 {
		return false
	}
	n := s.batch.Len()
	for i, t := range s.batch.Starts[:n] { // t is never less than i, so nothing is overwritten too early
		copy(s.x.Row(i), s.x.Row(t))
		copy(s.y.Row(i), s.y.Row(t))
	}
	s.x, s.y = s.x.Sub(0, n, 0, s.x.Cols), s.y.Sub(0, n, 0, s.y.Cols)
	return true
}

// pooled applies tanh to x, what the pooler made of the first tokens.
func (s *State) pooled(w *worker, x kernels.MatF32) {
	tanh(x.Data, w.up.mat(len(x.Data), 2))
	s.trace("pooled", -1, x)
}

// tanh replaces x by its hyperbolic tangent, within 2e-7. It is the difference between the two numbers that softmax
// makes of x and -x, and so has the same bits on every machine, which math.Tanh has not. pairs, [len(x), 2], is
// overwritten.
func tanh(x []float32, pairs kernels.MatF32) {
	for i, v := range x {
		pairs.Data[2*i], pairs.Data[2*i+1] = v, -v
	}
	kernels.SoftmaxF32(pairs, 1)
	for i := range x {
		x[i] = pairs.Data[2*i] - pairs.Data[2*i+1]
	}
}
