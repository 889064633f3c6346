package biobert

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/sparsebio/sparsebio/biobert/internal/bert"
	"github.com/sparsebio/sparsebio/kernels"
)

// TextClassification labels whole texts, or pairs of texts, with a BERT sequence classifier. It is safe
// for concurrent use.
type TextClassification struct{ *pipeline }

// NewTextClassification opens the model called name, as for NewTokenClassification, which must be a sequence
// classifier (BertForSequenceClassification) that gives labels, not a number.
func NewTextClassification(ctx context.Context, name string, opts ...Option) (*TextClassification, error) {
	o, err := newOptions("TextClassification", opts)
	if err != nil {
		return nil, err
	}
	return openTextClassification(ctx, name, o)
}

func openTextClassification(ctx context.Context, name string, o *options) (*TextClassification, error) {
	t := &textTask{truncate: o.truncate, function: o.function}
	p, err := openPipeline(ctx, name, bert.SequenceClassification, o, t)
	if err != nil {
		return nil, err
	}
	if t.function == "auto" {
		t.function = "softmax"
		if p.model.ProblemType == bert.MultiLabel {
			t.function = "sigmoid"
		}
	}
	return &TextClassification{p}, nil
}

// A Classification is a label of a text.
type Classification struct {
	Label string  `json:"label"`
	Score float64 `json:"score"` // probability, or the model's output: see WithFunctionToApply
}

// A Pair is two texts that are labelled together, such as a premise and a hypothesis. An empty second text is none: the
// first is then read by itself, as transformers does.
type Pair struct {
	Text   string `json:"text"`
	Second string `json:"text_pair"`
}

// Labels returns the labels of the model in the order of its outputs.
func (p *TextClassification) Labels() []string { return slices.Clone(p.model.Labels) }

// Classify reads texts and returns for each, in order, its labels with the highest scores: one, or as many
// as WithTopK says, the highest score first. An error of the sequence ends the reading and is returned. A text
// longer than the model, Info().MaxTokens with [CLS] and [SEP], is an error that names it; see WithTruncation.
func (p *TextClassification) Classify(ctx context.Context, texts iter.Seq2[string, error]) ([][]Classification, error) {
	var in []input
	for t, err := range texts {
		if err != nil {
			return nil, err
		}
		in = append(in, input{text: t})
	}
	return p.classify(ctx, in, p.opt.progress, !p.opt.silent)
}

// ClassifyText labels one text, in which all threads take part; for many texts use Classify.
func (p *TextClassification) ClassifyText(ctx context.Context, text string) ([]Classification, error) {
	return p.classifyOne(ctx, input{text: text})
}

// ClassifyPairs is Classify for pairs of texts.
func (p *TextClassification) ClassifyPairs(ctx context.Context, pairs iter.Seq2[Pair, error]) ([][]Classification, error) {
	var in []input
	for t, err := range pairs {
		if err != nil {
			return nil, err
		}
		in = append(in, pairInput(t))
	}
	return p.classify(ctx, in, p.opt.progress, !p.opt.silent)
}

// ClassifyPair is ClassifyText for a pair of texts.
func (p *TextClassification) ClassifyPair(ctx context.Context, text, second string) ([]Classification, error) {
	return p.classifyOne(ctx, pairInput(Pair{text, second}))
}

func pairInput(p Pair) input { return input{text: p.Text, pair: p.Second != "", second: p.Second} }

func (p *TextClassification) classifyOne(ctx context.Context, in input) ([]Classification, error) {
	out, err := p.classify(ctx, []input{in}, nil, false)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

func (p *TextClassification) classify(ctx context.Context, in []input, progress func(Progress), bar bool) ([][]Classification, error) {
	out := make([][]Classification, len(in))
	err := p.read(ctx, in, progress, bar, func(i int, s *scored) { out[i] = top(s.labels, s.probs, p.opt.topK) })
	if err != nil {
		return nil, err
	}
	return out, nil
}

// top returns the k labels with the highest scores, or all for 0; of equal ones that of the first output is first.
func top(labels []string, scores []float64, k int) []Classification {
	all := make([]Classification, len(labels))
	for i := range all {
		all[i] = Classification{labels[i], scores[i]}
	}
	slices.SortStableFunc(all, func(a, b Classification) int { return cmp.Compare(b.Score, a.Score) })
	if k > 0 && k < len(all) {
		all = slices.Clone(all[:k])
	}
	return all
}

// probabilities returns the scores of all labels, in the order of the model's outputs, for each of texts. progress may
// be nil; it is called as that of WithProgress.
func (p *TextClassification) probabilities(ctx context.Context, texts []string, progress func(Progress)) ([][]float64, error) {
	in := make([]input, len(texts))
	for i, t := range texts {
		in[i].text = t
	}
	out := make([][]float64, len(in))
	err := p.read(ctx, in, progress, false, func(i int, s *scored) { out[i] = slices.Clone(s.probs) })
	if err != nil {
		return nil, err
	}
	return out, nil
}

// textTask labels whole texts.
type textTask struct {
	truncate bool
	function string
}

func (t *textTask) cut(wins []window, m *bert.Model, i int, it *scored) ([]window, error) {
	it.room(len(it.labels))
	w := window{item: i, from: 1, to: len(it.enc.IDs) - 1}
	if it.second != nil {
		w.pair, w.secondFrom, w.secondTo = true, 1, len(it.second.IDs)-1
	}
	if n := w.tokens(); n > m.MaxPosition {
		if !t.truncate {
			return wins, fmt.Errorf("%d tokens with [CLS] and [SEP], the model takes %d (shorten it, or let WithTruncation cut it)", n, m.MaxPosition)
		}
		w.truncate(m.MaxPosition)
	}
	return append(wins, w), nil
}

// truncate cuts the texts at their ends to a sequence of size tokens, as transformers does with truncation=True
// (strategy longest_first of tokenizers): the longer one to what the shorter one leaves, but where
// that is less than half, both to half.
func (w *window) truncate(size int) {
	if !w.pair {
		w.to = w.from + size - 2
		return
	}
	size -= 3
	a, b := w.to-w.from, w.secondTo-w.secondFrom
	short := min(a, b)
	long := max(short, size-short)
	if short+long > size {
		short = size / 2
		long = size - short
	}
	if a > b {
		a, b = long, short
	} else {
		a, b = short, long
	}
	w.to, w.secondTo = w.from+a, w.secondFrom+b
}

func (t *textTask) keep(it *scored, _ *window, rows kernels.MatF32) bool {
	logits := rows.Row(0)
	switch t.function {
	case "softmax":
		kernels.SoftmaxF32(rows, 1)
	case "sigmoid":
		sigmoid(logits)
	}
	finite := true
	for i, v := range logits {
		it.probs[i] = float64(v)
		finite = finite && v-v == 0
	}
	return finite
}

// sigmoid replaces x by 1 / (1 + exp(-x)), which is what softmax makes of x beside 0.
func sigmoid(x []float32) {
	pairs := kernels.NewMatF32(len(x), 2)
	for i, v := range x {
		pairs.Row(i)[0] = v
	}
	kernels.SoftmaxF32(pairs, 1)
	for i := range x {
		x[i] = pairs.Row(i)[0]
	}
}
