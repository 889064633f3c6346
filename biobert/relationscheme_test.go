package biobert

import (
	"slices"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// entitiesOf makes a document of a text in which [type:mention] marks entities.
func entitiesOf(text string) annot.Document {
	var d annot.Document
	for {
		before, rest, ok := strings.Cut(text, "[")
		d.Text += before
		if !ok {
			return d
		}
		typ, rest, _ := strings.Cut(rest, ":")
		mention, rest, _ := strings.Cut(rest, "]")
		start := len(d.Text)
		d.Text += mention
		d.Entities = append(d.Entities, annot.Entity{Type: typ, Start: start, End: len(d.Text), Text: mention, Score: 1})
		text = rest
	}
}

func markedAll(s RelationScheme, d annot.Document, reach int) []string {
	out := []string{}
	for _, p := range s.pairs(d, reach) {
		text, marks := s.marked(d, p)
		if m := text[marks.Start:marks.End]; !strings.HasPrefix(m, "@") || !strings.HasSuffix(m, "$") {
			panic(m)
		}
		out = append(out, text)
	}
	return out
}

func TestPairs(t *testing.T) {
	const far = 1 << 20
	for _, c := range []struct {
		name, text string
		scheme     RelationScheme
		reach      int
		want       []string
	}{
		{"none", "Nothing here.", ChemProtScheme(), far, nil},
		{"no text", "", ChemProtScheme(), far, nil},
		{"chemical first", "[chemical:Aspirin] inhibits [gene:COX-2].", ChemProtScheme(), far, []string{"@CHEMICAL$ inhibits @GENE$."}},
		{"gene first, a type of JNLPBA", "[protein:COX-2] is inhibited by [chemical:aspirin].", ChemProtScheme(), far, []string{"@GENE$ is inhibited by @CHEMICAL$."}},
		{"two sentences", "[chemical:Aspirin] acts. [gene:COX-2] is hit by [chemical:ASA].", ChemProtScheme(), far, []string{"@GENE$ is hit by @CHEMICAL$."}},
		{"other types", "[chemical:Aspirin] in [cell_type:T cells] and [RNA:mRNA].", ChemProtScheme(), far, nil},
		{"all pairs", "[CHEMICAL:A] and [CHEMICAL:B] bind [GENE-Y:X] and [GENE-N:Y].", ChemProtScheme(), far, []string{
			"@CHEMICAL$ and B bind @GENE$ and Y.", "@CHEMICAL$ and B bind X and @GENE$.", "A and @CHEMICAL$ bind @GENE$ and Y.", "A and @CHEMICAL$ bind X and @GENE$."}},
		{"drugs, each pair once", "[drug:A] with [brand:B] or [group:C].", DDIScheme(), far, []string{"@DRUG$ with @DRUG$ or C.", "@DRUG$ with B or @DRUG$.", "A with @DRUG$ or @DRUG$."}},
		{"reach", "[drug:A] with [drug:B] or even [drug:C].", DDIScheme(), 16, []string{"@DRUG$ with @DRUG$ or even C.", "A with @DRUG$ or even @DRUG$."}},
		{"characters of several bytes", "[chemical:β-Carotin] hemmt [gene:NF-κB] überall.", ChemProtScheme(), far, []string{"@CHEMICAL$ hemmt @GENE$ überall."}},
	} {
		if got := markedAll(c.scheme, entitiesOf(c.text), c.reach); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestPairsOverlap(t *testing.T) {
	d := annot.Document{Text: "An ACE inhibitor drug.", Entities: []annot.Entity{
		{Type: "chemical", Start: 3, End: 16}, {Type: "gene", Start: 3, End: 6},
	}}
	s := ChemProtScheme()
	if got, want := markedAll(s, d, 1000), []string{"An @CHEM-GENE$ drug."}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	d.Entities[1] = annot.Entity{Type: "gene", Start: 7, End: 21} // neither holds the other
	if got, want := markedAll(s, d, 1000), []string{"An @CHEM-GENE$."}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	s.OverlapMark = ""
	if got := markedAll(s, d, 1000); len(got) > 0 {
		t.Errorf("%q without a mark for overlap", got)
	}
}

// A sentence that is a list of names costs no more than maxPairs readings, and keeps the neighbours.
func TestPairsOfList(t *testing.T) {
	d := entitiesOf(strings.Repeat("[drug:aaa], ", 3000))
	got := DDIScheme().pairs(d, 1<<20)
	if len(got) != maxPairs {
		t.Fatalf("%d pairs, want %d", len(got), maxPairs)
	}
	if last := got[maxPairs-1]; last.target != last.source+1 {
		t.Errorf("the last pair is of drugs %d and %d, want neighbours", last.source, last.target)
	}
}

func TestSchemeOf(t *testing.T) {
	for _, c := range []struct {
		labels []string
		want   string
	}{
		{[]string{"false", "CPR:3"}, "chemprot-ner"},
		{[]string{"DDI-false", "DDI-int"}, "ddi-ner"},
	} {
		s, err := schemeOf(c.labels)
		if err != nil || s.EntityModel != c.want || s.check(c.labels) != nil {
			t.Errorf("%q: %q, %v, %v", c.labels, s.EntityModel, err, s.check(c.labels))
		}
	}
	if _, err := schemeOf([]string{"positive", "negative"}); err == nil || !strings.Contains(err.Error(), "WithRelationScheme") {
		t.Errorf("labels of another task: %v", err)
	}
	good := ChemProtScheme()
	for want, change := range map[string]func(s *RelationScheme){
		"no types":                func(s *RelationScheme) { s.Target = nil },
		"no marks":                func(s *RelationScheme) { s.SourceMark = "" },
		"are not among the model": func(s *RelationScheme) { s.Negative = []string{"none"} },
	} {
		s := good.clone()
		change(&s)
		if err := s.check([]string{"false", "CPR:3"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// Around the marks, a marked sentence is the sentence.
func FuzzMarked(f *testing.F) {
	f.Add("A inhibits B.", 0, 1, 11, 12)
	f.Fuzz(func(t *testing.T, text string, a, b, c, e int) {
		d := annot.Document{Text: text, Entities: []annot.Entity{{Type: "chemical", Start: a, End: b}, {Type: "gene", Start: c, End: e}}}
		if d.Check() != nil {
			return
		}
		s := ChemProtScheme()
		for _, p := range s.pairs(d, len(text)) {
			got, marks := s.marked(d, p)
			if marks.Start < 0 || marks.End > len(got) || marks.Len() < 6 {
				t.Fatal(got, marks)
			}
			first := min(a, c)
			if got[:marks.Start] != text[p.sentence.Start:first] || got[marks.End:] != text[max(b, e):p.sentence.End] {
				t.Fatalf("%q of %q, entities %d:%d and %d:%d", got, text, a, b, c, e)
			}
		}
	})
}
