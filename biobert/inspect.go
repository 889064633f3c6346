package biobert

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/sparsebio/sparsebio/biobert/hub"
	"github.com/sparsebio/sparsebio/biobert/internal/bert"
	"github.com/sparsebio/sparsebio/biobert/internal/locate"
	"github.com/sparsebio/sparsebio/biobert/internal/packed"
)

// An Inspection says what a model is made of. Its JSON form is stable.
type Inspection struct {
	Name   string   `json:"name"`           // as it was asked for
	Source string   `json:"source"`         // as Info.Source
	Note   string   `json:"note,omitempty"` // as Info.Note
	Files  []string `json:"files"`          // of the weights, without folders; none of an embedded model

	Architecture string   `json:"architecture"`     // "bert" or "distilbert"
	Task         string   `json:"task"`             // "token classification" ..., or "no task" of an encoder without a head
	Labels       []string `json:"labels,omitempty"` // by index
	Layers       int      `json:"layers"`
	Hidden       int      `json:"hidden"`
	Heads        int      `json:"heads"`
	Intermediate int      `json:"intermediate"`
	Vocabulary   int      `json:"vocabulary"` // rows of the word embedding
	MaxTokens    int      `json:"max_tokens"`

	Weights  string           `json:"weights"`  // "fp32", "fp16", "bf16" or "INT8", of the encoder, as they lie in the files
	Static   bool             `json:"static"`   // the scales of activations come with the weights: see WithEngine
	Sparsity float64          `json:"sparsity"` // share of zeros in the encoder's matrices
	Matrices []MatrixSparsity `json:"matrices"` // of all layers, from the first to the last
}

// A MatrixSparsity is a matrix of the encoder and how many of its weights are zero.
type MatrixSparsity struct {
	Name    string `json:"name"` // of its tensor, without ".weight"; of a packed model such as "0 qkv"
	Outputs int    `json:"outputs"`
	Inputs  int    `json:"inputs"`
	Zeros   int    `json:"zeros"`
	// Blocks says that its nonzeros come in groups of four neighbours along the inputs, as WithBlocks of package compress makes them.
	Blocks bool `json:"blocks"`
}

// Sparsity is the share of zeros.
func (m MatrixSparsity) Sparsity() float64 { return float64(m.Zeros) / float64(m.Outputs*m.Inputs) }

// Inspect opens the model called name, by any name that the constructors of pipelines take and whichever of them it is for, an encoder
// without a head included, and counts the zeros in its weights, all of which it reads.
func Inspect(ctx context.Context, name string) (*Inspection, error) {
	src, err := locate.Resolve(ctx, name)
	if err != nil {
		return nil, err
	}
	in := &Inspection{Name: name, Source: sourceText(src), Note: src.Note}
	path, err := locate.Path(ctx, src)
	switch {
	case err != nil:
	case path != "":
		err = in.checkpoint(path)
	default:
		err = in.packed(src)
	}
	if err != nil {
		return nil, fmt.Errorf("biobert: inspect %q: %w", name, err)
	}
	zeros, all := 0.0, 0.0
	for _, m := range in.Matrices {
		zeros, all = zeros+float64(m.Zeros), all+float64(m.Outputs)*float64(m.Inputs)
	}
	in.Sparsity = zeros / all
	return in, nil
}

func (in *Inspection) config(c *bert.Config) {
	in.Architecture, in.Task, in.Labels = c.ModelType, c.Head.String(), c.Labels
	in.Layers, in.Hidden, in.Heads, in.Intermediate = c.Layers, c.Hidden, c.Heads, c.Intermediate
	in.Vocabulary, in.MaxTokens = c.Vocab, c.MaxPosition
}

func (in *Inspection) checkpoint(path string) error {
	c, err := bert.OpenCheckpoint(path)
	if err != nil {
		return err
	}
	defer c.Close()
	in.config(c.Config)
	for _, f := range c.Files() {
		in.Files = append(in.Files, filepath.Base(f))
	}
	in.Static = c.Quantized()
	in.Weights = c.WeightType()
	for m, err := range c.Matrices() {
		if err != nil {
			return err
		}
		in.Matrices = append(in.Matrices, MatrixSparsity(m))
	}
	return nil
}

func (in *Inspection) packed(src hub.Source) error {
	var f *packed.File
	var err error
	if src.File != "" {
		f, err = packed.OpenFile(src.File)
		in.Files = []string{filepath.Base(src.File)}
	} else {
		f, err = packed.Open(bytesOf(src.Packed))
	}
	if err != nil {
		return err
	}
	defer f.Close()
	c, err := bert.ParseConfig(f.Config)
	if err != nil {
		return err
	}
	o, err := openPacked(f, c.Head, &options{})
	if err != nil {
		return err
	}
	in.config(c)
	in.Weights = map[bool]string{true: "fp16", false: "INT8"}[o.bert.Engine == bert.Dense]
	for _, m := range o.bert.Matrices() {
		in.Matrices = append(in.Matrices, MatrixSparsity(m))
	}
	return nil
}

// String returns a description of some lines and a table of the matrices.
func (in *Inspection) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", in.Name, in.Source)
	if len(in.Files) > 0 {
		fmt.Fprintf(&b, ", %s", strings.Join(in.Files, ", "))
	}
	fmt.Fprintf(&b, "\n%s for %s, %d layers x %d, %d heads, %d between, %d pieces, %d tokens\n",
		in.Architecture, in.Task, in.Layers, in.Hidden, in.Heads, in.Intermediate, in.Vocabulary, in.MaxTokens)
	if len(in.Labels) > 0 {
		fmt.Fprintf(&b, "labels: %s\n", strings.Join(in.Labels, " "))
	}
	scales := ""
	if in.Static {
		scales = ", with scales for activations"
	}
	fmt.Fprintf(&b, "weights: %s%s, %.2f %% zeros\n", in.Weights, scales, 100*in.Sparsity)
	width := len("matrix")
	for _, m := range in.Matrices {
		width = max(width, len(m.Name))
	}
	fmt.Fprintf(&b, "%-*s  %11s  %10s  %8s\n", width, "matrix", "shape", "zeros", "sparsity")
	for _, m := range in.Matrices {
		blocks := ""
		if m.Blocks {
			blocks = "  in fours"
		}
		fmt.Fprintf(&b, "%-*s  %5d x %-4d  %10d  %6.2f %%%s\n", width, m.Name, m.Outputs, m.Inputs, m.Zeros, 100*m.Sparsity(), blocks)
	}
	return b.String()
}
