package eval_test

import (
	"fmt"
	"log"
	"strings"

	"github.com/sparsebio/sparsebio/biobert/eval"
	"github.com/sparsebio/sparsebio/datasets/corpus"
)

func ExampleStrictF1() {
	gold, err := corpus.ReadCoNLL(strings.NewReader("IL-2\tB-DNA\npromoter\tI-DNA\nbinds\tO\nNF-κB\tB-protein\n.\tO\n"))
	if err != nil {
		log.Fatal(err)
	}
	pred := [][]string{{"B-DNA", "I-DNA", "O", "I-protein", "O"}}
	fmt.Print(eval.StrictF1([][]string{gold[0].Tags}, pred))
	fmt.Printf("CoNLL F1 %.2f\n", 100*eval.CoNLLF1([][]string{gold[0].Tags}, pred).Micro.F1)
	// Output:
	// type     precision  recall  F1      support
	// DNA      100.00     100.00  100.00  1
	// protein  0.00       0.00    0.00    1
	// micro    100.00     50.00   66.67   2
	// macro    50.00      50.00   50.00   2
	// CoNLL F1 100.00
}
