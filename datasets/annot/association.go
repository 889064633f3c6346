package annot

import (
	"cmp"
	"math"
	"slices"
)

// Associations say which things are mentioned together, how often, and whether that is more often than chance would have
// it.
type Associations struct {
	Nodes []Node        `json:"nodes"`
	Units int           `json:"units"` // sentences, or documents, of all the documents
	Unit  string        `json:"unit"`  // "sentence" or "document"
	In    []int         `json:"in"`    // beside Nodes: the units that mention it
	Pairs []Association `json:"pairs"`
}

// An Association is two things that some unit mentions together.
type Association struct {
	A int `json:"a"` // index into Nodes
	B int `json:"b"` // index into Nodes, greater than A

	Count    int     `json:"count"`    // units that mention both
	Expected float64 `json:"expected"` // how many would if the two had nothing to do with each other

	// PMI is the pointwise mutual information in bits, log2(Count/Expected): 0 for what chance gives, 1 for twice, -1 for
	// half as often (Church and Hanks, Word association norms, mutual information, and lexicography, 1990). It is highest for rare
	// things: two that occur once each, together, have a PMI of log2(Units), and mean nothing.
	PMI float64 `json:"pmi"`
	// NPMI is PMI divided by its greatest possible value for this count, from -1 to 1 (Bouma, Normalized (pointwise)
	// mutual information in collocation extraction, 2009).
	NPMI float64 `json:"npmi"`

	// P is the probability that chance alone brings the two together in as many units or more: Fisher's exact test,
	// one-sided.
	P float64 `json:"p"`
	// Q is P corrected for the number of pairs, those never mentioned together included (Benjamini and Hochberg,
	// Controlling the false discovery rate, 1995): of the pairs with a Q of up to 0.05, about one in 20 is there by chance.
	Q float64 `json:"q"`
}

// CoOccurrences says which things are mentioned in the same sentences, or in the same documents ([WithinDocuments]), and
// how far that is from chance. Two mentions that overlap are not mentioned together. Things and their
// order are those of [CoMentions]; of its options those for mentions, sentences (WithMinSentences, of pairs), nodes, scores and merging
// apply. Pairs are sorted by descending Count, then by the nodes.
//
// WithMaxNodes leaves out things, not units: the figures of the others do not depend on it, but Q does.
func CoOccurrences(docs []Document, options ...GraphOption) Associations {
	c := newGraphConfig(options)
	mentions, nodes := resolve(docs, &c, false)
	as := Associations{Nodes: nodes, Unit: "sentence", In: make([]int, len(nodes))}
	if c.withinDocuments {
		as.Unit = "document"
	}
	type pair struct{ a, b int }
	counts := make(map[pair]int)
	for d, doc := range docs {
		all := mentions[d]
		var units []Span
		if c.withinDocuments {
			units = []Span{{0, len(doc.Text)}}
		} else {
			units = joinedSentences(doc.Text, all)
		}
		as.Units += len(units)
		for _, u := range units {
			n := 0
			for n < len(all) && all[n].Start < u.End {
				n++
			}
			groups := byNode(all[:n])
			all = all[n:]
			for i, a := range groups {
				as.In[a[0].node]++
				for _, b := range groups[i+1:] {
					if _, _, ok := closest(a, b); ok {
						counts[pair{a[0].node, b[0].node}]++
					}
				}
			}
		}
	}
	for p, n := range counts {
		as.Pairs = append(as.Pairs, associate(p.a, p.b, n, as.In[p.a], as.In[p.b], as.Units))
	}
	slices.SortFunc(as.Pairs, func(x, y Association) int {
		return cmp.Or(cmp.Compare(x.P, y.P), cmp.Compare(x.A, y.A), cmp.Compare(x.B, y.B))
	})
	// The corrected value of a pair is the least of its own and of those of the pairs that are less sure.
	least := 1.0
	tests := float64(len(nodes)) * float64(len(nodes)-1) / 2
	for i, p := range slices.Backward(as.Pairs) {
		least = min(least, p.P*tests/float64(i+1))
		as.Pairs[i].Q = least
	}
	as.Pairs = slices.DeleteFunc(as.Pairs, func(p Association) bool { return p.Count < c.minSentences })
	slices.SortFunc(as.Pairs, func(x, y Association) int {
		return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.A, y.A), cmp.Compare(x.B, y.B))
	})
	return as
}

// associate returns the figures of two things that both of n units mention, of which inA and inB mention each.
func associate(a, b, n, inA, inB, units int) Association {
	s := Association{A: a, B: b, Count: n, Expected: float64(inA) * float64(inB) / float64(units)}
	s.PMI = math.Log2(float64(n) / s.Expected)
	if most := -math.Log2(float64(n) / float64(units)); most > 0 {
		s.NPMI = s.PMI / most
	}
	s.P = fisher(n, inA, inB, units)
	return s
}

// fisher returns the probability of n or more units in common, if of all units inA and inB are drawn by chance.
func fisher(n, inA, inB, units int) float64 {
	choose := func(n, k int) float64 {
		a, _ := math.Lgamma(float64(n + 1))
		b, _ := math.Lgamma(float64(k + 1))
		c, _ := math.Lgamma(float64(n - k + 1))
		return a - b - c
	}
	if n <= max(0, inA+inB-units) {
		return 1 // no fewer are possible
	}
	all := choose(units, inB)
	p := 0.0
	for k := n; k <= min(inA, inB); k++ {
		p += math.Exp(choose(inA, k) + choose(units-inA, inB-k) - all)
	}
	return min(1, p)
}
