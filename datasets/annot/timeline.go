package annot

import (
	"cmp"
	"slices"
)

// A Timeline says how many documents of each year mention a thing.
type Timeline struct {
	Years     []int   `json:"years"`     // each from the first to the last, with documents or without
	Documents []int   `json:"documents"` // beside Years: of the year
	Undated   int     `json:"undated"`   // documents without a year, which are not counted elsewhere
	Trends    []Trend `json:"trends"`
}

// A Trend is a thing with the documents that mention it.
type Trend struct {
	Node            // with the number of mentions in the documents that have a year
	Documents []int `json:"documents"` // beside the timeline's Years
}

// ByYear counts the documents of each year that mention a thing. year returns the year of document i; what is not from 1 to 9999
// is no year. Which spellings are one thing is as in [CoMentions], and so are the options for mentions, nodes, scores and
// merging. The things that most documents mention come first.
func ByYear(docs []Document, year func(i int) int, options ...GraphOption) Timeline {
	var t Timeline
	var dated []Document
	var years []int
	for i, d := range docs {
		if y := year(i); y >= 1 && y <= 9999 {
			dated, years = append(dated, d), append(years, y)
		} else {
			t.Undated++
		}
	}
	if len(dated) == 0 {
		return t
	}
	first := slices.Min(years)
	t.Documents = make([]int, slices.Max(years)-first+1)
	for i := range t.Documents {
		t.Years = append(t.Years, first+i)
	}
	c := newGraphConfig(options)
	mentions, nodes := resolve(dated, &c, false)
	t.Trends = make([]Trend, len(nodes))
	for i, n := range nodes {
		t.Trends[i] = Trend{n, make([]int, len(t.Years))}
	}
	last := make([]int, len(nodes)) // document, counted from 1
	for d, all := range mentions {
		at := years[d] - first
		t.Documents[at]++
		for _, m := range all {
			if last[m.node] != d+1 {
				last[m.node] = d + 1
				t.Trends[m.node].Documents[at]++
			}
		}
	}
	slices.SortStableFunc(t.Trends, func(a, b Trend) int { return cmp.Compare(sum(b.Documents), sum(a.Documents)) })
	return t
}

func sum(numbers []int) int {
	n := 0
	for _, x := range numbers {
		n += x
	}
	return n
}
