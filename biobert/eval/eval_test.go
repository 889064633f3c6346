package eval

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/corpus"
)

// row is a line of seqeval.json: precision, recall, F1, support.
type row [4]float64

type seqevalScores struct {
	Micro row
	Types map[string]row
}

func (want seqevalScores) check(t *testing.T, mode string, got Scores) {
	t.Helper()
	compare := func(s Score, w row) {
		t.Helper()
		for i, v := range []float64{s.Precision, s.Recall, s.F1, float64(s.Support)} {
			if math.Abs(v-w[i]) > 1e-12 {
				t.Errorf("%s, %s: got %+v, want %v", mode, s.Type, s, w)
				return
			}
		}
	}
	compare(got.Micro, want.Micro)
	if len(got.Types) != len(want.Types) {
		t.Errorf("%s: got %d types, want %d", mode, len(got.Types), len(want.Types))
	}
	for _, s := range got.Types {
		compare(s, want.Types[s.Type])
	}
	if !slices.IsSortedFunc(got.Types, func(a, b Score) int { return strings.Compare(a.Type, b.Type) }) {
		t.Errorf("%s: types are not sorted", mode)
	}
}

func TestAgainstSeqeval(t *testing.T) {
	b, err := os.ReadFile("testdata/seqeval.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Gold, Pred    []string
		Strict, CoNLL seqevalScores
		Accuracy      float64
	}
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	split := func(s []string) (out [][]string) {
		for _, l := range s {
			out = append(out, strings.Fields(l))
		}
		return out
	}
	for i, c := range cases {
		gold, pred := split(c.Gold), split(c.Pred)
		c.Strict.check(t, "strict", StrictF1(gold, pred))
		c.CoNLL.check(t, "conll", CoNLLF1(gold, pred))
		if a := Agreement(gold, pred); math.Abs(a-c.Accuracy) > 1e-12 {
			t.Errorf("accuracy: got %v, want %v", a, c.Accuracy)
		}
		if t.Failed() {
			t.Fatalf("case %d: gold %q, prediction %q", i, c.Gold, c.Pred)
		}
	}
}

func TestEntityF1Edges(t *testing.T) {
	tests := []struct {
		name             string
		gold, pred       string
		strict, conll    int // correct
		nStrict, nCoNLL  int // predicted
		wantTypesOfCoNLL string
	}{
		{"no entity at all", "O O", "O O", 0, 0, 0, 0, ""},
		{"lone I", "O B-a O", "O I-a O", 0, 1, 0, 1, "a"},
		{"I of another type", "B-a I-a O", "B-a I-b I-a", 0, 0, 1, 3, "a b"},
		{"two in a row", "B-a B-a", "B-a I-a", 0, 0, 1, 1, "a"},
		{"I after I of another type", "I-a I-b", "B-a B-b", 0, 2, 2, 2, "a b"},
		{"right border, wrong type", "B-a I-a", "B-b I-b", 0, 0, 1, 1, "a b"},
		{"at the end", "O B-a I-a", "O B-a I-a", 1, 1, 1, 1, "a"},
	}
	for _, tt := range tests {
		gold, pred := [][]string{strings.Fields(tt.gold)}, [][]string{strings.Fields(tt.pred)}
		s, c := StrictF1(gold, pred), CoNLLF1(gold, pred)
		if s.Micro.Correct != tt.strict || s.Micro.Predicted != tt.nStrict || c.Micro.Correct != tt.conll || c.Micro.Predicted != tt.nCoNLL {
			t.Errorf("%s: strict %d of %d, conll %d of %d; want %d of %d, %d of %d", tt.name, s.Micro.Correct, s.Micro.Predicted,
				c.Micro.Correct, c.Micro.Predicted, tt.strict, tt.nStrict, tt.conll, tt.nCoNLL)
		}
		var types []string
		for _, r := range c.Types {
			types = append(types, r.Type)
		}
		if got := strings.Join(types, " "); got != tt.wantTypesOfCoNLL {
			t.Errorf("%s: types %q, want %q", tt.name, got, tt.wantTypesOfCoNLL)
		}
	}
}

func TestEntitiesDoNotCrossSentences(t *testing.T) {
	gold := [][]string{{"B-a"}, {"I-a"}}
	if s := CoNLLF1(gold, gold); s.Micro.Support != 2 || s.Micro.F1 != 1 {
		t.Errorf("got %+v, want two entities", s.Micro)
	}
}

func TestShapesPanic(t *testing.T) {
	for _, tt := range []struct {
		want       string
		gold, pred [][]string
	}{
		{errSentences, [][]string{{"O"}}, nil},
		{errWords, [][]string{{"O"}}, [][]string{{"O", "O"}}},
	} {
		for _, f := range []func(){
			func() { StrictF1(tt.gold, tt.pred) }, func() { CoNLLF1(tt.gold, tt.pred) }, func() { Agreement(tt.gold, tt.pred) },
		} {
			func() {
				defer func() {
					if r := recover(); r != tt.want {
						t.Errorf("panic %v, want %q", r, tt.want)
					}
				}()
				f()
			}()
		}
	}
}

// tagger is a Tagger that answers what it is told.
type tagger struct {
	tags [][]string
	err  error
}

func (t tagger) TagWords(context.Context, [][]string) ([][]string, error) { return t.tags, t.err }

func TestTagSentences(t *testing.T) {
	in := []corpus.Sentence{
		{Tokens: []string{"NF-κB", "binds"}, Tags: []string{"B-protein", "O"}},
		{Tokens: []string{"Jurkat"}, Tags: []string{"B-cell_line"}},
	}
	r, err := TagSentences(t.Context(), tagger{tags: [][]string{{"B-protein", "O"}, {"I-cell_line"}}}, in)
	if err != nil {
		t.Fatal(err)
	}
	if r.Sentences != 2 || r.Words != 3 || r.Strict.Micro.Correct != 1 || r.CoNLL.Micro.Correct != 2 || r.Accuracy != 2./3 {
		t.Errorf("got %+v", r)
	}
	failed := errors.New("out of paper")
	for _, bad := range []tagger{{err: failed}, {tags: [][]string{{"O", "O"}}}, {tags: [][]string{{"O", "O"}, {}}}} {
		if _, err := TagSentences(t.Context(), bad, in); err == nil || bad.err != nil && !errors.Is(err, bad.err) {
			t.Errorf("%+v: error %v", bad, err)
		}
	}
}

// FuzzEntityF1 scores a corpus against itself.
func FuzzEntityF1(f *testing.F) {
	f.Add("IL-2\tB-DNA\ngene\tI-DNA\n\n``\tO\na\tI-x\nb\tI\n")
	f.Fuzz(func(t *testing.T, in string) {
		sentences, err := corpus.ReadCoNLL(strings.NewReader(in))
		if err != nil {
			return
		}
		tags := make([][]string, len(sentences))
		for i, s := range sentences {
			tags[i] = s.Tags
		}
		for _, s := range []Scores{StrictF1(tags, tags), CoNLLF1(tags, tags)} {
			if s.Micro.Support > 0 && s.Micro.F1 != 1 || s.Micro.Support != s.Micro.Correct {
				t.Fatalf("a corpus against itself: %+v", s.Micro)
			}
		}
	})
}
