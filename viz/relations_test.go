package viz

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

var (
	srcPattern    = regexp.MustCompile(`src="data:image/svg\+xml;base64,([^"]*)"`)
	optionPattern = regexp.MustCompile(`(?s)</div>\n<script>\(function \(view, option\).*\}\)\(document\.currentScript\),(.*)\);</script>\n$`)
)

// checkFigure asks that a fragment holds a well-formed picture and one script that nothing could end, and returns the picture and
// the data that the script is given.
func checkFigure(t testing.TB, v View) (svg string, data map[string]any) {
	t.Helper()
	var b bytes.Buffer
	if err := v.Render(&b); err != nil {
		t.Fatal(err)
	}
	svg = checkPicture(t, b.Bytes())
	m := dataPattern.FindSubmatch(b.Bytes())
	if m == nil {
		t.Fatalf("no script at the end of\n%s", b.Bytes())
	}
	if m[1] != nil {
		if bytes.ContainsAny(m[1], "<>") {
			t.Error("the data could end their script")
		}
		if err := json.Unmarshal(m[1], &data); err != nil {
			t.Fatal(err)
		}
	}
	return svg, data
}

// dataPattern finds what follows the functions of a figure's script.
var dataPattern = regexp.MustCompile(`(?s)</div>\n<script>\(function \(view, extend, data\).*\}\)\(document\.currentScript\)(?:,function.*\n\},(.*))?\);</script>\n$`)

// checkChart asks that a fragment holds a well-formed picture and one script with an
// option that is JSON, and returns both.
func checkChart(t testing.TB, v View) (svg string, option map[string]any) {
	t.Helper()
	var b bytes.Buffer
	if err := v.Render(&b); err != nil {
		t.Fatal(err)
	}
	svg = checkPicture(t, b.Bytes())
	m := optionPattern.FindSubmatch(b.Bytes())
	if m == nil {
		t.Fatalf("no script at the end of\n%s", b.Bytes())
	}
	if bytes.ContainsAny(m[1], "<>") {
		t.Error("the option could end its script")
	}
	if err := json.Unmarshal(m[1], &option); err != nil {
		t.Fatal(err)
	}
	return svg, option
}

// checkPicture asks that a fragment has one script, no address and no id, and returns its picture, which must be well-formed.
func checkPicture(t testing.TB, fragment []byte) string {
	t.Helper()
	m := srcPattern.FindSubmatch(fragment)
	if m == nil {
		t.Fatalf("no picture in\n%s", fragment)
	}
	picture, err := base64.StdEncoding.DecodeString(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(bytes.NewReader(picture))
	for {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("picture: %v in\n%s", err, picture)
		}
	}
	if bytes.Contains(picture, []byte("NaN")) || bytes.Contains(picture, []byte("Inf")) {
		t.Errorf("picture has a figure that is none:\n%s", picture)
	}
	if n := strings.Count(string(fragment), "</script>"); n != 1 {
		t.Errorf("</script> %d times", n)
	}
	if strings.Contains(string(fragment), "http") && !strings.Contains(string(fragment), "hostile") {
		t.Error("the fragment has an address")
	}
	if regexp.MustCompile(`\sid=`).Match(fragment) {
		t.Error("the fragment has an id")
	}
	return string(picture)
}

const evil = `</script><script>alert("hostile")</script><img src=x onerror='y'>` + "\x00\x1b\r\n\xff\u2028"

func hostileGraph() annot.Graph {
	s := "<b>" + strings.ToValidUTF8(evil, "?") + " & p53 bind"
	i := strings.Index(s, "p53")
	return annot.Graph{
		Nodes: []annot.Node{{Name: evil, Type: evil, Count: 3}, {Name: evil, Type: "p", Count: 2}, {Name: "p53", Type: "", Count: 1}, {}},
		Edges: []annot.Edge{
			{Source: 0, Target: 1, Count: 1, Evidence: []annot.Evidence{{DocID: evil, Sentence: s, Source: annot.Span{Start: i, End: i + 3}, Target: annot.Span{Start: 0, End: 3}}}},
			{Source: 0, Target: 2, Count: 2},
		},
	}
}

func TestRelationsHostile(t *testing.T) {
	v := Relations(hostileGraph(), WithTitle(evil))
	checkFigure(t, v)
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
}

func TestRelationsEvidence(t *testing.T) {
	docs := sampleDocs()
	g := annot.CoMentions(docs)
	var b bytes.Buffer
	if err := Relations(g).Render(&b); err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(b.String(), " data-row=")[1:]
	if len(rows) != len(g.Edges) {
		t.Fatalf("%d rows for %d edges", len(rows), len(g.Edges))
	}
	svg, data := checkFigure(t, Relations(g))
	nodes, links := data["nodes"].([]any), data["edges"].([]any)
	if strings.Count(svg, `<g class="sb-n `) != len(nodes) || strings.Count(svg, `<g class="sb-e"`) != len(links) {
		t.Errorf("the picture has other nodes or edges than the %d and %d of the script", len(nodes), len(links))
	}
	for i, row := range rows {
		if !strings.HasPrefix(row, fmt.Sprintf("%q", fmt.Sprint(i))) {
			t.Fatalf("row %d is %s", i, row)
		}
		link := links[len(links)-1-i].([]any)
		if link[8] != float64(i) {
			t.Errorf("link %d from the end names row %v", i, link[8])
		}
		for _, end := range link[:2] {
			if name := nodes[int(end.(float64))].([]any)[0].(string); !strings.Contains(row, "</span>"+esc(name)) {
				t.Errorf("row %d does not name %q: %s", i, name, row)
			}
		}
		if hits := strings.Count(row, `<b class="sb-hit`); hits < 2 || hits%2 != 0 {
			t.Errorf("row %d has %d highlights", i, hits)
		}
	}
}

