package viz

import (
	"fmt"
	"math"
	"strings"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// A theme is what some documents mention together.
type theme struct {
	names       []string // "type:name"
	first, last int      // years
}

var themes = []theme{
	{[]string{"protein:NF-κB", "protein:TNF-α", "protein:IκBα", "protein:IKK", "cell_line:Jurkat cells", "DNA:IL-2 promoter", "protein:NF-kappa B"}, 1995, 2024},
	{[]string{"protein:p53", "protein:MDM2", "protein:ATM", "protein:p21", "protein:BAX", "cell_line:MCF-7 cells", "RNA:MDM2 mRNA"}, 1998, 2024},
	{[]string{"protein:IL-6", "protein:STAT3", "protein:SOCS3", "protein:IL-10", "cell_type:macrophages", "cell_type:T cells", "RNA:IL-6 mRNA"}, 2001, 2024},
	{[]string{"protein:Cas9", "DNA:sgRNA locus", "cell_line:HEK293 cells", "DNA:PAM", "protein:Cas12a"}, 2012, 2024},
}

// corpusDocs makes documents with their years; in their sentences things of a theme meet, and now and then others.
func corpusDocs() (docs []annot.Document, years []int) {
	state := uint32(7)
	next := func(n int) int { // a small generator, so that the documents are always the same
		state = state*1664525 + 1013904223
		return int(uint64(state) * uint64(n) >> 32)
	}
	for i := range 320 {
		year := 1995 + int(29*math.Sqrt(float64(i)/319))
		if year == 2003 { // a gap
			year = 2004
		}
		t := themes[next(len(themes))]
		for year < t.first {
			t = themes[next(len(themes)-1)]
		}
		var b strings.Builder
		for range 2 + next(5) {
			names := t.names
			others := names
			if next(7) == 0 {
				others = themes[next(len(themes))].names
			}
			x, y := min(next(len(names)), next(len(names))), min(next(len(others)), next(len(others))) // the first are mentioned more often
			fmt.Fprintf(&b, "Here [%s] was seen with [%s]%s. ", names[x], others[y], strings.Repeat(" and more was said", next(7)))
		}
		docs = append(docs, marked(fmt.Sprintf("made-%03d", i), "", strings.TrimSpace(b.String())))
		years = append(years, year)
	}
	return docs, years
}

// lengthSets are lengths of abstracts and of full sentences, roughly as they are.
func lengthSets() []LengthSet {
	state := uint32(3)
	uniform := func() float64 {
		state = state*1664525 + 1013904223
		return (float64(state>>8) + 0.5) / (1 << 24)
	}
	normal := func() float64 { // a sum of twelve
		sum := -6.0
		for range 12 {
			sum += uniform()
		}
		return sum
	}
	sets := []LengthSet{{Name: "abstracts"}, {Name: "full texts, cut"}, {Name: "titles"}}
	for range 1200 {
		sets[0].Lengths = append(sets[0].Lengths, int(max(12, 190+62*normal())))
	}
	for range 700 {
		sets[1].Lengths = append(sets[1].Lengths, int(max(30, 330+90*normal())))
	}
	for range 1200 {
		sets[2].Lengths = append(sets[2].Lengths, int(max(4, 17+6*normal())))
	}
	sets[0].Lengths[5] = 2400
	return sets
}

func corpusSamples() map[string]View {
	docs, years := corpusDocs()
	sets := lengthSets()
	timeline := annot.ByYear(docs, func(i int) int { return years[i] })
	return map[string]View{
		"lengths":      Lengths(sets[:1], WithUnit("tokens"), WithMark(128, "the article's cut")),
		"overlaid":     Lengths(sets, WithUnit("tokens"), WithMark(512, "limit of BERT"), WithTitle("Three sets of texts")),
		"frequencies":  Frequencies(annot.Frequencies(docs), WithLimit(6)),
		"cooccurrence": CoOccurrence(annot.CoOccurrences(docs)),
		"timeline":     Timeline(timeline, WithTitle("What is written about")),
		"trend":        Timeline(timeline, WithNames("nf-kappa b")),
	}
}
