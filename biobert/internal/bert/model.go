// Package bert runs BERT encoders with a head, as defined by Devlin et al. (arXiv 1810.04805) and by the
// BertForTokenClassification, BertForSequenceClassification and BertForQuestionAnswering of HuggingFace
// transformers, on the kernels of package kernels.
//
// Sequences are packed end to end: a batch of B sequences is one matrix of
// [total tokens, hidden]; only the positions and attention know the borders. So
// nothing is padded, and the result of a sequence has the same bits whatever else
// is in its batch and however many threads share the work.
package bert

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sparsebio/sparsebio/biobert/internal/safetensors"
	"github.com/sparsebio/sparsebio/kernels"
)

// Engine is the form in which the weights of the encoder are held and multiplied.
type Engine string

// The engines.
const (
	Dense   Engine = "dense"      // fp32 weights, fp32 activations
	DenseS8 Engine = "dense-int8" // all weights in INT8, 8-bit activations and attention
	Sparse  Engine = "sparse"     // the same without the zeros where that is faster
)

// Engines lists all engines.
var Engines = []Engine{Dense, DenseS8, Sparse}

// Model is a BERT encoder with its head. It is immutable after it was made and safe
// for concurrent use; each goroutine needs a State of its own.
type Model struct {
	Config
	Engine Engine

	word       wordTable // [vocab, hidden]
	position   []float32 // [max position, hidden], token type 0 added but by the engine Static
	types      []float32 // [token types, hidden], of the engine Static only
	second     []float32 // [hidden], token type 1 less token type 0; nil if there is none
	embNorm    norm
	layers     []layer
	pooler     linear  // [hidden, hidden], of sequence classification only; always dense
	classifier linear  // [labels, hidden], always dense
	static     *static // of the engine Static only
}

type norm struct{ gamma, beta []float32 } // [hidden] each

type layer struct {
	qkv     linear              // [3*hidden, hidden]: query, key and value below one another; in INT8 of one group of heads after another
	groups  []*kernels.LinearS8 // of qkv, if it is INT8: the query, key and value of a group of heads
	attOut  linear              // [hidden, hidden]
	attNorm norm
	up      linear // [intermediate, hidden]
	down    linear // [hidden, intermediate]
	outNorm norm
}

// linears returns the four products of a layer with the names used for them in
// packed files and reports.
func (l *layer) linears() [4]struct {
	name string
	*linear
} {
	return [4]struct {
		name string
		*linear
	}{{"qkv", &l.qkv}, {"attention.output", &l.attOut}, {"intermediate", &l.up}, {"output", &l.down}}
}

// linear returns product j in the order of linears.
func (l *layer) linear(j int) *linear { return l.linears()[j].linear }

// headGroup returns how many heads make a group: as few as make a multiple of 64 outputs, the unit of the
// INT8 kernels, or all.
func (c *Config) headGroup() int {
	d := c.Hidden / c.Heads
	for g := 1; g < c.Heads; g++ {
		if c.Heads%g == 0 && g*d%64 == 0 {
			return g
		}
	}
	return c.Heads
}

// qkvOrder returns the rows of query, key and value, below one another, in the order of groups of heads.
func (c *Config) qkvOrder() []int {
	g := c.headGroup() * c.Hidden / c.Heads // rows of a group
	order := make([]int, 0, 3*c.Hidden)
	for at := 0; at < c.Hidden; at += g {
		for part := range 3 {
			for r := range g {
				order = append(order, part*c.Hidden+at+r)
			}
		}
	}
	return order
}

// setS8 sets linear j.
func (l *layer) setS8(j int, w *kernels.LinearS8, c *Config) {
	*l.linear(j) = s8Linear(w)
	if j > 0 {
		return
	}
	l.groups = l.groups[:0]
	n := w.N() * c.headGroup() / c.Heads
	for at := 0; at < w.N(); at += n {
		l.groups = append(l.groups, w.Outputs(at, at+n))
	}
}

// Sparsity returns the share of zeros among the weights of the encoder's linears.
func (m *Model) Sparsity() float64 {
	var zeros, all float64
	for i := range m.layers {
		for _, l := range m.layers[i].linears() {
			zeros += l.zeros
			all += float64(l.n) * float64(l.k)
		}
	}
	return zeros / all
}

// WeightBytes returns the size of the encoder's linears as they are held in memory.
func (m *Model) WeightBytes() int {
	b := 0
	for i := range m.layers {
		for _, l := range m.layers[i].linears() {
			b += l.bytes()
		}
	}
	return b
}

// Kernel names the kernels of the encoder's products, such as "gather avx512vbmi"; joined by " + " if
// the layers have different ones.
func (m *Model) Kernel() string {
	var names []string
	for i := range m.layers {
		for _, l := range m.layers[i].linears() {
			name := "gemm " + kernels.ActiveISA("gemm_f32")
			if l.s8 != nil {
				name = l.s8.Kernel()
			} else if l.static != nil {
				name = l.static[0].kernel()
			}
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return strings.Join(names, " + ")
}

// A wordTable is the word embedding in one of several forms.
type wordTable interface {
	row(id int32, dst []float32) // dst has hidden elements
	rows() int
}

type wordsF32 struct {
	data   []float32
	hidden int
}

func (w wordsF32) rows() int { return len(w.data) / w.hidden }
func (w wordsF32) row(id int32, dst []float32) {
	copy(dst, w.data[int(id)*w.hidden:][:w.hidden])
}

// wordsS8 holds one scale per row: value = scale[id] * data[id][j].
type wordsS8 struct {
	data   []byte // int8
	scale  []float32
	hidden int
}

func (w wordsS8) rows() int { return len(w.scale) }
func (w wordsS8) row(id int32, dst []float32) {
	kernels.DequantizeS8(dst, w.data[int(id)*w.hidden:][:len(dst)], w.scale[id])
}

// wordsRaw reads rows of a checkpoint's table in place, so that opening it does
// not convert the 30,000 rows of which a text uses a few hundred.
type wordsRaw struct{ t safetensors.Tensor }

func (w wordsRaw) rows() int                   { return w.t.Shape[0] }
func (w wordsRaw) row(id int32, dst []float32) { w.t.Row(int(id)).Float32s(dst) } // of a type that was checked

// activationsS8 maps hidden_act to the function applied in place before its results become 8-bit.
var activationsS8 = map[string]func([]float32){
	"gelu":              kernels.GELUCoarseF32,
	"gelu_new":          kernels.GELUTanhF32,
	"gelu_pytorch_tanh": kernels.GELUTanhF32,
}

// activations maps hidden_act to the function applied in place.
var activations = map[string]func([]float32){
	"gelu":              kernels.GELUF32,
	"gelu_new":          kernels.GELUTanhF32,
	"gelu_pytorch_tanh": kernels.GELUTanhF32,
}

// check compares the shapes that were read with the configuration.
func (m *Model) check() error {
	if n := m.word.rows(); n != m.Vocab {
		return fmt.Errorf("word embedding has %d rows, config.json says vocab_size %d", n, m.Vocab)
	}
	return nil
}
