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
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/sparsebio/sparsebio/biobert/internal/bert"
)

// A textCase is what transformers' text classification pipeline made of a text or a pair of texts.
type textCase struct {
	Text      string                      `json:"text"`
	Pair      *string                     `json:"text_pair"`
	Truncated bool                        `json:"truncated"`
	IDs       []int32                     `json:"input_ids"`
	Scores    map[string][]Classification `json:"scores"`
}

func readTextCases(t testing.TB, path string) []textCase {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var cases []textCase
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

func openText(t testing.TB, name string, opts ...Option) *TextClassification {
	t.Helper()
	p, err := NewTextClassification(ctx, name, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func (c *textCase) classify(p *TextClassification) ([]Classification, error) {
	if c.Pair == nil {
		return p.ClassifyText(ctx, c.Text)
	}
	return p.ClassifyPair(ctx, c.Text, *c.Pair)
}

// Labels, their order and their scores are those of transformers' pipeline, of texts and of pairs, of texts that are too
// long and cut as well.
func TestTextClassificationLikeTransformers(t *testing.T) {
	for _, model := range []string{"tiny-relation", "tiny-topics"} {
		cases := readTextCases(t, "testdata/"+model+".golden.json")
		pairs, cut := 0, 0
		for _, function := range functions {
			p := openText(t, "testdata/"+model, WithEngine("dense"), WithTopK(0), WithTruncation(), WithFunctionToApply(function))
			one := openText(t, "testdata/"+model, WithEngine("dense"), WithTruncation(), WithFunctionToApply(function))
			for i, c := range cases {
				got, err := c.classify(p)
				if err != nil {
					t.Fatal(err)
				}
				want := c.Scores[function]
				if len(got) != len(want) || len(want) == 0 {
					t.Fatalf("%s, %s, case %d: got %v, want %v", model, function, i, got, want)
				}
				for j, w := range want {
					if got[j].Label != w.Label || !(math.Abs(got[j].Score-w.Score) <= 2e-5) {
						t.Errorf("%s, %s, case %d: label %d is %v, want %v", model, function, i, j, got[j], w)
					}
				}
				if best, err := c.classify(one); err != nil || !slices.Equal(best, got[:1]) {
					t.Errorf("%s, %s, case %d: without top_k %v, %v, want %v", model, function, i, best, err, got[:1])
				}
				if c.Pair != nil {
					pairs++
				}
				if c.Truncated {
					cut++
				}
			}
		}
		if pairs < 4*9 || cut < 4*5 {
			t.Errorf("%d pairs, %d cut", pairs, cut)
		}
	}
}

// A text that is too long is an error unless truncation is asked for; one that just fits is read.
func TestTextClassificationTooLong(t *testing.T) {
	p := openText(t, "testdata/tiny-relation")
	fits := strings.Repeat("the ", 62)
	if _, err := p.ClassifyText(ctx, fits); err != nil {
		t.Errorf("62 words: %v", err)
	}
	if _, err := p.ClassifyPair(ctx, fits[:4*31], fits[:4*30]); err != nil {
		t.Errorf("pair of 31 and 30 words: %v", err)
	}
	check := func(err error, want ...string) {
		t.Helper()
		if err == nil {
			t.Fatal("no error")
		}
		for _, w := range append(want, "biobert: ", "the model takes 64", "WithTruncation") {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("got %q, want %q in it", err, w)
			}
		}
	}
	_, err := p.Classify(ctx, Texts("fine", fits+"the"))
	check(err, "text 2: 65 tokens")
	_, err = p.ClassifyPairs(ctx, pairs(Pair{fits[:4*31], fits[:4*31]}))
	check(err, "pair 1: 65 tokens")
}

func pairs(ps ...Pair) iter.Seq2[Pair, error] {
	return func(yield func(Pair, error) bool) {
		for _, p := range ps {
			if !yield(p, nil) {
				return
			}
		}
	}
}

// Lengths after truncation as tokenizers has them: max_length 64, of which 3 are special tokens.
func TestTruncatePairs(t *testing.T) {
	for _, c := range [][4]int{ // lengths before and after
		{100, 5, 56, 5}, {5, 100, 5, 56}, {100, 100, 30, 31}, {30, 100, 30, 31}, {31, 100, 30, 31}, {100, 31, 31, 30},
		{32, 31, 31, 30}, {31, 31, 30, 31}, {0, 90, 0, 61}, {200, 62, 31, 30},
	} {
		w := window{from: 1, to: 1 + c[0], pair: true, secondFrom: 1, secondTo: 1 + c[1]}
		w.truncate(64)
		if a, b := w.to-w.from, w.secondTo-w.secondFrom; a != c[2] || b != c[3] || w.tokens() != 64 {
			t.Errorf("%d and %d tokens: cut to %d and %d, want %d and %d", c[0], c[1], a, b, c[2], c[3])
		}
	}
}

// Results come in order and do not depend, to the last bit, on what is read with them, nor on threads.
func TestClassifyIsIndependent(t *testing.T) {
	var texts []string
	var ps []Pair
	for i := range 150 {
		texts = append(texts, strings.Repeat("il-2 binds the receptor ", i%9)+fmt.Sprint(i))
		ps = append(ps, Pair{texts[i], texts[i*7%(i+1)][:i%3]})
	}
	for _, engine := range []string{"dense", "sparse"} {
		p := openText(t, "testdata/tiny-relation", WithEngine(engine), WithThreads(1), WithTopK(0))
		var want, wantPairs [][]Classification
		for i := range texts {
			a, err1 := p.ClassifyText(ctx, texts[i])
			b, err2 := p.ClassifyPair(ctx, ps[i].Text, ps[i].Second)
			if err := errors.Join(err1, err2); err != nil {
				t.Fatal(err)
			}
			want, wantPairs = append(want, a), append(wantPairs, b)
		}
		for _, threads := range []int{1, 2, 5} {
			p := openText(t, "testdata/tiny-relation", WithEngine(engine), WithThreads(threads), WithTopK(0))
			for _, n := range []int{0, 1, 2, len(texts)} {
				got, err := p.Classify(ctx, Texts(texts[:n]...))
				if err != nil {
					t.Fatal(err)
				}
				if len(got) != n || n > 0 && !reflect.DeepEqual(got, want[:n]) {
					t.Errorf("%s, %d threads, %d texts: not the same as one by one", engine, threads, n)
				}
				got, err = p.ClassifyPairs(ctx, pairs(ps[:n]...))
				if err != nil {
					t.Fatal(err)
				}
				if len(got) != n || n > 0 && !reflect.DeepEqual(got, wantPairs[:n]) {
					t.Errorf("%s, %d threads, %d pairs: not the same as one by one", engine, threads, n)
				}
			}
		}
	}
}

func TestProbabilities(t *testing.T) {
	var last Progress
	p := openText(t, "testdata/tiny-relation", WithTopK(0))
	texts := slices.Repeat([]string{"IL-2 binds.", "", "NF-κB"}, 40)
	got, err := p.probabilities(ctx, texts, func(p Progress) { last = p })
	if err != nil {
		t.Fatal(err)
	}
	if !last.Done || last.Texts != len(texts) || last.Total != len(texts) {
		t.Errorf("last report %+v", last)
	}
	for i, text := range texts {
		want, err := p.ClassifyText(ctx, text)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, c := range want {
			if g := got[i][slices.Index(p.Labels(), c.Label)]; g != c.Score {
				t.Errorf("text %d, %s: %v, want %v", i, c.Label, g, c.Score)
			}
			sum += c.Score
		}
		if math.Abs(sum-1) > 1e-6 {
			t.Errorf("text %d: probabilities add up to %v", i, sum)
		}
	}
}

func TestTextClassificationErrors(t *testing.T) {
	p := openText(t, "testdata/tiny-relation")
	for want, f := range map[string]func() error{
		"text 2: token: invalid UTF-8 at byte 1": func() error { _, err := p.Classify(ctx, Texts("good", "b\xffd")); return err },
		"pair 1: second text: token: invalid": func() error {
			_, err := p.ClassifyPair(ctx, "good", "b\xffd")
			return err
		},
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
	boom := errors.New("boom")
	if _, err := p.Classify(ctx, func(yield func(string, error) bool) { yield("", boom) }); !errors.Is(err, boom) {
		t.Errorf("got %v", err)
	}
	if _, err := p.ClassifyPairs(ctx, func(yield func(Pair, error) bool) { yield(Pair{}, boom) }); !errors.Is(err, boom) {
		t.Errorf("got %v", err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := p.ClassifyText(cancelled, "IL-2"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := NewTextClassification(cancelled, "testdata/tiny-relation"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	p.Close()
	if _, err := p.ClassifyText(ctx, "IL-2"); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("got %v", err)
	}
	for want, o := range map[string]Option{
		"WithTopK(-1)":                WithTopK(-1),
		`WithFunctionToApply("relu")`: WithFunctionToApply("relu"),
		"WithAggregation: not an option of TextClassification (of TokenClassification": WithAggregation(Word),
		"WithStride":       WithStride(3),
		"WithIgnoreLabels": WithIgnoreLabels("O"),
		"WithThreads(0)":   WithThreads(0),
	} {
		if _, err := NewTextClassification(ctx, "testdata/tiny-relation", o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
	for want, o := range map[string]Option{
		"WithTopK: not an option of TokenClassification": WithTopK(1), "WithTruncation": WithTruncation(), "WithFunctionToApply": WithFunctionToApply("none"),
	} {
		if _, err := NewTokenClassification(ctx, "testdata/tiny", o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
}

// A model of another task is refused, by the name of the constructor that it wants, from a folder and from a file.
func TestWrongHead(t *testing.T) {
	models := map[bert.Head]string{
		bert.TokenClassification: "testdata/tiny", bert.SequenceClassification: "testdata/tiny-relation", bert.QuestionAnswering: "testdata/tiny-qa",
	}
	open := map[bert.Head]func(name string) error{
		bert.TokenClassification:    func(name string) error { _, err := NewTokenClassification(ctx, name); return err },
		bert.SequenceClassification: func(name string) error { _, err := NewTextClassification(ctx, name); return err },
		bert.QuestionAnswering:      func(name string) error { _, err := NewQuestionAnswering(ctx, name); return err },
	}
	for head, dir := range models {
		file := filepath.Join(t.TempDir(), "model.sbm")
		if err := Convert(ctx, dir, file, "sparse", ""); err != nil {
			t.Fatal(err)
		}
		for want, f := range open {
			for _, name := range []string{dir, file} {
				err := f(name)
				if want == head {
					if err != nil {
						t.Errorf("%s: %v", name, err)
					}
					continue
				}
				if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "open it with "+constructors[head]) {
					t.Errorf("%s, opened for %s: got %v", name, want, err)
				}
			}
		}
	}
}

// A packed classifier, with its table in the file, gives what the checkpoint gives.
func TestPackedTextClassification(t *testing.T) {
	for _, model := range []string{"tiny-relation", "tiny-topics"} {
		for _, engine := range []string{"dense", "sparse"} {
			file := filepath.Join(t.TempDir(), "model.sbm")
			if err := Convert(ctx, "testdata/"+model, file, engine, ""); err != nil {
				t.Fatal(err)
			}
			got := openText(t, file, WithTopK(0), WithTruncation())
			want := openText(t, "testdata/"+model, WithEngine(engine), WithTopK(0), WithTruncation())
			if !slices.Equal(got.Labels(), want.Labels()) || got.Info().Engine != want.Info().Engine {
				t.Errorf("%s: %+v, %v", model, got.Info(), got.Labels())
			}
			for i, c := range readTextCases(t, "testdata/"+model+".golden.json") {
				g, err1 := c.classify(got)
				w, err2 := c.classify(want)
				if err := errors.Join(err1, err2); err != nil {
					t.Fatal(err)
				}
				for _, x := range w { // the word embedding is rounded to 8 bits
					j := slices.IndexFunc(g, func(y Classification) bool { return y.Label == x.Label })
					if j < 0 || !(math.Abs(g[j].Score-x.Score) < 0.05) {
						t.Errorf("%s, %s, case %d: got %v, want %v", model, engine, i, g, w)
					}
				}
			}
		}
	}
}

func TestConcurrentClassification(t *testing.T) {
	p := openText(t, "testdata/tiny-relation", WithThreads(2), WithEngine("sparse"))
	texts := slices.Repeat([]string{"IL-2Rα binds NF-κB.", "T cells"}, 30)
	want, err := p.Classify(ctx, Texts(texts...))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 3 {
				got, err := p.Classify(ctx, Texts(texts...))
				if err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("got %v, %v", got, err)
				}
				if got, err := p.ClassifyPair(ctx, texts[0], texts[1]); err != nil || len(got) != 1 {
					t.Errorf("got %v, %v", got, err)
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkClassify(b *testing.B) {
	p := openText(b, "testdata/tiny-relation")
	texts := slices.Repeat([]string{"IL-2Rα binds NF-κB.", "Activated T cells."}, 100)
	for b.Loop() {
		if _, err := p.Classify(ctx, Texts(texts...)); err != nil {
			b.Fatal(err)
		}
	}
}

// A long text is begun before the many short ones around it.
func TestLongTextsFirst(t *testing.T) {
	p := openTest(t, "testdata/tiny", WithThreads(1))
	in := make([]input, 200)
	for i := range in {
		in[i].text = "IL-2Rα binds NF-κB."
	}
	in[120].text, in[150].text = story(40), story(80)
	var order []int
	if err := p.read(ctx, in, nil, false, func(i int, _ *scored) { order = append(order, i) }); err != nil {
		t.Fatal(err)
	}
	rest := slices.DeleteFunc(slices.Clone(order), func(i int) bool { return i == 120 || i == 150 })
	if len(order) != len(in) || order[0] != 150 || order[1] != 120 || !slices.IsSorted(rest) {
		t.Errorf("order %v", order)
	}
}

// Of the last layer of a sequence classifier, only attention is for all tokens.
func TestExplainTextClassification(t *testing.T) {
	p := openText(t, "testdata/tiny-relation", WithEngine("sparse"))
	e, err := p.Explain(60)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(e.Layers); n != 8 || e.Layers[4].ExpectedS < e.Layers[0].ExpectedS/2 || e.Layers[6].ExpectedS > e.Layers[2].ExpectedS/2 {
		t.Errorf("%+v", e.Layers)
	}
	var tokens []int
	for _, l := range e.Layers {
		tokens = append(tokens, l.Tokens)
	}
	if want := []int{60, 60, 60, 60, 60, 1, 1, 1}; !slices.Equal(tokens, want) {
		t.Errorf("tokens of the products %v, want %v", tokens, want)
	}
}

// Cancelling stops the reading where it is.
func TestCancelWhileReading(t *testing.T) {
	for _, threads := range []int{1, 3} {
		p := openText(t, "testdata/tiny-relation", WithThreads(threads))
		in := make([]input, 2000)
		for i := range in {
			in[i].text = "IL-2Rα binds NF-κB."
		}
		c, cancel := context.WithCancel(ctx)
		var read atomic.Int64
		err := p.read(c, in, nil, false, func(int, *scored) {
			read.Add(1)
			cancel()
		})
		if n := read.Load(); !errors.Is(err, context.Canceled) || n == 0 || n > int64(len(in)/2) {
			t.Errorf("%d threads: %d texts, then %v", threads, n, err)
		}
	}
}
