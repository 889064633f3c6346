package annot

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// relate adds a relation between the entities of d with these numbers.
func relate(d *Document, typ, meaning string, source, target int, directed bool, score float64) {
	r := Relation{Type: typ, Meaning: meaning, Source: d.Entities[source], Target: d.Entities[target], Directed: directed, Score: score}
	for _, s := range Sentences(d.Text) {
		if s.Start <= r.Source.Start && r.Target.End <= s.End {
			r.Span, r.Sentence = s, d.Text[s.Start:s.End]
		}
	}
	d.Relations = append(d.Relations, r)
}

func relatedDocs() []Document {
	a := mark("a", "[chemical:Aspirin] inhibits [gene:COX-1] and [gene:COX-2]. [chemical:ASPIRIN] also blocks [gene:COX2], and [chemical:Aspirin] stops [gene:COX-2]. [gene:p53] is free.")
	relate(&a, "CPR:4", "inhibitor", 0, 1, true, 0.9)
	relate(&a, "CPR:4", "", 0, 2, true, 0.5)
	relate(&a, "CPR:4", "inhibitor", 3, 4, true, 0.6)
	relate(&a, "CPR:4", "inhibitor", 5, 6, true, 0.8)
	relate(&a, "CPR:3", "activator", 0, 2, true, 0.7)
	relate(&a, "CPR:4", "inhibitor", 2, 0, true, 0.3)
	b := mark("b", "[drug:Warfarin] with [drug:Aspirin]. [drug:ASPIRIN] and [drug:WARFARIN].")
	relate(&b, "DDI-effect", "", 1, 0, false, 0.4)
	relate(&b, "DDI-effect", "", 2, 3, false, 0.95)
	return []Document{a, b}
}

func edgeLines(g Graph) []string {
	var lines []string
	for _, e := range g.Edges {
		arrow := "--"
		if e.Directed {
			arrow = "->"
		}
		lines = append(lines, fmt.Sprintf("%s %s %s %s x%d %.2f", g.Nodes[e.Source].Name, arrow, g.Nodes[e.Target].Name, e.Type, e.Count, e.Score))
	}
	return lines
}

func TestRelationGraph(t *testing.T) {
	docs := relatedDocs()
	g := RelationGraph(docs)
	want := []Node{
		{"COX-2", "gene", 3, []string{"COX2"}}, {"Aspirin", "chemical", 3, []string{"ASPIRIN"}},
		{"Aspirin", "drug", 2, []string{"ASPIRIN"}}, {"Warfarin", "drug", 2, []string{"WARFARIN"}}, {"COX-1", "gene", 1, nil},
	}
	slices.SortStableFunc(want, func(a, b Node) int { return strings.Compare(a.Name, b.Name) })
	got := slices.Clone(g.Nodes)
	slices.SortStableFunc(got, func(a, b Node) int { return strings.Compare(a.Name, b.Name) })
	if !reflect.DeepEqual(got, want) {
		t.Errorf("nodes %v, want %v", got, want)
	}
	wantEdges := []string{
		"Aspirin -> COX-2 CPR:4 x2 0.80",
		"Aspirin -- Warfarin DDI-effect x2 0.95",
		"Aspirin -> COX-2 CPR:3 x1 0.70",
		"Aspirin -> COX-1 CPR:4 x1 0.90",
		"COX-2 -> Aspirin CPR:4 x1 0.30",
	}
	gotEdges := edgeLines(g)
	slices.Sort(wantEdges)
	slices.Sort(gotEdges)
	if !slices.Equal(gotEdges, wantEdges) {
		t.Errorf("edges\n%s\nwant\n%s", strings.Join(gotEdges, "\n"), strings.Join(wantEdges, "\n"))
	}
	checkRelationGraph(t, docs, g)

	for _, test := range []struct {
		name         string
		options      []GraphOption
		nodes, edges int
	}{
		{"score", []GraphOption{WithMinScore(0.65)}, 5, 4},
		{"sentences", []GraphOption{WithMinSentences(2)}, 4, 2},
		{"mentions", []GraphOption{WithMinMentions(2)}, 4, 4},
		{"unrelated", []GraphOption{WithUnrelated()}, 6, 5},
		{"nodes", []GraphOption{WithMaxNodes(2)}, 2, 3},
		{"lonely", []GraphOption{WithMaxNodes(1)}, 0, 0},
		{"lonely kept", []GraphOption{WithMaxNodes(1), WithUnrelated()}, 1, 0},
	} {
		g := RelationGraph(docs, test.options...)
		if len(g.Nodes) != test.nodes || len(g.Edges) != test.edges {
			t.Errorf("%s: %d nodes and %d edges, want %d and %d", test.name, len(g.Nodes), len(g.Edges), test.nodes, test.edges)
		}
		checkRelationGraph(t, docs, g)
	}
	for _, e := range RelationGraph(docs, WithMaxEvidence(1)).Edges {
		if len(e.Evidence) != 1 {
			t.Errorf("%d sentences of edge %v", len(e.Evidence), e)
		}
	}
	if g := RelationGraph(nil); len(g.Nodes)+len(g.Edges) != 0 {
		t.Errorf("of nothing: %v", g)
	}
}

// The mentions of the best relation of a sentence are its evidence, and a sentence counts once.
func TestRelationGraphEvidence(t *testing.T) {
	g := RelationGraph(relatedDocs())
	for _, e := range g.Edges {
		if e.Type != "CPR:4" || e.Count != 2 {
			continue
		}
		ev := e.Evidence[1]
		if got := ev.Sentence[ev.Target.Start:ev.Target.End]; got != "COX-2" || ev.Score != 0.8 || e.Meaning != "inhibitor" {
			t.Errorf("evidence marks %q, score %v, meaning %q", got, ev.Score, e.Meaning)
		}
		return
	}
	t.Error("no edge of two sentences")
}

