package corpus_test

import (
	"fmt"
	"log"
	"strings"

	"github.com/sparsebio/sparsebio/datasets/corpus"
)

func ExampleReadCoNLL() {
	sentences, err := corpus.ReadCoNLL(strings.NewReader("###MEDLINE:95369245\n\nIL-2\tB-DNA\ngene\tI-DNA\nexpression\tO\n"))
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range sentences {
		fmt.Println(s.Document, s.Tokens, s.Tags)
	}
	// Output:
	// 95369245 [IL-2 gene expression] [B-DNA I-DNA O]
}

func ExampleReadDDI() {
	d, err := corpus.ReadDDI(strings.NewReader(`<document id="d0">
	<sentence id="d0.s0" text="Fakol raises the level of β-quux.">
		<entity id="d0.s0.e0" charOffset="0-4" type="brand" text="Fakol"/>
		<entity id="d0.s0.e1" charOffset="26-31" type="drug" text="β-quux"/>
		<pair id="d0.s0.p0" e1="d0.s0.e0" e2="d0.s0.e1" ddi="true" type="mechanism"/>
	</sentence>
</document>`))
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range d.Relations {
		fmt.Println(r.Source.Text, r.Type, r.Target.Text, r.Target.Span())
	}
	// Output:
	// Fakol DDI-mechanism β-quux {26 33}
}
