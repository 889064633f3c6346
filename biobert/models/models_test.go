package models_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/biobert"
	"github.com/sparsebio/sparsebio/biobert/hub"
	_ "github.com/sparsebio/sparsebio/biobert/models"
)

func Example() {
	ctx := context.Background()
	ner, err := biobert.NewTokenClassification(ctx, "jnlpba")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ner.Close()
	doc, err := ner.AnnotateText(ctx, sentence)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range doc.Entities {
		fmt.Printf("%-9s %3d-%d %s\n", e.Type, e.Start, e.End, e.Text)
	}
	// Output:
	// protein     0-4 IL-2
	// protein    25-31 NF-κB
	// protein    51-55 CD28
	// cell_type  94-121 primary human T lymphocytes
}

// From a sentence to a relation: chemprot-ner finds the entities, chemprot relates them.
func ExampleNewRelationExtraction() {
	ctx := context.Background()
	relations, err := biobert.NewRelationExtraction(ctx, "chemprot")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer relations.Close()
	doc, err := relations.AnnotateText(ctx, estramustine)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range doc.Relations {
		fmt.Printf("%s (%s): %s -> %s\n", r.Type, r.Meaning, r.Source.Text, r.Target.Text)
	}
	// Output:
	// CPR:6 (antagonist): estramustine phosphate -> androgen receptor
	// CPR:6 (antagonist): EMP -> androgen receptor
}

// Two drugs and how they interact: ddi-ner finds them, ddi says how. These two models are free for
// non-commercial use only.
func ExampleNewRelationExtraction_drugs() {
	ctx := context.Background()
	interactions, err := biobert.NewRelationExtraction(ctx, "ddi")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer interactions.Close()
	doc, err := interactions.AnnotateText(ctx, "Ketoconazole increases the plasma concentration of midazolam.")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range doc.Relations {
		fmt.Printf("%s (%s): %s, %s\n", r.Type, r.Meaning, r.Source.Text, r.Target.Text)
	}
	// Output: DDI-mechanism (one changes the concentration of the other): Ketoconazole, midazolam
}

const (
	sentence     = "IL-2 gene expression and NF-κB activation through CD28 require reactive oxygen production in primary human T lymphocytes."
	estramustine = "We found an antagonistic effect of estramustine phosphate (EMP) metabolites on wild-type and mutated androgen receptor."
	warfarin     = "Concurrent administration of fluconazole with warfarin increases the plasma concentration of warfarin."
	lovastatin   = "Lovastatin inhibits HMG-CoA reductase."
)

// Every model must open, say what it is and find what is plain.
func TestEmbeddedModels(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"jnlpba", sentence, "protein:NF-κB protein:CD28"},
		{"jnlpba-dense", sentence, "protein:NF-κB protein:CD28"},
		{"bc2gm", sentence, "GENE:NF-κB GENE:CD28"},
		{"chemprot-ner", lovastatin, "chemical:Lovastatin gene:HMG-CoA reductase"},
		{"ddi-ner", warfarin, "drug:fluconazole drug:warfarin"},
	} {
		p, err := biobert.NewTokenClassification(t.Context(), c.name)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		doc, err := p.AnnotateText(t.Context(), c.text)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range doc.Entities {
			got = append(got, e.Type+":"+e.Text)
		}
		if !strings.Contains(strings.Join(got, " "), c.want) {
			t.Errorf("%s: got %q, want %s among them", c.name, got, c.want)
		}
		checkInfo(t, c.name, p.Info())
	}
	for _, c := range []struct{ name, text, want string }{
		{"chemprot", lovastatin, "CPR:4 Lovastatin HMG-CoA reductase"},
		{"chemprot", estramustine, "CPR:6 estramustine phosphate androgen receptor"},
		{"ddi", warfarin, "DDI-mechanism fluconazole warfarin"},
	} {
		p, err := biobert.NewRelationExtraction(t.Context(), c.name)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		doc, err := p.AnnotateText(t.Context(), c.text)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range doc.Relations {
			got = append(got, r.Type+" "+r.Source.Text+" "+r.Target.Text)
		}
		if !slices.Contains(got, c.want) {
			t.Errorf("%s: got %q, want %s among them", c.name, got, c.want)
		}
		for _, info := range p.Info() {
			checkInfo(t, info.Name, info)
		}
	}
	if got := fmt.Sprint(hub.Names()); got != "[bc2gm chemprot chemprot-ner ddi ddi-ner jnlpba jnlpba-dense]" {
		t.Errorf("registered: %s", got)
	}
}

func checkInfo(t *testing.T, name string, info biobert.Info) {
	t.Helper()
	if info.Layers != 6 || info.Hidden != 384 || (name != "jnlpba-dense") != (info.Sparsity > 0.89) {
		t.Errorf("%s: %+v", name, info)
	}
}

func BenchmarkOpen(b *testing.B) {
	for _, name := range []string{"jnlpba", "jnlpba-dense"} {
		b.Run("model="+name, func(b *testing.B) {
			for b.Loop() {
				p, err := biobert.NewTokenClassification(b.Context(), name)
				if err != nil {
					b.Fatal(err)
				}
				p.Close()
			}
		})
	}
}

// BenchmarkFirstResult opens a model and reads a sentence, as a notebook cell does.
func BenchmarkFirstResult(b *testing.B) {
	for _, name := range []string{"jnlpba", "jnlpba-dense"} {
		b.Run("model="+name, func(b *testing.B) {
			for b.Loop() {
				p, err := biobert.NewTokenClassification(b.Context(), name)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := p.AnnotateText(b.Context(), sentence); err != nil {
					b.Fatal(err)
				}
				p.Close()
			}
		})
	}
}
