package biobert

import (
	"context"
	"fmt"

	"github.com/sparsebio/sparsebio/biobert/internal/bert"
	"github.com/sparsebio/sparsebio/biobert/internal/token"
)

// An input is a text, a text split into words, token ids, or a pair of texts.
type input struct {
	id     string
	offset int // of its number, if the inputs are some of many
	text   string
	words  []string
	ids    []int32
	pair   bool
	second string // text of a pair
}

// size estimates the tokens of an input; scientific English has four bytes a token.
func (in *input) size() int {
	n := len(in.text) + len(in.second) + 4*len(in.ids)
	for _, w := range in.words {
		n += len(w) + 1
	}
	return n/4 + 2
}

// name says which input it is, the number counted from 0.
func (in *input) name(head bert.Head, number int) string {
	noun := "text"
	switch {
	case head == bert.QuestionAnswering:
		noun = "question"
	case in.pair:
		noun = "pair"
	}
	name := fmt.Sprintf("%s %d", noun, number+in.offset+1)
	if in.id != "" {
		name += fmt.Sprintf(" (id %q)", in.id)
	}
	return name
}

// A scored is a text with what the model made of it.
type scored struct {
	text       string
	enc        *token.Encoding
	secondText string          // of a pair
	second     *token.Encoding // of a pair, else nil
	labels     []string
	tags       *iob      // of a tagger whose labels are to be what IOB2 allows
	probs      []float64 // [tokens, labels], rows of special tokens unused; [labels] if the model classifies sequences
	spans      spans     // of question answering
}

// room makes probs n long.
func (s *scored) room(n int) {
	if cap(s.probs) < n {
		s.probs = make([]float64, n)
	}
	s.probs = s.probs[:n]
}

// A reader takes inputs through tokenizer and model, one goroutine's share of the work. It is used again
// by later calls, so that they need not allocate.
type reader struct {
	p       *pipeline
	state   *bert.State
	batch   bert.Batch
	encs    []token.Encoding
	seconds []token.Encoding // of pairs
	items   []scored
	wins    []window
}

// windowBatch is how many tokens pass through the model at once at most, but for a
// single longer window.
const windowBatch = 512

// read reads in, whose first element is number first of all.
func (r *reader) read(ctx context.Context, in []input, first int, f func(int, *scored), meter *meter) error {
	for len(r.encs) < len(in) {
		r.encs = append(r.encs, token.Encoding{})
		r.seconds = append(r.seconds, token.Encoding{})
		r.items = append(r.items, scored{})
	}
	r.wins = r.wins[:0]
	m := r.p.model
	for i := range in {
		it := &r.items[i]
		it.text, it.enc, it.labels = in[i].text, &r.encs[i], m.Labels
		it.secondText, it.second = in[i].second, nil
		err := r.encode(it.enc, &in[i])
		if err == nil && in[i].pair {
			it.second = &r.seconds[i]
			if err = r.p.tok.Encode(it.second, in[i].second); err != nil {
				what := "second text"
				if m.Head == bert.QuestionAnswering {
					what = "context"
				}
				err = fmt.Errorf("%s: %w", what, err)
			}
		}
		if err == nil {
			r.wins, err = r.p.task.cut(r.wins, m, i, it)
		}
		if err != nil {
			return fmt.Errorf("biobert: %s: %w", in[i].name(m.Head, first+i), err)
		}
	}
	for w := 0; w < len(r.wins); {
		if err := ctx.Err(); err != nil {
			return err
		}
		r.batch.Reset()
		from := w
		for w < len(r.wins) && (w == from || len(r.batch.IDs)+r.wins[w].tokens() <= windowBatch) {
			r.add(&r.wins[w])
			w++
		}
		if err := m.Check(&r.batch); err != nil {
			return fmt.Errorf("biobert: model %q: %w (do the tokenizer and the weights belong together?)", r.p.name, err)
		}
		logits := m.Forward(r.state, &r.batch)
		for i := range r.wins[from:w] {
			win := &r.wins[from+i]
			lo, hi := r.batch.Starts[i], r.batch.Starts[i+1]
			if m.Head == bert.SequenceClassification {
				lo, hi = i, i+1
			}
			if !r.p.task.keep(&r.items[win.item], win, logits.Sub(lo, hi, 0, logits.Cols)) {
				return fmt.Errorf("biobert: model %q: its weights are so large that the results are not numbers (is the checkpoint damaged?)", r.p.name)
			}
			meter.tokens(win.tokens())
		}
	}
	for i := range in {
		f(first+i, &r.items[i])
		meter.texts(1)
	}
	return nil
}

// encode splits in into tokens, but for the second text of a pair.
func (r *reader) encode(e *token.Encoding, in *input) error {
	switch {
	case in.words != nil:
		return r.p.tok.EncodeWords(e, in.words)
	case in.ids != nil:
		e.Reset()
		for i, id := range in.ids {
			word := int32(i)
			if i == 0 || i == len(in.ids)-1 {
				word = -1
			}
			e.IDs, e.Word = append(e.IDs, id), append(e.Word, word)
		}
		return nil
	}
	return r.p.tok.Encode(e, in.text)
}

// add appends a window to the batch: [CLS] text [SEP], and for a pair second text [SEP].
func (r *reader) add(w *window) {
	ids := r.items[w.item].enc.IDs
	cls, text, sep := ids[:1], ids[w.from:w.to], ids[len(ids)-1:]
	if !w.pair {
		r.batch.Add(cls, text, sep)
		return
	}
	r.batch.AddPair(len(text)+2, cls, text, sep, r.items[w.item].second.IDs[w.secondFrom:w.secondTo], sep)
}
