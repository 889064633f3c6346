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

func ExampleLabelF1() {
	gold := []string{"CPR:3", "false", "CPR:4", "CPR:4"}
	pred := []string{"CPR:3", "CPR:3", "CPR:4", "false"}
	fmt.Print(eval.LabelF1(gold, pred, []string{"CPR:3", "CPR:4"}))
	// Output:
	// type   precision  recall  F1     support
	// CPR:3  50.00      100.00  66.67  1
	// CPR:4  100.00     50.00   66.67  2
	// micro  66.67      66.67   66.67  3
	// macro  75.00      75.00   66.67  3
}
