package biobert

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// A RelationScheme says which entities of a sentence may be related, and how the sentence is shown to the
// model that decides: with a mark in place of each of the two.
type RelationScheme struct {
	Source, Target         []string // types of entities, case aside; the same for both if pairs have no direction
	SourceMark, TargetMark string   // what stands in the place of the two: "@CHEMICAL$", "@GENE$"
	OverlapMark            string   // what stands in the place of two that overlap; without one they are no pair

	Negative []string          // labels that say that the two are not related
	Meanings map[string]string // of the other labels, in words
	Directed bool              // a relation goes from its source to its target

	EntityModel string // that finds the entities, as for NewTokenClassification
}

// ChemProtScheme is the scheme of the ChemProt task of BioCreative VI, in the form of the BLUE benchmark: a chemical and a
// gene or protein. Proteins as JNLPBA's models find them are genes, too.
func ChemProtScheme() RelationScheme {
	return RelationScheme{
		Source: []string{"chemical"}, Target: []string{"gene", "gene-y", "gene-n", "protein"},
		SourceMark: "@CHEMICAL$", TargetMark: "@GENE$", OverlapMark: "@CHEM-GENE$",
		Negative: []string{"false"}, Directed: true, EntityModel: "chemprot-ner",
		Meanings: map[string]string{
			"CPR:1": "part of", "CPR:2": "regulator", "CPR:3": "activator or upregulator", "CPR:4": "inhibitor or downregulator", "CPR:5": "agonist",
			"CPR:6": "antagonist", "CPR:7": "modulator", "CPR:8": "cofactor", "CPR:9": "substrate or product", "CPR:10": "not related",
		},
	}
}

// DDIScheme is the scheme of drug-drug interactions, DDIExtraction 2013, in the form of the BLUE benchmark.
func DDIScheme() RelationScheme {
	drugs := []string{"drug", "brand", "group", "drug_n"}
	return RelationScheme{
		Source: drugs, Target: drugs, SourceMark: "@DRUG$", TargetMark: "@DRUG$", OverlapMark: "@DRUG-DRUG$",
		Negative: []string{"DDI-false", "false"}, EntityModel: "ddi-ner",
		Meanings: map[string]string{
			"DDI-mechanism": "one changes the concentration of the other", "DDI-effect": "they have an effect together",
			"DDI-advise": "advice on taking them together", "DDI-int": "they interact",
		},
	}
}

// schemeOf chooses the scheme by the labels of a model.
func schemeOf(labels []string) (RelationScheme, error) {
	has := func(prefix string) bool {
		return slices.ContainsFunc(labels, func(l string) bool { return strings.HasPrefix(l, prefix) })
	}
	switch {
	case has("CPR:"):
		return ChemProtScheme(), nil
	case has("DDI-"):
		return DDIScheme(), nil
	}
	return RelationScheme{}, fmt.Errorf("labels %s are neither ChemProt's (CPR:3 ...) nor DDI's (DDI-effect ...): say with WithRelationScheme what they relate", strings.Join(labels, ", "))
}

// check returns what is wrong with a scheme for a model with these labels.
func (s RelationScheme) check(labels []string) error {
	switch {
	case len(s.Source) == 0 || len(s.Target) == 0:
		return fmt.Errorf("the scheme has no types of entities (Source %q, Target %q)", s.Source, s.Target)
	case s.SourceMark == "" || s.TargetMark == "":
		return fmt.Errorf("the scheme has no marks (SourceMark %q, TargetMark %q)", s.SourceMark, s.TargetMark)
	case len(s.Negative) > 0 && !slices.ContainsFunc(s.Negative, func(n string) bool { return slices.Contains(labels, n) }):
		return fmt.Errorf("the scheme's labels of no relation, %s, are not among the model's: %s", strings.Join(s.Negative, ", "), strings.Join(labels, ", "))
	}
	return nil
}

// clone returns a copy that shares nothing with s.
func (s RelationScheme) clone() RelationScheme {
	s.Source, s.Target, s.Negative, s.Meanings = slices.Clone(s.Source), slices.Clone(s.Target), slices.Clone(s.Negative), maps.Clone(s.Meanings)
	return s
}

// roles says whether an entity of a type may be the source and the target of a relation.
func (s RelationScheme) roles(typ string) (source, target bool) {
	is := func(t string) bool { return strings.EqualFold(t, typ) }
	return slices.ContainsFunc(s.Source, is), slices.ContainsFunc(s.Target, is)
}

// A pair is two entities of a sentence, by their places in the document.
type pair struct {
	source, target int
	sentence       annot.Span
}

// maxPairs is how many pairs of one sentence are looked at, so that a list of a thousand names costs no
// million of readings. Sentences of abstracts have some hundreds at most.
const maxPairs = 2000

// pairs returns the pairs of entities of d that may be related: those of a sentence whose mentions lie within reach bytes, and
// of those the maxPairs with the fewest others between them. They are sorted by the mention that comes first.
func (s RelationScheme) pairs(d annot.Document, reach int) []pair {
	type candidate struct {
		annot.Span
		at             int
		source, target bool
	}
	var some []candidate
	for i, e := range d.Entities {
		if from, to := s.roles(e.Type); from || to {
			some = append(some, candidate{e.Span(), i, from, to})
		}
	}
	slices.SortStableFunc(some, func(a, b candidate) int { return cmp.Compare(a.Start, b.Start) })
	var out []pair
	for _, sentence := range d.Sentences() {
		n := 0
		for n < len(some) && some[n].Start < sentence.End {
			n++
		}
		here := some[:n]
		some = some[n:]
		first := len(out)
		for apart, near := 1, true; near && apart < n && len(out)-first < maxPairs; apart++ {
			near = false
			for i, a := range here[:n-apart] {
				b := here[i+apart]
				if b.Start-a.Start > reach {
					continue
				}
				near = true
				if max(a.End, b.End)-a.Start > reach || b.Start < a.End && s.OverlapMark == "" || len(out)-first == maxPairs {
					continue
				}
				around := annot.Span{Start: min(sentence.Start, a.Start), End: max(sentence.End, a.End, b.End)} // if a mention has blanks about it
				switch {                                                                                        // a pair in the order of the text where both orders would do
				case a.source && b.target:
					out = append(out, pair{a.at, b.at, around})
				case a.target && b.source:
					out = append(out, pair{b.at, a.at, around})
				}
			}
		}
		slices.SortStableFunc(out[first:], func(p, q pair) int {
			from := func(p pair) int { return min(d.Entities[p.source].Start, d.Entities[p.target].Start) }
			return cmp.Compare(from(p), from(q))
		})
	}
	return out
}

// marked returns the text of a pair's sentence as the model is to see it, and where the marks lie in it.
func (s RelationScheme) marked(d annot.Document, p pair) (text string, marks annot.Span) {
	first, second := d.Entities[p.source].Span(), d.Entities[p.target].Span()
	firstMark, secondMark := s.SourceMark, s.TargetMark
	if second.Start < first.Start {
		first, second, firstMark, secondMark = second, first, secondMark, firstMark
	}
	before := d.Text[p.sentence.Start:first.Start]
	if second.Start < first.End {
		after := d.Text[max(first.End, second.End):p.sentence.End]
		return before + s.OverlapMark + after, annot.Span{Start: len(before), End: len(before) + len(s.OverlapMark)}
	}
	middle := d.Text[first.End:second.Start]
	marks = annot.Span{Start: len(before), End: len(before) + len(firstMark) + len(middle) + len(secondMark)}
	return before + firstMark + middle + secondMark + d.Text[second.End:p.sentence.End], marks
}
