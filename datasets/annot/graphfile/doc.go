// Package graphfile writes graphs of what occurs together or is related to the files that other programs open:
// GraphML (Gephi, yEd, igraph, networkx), GEXF 1.3 (Gephi, networkx), Cytoscape's JSON (Cytoscape, networkx) and CSV
// (spreadsheets, pandas).
//
//	g := annot.RelationGraph(docs)
//	err := graphfile.Save("relations.graphml", g)
//
// Nodes carry their name, type, count and other names; edges their type, what it means, whether they are directed,
// score, count of sentences, and the sentences themselves with the documents they are from. No format holds where in
// a sentence the two names stand. Nodes are called n0, n1 ... and edges e0, e1 ..., by their place in the graph.
//
// The relations of documents, rather than of a graph, go to brat with WriteBratFiles of package datasets/corpus.
//
// # Text
//
// Equal graphs give equal bytes, in UTF-8; bytes that are not become U+FFFD, and in XML so do the control characters that it
// cannot hold. Anything else is read back as it was, but where a format has no lists: there names and sentences stand on
// a line each, and a line break within one is a space.
//
// Functions may be called by several goroutines. They keep nothing of the graph and do not change it.
package graphfile
