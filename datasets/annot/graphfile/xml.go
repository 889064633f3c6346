package graphfile

import (
	"bufio"
	"encoding/xml"
	"fmt"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// text writes s escaped, for an element or a quoted attribute. What XML cannot hold becomes U+FFFD, and line breaks are references, which
// keep them from being made spaces.
func text(b *bufio.Writer, s string) { xml.EscapeText(b, []byte(s)) } // the writer keeps its error for Flush

// writeGraphML writes GraphML (Brandes et al., GraphML progress report: structural layer proposal, Graph Drawing 2001).
func writeGraphML(b *bufio.Writer, g annot.Graph) error {
	b.WriteString(xml.Header + `<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">` + "\n")
	fmt.Fprintf(b, "  <key id=\"name\" for=\"node\" attr.name=\"name\" attr.type=\"string\"/>\n")
	for _, a := range nodeAttributes {
		fmt.Fprintf(b, "  <key id=\"node_%s\" for=\"node\" attr.name=\"%[1]s\" attr.type=\"%s\"/>\n", a.name, a.typ)
	}
	for _, a := range edgeAttributes {
		fmt.Fprintf(b, "  <key id=\"edge_%s\" for=\"edge\" attr.name=\"%[1]s\" attr.type=\"%s\"/>\n", a.name, a.typ)
	}
	b.WriteString("  <key id=\"weight\" for=\"edge\" attr.name=\"weight\" attr.type=\"double\"/>\n")
	directed, undirected := directions(g)
	byDefault := "undirected"
	if directed {
		byDefault = "directed"
	}
	fmt.Fprintf(b, "  <graph id=\"G\" edgedefault=\"%s\">\n", byDefault)
	data := func(key, value string) {
		fmt.Fprintf(b, "      <data key=\"%s\">", key)
		text(b, value)
		b.WriteString("</data>\n")
	}
	for i, n := range g.Nodes {
		fmt.Fprintf(b, "    <node id=\"n%d\">\n", i)
		data("name", n.Name)
		for _, a := range nodeAttributes {
			if v := a.value(n); v != "" {
				data("node_"+a.name, v)
			}
		}
		b.WriteString("    </node>\n")
	}
	for i, e := range g.Edges {
		fmt.Fprintf(b, "    <edge id=\"e%d\" source=\"n%d\" target=\"n%d\"", i, e.Source, e.Target)
		if directed && undirected {
			fmt.Fprintf(b, " directed=\"%t\"", e.Directed)
		}
		b.WriteString(">\n")
		for _, a := range edgeAttributes {
			if v := a.value(e); v != "" {
				data("edge_"+a.name, v)
			}
		}
		data("weight", number(float64(e.Count)))
		b.WriteString("    </edge>\n")
	}
	b.WriteString("  </graph>\n</graphml>\n")
	return nil
}

// writeGEXF writes GEXF 1.3. Edges beside each other differ in their kind, which Gephi asks for.
func writeGEXF(b *bufio.Writer, g annot.Graph) error {
	b.WriteString(xml.Header + `<gexf xmlns="http://gexf.net/1.3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://gexf.net/1.3 http://gexf.net/1.3/gexf.xsd" version="1.3">` + "\n")
	directed, undirected := directions(g)
	edgeType := func(directed bool) string {
		if directed {
			return "directed"
		}
		return "undirected"
	}
	fmt.Fprintf(b, "  <graph mode=\"static\" defaultedgetype=\"%s\">\n", edgeType(directed))
	b.WriteString("    <attributes class=\"node\" mode=\"static\">\n")
	for _, a := range nodeAttributes {
		fmt.Fprintf(b, "      <attribute id=\"node_%s\" title=\"%[1]s\" type=\"%s\"/>\n", a.name, gexfType(a.typ))
	}
	b.WriteString("    </attributes>\n    <attributes class=\"edge\" mode=\"static\">\n")
	for _, a := range edgeAttributes {
		fmt.Fprintf(b, "      <attribute id=\"edge_%s\" title=\"%[1]s\" type=\"%s\"/>\n", a.name, gexfType(a.typ))
	}
	b.WriteString("    </attributes>\n")
	value := func(of, value string) {
		fmt.Fprintf(b, "          <attvalue for=\"%s\" value=\"", of)
		text(b, value)
		b.WriteString("\"/>\n")
	}
	b.WriteString("    <nodes>\n")
	for i, n := range g.Nodes {
		fmt.Fprintf(b, "      <node id=\"n%d\" label=\"", i)
		text(b, n.Name)
		b.WriteString("\">\n        <attvalues>\n")
		for _, a := range nodeAttributes {
			if v := a.value(n); v != "" {
				value("node_"+a.name, v)
			}
		}
		b.WriteString("        </attvalues>\n      </node>\n")
	}
	b.WriteString("    </nodes>\n    <edges>\n")
	for i, e := range g.Edges {
		fmt.Fprintf(b, "      <edge id=\"e%d\" source=\"n%d\" target=\"n%d\" weight=\"%s\"", i, e.Source, e.Target, number(float64(e.Count)))
		if directed && undirected {
			fmt.Fprintf(b, " type=\"%s\"", edgeType(e.Directed))
		}
		if e.Type != "" {
			b.WriteString(" kind=\"")
			text(b, e.Type)
			b.WriteString("\" label=\"")
			if text(b, e.Type); e.Meaning != "" {
				b.WriteString(": ")
				text(b, e.Meaning)
			}
			b.WriteString("\"")
		}
		b.WriteString(">\n        <attvalues>\n")
		for _, a := range edgeAttributes {
			if v := a.value(e); v != "" {
				value("edge_"+a.name, v)
			}
		}
		b.WriteString("        </attvalues>\n      </edge>\n")
	}
	b.WriteString("    </edges>\n  </graph>\n</gexf>\n")
	return nil
}

func gexfType(typ string) string {
	if typ == "int" {
		return "integer"
	}
	return typ
}
