package eval

import (
	"context"
	"fmt"

	"github.com/sparsebio/sparsebio/datasets/corpus"
)

// A Tagger labels words that are already cut, one label a word: that of the word's first
// piece. The pipeline biobert.TokenClassification is one.
type Tagger interface {
	TagWords(ctx context.Context, sentences [][]string) ([][]string, error)
}

// A Tagging is what a tagger makes of a corpus.
type Tagging struct {
	Sentences int        `json:"sentences"`
	Words     int        `json:"words"`
	Strict    Scores     `json:"strict"`   // see [StrictF1]
	CoNLL     Scores     `json:"conll"`    // see [CoNLLF1]
	Accuracy  float64    `json:"accuracy"` // see [Agreement]
	Tags      [][]string `json:"-"`        // the predictions, one slice a sentence
}

// TagSentences lets t tag the sentences and scores the result.
func TagSentences(ctx context.Context, t Tagger, sentences []corpus.Sentence) (*Tagging, error) {
	r := &Tagging{Sentences: len(sentences)}
	words, gold := make([][]string, len(sentences)), make([][]string, len(sentences))
	for i, s := range sentences {
		words[i], gold[i] = s.Tokens, s.Tags
		r.Words += len(s.Tokens)
	}
	var err error
	if r.Tags, err = t.TagWords(ctx, words); err != nil {
		return nil, err
	}
	if len(r.Tags) != len(words) {
		return nil, fmt.Errorf("eval: the tagger returned %d sentences for %d", len(r.Tags), len(words))
	}
	for i := range words {
		if len(r.Tags[i]) != len(words[i]) {
			return nil, fmt.Errorf("eval: the tagger returned %d tags for the %d words of sentence %d", len(r.Tags[i]), len(words[i]), i)
		}
	}
	r.Strict, r.CoNLL, r.Accuracy = StrictF1(gold, r.Tags), CoNLLF1(gold, r.Tags), Agreement(gold, r.Tags)
	return r, nil
}
