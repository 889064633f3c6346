package eval

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/annot"
	"github.com/sparsebio/sparsebio/datasets/corpus"
)

// golden reads a file that one of the scripts in testdata wrote.
func golden(t testing.TB, name string, v any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-12 }

func TestAgainstSklearn(t *testing.T) {
	var cases []struct {
		Gold, Pred, Positives []string
		Micro, Macro          row
		Types                 map[string]row
	}
	golden(t, "sklearn.json", &cases)
	for i, c := range cases {
		got := LabelF1(c.Gold, c.Pred, c.Positives)
		compare := func(s Score, w row, support bool) {
			t.Helper()
			if !near(s.Precision, w[0]) || !near(s.Recall, w[1]) || !near(s.F1, w[2]) || support && s.Support != int(w[3]) {
				t.Errorf("case %d: got %+v, want %v", i, s, w)
			}
		}
		compare(got.Micro, c.Micro, false)
		compare(got.Macro, c.Macro, false)
		if len(got.Types) != len(c.Positives) {
			t.Errorf("case %d: %d types", i, len(got.Types))
		}
		for _, s := range got.Types {
			compare(s, c.Types[s.Type], true)
		}
	}
}

func TestAgainstOfficialBC2GM(t *testing.T) {
	var cases []struct {
		Sentences []struct {
			ID, Text            string
			Genes, Alternatives [][2]int
			Spans               [][2]int
		}
		Want struct {
			TP, FP, FN            int
			Precision, Recall, F1 float64
		}
	}
	golden(t, "bc2gm.json", &cases)
	for i, c := range cases {
		var in, genes, alternatives strings.Builder
		var pred [][]annot.Span
		for _, s := range c.Sentences {
			fmt.Fprintf(&in, "%s %s\n", s.ID, s.Text)
			for _, g := range s.Genes {
				fmt.Fprintf(&genes, "%s|%d %d|x\n", s.ID, g[0], g[1])
			}
			for _, g := range s.Alternatives {
				fmt.Fprintf(&alternatives, "%s|%d %d|x\n", s.ID, g[0], g[1])
			}
			spans := []annot.Span{}
			for _, p := range s.Spans {
				spans = append(spans, annot.Span{Start: p[0], End: p[1]})
			}
			pred = append(pred, spans)
		}
		gold, err := corpus.ReadBC2GM(strings.NewReader(in.String()), strings.NewReader(genes.String()), strings.NewReader(alternatives.String()))
		if err != nil {
			t.Fatal(err)
		}
		m, w := GeneF1(gold, pred).Micro, c.Want
		if m.Correct != w.TP || m.Predicted != w.TP+w.FP || m.Support != w.TP+w.FN {
			t.Errorf("case %d: got %+v, want %+v", i, m, w)
		}
		if w.TP > 0 && (math.Abs(m.Precision-w.Precision) > 1e-9 || math.Abs(m.Recall-w.Recall) > 1e-9 || math.Abs(m.F1-w.F1) > 1e-9) {
			t.Errorf("case %d: got %+v, want %+v", i, m, w)
		}
	}
}

// Words of one byte with a blank between them make entities of text from tagged words, so that seqeval's figures hold
// for them too.
func TestSpanF1AgainstSeqeval(t *testing.T) {
	var cases []struct {
		Gold, Pred []string
		Strict     seqevalScores
	}
	golden(t, "seqeval.json", &cases)
	spans := func(lines []string) (out [][]annot.Entity) {
		for _, l := range lines {
			var es []annot.Entity
			for _, e := range appendEntities(nil, strings.Fields(l), true) {
				es = append(es, annot.Entity{Type: e.typ, Start: 2 * e.start, End: 2*e.end - 1})
			}
			out = append(out, es)
		}
		return out
	}
	for _, c := range cases {
		c.Strict.check(t, "spans", SpanF1(spans(c.Gold), spans(c.Pred)))
	}
}

