package viz

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// chemprotGraph is a graph of 29 names and 40 edges of the five types that ChemProt scores.
func chemprotGraph() annot.Graph {
	var g annot.Graph
	index := make(map[string]int)
	node := func(typ, name string) int {
		i, ok := index[name]
		if !ok {
			i = len(g.Nodes)
			index[name] = i
			g.Nodes = append(g.Nodes, annot.Node{Name: name, Type: typ})
		}
		return i
	}
	meaning := map[string]string{
		"CPR:3": "upregulator, activator", "CPR:4": "downregulator, inhibitor", "CPR:5": "agonist", "CPR:6": "antagonist", "CPR:9": "substrate, product of",
	}
	verb := map[string]string{"CPR:3": "raised the activity of", "CPR:4": "blocked", "CPR:5": "is an agonist of", "CPR:6": "is an antagonist of", "CPR:9": "is converted by"}
	for _, e := range []struct {
		chemical, gene, typ string
		count               int
	}{
		{"propranolol", "ADRB2", "CPR:6", 7}, {"propranolol", "ADRB1", "CPR:6", 5}, {"propranolol", "CYP2D6", "CPR:9", 3}, {"propranolol", "5-HT1A receptor", "CPR:6", 2},
		{"isoproterenol", "ADRB2", "CPR:5", 9}, {"isoproterenol", "ADRB1", "CPR:5", 6}, {"isoproterenol", "PKA", "CPR:3", 2},
		{"salbutamol", "ADRB2", "CPR:5", 4}, {"carvedilol", "ADRB1", "CPR:6", 3}, {"carvedilol", "ADRB2", "CPR:6", 3}, {"carvedilol", "CYP2D6", "CPR:9", 1}, {"carvedilol", "β-arrestin", "CPR:3", 1},
		{"imatinib", "ABL1", "CPR:4", 12}, {"imatinib", "KIT", "CPR:4", 8}, {"imatinib", "PDGFRA", "CPR:4", 5}, {"imatinib", "CYP3A4", "CPR:9", 4}, {"imatinib", "CYP3A4", "CPR:4", 2},
		{"nilotinib", "ABL1", "CPR:4", 6}, {"nilotinib", "KIT", "CPR:4", 3}, {"dasatinib", "ABL1", "CPR:4", 5}, {"dasatinib", "SRC", "CPR:4", 4}, {"dasatinib", "CYP3A4", "CPR:9", 2},
		{"rifampicin", "CYP3A4", "CPR:3", 6}, {"rifampicin", "pregnane X receptor", "CPR:5", 4}, {"rifampicin", "pregnane X receptor", "CPR:3", 3}, {"ketoconazole", "CYP3A4", "CPR:4", 7}, {"ketoconazole", "pregnane X receptor", "CPR:6", 1},
		{"quinidine", "CYP2D6", "CPR:4", 4}, {"quinidine", "hERG", "CPR:4", 3}, {"tamoxifen", "estrogen receptor α", "CPR:6", 6}, {"tamoxifen", "estrogen receptor α", "CPR:5", 2}, {"tamoxifen", "CYP2D6", "CPR:9", 3}, {"tamoxifen", "CYP3A4", "CPR:9", 2},
		{"17β-estradiol", "estrogen receptor α", "CPR:5", 8}, {"17β-estradiol", "SRC", "CPR:3", 1}, {"fulvestrant", "estrogen receptor α", "CPR:6", 3}, {"fulvestrant", "estrogen receptor α", "CPR:4", 2},
		{"forskolin", "PKA", "CPR:3", 3}, {"H-89", "PKA", "CPR:4", 4}, {"forskolin", "pregnane X receptor", "CPR:5", 1},
	} {
		s, t := node("CHEMICAL", e.chemical), node("GENE", e.gene)
		edge := annot.Edge{Source: s, Target: t, Type: e.typ, Meaning: meaning[e.typ], Directed: true, Count: e.count, Score: 0.99 - 0.01*float64(len(g.Edges))}
		for i := range min(e.count, 3) {
			sentence := fmt.Sprintf("In assay %d %s %s %s.", i+1, e.chemical, verb[e.typ], e.gene)
			from := len(fmt.Sprintf("In assay %d ", i+1))
			to := len(sentence) - 1
			edge.Evidence = append(edge.Evidence, annot.Evidence{
				DocID: fmt.Sprint("demo-", 10+len(g.Edges)), Doc: len(g.Edges), Sentence: sentence, Score: edge.Score,
				Source: annot.Span{Start: from, End: from + len(e.chemical)}, Target: annot.Span{Start: to - len(e.gene), End: to},
			})
		}
		g.Edges = append(g.Edges, edge)
		g.Nodes[s].Count += e.count
		g.Nodes[t].Count += e.count
	}
	return g
}

