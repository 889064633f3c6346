package graphfile

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// held returns what a format can hold of g: xml without what XML forbids, flat with a line a list's element.
func held(g annot.Graph, xml, flat bool) annot.Graph {
	text := func(s string) string {
		s = strings.ToValidUTF8(s, "\uFFFD")
		if !flat {
			return s
		}
		return strings.Map(func(r rune) rune {
			if xml && (r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff) {
				return 0xfffd
			}
			return r
		}, s)
	}
	if flat && !xml {
		text = func(s string) string {
			return strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "\uFFFD").Replace(strings.ToValidUTF8(s, "\uFFFD"))
		}
	}
	list := func(l []string) []string {
		var out []string
		for _, s := range l {
			if flat {
				s = strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ").Replace(s)
			}
			out = append(out, text(s))
		}
		if flat && len(out) == 1 && out[0] == "" {
			return nil
		}
		return out
	}
	var h annot.Graph
	for _, n := range g.Nodes {
		h.Nodes = append(h.Nodes, annot.Node{Name: text(n.Name), Type: text(n.Type), Count: n.Count, Aliases: list(n.Aliases)})
	}
	for _, e := range g.Edges {
		sentences, documents := evidence(e)
		e.Type, e.Meaning, e.Evidence = text(e.Type), text(e.Meaning), pair(list(sentences), list(documents))
		h.Edges = append(h.Edges, e)
	}
	return h
}

func pair(sentences, documents []string) []annot.Evidence {
	var all []annot.Evidence
	for i, s := range sentences {
		q := annot.Evidence{Sentence: s}
		if documents != nil {
			q.DocID = documents[i]
		}
		all = append(all, q)
	}
	return all
}

func split(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

// An element of XML, in whole.
type element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Children []element  `xml:",any"`
	Text     string     `xml:",chardata"`
}

func (e element) attr(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (e element) all(name string) []element {
	var found []element
	for _, c := range e.Children {
		if c.XMLName.Local == name {
			found = append(found, c)
		}
		found = append(found, c.all(name)...)
	}
	return found
}

func (e element) node(name string, values map[string]string) annot.Node {
	count, _ := strconv.Atoi(values["node_count"])
	return annot.Node{Name: name, Type: values["node_type"], Count: count, Aliases: split(values["node_aliases"])}
}

func (e element) edge(t testing.TB, values map[string]string, directed bool) annot.Edge {
	t.Helper()
	g := annot.Edge{Type: values["edge_type"], Meaning: values["edge_meaning"], Directed: directed, Evidence: pair(split(values["edge_evidence"]), split(values["edge_documents"]))}
	if _, err := fmt.Sscanf(e.attr("source")+e.attr("target"), "n%dn%d", &g.Source, &g.Target); err != nil {
		t.Fatal(err)
	}
	if values["edge_directed"] != fmt.Sprint(directed) {
		t.Fatalf("directed is %q and %t", values["edge_directed"], directed)
	}
	g.Count, _ = strconv.Atoi(values["edge_count"])
	g.Score, _ = strconv.ParseFloat(values["edge_score"], 64)
	return g
}

func parse(t testing.TB, b []byte) element {
	t.Helper()
	var e element
	if err := xml.Unmarshal(b, &e); err != nil {
		t.Fatalf("%v in\n%s", err, b)
	}
	return e
}

func readGraphML(t testing.TB, b []byte) (g annot.Graph) {
	root := parse(t, b)
	values := func(e element) map[string]string {
		m := map[string]string{}
		for _, d := range e.all("data") {
			m[d.attr("key")] = d.Text
		}
		return m
	}
	for _, e := range root.all("node") {
		g.Nodes = append(g.Nodes, e.node(values(e)["name"], values(e)))
	}
	byDefault := root.all("graph")[0].attr("edgedefault")
	for _, e := range root.all("edge") {
		directed := byDefault == "directed"
		if d := e.attr("directed"); d != "" {
			directed = d == "true"
		}
		g.Edges = append(g.Edges, e.edge(t, values(e), directed))
	}
	return g
}

func readGEXF(t testing.TB, b []byte) (g annot.Graph) {
	root := parse(t, b)
	values := func(e element) map[string]string {
		m := map[string]string{}
		for _, d := range e.all("attvalue") {
			m[d.attr("for")] = d.attr("value")
		}
		return m
	}
	for _, e := range root.all("node") {
		g.Nodes = append(g.Nodes, e.node(e.attr("label"), values(e)))
	}
	byDefault := root.all("graph")[0].attr("defaultedgetype")
	for _, e := range root.all("edge") {
		typ := e.attr("type")
		if typ == "" {
			typ = byDefault
		}
		edge := e.edge(t, values(e), typ == "directed")
		if e.attr("kind") != edge.Type || e.attr("weight") != fmt.Sprint(edge.Count) {
			t.Fatalf("kind %q, weight %q of %+v", e.attr("kind"), e.attr("weight"), edge)
		}
		g.Edges = append(g.Edges, edge)
	}
	return g
}

func readCytoscape(t testing.TB, b []byte) (g annot.Graph) {
	var file struct {
		Elements struct {
			Nodes []struct{ Data cyNode }
			Edges []struct{ Data cyEdge }
		}
	}
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatalf("%v in\n%s", err, b)
	}
	for _, n := range file.Elements.Nodes {
		g.Nodes = append(g.Nodes, annot.Node{Name: n.Data.Name, Type: n.Data.Type, Count: n.Data.Count, Aliases: n.Data.Aliases})
	}
	for _, e := range file.Elements.Edges {
		d := e.Data
		edge := annot.Edge{Type: d.Type, Meaning: d.Meaning, Directed: d.Directed, Score: d.Score, Count: d.Count, Evidence: pair(d.Evidence, d.Documents)}
		if _, err := fmt.Sscanf(d.Source+d.Target, "n%dn%d", &edge.Source, &edge.Target); err != nil {
			t.Fatal(err)
		}
		g.Edges = append(g.Edges, edge)
	}
	return g
}