// twoTypes makes scores of documents with counts of the types a and b. Each document is two units, the second after all the
// others: units of one name must be drawn together.
func twoTypes(counts [][2][3]int) (s Scores, names []string) {
	y := newTally()
	for half := range 2 {
		for i, c := range counts {
			y.unit()
			names = append(names, fmt.Sprint(i))
			for k, typ := range []string{"a", "b"} {
				if k == half {
					y.add(typ, c[k][0], c[k][1], c[k][2])
				}
			}
		}
	}
	return y.scores(), names
}

func TestBootstrapAgainstScipy(t *testing.T) {
	var want struct {
		Counts    [][2][3]int
		Intervals map[string][3]Interval
	}
	golden(t, "bootstrap.json", &want)
	y, names := twoTypes(want.Counts)
	s := y.Bootstrap(names, 1)
	for _, r := range append(s.Types, s.Micro, s.Macro) {
		for i, got := range []*Interval{r.PrecisionCI, r.RecallCI, r.F1CI} {
			for k := range 2 {
				if w := want.Intervals[r.Type][i]; math.Abs(got[k]-w[k]) > 0.02 {
					t.Errorf("%s, figure %d: got %.4f, scipy has %.4f", r.Type, i, *got, w)
				}
			}
		}
		if !(r.F1CI[0] < r.F1 && r.F1 < r.F1CI[1]) {
			t.Errorf("%s: F1 %v is not within %v", r.Type, r.F1, *r.F1CI)
		}
	}
	if alone := y.Bootstrap(nil, 1); alone.Macro.F1CI == nil || *alone.Micro.F1CI == *s.Micro.F1CI {
		t.Errorf("units by themselves give %v, documents %v", alone.Micro.F1CI, s.Micro.F1CI)
	}
}

func TestBootstrap(t *testing.T) {
	gold, pred := []string{"a", "b", "no", "a", "b", "a"}, []string{"a", "no", "b", "a", "b", "b"}
	s := LabelF1(gold, pred, []string{"a", "b"})
	if s.Micro.F1CI != nil {
		t.Error("an interval without Bootstrap")
	}
	x, y, z := s.Bootstrap(nil, 1), s.Bootstrap(nil, 1), s.Bootstrap(nil, 2)
	if *x.Micro.F1CI != *y.Micro.F1CI || *x.Types[1].RecallCI != *y.Types[1].RecallCI {
		t.Error("one seed gives two results")
	}
	if s.Micro.F1CI != nil || s.Types[0].F1CI != nil {
		t.Error("Bootstrap changes its receiver")
	}
	if *x.Micro.PrecisionCI == *z.Micro.PrecisionCI && *x.Micro.F1CI == *z.Micro.F1CI && *x.Macro.F1CI == *z.Macro.F1CI {
		t.Error("the seed has no effect")
	}
	if empty := LabelF1(nil, nil, []string{"a"}).Bootstrap(nil, 1); empty.Micro.F1CI != nil || empty.Micro.F1 != 0 {
		t.Errorf("nothing: %+v", empty.Micro)
	}
	if out := x.String(); !strings.Contains(out, "95 % interval") || !strings.Contains(out, " to ") || !strings.Contains(out, "macro") {
		t.Errorf("table\n%s", out)
	}
	panics(t, errUnits, func() { s.Bootstrap([]string{"d"}, 1) })
	panics(t, errTally, func() { Scores{}.Bootstrap(nil, 1) })
}