// typedGraph has what a graph of relations can have: two types and two directions between two names, three
// edges between two, one without a direction, one without a type.
func typedGraph() annot.Graph {
	quote := func(sentence, source, target string, score float64) []annot.Evidence {
		s, t := strings.Index(sentence, source), strings.Index(sentence, target)
		return []annot.Evidence{{DocID: "demo-7", Sentence: sentence, Score: score,
			Source: annot.Span{Start: s, End: s + len(source)}, Target: annot.Span{Start: t, End: t + len(target)}}}
	}
	return annot.Graph{
		Nodes: []annot.Node{{Name: "tamoxifen", Type: "CHEMICAL", Count: 9}, {Name: "estrogen receptor α", Type: "GENE", Count: 8}, {Name: "CYP2D6", Type: "GENE", Count: 3}, {Name: "quinidine", Type: "CHEMICAL", Count: 1}},
		Edges: []annot.Edge{
			{Source: 0, Target: 1, Type: "CPR:6", Meaning: "antagonist", Directed: true, Count: 4, Score: 0.97, Evidence: quote("In breast tumours tamoxifen opposes estrogen receptor α.", "tamoxifen", "estrogen receptor α", 0.97)},
			{Source: 0, Target: 1, Type: "CPR:5", Meaning: "agonist", Directed: true, Count: 2, Score: 0.8, Evidence: quote("The estrogen receptor α of bone is activated by tamoxifen.", "tamoxifen", "estrogen receptor α", 0.8)},
			{Source: 1, Target: 0, Type: "CPR:6", Meaning: "antagonist", Directed: true, Count: 2, Score: 0.41},
			{Source: 0, Target: 2, Type: "CPR:9", Meaning: "substrate", Directed: true, Count: 2, Score: 0.66},
			{Source: 2, Target: 3, Type: "binds", Count: 1},
			{Source: 1, Target: 2, Count: 1},
		},
	}
}

func TestRelationTypes(t *testing.T) {
	g := typedGraph()
	svg, data := checkFigure(t, Relations(g))
	links := data["edges"].([]any)
	kinds := newLinkKinds(g.Edges, nil)
	if got, want := len(kinds), 5; got != want || kinds[0].typ != "CPR:6" || kinds[0].count != 2 || !kinds[0].directed {
		t.Fatalf("%d kinds, want %d: %+v", got, want, kinds)
	}
	bend := []float64{-0.5, 0, -0.5, 0, 0, 0} // the third goes the other way
	for i, e := range g.Edges {
		l := links[len(links)-1-i].([]any)
		k := kindOf(e, kinds)
		if kind := data["kinds"].([]any)[k].([]any); kind[0] != kinds[k].label() || kind[1] != kinds[k].color.String() {
			t.Errorf("kind %d is %v", k, kind)
		}
		directed := 0.0
		if e.Directed {
			directed = 1
		}
		if l[3] != float64(k) || l[4] != e.Score || l[5] != bend[i] || l[7] != directed {
			t.Errorf("edge %d is drawn as %v", i, l)
		}
	}
	heads, kindsWithHead := strings.Count(svg, `Z" fill="`), 3
	if want := 4 + kindsWithHead; heads != want {
		t.Errorf("the picture has %d heads, want %d", heads, want)
	}
	var b bytes.Buffer
	if err := Relations(g).Render(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`>antagonist (CPR:6) <b>2</b></label>`, `>untyped <b>1</b></label>`, `>binds <b>1</b></label>`,
		`<tr class="sb-row sb-l0 sb-l1 sb-l2" data-row="0" data-title="tamoxifen → estrogen receptor α, antagonist (CPR:6), 4 sentences">`,
		`<b class="sb-only" data-tip>CYP2D6 – quinidine</b>`, `data-tip>4 sentences, score 0.97</span></td><td class="sb-num">0.97</td>`,
		`.sb-view:has(.sb-f6:not(:checked)) .sb-l6.sb-row{display:none}`,
		`Types of links: antagonist (CPR:6), 2; untyped, 1; agonist (CPR:5), 1;`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in the view", want)
		}
	}
	for _, k := range kinds {
		if !strings.Contains(svg, ">"+k.label()+"</text>") || !strings.Contains(svg, k.color.String()) {
			t.Errorf("the picture does not explain %s", k.label())
		}
	}
}