func TestRelationsLimit(t *testing.T) {
	var g annot.Graph
	for i := range 100 {
		g.Nodes = append(g.Nodes, annot.Node{Name: fmt.Sprint("gene ", i), Type: "protein", Count: i + 1})
		if i > 0 && i < 95 {
			g.Edges = append(g.Edges, annot.Edge{Source: i - 1, Target: i, Count: i})
		}
	}
	var b bytes.Buffer
	if err := Relations(g, WithLimit(10)).Render(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"10 of 95 names and 9 of 94 links are drawn: the names with the most links.", "5 names mentioned alone are not drawn."} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in the view", want)
		}
	}
	if strings.Contains(b.String(), "gene 83") || strings.Contains(b.String(), "gene 94") || !strings.Contains(b.String(), "gene 93") || !strings.Contains(b.String(), "gene 84") { // gene 94 has one link
		t.Error("of nodes with as many links not those mentioned most")
	}

	svg, _ := checkFigure(t, Relations(annot.Graph{Nodes: g.Nodes[:3]}))
	if strings.Count(svg, "<circle") != 3 {
		t.Errorf("without edges all nodes are drawn; got %s", svg)
	}
	b.Reset()
	if err := Relations(annot.Graph{}).WritePage(&b); err != nil || !strings.Contains(b.String(), "Nothing was found.") || strings.Contains(b.String(), "<script") {
		t.Errorf("an empty graph gave %v and\n%s", err, b.String())
	}
}

func TestRelationsErrors(t *testing.T) {
	nodes := []annot.Node{{Name: "a", Count: 1}, {Name: "b", Count: 1}}
	edge := func(ev annot.Evidence) annot.Graph {
		return annot.Graph{Nodes: nodes, Edges: []annot.Edge{{Target: 1, Count: 1, Evidence: []annot.Evidence{ev}}}}
	}
	for name, c := range map[string]struct {
		view *GraphView
		want string
	}{
		"self":     {Relations(annot.Graph{Nodes: nodes, Edges: []annot.Edge{{Source: 1, Target: 1}}}), "joins nodes 1 and 1"},
		"missing":  {Relations(annot.Graph{Nodes: nodes, Edges: []annot.Edge{{Source: 0, Target: 2}}}), "joins nodes 0 and 2 of 2"},
		"negative": {Relations(annot.Graph{Nodes: nodes, Edges: []annot.Edge{{Source: -1, Target: 1}}}), "joins nodes -1 and 1"},
		"count":    {Relations(annot.Graph{Nodes: []annot.Node{{Count: -1}}}), "count of -1"},
		"edge":     {Relations(annot.Graph{Nodes: nodes, Edges: []annot.Edge{{Target: 1, Count: -2}}}), "count of -2"},
		"span":     {Relations(edge(annot.Evidence{Sentence: "abc", Source: annot.Span{End: 1}, Target: annot.Span{Start: 2, End: 4}})), "bytes 2 to 4 of 3"},
		"overlap":  {Relations(edge(annot.Evidence{Sentence: "abc", Source: annot.Span{End: 2}, Target: annot.Span{Start: 1, End: 3}})), "overlap"},
		"invalid":  {Relations(edge(annot.Evidence{Sentence: "a\xff"})), "not valid UTF-8"},
		"size":     {Relations(annot.Graph{}, WithSize(10, 10)), "WithSize(10, 10)"},
	} {
		t.Run(name, func(t *testing.T) {
			for i, write := range []func(io.Writer) error{c.view.Render, c.view.WritePage, c.view.WriteText} {
				if err := write(io.Discard); err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "viz: ") {
					t.Errorf("method %d: error %v, want one with %q", i, err, c.want)
				}
			}
		})
	}
}

func TestLayout(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 60, manyNodes + 1} {
		var edges []annot.Edge
		for i := 1; i < n; i++ {
			edges = append(edges, annot.Edge{Source: i / 2, Target: i})
		}
		at := layout(n, edges)
		fit(at, point{10, 20}, point{110, 220})
		radius := make([]float64, n)
		for i := range radius {
			radius[i] = 3
		}
		separate(at, radius, edges, point{10, 20}, point{110, 220})
		for i, p := range at {
			if !(p.x >= 10 && p.x <= 110 && p.y >= 20 && p.y <= 220) {
				t.Errorf("n=%d: point %d at %v", n, i, p)
			}
		}
	}
	// Groups push about as single points do.
	many := make([]point, 600)
	for i := range many {
		many[i] = point{halton(i+1, 2), halton(i+1, 3) * halton(i+1, 5)}
	}
	many[7], many[8] = many[6], many[6]
	exact, near := make([]point, len(many)), make([]point, len(many))
	repel(many, exact, 0.1)
	repelMany(many, near, 0.1)
	scale := 0.0
	for _, p := range exact {
		scale = max(scale, math.Hypot(p.x, p.y))
	}
	for i, p := range exact {
		if d := math.Hypot(p.x-near[i].x, p.y-near[i].y); d > 0.05*scale {
			t.Errorf("point %d is pushed by %v, want %v", i, near[i], p)
		}
	}
	all := make([]point, 5) // all in one place
	separate(all, []float64{5, 5, 5, 5, 5}, nil, point{-500, -500}, point{500, 500})
	for i, p := range all {
		for _, q := range all[:i] {
			if math.Hypot(p.x-q.x, p.y-q.y) < 5 {
				t.Errorf("points at %v and %v", p, q)
			}
		}
	}
}
