package annot

import "strings"

// A Frequency says how often one thing is mentioned.
type Frequency struct {
	Node          // with the number of mentions
	Documents int `json:"documents"` // that mention it
}

// Frequencies counts how often each thing is mentioned, and by how many documents. Which spellings are one
// thing, and the order, are those of [CoMentions]; of its options those for mentions, nodes, scores and merging apply.
func Frequencies(docs []Document, options ...GraphOption) []Frequency {
	c := newGraphConfig(options)
	mentions, nodes := resolve(docs, &c, false)
	out := make([]Frequency, len(nodes))
	for i, n := range nodes {
		out[i].Node = n
	}
	last := make([]int, len(nodes)) // document, counted from 1
	for d, all := range mentions {
		for _, m := range all {
			if last[m.node] != d+1 {
				last[m.node] = d + 1
				out[m.node].Documents++
			}
		}
	}
	return out
}

// WordCounts returns the length of the text of each document in words: what white space separates. A model counts more
// tokens than that.
func WordCounts(docs []Document) []int {
	counts := make([]int, len(docs))
	for i := range docs {
		for range strings.FieldsSeq(docs[i].Text) {
			counts[i]++
		}
	}
	return counts
}