func TestRelationGraphOdd(t *testing.T) {
	d := mark("d", "[a:One] and [b:two]. It is [b:two of [a:one]]. Next [c:three].")
	out := Entity{Type: "a", Start: 3, End: 900}
	hidden := Entity{Type: "z", Start: strings.Index(d.Text, "It"), End: strings.Index(d.Text, "It") + 2}
	e := d.Entities
	d.Relations = []Relation{
		{Type: "cross", Source: e[0], Target: e[len(e)-1]},                               // no sentence given, three apart
		{Type: "nested", Source: e[2], Target: e[3]},                                     // overlap
		{Type: "self", Source: e[0], Target: e[2]},                                       // one thing
		{Type: "out", Source: e[0], Target: out},                                         // does not fit
		{Type: "hidden", Source: hidden, Target: e[1], Directed: true, Span: Span{0, 3}}, // not an entity of d; sentence too short
		{Type: "hidden", Source: e[1], Target: hidden, Span: Span{-4, 999}},
	}
	g := RelationGraph([]Document{d})
	want := []string{"One -- three cross x1 0.00", "It -> two hidden x1 0.00", "It -- two hidden x1 0.00"}
	got := edgeLines(g)
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("edges %q, want %q", got, want)
	}
	checkRelationGraph(t, []Document{d}, g)
	for _, e := range g.Edges {
		if e.Type == "cross" && e.Evidence[0].Sentence != d.Text {
			t.Errorf("evidence %q, want all sentences between", e.Evidence[0].Sentence)
		}
	}
}

func checkRelationGraph(t *testing.T, docs []Document, g Graph) {
	t.Helper()
	seen := make(map[string]bool)
	for _, e := range g.Edges {
		k := fmt.Sprint(e.Source, e.Target, e.Type, e.Directed)
		if seen[k] || e.Source == e.Target || min(e.Source, e.Target) < 0 || max(e.Source, e.Target) >= len(g.Nodes) || !e.Directed && e.Source > e.Target || len(e.Evidence) == 0 || e.Count < len(e.Evidence) {
			t.Fatalf("edge %+v of %d nodes", e, len(g.Nodes))
		}
		seen[k] = true
		for _, ev := range e.Evidence {
			if docs[ev.Doc].Text[ev.Span.Start:ev.Span.End] != ev.Sentence {
				t.Fatalf("evidence %+v is not in its document", ev)
			}
			if s, u := ev.Source, ev.Target; s.Start < u.End && u.Start < s.End {
				t.Fatalf("mentions %v and %v overlap", s, u)
			}
			for _, end := range []struct {
				at   Span
				node int
			}{{ev.Source, e.Source}, {ev.Target, e.Target}} {
				if n, text := g.Nodes[end.node], ev.Sentence[end.at.Start:end.at.End]; !names(n, text) {
					t.Fatalf("evidence %q does not name %+v", text, n)
				}
			}
		}
	}
}

func TestRelationGraphGolden(t *testing.T) {
	got, err := json.MarshalIndent(RelationGraph(relatedDocs()), "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	const name = "testdata/relationgraph.golden.json"
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

func FuzzRelationGraph(f *testing.F) {
	f.Add("IL-2 binds p53. It is α.", []byte{0, 4, 0, 11, 14, 1, 22, 24, 2, 0, 15, 3}, []byte{0, 1, 0, 15, 1, 2, 0, 0})
	f.Fuzz(func(t *testing.T, text string, data, rel []byte) {
		d := Document{Text: text}
		for ; len(data) >= 3 && len(d.Entities) < 20; data = data[3:] {
			d.Entities = append(d.Entities, Entity{Start: int(int8(data[0])), End: int(data[1]), Type: string(rune('a' + data[2]%4))})
		}
		for n := len(d.Entities); n > 0 && len(rel) >= 4 && len(d.Relations) < 20; rel = rel[4:] {
			d.Relations = append(d.Relations, Relation{
				Source: d.Entities[int(rel[0])%n], Target: d.Entities[int(rel[1])%n], Directed: rel[2]&1 == 0, Type: string(rune('a' + rel[2]%3)),
				Span: Span{int(int8(rel[2])), int(rel[3])}, Score: float64(rel[0]) / 255,
			})
		}
		docs := []Document{d, d}
		g := RelationGraph(docs)
		if utf8.ValidString(text) {
			checkRelationGraph(t, docs, g)
		}
		if !reflect.DeepEqual(g, RelationGraph(docs)) {
			t.Fatal("two runs differ")
		}
	})
}

func ExampleRelationGraph() {
	text := "Estramustine antagonizes the androgen receptor."
	drug := Entity{Type: "chemical", Start: 0, End: 12}
	gene := Entity{Type: "gene", Start: 29, End: 46}
	doc := Document{Text: text, Entities: []Entity{drug, gene}, Relations: []Relation{
		{Type: "CPR:6", Meaning: "antagonist", Source: drug, Target: gene, Directed: true, Score: 0.98, Span: Span{0, len(text)}, Sentence: text},
	}}
	g := RelationGraph([]Document{doc})
	for _, e := range g.Edges {
		fmt.Printf("%s -> %s: %s (%.2f), in %d sentence\n", g.Nodes[e.Source].Name, g.Nodes[e.Target].Name, e.Meaning, e.Score, e.Count)
	}
	// Output:
	// Estramustine -> androgen receptor: antagonist (0.98), in 1 sentence
}