// Where nothing is wrong, nothing is right, or there is one document only, the corpora that are drawn say nothing: the intervals are
// those of statsmodels' proportion_confint(hits, n, method="wilson").
func TestBootstrapWithoutSpread(t *testing.T) {
	gold := slices.Repeat([]string{"all", "half", "none"}, 5)
	pred := slices.Clone(gold)
	for i, g := range gold {
		if g == "none" || g == "half" && i%2 == 0 {
			pred[i] = "no"
		}
	}
	document := make([]string, len(gold))
	for i := range document {
		document[i] = fmt.Sprint(i / 3) // each has one of each
	}
	s := LabelF1(gold, pred, []string{"all", "half", "none", "unseen"}).Bootstrap(document, 1)
	one := LabelF1(gold, pred, []string{"all", "half", "none", "unseen"}).Bootstrap(make([]string, len(gold)), 1)
	wilson := Interval{0.565518, 1} // of 5 in 5
	for _, c := range []struct {
		what string
		got  *Interval
		want Interval
	}{
		{"recall of all", s.Types[0].RecallCI, wilson},
		{"precision of all", s.Types[0].PrecisionCI, wilson},
		{"F1 of all", s.Types[0].F1CI, Interval{2 * 0.565518 / 1.565518, 1}},
		{"recall of none", s.Types[2].RecallCI, Interval{0, 0.434482}},
		{"precision of none", s.Types[2].PrecisionCI, Interval{0, 1}}, // nothing was said
		{"F1 of none", s.Types[2].F1CI, Interval{0, 2 * 0.434482 / 1.434482}},
		{"F1 of unseen", s.Types[3].F1CI, Interval{0, 1}},
		{"recall of half, in one document", one.Types[1].RecallCI, Interval{0.230724, 0.882379}}, // 3 of 5
		{"recall of micro, in one document", one.Micro.RecallCI, Interval{0.301170, 0.751905}},   // 8 of 15
		{"macro recall, in one document", one.Macro.RecallCI, Interval{(0.565518 + 0.230724) / 4, (1 + 0.882379 + 0.434482 + 1) / 4}},
	} {
		if c.got == nil || math.Abs(c.got[0]-c.want[0]) > 2e-6 || math.Abs(c.got[1]-c.want[1]) > 2e-6 {
			t.Errorf("%s: %v, want %v", c.what, c.got, c.want)
		}
	}
	for _, r := range append(slices.Concat(s.Types, one.Types), s.Micro, s.Macro, one.Micro, one.Macro) {
		for _, f := range []struct {
			at float64
			in *Interval
		}{{r.Precision, r.PrecisionCI}, {r.Recall, r.RecallCI}, {r.F1, r.F1CI}} {
			if !(f.in[0] <= f.at && f.at <= f.in[1] && f.in[0] < f.in[1] && f.in[0] >= 0 && f.in[1] <= 1) {
				t.Errorf("%s: %v is not within %v", r.Type, f.at, *f.in)
			}
		}
	}
}

func TestPercentile(t *testing.T) {
	v := []float64{0, 1, 2, 3, 10}
	for q, want := range map[float64]float64{0: 0, 1: 10, 0.5: 2, 0.25: 1, 0.9: 7.2, 0.025: 0.1} {
		if got := percentile(v, q); !near(got, want) {
			t.Errorf("percentile %v: %v, want %v", q, got, want)
		}
	}
}

func panics(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if r := recover(); r != want {
			t.Errorf("panic %v, want %q", r, want)
		}
	}()
	f()
}