// Without types there is no second legend, and nothing but arrows and curves where they are asked for.
func TestRelationsUntyped(t *testing.T) {
	g := typedGraph()
	for i := range g.Edges {
		g.Edges[i].Type, g.Edges[i].Meaning = "", ""
	}
	var b bytes.Buffer
	if err := Relations(g).Render(&b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), `class="sb-link"`) || strings.Contains(b.String(), `class="sb-only"`) {
		t.Error("a graph without types has a legend of types")
	}
	svg, _ := checkFigure(t, Relations(g))
	if got := strings.Count(svg, `Z" fill="#8b95a1"`); got != 4 {
		t.Errorf("%d heads, want 4", got)
	}
}

func TestRelationTypesHostile(t *testing.T) {
	g := hostileGraph()
	for i := range g.Edges {
		g.Edges[i].Type, g.Edges[i].Meaning, g.Edges[i].Directed = evil+fmt.Sprint(i), evil, true
	}
	v := Relations(g, WithTitle(evil), WithColors(map[string]string{evil + "0": "#123456"}))
	svg, data := checkFigure(t, v)
	if !strings.Contains(svg, `stroke="#123456"`) {
		t.Error("no line has its own colour")
	}
	if links := data["edges"].([]any); len(links) != 2 {
		t.Errorf("links %v", links)
	}
	var b bytes.Buffer
	if err := v.Render(&b); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script>alert", "<img src=x", "\x00", "\x1b]"} {
		if strings.Contains(b.String(), bad) {
			t.Errorf("the fragment has %q", bad)
		}
	}
	b.Reset()
	if err := v.WriteText(&b); err != nil || strings.ContainsAny(b.String(), "\x00\x1b\r") {
		t.Errorf("plain text %q, error %v", b.String(), err)
	}
	for _, score := range []float64{-0.1, 1.5, math.NaN(), math.Inf(1)} {
		g.Edges[1].Score = score
		if err := Relations(g).Render(io.Discard); err == nil || !strings.HasPrefix(err.Error(), "viz: edge 1 has a score of ") {
			t.Errorf("score %g: error %v", score, err)
		}
	}
}

// In a real graph no name hides the head of an arrow.
func TestLabelsShowHeads(t *testing.T) {
	g := chemprotGraph()
	if len(g.Nodes) != 29 || len(g.Edges) != 40 {
		t.Fatalf("%d nodes, %d edges", len(g.Nodes), len(g.Edges))
	}
	svg, _ := checkFigure(t, Relations(g))
	if n := strings.Count(svg, "<circle"); n != 29+2 {
		t.Errorf("%d discs, want one a node and two in the legend", n)
	}
	if n := strings.Count(svg, `class="sb-lack"`); n > 1 {
		t.Errorf("%d of 29 names are not drawn", n)
	}
	v := Relations(g)
	d, err := v.drawn()
	if err != nil {
		t.Fatal(err)
	}
	p := v.place(d)
	var lines []drawnLink
	for i, e := range d.Edges {
		lines = append(lines, newDrawnLink(e, p.at, p.radius, p.stroke[i], p.bend[i]))
	}
	for i, n := range d.Nodes {
		for _, s := range spots(p.at[i], p.radius[i], textWidth(labelText(n)), true) {
			if p.labels[i].anchor == "" || s.point != p.labels[i].point {
				continue
			}
			for k, l := range lines {
				if s.overlaps(l.head) {
					t.Errorf("%s hides the head of edge %d", n.Name, k)
				}
			}
		}
	}
}

func TestCurve(t *testing.T) {
	c := newCurve(point{0, 0}, point{100, 0}, 0.5)
	if c.by != (point{50, -50}) { // to the left of the way, y pointing down
		t.Errorf("bent towards %v", c.by)
	}
	p, at := c.before(20)
	if d := math.Hypot(p.x-100, p.y); math.Abs(d-20) > 1e-6 {
		t.Errorf("%v is %g away", p, d)
	}
	if end := c.upTo(at).to; end != p {
		t.Errorf("a part of it ends at %v, want %v", end, p)
	}
	if p := c.upTo(0.8).at(0.5); math.Hypot(p.x-c.at(0.4).x, p.y-c.at(0.4).y) > 1e-9 {
		t.Errorf("a part of it passes %v, want %v", p, c.at(0.4))
	}
	if p, at := c.before(1000); at != 0.5 || p != c.at(0.5) {
		t.Errorf("too short: %v", p)
	}
	b := bends([]annot.Edge{{Source: 1, Target: 0}, {Source: 0, Target: 1}, {Source: 0, Target: 2}})
	if b[0] != 0.25 || b[1] != 0.25 || b[2] != 0 {
		t.Errorf("bends %v: there and back must not lie on each other", b)
	}
}
