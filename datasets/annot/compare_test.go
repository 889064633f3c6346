package annot

import (
	"fmt"
	"slices"
	"testing"
)

// ents makes entities of types with their offsets: "a 0 5".
func ents(list ...string) []Entity {
	out := make([]Entity, len(list))
	for i, s := range list {
		if _, err := fmt.Sscanf(s, "%s %d %d", &out[i].Type, &out[i].Start, &out[i].End); err != nil {
			panic(err)
		}
	}
	return out
}

func TestCompare(t *testing.T) {
	for name, c := range map[string]struct {
		gold, predicted []Entity
		want            []Match
	}{
		"nothing":           {nil, nil, nil},
		"correct":           {ents("a 0 5"), ents("a 0 5"), []Match{{Correct, 0, 0}}},
		"wrong type":        {ents("a 0 5"), ents("b 0 5"), []Match{{WrongType, 0, 0}}},
		"wrong boundary":    {ents("a 0 5"), ents("a 1 5"), []Match{{WrongBoundary, 0, 0}}},
		"both wrong":        {ents("a 0 5"), ents("b 4 9"), []Match{{WrongBoundaryAndType, 0, 0}}},
		"adjacent":          {ents("a 0 5"), ents("a 5 9"), []Match{{Missed, 0, -1}, {Spurious, -1, 0}}},
		"unsorted":          {ents("b 7 9", "a 0 5"), ents("b 7 9", "a 0 5"), []Match{{Correct, 1, 1}, {Correct, 0, 0}}},
		"twice":             {ents("a 0 5", "a 0 5"), ents("a 0 5"), []Match{{Correct, 0, 0}}},
		"twice predicted":   {ents("a 0 5"), ents("a 0 5", "a 0 5", "b 0 5"), []Match{{Correct, 0, 0}, {Spurious, -1, 2}}},
		"empty":             {ents("a 5 5", "a 7 6"), ents("a 5 5"), nil},
		"exact goes first":  {ents("a 0 5", "a 0 9"), ents("a 0 9"), []Match{{Correct, 1, 0}, {Missed, 0, -1}}},
		"type over overlap": {ents("a 0 9"), ents("b 0 8", "a 8 12"), []Match{{WrongBoundary, 0, 1}, {Spurious, -1, 0}}},
		"largest overlap":   {ents("a 0 10", "a 5 20"), ents("a 4 20"), []Match{{Missed, 0, -1}, {WrongBoundary, 1, 0}}},
		"first of equals":   {ents("a 0 4"), ents("a 0 2", "a 2 4"), []Match{{WrongBoundary, 0, 0}, {Spurious, -1, 1}}},
		"long one before": {ents("a 0 30", "b 12 14", "c 20 22"), ents("x 0 25", "b 12 14", "c 20 23"),
			[]Match{{WrongBoundaryAndType, 0, 0}, {Correct, 1, 1}, {WrongBoundary, 2, 2}}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Compare(c.gold, c.predicted); !slices.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

func FuzzCompare(f *testing.F) {
	f.Add([]byte{0, 5, 1, 3, 9, 0}, []byte{0, 5, 0, 2, 9, 0})
	f.Fuzz(func(t *testing.T, a, b []byte) {
		read := func(data []byte) (out []Entity) {
			for ; len(data) >= 3 && len(out) < 40; data = data[3:] {
				out = append(out, Entity{Start: int(int8(data[0])), End: int(int8(data[1])), Type: string(rune('a' + data[2]%3))})
			}
			return out
		}
		gold, predicted := read(a), read(b)
		type key struct {
			typ        string
			start, end int
		}
		count := func(es []Entity) map[key]int {
			m := make(map[key]int)
			for _, e := range es {
				if e.Start < e.End {
					m[key{e.Type, e.Start, e.End}] = 1
				}
			}
			return m
		}
		left, right := count(gold), count(predicted)
		common := 0
		for k := range left {
			common += right[k]
		}
		for _, m := range Compare(gold, predicted) {
			if m.Outcome == Correct {
				common--
			}
			if (m.Gold < 0) != (m.Outcome == Spurious) || (m.Predicted < 0) != (m.Outcome == Missed) {
				t.Fatalf("%+v", m)
			}
			if m.Gold >= 0 {
				e := gold[m.Gold]
				left[key{e.Type, e.Start, e.End}]--
			}
			if m.Predicted >= 0 {
				e := predicted[m.Predicted]
				right[key{e.Type, e.Start, e.End}]--
			}
			if m.Gold >= 0 && m.Predicted >= 0 {
				g, p := gold[m.Gold], predicted[m.Predicted]
				same, kind := g.Span() == p.Span(), g.Type == p.Type
				want := map[bool]map[bool]Outcome{true: {true: Correct, false: WrongType}, false: {true: WrongBoundary, false: WrongBoundaryAndType}}[same][kind]
				if m.Outcome != want || g.Start >= p.End || p.Start >= g.End {
					t.Fatalf("%+v and %+v are %v", g, p, m.Outcome)
				}
			}
		}
		if common != 0 {
			t.Fatalf("%d mentions that both have are not correct", common)
		}
		for k, n := range left {
			if n != 0 {
				t.Fatalf("gold %+v is in %d matches", k, 1-n)
			}
		}
		for k, n := range right {
			if n != 0 {
				t.Fatalf("predicted %+v is in %d matches", k, 1-n)
			}
		}
	})
}

func ExampleCompare() {
	gold := []Entity{{Type: "protein", Start: 0, End: 4}, {Type: "DNA", Start: 14, End: 23}}
	found := []Entity{{Type: "protein", Start: 0, End: 4}, {Type: "DNA", Start: 14, End: 18}, {Type: "RNA", Start: 30, End: 34}}
	for _, m := range Compare(gold, found) {
		fmt.Println(m.Outcome, m.Gold, m.Predicted)
	}
	// Output:
	// correct 0 0
	// wrong boundary 1 1
	// spurious -1 2
}
