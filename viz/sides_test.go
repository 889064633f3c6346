package viz

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// sidesOf says which names a view draws on each side.
func sidesOf(d *sidedGraph) string {
	names := func(nodes []int) string {
		var all []string
		for _, n := range nodes {
			all = append(all, d.Nodes[n].Name)
		}
		slices.Sort(all)
		return strings.Join(all, " ")
	}
	return names(d.left) + " | " + names(d.right)
}

func TestSides(t *testing.T) {
	node := func(name, typ string) annot.Node { return annot.Node{Name: name, Type: typ, Count: 1} }
	edge := func(s, t, count int, directed bool) annot.Edge {
		return annot.Edge{Source: s, Target: t, Count: count, Directed: directed}
	}
	nodes := []annot.Node{node("c1", "C"), node("c2", "C"), node("g1", "G"), node("g2", "H"), node("d1", "D"), node("c3", "C")}
	directed := annot.Graph{Nodes: nodes, Edges: []annot.Edge{edge(0, 2, 5, true), edge(1, 3, 2, true), edge(1, 2, 1, true), edge(4, 2, 1, true)}}
	plain := annot.Graph{Nodes: nodes, Edges: []annot.Edge{edge(0, 1, 9, false), edge(0, 2, 2, false), edge(2, 5, 2, false), edge(1, 4, 3, false)}}
	one := annot.Graph{Nodes: nodes[:2], Edges: []annot.Edge{edge(0, 1, 9, false)}}
	for _, c := range []struct {
		name    string
		g       annot.Graph
		options []Option
		want    string
		note    string
	}{
		{"all sources and targets", directed, nil, "c1 c2 d1 | g1 g2", "3 names of type C, D, 2 names of type G, H; 4 links between them."},
		{"chosen", directed, []Option{WithSourceTypes("C"), WithTargetTypes("G")}, "c1 c2 | g1", "2 names of type C, 1 name of type G; 2 links between them. 2 links between other types are not drawn."},
		{"source chosen", directed, []Option{WithSourceTypes("D")}, "d1 | g1", "1 name of type D, 1 name of type G, H; 1 link between them. 3 links between other types are not drawn."},
		{"not against the arrows", directed, []Option{WithSourceTypes("G"), WithTargetTypes("C")}, " | ", "No link between the two sides was found."},
		{"two types with most", plain, nil, "c1 c3 | g1", "2 names of type C, 1 name of type G; 2 links between them. 2 links between other types are not drawn."},
		{"the other way round", plain, []Option{WithSourceTypes("G")}, "g1 | c1 c3", "1 name of type G, 2 names of type C; 2 links between them. 2 links between other types are not drawn."},
		{"one type", one, nil, "c1 c2 | c1 c2", "2 names of type C, 2 names of type C; 1 link between them."},
		{"limit", directed, []Option{WithLimit(1)}, "c1 | g1", "1 of 3 names of type C, D, 1 of 2 names of type G, H; 1 of 4 links between them, those of the names in the most sentences."},
		{"empty", annot.Graph{}, nil, " | ", "No link between the two sides was found."},
	} {
		v := RelationMatrix(c.g, c.options...)
		d, err := v.drawn()
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if got := sidesOf(d); got != c.want || d.note() != c.note {
			t.Errorf("%s: %q, %q; want %q, %q", c.name, got, d.note(), c.want, c.note)
		}
		for i, e := range d.Edges {
			if c.name != "one type" && (!slices.Contains(d.left, e.Source) || !slices.Contains(d.right, e.Target)) {
				t.Errorf("%s: edge %d goes from %d to %d", c.name, i, e.Source, e.Target)
			}
		}
		for i, v := range []View{v, Sankey(c.g, c.options...)} {
			var b bytes.Buffer
			if i == 1 && c.name == "one type" {
				c.note = "1 name of type C, 1 name of type C; 1 link between them."
			}
			if err := v.Render(&b); err != nil || !strings.Contains(b.String(), esc(c.note)) {
				t.Errorf("%s: %v, no note in %.300s", c.name, err, b.String())
			}
		}
	}
	if plain.Edges[2].Source != 2 {
		t.Error("the caller's graph has changed")
	}
}

// Evidence of edges that are turned round marks the right names.
func TestSidesTurned(t *testing.T) {
	g := annot.Graph{
		Nodes: []annot.Node{{Name: "ABL1", Type: "GENE", Count: 1}, {Name: "imatinib", Type: "CHEMICAL", Count: 1}},
		Edges: []annot.Edge{{Source: 0, Target: 1, Count: 1, Evidence: []annot.Evidence{{Sentence: "ABL1 or imatinib", Source: annot.Span{End: 4}, Target: annot.Span{Start: 8, End: 16}}}}},
	}
	var b bytes.Buffer
	if err := RelationMatrix(g).Render(&b); err != nil {
		t.Fatal(err)
	}
	chemical := newSwatch(baseColors([]string{"CHEMICAL"}, nil)["CHEMICAL"]).class()
	if want := fmt.Sprintf(`<b class="sb-hit %s">imatinib</b>`, chemical); !strings.Contains(b.String(), want) || !strings.Contains(b.String(), `data-title="imatinib – ABL1`) {
		t.Errorf("no %s in %s", want, b.String())
	}
}

