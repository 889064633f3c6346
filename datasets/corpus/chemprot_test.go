package corpus

import (
	"errors"
	"io"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

const (
	abstractsOK = "7\tβ-Carotene and RAR.\tIt binds RARα. So does retinol, an agonist of RARα.\n8\tNothing.\tIs here.\n"
	// Characters of the first text: "β-Carotene and RAR. It binds RARα. So does retinol, an agonist of RARα."
	entitiesOK = "7\tT2\tGENE-N\t15\t18\tRAR\n7\tT1\tCHEMICAL\t0\t10\tβ-Carotene\n7\tT3\tGENE-Y\t29\t33\tRARα\n" +
		"7\tT4\tCHEMICAL\t43\t50\tretinol\n7\tT5\tGENE-Y\t66\t70\tRARα\n"
	relationsOK = "7\tCPR:2\tN \tDIRECT-REGULATOR\tArg1:T1\tArg2:T3\n7\tCPR:5\tY \tAGONIST\tArg1:T4\tArg2:T5\n7\tCPR:5\tY \tAGONIST-ACTIVATOR\tArg1:T4\tArg2:T5\n" +
		"7\tCPR:3\tY \tACTIVATOR\tArg1:T1\tArg2:T3\n"
	goldOK = "7\tCPR:5\tArg1:T4\tArg2:T5\n7\tCPR:3\tArg1:T1\tArg2:T3\n"
)

// readChemProtText leaves out what is "-".
func readChemProtText(abstracts, entities, relations, gold string) ([]ChemProtDocument, error) {
	r := func(s string) io.Reader {
		if s == "-" {
			return nil
		}
		return strings.NewReader(s)
	}
	return ReadChemProt(r(abstracts), r(entities), r(relations), r(gold))
}

func TestReadChemProt(t *testing.T) {
	got, err := readChemProtText(abstractsOK, entitiesOK, relationsOK, goldOK)
	if err != nil {
		t.Fatal(err)
	}
	d := got[0]
	if len(got) != 2 || d.ID != "7" || d.Title != "β-Carotene and RAR." || d.Text != "β-Carotene and RAR. It binds RARα. So does retinol, an agonist of RARα." || got[1].Text != "Nothing. Is here." {
		t.Errorf("got %+v", got)
	}
	entity := func(typ, text string, from int) annot.Entity {
		i := from + strings.Index(d.Text[from:], text)
		return annot.Entity{Type: typ, Start: i, End: i + len(text), Text: text, Score: 1}
	}
	entities := []annot.Entity{
		entity("CHEMICAL", "β-Carotene", 0), entity("GENE-N", "RAR", 0), entity("GENE-Y", "RARα", 0), entity("CHEMICAL", "retinol", 0), entity("GENE-Y", "RARα", 40),
	}
	if !reflect.DeepEqual(d.Entities, entities) || !reflect.DeepEqual(d.EntityIDs, []string{"T1", "T2", "T3", "T4", "T5"}) {
		t.Errorf("entities %+v, %v", d.Entities, d.EntityIDs)
	}
	annotated := []ChemProtRelation{
		{"CPR:2", "DIRECT-REGULATOR", false, 0, 2}, {"CPR:5", "AGONIST", true, 3, 4}, {"CPR:5", "AGONIST-ACTIVATOR", true, 3, 4}, {"CPR:3", "ACTIVATOR", true, 0, 2},
	}
	if !reflect.DeepEqual(d.Annotated, annotated) {
		t.Errorf("annotated %+v", d.Annotated)
	}
	one := "So does retinol, an agonist of RARα."
	two := strings.TrimSuffix(d.Text, " "+one) // from one sentence to the next
	relations := []annot.Relation{
		{Type: "CPR:3", Source: entities[0], Target: entities[2], Directed: true, Score: 1, Span: annot.Span{Start: 0, End: len(two)}, Sentence: two},
		{Type: "CPR:5", Source: entities[3], Target: entities[4], Directed: true, Score: 1, Span: annot.Span{Start: len(two) + 1, End: len(d.Text)}, Sentence: one},
	}
	if !reflect.DeepEqual(d.Relations, relations) {
		t.Errorf("relations %+v\nwant %+v", d.Relations, relations)
	}
	derived, err := readChemProtText(abstractsOK, entitiesOK, relationsOK, "-")
	if err != nil || !reflect.DeepEqual(derived, got) {
		t.Errorf("without a gold standard: %+v, %v", derived, err)
	}
	if bare, err := readChemProtText(abstractsOK, entitiesOK, "-", "-"); err != nil || len(bare[0].Entities) != 5 || bare[0].Relations != nil {
		t.Errorf("without relations: %+v, %v", bare, err)
	}
}

func TestReadChemProtErrors(t *testing.T) {
	for _, tt := range []struct{ abstracts, entities, relations, gold, want string }{
		{"", "", "-", "-", "abstracts: nothing in it (want lines of identifier, title, abstract)"},
		{"7\tx\n", "", "-", "-", "abstracts:1: 2 columns, want 3: identifier, title, abstract"},
		{abstractsOK + "7\tx\ty\n", "", "-", "-", `abstracts:3: abstract "7" occurs twice or has no identifier`},
		{abstractsOK, "9\tT1\tGENE-Y\t0\t1\tx\n", "-", "-", `entities:1: there is no abstract "9" in abstracts`},
		{abstractsOK, "7\tT1\tGENE-Y\t0\t1\n", "-", "-", "entities:1: 5 columns, want 6: identifier, entity, type, start, end, text"},
		{abstractsOK, entitiesOK + "7\tT1\tGENE-N\t15\t18\tRAR\n", "-", "-", `entities:6: entity "T1" of abstract 7 occurs twice or has no identifier`},
		{abstractsOK, "7\tT1\tGENE-N\t15\t17\tRAR\n", "-", "-", `entities:1: entity T1 of abstract 7 is "RAR", but its offsets are those of "RA"`},
		{abstractsOK, "7\tT1\tGENE-N\t15\t72\tRAR\n", "-", "-", `entities:1: entity T1 of abstract 7: characters 15 to 72 of a text of 71`},
		{abstractsOK, "7\tT1\tGENE-N\t15\t15\t\n", "-", "-", `entities:1: entity T1 of abstract 7: characters 15 to 15 of a text of 71`},
		{abstractsOK, "7\tT1\tGENE-N\t15\tx\tRAR\n", "-", "-", `entities:1: offsets "15" and "x" are not numbers`},
		{abstractsOK, "7\tT1\t\t15\t18\tRAR\n", "-", "-", `entities:1: entity T1 of abstract 7 has no type`},
		{abstractsOK, entitiesOK, "7\tCPR:5\tY \tAGONIST\tArg1:T4\tArg2:T6\n", "-", `relations:1: abstract 7 has no entity "T6"`},
		{abstractsOK, entitiesOK, "7\tCPR:5\tY \tAGONIST\tArg2:T4\tArg1:T5\n", "-", `relations:1: "Arg2:T4" (want Arg1: and the identifier of an entity)`},
		{abstractsOK, entitiesOK, "7\tCPR:5\tX\tAGONIST\tArg1:T4\tArg2:T5\n", "-", `relations:1: "X" (want Y or N)`},
		{abstractsOK, entitiesOK, relationsOK, goldOK + "8\tCPR:5\tArg1:T4\tArg2:T5\n", `gold_standard:3: abstract 8 has no entity "T4"`},
		{abstractsOK, entitiesOK, relationsOK, "9\tCPR:5\tArg1:T4\tArg2:T5\n", `gold_standard:1: there is no abstract "9" in abstracts`},
	} {
		got, err := readChemProtText(tt.abstracts, tt.entities, tt.relations, tt.gold)
		if checkError(t, err); err == nil || err.Error() != "corpus: "+tt.want || got != nil {
			t.Errorf("got %v, error %v, want %s", got, err, tt.want)
		}
	}
}

func TestReadChemProtFiles(t *testing.T) {
	want, err := readChemProtText(abstractsOK, entitiesOK, relationsOK, goldOK)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, tt := range []struct{ dir, abstracts, entities, relations, gold string }{
		{"all", "chemprot_training_abstracts.tsv", "chemprot_training_entities.tsv.gz", "chemprot_training_relations.tsv", "chemprot_training_gold_standard.tsv.gz"},
		{"test [1]", "chemprot_test_abstracts_gs.tsv.gz", "chemprot_test_entities_gs.tsv", "chemprot_test_relations_gs.tsv", "chemprot_test_gold_standard.tsv"},
		{"derived", "abstracts.tsv", "entities.tsv", "relations.tsv", ""},
	} {
		at := filepath.Join(dir, tt.dir)
		for name, content := range map[string]string{tt.abstracts: abstractsOK, tt.entities: entitiesOK, tt.relations: relationsOK, tt.gold: goldOK} {
			if strings.HasSuffix(name, ".gz") {
				content = zipped(content)
			}
			if name != "" {
				write(t, at, name, content)
			}
		}
		for _, path := range []string{filepath.Join(at, tt.abstracts), at} {
			got, err := ReadChemProtFiles(path)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s: got %+v, %v", path, got, err)
			}
		}
	}
	all := filepath.Join(dir, "all")
	write(t, all, "chemprot_development_abstracts.tsv", abstractsOK)
	write(t, dir, "notes.tsv", abstractsOK)
	for path, want := range map[string]string{
		all: "several files of abstracts: choose one of chemprot_development_abstracts.tsv, chemprot_training_abstracts.tsv",
		filepath.Join(all, "chemprot_development_abstracts.tsv"): "there is no chemprot_development_entities.tsv beside it",
		filepath.Join(dir, "notes.tsv"):                          `want "abstracts" in its name`,
		filepath.Join(dir, "none_abstracts.tsv"):                 "no such file or directory",
	} {
		_, err := ReadChemProtFiles(path)
		var p *ParseError
		if !errors.As(err, &p) || p.Path != path || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %s", path, err, want)
		}
	}
}

