package annot

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// mark makes a document from text in which [type:name] marks an entity.
// Marks may be nested.
func mark(id, text string) Document {
	d := Document{ID: id}
	var b strings.Builder
	type open struct {
		typ   string
		start int
	}
	var stack []open
	for len(text) > 0 {
		switch text[0] {
		case '[':
			typ, rest, _ := strings.Cut(text[1:], ":")
			stack = append(stack, open{typ, b.Len()})
			text = rest
			continue
		case ']':
			o := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			d.Entities = append(d.Entities, Entity{Type: o.typ, Start: o.start, End: b.Len(), Text: b.String()[o.start:], Score: 0.9})
		default:
			b.WriteByte(text[0])
		}
		text = text[1:]
	}
	d.Text = b.String()
	return d
}

func TestNormalName(t *testing.T) {
	for _, same := range [][]string{
		{"NF-κB", "NF-kappaB", "NF kappa B", "nf–κb", "NF\u00a0κB", "NFκB", "NF-kappa-B"},
		{"IL-2", "IL2", "il 2", "IL\u20112", "IL\n2"},
		{"TGF-β1", "TGF-beta1", "TGF beta 1", "TGFβ₁"},
		{"µ-opioid", "μ-opioid", "mu opioid"},
	} {
		for _, s := range same[1:] {
			if got, want := normalName(s, MergeAll), normalName(same[0], MergeAll); got != want {
				t.Errorf("normalName(%q) = %q, but %q for %q", s, got, want, same[0])
			}
		}
	}
	for _, differ := range [][2]string{{"IL-2", "IL-12"}, {"CD4-8", "CD48"}, {"TGF-α", "TGF-β"}, {"CD4", "CD4+"}, {"1 2", "12"}} {
		if normalName(differ[0], MergeAll) == normalName(differ[1], MergeAll) {
			t.Errorf("%q and %q are both %q", differ[0], differ[1], normalName(differ[0], MergeAll))
		}
	}
}

