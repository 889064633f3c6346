package biobert

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"

	"github.com/sparsebio/sparsebio/biobert/internal/bert"
	"github.com/sparsebio/sparsebio/biobert/internal/token"
	"github.com/sparsebio/sparsebio/kernels"
)

// QuestionAnswering finds the answers to questions in texts, with a BERT model trained to mark where an answer begins and
// ends (Devlin et al., arXiv 1810.04805, section 4.2). It writes nothing of its own: an answer is a part of the text.
// Results equal those of the question answering pipeline of transformers 4, in which all texts go through the same windows.
// It is safe for concurrent use.
type QuestionAnswering struct{ *pipeline }

// NewQuestionAnswering opens the model called name, as for NewTokenClassification, which must be one for extractive
// question answering (BertForQuestionAnswering).
func NewQuestionAnswering(ctx context.Context, name string, opts ...Option) (*QuestionAnswering, error) {
	o, err := newOptions("QuestionAnswering", opts)
	if err != nil {
		return nil, err
	}
	p, err := openPipeline(ctx, name, bert.QuestionAnswering, o, answerTask{o})
	if err != nil {
		return nil, err
	}
	return &QuestionAnswering{p}, nil
}

// A Question is a question and the text to look for the answer in.
type Question struct {
	Question string `json:"question"`
	Context  string `json:"context"`
}

// An Answer is a part of a context.
type Answer struct {
	Answer string  `json:"answer"` // empty if it is that there is none: see WithNoAnswer
	Score  float64 `json:"score"`  // product of the probabilities of its first and last token; the sum, where the same words were found several times
	Start  int     `json:"start"`  // byte offset in the context
	End    int     `json:"end"`    // byte offset after the answer
}