func TestRelationF1(t *testing.T) {
	chem := func(at int) annot.Entity {
		return annot.Entity{Type: "chemical", Start: at, End: at + 3, Text: "abc", Score: 0.5}
	}
	gene := func(at int) annot.Entity { return annot.Entity{Type: "gene", Start: at, End: at + 4} }
	rel := func(typ string, a, b annot.Entity) annot.Relation {
		return annot.Relation{Type: typ, Source: a, Target: b}
	}
	gold := [][]annot.Relation{{rel("CPR:3", chem(0), gene(10)), rel("CPR:4", chem(0), gene(10)), rel("CPR:3", chem(20), gene(10))}, nil, {rel("CPR:4", chem(0), gene(10))}}
	found := rel("CPR:3", gene(10), chem(0)) // the other way round
	found.Source.Score, found.Score, found.Sentence, found.Directed = 0.9, 0.8, "x", true
	wrongType := rel("CPR:4", chem(0), gene(10))
	wrongType.Target.Type = "chemical"
	pred := [][]annot.Relation{
		{found, found, wrongType, rel("CPR:3", chem(21), gene(10)), rel("CPR:5", chem(20), gene(10))}, // one right, once
		{rel("CPR:4", chem(0), gene(10))}, // in another document
		{rel("CPR:4", chem(0), gene(10))}, // right
	}
	s := RelationF1(gold, pred)
	want := []Score{{Type: "CPR:3", Correct: 1, Predicted: 2, Support: 2}, {Type: "CPR:4", Correct: 1, Predicted: 3, Support: 2}, {Type: "CPR:5", Predicted: 1}}
	for i := range want {
		want[i].fill()
	}
	if !slices.Equal(s.Types, want) || s.Micro.Correct != 2 || s.Micro.Predicted != 6 || s.Micro.Support != 4 || !near(s.Micro.F1, 0.4) {
		t.Errorf("got %+v, %+v", s.Types, s.Micro)
	}
}

func TestSpanF1(t *testing.T) {
	e := func(typ string, start, end int) annot.Entity { return annot.Entity{Type: typ, Start: start, End: end} }
	// Overlapping entities are all scored, double ones once.
	gold := [][]annot.Entity{{e("a", 0, 5), e("a", 0, 3), e("a", 0, 3), e("b", 0, 3)}}
	pred := [][]annot.Entity{{e("a", 0, 3), e("a", 0, 3), e("b", 1, 3), e("b", 1, 3)}}
	s := SpanF1(gold, pred)
	want := []Score{{Type: "a", Correct: 1, Predicted: 1, Support: 2}, {Type: "b", Predicted: 1, Support: 1}}
	for i := range want {
		want[i].fill()
	}
	if !slices.Equal(s.Types, want) {
		t.Errorf("got %+v", s.Types)
	}
}

func TestGeneF1Blanks(t *testing.T) {
	s := []corpus.GeneSentence{{Text: "The\u00a0 α-actin gene.", Genes: []corpus.Gene{{Span: annot.Span{Start: 6, End: 14}}}}}
	for _, p := range []annot.Span{{Start: 6, End: 14}, {Start: 3, End: 15}} {
		if m := GeneF1(s, [][]annot.Span{{p}}).Micro; m.Correct != 1 || m.Predicted != 1 {
			t.Errorf("%v: %+v", p, m)
		}
	}
	for _, p := range []annot.Span{{Start: 3, End: 6}, {Start: -1, End: 14}, {Start: 6, End: 99}, {Start: 14, End: 6}} {
		if m := GeneF1(s, [][]annot.Span{{p}}).Micro; m.Correct != 0 || m.Predicted != 1 {
			t.Errorf("%v: %+v", p, m)
		}
	}
}

func TestTextsPanic(t *testing.T) {
	panics(t, errTexts, func() { SpanF1(make([][]annot.Entity, 1), nil) })
	panics(t, errTexts, func() { RelationF1(make([][]annot.Relation, 1), nil) })
	panics(t, errTexts, func() { GeneF1(nil, make([][]annot.Span, 1)) })
	panics(t, errRows, func() { LabelF1([]string{"a"}, nil, nil) })
}

// BenchmarkBootstrap draws from as many rows as ChemProt's dev set has.
func BenchmarkBootstrap(b *testing.B) {
	labels := []string{"false", "CPR:3", "CPR:4", "CPR:5", "CPR:6", "CPR:9"}
	gold, pred := make([]string, 12_000), make([]string, 12_000)
	for i := range gold {
		gold[i], pred[i] = labels[i*i%7%6], labels[i*i%11%6]
	}
	s := LabelF1(gold, pred, labels[1:])
	for b.Loop() {
		s.Bootstrap(nil, 1)
	}
}
