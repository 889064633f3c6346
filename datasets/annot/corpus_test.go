package annot

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"
)

func TestFrequencies(t *testing.T) {
	docs := []Document{
		mark("a", "[protein:NF-κB] binds [protein:NF-kappa B] and [DNA:NF-κB]."),
		mark("b", "[protein:NF-κB] is near [protein:p53]."),
		{Text: "Nothing."},
	}
	var got []string
	for _, f := range Frequencies(docs) {
		got = append(got, fmt.Sprint(f.Name, " ", f.Type, " ", f.Count, " in ", f.Documents, " ", f.Aliases))
	}
	if want := []string{"NF-κB protein 3 in 2 [NF-kappa B]", "NF-κB DNA 1 in 1 []", "p53 protein 1 in 1 []"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := Frequencies(docs, WithMinMentions(2)); len(got) != 1 {
		t.Errorf("%v", got)
	}
	if got := WordCounts(docs); !slices.Equal(got, []int{6, 4, 1}) {
		t.Errorf("words %v", got)
	}
}

// TestAssociations has figures counted by hand: six sentences, a in four, b in three, both in two.
func TestAssociations(t *testing.T) {
	docs := []Document{
		mark("1", "[p:Aaa] binds [p:Bbb] and [p:Bbb]. [p:Aaa] alone. Nothing here."),
		mark("2", "[p:Bbb] near [p:Aaa]. Only [p:Aaa]. [d:[p:Bbb] gene] too."),
	}
	got := CoOccurrences(docs)
	var names []string
	for i, n := range got.Nodes {
		names = append(names, fmt.Sprint(n.Name, " ", got.In[i]))
	}
	if want := []string{"Aaa 4", "Bbb 3", "Bbb gene 1"}; !slices.Equal(names, want) || got.Units != 6 || got.Unit != "sentence" {
		t.Errorf("%v of %d %ss, want %v of 6 sentences", names, got.Units, got.Unit, want)
	}
	// Fisher's test of the table 2 2 / 1 1 gives 0.8; 3 pairs are possible.
	want := []Association{{A: 0, B: 1, Count: 2, Expected: 2, PMI: 0, NPMI: 0, P: 0.8, Q: 1}}
	for i := range got.Pairs {
		got.Pairs[i].P = math.Round(got.Pairs[i].P*1e9) / 1e9
	}
	if !reflect.DeepEqual(got.Pairs, want) {
		t.Errorf("%+v, want %+v", got.Pairs, want)
	}
	got = CoOccurrences(docs, WithinDocuments(), WithMinMentions(2))
	want = []Association{{A: 0, B: 1, Count: 2, Expected: 2, PMI: 0, NPMI: 0, P: 1, Q: 1}}
	if !reflect.DeepEqual(got.Pairs, want) || got.Units != 2 || got.Unit != "document" {
		t.Errorf("within documents: %+v, want %+v", got, want)
	}
	if got := CoOccurrences(nil); got.Units != 0 || len(got.Pairs) != 0 {
		t.Errorf("of nothing: %+v", got)
	}
}

func TestAssociate(t *testing.T) {
	s := associate(0, 1, 10, 40, 30, 200)
	if s.Expected != 6 || math.Abs(s.PMI-math.Log2(10.0/6)) > 1e-12 || math.Abs(s.NPMI-math.Log2(10.0/6)/math.Log2(20)) > 1e-12 {
		t.Errorf("%+v", s)
	}
	if s := associate(0, 1, 3, 3, 3, 300); math.Abs(s.NPMI-1) > 1e-12 {
		t.Errorf("two that are never apart have an NPMI of %v, want 1", s.NPMI)
	}
	// Probabilities by scipy.stats.fisher_exact(..., alternative="greater"), 1.17.
	for _, c := range []struct {
		n, a, b, units int
		want           float64
	}{
		{3, 5, 4, 20, 0.03199174406604747}, {1, 1, 1, 100, 0.01}, {10, 40, 30, 200, 0.04632518791926587}, {2, 2, 2, 2, 1}, {5, 10, 7, 12, 1},
	} {
		if got := fisher(c.n, c.a, c.b, c.units); math.Abs(got-c.want) > 1e-9*c.want {
			t.Errorf("fisher(%d, %d, %d, %d) = %v, want %v", c.n, c.a, c.b, c.units, got, c.want)
		}
	}
}

// TestFalseDiscoveries checks the corrected probabilities on a corpus in which one pair alone belongs together.
func TestFalseDiscoveries(t *testing.T) {
	var docs []Document
	for i := range 40 {
		text := fmt.Sprintf("[p:Name%c] acts.", 'a'+i%10)
		if i%4 == 0 {
			text += " [p:Xxx] binds [p:Yyy]."
		}
		docs = append(docs, mark("", text))
	}
	got := CoOccurrences(docs)
	if len(got.Pairs) != 1 || got.Pairs[0].Q > 1e-6 || got.Pairs[0].Q < got.Pairs[0].P {
		t.Fatalf("%+v", got.Pairs)
	}
	if want := got.Pairs[0].P * 66; math.Abs(got.Pairs[0].Q-want) > 1e-15 { // 12 things have 66 pairs
		t.Errorf("Q %v, want %v", got.Pairs[0].Q, want)
	}
}

func TestByYear(t *testing.T) {
	docs := []Document{
		mark("", "[p:Aaa] and [p:Aaa] and [p:Bbb]."), mark("", "[p:Bbb]."), mark("", "[p:Bbb] acts."), mark("", "[p:Aaa]."), mark("", "[p:Ccc]."),
	}
	years := []int{2001, 2001, 2003, 0, 1 << 40}
	got := ByYear(docs, func(i int) int { return years[i] })
	if !slices.Equal(got.Years, []int{2001, 2002, 2003}) || !slices.Equal(got.Documents, []int{2, 0, 1}) || got.Undated != 2 {
		t.Errorf("%+v", got)
	}
	var trends []string
	for _, r := range got.Trends {
		trends = append(trends, fmt.Sprint(r.Name, r.Count, r.Documents))
	}
	if want := []string{"Bbb3 [2 0 1]", "Aaa2 [1 0 0]"}; !slices.Equal(trends, want) {
		t.Errorf("%q, want %q", trends, want)
	}
	if got := ByYear(docs, func(int) int { return 0 }); got.Undated != 5 || got.Years != nil {
		t.Errorf("undated: %+v", got)
	}
}

func ExampleCoOccurrences() {
	docs := []Document{
		{Text: "IL-2 binds CD25. Cells grow. Others rest. IL-2 needs CD25."},
	}
	for _, e := range []Entity{{Start: 0, End: 4}, {Start: 11, End: 15}, {Start: 42, End: 46}, {Start: 53, End: 57}} {
		e.Type = "protein"
		docs[0].Entities = append(docs[0].Entities, e)
	}
	as := CoOccurrences(docs)
	for _, p := range as.Pairs {
		fmt.Printf("%s and %s: %d of %d sentences, PMI %.1f bits, p = %.2f\n", as.Nodes[p.A].Name, as.Nodes[p.B].Name, p.Count, as.Units, p.PMI, p.P)
	}
	// Output:
	// CD25 and IL-2: 2 of 4 sentences, PMI 1.0 bits, p = 0.17
}

func ExampleByYear() {
	docs := []Document{
		{Text: "p53", Entities: []Entity{{Type: "protein", Start: 0, End: 3}}},
		{Text: "MDM2", Entities: []Entity{{Type: "protein", Start: 0, End: 4}}},
	}
	years := []int{2019, 2020}
	t := ByYear(docs, func(i int) int { return years[i] })
	fmt.Println(t.Years, t.Documents, t.Trends[0].Name, t.Trends[0].Documents)
	// Output:
	// [2019 2020] [1 1] MDM2 [0 1]
}