// Answer looks for the answer to question in text, in which all threads take part. It returns the answers with the highest
// scores: one, or as many as WithTopK says, the highest score first, and none for a text without words. Answers
// begin and end at borders of words as BERT has them, for which "IL-2" is three. A text may be of any length; what is
// longer than a window is read in several that overlap (WithStride). A question that is empty, or leaves
// no room for the text, is an error.
func (p *QuestionAnswering) Answer(ctx context.Context, question, text string) ([]Answer, error) {
	out, err := p.answers(ctx, []input{questionInput(Question{question, text})}, nil, false)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// AnswerAll reads questions and returns the answers to each, in order, as Answer does. An error of the sequence ends the
// reading and is returned.
func (p *QuestionAnswering) AnswerAll(ctx context.Context, questions iter.Seq2[Question, error]) ([][]Answer, error) {
	var in []input
	for q, err := range questions {
		if err != nil {
			return nil, err
		}
		in = append(in, questionInput(q))
	}
	return p.answers(ctx, in, p.opt.progress, !p.opt.silent)
}

func questionInput(q Question) input { return input{text: q.Question, pair: true, second: q.Context} }

func (p *QuestionAnswering) answers(ctx context.Context, in []input, progress func(Progress), bar bool) ([][]Answer, error) {
	out := make([][]Answer, len(in))
	err := p.read(ctx, in, progress, bar, func(i int, s *scored) { out[i] = s.answers(p.opt.topK, p.opt.noAnswer) })
	if err != nil {
		return nil, err
	}
	return out, nil
}

// answerWindow is the most tokens of a window: what models are trained with, SQuAD's max_seq_length.
const answerWindow = 384

// answerTask finds where answers begin and end, in windows of the context that each have the question before it.
type answerTask struct{ *options }

// spans is what has been found so far in the windows of a context.
type spans struct {
	found  []span    // the best of each window in turn, the best first
	null   float32   // lowest score of a window for having no answer
	best   []span    // of the window that is read
	scores []float32 // of that window
}

// A span is a candidate for an answer.
type span struct {
	score      float32
	start, end int // tokens of the context, the last included; in found, bytes
}

func (t answerTask) cut(wins []window, m *bert.Model, i int, it *scored) ([]window, error) {
	it.spans.found, it.spans.null = it.spans.found[:0], math.MaxFloat32
	most := min(m.MaxPosition, answerWindow)
	question, n := len(it.enc.IDs)-2, len(it.second.IDs)-1 // tokens 1 to n-1 are the context
	room := most - question - 3
	switch {
	case question == 0:
		return wins, errors.New("the question is empty")
	case room < 1:
		return wins, fmt.Errorf("the question has %d tokens and leaves no room for the context in a window of %d (shorten it)", question, most)
	}
	stride := min(t.stride, most/2)
	if stride >= room { // transformers gives up
		stride = room / 2
	}
	for from := 1; ; from += room - stride {
		to := min(from+room, n)
		wins = append(wins, window{item: i, from: 1, to: 1 + question, pair: true, secondFrom: from, secondTo: to})
		if to == n {
			return wins, nil
		}
	}
}

// keep adds the best spans of a window, as the pipeline of transformers does: the probabilities are those of the tokens of
// the context and of [CLS], whose share is that of no answer.
func (t answerTask) keep(it *scored, w *window, rows kernels.MatF32) bool {
	s := &it.spans
	first := w.to - w.from + 2 // row of the first token of the context
	n := w.secondTo - w.secondFrom
	if cap(s.scores) < 2*(n+1) {
		s.scores = make([]float32, 2*(n+1))
	}
	scores := kernels.MatF32{Data: s.scores[:2*(n+1)], Rows: 2, Cols: n + 1, Stride: n + 1}
	for side := range 2 {
		row := scores.Row(side)
		row[0] = rows.Row(0)[side]
		for i := range n {
			row[1+i] = rows.Row(first + i)[side]
		}
	}
	kernels.SoftmaxF32(scores, 1)
	start, end := scores.Row(0), scores.Row(1)
	null := float32(start[0] * end[0]) // the conversion keeps products from being fused with what follows
	if null-null != 0 {
		return false
	}
	s.null = min(s.null, null)
	start, end = start[1:], end[1:]

	most := 2*t.topK + 10 // some become the same when they grow to whole words
	s.best = s.best[:0]
	for i, p := range start {
		for j := i; j < min(i+t.longest, n); j++ {
			c := span{float32(p * end[j]), i, j}
			if c.score == 0 || len(s.best) == most && c.score <= s.best[most-1].score {
				continue
			}
			if len(s.best) == most {
				s.best = s.best[:most-1]
			}
			at, _ := slices.BinarySearchFunc(s.best, c.score, func(b span, score float32) int {
				if b.score >= score {
					return -1
				}
				return 1
			})
			s.best = slices.Insert(s.best, at, c)
		}
	}
	for _, c := range s.best {
		c.start, c.end = wordStart(it.second, w, w.secondFrom+c.start), wordEnd(it.second, w, w.secondFrom+c.end)
		s.found = append(s.found, c)
	}
	return true
}

// wordStart returns the first byte of the word that token i is of, as far as it lies in the window.
func wordStart(e *token.Encoding, w *window, i int) int {
	for i > w.secondFrom && e.Word[i-1] == e.Word[i] {
		i--
	}
	return int(e.Start[i])
}

// wordEnd returns the byte after the last of that word.
func wordEnd(e *token.Encoding, w *window, i int) int {
	for i+1 < w.secondTo && e.Word[i+1] == e.Word[i] {
		i++
	}
	return int(e.End[i])
}

// answers returns the k best answers. What was found more than once, in whatever case, counts together, and stands where it
// was found first.
func (s *scored) answers(k int, noAnswer bool) []Answer {
	out := []Answer{}
	seen := map[string]int{}
	for _, c := range s.spans.found {
		text := s.secondText[c.start:c.end]
		key := strings.ToLower(text)
		if i, ok := seen[key]; ok {
			out[i].Score += float64(c.score)
			continue
		}
		seen[key] = len(out)
		out = append(out, Answer{text, float64(c.score), c.start, c.end})
	}
	if noAnswer {
		out = append(out, Answer{Score: float64(s.spans.null)})
	}
	slices.SortStableFunc(out, func(a, b Answer) int { return cmp.Compare(b.Score, a.Score) })
	if k < len(out) {
		out = slices.Clone(out[:k])
	}
	return out
}