func readCSV(t testing.TB, nodes, edges []byte) (g annot.Graph) {
	records := func(b []byte) (all []map[string]string) {
		r, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
		if err != nil {
			t.Fatalf("%v in\n%s", err, b)
		}
		for _, cells := range r[1:] {
			m := map[string]string{}
			for i, name := range r[0] {
				m[name] = cells[i]
			}
			all = append(all, m)
		}
		return all
	}
	for _, m := range records(nodes) {
		count, _ := strconv.Atoi(m["count"])
		g.Nodes = append(g.Nodes, annot.Node{Name: m["label"], Type: m["type"], Count: count, Aliases: split(m["aliases"])})
	}
	for _, m := range records(edges) {
		e := annot.Edge{Type: m["relation"], Meaning: m["meaning"], Directed: m["directed"] == "true", Evidence: pair(split(m["evidence"]), split(m["documents"]))}
		if _, err := fmt.Sscanf(m["source"]+m["target"], "n%dn%d", &e.Source, &e.Target); err != nil {
			t.Fatal(err)
		}
		if m["source_name"] != g.Nodes[e.Source].Name || m["target_type"] != g.Nodes[e.Target].Type {
			t.Fatalf("record %v does not fit its nodes", m)
		}
		e.Count, _ = strconv.Atoi(m["count"])
		e.Score, _ = strconv.ParseFloat(m["score"], 64)
		g.Edges = append(g.Edges, e)
	}
	return g
}

func checkRoundTrip(t testing.TB, g annot.Graph) {
	t.Helper()
	for f, c := range map[Format]struct{ got, want annot.Graph }{
		GraphML:   {readGraphML(t, write(t, GraphML, g)), held(g, true, true)},
		GEXF:      {readGEXF(t, write(t, GEXF, g)), held(g, true, true)},
		Cytoscape: {readCytoscape(t, write(t, Cytoscape, g)), held(g, false, false)},
		EdgesCSV:  {readCSV(t, write(t, NodesCSV, g), write(t, EdgesCSV, g)), held(g, false, true)},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Fatalf("%s gives back\n%#v, want\n%#v", f, c.got, c.want)
		}
	}
}

// random makes a graph of names and sentences that need care, from a seed.
func random(seed uint64, word string, directed int) annot.Graph {
	r := rand.New(rand.NewPCG(seed, 1))
	words := []string{word, "p53", "NF-κB", " ", "\n", "\r\n", "\r", "\t", "<a>", "&amp;", `"`, "'", ",", ";", "]]>", "\x00", "\x0b", "\ufffe", "\xff", "\u2028", "💊", "=1+1", "\ufeff"}
	text := func() string {
		var b strings.Builder
		for range r.IntN(4) {
			b.WriteString(words[r.IntN(len(words))])
		}
		return b.String()
	}
	var g annot.Graph
	for range 2 + r.IntN(5) {
		n := annot.Node{Name: text(), Type: text(), Count: r.IntN(1000)}
		for range r.IntN(3) {
			n.Aliases = append(n.Aliases, "x"+text())
		}
		g.Nodes = append(g.Nodes, n)
	}
	for range r.IntN(8) {
		e := annot.Edge{Source: r.IntN(len(g.Nodes)), Target: r.IntN(len(g.Nodes)), Type: text(), Meaning: text(), Count: r.IntN(99), Score: r.Float64()}
		e.Directed = directed == 2 || directed == 1 && r.IntN(2) == 1
		for range r.IntN(4) {
			e.Evidence = append(e.Evidence, annot.Evidence{DocID: text(), Sentence: "x" + text()})
		}
		g.Edges = append(g.Edges, e)
	}
	return g
}

