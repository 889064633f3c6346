package models_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/biobert"
	"github.com/sparsebio/sparsebio/biobert/hub"
	_ "github.com/sparsebio/sparsebio/biobert/models"
)

const sentence = "IL-2 gene expression and NF-κB activation through CD28 require reactive oxygen production in primary human T lymphocytes."

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

// The models and their twins must open and agree on a plain sentence.
func TestEmbeddedModels(t *testing.T) {
	for _, name := range []string{"jnlpba", "jnlpba-dense"} {
		p, err := biobert.NewTokenClassification(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		doc, err := p.AnnotateText(t.Context(), sentence)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range doc.Entities {
			got = append(got, e.Type+":"+e.Text)
		}
		for _, want := range []string{"protein:NF-κB", "protein:CD28"} {
			if !strings.Contains(strings.Join(got, " "), want) {
				t.Errorf("%s: got %q, want %s among them", name, got, want)
			}
		}
		if info := p.Info(); info.Layers != 6 || info.Hidden != 384 || (name == "jnlpba") != (info.Sparsity > 0.89) {
			t.Errorf("%s: %+v", name, info)
		}
	}
	if got := fmt.Sprint(hub.Names()); got != "[jnlpba jnlpba-dense]" {
		t.Errorf("registered: %s", got)
	}
}

func BenchmarkOpen(b *testing.B) {
	for _, name := range hub.Names() {
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
	for _, name := range hub.Names() {
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
