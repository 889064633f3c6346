package datasets

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/internal/pythontest"
)

// twoSplits makes a folder with a train split of n rows, "train0" ..., and a test split of m.
func twoSplits(t *testing.T, n, m int) string {
	dir := t.TempDir()
	for split, rows := range map[string]int{"train": n, "test": m} {
		var b strings.Builder
		for i := range rows {
			fmt.Fprintf(&b, "{\"id\": \"%s%d\"}\n", split, i)
		}
		if err := os.WriteFile(filepath.Join(dir, split+".jsonl"), []byte(b.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestSplitSlices(t *testing.T) {
	dir := twoSplits(t, 10, 5)
	for _, tt := range []struct{ split, want string }{
		{"train", "train0 train1 train2 train3 train4 train5 train6 train7 train8 train9"},
		{"train[:2]", "train0 train1"},
		{"train[8:]", "train8 train9"},
		{"train[-1:]", "train9"},
		{"train[2:4]", "train2 train3"},
		{"train[:20%]", "train0 train1"},
		{"train[-10%:]", "train9"},
		{"train[8:99]", "train8 train9"},
		{"train[-99:1]", "train0"},
		{"train[:15%]", "train0 train1"},       // 1.5 is rounded to 2
		{"train[:25%]", "train0 train1"},       // 2.5 is rounded to 2
		{"train[10:20%]", "train1"},            // one sign makes both percent
		{"train[1_0%:20%](closest)", "train1"}, // Python writes thousands so
		{"test[4:]+train[:1] + test[:1]", "test4 train0 test0"},
		{"test[:1]+test[:1]", "test0 test0"},
		{"test[:0]+train[9:]", "train9"},
		{"all", "train0 train1 train2 train3 train4 train5 train6 train7 train8 train9 test0 test1 test2 test3 test4"},
	} {
		d := load(t, dir, WithSplit(tt.split))
		if got := strings.Join(texts(t, d, "id"), " "); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.split, got, tt.want)
		}
		if got := d.Source("id").Split; got != tt.split {
			t.Errorf("%s: the source says %q", tt.split, got)
		}
	}
	if d := load(t, dir, WithSplit("train[5:]+test"), WithLimit(6)); strings.Join(texts(t, d, "id"), " ") != "train5 train6 train7 train8 train9 test0" {
		t.Errorf("limit: %v", texts(t, d, "id"))
	}
	five := load(t, "testdata/five.jsonl", WithSplit("train[1:3]"), WithColumns("id"))
	if got := texts(t, five, "id"); !slices.Equal(got, ids[1:3]) {
		t.Errorf("of a file: %v", got)
	}
	if d := load(t, "testdata/saved-splits", WithSplit("test[:1]+train[:1]")); d.NumRows() != 2 {
		t.Errorf("of saved splits: %d rows", d.NumRows())
	}
}

func TestSplitErrors(t *testing.T) {
	dir := twoSplits(t, 10, 5)
	for split, want := range map[string]string{
		"":                               "leave the option out",
		"dev":                            `has no split "dev" (has train, test)`,
		"dev[:1]":                        `has no split "dev" (has train, test)`,
		"train+dev":                      `has no split "dev" (has train, test)`,
		"all[:1]":                        `has no split "all" (has train, test)`,
		"train[3:2]":                     `split "train[3:2]" has no rows (train has 10)`,
		"train[10:]+test[:0]":            `has no rows (train has 10, test has 5)`,
		"train[:1](closest)":             "a rounding, \"closest\", where nothing is in percent",
		"train[:1%](up)":                 `unknown rounding "up" (want closest or pct1_dropremainder)`,
		"train[:1%]()":                   `unknown rounding ""`,
		"train[:1%](pct1_dropremainder)": `split "train" has 10 rows, and pct1_dropremainder needs 100`,
		"train[:1%]+test[:1%](pct1_dropremainder)": "rounded alike",
		"train[:101%]":  "101% is not between",
		"train[-101%:]": "-101% is not between",
		"train[:1__0]":  `"1__0" is not a number`,
		"train[3]":      `"train[3]" is not understood (write train, train[:10%], train[100:200] or sums of such)`,
		"train[:1.5%]":  "is not understood",
		"train[ :1]":    "is not understood",
		"train+":        `"" is not understood`,
		"train[:1":      "is not understood",
	} {
		d, err := Load(t.Context(), dir, WithSplit(split), WithAllocator(checked(t)))
		wantError(t, err, want)
		if d != nil {
			t.Errorf("%s: a set came with the error", split)
		}
	}
	// Bounds beyond 64 bits are bounds beyond the split.
	if d := load(t, dir, WithSplit("train[-99999999999999999999:99999999999999999999]")); d.NumRows() != 10 {
		t.Errorf("%d rows", d.NumRows())
	}
}

// splitTerms makes n expressions, right and wrong, from a fixed seed.
func splitTerms(n int) []string {
	r := rand.New(rand.NewPCG(20, 24))
	pick := func(s ...string) string { return s[r.IntN(len(s))] }
	number := func() string {
		switch r.IntN(8) {
		case 0, 1:
			return ""
		case 2:
			return pick("0", "-0", "00", "1_0", "_1", "1__0", "007", "-", "100", "-100", "101", "-101", "1.5", "999999999999999999999")
		default:
			return fmt.Sprint(r.IntN(220) - 110)
		}
	}
	out := []string{"train", "a.b", "a..b", "", "+", "träin", "train[:]", "train[%:]"}
	for len(out) < n {
		var terms []string
		for range 1 + r.IntN(3) {
			s := pick("train", "train", "test", "dev", "other-set")
			if r.IntN(6) > 0 {
				unit := pick("", "%", "%")
				from, to := number(), number()
				if from != "" {
					from += unit
				}
				if to != "" {
					to += unit
				}
				s += "[" + from + pick(":", ":", ":", ":", ":", ":", ":", "", "::") + to + pick("]", "]", "]", "]", "]", "]", "")
			}
			terms = append(terms, s+pick("", "", "", "", "(closest)", "(pct1_dropremainder)", "(pct1_dropremainder)", "()", "(x)"))
		}
		out = append(out, strings.Join(terms, pick("+", " + ", "  +")))
	}
	return out
}

// The rows are those that Python's datasets takes for the same expression, over splits of
// several sizes, and what it refuses is refused here.
func TestSplitPython(t *testing.T) {
	python := pythontest.Interpreter(t, "datasets")
	terms := splitTerms(4000)
	sizes := []map[string]int{{"train": 0, "test": 1}, {"train": 5, "test": 99}, {"train": 100, "test": 250}, {"train": 1005, "test": 123457}}
	in, err := json.Marshal([]any{terms, sizes})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", `
import json, sys
from datasets import ReadInstruction
terms, sizes = json.load(sys.stdin)
out = []
for t in terms:
    for s in sizes:
        try:
            out.append([[i.splitname, i.from_, max(i.from_, i.to)] for i in ReadInstruction.from_spec(t).to_absolute(s)])
        except ValueError:
            out.append(None)
json.dump(out, sys.stdout)
`)
	cmd.Stdin, cmd.Stderr = strings.NewReader(string(in)), os.Stderr
	data, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var want [][][3]any
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	if len(want) != len(terms)*len(sizes) {
		t.Fatalf("%d answers", len(want))
	}
	refused := 0
	for i, term := range terms {
		for j, size := range sizes {
			got, err := rowsOf(term, size)
			w := want[i*len(sizes)+j]
			if w == nil {
				refused++
			}
			if (err != nil) != (w == nil) || err == nil && fmt.Sprint(got) != fmt.Sprint(w) {
				t.Errorf("%q of %v: %v, %v; Python takes %v", term, size, got, err, w)
			}
		}
	}
	if refused == 0 || refused == len(want) {
		t.Errorf("Python refused %d of %d", refused, len(want))
	}
}

func rowsOf(term string, size map[string]int) (out [][3]any, err error) {
	parts, err := parseSplit(term)
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		n, ok := size[p.name]
		if !ok {
			return nil, fmt.Errorf("no split %q", p.name)
		}
		from, to, err := p.rows(n)
		if err != nil {
			return nil, err
		}
		out = append(out, [3]any{p.name, from, to})
	}
	return out, nil
}

// Whatever is taken gives rows that are there.
func FuzzSplit(f *testing.F) {
	for _, s := range splitTerms(40) {
		f.Add(s, 250)
	}
	f.Fuzz(func(t *testing.T, text string, n int) {
		parts, err := parseSplit(text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "datasets: split ") {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		n = int(uint32(n)) // rows that a set can have
		for _, p := range parts {
			from, to, err := p.rows(n)
			if err != nil {
				continue
			}
			if p.name == "" || from < 0 || from > to || to > n || p.whole() && (from != 0 || to != n) {
				t.Errorf("%q of %d rows: %d to %d", text, n, from, to)
			}
		}
	})
}