func TestRelationMatrix(t *testing.T) {
	g := chemprotGraph()
	svg, _ := checkFigure(t, RelationMatrix(g))
	if n := strings.Count(svg, "data-mark"); n != len(g.Edges) {
		t.Errorf("%d parts of squares, want %d", n, len(g.Edges))
	}
	d, err := RelationMatrix(g).drawn()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range d.cells() {
		for _, i := range e[1:] {
			if d.Edges[i].Source != d.Edges[e[0]].Source || d.Edges[i].Target != d.Edges[e[0]].Target {
				t.Errorf("a cell has edges %v", e)
			}
		}
	}
	// One type facing itself is symmetric.
	one := annot.Graph{Nodes: []annot.Node{{Name: "a", Type: "p"}, {Name: "b", Type: "p"}, {Name: "c", Type: "p"}}, Edges: []annot.Edge{{Source: 0, Target: 1, Count: 1}, {Source: 1, Target: 2, Count: 2}}}
	svg, _ = checkFigure(t, RelationMatrix(one))
	if n := strings.Count(svg, "data-mark"); n != 4 {
		t.Errorf("%d squares of two links in\n%s", n, svg)
	}
}

// The bands of a flow fill its bars, and the sentences of the rest are counted.
func TestSankey(t *testing.T) {
	g := chemprotGraph()
	for _, limit := range []int{1, 4, 15} {
		d, err := Sankey(g, WithLimit(limit)).drawn()
		if err != nil {
			t.Fatal(err)
		}
		d.sankey(860)
		left, right, flows := d.flows()
		in, out := 0, 0
		for i, s := range left {
			if s.node != rest {
				in += s.count
				want := 0
				for _, e := range g.Edges {
					if g.Nodes[e.Source].Name == d.Nodes[s.node].Name {
						want += e.Count
					}
				}
				if s.count != want {
					t.Errorf("limit %d: bar %d has %d sentences, want %d", limit, i, s.count, want)
				}
			}
		}
		for _, s := range right {
			out += s.count
		}
		sum := 0
		for _, f := range flows {
			sum += f.count
		}
		if sum != out || in > sum {
			t.Errorf("limit %d: bands have %d sentences, bars %d", limit, sum, out)
		}
	}
	svg, _ := checkFigure(t, Sankey(g, WithLimit(4)))
	if !strings.Contains(svg, " others ") || !strings.Contains(svg, `data-name="`) {
		t.Error("the rest has no place")
	}
	svg, _ = checkFigure(t, Sankey(g))
	if n := strings.Count(svg, "data-row"); n != len(g.Edges) {
		t.Errorf("%d bands, want %d", n, len(g.Edges))
	}
}

func TestSidesHostile(t *testing.T) {
	g := hostileGraph()
	for i := range g.Edges {
		g.Edges[i].Type, g.Edges[i].Meaning, g.Edges[i].Directed = evil+fmt.Sprint(i), evil, true
	}
	for _, v := range []View{RelationMatrix(g, WithTitle(evil), WithColors(map[string]string{evil: "#123456"})), Sankey(g, WithTitle(evil)), Sankey(g, WithLimit(1))} {
		checkFigure(t, v)
		var b bytes.Buffer
		if err := v.Render(&b); err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"<script>alert", "<img src=x", "\x00"} {
			if strings.Contains(b.String(), bad) {
				t.Errorf("the fragment has %q", bad)
			}
		}
		b.Reset()
		if err := v.WriteText(&b); err != nil || strings.ContainsAny(b.String(), "\x00\x1b\r") {
			t.Errorf("plain text %q, error %v", b.String(), err)
		}
	}
}

func TestSidesErrors(t *testing.T) {
	g := chemprotGraph()
	bad := chemprotGraph()
	bad.Edges[3].Score = math.NaN()
	for want, v := range map[string]View{
		`no name has type "cat" (have CHEMICAL, GENE)`:  RelationMatrix(g, WithSourceTypes("cat")),
		`no name has type "dog"`:                        Sankey(g, WithTargetTypes("dog")),
		"edge 3 has a score":                            Sankey(bad),
		"WithSourceTypes does not apply to Relations":   Relations(g, WithSourceTypes("GENE")),
		"WithTargetTypes does not apply to Arcs":        Arcs(arcDoc(), WithTargetTypes("GENE")),
		"WithNodeSize does not apply to RelationMatrix": RelationMatrix(g, WithNodeSize(ByMentions)),
		"WithNodeSize(7)":                               Relations(g, WithNodeSize(7)),
		"WithLimit(0)":                                  Sankey(g, WithLimit(0)),
	} {
		for _, write := range []func(io.Writer) error{v.Render, v.WriteText} {
			if err := write(io.Discard); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "viz: ") {
				t.Errorf("error %v, want %q", err, want)
			}
		}
	}
}
