package annot

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// A mention is where a node occurs in a document.
type mention struct {
	Span
	node int
}

// A nodeKey is what the mentions of one node have in common.
type nodeKey struct{ name, typ string }

// A tally counts the mentions of a node.
type tally struct {
	Node
	key       nodeKey
	spellings map[string]int
	seen      []string        // the spellings in the order of the text
	short     map[string]bool // those that stand for the long form
	long      string          // the long form where one is known, as the text first gives it
}

func (t *tally) add(n named) {
	t.Count++
	if t.spellings[n.spelling] == 0 {
		t.seen = append(t.seen, n.spelling)
	}
	t.spellings[n.spelling]++
	if n.long != "" {
		t.short[n.spelling] = true
		t.long = cmp.Or(t.long, n.long)
	}
}

// nameNodes names each node by its most frequent spelling, and by a long form where that is a short
// form that another node of its type has too.
func nameNodes(tallies []*tally) {
	shown := make(map[nodeKey]int)
	for _, t := range tallies {
		slices.SortStableFunc(t.seen, func(a, b string) int { return cmp.Compare(t.spellings[b], t.spellings[a]) })
		t.Type = t.key.typ
		t.Name = t.seen[0]
		shown[nodeKey{t.Name, t.Type}]++
	}
	for _, t := range tallies {
		if shown[nodeKey{t.Name, t.Type}] > 1 && t.short[t.Name] {
			t.Name = t.long
			if i := slices.IndexFunc(t.seen, func(s string) bool { return !t.short[s] }); i >= 0 {
				t.Name = t.seen[i]
			}
		}
		for _, s := range t.seen {
			if s != t.Name {
				t.Aliases = append(t.Aliases, s)
			}
		}
	}
}

// mentionAt returns where e lies in text without the white space around it, and false
// where its offsets do not fit.
func mentionAt(text string, e Entity) (Span, bool) {
	if e.Start < 0 || e.End > len(text) || e.Start >= e.End || !fitsRunes(text, e.Span()) {
		return Span{}, false
	}
	at := trimRight(text, skipSpace(text[:e.End], e.Start), e.End)
	return at, at.Len() > 0
}

// fitsRunes reports whether s, which lies in text, cuts no character.
func fitsRunes(text string, s Span) bool {
	return (s.Start == len(text) || utf8.RuneStart(text[s.Start])) && (s.End == len(text) || utf8.RuneStart(text[s.End]))
}

// resolve names the nodes, in their final order, and returns for each document
// its mentions of them, sorted by position. The mentions are the entities of the
// documents and, on demand, those that only their relations hold.
func resolve(docs []Document, c *graphConfig, related bool) ([][]mention, []Node) {
	each := func(doc Document, add func(Entity)) {
		for _, e := range doc.Entities {
			if related || e.Score >= c.minScore {
				add(e)
			}
		}
		if related {
			for _, r := range doc.Relations {
				add(r.Source)
				add(r.Target)
			}
		}
	}
	merger := newMerger(docs, c.merging, each)
	tallies := make(map[nodeKey]*tally)
	keys := make([][]nodeKey, len(docs)) // beside each mention
	mentions := make([][]mention, len(docs))
	for d, doc := range docs {
		seen := make(map[nodeKey]map[Span]bool)
		each(doc, func(e Entity) {
			at, ok := mentionAt(doc.Text, e)
			if !ok {
				return
			}
			n := merger.name(d, doc.Text, at, e.Type)
			k := n.key
			if k.name == "" || seen[k][at] {
				return
			}
			if seen[k] == nil {
				seen[k] = make(map[Span]bool)
			}
			seen[k][at] = true
			if tallies[k] == nil {
				tallies[k] = &tally{key: k, spellings: make(map[string]int), short: make(map[string]bool)}
			}
			tallies[k].add(n)
			mentions[d] = append(mentions[d], mention{Span: at})
			keys[d] = append(keys[d], k)
		})
	}

	var kept []*tally
	for _, t := range tallies {
		if t.Count >= c.minMentions {
			kept = append(kept, t)
		}
	}
	nameNodes(kept)
	slices.SortFunc(kept, func(a, b *tally) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Type, b.Type), cmp.Compare(a.key.name, b.key.name))
	})
	if c.maxNodes > 0 && !related {
		kept = kept[:min(len(kept), c.maxNodes)]
	}
	index := make(map[nodeKey]int, len(kept))
	nodes := make([]Node, len(kept))
	for i, t := range kept {
		index[t.key] = i
		nodes[i] = t.Node
	}
	for d, all := range mentions {
		known := all[:0]
		for i, m := range all {
			if n, ok := index[keys[d][i]]; ok {
				known = append(known, mention{m.Span, n})
			}
		}
		slices.SortFunc(known, func(a, b mention) int {
			return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End), cmp.Compare(a.node, b.node))
		})
		mentions[d] = known
	}
	return mentions, nodes
}
