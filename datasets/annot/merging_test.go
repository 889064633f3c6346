package annot

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestSingular(t *testing.T) {
	for _, test := range [][2]string{
		{"receptors", "receptor"}, {"T cells", "T cell"}, {"T-cells", "T-cell"}, {"kinases", "kinase"}, {"Antibodies", "Antibody"},
		{"adenoviruses", "adenovirus"}, {"protein complexes", "protein complex"}, {"masses", "mass"}, {"lymphomas", "lymphoma"},
		{"NSAIDs", "NSAID"}, {"miRNAs", "miRNA"}, {"ACEs", "ACE"}, {"Smads", "Smad"}, {"B–cells", "B–cell"}, {"embryos", "embryo"}, {"flies", "fly"},
	} {
		if got := singular(test[0]); got != test[1] {
			t.Errorf("singular(%q) = %q, want %q", test[0], got, test[1])
		}
	}
	for _, name := range []string{
		"virus", "Ras", "ras", "p21ras", "v-Ha-ras", "Bcl-xs", "Bcl-xS", "c-fos", "Fos", "Gads", "LATS", "diabetes", "species", "herpes", "analysis", "thymus",
		"mass", "pancreas", "CD4s", "As", "s", "", "α", "genes of interest", "STATS", "Wingless", "chaos", "analyses", "–s",
	} {
		if got := singular(name); got != name {
			t.Errorf("singular(%q) = %q", name, got)
		}
	}
}

// nodeLines says what the nodes are called, sorted.
func nodeLines(g Graph) []string {
	var lines []string
	for _, n := range g.Nodes {
		lines = append(lines, strings.Join(append([]string{fmt.Sprintf("%s %d", n.Name, n.Count)}, n.Aliases...), "|"))
	}
	slices.Sort(lines)
	return lines
}

func TestWithMerging(t *testing.T) {
	doc := mark("a", "[p:NF-κB], [p:NF-kappaB], [p:nf-κB], [p:NF κB], [p:NF-κBs]; [p:Receptors], [p:receptor]; "+
		"[p:androgen receptor] ([p:AR]), [p:AR] and [p:Ar]; [p:nf-kappa\nb].")
	for _, test := range []struct {
		merging Merging
		want    []string
	}{
		{0, []string{"AR 2", "Ar 1", "NF κB 1", "NF-kappaB 1", "NF-κB 1", "NF-κBs 1", "Receptors 1", "androgen receptor 1", "nf-kappa b 1", "nf-κB 1", "receptor 1"}},
		{MergeCase, []string{"AR 3|Ar", "NF κB 1", "NF-kappaB 1", "NF-κB 2|nf-κB", "NF-κBs 1", "Receptors 1", "androgen receptor 1", "nf-kappa b 1", "receptor 1"}},
		{MergeHyphens, []string{"AR 2", "Ar 1", "NF-kappaB 1", "NF-κB 2|NF κB", "NF-κBs 1", "Receptors 1", "androgen receptor 1", "nf-kappa b 1", "nf-κB 1", "receptor 1"}},
		{MergeGreek, []string{"AR 2", "Ar 1", "NF κB 1", "NF-κB 2|NF-kappaB", "NF-κBs 1", "Receptors 1", "androgen receptor 1", "nf-kappa b 1", "nf-κB 1", "receptor 1"}},
		{MergeCase | MergePlurals, []string{"AR 3|Ar", "NF κB 1", "NF-kappaB 1", "NF-κB 2|nf-κB", "NF-κBs 1", "Receptors 2|receptor", "androgen receptor 1", "nf-kappa b 1"}},
		{MergeAbbreviations, []string{"AR 3|androgen receptor", "Ar 1", "NF κB 1", "NF-kappaB 1", "NF-κB 1", "NF-κBs 1", "Receptors 1", "nf-kappa b 1", "nf-κB 1", "receptor 1"}},
		{MergeAll, []string{"AR 3|androgen receptor", "Ar 1", "NF-κB 5|NF-kappaB|nf-κB|NF κB|nf-kappa b", "NF-κBs 1", "Receptors 2|receptor"}},
	} {
		if got := nodeLines(CoMentions([]Document{doc}, WithMerging(test.merging))); !slices.Equal(got, test.want) {
			t.Errorf("%05b: %q, want %q", test.merging, got, test.want)
		}
	}
	if got, want := nodeLines(CoMentions([]Document{doc})), nodeLines(CoMentions([]Document{doc}, WithMerging(MergeAll))); !slices.Equal(got, want) {
		t.Errorf("by default %q, want %q", got, want)
	}
}

