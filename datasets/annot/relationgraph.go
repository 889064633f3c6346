package annot

import (
	"cmp"
	"slices"
	"sync"
)

// RelationGraph says how the entities of the documents are related, by their Relations.
//
// A node is one thing, as in [CoMentions]; its Count takes in the entities of the
// documents as well as those that only a relation holds. There is one edge for each
// source, target and type. A directed relation gives an arrow from its source to its
// target, any other an edge from the node with the smaller index; types and their
// meanings are the relations'. Each sentence counts once for an edge and is its evidence,
// with the mentions of the relation that has the best score; the score of the edge
// is the best of all.
//
// A relation adds nothing if its entities are one thing under two names ("EMP",
// "estramustine phosphate"), if they overlap, or if their offsets do not fit the text.
// Where the sentence of a relation does not fit, or does not hold both entities, it is
// taken from [Sentences]; where the two lie in different ones, the evidence reaches over all
// between.
//
// Nodes are those with an edge ([WithUnrelated]), sorted by descending Count, then name
// and type; edges by descending Count, then Source, Target and Type; evidence by document and
// position. Equal input gives equal output.
func RelationGraph(docs []Document, options ...GraphOption) Graph {
	c := newGraphConfig(options)
	mentions, nodes := resolve(docs, &c, true)
	type key struct {
		source, target int
		typ            string
		directed       bool
	}
	edges := make(map[key]*Edge)
	for d, doc := range docs {
		best := make(map[key]map[Span]int) // the evidence of each sentence of the document
		sentences := sync.OnceValue(func() []Span { return Sentences(doc.Text) })
		for _, r := range doc.Relations {
			if r.Score < c.minScore {
				continue
			}
			x, okX := findMention(doc.Text, r.Source, mentions[d], nodes)
			y, okY := findMention(doc.Text, r.Target, mentions[d], nodes)
			if !okX || !okY || x.node == y.node || x.Start < y.End && y.Start < x.End {
				continue
			}
			if !r.Directed && x.node > y.node {
				x, y = y, x
			}
			k := key{x.node, y.node, r.Type, r.Directed}
			e := edges[k]
			if e == nil {
				e = &Edge{Source: k.source, Target: k.target, Type: k.typ, Directed: k.directed}
				edges[k] = e
			}
			e.Meaning = cmp.Or(e.Meaning, r.Meaning)
			e.Score = max(e.Score, r.Score)
			sent := relationSentence(doc.Text, r.Span, x.Span, y.Span, sentences)
			ev := Evidence{
				DocID: doc.ID, Doc: d, Span: sent, Sentence: doc.Text[sent.Start:sent.End],
				Source: Span{x.Start - sent.Start, x.End - sent.Start},
				Target: Span{y.Start - sent.Start, y.End - sent.Start},
				Score:  r.Score,
			}
			i, found := best[k][sent]
			switch {
			case !found:
				if best[k] == nil {
					best[k] = make(map[Span]int)
				}
				best[k][sent] = len(e.Evidence)
				e.Evidence = append(e.Evidence, ev)
			case ev.Score > e.Evidence[i].Score:
				e.Evidence[i] = ev
			}
		}
	}
	g := Graph{Nodes: nodes}
	for _, e := range edges {
		e.Count = len(e.Evidence)
		if e.Count < c.minSentences {
			continue
		}
		slices.SortFunc(e.Evidence, func(a, b Evidence) int {
			return cmp.Or(cmp.Compare(a.Doc, b.Doc), cmp.Compare(a.Span.Start, b.Span.Start), cmp.Compare(a.Span.End, b.Span.End))
		})
		if c.maxEvidence > 0 {
			e.Evidence = e.Evidence[:min(len(e.Evidence), c.maxEvidence)]
		}
		g.Edges = append(g.Edges, *e)
	}
	if !c.unrelated {
		g = related(g)
	}
	if c.maxNodes > 0 && len(g.Nodes) > c.maxNodes {
		g.Nodes = g.Nodes[:c.maxNodes]
		g.Edges = slices.DeleteFunc(g.Edges, func(e Edge) bool { return max(e.Source, e.Target) >= c.maxNodes })
		if !c.unrelated {
			g = related(g)
		}
	}
	slices.SortFunc(g.Edges, func(a, b Edge) int {
		directed := 0
		if a.Directed != b.Directed {
			directed = 1
			if b.Directed {
				directed = -1
			}
		}
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Target, b.Target), cmp.Compare(a.Type, b.Type), directed)
	})
	return g
}

// findMention returns the mention that e is.
func findMention(text string, e Entity, mentions []mention, nodes []Node) (mention, bool) {
	at, ok := mentionAt(text, e)
	if !ok {
		return mention{}, false
	}
	i, _ := slices.BinarySearchFunc(mentions, at, func(m mention, at Span) int {
		return cmp.Or(cmp.Compare(m.Start, at.Start), cmp.Compare(m.End, at.End))
	})
	for ; i < len(mentions) && mentions[i].Span == at; i++ {
		if nodes[mentions[i].node].Type == e.Type {
			return mentions[i], true
		}
	}
	return mention{}, false
}

// relationSentence returns given if it is a part of text that holds a and b, and the
// sentences from a to b otherwise.
func relationSentence(text string, given, a, b Span, sentences func() []Span) Span {
	from, to := min(a.Start, b.Start), max(a.End, b.End)
	if given.Start >= 0 && given.End <= len(text) && given.Start <= from && given.End >= to && fitsRunes(text, given) {
		return given
	}
	sent := Span{from, to}
	for _, s := range sentences() {
		if s.Start < to && s.End > from {
			sent.Start, sent.End = min(sent.Start, s.Start), max(sent.End, s.End)
		}
	}
	return sent
}

// related returns g without the nodes that have no edge.
func related(g Graph) Graph {
	index := make([]int, len(g.Nodes))
	for _, e := range g.Edges {
		index[e.Source], index[e.Target] = 1, 1
	}
	var nodes []Node
	for i, linked := range index {
		if linked == 0 {
			continue
		}
		index[i] = len(nodes)
		nodes = append(nodes, g.Nodes[i])
	}
	for i := range g.Edges {
		e := &g.Edges[i]
		e.Source, e.Target = index[e.Source], index[e.Target]
	}
	return Graph{Nodes: nodes, Edges: g.Edges}
}
