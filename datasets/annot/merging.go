package annot

import "strings"

// Merging says which spellings are one thing, and so one [Node]. Mentions of
// different types are never one.
//
//   - MergeCase: capital and small letters. "P53", "p53".
//   - MergeHyphens: the hyphens, slashes and spaces between the parts of a name, which count only between two digits.
//     "IL-2", "IL 2", "IL2"; but "CD4-8" is not "CD48".
//   - MergeGreek: Greek letters and their names, raised and lowered digits. "NF-κB", "NF-kappaB"; "TGFβ₁",
//     "TGF-beta1". "α" is not "a".
//   - MergePlurals: the plural of the last word. "T cells", "T cell"; "antibodies", "antibody"; "NSAIDs",
//     "NSAID". Only regular plurals whose singular has four letters or more lose their ending, or where an "s" follows
//     two capitals; "virus", "Ras", "p21ras", "Bcl-xs", "c-fos", "diabetes" and "species" keep it.
//   - MergeAbbreviations: a short form and its long form, where a document defines it ([Abbreviations]), before and after
//     the definition, with the case rules of [Glossary.Resolve]; and "androgen receptor (AR)" as a
//     single mention. A document that does not define a short form takes the long form of the others if all that
//     define it for a mention of the same type agree (once merged by the other rules); if they do
//     not, its short form stays a thing of its own. Where two things of one type would be shown under the same short form, each
//     is shown under its long form.
//
// Without any, spellings are one thing if they are equal but for white space.
type Merging uint

// What may be merged; join several with |.
const (
	MergeCase Merging = 1 << iota
	MergeHyphens
	MergeGreek
	MergePlurals
	MergeAbbreviations

	MergeAll = MergeCase | MergeHyphens | MergeGreek | MergePlurals | MergeAbbreviations
)

// WithMerging says which spellings are one node; the default is MergeAll, and 0 keeps
// every spelling apart.
func WithMerging(m Merging) GraphOption { return func(c *graphConfig) { c.merging = m } }

// A definition of a short form for mentions of one type.
type shortType struct{ short, typ string }

// A merger finds the key of each mention.
type merger struct {
	merging    Merging
	glossaries []Glossary           // one a document
	shared     map[shortType]string // long form that all documents with a definition agree on, "" if they do not
}

// A named mention is one with what its node is called.
type named struct {
	key      nodeKey
	spelling string
	long     string // the long form if the spelling is a short form
}

func newMerger(docs []Document, m Merging, each func(doc Document, add func(Entity))) *merger {
	g := &merger{merging: m, glossaries: make([]Glossary, len(docs)), shared: make(map[shortType]string)}
	if m&MergeAbbreviations == 0 {
		return g
	}
	for d, doc := range docs {
		if !strings.Contains(doc.Text, "(") {
			continue
		}
		g.glossaries[d] = NewGlossary(Abbreviations(doc.Text))
		each(doc, func(e Entity) {
			at, ok := mentionAt(doc.Text, e)
			if !ok {
				return
			}
			short := doc.Text[at.Start:at.End]
			a, ok := g.glossaries[d].Resolve(short, at.Start)
			if !ok {
				return
			}
			k := shortType{shortKey(short), e.Type}
			if known, ok := g.shared[k]; ok && normalName(known, m) != normalName(a.Long, m) {
				g.shared[k] = ""
			} else if !ok {
				g.shared[k] = spaced(a.Long)
			}
		})
	}
	return g
}

// name returns what the mention of type typ at a span of document d is called.
func (g *merger) name(d int, text string, at Span, typ string) named {
	n := named{spelling: spaced(text[at.Start:at.End])}
	name := n.spelling
	if g.merging&MergeAbbreviations != 0 {
		if long, whole := g.long(d, at, n.spelling, typ); long != "" {
			name = long
			if !whole {
				n.long = long
			}
		}
	}
	n.key = nodeKey{normalName(name, g.merging), typ}
	return n
}

// long returns the long form of the mention, "" if it has none; whole says that the mention holds the
// entire definition.
func (g *merger) long(d int, at Span, spelling, typ string) (long string, whole bool) {
	if a, ok := g.glossaries[d].Resolve(spelling, at.Start); ok {
		return spaced(a.Long), false
	}
	if i := strings.LastIndexByte(spelling, '('); i > 0 {
		inner := strings.TrimRight(spelling[i+1:], ")")
		for _, a := range g.glossaries[d].byShort[shortKey(inner)] {
			if a.LongSpan.Start == at.Start && a.ShortSpan.End <= at.End {
				return spaced(a.Long), true
			}
		}
	}
	return g.shared[shortType{shortKey(spelling), typ}], false
}

// spaced returns s with every run of white space made one space.
func spaced(s string) string { return strings.Join(strings.Fields(s), " ") }