func TestCoMentions(t *testing.T) {
	docs := []Document{
		mark("a", "[protein:NF-κB] binds [protein:IL-2] in [cell_type:T cells]. [protein:NF kappa B] is free. [protein:NF-κB] and [protein:p53] bind [protein:il2]."),
		mark("b", "The [DNA:[protein:IL-2] gene] is on. [protein:IL2] meets [protein:IL-2] and [protein:NF-kappaB]."),
	}
	g := CoMentions(docs)
	want := []Node{
		{"IL-2", "protein", 5, []string{"il2", "IL2"}}, {"NF-κB", "protein", 4, []string{"NF kappa B", "NF-kappaB"}},
		{"IL-2 gene", "DNA", 1, nil}, {"T cells", "cell_type", 1, nil}, {"p53", "protein", 1, nil},
	}
	if !reflect.DeepEqual(g.Nodes, want) {
		t.Errorf("nodes %v, want %v", g.Nodes, want)
	}
	var edges []string
	for _, e := range g.Edges {
		edges = append(edges, fmt.Sprintf("%s-%s %d", g.Nodes[e.Source].Name, g.Nodes[e.Target].Name, e.Count))
	}
	wantEdges := []string{"IL-2-NF-κB 3", "IL-2-T cells 1", "IL-2-p53 1", "NF-κB-T cells 1", "NF-κB-p53 1"}
	if !reflect.DeepEqual(edges, wantEdges) {
		t.Errorf("edges %q, want %q", edges, wantEdges)
	}
	e := g.Edges[0].Evidence[2]
	if e.DocID != "b" || e.Doc != 1 || e.Sentence != "IL2 meets IL-2 and NF-kappaB." ||
		e.Sentence[e.Source.Start:e.Source.End] != "IL-2" || e.Sentence[e.Target.Start:e.Target.End] != "NF-kappaB" {
		t.Errorf("evidence %+v", e)
	}
	checkGraph(t, docs, g)

	if got := CoMentions(docs, WithMinMentions(2)); len(got.Nodes) != 2 || len(got.Edges) != 1 {
		t.Errorf("with two mentions: %v", got)
	}
	if got := CoMentions(docs, WithMaxNodes(3), WithMinSentences(2), WithMaxEvidence(1)); len(got.Nodes) != 3 || len(got.Edges) != 1 || len(got.Edges[0].Evidence) != 1 || got.Edges[0].Count != 3 {
		t.Errorf("limited: %v", got)
	}
	if got := CoMentions(docs, WithMaxNodes(-1), WithMinMentions(-1), WithMinSentences(0), WithMaxEvidence(0)); !reflect.DeepEqual(got, g) {
		t.Errorf("without limits: %v", got)
	}
	if got := CoMentions(nil); len(got.Nodes) != 0 || len(got.Edges) != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

func TestCoMentionsOverlaps(t *testing.T) {
	d := Document{Text: "one two three. four five"}
	d.Entities = []Entity{
		{Type: "a", Start: 0, End: 7}, {Type: "b", Start: 0, End: 7}, {Type: "c", Start: 4, End: 13}, // same span, crossing
		{Type: "d", Start: 8, End: 19}, // over the border of a sentence
		{Type: "e", Start: 20, End: 24},
		{Type: "x", Start: -1, End: 3}, {Type: "x", Start: 3, End: 3}, {Type: "x", Start: 9, End: 99}, {Type: "x", Start: 3, End: 4}, {Type: "x", Start: 20, End: 19},
	}
	var got []string
	g := CoMentions([]Document{d})
	for _, e := range g.Edges {
		got = append(got, g.Nodes[e.Source].Type+g.Nodes[e.Target].Type)
	}
	if want := "ea eb ed ec ad bd"; strings.Join(got, " ") != want {
		t.Errorf("edges %q, want %q", got, want)
	}
	checkGraph(t, []Document{d}, g)
}

func checkGraph(t *testing.T, docs []Document, g Graph) {
	t.Helper()
	for _, e := range g.Edges {
		if e.Source < 0 || e.Source >= e.Target || e.Target >= len(g.Nodes) || len(e.Evidence) == 0 || e.Count < len(e.Evidence) {
			t.Fatalf("edge %+v of %d nodes", e, len(g.Nodes))
		}
		for _, ev := range e.Evidence {
			if docs[ev.Doc].Text[ev.Span.Start:ev.Span.End] != ev.Sentence {
				t.Fatalf("evidence %+v is not in its document", ev)
			}
			s, u := ev.Source, ev.Target
			if s.Start < u.End && u.Start < s.End {
				t.Fatalf("mentions %v and %v overlap", s, u)
			}
			if !names(g.Nodes[e.Source], ev.Sentence[s.Start:s.End]) || !names(g.Nodes[e.Target], ev.Sentence[u.Start:u.End]) {
				t.Fatalf("evidence %+v does not name the nodes of %+v", ev, e)
			}
		}
	}
}

// names reports whether text is a spelling of n.
func names(n Node, text string) bool {
	return spaced(text) == n.Name || slices.Contains(n.Aliases, spaced(text))
}

func TestCoMentionsGolden(t *testing.T) {
	docs := []Document{
		mark("1", "[protein:TNF-α] activates [protein:NF-κB] (Fig. 1). [protein:TNF-alpha] also acts on [cell_type:T cells]."),
		mark("2", "In [cell_line:HeLa cells], [protein:tnf-α] induces [RNA:IL-6 mRNA] via [protein:NF-kappaB]."),
	}
	got, err := json.MarshalIndent(CoMentions(docs), "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	const name = "testdata/comentions.golden.json"
	if *update {
		if err := os.WriteFile(name, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if string(got)+"\n" != string(want) {
		t.Errorf("graph differs from %s; got\n%s", name, got)
	}
}

func FuzzCoMentions(f *testing.F) {
	f.Add("IL-2 binds p53. It is α.", []byte{0, 4, 0, 11, 14, 1, 22, 24, 2, 0, 15, 3})
	f.Fuzz(func(t *testing.T, text string, data []byte) {
		d := Document{Text: text}
		for ; len(data) >= 3 && len(d.Entities) < 40; data = data[3:] {
			d.Entities = append(d.Entities, Entity{Start: int(int8(data[0])), End: int(data[1]), Type: string(rune('a' + data[2]%4))})
		}
		docs := []Document{d, d}
		g := CoMentions(docs)
		if utf8.ValidString(text) {
			checkGraph(t, docs, g)
		}
		if !reflect.DeepEqual(g, CoMentions(docs)) {
			t.Fatal("two runs differ")
		}
	})
}

func ExampleCoMentions() {
	text := "TNF-α activates NF-κB. TNF-alpha is secreted."
	doc := Document{Text: text, Entities: []Entity{
		{Type: "protein", Start: 0, End: 6},
		{Type: "protein", Start: 17, End: 23},
		{Type: "protein", Start: 25, End: 34},
	}}
	g := CoMentions([]Document{doc})
	for _, e := range g.Edges {
		fmt.Println(g.Nodes[e.Source].Name, "and", g.Nodes[e.Target].Name, "in", e.Evidence[0].Sentence)
	}
	// Output:
	// TNF-α and NF-κB in TNF-α activates NF-κB.
}
