package corpus_test

import (
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/sparsebio/sparsebio/datasets/annot"
	"github.com/sparsebio/sparsebio/datasets/corpus"
)

func ExampleReadPubTator() {
	docs, err := corpus.ReadPubTator(strings.NewReader("7|t|β-Fakol lowers Quux.\n" +
		"7|a|It falls.\n" +
		"7\t0\t7\tβ-Fakol\tChemical\tMESH:D1\n" +
		"7\t15\t19\tQuux\tGene\t11\n" +
		"7\tAssociation\tMESH:D1\t11\n"))
	if err != nil {
		log.Fatal(err)
	}
	for i, e := range docs[0].Entities {
		fmt.Println(e.Text, e.Type, e.Span(), docs[0].EntityNotes[i].Concepts)
	}
	for _, r := range docs[0].Relations {
		fmt.Println(r.Source.Text, r.Type, r.Target.Text)
	}
	// Output:
	// β-Fakol Chemical {0 8} [MESH:D1]
	// Quux Gene {16 20} [11]
	// β-Fakol Association Quux
}

func ExampleWritePubTator() {
	text := "β-Fakol lowers Quux."
	found := []annot.Document{{ID: "7", Text: text, Entities: []annot.Entity{{Type: "Gene", Start: 16, End: 20, Text: "Quux", Score: 0.9}}}}
	if err := corpus.WritePubTator(os.Stdout, found); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 7|t|
	// 7|a|β-Fakol lowers Quux.
	// 7	16	20	Quux	Gene	-
}

func ExampleWriteCoNLL() {
	doc := annot.Document{ID: "7", Text: "TNF-α binds p65.", Entities: []annot.Entity{{Type: "protein", Start: 0, End: 6}, {Type: "protein", Start: 13, End: 15}}}
	fmt.Println(corpus.WriteCoNLL(os.Stdout, []annot.Document{doc}))
	if err := corpus.WriteCoNLL(os.Stdout, []annot.Document{corpus.Widen(doc)}); err != nil {
		log.Fatal(err)
	}
	// Output:
	// corpus: CoNLL: document 0 ("7"): the entity "p6" at byte 13 begins or ends within a word, or with white space (Widen makes it fit)
	// ###MEDLINE:7
	//
	// TNF	B-protein
	// -	I-protein
	// α	I-protein
	// binds	O
	// p65	B-protein
	// .	O
}

func ExampleInCategories() {
	papers := corpus.ReadArXiv(strings.NewReader(`{"id": "1", "title": "Spiking cells", "abstract": "We record.", "categories": "q-bio.NC cs.LG"}
{"id": "2", "title": "Galaxies", "abstract": "We look.", "categories": "astro-ph.GA"}`))
	for p, err := range corpus.InCategories(papers, "q-bio.*") {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(p.ID, p.Document().Text)
	}
	// Output:
	// 1 Spiking cells We record.
}
