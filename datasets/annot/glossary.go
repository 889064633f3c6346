package annot

import "strings"

// A Glossary says what the short forms of one text stand for. The zero value
// knows none. It may be read from several goroutines.
type Glossary struct {
	byShort map[string][]Abbreviation // in the order of the text
}

// NewGlossary makes a glossary of the definitions that [Abbreviations] found in a text.
func NewGlossary(abbreviations []Abbreviation) Glossary {
	g := Glossary{make(map[string][]Abbreviation, len(abbreviations))}
	for _, a := range abbreviations {
		k := shortKey(a.Short)
		g.byShort[k] = append(g.byShort[k], a)
	}
	return g
}

// Resolve returns the definition that holds for a short form at a byte offset of
// the text: the last one before it, or the first of all where none comes before.
//
// Case decides: "AR" is not "Ar". Hyphens, spaces and the spelling of Greek letters do not
// ("IL2" is "IL-2", "TNF-α" is "TNF-alpha"), nor does the "s" of a plural behind a capital ("ACEs" is
// "ACE").
func (g Glossary) Resolve(short string, at int) (Abbreviation, bool) {
	defs := g.byShort[shortKey(short)]
	if len(defs) == 0 {
		return Abbreviation{}, false
	}
	best := defs[0]
	for _, d := range defs[1:] {
		if d.ShortSpan.Start <= at {
			best = d
		}
	}
	return best, true
}

func shortKey(short string) string {
	return normalName(strings.Join(strings.Fields(short), " "), MergeHyphens|MergeGreek|MergePlurals)
}