func FuzzReadChemProt(f *testing.F) {
	f.Add(abstractsOK, entitiesOK, relationsOK, goldOK)
	f.Add(abstractsOK, entitiesOK, relationsOK, "-")
	f.Fuzz(func(t *testing.T, abstracts, entities, relations, gold string) {
		got, err := readChemProtText(abstracts, entities, relations, gold)
		if checkError(t, err); err != nil {
			return
		}
		for _, d := range got {
			checkDocument(t, d.Document)
			if len(d.EntityIDs) != len(d.Entities) {
				t.Fatalf("%d identifiers for %d entities", len(d.EntityIDs), len(d.Entities))
			}
		}
	})
}

// checkDocument checks that everything in d is where it says, and in order.
func checkDocument(t *testing.T, d annot.Document) {
	t.Helper()
	in := map[annot.Entity]bool{}
	for i, e := range d.Entities {
		if d.Text[e.Start:e.End] != e.Text || e.Text == "" || e.Type == "" || i > 0 && byPosition(d.Entities[i-1], e) > 0 {
			t.Fatalf("%q: entity %+v", d.Text, e)
		}
		in[e] = true
	}
	for _, r := range d.Relations {
		if !in[r.Source] || !in[r.Target] || d.Text[r.Span.Start:r.Span.End] != r.Sentence {
			t.Fatalf("%q: relation %+v", d.Text, r)
		}
		for _, e := range []annot.Entity{r.Source, r.Target} {
			if e.Start < r.Span.Start || e.End > r.Span.End {
				t.Fatalf("%q: relation %+v", d.Text, r)
			}
		}
	}
}
