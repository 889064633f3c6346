package biobert

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/sparsebio/sparsebio/biobert/internal/bert"
	"github.com/sparsebio/sparsebio/datasets/annot"
	"github.com/sparsebio/sparsebio/kernels"
)

// TokenClassification finds entities in texts with a BERT token classifier: named entity
// recognition. It is safe for concurrent use.
type TokenClassification struct{ *pipeline }

// NewTokenClassification opens the model called name: a registered model such as "jnlpba"
// (import _ "github.com/sparsebio/sparsebio/biobert/models/jnlpba"), the path of a
// checkpoint folder, a packed model file or an archive, a model of the Hugging Face hub such as "owner/name", or a stub of
// the SparseZoo; hub.Resolve says in which order. The error for a name that stands for nothing wraps
// hub.ErrUnknownModel. When ctx ends, fetching and unpacking stop, but not what comes after them; the methods look at
// their ctx before every 512 tokens or so.
func NewTokenClassification(ctx context.Context, name string, opts ...Option) (*TokenClassification, error) {
	o, err := newOptions("TokenClassification", opts)
	if err != nil {
		return nil, err
	}
	return openTokenClassification(ctx, name, o)
}

func openTokenClassification(ctx context.Context, name string, o *options) (*TokenClassification, error) {
	own, task := *o, &tokenTask{stride: o.stride}
	p, err := openPipeline(ctx, name, bert.TokenClassification, &own, task)
	if err != nil {
		return nil, err
	}
	if own.strategy == "" {
		own.strategy = AggregationStrategy(cmp.Or(p.model.TaskParam("token-classification", "aggregation_strategy"), string(Word)))
		if !slices.Contains(strategies, own.strategy) {
			p.Close()
			return nil, fmt.Errorf("biobert: model %q: config.json: unknown aggregation_strategy %q (have %s; WithAggregation sets one)", name, own.strategy, strategyNames())
		}
	}
	if own.strategy == Word {
		task.tags = newIOB(p.model.Labels)
	}
	return &TokenClassification{p}, nil
}

// Labels returns the labels of the model in the order of its outputs.
func (p *TokenClassification) Labels() []string { return slices.Clone(p.model.Labels) }

// Annotate reads texts and returns a document for each, in order. An error of the sequence
// ends the reading and is returned.
func (p *TokenClassification) Annotate(ctx context.Context, texts iter.Seq2[string, error]) ([]annot.Document, error) {
	return p.AnnotateDocuments(ctx, documents(texts))
}

// documents makes documents of texts.
func documents(texts iter.Seq2[string, error]) iter.Seq2[annot.Document, error] {
	return func(yield func(annot.Document, error) bool) {
		for t, err := range texts {
			if !yield(annot.Document{Text: t}, err) {
				return
			}
		}
	}
}

// AnnotateDocuments reads the text of documents and returns them in order with the entities that
// were found in place of those they had.
func (p *TokenClassification) AnnotateDocuments(ctx context.Context, docs iter.Seq2[annot.Document, error]) ([]annot.Document, error) {
	var out []annot.Document
	var in []input
	for d, err := range docs {
		if err != nil {
			return nil, err
		}
		in = append(in, input{text: d.Text, id: d.ID})
		out = append(out, d)
	}
	err := p.read(ctx, in, p.opt.progress, !p.opt.silent, func(i int, s *scored) {
		out[i].Entities = s.entities(p.opt.strategy, p.opt.ignore)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// AnnotateText reads one text, in which all threads take part; for many texts use Annotate, where each thread
// reads texts of its own. Text that is not valid UTF-8 is an error that names the place.
func (p *TokenClassification) AnnotateText(ctx context.Context, text string) (annot.Document, error) {
	d := annot.Document{Text: text}
	err := p.one(ctx, text, func(s *scored) { d.Entities = s.entities(p.opt.strategy, p.opt.ignore) })
	return d, err
}

// Tokens returns the label of every word piece of text that is not ignored: the
// unaggregated result.
func (p *TokenClassification) Tokens(ctx context.Context, text string) (out []TokenResult, err error) {
	err = p.one(ctx, text, func(s *scored) { out = s.tokens(p.tok, p.opt.ignore) })
	return out, err
}

// Groups returns the entities of text, aggregated by the pipeline's strategy, in the
// form that transformers gives them. With None the groups are single pieces.
func (p *TokenClassification) Groups(ctx context.Context, text string) (out []EntityGroup, err error) {
	err = p.one(ctx, text, func(s *scored) {
		if p.opt.strategy != None {
			out = s.groups(p.tok, p.opt.strategy, p.opt.ignore)
			return
		}
		for _, t := range s.tokens(p.tok, p.opt.ignore) {
			out = append(out, EntityGroup{t.Entity, t.Score, t.Word, t.Start, t.End})
		}
	})
	return out, err
}

// TagWords labels texts that are already split into words, as corpora are: one label a word, that
// of its first piece; with the aggregation strategy Word, where that gives an I- that continues nothing, the most probable ones that IOB2
// allows. A word without pieces, such as a lone control character, is "O".
func (p *TokenClassification) TagWords(ctx context.Context, sentences [][]string) ([][]string, error) {
	in := make([]input, len(sentences))
	out := make([][]string, len(sentences))
	for i, w := range sentences {
		in[i].words = w
		out[i] = slices.Repeat([]string{"O"}, len(w))
	}
	err := p.read(ctx, in, p.opt.progress, !p.opt.silent, func(i int, s *scored) {
		last := int32(-1)
		var units []unit
		for t, w := range s.enc.Word {
			if w >= 0 && w != last {
				units = append(units, s.unit(t, t+1))
				last = w
			}
		}
		s.decode(units)
		for _, u := range units {
			out[i][s.enc.Word[u.from]] = s.labels[u.label]
		}
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (p *TokenClassification) one(ctx context.Context, text string, f func(*scored)) error {
	return p.read(ctx, []input{{text: text}}, nil, false, func(_ int, s *scored) { f(s) })
}

// tokenTask labels every token of a text, over windows which share stride tokens.
type tokenTask struct {
	stride int
	tags   *iob // if labels are to be what IOB2 allows
}

func (t *tokenTask) cut(wins []window, m *bert.Model, i int, it *scored) ([]window, error) {
	it.tags = t.tags
	it.room(len(it.enc.IDs) * len(it.labels))
	return windows(wins, i, it.enc.Word, m.MaxPosition-2, t.stride), nil
}

func (*tokenTask) keep(it *scored, w *window, rows kernels.MatF32) bool {
	rows = rows.Sub(1+w.use-w.from, 1+w.end-w.from, 0, rows.Cols)
	kernels.SoftmaxF32(rows, 1)
	for t := w.use; t < w.end; t++ {
		row := it.row(t)
		for k, v := range rows.Row(t - w.use) {
			row[k] = float64(v)
		}
		if math.IsNaN(row[0]) { // then all of them are
			return false
		}
	}
	return true
}
