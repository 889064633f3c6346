package annot

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// A mention is where a node occurs in a document.
type mention struct {
	Span
	node int
}

// A nodeKey is what the mentions of one node have in common.
type nodeKey struct{ name, typ string }

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
	type tally struct {
		Node
		key       nodeKey
		spellings map[string]int
		seen      []string // the spellings in the order of the text
	}
	tallies := make(map[nodeKey]*tally)
	keys := make([][]nodeKey, len(docs)) // beside each mention
	mentions := make([][]mention, len(docs))
	for d, doc := range docs {
		seen := make(map[nodeKey]map[Span]bool)
		add := func(e Entity) {
			at, ok := mentionAt(doc.Text, e)
			if !ok {
				return
			}
			spelling := strings.Join(strings.Fields(doc.Text[at.Start:at.End]), " ")
			k := nodeKey{normalName(spelling), e.Type}
			if k.name == "" || seen[k][at] {
				return
			}
			if seen[k] == nil {
				seen[k] = make(map[Span]bool)
			}
			seen[k][at] = true
			t := tallies[k]
			if t == nil {
				t = &tally{key: k, spellings: make(map[string]int)}
				tallies[k] = t
			}
			t.Count++
			if t.spellings[spelling] == 0 {
				t.seen = append(t.seen, spelling)
			}
			t.spellings[spelling]++
			mentions[d] = append(mentions[d], mention{Span: at})
			keys[d] = append(keys[d], k)
		}
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

	var kept []*tally
	for k, t := range tallies {
		if t.Count < c.minMentions {
			continue
		}
		t.Type = k.typ
		slices.SortStableFunc(t.seen, func(a, b string) int { return cmp.Compare(t.spellings[b], t.spellings[a]) })
		t.Name = t.seen[0]
		if len(t.seen) > 1 {
			t.Aliases = t.seen[1:]
		}
		kept = append(kept, t)
	}
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
