package biobert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/sparsebio/sparsebio/biobert/internal/bert"
	"github.com/sparsebio/sparsebio/biobert/internal/token"
)

// An answerCase is what the question answering pipeline of transformers 4 made of a question.
type answerCase struct {
	Question
	TopK         int      `json:"top_k"`
	MaxAnswerLen int      `json:"max_answer_len"`
	NoAnswer     bool     `json:"handle_impossible_answer"`
	Windows      int      `json:"windows"`
	Answers      []Answer `json:"answers"`
}

func readAnswerCases(t testing.TB) []answerCase {
	t.Helper()
	raw, err := os.ReadFile("testdata/tiny-qa.golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []answerCase
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

func (c *answerCase) options() []Option {
	var o []Option
	if c.TopK > 0 {
		o = append(o, WithTopK(c.TopK))
	}
	if c.MaxAnswerLen > 0 {
		o = append(o, WithMaxAnswerLen(c.MaxAnswerLen))
	}
	if c.NoAnswer {
		o = append(o, WithNoAnswer())
	}
	return o
}

func openQA(t testing.TB, name string, opts ...Option) *QuestionAnswering {
	t.Helper()
	p, err := NewQuestionAnswering(ctx, name, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// Answers, their order, offsets and scores are those of transformers' pipeline. Scores are products of two probabilities
// and sums of such, so they are compared by their share as well.
func TestQuestionAnsweringLikeTransformers(t *testing.T) {
	cases := readAnswerCases(t)
	if len(cases) < 20 {
		t.Fatalf("%d cases", len(cases))
	}
	none, long, several := 0, 0, 0
	for _, c := range cases {
		p := openQA(t, "testdata/tiny-qa", append(c.options(), WithEngine("dense"))...)
		got, err := p.Answer(ctx, c.Question.Question, c.Context)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(c.Answers) || len(got) == 0 {
			t.Fatalf("%q: got %+v, want %+v", c.Question.Question, got, c.Answers)
		}
		for i, w := range c.Answers {
			g := got[i]
			if g.Answer != w.Answer || g.Start != w.Start || g.End != w.End || !(math.Abs(g.Score-w.Score) <= 1e-5+1e-4*w.Score) {
				t.Errorf("%q: answer %d is %+v, want %+v", c.Question.Question, i, g, w)
			}
			if c.Context[g.Start:g.End] != g.Answer {
				t.Errorf("%q: %+v is not what stands there", c.Question.Question, g)
			}
			if g.Answer == "" {
				none++
			}
		}
		if c.Windows > 1 {
			long++
		}
		if len(got) > 1 {
			several++
		}
	}
	if none < 3 || long < 5 || several < 8 {
		t.Errorf("%d without an answer, %d in several windows, %d with several answers", none, long, several)
	}
}

func questions(qs ...Question) iter.Seq2[Question, error] {
	return func(yield func(Question, error) bool) {
		for _, q := range qs {
			if !yield(q, nil) {
				return
			}
		}
	}
}

// Many questions at once give the bits of each alone, with any number of threads.
func TestAnswerAll(t *testing.T) {
	var qs []Question
	for i, c := range readAnswerCases(t) {
		qs = append(qs, c.Question, Question{c.Question.Question + fmt.Sprint(i), c.Context})
	}
	for _, engine := range []string{"dense", "sparse"} {
		one := openQA(t, "testdata/tiny-qa", WithEngine(engine), WithThreads(1), WithTopK(4), WithNoAnswer())
		var want [][]Answer
		for _, q := range qs {
			a, err := one.Answer(ctx, q.Question, q.Context)
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, a)
		}
		for _, threads := range []int{1, 3} {
			p := openQA(t, "testdata/tiny-qa", WithEngine(engine), WithThreads(threads), WithTopK(4), WithNoAnswer())
			var wg sync.WaitGroup
			for range 2 {
				wg.Go(func() {
					if got, err := p.AnswerAll(ctx, questions(qs...)); err != nil || !reflect.DeepEqual(got, want) {
						t.Errorf("%s, %d threads: not the same as one by one, %v", engine, threads, err)
					}
				})
			}
			wg.Wait()
		}
	}
	p := openQA(t, "testdata/tiny-qa")
	if got, err := p.AnswerAll(ctx, questions()); err != nil || len(got) != 0 {
		t.Errorf("no questions: %v, %v", got, err)
	}
}

func TestQuestionAnsweringOfNothing(t *testing.T) {
	p := openQA(t, "testdata/tiny-qa")
	for _, text := range []string{"", " \n"} {
		if got, err := p.Answer(ctx, "What binds?", text); err != nil || got == nil || len(got) != 0 {
			t.Errorf("%q: got %v, %v", text, got, err)
		}
	}
	p = openQA(t, "testdata/tiny-qa", WithNoAnswer())
	if got, err := p.Answer(ctx, "What binds?", ""); err != nil || !reflect.DeepEqual(got, []Answer{{Score: 1}}) {
		t.Errorf("got %v, %v", got, err)
	}
}

// Windows cover the context, share stride tokens, and are no longer than the model or 384 tokens.
func TestAnswerWindows(t *testing.T) {
	for _, positions := range []int{64, 512} {
		most := min(positions, 384)
		for _, question := range []int{1, 10, most / 2, most - 5, most - 4} {
			for _, n := range []int{0, 1, most - question - 3, most - question - 2, 3 * most} {
				for _, stride := range []int{0, 7, 128, 1000} {
					it := &scored{enc: &token.Encoding{IDs: make([]int32, question+2)}, second: &token.Encoding{IDs: make([]int32, n+2)}}
					o := &options{stride: stride}
					wins, err := answerTask{o}.cut(nil, &bert.Model{Config: bert.Config{MaxPosition: positions}}, 3, it)
					if err != nil {
						t.Fatal(err)
					}
					next := 1
					for i, w := range wins {
						if w.item != 3 || w.tokens() > most || w.from != 1 || w.to != question+1 || !w.pair {
							t.Fatalf("window %+v", w)
						}
						if w.secondFrom > next || i > 0 && w.secondFrom <= wins[i-1].secondFrom {
							t.Fatalf("positions %d, question %d, context %d, stride %d: window %d from %d, the last to %d", positions, question, n, stride, i, w.secondFrom, next)
						}
						if shared, room := next-w.secondFrom, most-question-3; i > 0 && stride <= most/2 && stride < room && shared != stride {
							t.Errorf("windows share %d tokens, want %d", shared, stride)
						}
						next = w.secondTo
					}
					if next != n+1 {
						t.Errorf("positions %d, question %d, context %d, stride %d: read to %d", positions, question, n, stride, next)
					}
				}
			}
		}
	}
}

func TestLongContext(t *testing.T) {
	p := openQA(t, "testdata/tiny-qa", WithTopK(50))
	long := story(300)
	got, err := p.Answer(ctx, "What binds NF-κB?", long)
	if err != nil || len(got) == 0 {
		t.Fatalf("got %v, %v", got, err)
	}
	for i, a := range got {
		if long[a.Start:a.End] != a.Answer || a.Score <= 0 || i > 0 && a.Score > got[i-1].Score {
			t.Errorf("answer %d: %+v", i, a)
		}
	}
}

func TestQuestionAnsweringErrors(t *testing.T) {
	p := openQA(t, "testdata/tiny-qa")
	for want, q := range map[string]Question{
		"question 2: the question is empty":                     {"", "text"},
		"question 2: the question has 500 tokens and leaves no": {strings.Repeat("the ", 500), "text"},
		"question 2: token: invalid UTF-8 at byte 0":            {"\xff", "text"},
		"question 2: context: token: invalid UTF-8 at byte 2":   {"What?", "te\xffxt"},
	} {
		if _, err := p.AnswerAll(ctx, questions(Question{"What?", "text"}, q)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
	boom := errors.New("boom")
	if _, err := p.AnswerAll(ctx, func(yield func(Question, error) bool) { yield(Question{}, boom) }); !errors.Is(err, boom) {
		t.Errorf("got %v", err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := p.Answer(cancelled, "What?", "IL-2"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	p.Close()
	if _, err := p.Answer(ctx, "What?", "IL-2"); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("got %v", err)
	}
	for want, o := range map[string]Option{
		"WithTopK(0)": WithTopK(0), "WithMaxAnswerLen(0)": WithMaxAnswerLen(0), "WithStride(-1)": WithStride(-1), "WithTruncation": WithTruncation(),
	} {
		if _, err := NewQuestionAnswering(ctx, "testdata/tiny-qa", o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
	for _, o := range []Option{WithNoAnswer(), WithMaxAnswerLen(3)} {
		if _, err := NewTextClassification(ctx, "testdata/tiny-relation", o); err == nil || !strings.Contains(err.Error(), "of QuestionAnswering") {
			t.Errorf("got %v", err)
		}
	}
}

// A packed model gives nearly the scores of the checkpoint: its word embedding is rounded to 8 bits.
func TestPackedQuestionAnswering(t *testing.T) {
	for _, engine := range []string{"dense", "sparse"} {
		file := filepath.Join(t.TempDir(), "model.sbm")
		if err := Convert(ctx, "testdata/tiny-qa", file, engine, ""); err != nil {
			t.Fatal(err)
		}
		got, want := openQA(t, file, WithTopK(30)), openQA(t, "testdata/tiny-qa", WithEngine(engine), WithTopK(30))
		for _, c := range readAnswerCases(t)[:5] {
			g, err1 := got.Answer(ctx, c.Question.Question, c.Context)
			w, err2 := want.Answer(ctx, c.Question.Question, c.Context)
			if err := errors.Join(err1, err2); err != nil {
				t.Fatal(err)
			}
			scores := map[string]float64{}
			for _, a := range g {
				scores[a.Answer] = a.Score
			}
			if s := scores[w[0].Answer]; !(math.Abs(s-w[0].Score) <= 0.05) {
				t.Errorf("%s, %q: %q has %v, want %v", engine, c.Question.Question, w[0].Answer, s, w[0].Score)
			}
		}
	}
}
