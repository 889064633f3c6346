package annot

import (
	"cmp"
	"slices"
)

// CoMentions says which entities are mentioned in the same sentence.
//
// A node is an entity type with a name; spellings that differ in case, in
// hyphens and spaces, in how a Greek letter is written (NF-κB, NF kappa B), in number,
// or as a short form does from its long form are one node ([Merging] says precisely which, [WithMerging] changes it),
// shown under the most frequent spelling, ties going to the one seen first. An edge joins two nodes that have, within one sentence, mentions
// that do not overlap: a name inside another ("IL-2" in "IL-2 gene"), or one span
// with two types, joins nothing. Each sentence counts once for an edge, and its
// evidence marks the two mentions that lie closest.
//
// Nodes are sorted by descending Count, then name and type, and include those
// without edges; edges by descending Count, then Source and Target; evidence by
// document and position. Equal input gives equal output. Sentences are those of
// [Sentences], joined where an entity crosses their border. Entities with an empty
// name or with offsets that do not fit their text are left out. The time grows with
// the square of the number of different things in one sentence.
func CoMentions(docs []Document, options ...GraphOption) Graph {
	c := newGraphConfig(options)
	mentions, nodes := resolve(docs, &c, false)
	type pair struct{ source, target int }
	edges := make(map[pair]*Edge)
	for d, doc := range docs {
		all := mentions[d]
		if len(all) < 2 {
			continue
		}
		for _, sent := range joinedSentences(doc.Text, all) {
			n := 0
			for n < len(all) && all[n].Start < sent.End {
				n++
			}
			groups := byNode(all[:n])
			all = all[n:]
			for i, a := range groups {
				for _, b := range groups[i+1:] {
					x, y, ok := closest(a, b)
					if !ok {
						continue
					}
					p := pair{a[0].node, b[0].node}
					e := edges[p]
					if e == nil {
						e = &Edge{Source: p.source, Target: p.target}
						edges[p] = e
					}
					e.Count++
					if c.maxEvidence > 0 && len(e.Evidence) >= c.maxEvidence {
						continue
					}
					e.Evidence = append(e.Evidence, Evidence{
						DocID: doc.ID, Doc: d, Span: sent, Sentence: doc.Text[sent.Start:sent.End],
						Source: Span{x.Start - sent.Start, x.End - sent.Start},
						Target: Span{y.Start - sent.Start, y.End - sent.Start},
					})
				}
			}
		}
	}
	g := Graph{Nodes: nodes}
	for _, e := range edges {
		if e.Count >= c.minSentences {
			g.Edges = append(g.Edges, *e)
		}
	}
	slices.SortFunc(g.Edges, func(a, b Edge) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Target, b.Target))
	})
	return g
}

// joinedSentences returns the sentences of text, joined where one of the
// mentions, which are sorted by start, reaches over a border.
func joinedSentences(text string, mentions []mention) []Span {
	var joined []Span
	reach := 0 // end of the mentions that start in the last sentence
	for _, s := range Sentences(text) {
		if n := len(joined); n > 0 && reach > s.Start {
			joined[n-1].End = s.End
		} else {
			joined = append(joined, s)
		}
		for len(mentions) > 0 && mentions[0].Start < s.End {
			reach = max(reach, mentions[0].End)
			mentions = mentions[1:]
		}
	}
	return joined
}

// byNode groups mentions by node, nodes ascending, each group in text order.
func byNode(mentions []mention) [][]mention {
	s := slices.Clone(mentions)
	slices.SortStableFunc(s, func(a, b mention) int { return cmp.Compare(a.node, b.node) })
	var groups [][]mention
	for len(s) > 0 {
		n := 1
		for n < len(s) && s[n].node == s[0].node {
			n++
		}
		groups = append(groups, s[:n])
		s = s[n:]
	}
	return groups
}

// closest returns the mentions of a and b, each in text order, with the fewest
// bytes between them, and false if all of them overlap. The first pair wins ties.
func closest(a, b []mention) (x, y mention, ok bool) {
	best := 0
	for _, m := range a {
		for _, n := range b {
			gap := max(m.Start-n.End, n.Start-m.End)
			if gap >= 0 && (!ok || gap < best) {
				x, y, best, ok = m, n, gap, true
			}
		}
	}
	return x, y, ok
}