func TestMergeAbbreviations(t *testing.T) {
	for _, test := range []struct {
		name string
		docs []string
		want []string
	}{
		{"before and after, plural and spelling", []string{"[p:ACE] is old. [p:Angiotensin-converting enzymes] ([p:ACEs]) and [p:ACE]; [p:angiotensin converting enzyme]."},
			[]string{"ACE 5|Angiotensin-converting enzymes|ACEs|angiotensin converting enzyme"}},
		{"one mention holds both", []string{"[p:Androgen receptor (AR)] is on. [p:androgen receptor] is [p:AR]. [p:AR] and [p:AR]."},
			[]string{"AR 5|Androgen receptor (AR)|androgen receptor"}},
		{"only the short form is marked", []string{"The androgen receptor ([p:AR]) is [p:AR]."}, []string{"AR 2"}},
		{"other documents follow", []string{"[p:AR] is here.", "The androgen receptor ([p:AR]).", "Androgen Receptors ([p:ARs])."}, []string{"AR 3|ARs"}},
		{"unless they disagree", []string{"[p:AR] is here.", "The androgen receptor ([p:AR]).", "An adenosine receptor ([p:AR])."},
			[]string{"AR 1", "adenosine receptor 1|AR", "androgen receptor 1|AR"}},
		{"types are apart", []string{"[p:PC] is here.", "A [d:prostate cancer] ([d:PC]) grew.", "[p:phosphatidyl choline] ([p:PC]) fell."},
			[]string{"PC 3|phosphatidyl choline", "prostate cancer 2|PC"}},
		{"redefined", []string{"[p:AR]. An androgen receptor ([p:AR]). [p:AR]. An adenosine receptor ([p:AR]). [p:AR]. [p:AR]."},
			[]string{"adenosine receptor 3|AR", "androgen receptor 3|AR"}},
		{"case", []string{"The androgen receptor ([p:AR]) is not [p:Ar]."}, []string{"AR 1", "Ar 1"}},
	} {
		var docs []Document
		for _, text := range test.docs {
			docs = append(docs, mark("", text))
		}
		got := nodeLines(CoMentions(docs))
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// Relations between the two names of one thing are none.
func TestRelationGraphMerges(t *testing.T) {
	d := mark("a", "[c:estramustine phosphate] ([c:EMP]) binds the [g:androgen receptor] ([g:AR]). [c:EMP] blocks [g:AR].")
	relate(&d, "x", "", 0, 1, true, 0.9)
	relate(&d, "CPR:6", "antagonist", 0, 2, true, 0.9)
	relate(&d, "CPR:6", "antagonist", 4, 5, true, 0.8)
	if got, want := edgeLines(RelationGraph([]Document{d})), []string{"EMP -> AR CPR:6 x2 0.90"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := RelationGraph([]Document{d}, WithMerging(0)); len(got.Edges) != 3 {
		t.Errorf("unmerged: %q", edgeLines(got))
	}
}

func TestGlossary(t *testing.T) {
	text := "An androgen receptor (AR) and tumour necrosis factor alpha (TNF-α). An adenosine receptor (AR)."
	g := NewGlossary(Abbreviations(text))
	for _, test := range []struct {
		short string
		at    int
		want  string
	}{
		{"AR", 0, "androgen receptor"}, {"AR", 30, "androgen receptor"}, {"AR", len(text), "adenosine receptor"},
		{"ARs", 30, "androgen receptor"}, {"TNF alpha", 0, "tumour necrosis factor alpha"}, {"TNFα", 0, "tumour necrosis factor alpha"},
		{"Ar", 0, ""}, {"tnf-α", 0, ""}, {"", 0, ""},
	} {
		a, ok := g.Resolve(test.short, test.at)
		if a.Long != test.want || ok != (test.want != "") {
			t.Errorf("Resolve(%q, %d) = %q, %v, want %q", test.short, test.at, a.Long, ok, test.want)
		}
	}
	if _, ok := (Glossary{}).Resolve("AR", 0); ok {
		t.Error("the zero glossary knows AR")
	}
}

func ExampleGlossary_Resolve() {
	text := "The androgen receptor (AR) binds DNA. AR is a receptor."
	g := NewGlossary(Abbreviations(text))
	a, ok := g.Resolve("AR", strings.LastIndex(text, "AR"))
	fmt.Println(a.Long, ok)
	// Output:
	// androgen receptor true
}

func ExampleWithMerging() {
	doc := Document{Text: "T cells (Fig. 1) and a T cell."}
	doc.Entities = []Entity{{Type: "cell_type", Start: 0, End: 7}, {Type: "cell_type", Start: 23, End: 29}}
	for _, m := range []Merging{MergeAll, MergeAll &^ MergePlurals} {
		for _, n := range CoMentions([]Document{doc}, WithMerging(m)).Nodes {
			fmt.Printf("%s: %d\n", n.Name, n.Count)
		}
	}
	// Output:
	// T cells: 2
	// T cell: 1
	// T cells: 1
}
