package eval

import (
	"math"
	"strings"
	"testing"
)

func TestAgainstScipy(t *testing.T) {
	var want struct {
		Counts, Rival [][2][3]int
		Leads         map[string][3]float64 // the interval, and p
	}
	golden(t, "bootstrap.json", &want)
	x, names := twoTypes(want.Counts)
	y, _ := twoTypes(want.Rival)
	d := x.Against(y, names, 1)
	back := y.Against(x, names, 1)
	f1 := map[string]float64{"a": x.Types[0].F1 - y.Types[0].F1, "b": x.Types[1].F1 - y.Types[1].F1, "micro": x.Micro.F1 - y.Micro.F1, "macro": x.Macro.F1 - y.Macro.F1}
	rows, turned := append(d.Types, d.Micro, d.Macro), append(back.Types, back.Micro, back.Macro)
	if len(rows) != 4 {
		t.Fatalf("got %+v", d)
	}
	for i, r := range rows {
		w := want.Leads[r.Type]
		if math.Abs(r.F1CI[0]-w[0]) > 0.01 || math.Abs(r.F1CI[1]-w[1]) > 0.01 || math.Abs(r.P-w[2]) > 0.03 {
			t.Errorf("%s: %.4f, p = %.4f; scipy has %.4f", r.Type, r.F1CI, r.P, w)
		}
		if r.F1 != f1[r.Type] || !(r.F1CI[0] < r.F1 && r.F1 < r.F1CI[1]) {
			t.Errorf("%s: %v within %v, want %v", r.Type, r.F1, r.F1CI, f1[r.Type])
		}
		if b := turned[i]; b.F1 != -r.F1 || !near(b.F1CI[0], -r.F1CI[1]) || !near(b.F1CI[1], -r.F1CI[0]) || b.P != r.P {
			t.Errorf("the other way round: %+v of %+v", b, r)
		}
	}
	// The point of pairs: the interval of the difference is narrower than the one that two models by themselves leave.
	a, b := x.Bootstrap(names, 1).Micro.F1CI, y.Bootstrap(names, 1).Micro.F1CI
	if alone := math.Hypot(a[1]-a[0], b[1]-b[0]); d.Micro.F1CI[1]-d.Micro.F1CI[0] > alone/2 {
		t.Errorf("paired %v, alone %v and %v", d.Micro.F1CI, *a, *b)
	}
}

func TestAgainst(t *testing.T) {
	gold := []string{"a", "b", "a", "b", "a", "b", "a", "b"}
	good := LabelF1(gold, gold, []string{"a", "b"})
	bad := LabelF1(gold, []string{"a", "no", "a", "no", "a", "no", "a", "no"}, []string{"a", "b"})
	d := good.Against(bad, nil, 1)
	// Four of four, twice: Wilson's interval of J is 0.5101 to 1, F1 from 0.6756, and Newcombe's difference of 0.3244 to either side.
	if a := d.Types[0]; a.F1 != 0 || a.P != 1 || math.Abs(a.F1CI[0]+0.32442) > 1e-4 || math.Abs(a.F1CI[1]-0.32442) > 1e-4 {
		t.Errorf("the same answers: %+v", a)
	}
	if b := d.Types[1]; b.F1 != 1 || b.P > 0.02 || b.F1CI[1] != 1 || !(b.F1CI[0] > 0 && b.F1CI[0] < 1) {
		t.Errorf("always better: %+v", b)
	}
	if same := good.Against(good, nil, 1); same.Micro.F1 != 0 || same.Micro.P != 1 || same.Macro.P != 1 || same.Macro.F1CI[0] != -same.Macro.F1CI[1] || same.Macro.F1CI[1] < 0.1 {
		t.Errorf("a model against itself: %+v", same)
	}
	if one := good.Against(bad, make([]string, len(gold)), 1); one.Micro.P != 1 || !(one.Micro.F1CI[0] < one.Micro.F1 && one.Micro.F1 < one.Micro.F1CI[1]) || one.Micro.F1 != good.Micro.F1-bad.Micro.F1 {
		t.Errorf("one document: %+v", one.Micro)
	}
	// Three documents cannot make anybody surer than a coin that falls on one side three times.
	if three := good.Against(bad, []string{"x", "x", "y", "y", "y", "y", "z", "z"}, 1); three.Micro.P != 0.25 {
		t.Errorf("three documents: %+v", three.Micro)
	}
	if again := good.Against(bad, nil, 1); again.Micro != d.Micro {
		t.Errorf("one seed gives two results: %+v and %+v", d.Micro, again.Micro)
	}
	// Types that one of the two has never heard of.
	other := LabelF1(gold, []string{"a", "c", "a", "c", "a", "c", "a", "c"}, []string{"a", "b", "c"})
	if d := good.Against(other, nil, 1); len(d.Types) != 3 || d.Types[2].Type != "c" || d.Types[2].F1 != 0 || d.Macro.F1 != good.Macro.F1-other.Macro.F1 {
		t.Errorf("another type: %+v", d)
	}
	if empty := LabelF1(nil, nil, []string{"a"}); empty.Against(empty, nil, 1).Micro.P != 1 {
		t.Error("nothing differs from nothing")
	}
	if out := d.String(); !strings.HasPrefix(out, "type   difference  95 % interval      p\na      +0.00       -32.44 to +32.44") || strings.Count(out, "\n") != 5 || !strings.Contains(out, "\nmacro  +50.00") {
		t.Errorf("table\n%s", out)
	}
	panics(t, errUnits, func() { good.Against(bad, []string{"d"}, 1) })
	panics(t, errPair, func() { good.Against(LabelF1(gold[:2], gold[:2], []string{"a"}), nil, 1) })
	panics(t, errTally, func() { good.Against(Scores{}, nil, 1) })
}