func TestRoundTrip(t *testing.T) {
	checkRoundTrip(t, sample())
	checkRoundTrip(t, annot.Graph{})
	for seed := range uint64(300) {
		checkRoundTrip(t, random(seed, "w", int(seed%3)))
	}
}

func FuzzRoundTrip(f *testing.F) {
	f.Add(uint64(1), "<!--\x1f\xf0", 1)
	f.Fuzz(func(t *testing.T, seed uint64, word string, directed int) {
		checkRoundTrip(t, random(seed, word, directed))
	})
}

// networkx reads what is written to be the same graph.
func TestNetworkX(t *testing.T) {
	python := os.Getenv("SPARSEBIO_PYTHON")
	if python == "" {
		t.Skip("SPARSEBIO_PYTHON is not set: it names a Python with the package networkx")
	}
	if exec.Command(python, "-c", "import networkx").Run() != nil {
		t.Skip("the Python of SPARSEBIO_PYTHON has no package networkx")
	}
	graphs := []annot.Graph{sample()}
	for seed := range uint64(60) {
		graphs = append(graphs, random(seed, "w", int(seed%3)))
	}
	for i := range graphs { // CSV is not read by networkx, and some nodes more have no edge
		graphs[i].Nodes = append(graphs[i].Nodes, annot.Node{Name: "alone"})
	}
	dir := t.TempDir()
	type expected struct {
		Mixed     bool
		XML, JSON annot.Graph
	}
	var want []expected
	for i, g := range graphs {
		d, u := directions(g)
		want = append(want, expected{d && u, held(g, true, true), held(g, false, false)})
		for _, f := range []Format{GraphML, GEXF, Cytoscape} {
			if err := Save(filepath.Join(dir, fmt.Sprintf("%d.%s", i, f)), g); err != nil {
				t.Fatal(err)
			}
		}
	}
	in, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", `
import json, os, sys
import networkx as nx
d = sys.argv[1]
read = 0
for i, want in enumerate(json.load(sys.stdin)):
    for form in ["graphml", "gexf", "cyjs"]:
        path = os.path.join(d, "%d.%s" % (i, form))
        if want["Mixed"] and form != "cyjs":
            continue
        if form == "graphml": g = nx.read_graphml(path, force_multigraph=True)
        elif form == "gexf": g = nx.read_gexf(path)
        else: g = nx.cytoscape_graph(json.load(open(path, encoding="utf-8")))
        w = want["JSON" if form == "cyjs" else "XML"]
        edges = w["edges"] or []
        assert g.number_of_nodes() == len(w["nodes"]), (path, g)
        assert g.number_of_edges() == len(edges), (path, g, edges)
        if not want["Mixed"] and edges:
            assert g.is_directed() == bool(edges[0].get("directed", False)), path
        for k, n in enumerate(w["nodes"]):
            a = g.nodes["n%d" % k]
            assert a["label" if form == "gexf" else "name"] == n["name"], (path, a, n)
            assert a.get("type", "") == n["type"] and a["count"] == n["count"], (path, a, n)
            aliases = n.get("aliases") or []
            assert (a.get("aliases", []) == aliases) if form == "cyjs" else (a.get("aliases", "") == "\n".join(aliases)), (path, a, n)
        found = {a["id"] if form != "graphml" else key: (u, v, a) for u, v, key, a in (g.edges(keys=True, data=True) if g.is_multigraph() else ((u, v, a.get("id"), a) for u, v, a in g.edges(data=True)))}
        for k, e in enumerate(edges):
            u, v, a = found["e%d" % k]
            ends = ["n%d" % e["source"], "n%d" % e["target"]]
            assert [u, v] == ends or not g.is_directed() and [v, u] == ends, (path, u, v, e)
            assert a.get("type", "") == e.get("type", "") and a.get("meaning", "") == e.get("meaning", ""), (path, a, e)
            assert a["count"] == e["count"] and a["weight"] == e["count"] and a["score"] == e.get("score", 0), (path, a, e)
            assert a["directed"] is bool(e.get("directed", False)), (path, a)
            sentences = [q["sentence"] for q in e["evidence"] or []]
            assert (a.get("evidence", []) == sentences) if form == "cyjs" else (a.get("evidence", "") == "\n".join(sentences)), (path, a, e)
        read += 1
print(read)
`, dir)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := strconv.Atoi(strings.TrimSpace(string(out))); n < 120 {
		t.Errorf("%s files were read", out)
	}
}
