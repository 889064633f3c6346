package datasets

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/internal/pythontest"
)

func ints(t testing.TB, d *Dataset, column string) []int64 {
	t.Helper()
	v, err := Column[int64](d, column)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// numbered makes a set of rows 0 to n-1 in column "x".
func numbered(t testing.TB, n int) *Dataset {
	v := make([]int, n)
	for i := range v {
		v[i] = i
	}
	return one(t, v...)
}

func TestShard(t *testing.T) {
	d := numbered(t, 7)
	for _, tt := range []struct {
		n, index   int
		contiguous bool
		want       string
	}{
		{3, 0, true, "[0 1 2]"}, {3, 1, true, "[3 4]"}, {3, 2, true, "[5 6]"},
		{3, 0, false, "[0 3 6]"}, {3, 1, false, "[1 4]"}, {1, 0, true, "[0 1 2 3 4 5 6]"},
		{9, 6, true, "[6]"}, {9, 8, true, "[]"}, {9, 8, false, "[]"},
	} {
		if got := sprint(ints(t, must(t)(d.Shard(tt.n, tt.index, tt.contiguous)), "x")); got != tt.want {
			t.Errorf("Shard(%d, %d, %v) = %s, want %s", tt.n, tt.index, tt.contiguous, got, tt.want)
		}
	}
	for _, at := range [][2]int{{0, 0}, {3, 3}, {3, -1}} {
		_, err := d.Shard(at[0], at[1], true)
		wantError(t, err, "no shard")
	}
}

func TestBatches(t *testing.T) {
	d := numbered(t, 5)
	var got []string
	for b := range d.Batches(2) {
		got = append(got, sprint(ints(t, b, "x")))
	}
	if sprint(got) != "[[0 1] [2 3] [4]]" {
		t.Error(got)
	}
	for b := range d.Batches(2) {
		b.Retain() // keeps it beyond the loop
		defer b.Release()
		break
	}
	for range numbered(t, 0).Batches(1) {
		t.Error("a batch of no rows")
	}
}

func TestUnique(t *testing.T) {
	if got, err := Unique[string](one(t, "b", "a", "b"), "x"); err != nil || sprint(got) != "[b a]" {
		t.Errorf("%v, %v", got, err)
	}
	x := 2.5
	if got, err := Unique[any](one(t, &x, nil, &x, nil), "x"); err != nil || sprint(got) != "[2.5 <nil>]" {
		t.Errorf("%v, %v", got, err)
	}
	nan := math.NaN()
	if got, err := Unique[float64](one(t, nan, 1, nan, 1), "x"); err != nil || sprint(got) != "[NaN 1]" {
		t.Errorf("%v, %v", got, err)
	}
	_, err := Unique[any](one(t, []int{1}), "x")
	wantError(t, err, `column "x" of data set "made" is list<int64>, whose values are not compared`)
	_, err = Unique[int64](one(t, "a"), "x")
	wantError(t, err, "is string, not an int64")
	_, err = Unique[int64](one(t, 1), "y")
	wantError(t, err, `no column "y"`)
}

func TestRemoveColumns(t *testing.T) {
	five := load(t, "testdata/five.arrow")
	d := must(t)(five.RemoveColumns("abstract", "title", "abstract"))
	if got := d.Columns(); slices.Contains(got, "title") || slices.Contains(got, "abstract") || len(got) != len(five.Columns())-2 {
		t.Errorf("columns %v", got)
	}
	_, err := five.RemoveColumns("abstrct")
	wantError(t, err, `no column "abstrct"`)
}

func TestTrainTestSplit(t *testing.T) {
	d := numbered(t, 10)
	part := func(s TestSplit) (string, string) {
		train, test, err := d.TrainTestSplit(s)
		if err != nil {
			t.Fatal(err)
		}
		defer train.Release()
		defer test.Release()
		all := append(ints(t, train, "x"), ints(t, test, "x")...)
		slices.Sort(all)
		if sprint(all) != "[0 1 2 3 4 5 6 7 8 9]" {
			t.Errorf("%+v: rows %v", s, all)
		}
		return sprint(ints(t, train, "x")), sprint(ints(t, test, "x"))
	}
	if train, test := part(TestSplit{Rows: 3, InOrder: true}); train != "[0 1 2 3 4 5 6]" || test != "[7 8 9]" {
		t.Errorf("in order: %s, %s", train, test)
	}
	// The rows are a promise, as those of Shuffle are.
	if train, test := part(TestSplit{Share: 0.2, Seed: 42}); train != "[5 3 4 7 0 1 9 8]" || test != "[6 2]" {
		t.Errorf("seed 42: %s, %s", train, test)
	}
	if _, test := part(TestSplit{}); len(strings.Fields(test)) != 3 {
		t.Errorf("by default %s", test)
	}
	for _, tt := range []struct {
		s    TestSplit
		want string
	}{
		{TestSplit{Share: 1}, "a share of 1 for the test (want between 0 and 1; Rows is a number of rows)"},
		{TestSplit{Share: math.NaN()}, "a share of NaN"},
		{TestSplit{Share: -0.5}, "a share of -0.5"},
		{TestSplit{Rows: 10}, "10 of 10 rows for the test leave a part empty"},
		{TestSplit{Rows: -1}, "-1 of 10 rows"},
		{TestSplit{Share: 0.5, Rows: 5}, "both Rows (5) and Share (0.5)"},
		{TestSplit{InOrder: true, StratifyBy: "x"}, "StratifyBy needs shuffled rows"},
		{TestSplit{StratifyBy: "y"}, `no column "y"`},
		{TestSplit{StratifyBy: "x"}, `cannot be stratified by column "x": "4" is in row 4 alone`},
	} {
		train, test, err := d.TrainTestSplit(tt.s)
		wantError(t, err, tt.want)
		if train != nil || test != nil {
			t.Errorf("%+v: sets came with the error", tt.s)
		}
	}
	_, _, err := one(t, 1.5, 1.5).TrainTestSplit(TestSplit{StratifyBy: "x"})
	wantError(t, err, "which is float64")
	_, _, err = one(t, "a", "a", "b", "b", "c", "c").TrainTestSplit(TestSplit{Rows: 2, StratifyBy: "x"})
	wantError(t, err, "2 rows for 3 values")
}

func TestStratify(t *testing.T) {
	var labels []*string
	for i := range 100 {
		s := []string{"a", "b", "c"}[min(i/60, 2)]
		if labels = append(labels, &s); i >= 90 {
			labels[i] = nil
		}
	}
	d := one(t, labels...) // 60 a, 30 b, 10 nulls
	for seed := range uint64(3) {
		train, test, err := d.TrainTestSplit(TestSplit{Share: 0.2, Seed: seed, StratifyBy: "x"})
		if err != nil {
			t.Fatal(err)
		}
		if got := sprint(counts(t, test)); got != "map[:2 a:12 b:6]" {
			t.Errorf("seed %d: the test has %s", seed, got)
		}
		if got := sprint(counts(t, train)); got != "map[:8 a:48 b:24]" {
			t.Errorf("seed %d: the rest has %s", seed, got)
		}
		if v := texts(t, train, "x"); slices.IsSorted(v) {
			t.Error("the rows are not shuffled")
		}
		train.Release()
		test.Release()
	}
}

func counts(t *testing.T, d *Dataset) map[string]int {
	n := make(map[string]int)
	for _, s := range texts(t, d, "x") {
		n[s]++
	}
	return n
}

// Sizes are those of Python's datasets, also by label, up to ties, which it breaks at random.
func TestTrainTestSplitPython(t *testing.T) {
	python := pythontest.Interpreter(t, "datasets")
	type try struct {
		Labels []int
		Share  float64
	}
	r := rand.New(rand.NewPCG(1, 1))
	var tries []try
	for range 60 {
		tr := try{Share: float64(1+r.IntN(98)) / 100}
		for class := range 1 + r.IntN(4) {
			for range 2 + r.IntN(40) {
				tr.Labels = append(tr.Labels, class)
			}
		}
		tries = append(tries, tr)
	}
	in, err := json.Marshal(tries)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", `
import collections, json, sys
from datasets import Dataset, Features, ClassLabel
out = []
for t in json.load(sys.stdin):
    d = Dataset.from_dict({"x": t["Labels"]}, features=Features({"x": ClassLabel(names=["a", "b", "c", "d"])}))
    answer = []
    for by in (None, "x"):
        try:
            s = d.train_test_split(test_size=t["Share"], seed=1, stratify_by_column=by)
            answer.append([[s[p]["x"][:].count(c) for c in range(4)] for p in ("train", "test")])
        except ValueError as e:
            answer.append(None)
    out.append(answer)
json.dump(out, sys.stdout)
`)
	cmd.Stdin, cmd.Stderr = strings.NewReader(string(in)), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var want [][2][][4]int // plain and stratified; train and test
	if err := json.Unmarshal(out, &want); err != nil || len(want) != len(tries) {
		t.Fatalf("%d answers, %v", len(want), err)
	}
	for i, tr := range tries {
		d := must(t)(one(t, tr.Labels...).CastColumn("x", ClassLabel("a", "b", "c", "d")))
		for k, by := range []string{"", "x"} {
			train, test, err := d.TrainTestSplit(TestSplit{Share: tr.Share, Seed: 1, StratifyBy: by})
			w := want[i][k]
			if (err != nil) != (w == nil) {
				t.Errorf("%d rows, share %v, by %q: %v; Python: %v", len(tr.Labels), tr.Share, by, err, w)
			}
			if err != nil || w == nil {
				continue
			}
			for p, d := range []*Dataset{train, test} {
				var got [4]int
				for _, c := range ints(t, d, "x") {
					got[c]++
				}
				sum, wsum, off := 0, 0, 0
				for c := range got {
					sum, wsum = sum+got[c], wsum+w[p][c]
					off = max(off, got[c]-w[p][c], w[p][c]-got[c])
				}
				if sum != wsum || by != "" && off > 1 {
					t.Errorf("%d rows, share %v, by %q, part %d: %v; Python: %v", len(tr.Labels), tr.Share, by, p, got, w[p])
				}
			}
			train.Release()
			test.Release()
		}
	}
}

func TestDeal(t *testing.T) {
	for _, tt := range []struct {
		counts []int
		n      int
		want   []int
	}{
		{[]int{60, 30, 10}, 80, []int{48, 24, 8}},
		{[]int{2, 98}, 90, []int{2, 88}},
		{[]int{5, 5}, 5, []int{3, 2}},
		{[]int{7}, 3, []int{3}},
	} {
		if got := deal(tt.counts, tt.n); !slices.Equal(got, tt.want) {
			t.Errorf("deal(%v, %d) = %v, want %v", tt.counts, tt.n, got, tt.want)
		}
	}
}
